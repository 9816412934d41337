/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A slow, obvious reader of raw /proc/PID/maps and /proc/PID/map_files, to
 * compare the library with. It shares no code with it, and needs a target that
 * stands still.
 */
#ifndef TEST_TRUTH_H
#define TEST_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct truth_mapping {
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	uint64_t inode;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t prot; /* PROT_ bits */
	bool shared;
	char *text; /* the name as maps prints it, NULL if none */
	size_t text_len;
	bool file; /* has a link in map_files */
	uint32_t link_mode; /* of the link itself */
	char *link; /* what the link says; NULL if it does not fit PATH_MAX */
	size_t link_len;
	bool has_stat; /* following was allowed */
	uint32_t st_mode;
	uint32_t st_nlink;
	uint64_t st_dev;
	uint64_t st_ino;
	uint64_t st_size;
	char *path; /* the kernel's name without escapes, NULL if none */
	size_t path_len;
};

struct truth {
	struct truth_mapping *list;
	size_t n;
};

/** Read all; a failure fails the test. Release it with truth_free(). */
void truth_read(struct truth *truth, pid_t pid);
void truth_free(struct truth *truth);
/** The mapping that holds an address, or NULL. */
const struct truth_mapping *truth_find(const struct truth *truth, uint64_t addr);

/** Read a whole file of any length and any bytes: allocated, NUL-ended. */
char *read_whole(const char *path, size_t *ret_len);

#endif
