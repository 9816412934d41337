/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Open the object behind a mapping for reading, and where that is refused at least look
 * at it through an O_PATH descriptor. Nothing is read.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "opened.h"

const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "regular";
	case S_IFDIR:
		return "directory";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		/* AIO rings, perf events and the like have no type bits at all. */
		return "none";
	}
}

static void look_at(struct mf_iter *iter, int fd, struct opened *o)
{
	const struct mf_open_info *info;

	if (fstat(fd, &o->st) == 0 && mf_open_info(iter, &info) == 0) {
		o->rung = info->rung;
		o->sure = info->sure;
		o->looked_at = true;
	}
	close(fd);
}

void open_object(struct mf_iter *iter, const struct mf_mapping *m, struct opened *o)
{
	/* The library takes a copy, and the mapping itself is gone after the first call. */
	const struct mf_mapping copy = *m;
	int fd;

	memset(o, 0, sizeof(*o));
	fd = mf_open_fd(iter, &copy, 0);
	o->error = fd < 0 ? fd : 0;
	if (fd < 0)
		fd = mf_open_fd(iter, &copy, MF_OPEN_PATH);
	if (fd >= 0)
		look_at(iter, fd, o);
}
