/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The directory map_files, read in one batch: the ranges of all mapped files
 * as they were at one instant.
 */
#ifndef MF_MAP_FILES_H
#define MF_MAP_FILES_H

#include <stddef.h>

#include "proc.h"

struct mf_batch {
	struct mf_range *ranges; /* sorted, at the start of the memory below */
	size_t n_ranges;
	void *memory; /* mmap'ed, unless fixed */
	size_t size;
	bool fixed; /* the caller's memory: -ENOMEM if it is too small */
	unsigned int retries;
};

void mf_batch_place(struct mf_batch *batch, void *memory, size_t size);

/* 0, -EAGAIN if it never stood still long enough to be confirmed, or -errno. */
int mf_batch_take(struct mf_batch *batch, struct mf_proc *proc);
void mf_batch_free(struct mf_batch *batch);

/*
 * Turns directory entries into ranges, in place: *ret_n of them, sorted, at
 * the start of bytes. 0 or -EPROTO. bytes is aligned for struct mf_range.
 */
int mf_batch_parse(char *bytes, size_t len, size_t *ret_n);

#endif
