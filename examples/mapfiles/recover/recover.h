/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of mapfiles recover share: the mapping that was meant, and the two ways
 * of saving what is behind it. Nothing here is part of the library.
 */
#ifndef MAPFILES_RECOVER_H
#define MAPFILES_RECOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mapfiles.h>

/* What is kept of a mapping: it dies at the next call on its iterator. */
struct found {
	uint64_t start, end, offset, inode;
	uint32_t dev_major, dev_minor;
	uint32_t prot, flags, kind;
	char *name;
	size_t name_len;
};

/* which.c: 1 found, 0 not, -ENOTUNIQ several of that name, after a message, or -errno. */
int find_what(struct mf_iter *iter, const char *which, struct found *f);
bool is_same_object(const struct found *f, const struct mf_mapping *m);

/* "/tmp/x (deleted) at 7f00-7f10", malloc'ed: nothing in it that a terminal obeys. */
char *found_text(const struct found *f);

/* file.c: from the file itself, which in is. Returns a status. */
int save_file(struct mf_iter *iter, const struct found *f, int in, const char *path);

/* memory.c: what the process sees of it. Returns a status. */
int save_memory(struct mf_iter *iter, int pid, const struct found *f, const char *path);

/*
 * out.c: a new file, never an old one. out_begin() returns -1 after a message; from there
 * until out_end() a signal that ends the program removes it. out_end() returns whether
 * all of it is on the disk, and says so if not.
 */
int out_begin(const char *path);
bool out_end(int fd, const char *path);

/* Messages; each returns STATUS_FAILED. */
int fail(const char *what, int error);
int fail_errno(const char *what);

#endif
