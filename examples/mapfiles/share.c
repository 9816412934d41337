/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles share: who shares which memory and which files with whom, as a table, as JSON
 * or as a picture. This file reads the options and scans the processes; which objects are
 * shown and how is in share/.
 */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "share/share.h"

static const struct argp_option argp_options[] = {
	{ "all", 'a', NULL, 0, "files that one process maps alone too", 0 },
	{ "memory", 'm', NULL, 0, "only memory: anonymous, memfd, SysV, POSIX, huge pages", 0 },
	{ "shared", 's', NULL, 0, "only what is mapped with MAP_SHARED; cheaper", 0 },
	{ "users", 'u', NULL, 0, "one row for each mapping: process, range, protection", 0 },
	{ "bytes", 'b', NULL, 0, "sizes in bytes, not as 5.1M", 0 },
	{ "dot", 'd', NULL, 0, "a picture for Graphviz", 0 },
	{ 0 },
};

struct options {
	struct output output;
	struct scan scan;
	struct view view;
	bool dot;
	char **words;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static char *none[] = { NULL };
	struct options *o = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->scan;
		state->child_inputs[1] = &o->output;
		o->words = none;
		return 0;
	case 'a':
		o->view.all = true;
		return 0;
	case 'm':
		o->view.memory = true;
		return 0;
	case 's':
		o->scan.flags |= MF_OBJECTS_SHARED;
		return 0;
	case 'u':
		o->view.users = true;
		return 0;
	case 'b':
		o->view.bytes = true;
		return 0;
	case 'd':
		o->dot = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->words = state->argv + state->next;
		return 0;
	case ARGP_KEY_SUCCESS:
		if (o->dot && o->output.json)
			argp_error(state, "--dot or --json, not both");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options,
	parse,
	NULL,
	"List what processes share: each object that more than one of them maps, and all memory "
	"that can be shared; of the processes given, or of all that you may look at. Objects "
	"are told apart by what they are, not by name."
	"\v"
	"PROCS is how many processes map the object, USERS how many mappings there\n"
	"are, WHO the first processes, and +N how many more. \"?\" is not known, \"-\" is\n"
	"nothing. Names are escaped as by ls -b; what may follow a name: (deleted) it\n"
	"no longer leads to the object; (uncertain) told apart by the numbers in maps\n"
	"alone, it may be several objects; (apart) the kernel gives it no identity,\n"
	"others may be the same.\n"
	"\n"
	"In the picture what does not print is written as in a URL (%0A), and so are\n"
	"% and backslash. Objects that the same processes map in the same way are one\n"
	"box; where there are too many boxes, those that the same processes map in\n"
	"any way.\n"
	"\n"
	"Exit status: 0 something is listed; 1 nothing is shared among the processes\n"
	"that could be looked at; 2 wrong usage; 3 a process that was given could not\n"
	"be looked at, or another failure. What is missing is said on standard error.\n"
	"\n"
	"Examples:\n"
	"  sudo mapfiles share --tree $(pidof -s postgres)\n"
	"                          what PostgreSQL's processes share\n"
	"  sudo mapfiles share --memory\n"
	"                          all shared memory, and whose it is\n"
	"  sudo mapfiles share --dot --tree PID | dot -Tsvg -o share.svg\n",
	(const struct argp_child[]){ { &scan_argp, 0, NULL, 0 },
				     { &output_argp, 0, NULL, 0 },
				     { 0 } },
	NULL,
	NULL,
};

static void print(const struct options *o)
{
	if (o->dot)
		share_dot(&o->view);
	else if (o->output.json)
		share_json(&o->view);
	else
		share_table(&o->view, &o->output);
}

static int scan_and_print(struct options *o)
{
	int status;

	if (scan_open(&o->scan) < 0)
		return STATUS_FAILED;
	o->view.scan = &o->scan;
	select_objects(&o->view);
	print(o);
	status = o->view.n_objects > 0 ? STATUS_OK : STATUS_NOTHING;
	if (scan_tell_missing(&o->scan))
		status = STATUS_FAILED;
	else if (status == STATUS_NOTHING)
		complain("nothing is shared");
	return status;
}

int cmd_share(int argc, char **argv)
{
	struct options o = { .output = { .columns = share_columns, .n_columns = SHARE_N_COLUMNS } };
	int status;
	bool all;

	command_parse(&argp, argc, argv, &o);
	o.view.users = o.view.users || share_wants_users(&o.output);
	all = scan_targets(&o.scan, o.words);
	status = all || o.scan.targets.n > 0 ? scan_and_print(&o) : STATUS_FAILED;
	free(o.view.objects);
	scan_close(&o.scan);
	return all ? status : STATUS_FAILED;
}
