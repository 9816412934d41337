/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * statx(2): musl before 1.2.4 has neither the struct nor the function.
 */
#ifndef MF_STATX_H
#define MF_STATX_H

#include <sys/stat.h>

#ifndef STATX_TYPE
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int statx(int dir_fd, const char *name, int flags, unsigned int mask,
			struct statx *ret)
{
	return (int)syscall(SYS_statx, dir_fd, name, flags, mask, ret);
}
#endif

#endif
