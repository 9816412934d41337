/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles explain: what the caller may learn of a process, and what is in the way of the
 * rest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mapfiles.h>

#include "../common/json.h"
#include "../common/process.h"
#include "../common/refusal.h"
#include "../common/text.h"
#include "command.h"
#include "output.h"
#include "target.h"

enum { PID, COMMAND_NAME, ACCESS, ALLOWED, WHY, N_COLUMNS };

static const struct column columns[N_COLUMNS] = {
	[PID] = { "PID", SCOLS_FL_RIGHT, 0, "the process" },
	[COMMAND_NAME] = { "COMMAND", 0, 1, "its name" },
	[ACCESS] = { "ACCESS", 0, 0, "what is tried" },
	[ALLOWED] = { "ALLOWED", 0, 0, "yes or no" },
	[WHY] = { "WHY", SCOLS_FL_WRAP, 0, "what is in the way, and what to grant" },
};

static const struct access {
	uint32_t access;
	const char *name;
	const char *what;
} accesses[] = {
	{ MF_ACCESS_DETAILS, "details", "ranges, protections and names" },
	{ MF_ACCESS_LIST, "list", "the mapped files in one instant's picture" },
	{ MF_ACCESS_FOLLOW, "follow", "opening the mapped objects themselves" },
	{ MF_ACCESS_MEMORY, "memory", "reading the process's memory" },
};

enum { N_ACCESSES = sizeof(accesses) / sizeof(accesses[0]) };

struct options {
	struct output output;
	const char *proc_root;
	char **words;
};

static const struct argp_option argp_options[] = {
	PROC_ROOT_OPTION,
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->output;
		return 0;
	case OPTION_PROC_ROOT:
		o->proc_root = arg;
		return 0;
	case ARGP_KEY_ARGS:
		o->words = state->argv + state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which process? Give a PID or a name");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options,
	parse,
	NULL,
	"What you may learn of a process, and what is in the way of the rest."
	"\v"
	"details: ranges, protections and names. list: the mapped files in one\n"
	"instant's picture. follow: opening the mapped objects themselves. memory:\n"
	"reading the process's memory. Nothing in the process is touched.\n"
	"\n"
	"Exit status: 0 all is allowed; 4 something is not; 2 wrong usage; 3 no such\n"
	"process.\n"
	"\n"
	"Examples:\n"
	"  mapfiles explain 1          what is missing to look at init\n",
	(const struct argp_child[]){ { &output_argp, 0, NULL, 0 }, { 0 } },
	NULL,
	NULL,
};

static void add_row(struct grid *grid, int pid, const char *name, const struct access *a, int why)
{
	grid_row(grid);
	grid_set(grid, PID, format("%d", pid));
	grid_set(grid, COMMAND_NAME, escape_name(name, strlen(name)));
	grid_set(grid, ACCESS, format("%s", a->name));
	grid_set(grid, ALLOWED, format(why == MF_WHY_ALLOWED ? "yes" : "no"));
	grid_paint(grid, ALLOWED, why == MF_WHY_ALLOWED ? PAINT_GOOD : PAINT_BAD);
	grid_set(grid, WHY, format("%s", why == MF_WHY_ALLOWED ? "-" : mf_why_text((uint32_t)why)));
}

static struct json_object *access_object(const struct access *a, int why)
{
	struct json_object *o = not_null(json_object_new_object());

	put_text(o, "access", a->name);
	put_text(o, "what", a->what);
	put_bool(o, "allowed", why == MF_WHY_ALLOWED);
	if (why != MF_WHY_ALLOWED)
		put_text(o, "why", mf_why_text((uint32_t)why));
	return o;
}

/* Asks for all before anything is said: a process that is gone has no rows. */
static int ask(int pid, const char *proc_root, int whys[N_ACCESSES])
{
	size_t i;

	for (i = 0; i < N_ACCESSES; i++) {
		whys[i] = explain_access(pid, proc_root, accesses[i].access);
		if (whys[i] < 0)
			return whys[i];
	}
	return 0;
}

static int explain(int pid, const struct options *o, struct grid *grid, struct json_object *list)
{
	struct json_object *process, *answers;
	int whys[N_ACCESSES], error = ask(pid, o->proc_root, whys), status = STATUS_OK;
	char *name = process_name(o->proc_root, pid);
	size_t i;

	if (error) {
		complain_refused(pid, o->proc_root, MF_ACCESS_DETAILS, "cannot be asked", error);
		free(name);
		return STATUS_FAILED;
	}
	process = not_null(json_object_new_object());
	answers = not_null(json_object_new_array());
	put(process, "pid", json_object_new_int(pid));
	put_name(process, "name", name, name ? strlen(name) : 0);
	for (i = 0; i < N_ACCESSES; i++) {
		add_row(grid, pid, name ? name : "", &accesses[i], whys[i]);
		json_object_array_add(answers, access_object(&accesses[i], whys[i]));
		if (whys[i] != MF_WHY_ALLOWED)
			status = STATUS_ATTENTION;
	}
	put(process, "accesses", answers);
	json_object_array_add(list, process);
	free(name);
	return status;
}

int cmd_explain(int argc, char **argv)
{
	struct options o = { .output = { .columns = columns, .n_columns = N_COLUMNS } };
	struct json_object *document = not_null(json_object_new_object());
	struct json_object *list = not_null(json_object_new_array());
	struct targets targets;
	struct grid *grid;
	int status, one;
	uint32_t i;

	command_parse(&argp, argc, argv, &o);
	status = targets_find(&targets, o.proc_root, o.words) ? STATUS_OK : STATUS_FAILED;
	grid = grid_new(&o.output);
	for (i = 0; i < targets.n; i++) {
		one = explain(targets.pids[i], &o, grid, list);
		status = status == STATUS_FAILED || one == STATUS_OK ? status : one;
	}
	put(document, "processes", list);
	output_document(&o.output, document);
	grid_print(grid);
	targets_free(&targets);
	return status;
}
