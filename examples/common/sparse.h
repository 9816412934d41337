/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copying between two descriptors, at any offset, without turning holes into zeros.
 * Neither descriptor's position is used for the data, and nothing is truncated but the
 * target of copy_sparse(), which gets the size asked for.
 */
#ifndef COMMON_SPARSE_H
#define COMMON_SPARSE_H

#include <stdbool.h>
#include <sys/types.h>

/* Returns how much was copied: less than len when the file ends before; -1 on error. */
off_t copy_range(int in, off_t from, int out, off_t to, off_t len);

/* A stretch of data between two holes. */
struct extent {
	off_t start, end;
};

/*
 * The first data at or behind at, and before size; false if only a hole is left. What
 * cannot tell its holes is data.
 */
bool next_extent(int fd, off_t at, off_t size, struct extent *extent);

/*
 * Copy the data of the first size bytes, leave the holes. *copied counts the data. False
 * with errno set on an error, with errno 0 when the file became shorter meanwhile.
 */
bool copy_sparse(int in, int out, off_t size, off_t *copied);

#endif
