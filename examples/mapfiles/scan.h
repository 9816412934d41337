/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A scan of processes for the commands that ask who maps what: which processes, what
 * they are called, and what had to be left out.
 */
#ifndef MAPFILES_SCAN_H
#define MAPFILES_SCAN_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mapfiles.h>

#include "target.h"

/* A process of which something is listed. */
struct process {
	int pid;
	bool numbers_only;
	char *name; /* NULL: it is gone meanwhile */
	char *role; /* NULL: it says nothing of itself */
};

struct scan {
	/* Before scan_open(). */
	const char *proc_root;
	uint32_t flags; /* MF_OBJECTS_ */
	struct targets targets; /* given by the user */
	bool ends_are_no_news; /* scan_tell_missing(): nobody wants to know who ended */
	/* Behind it. */
	struct mf_objects *objects;
	struct process *processes; /* by pid */
	size_t n_processes;
};

/* The options --tree and --proc-root; its input is a struct scan *. */
extern const struct argp scan_argp;

/*
 * The processes of the words, or without any word everyone; ends the program after a
 * message if --tree has nothing to begin with. Returns false after a message if one of
 * the words is nobody's name.
 */
bool scan_targets(struct scan *scan, char **words);

/* Returns 0, or -errno after a message. */
int scan_open(struct scan *scan);

/* NULL: not listed. */
const struct process *scan_process(const struct scan *scan, int pid);

/*
 * Say on standard error what is missing from the scan, or is not certain in it.
 * Returns whether a process that the user named is missing.
 */
bool scan_tell_missing(const struct scan *scan);

void scan_close(struct scan *scan);

#endif
