/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A scan of processes for the commands that ask who maps what.
 */
#include <stdlib.h>

#include "../common/ctrl_c.h"
#include "../common/process.h"
#include "../common/progress.h"
#include "command.h"
#include "scan.h"
#include "../common/text.h"

static const struct argp_option options[] = {
	{ "tree", 't', NULL, 0, "the processes given and all their descendants", 0 },
	PROC_ROOT_OPTION,
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct scan *scan = state->input;

	switch (key) {
	case 't':
		scan->flags |= MF_OBJECTS_TREE;
		return 0;
	case OPTION_PROC_ROOT:
		scan->proc_root = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp scan_argp = { options, parse, NULL, NULL, NULL, NULL, NULL };

bool scan_targets(struct scan *scan, char **words)
{
	if (*words)
		return targets_find(&scan->targets, scan->proc_root, words);
	if (scan->flags & MF_OBJECTS_TREE) {
		complain("--tree needs a process to begin with");
		exit(STATUS_USAGE);
	}
	scan->flags |= MF_OBJECTS_EVERYONE;
	return true;
}

static int compare_processes(const void *one, const void *other)
{
	const struct process *a = one, *b = other;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* Their names are read at once: later they may be gone. */
static void name_processes(struct scan *scan)
{
	const struct mf_objects_process *p;
	uint64_t i;

	for (i = 0; mf_objects_process(scan->objects, i, &p) > 0; i++) {
		if (p->error)
			continue;
		scan->processes =
			with_room(scan->processes, scan->n_processes, sizeof(*scan->processes));
		scan->processes[scan->n_processes++] = (struct process){
			.pid = p->pid,
			.numbers_only = p->flags & MF_PROCESS_NUMBERS_ONLY,
			.name = process_name(scan->proc_root, p->pid),
			.role = process_role(scan->proc_root, p->pid),
		};
	}
	if (scan->n_processes > 0)
		qsort(scan->processes, scan->n_processes, sizeof(*scan->processes),
		      compare_processes);
}

static struct progress progress;

static void wipe_bar(void)
{
	progress_end(&progress);
}

int scan_open(struct scan *scan)
{
	struct mf_objects_opts opts = {
		.size = sizeof(opts),
		.flags = scan->flags,
		.proc_root = scan->proc_root,
		.progress = progress_scan,
		.progress_data = &progress,
	};
	int ret;

	progress_begin_late(&progress, "scanning");
	ctrl_c_begin(wipe_bar);
	ret = mf_objects_open(scan->targets.pids, scan->targets.n, &opts, &scan->objects);
	progress_end(&progress);
	ctrl_c_end();
	if (ret < 0) {
		complain("processes cannot be scanned: %s", mf_strerror(ret));
		return ret;
	}
	name_processes(scan);
	return 0;
}

const struct process *scan_process(const struct scan *scan, int pid)
{
	const struct process wanted = { .pid = pid };

	if (scan->n_processes == 0)
		return NULL;
	return bsearch(&wanted, scan->processes, scan->n_processes, sizeof(wanted),
		       compare_processes);
}

void scan_close(struct scan *scan)
{
	size_t i;

	for (i = 0; i < scan->n_processes; i++) {
		free(scan->processes[i].name);
		free(scan->processes[i].role);
	}
	free(scan->processes);
	targets_free(&scan->targets);
	mf_objects_close(scan->objects);
}
