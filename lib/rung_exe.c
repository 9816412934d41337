/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rung of /proc/PID/exe: the main executable, deleted or not, without any
 * capability.
 */
#include <errno.h>
#include <fcntl.h>

#include "identity.h"
#include "opening.h"
#include "sys.h"

static int open_rung(struct mf_opening *opening)
{
	struct statx st;
	int fd = mf_sys_openat(opening->iter->proc.dir_fd, "exe", O_PATH);

	if (fd < 0)
		return fd;
	/* Most mappings are not the executable's: no more effort than needed to see that. */
	if (mf_sys_statx(fd, "", 0, &st) || !mf_same_inode(&st, opening->want)) {
		mf_sys_close(&fd);
		return -ENOENT;
	}
	fd = mf_opening_check(opening, fd);
	return fd == -ESTALE ? -ENOENT : fd;
}

const struct mf_rung mf_rung_exe = { .id = MF_RUNG_EXE, .open = open_rung };
