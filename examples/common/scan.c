/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A scan of processes for the tools that ask who maps what.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "arguments.h"
#include "process.h"
#include "progress.h"
#include "scan.h"
#include "text.h"

bool scan_parse_pids(struct scan *scan, char **words)
{
	int pid;

	for (; *words; words++) {
		if (!parse_pid(*words, &pid)) {
			fprintf(stderr, "%s: %s: %s\nTry '%s --help'.\n",
				program_invocation_short_name, why_no_pid(*words), *words,
				program_invocation_short_name);
			return false;
		}
		scan->pids = with_room(scan->pids, scan->n_pids, sizeof(*scan->pids));
		scan->pids[scan->n_pids++] = pid;
	}
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

int scan_open(struct scan *scan)
{
	struct progress progress = { 0 };
	struct mf_objects_opts opts = {
		.size = sizeof(opts),
		.flags = scan->flags,
		.proc_root = scan->proc_root,
		.progress = progress_scan,
		.progress_data = &progress,
	};
	int ret;

	progress_begin(&progress, "scanning");
	ret = mf_objects_open(scan->pids, scan->n_pids, &opts, &scan->objects);
	progress_end(&progress);
	if (ret < 0) {
		fprintf(stderr, "%s: processes cannot be scanned: %s\n",
			program_invocation_short_name, mf_strerror(ret));
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
	free(scan->pids);
	mf_objects_close(scan->objects);
}
