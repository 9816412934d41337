/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A closer look at an object that one process maps, as it is now. As long as the look is
 * held the object cannot be gone and its inode's number is no other file's; and as long as
 * look_again() says so, the process is still the one that was scanned, not its pid's next.
 */
#ifndef STALE_LOOK_H
#define STALE_LOOK_H

#include <sys/stat.h>

#include <mapfiles.h>

#include "../scan.h"

struct look {
	const struct mf_object *object;
	int pid;
	struct mf_iter *iter;
	uint64_t start; /* of a mapping that shows it */
	char *path; /* as the kernel shows it now */
	size_t path_len;
	size_t name_len; /* less, if it ends in the kernel's mark */
	bool for_writing; /* the process opened it so */
	int fd; /* O_PATH, of the very object; -1: none leads to it */
	bool has_mount; /* with fd: st.stx_mnt_id is the mapping's own mount */
	struct statx st; /* with fd */
};

/* 0, or -ESRCH: the process is gone, or no longer maps the object that its mapping showed. */
int look_open(struct look *look, const struct scan *scan, const struct mf_object *object,
	      const struct mf_object_user *user);

/* Whether it is mapped still, under the same name: what was read meanwhile is true of it. */
bool look_again(struct look *look);

bool look_is_marked(const struct look *look);

/* The object has no name left: neither this nor another. */
bool look_is_nameless(const struct look *look);

void look_close(struct look *look);

#endif
