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

struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static int try_entry(struct mf_opening *opening, int dir_fd, const char *name)
{
	struct statx st;
	int fd;

	if (name[0] == '.' || mf_sys_statx(dir_fd, name, 0, &st) ||
	    !mf_same_inode(&st, opening->want))
		return -ENOENT;
	fd = mf_sys_openat(dir_fd, name, O_PATH);
	if (fd < 0)
		return -ENOENT;
	return mf_opening_check(opening, fd);
}

static int open_rung(struct mf_opening *opening)
{
	_Alignas(struct entry) char batch[2048];
	int dir_fd = mf_sys_openat(opening->iter->proc.dir_fd, "fd", O_RDONLY | O_DIRECTORY);
	int fd = -ENOENT;
	ssize_t n, pos;

	if (dir_fd < 0)
		return dir_fd;
	while (fd < 0 && (n = mf_sys_getdents64(dir_fd, batch, sizeof(batch))) > 0) {
		for (pos = 0; fd < 0 && pos < n;) {
			const struct entry *const entry = (const struct entry *)(void *)(batch + pos);

			pos += entry->reclen;
			fd = try_entry(opening, dir_fd, entry->name);
		}
	}
	mf_sys_close(&dir_fd);
	return fd < 0 ? -ENOENT : fd;
}

const struct mf_rung mf_rung_fd = { .id = MF_RUNG_FD, .open = open_rung };
