/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads memory by address.
 */
#include <errno.h>
#include <limits.h>

#include "core.h"
#include "iter.h"
#include "memory.h"
#include "space.h"

static int64_t read_process(struct mf_proc *proc, uint64_t addr, void *buf, size_t size)
{
	int error;

	if (!proc->live)
		return -EOPNOTSUPP;
	error = mf_space_settled(proc);
	if (error)
		return error;
	if (proc->kthread)
		return 0;
	return mf_memory_read(proc, addr, buf, size);
}

static int64_t read_memory(struct mf_iter *iter, uint64_t addr, void *buf, uint64_t wanted)
{
	/* No buffer is larger, and the count must fit what is returned. */
	const size_t size = wanted < SSIZE_MAX ? (size_t)wanted : SSIZE_MAX;

	return iter->core ? mf_core_read(iter->core, addr, buf, size) :
			    read_process(&iter->proc, addr, buf, size);
}

int64_t mf_read(struct mf_iter *iter, uint64_t addr, void *buf, uint64_t size)
{
	const int saved_errno = errno;
	const int64_t n = iter && (buf || !size) ? read_memory(iter, addr, buf, size) : -EINVAL;

	errno = saved_errno;
	return n;
}
