/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who descends from whom, and which threads run, as /proc/PID/stat says. */
#ifndef CHECKPOINT_TREE_H
#define CHECKPOINT_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct proc_stat {
	char state;
	int parent;
};

/* One process; false if it is gone. */
bool read_stat(int pid, struct proc_stat *stat);

/* Whether pid is this program or one of those that it descends from. */
bool is_ancestor(int pid);

/* Calls fn for each process that is there now; ends when it returns false. */
void for_each_process(bool (*fn)(void *data, int pid, const struct proc_stat *stat), void *data);

enum activity {
	GONE, /* it exited; a zombie is gone too */
	RUNNING,
	STOPPED, /* all its threads are, or cannot get out of the kernel without being so */
};

/* If it is RUNNING, *ret_thread is a thread that is. */
enum activity process_activity(int pid, int *ret_thread);

#endif
