/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that is written whole or not at all: who reads it meanwhile sees the old one.
 */
#ifndef STALE_FILE_H
#define STALE_FILE_H

struct new_file {
	const char *name; /* NULL: standard output, as it is */
	char *temporary;
	int stdout_fd; /* what standard output was */
};

/* From then on standard output is the new file. 0, or -errno. */
int new_file_begin(struct new_file *file, const char *name);

/* The new file takes the name, and standard output is what it was. 0, or -errno: it does not. */
int new_file_end(struct new_file *file);

#endif
