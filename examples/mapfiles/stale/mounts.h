/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mounts that a process sees, from its mountinfo: which there are, and whether the
 * way along a name crosses one whose server may never answer.
 */
#ifndef STALE_MOUNTS_H
#define STALE_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mount {
	uint64_t id;
	char *point;
	bool may_block;
};

struct mounts {
	struct mount *list;
	size_t n;
};

/* False if they may not be read: there are none then. who is a pid, or "self". */
bool mounts_read(struct mounts *mounts, const char *proc_root, const char *who);
void mounts_free(struct mounts *mounts);

bool mounts_have(const struct mounts *mounts, uint64_t id);

/* What is mounted on the name, or on a directory on the way to it. name NULL: any mount. */
bool mounts_may_block(const struct mounts *mounts, const char *name);

#endif
