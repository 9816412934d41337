/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads memory by address.
 */
#include <errno.h>
#include <limits.h>

#include "iter.h"
#include "memory.h"
#include "space.h"

static int64_t read_process(struct mf_proc *proc, uint64_t addr, void *buf, uint64_t size)
{
	int error;

	if (!proc->live)
		return -EOPNOTSUPP;
	error = mf_space_settled(proc);
	if (error)
		return error;
	if (proc->kthread)
		return 0;
	/* No buffer is larger, and the count must fit what is returned. */
	return mf_memory_read(proc, addr, buf, size < SSIZE_MAX ? (size_t)size : SSIZE_MAX);
}

int64_t mf_read(struct mf_iter *iter, uint64_t addr, void *buf, uint64_t size)
{
	const int saved_errno = errno;
	const int64_t n = iter && buf ? read_process(&iter->proc, addr, buf, size) : -EINVAL;

	errno = saved_errno;
	return n;
}
