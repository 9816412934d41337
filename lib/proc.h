/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One process, pinned by descriptors. The only place that builds procfs paths,
 * and that tells a process which is gone from other errors.
 */
#ifndef MF_PROC_H
#define MF_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "mapfiles.h"
#include "util.h"

struct mf_proc {
	int root_fd; /* the procfs, or a saved tree; opened when needed if it is /proc */
	int group_fd; /* root/PID as it was asked for: its task/ lists the threads */
	int dir_fd; /* that, or root/TID of a thread that answers for it; a recycled pid never shows through */
	int maps_fd; /* pins the address space: after an exec it is still the old one's */
	int spare_fd; /* maps once more, for those who must not move maps_fd; opened when needed */
	int links_fd; /* map_files, opened when needed */
	int memory_fd; /* mem of this very address space, opened when needed */
	int pid; /* as it was asked for, and as this procfs shows it */
	uint64_t settled_at; /* when the process was last seen in this address space, ns */
	bool live; /* a procfs, not a saved tree */
	bool has_query; /* PROCMAP_QUERY works here */
	bool kthread; /* has no address space, and that is the truth */
};

#define MF_PROC_CLOSED                                                                      \
	{                                                                                   \
		.root_fd = -1, .group_fd = -1, .dir_fd = -1, .maps_fd = -1, .spare_fd = -1, \
		.links_fd = -1, .memory_fd = -1,                                            \
	}

/* root NULL: /proc. pid 0: the caller. On failure nothing is left open. */
int mf_proc_open(struct mf_proc *proc, const char *root, int pid);
int mf_proc_open_pidfd(struct mf_proc *proc, const char *root, int pidfd);
void mf_proc_close(struct mf_proc *proc);

/*
 * The procfs that it is in, whatever is mounted on /proc by now, or visible from
 * where the caller's root is: stays proc's. -errno if it is not to be had.
 */
int mf_proc_root(struct mf_proc *proc);

/* The procfs alone, or a saved tree, with no process in it. */
int mf_proc_open_root(struct mf_proc *root, const char *path);

/* visit() with each process that it shows, until one returns other than 0. That, 0, or -errno. */
int mf_proc_each(const struct mf_proc *root, int (*visit)(int pid, void *data), void *data);

/* The process that a thread belongs to, by its pid, or -errno. */
int mf_proc_group_of(const struct mf_proc *root, int tid);

/* A new descriptor of maps as the process is now, or -errno; -ESRCH if it is gone. */
int mf_proc_open_maps(const struct mf_proc *proc);

/* map_files as an open directory, or -errno; stays proc's. */
int mf_proc_links(struct mf_proc *proc);

/* What /proc/PID/stat tells. */
struct mf_proc_stat {
	bool dead; /* or on the way: exit_mm() runs long before the state says zombie */
	bool kthread;
	int parent; /* 0: none that this procfs shows */
	uint64_t start_time; /* with the pid it names one process for ever */
	uint64_t stack; /* an address in the initial stack; 0 if it is not told */
};

/* 0, -ESRCH, or -errno. */
int mf_proc_stat(const struct mf_proc *proc, struct mf_proc_stat *ret);

int mf_proc_stat_of(const struct mf_proc *root, int pid, struct mf_proc_stat *ret);

/* Nobody answers for the address space through dir_fd any more: a zombie, or a leader that left its threads. */
bool mf_proc_is_dead(const struct mf_proc *proc);

/*
 * The thread behind dir_fd has exited and others live: go on through one of
 * those. maps_fd stays if it is open. 0, or -ESRCH if there is none.
 */
int mf_proc_repin(struct mf_proc *proc);

/* "START-END" as map_files names it: exact, lower case, no leading zeros. */
#define MF_LINK_NAME_SIZE (2 * MF_NUMBER_SIZE)
void mf_link_name(char *out, uint64_t start, uint64_t end);
bool mf_link_parse(const char *name, uint64_t *ret_start, uint64_t *ret_end);

#endif
