/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of mapfiles watch share: what happened to a range of addresses, and how
 * it is printed. Nothing here is part of the library.
 */
#ifndef MAPFILES_WATCH_H
#define MAPFILES_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <mapfiles.h>

#include "../output.h"

enum change { CHANGE_MMAP, CHANGE_MUNMAP, CHANGE_MPROTECT, CHANGE_RENAME };

/* What happened to [start, end). */
struct event {
	enum change change;
	uint64_t start, end;
	uint64_t offset; /* of start in the object, where there is one */
	const struct mf_mapping *before; /* NULL with CHANGE_MMAP */
	const struct mf_mapping *after; /* NULL with CHANGE_MUNMAP */
};

/* changes.c: steps through the differences of the last refresh, in address order. */
void watch_changes(struct mf_table *table, void (*print)(const struct event *event));

/* print.c: in lines, or as JSON. */
void print_begin(const struct output *output, bool with_time);
void print_change(const struct event *event);
/* The path is the program's, raw; there is none if len is 0. */
void print_exec(const char *path, size_t len, uint64_t n_mappings);
uint64_t n_printed(void);

#endif
