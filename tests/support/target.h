/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stopped child that maps one of every kind, and a table of what its maker
 * knows about each mapping, learnt from the maker's own descriptors.
 */
#ifndef TEST_TARGET_H
#define TEST_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TARGET_ENTRIES	96
#define TARGET_PATH_MAX 8192

/* Whether the name of a mapping still leads to what is mapped. */
enum target_name {
	TARGET_NO_NAME, /* it never had one in a file system */
	TARGET_NAMED,
	TARGET_DELETED,
};

struct target_entry {
	char label[32];
	char skipped[128]; /* why it could not be made; empty: it was made */
	uint64_t start;
	uint64_t len; /* 0: start is an address somewhere inside */
	uint64_t offset;
	uint32_t prot; /* PROT_ bits */
	bool shared;
	bool file; /* has a link in map_files */
	uint32_t kind; /* MF_KIND_ */
	enum target_name name;
	bool has_stat; /* the maker had a descriptor of the mapped object */
	uint32_t open_mode; /* PROT_ bits: how that descriptor was open */
	uint32_t st_mode;
	uint32_t st_nlink;
	uint64_t st_dev;
	uint64_t st_ino;
	uint64_t st_size;
	bool has_path;
	uint32_t path_len;
	char path[TARGET_PATH_MAX]; /* as the kernel must name it, mark included */
};

struct target {
	pid_t pid;
	size_t n_entries;
	struct target_entry *entries; /* shared with the child */
	char dir[300];
};

#define TARGET_AS_NOBODY 0x1 /* the child runs as nobody, without capabilities */

/**
 * Make a target, and print a SKIP line for every kind that could not be had. Call
 * it from an unchecked fixture: then the target outlives a failed test.
 */
void spawn_target(struct target *target, unsigned int flags);
void end_target(struct target *target);
/** An entry that was made, or NULL. */
const struct target_entry *target_entry(const struct target *target, const char *label);

#endif
