/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walk by PROCMAP_QUERY: one ioctl a mapping, the kernel filters.
 */
#include <errno.h>

#include "iter.h"
#include "maps_query.h"

static int start(struct mf_iter *iter)
{
	return iter->proc.has_query || iter->proc.kthread ? 0 : -EOPNOTSUPP;
}

static uint64_t filter(const struct mf_iter_opts *opts)
{
	_Static_assert(MF_PROT_READ == MF_QUERY_READABLE && MF_PROT_WRITE == MF_QUERY_WRITABLE &&
			       MF_PROT_EXEC == MF_QUERY_EXECUTABLE,
		       "the bits are the same");

	return MF_QUERY_NEXT | opts->prot | (opts->flags & MF_ITER_ALL ? 0 : MF_QUERY_FILE_BACKED) |
	       (opts->flags & MF_ITER_SHARED ? MF_QUERY_SHARED : 0);
}

/* The gate area ([vsyscall], or ARM's [vectors]) belongs to no address space: only text lists it. */
static int next_in_tail(struct mf_iter *iter, struct mf_record *ret)
{
	int r;

	if (!iter->in_tail)
		mf_source_maps.start(iter);
	iter->in_tail = true;
	do
		r = mf_source_maps.next(iter, ret);
	while (r > 0 && ret->m.start < iter->cursor);
	return r;
}

static int next(struct mf_iter *iter, struct mf_record *ret)
{
	uint64_t addr = mf_max_u64(iter->cursor, iter->opts.from);
	int error;

	if (iter->proc.kthread)
		return 0;
	if (iter->in_tail)
		return next_in_tail(iter, ret);
	error = mf_query(iter->proc.maps_fd, addr, filter(&iter->opts), &iter->name, ret);
	if (error == -ENOENT)
		return iter->opts.flags & MF_ITER_ALL ? next_in_tail(iter, ret) : 0;
	if (error)
		return error;
	/* Else the same question would be asked for ever. */
	return ret->m.end > addr ? 1 : -EPROTO;
}

const struct mf_source mf_source_query = {
	.id = MF_SOURCE_QUERY,
	.start = start,
	.next = next,
};
