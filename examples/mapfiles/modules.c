/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles modules: the ELF files that processes, or a core, have loaded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mapfiles.h>

#include "../common/json.h"
#include "../common/process.h"
#include "../common/text.h"
#include "command.h"
#include "output.h"
#include "subject.h"
#include "target.h"

enum { PID, COMMAND_NAME, START, END, BIAS, ROLE, BUILD_ID, NAME, N_COLUMNS };

static const struct column columns[N_COLUMNS] = {
	[PID] = { "PID", SCOLS_FL_RIGHT, RANK_ASKED, "the process; by default of several" },
	[COMMAND_NAME] = { "COMMAND", 0, RANK_ASKED, "its name" },
	[START] = { "START", SCOLS_FL_RIGHT, 0, "first address" },
	[END] = { "END", SCOLS_FL_RIGHT, 3, "address past the end" },
	[BIAS] = { "BIAS", SCOLS_FL_RIGHT, 4, "what to add to an address in the file" },
	[ROLE] = { "ROLE", 0, 1, "program, linker, library, vdso, data or unreadable" },
	[BUILD_ID] = { "BUILD_ID", 0, 2, "what tells one build from all others" },
	[NAME] = { "NAME", SCOLS_FL_WRAP, 0, "the kernel's name for it" },
};

struct options {
	struct output output;
	struct subject subject;
	char **words;
};

/* What is said of all that was asked for. */
struct answer {
	const struct options *options;
	struct grid *grid;
	struct json_object *list;
	int status;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->subject;
		state->child_inputs[1] = &o->output;
		return 0;
	case ARGP_KEY_ARGS:
		o->words = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		if (!o->words && !o->subject.core)
			argp_error(state, "which process? Give a PID or a name, or --core FILE");
		if (o->words && o->subject.core)
			argp_error(state, "--core takes no process");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	NULL,
	parse,
	NULL,
	"The ELF files that a process, or a core, has loaded: where, with which load bias, and "
	"which build."
	"\v"
	"ROLE: program; linker, which loaded it; library; vdso; data, mapped and not loaded; "
	"unreadable, something executable whose headers cannot be had.\n"
	"\n"
	"Exit status: 0 something is loaded; 1 nothing is; 2 wrong usage; 3 a process or the core "
	"cannot be looked at.\n"
	"\n"
	"Examples:\n"
	"  mapfiles modules $$\n"
	"  mapfiles modules -o build_id,name --raw postgres | sort -u\n"
	"  mapfiles modules --core core.123\n",
	(const struct argp_child[]){ { &subject_argp, 0, NULL, 0 },
				     { &output_argp, 0, NULL, 0 },
				     { 0 } },
	NULL,
	NULL,
};

static const char *role_of(const struct mf_module *module)
{
	if (module->flags & MF_MODULE_EXE)
		return "program";
	if (module->flags & MF_MODULE_INTERPRETER)
		return "linker";
	if (module->flags & MF_MODULE_DATA)
		return "data";
	if (!(module->has & MF_HAS_ELF))
		return "unreadable";
	return module->kind == MF_KIND_VDSO ? "vdso" : "library";
}

static char *module_name(const struct mf_module *module)
{
	char *name = module->path ? escape_name(module->path, module->name_len) : format("-");
	char *marked = format("%s%s", name, module->flags & MF_MODULE_DELETED ? " (deleted)" : "");

	free(name);
	return marked;
}

//! [module]
static void add_row(struct grid *grid, int pid, const char *name, const struct mf_module *module)
{
	grid_row(grid);
	grid_set(grid, PID, format("%d", pid));
	grid_set(grid, COMMAND_NAME, name ? escape_name(name, strlen(name)) : NULL);
	grid_set(grid, START, format("%llx", (unsigned long long)module->start));
	grid_set(grid, END, format("%llx", (unsigned long long)module->end));
	if (module->has & MF_HAS_BIAS)
		grid_set(grid, BIAS, format("%llx", (unsigned long long)module->bias));
	grid_set(grid, ROLE, format("%s", role_of(module)));
	grid_set(grid, BUILD_ID, hex_bytes((const char *)module->build_id, module->build_id_len));
	grid_set(grid, NAME, module_name(module));
	if (module->flags & MF_MODULE_DELETED)
		grid_paint(grid, NAME, PAINT_BAD);
}
//! [module]

static void put_build_id(struct json_object *to, const struct mf_module *module)
{
	char *hex = hex_bytes((const char *)module->build_id, module->build_id_len);

	if (module->build_id_len)
		put_text(to, "build_id", hex);
	free(hex);
}

static struct json_object *segments(const struct mf_modules *modules,
				    const struct mf_module *module)
{
	struct json_object *list = not_null(json_object_new_array()), *o;
	const struct mf_segment *s;
	uint64_t i;

	for (i = 0; mf_modules_segment(modules, module, i, &s) > 0; i++) {
		o = not_null(json_object_new_object());
		put_address(o, "start", s->start);
		put_address(o, "end", s->end);
		put_number(o, "offset", s->offset);
		put_prot(o, s->prot, s->flags & MF_MAPPING_SHARED);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *module_object(const struct mf_modules *modules,
					 const struct mf_module *module)
{
	struct json_object *o = not_null(json_object_new_object());

	put_address(o, "start", module->start);
	put_address(o, "end", module->end);
	if (module->has & MF_HAS_BIAS)
		put_address(o, "bias", module->bias);
	put_text(o, "role", role_of(module));
	put_build_id(o, module);
	put_name(o, "path", module->path, module->name_len);
	put_bool(o, "deleted", module->flags & MF_MODULE_DELETED);
	put_number(o, "elf_offset", module->elf_offset);
	put(o, "segments", segments(modules, module));
	return o;
}

static struct json_object *subject_object(const struct subject *subject, const char *name)
{
	struct json_object *o = not_null(json_object_new_object());

	if (subject->core) {
		put_name(o, "core", subject->core, strlen(subject->core));
		return o;
	}
	put(o, "pid", json_object_new_int(subject->pid));
	put_name(o, "name", name, name ? strlen(name) : 0);
	return o;
}

static void add_modules(struct answer *a, const struct subject *subject,
			const struct mf_modules *modules)
{
	char *name = subject->core ? NULL : process_name(subject->proc_root, subject->pid);
	struct json_object *o = subject_object(subject, name);
	struct json_object *list = not_null(json_object_new_array());
	const struct mf_module *module;
	uint64_t i;

	for (i = 0; mf_modules_get(modules, i, &module) > 0; i++) {
		add_row(a->grid, subject->pid, name, module);
		json_object_array_add(list, module_object(modules, module));
	}
	put(o, "modules", list);
	json_object_array_add(a->list, o);
	free(name);
}

static void list(struct answer *a, struct subject *subject)
{
	struct mf_modules *modules;
	struct mf_iter *iter;
	int ret;

	if (subject_open(subject, 0, &iter) < 0) {
		a->status = STATUS_FAILED;
		return;
	}
	ret = mf_modules_open(iter, 0, &modules);
	if (ret == 0) {
		add_modules(a, subject, modules);
		mf_modules_close(modules);
	} else {
		subject_complain(subject, MF_ACCESS_DETAILS, "its modules cannot be had", ret);
		a->status = STATUS_FAILED;
	}
	mf_iter_close(iter);
}

static void list_targets(struct answer *a)
{
	struct subject subject = a->options->subject;
	struct targets targets;
	char number[16];
	uint32_t i;

	if (!targets_find(&targets, subject.proc_root, a->options->words))
		a->status = STATUS_FAILED;
	if (targets.n > 1)
		grid_rank(a->grid, PID, 0);
	for (i = 0; i < targets.n; i++) {
		snprintf(number, sizeof(number), "%d", targets.pids[i]);
		subject.word = number;
		list(a, &subject);
	}
	targets_free(&targets);
}

int cmd_modules(int argc, char **argv)
{
	struct options o = { .output = { .columns = columns, .n_columns = N_COLUMNS } };
	struct answer a = { .options = &o, .status = STATUS_OK };
	struct json_object *document = not_null(json_object_new_object());

	command_parse(&argp, argc, argv, &o);
	a.grid = grid_new(&o.output);
	a.list = not_null(json_object_new_array());
	if (o.subject.core)
		list(&a, &o.subject);
	else
		list_targets(&a);
	if (a.status == STATUS_OK && grid_rows(a.grid) == 0) {
		complain("nothing is loaded");
		a.status = STATUS_NOTHING;
	}
	put(document, "processes", a.list);
	output_document(&o.output, document);
	grid_print(a.grid);
	return a.status;
}
