/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What users would pick instead.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

struct call;

/* getline, sscanf and a copy of each line's name, as it stands in many programs. */
int getline_all(struct call *call);
int getline_shared(struct call *call); /* those that are shared, by device and inode */
int getline_open(struct call *call); /* a descriptor of each distinct file, by its link */

/* elfutils: the modules of the process, which it makes of the text of maps. */
int dwfl_usable(struct call *call); /* begin: fails where it was not there */
int dwfl_modules(struct call *call);
int dwfl_find(struct call *call);

/*
 * A program that is told how often to list the process, and tells how long that took and
 * what it found. how: struct helper.
 */
struct helper {
	const char *const *argv; /* the pid is added */
	const char *missing; /* in words, if it does not start */
};

int helper_begin(struct call *call);
int helper_run(struct call *call);
void helper_end(struct call *call);

extern const struct helper helper_psutil, helper_procfs;

/*
 * A command, from its start to its end. how: struct command.
 */
struct command {
	const char *const *argv;
	const char *separator; /* between pids, where they are one word; NULL: a word each */
	const char *prefix; /* before each pid or before that one word */
	const char *suffix; /* behind it */
};

int command_begin(struct call *call);
int command_run(struct call *call);
void command_end(struct call *call);

#endif
