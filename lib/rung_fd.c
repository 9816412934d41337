/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rung of /proc/PID/fd: what is mapped is often still open there, a memfd
 * and a deleted file too.
 */
#include <errno.h>
#include <fcntl.h>

#include "identity.h"
#include "opening.h"
#include "sys.h"

/* Bounds for a target that keeps a million descriptors, or decoys by the thousand. */
#define MOST_ENTRIES 8192
#define MOST_CHECKS  64

struct scan {
	struct mf_opening *opening;
	int dir_fd; /* /proc/PID/fd */
	unsigned int entries, checks;
};

static int try_entry(struct scan *scan, const char *name)
{
	struct statx st;
	int fd;

	if (name[0] == '.' || mf_sys_statx(scan->dir_fd, name, 0, &st) ||
	    !mf_same_inode(&st, scan->opening->want))
		return -ENOENT;
	if (scan->checks++ == MOST_CHECKS)
		return -ELOOP;
	fd = mf_sys_openat(scan->dir_fd, name, O_PATH);
	if (fd < 0)
		return -ENOENT;
	return mf_opening_check(scan->opening, fd);
}

/* The first that fits, else -ENOENT or -ELOOP: enough was tried. */
static int try_entries(struct scan *scan, const char *batch, size_t len)
{
	size_t pos = 0;
	const char *name;
	int fd = -ENOENT;

	while (fd < 0 && fd != -ELOOP && pos < len) {
		name = mf_sys_next_entry(batch, len, &pos);
		if (!name || scan->entries++ == MOST_ENTRIES)
			return -ELOOP;
		fd = try_entry(scan, name);
	}
	return fd;
}

static int open_rung(struct mf_opening *opening)
{
	struct scan scan = { .opening = opening };
	MF_DIRENTS_ALIGN char batch[MF_DIRENTS_SIZE];
	int fd = -ENOENT;
	ssize_t n;

	/* A segment has no descriptor, and its inode's number is that of some memfd. */
	if (opening->want->kind == MF_KIND_SYSV)
		return -ENOENT;
	scan.dir_fd = mf_sys_openat(opening->iter->proc.dir_fd, "fd", O_RDONLY | O_DIRECTORY);
	if (scan.dir_fd < 0)
		return scan.dir_fd;
	while (fd < 0 && fd != -ELOOP &&
	       (n = mf_sys_getdents64(scan.dir_fd, batch, sizeof(batch))) > 0)
		fd = try_entries(&scan, batch, (size_t)n);
	mf_sys_close(&scan.dir_fd);
	return fd < 0 ? -ENOENT : fd;
}

const struct mf_rung mf_rung_fd = { .id = MF_RUNG_FD, .open = open_rung };
