/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles symbolize: which function of which file an address of a process, or of a core,
 * is in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mapfiles.h>

#include "../common/json.h"
#include "../common/text.h"
#include "command.h"
#include "output.h"
#include "subject.h"
#include "symbolize/function.h"
#include "target.h"

enum { ADDRESS, FUNCTION, OFFSET, VADDR, BUILD_ID, NAME, N_COLUMNS };

static const struct column columns[N_COLUMNS] = {
	[ADDRESS] = { "ADDRESS", SCOLS_FL_RIGHT, 0, "what was asked" },
	[FUNCTION] = { "FUNCTION", SCOLS_FL_WRAP, 0, "function+how far behind its start" },
	[OFFSET] = { "OFFSET", SCOLS_FL_RIGHT, 2, "of the address in the file" },
	[VADDR] = { "VADDR", SCOLS_FL_RIGHT, 3, "the address as the file itself counts it" },
	[BUILD_ID] = { "BUILD_ID", 0, 4, "what tells one build from all others" },
	[NAME] = { "NAME", SCOLS_FL_WRAP, 0, "the file that is loaded there" },
};

struct symbolizer {
	struct output output;
	struct subject subject;
	char **addresses;
	struct mf_iter *iter;
	struct mf_modules *modules;
	/* Of the module that was asked last: addresses mostly come in a row. */
	const struct mf_module *module;
	struct functions *functions;
	struct grid *grid;
	struct json_object *list;
	int status;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct symbolizer *s = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &s->subject;
		state->child_inputs[1] = &s->output;
		return 0;
	case ARGP_KEY_ARGS:
		s->addresses = subject_take(&s->subject, state);
		return 0;
	case ARGP_KEY_END:
		if (!s->subject.core && !s->subject.word)
			argp_error(state, "which process? Give a PID or a name, or --core FILE");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	NULL,
	parse,
	NULL,
	"Which function of which file an address is in: of a process, or of a core. The file is "
	"the one that is mapped, be its name gone or another file's by now."
	"\v"
	"Addresses are hexadecimal, from the arguments, or else from standard input, where blanks "
	"and newlines separate them; with --raw each is answered at once.\n"
	"\n"
	"Exit status: 0 each address is in a file; 1 one of them is in none; 2 wrong usage, or "
	"one is no address; 3 the process or the core cannot be looked at.\n"
	"\n"
	"Examples:\n"
	"  mapfiles symbolize 1234 7f5c3a2b1000\n"
	"  awk '{print $3}' trace.txt | mapfiles symbolize --core core.123 --raw\n",
	(const struct argp_child[]){ { &subject_argp, 0, NULL, 0 },
				     { &output_argp, 0, NULL, 0 },
				     { 0 } },
	NULL,
	NULL,
};

/* What is known of one address. */
struct answer {
	uint64_t addr;
	const struct mf_module *module; /* NULL: none is there */
	bool has_offset; /* not memory that the file asks for and has no bytes for */
	uint64_t offset;
	const char *function; /* NULL: not known */
	uint64_t into;
};

static void find_offset(const struct mf_modules *modules, struct answer *a)
{
	const struct mf_segment *s;
	uint64_t i;

	for (i = 0; mf_modules_segment(modules, a->module, i, &s) > 0; i++) {
		if (a->addr < s->start || a->addr >= s->end)
			continue;
		a->has_offset = true;
		a->offset = a->addr - s->start + s->offset;
	}
}

static void find_function(struct symbolizer *s, struct answer *a)
{
	if (a->module != s->module) {
		functions_close(s->functions);
		s->functions = functions_open(s->iter, a->module);
		s->module = a->module;
	}
	a->function = functions_find(s->functions, a->addr, &a->into);
}

static char *build_id_text(const struct mf_module *module)
{
	return hex_bytes((const char *)module->build_id, module->build_id_len);
}

static void add_row(struct grid *grid, const struct answer *a)
{
	char *name;

	grid_row(grid);
	grid_set(grid, ADDRESS, format("%llx", (unsigned long long)a->addr));
	if (!a->module)
		return;
	if (a->module->path)
		grid_set(grid, NAME, escape_name(a->module->path, a->module->name_len));
	if (a->has_offset)
		grid_set(grid, OFFSET, format("%llx", (unsigned long long)a->offset));
	if (a->module->has & MF_HAS_BIAS)
		grid_set(grid, VADDR,
			 format("%llx", (unsigned long long)(a->addr - a->module->bias)));
	grid_set(grid, BUILD_ID, build_id_text(a->module));
	if (!a->function)
		return;
	name = escape_name(a->function, strlen(a->function));
	grid_set(grid, FUNCTION, format("%s+0x%llx", name, (unsigned long long)a->into));
	free(name);
}

static struct json_object *answer_object(const struct answer *a)
{
	struct json_object *o = not_null(json_object_new_object());
	char *build_id;

	put_address(o, "address", a->addr);
	put_bool(o, "loaded", a->module != NULL);
	if (!a->module)
		return o;
	put_name(o, "path", a->module->path, a->module->name_len);
	if (a->has_offset)
		put_number(o, "offset", a->offset);
	if (a->module->has & MF_HAS_BIAS)
		put_address(o, "vaddr", a->addr - a->module->bias);
	build_id = build_id_text(a->module);
	if (a->module->build_id_len)
		put_text(o, "build_id", build_id);
	free(build_id);
	if (a->function) {
		put_name(o, "function", a->function, strlen(a->function));
		put_number(o, "into", a->into);
	}
	return o;
}

static void note(struct symbolizer *s, int status)
{
	s->status = status > s->status ? status : s->status;
}

//! [modules]
static void symbolize(struct symbolizer *s, uint64_t addr)
{
	struct answer a = { .addr = addr };

	if (mf_modules_find(s->modules, addr, &a.module) > 0) {
		find_offset(s->modules, &a);
		find_function(s, &a);
	} else {
		note(s, STATUS_NOTHING);
	}
	if (s->output.json)
		json_object_array_add(s->list, answer_object(&a));
	else
		add_row(s->grid, &a);
	grid_flush(s->grid);
}
//! [modules]

static void symbolize_text(struct symbolizer *s, const char *text)
{
	uint64_t addr;
	char *escaped;

	if (!strchr(text, '-') && parse_place(text, &addr)) {
		symbolize(s, addr);
		return;
	}
	escaped = escape_words(text, strlen(text));
	complain("no hexadecimal address: '%s'", escaped);
	free(escaped);
	note(s, STATUS_USAGE);
}

static void symbolize_input(struct symbolizer *s)
{
	char *word = NULL;
	int r;

	while ((r = scanf("%ms", &word)) == 1) {
		symbolize_text(s, word);
		free(word);
	}
	if (r != EOF || ferror(stdin)) {
		complain("cannot read: %s", strerror(errno));
		note(s, STATUS_FAILED);
	}
}

static void answer_all(struct symbolizer *s)
{
	struct json_object *document = not_null(json_object_new_object());
	char **address;

	s->grid = grid_new(&s->output);
	s->list = not_null(json_object_new_array());
	for (address = s->addresses; address && *address; address++)
		symbolize_text(s, *address);
	if (!s->addresses || !*s->addresses)
		symbolize_input(s);
	put(document, "addresses", s->list);
	output_document(&s->output, document);
	grid_print(s->grid);
	functions_close(s->functions);
}

int cmd_symbolize(int argc, char **argv)
{
	struct symbolizer s = { .output = { .columns = columns, .n_columns = N_COLUMNS } };
	int ret;

	command_parse(&argp, argc, argv, &s);
	if (subject_open(&s.subject, 0, &s.iter) < 0)
		return STATUS_FAILED;
	ret = mf_modules_open(s.iter, 0, &s.modules);
	if (ret == 0) {
		answer_all(&s);
	} else {
		subject_complain(&s.subject, MF_ACCESS_DETAILS, "its modules cannot be had", ret);
		s.status = STATUS_FAILED;
	}
	mf_modules_close(s.modules);
	mf_iter_close(s.iter);
	return s.status;
}
