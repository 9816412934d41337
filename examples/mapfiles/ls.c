/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles ls: list what processes have mapped, as a table or as JSON. This file
 * reads the options and walks each process; how it looks is in ls/.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/ctrl_c.h"
#include "../common/process.h"
#include "../common/progress.h"
#include "../common/refusal.h"
#include "command.h"
#include "ls/ls.h"
#include "target.h"

enum { STREAM = 0x100 };

static const struct argp_option argp_options[] = {
	{ "all", 'a', NULL, 0, "every mapping: private memory, heap, stack, vdso too", 0 },
	{ "stat", 't', NULL, 0, "also what stat(2) says of each object", 0 },
	{ "open", 'O', NULL, 0,
	  "open each object for reading: its size, how sure it is the mapped one, and what led "
	  "to it; or the error that forbade it",
	  0 },
	{ "source", 's', "NAME", 0, "ask map_files, query, maps or auto (the default)", 0 },
	{ "stream", STREAM, NULL, 0, "in constant memory: not one instant's picture", 0 },
	{ "proc-root", OPTION_PROC_ROOT, "DIR", 0,
	  "look in DIR, a procfs or a saved tree, not in /proc", 0 },
	{ 0 },
};

static void parse_source(struct argp_state *state, const char *name, uint32_t *source)
{
	uint32_t i;

	for (i = MF_SOURCE_AUTO; i <= MF_SOURCE_MAPS; i++) {
		if (strcmp(name, mf_source_name(i)) == 0) {
			*source = i;
			return;
		}
	}
	argp_error(state, "--source takes auto, map_files, query or maps, not: %s", name);
}

static void check(struct argp_state *state, const struct ls_options *o)
{
	if (o->iter.source != MF_SOURCE_MAP_FILES)
		return;
	if (o->iter.flags & MF_ITER_ALL)
		argp_error(state, "--all needs another source: map_files holds mapped files only");
	if (o->iter.flags & MF_ITER_STREAM)
		argp_error(state, "--stream needs another source: map_files is read at once");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct ls_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->output;
		return 0;
	case 'a':
		o->iter.flags |= MF_ITER_ALL;
		return 0;
	case 't':
		o->stat = true;
		return 0;
	case 'O':
		o->open = true;
		return 0;
	case 's':
		parse_source(state, arg, &o->iter.source);
		return 0;
	case STREAM:
		o->iter.flags |= MF_ITER_STREAM;
		return 0;
	case OPTION_PROC_ROOT:
		o->iter.proc_root = arg;
		return 0;
	case ARGP_KEY_ARGS:
		o->words = state->argv + state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		o->everyone = true;
		return 0;
	case ARGP_KEY_SUCCESS:
		check(state, o);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options,
	parse,
	NULL,
	"List the files, and the other objects, that processes have mapped into memory: those "
	"of the processes given, or else of all that you may look at."
	"\v"
	"In the table \"?\" is not known and \"-\" is nothing. Names are escaped as by ls\n"
	"-b; what may follow a name: (deleted) it no longer leads to the object;\n"
	"(raced) the mapping changed while it was read; (ambiguous) a \\012 in it may\n"
	"be a newline. OPENED: exact, it is the mapped object; matching, device and\n"
	"inode are equal where two files can share them.\n"
	"\n"
	"Exit status: 0 all was listed, and opened if asked for (what cannot be\n"
	"opened by its nature is no failure); 1 nothing is mapped; 2 wrong usage; 3\n"
	"something failed, see the messages. Where all processes are listed those\n"
	"that may not be looked at are no failure: how many is said once.\n"
	"\n"
	"Examples:\n"
	"  mapfiles ls $$                  what this shell has mapped\n"
	"  mapfiles ls --open sshd         and whether each file can be had\n"
	"  mapfiles ls -o pid,name --raw | sort -u\n"
	"  sudo mapfiles ls --json 1 |\n"
	"      jq '.processes[].mappings[] | select(.deleted)'\n",
	(const struct argp_child[]){ { &output_argp, 0, NULL, 0 }, { 0 } },
	NULL,
	NULL,
};

/* Anonymous memory has nothing to open, and a device is no file: neither is a failure. */
static int try_to_open(struct mf_iter *iter, const struct mf_mapping *m,
		       const struct printer *print)
{
	struct opened o;

	open_object(iter, m, &o);
	print->opened(&o);
	return o.error == -ENXIO ? 0 : o.error;
}

/* One of MF_WHY_, for a list that was cut off, objects that were refused, or an empty list. */
static int explain_walk(int pid, const struct ls_options *o, const struct mf_iter_report *report,
			int error, int opening)
{
	int why = why_refused(pid, o->iter.proc_root, MF_ACCESS_DETAILS, error);

	if (opening && why == MF_WHY_ALLOWED)
		why = why_refused(pid, o->iter.proc_root, MF_ACCESS_FOLLOW, opening);
	if (report->n_mappings || error)
		return why;
	/* The only process that can be listed and has none is a kernel thread. */
	why = explain_access(pid, o->iter.proc_root, MF_ACCESS_DETAILS);
	return why == MF_WHY_NO_ADDRESS_SPACE ? why : MF_WHY_ALLOWED;
}

uint32_t ls_access(const struct ls_options *o)
{
	return o->iter.source == MF_SOURCE_MAP_FILES ? MF_ACCESS_LIST : MF_ACCESS_DETAILS;
}

/* Returns how many mappings there were. */
static uint64_t walk(int pid, struct mf_iter *iter, const struct ls_options *o,
		     const struct printer *print, struct refusals *refusals)
{
	const struct mf_iter_report *report;
	const struct mf_mapping *m;
	int ret, error, opening = 0;

	while ((ret = mf_next(iter, &m)) > 0) {
		print->add(m);
		error = o->open ? try_to_open(iter, m, print) : 0;
		if (error)
			refusals_note(refusals, pid, NULL, error);
		opening = opening ? opening : error;
		print->end_mapping();
	}
	mf_iter_report(iter, &report);
	print->end(report, ret, explain_walk(pid, o, report, ret, opening));
	if (ret < 0)
		refusals_note(refusals, pid, "the list is cut off", ret);
	return report->n_mappings;
}

static uint64_t list(int pid, const struct ls_options *o, const struct printer *print,
		     struct refusals *refusals)
{
	char *name = process_name(o->iter.proc_root, pid);
	struct mf_iter *iter;
	uint64_t n = 0;
	int ret = mf_iter_open(pid, &o->iter, &iter);

	/* Of those that nobody named some end meanwhile. */
	if (ret == -ESRCH && o->everyone)
		goto out;
	if (ret < 0) {
		print->failed(pid, name, ret,
			      why_refused(pid, o->iter.proc_root, ls_access(o), ret));
		refusals_note(refusals, pid, "cannot be listed", ret);
		goto out;
	}
	print->begin(pid, name, (uint32_t)mf_iter_source(iter));
	n = walk(pid, iter, o, print, refusals);
	mf_iter_close(iter);
out:
	free(name);
	return n;
}

static struct progress bar;

static void wipe_bar(void)
{
	progress_end(&bar);
}

static uint64_t list_all(const struct targets *targets, const struct ls_options *o,
			 struct refusals *refusals)
{
	const struct printer *print = o->output.json ? &ls_json_printer : &ls_table_printer;
	uint64_t n = 0;
	uint32_t i;

	/* JSON is written meanwhile: on one terminal the two would mix. */
	if (!o->output.json || !isatty(STDOUT_FILENO)) {
		progress_begin_late(&bar, "listing");
		ctrl_c_begin(wipe_bar);
	}
	print->start(o, targets->n);
	for (i = 0; i < targets->n; i++) {
		progress_step(&bar, i, targets->n);
		n += list(targets->pids[i], o, print, refusals);
	}
	progress_end(&bar);
	ctrl_c_end();
	print->finish();
	return n;
}

/* A column of theirs is as good as the option. */
static void imply(struct ls_options *o)
{
	enum ls_column column;

	o->show_stat = o->stat;
	o->show_open = o->open;
	for (column = LS_MODE; column <= LS_STAT_INODE; column++)
		o->stat = o->stat || output_names(&o->output, column);
	for (column = LS_TYPE; column <= LS_VIA; column++)
		o->open = o->open || output_names(&o->output, column);
	if (o->stat)
		o->iter.flags |= MF_ITER_STAT;
}

int cmd_ls(int argc, char **argv)
{
	struct ls_options o = {
		.output = { .columns = ls_columns, .n_columns = LS_N_COLUMNS },
		.iter.size = sizeof(o.iter),
	};
	struct refusals refusals = { .options = &o };
	struct targets targets;
	uint64_t n;
	bool found;

	command_parse(&argp, argc, argv, &o);
	imply(&o);
	found = o.everyone ? targets_all(&targets, o.iter.proc_root) :
			     targets_find(&targets, o.iter.proc_root, o.words);
	n = list_all(&targets, &o, &refusals);
	refusals_tell(&refusals);
	found = found && (o.everyone || refusals.n == 0);
	refusals_free(&refusals);
	targets_free(&targets);
	if (!found)
		return STATUS_FAILED;
	return n > 0 ? STATUS_OK : STATUS_NOTHING;
}
