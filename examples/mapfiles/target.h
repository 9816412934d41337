/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes as a user names them: by number, or by name.
 */
#ifndef MAPFILES_TARGET_H
#define MAPFILES_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct targets {
	int32_t *pids; /* in the order given; a name's by number; none twice */
	uint32_t n;
};

/*
 * Each word is a number, or a name: all processes whose name (comm) or whose program's
 * file it is, but not this one. Says on stderr which processes a name stood for, or that
 * there is none, and then returns false. Numbers are not checked to be of a process; one
 * that no process can have ends the program as wrong usage.
 */
bool targets_find(struct targets *targets, const char *proc_root, char **words);

/* Every process that there is. Says so if proc_root holds none, and then returns false. */
bool targets_all(struct targets *targets, const char *proc_root);

/* The one process that a word stands for; says why there is not exactly one. */
bool target_find(int *pid, const char *proc_root, const char *word);

void targets_free(struct targets *targets);

/* Hexadecimal, with or without 0x; or START-END as the tables print it: its start. */
bool parse_place(const char *text, uint64_t *addr);

#endif
