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
static int next_in_text(struct mf_iter *iter, struct mf_record *ret)
{
	int r;

	do
		r = mf_source_maps.next(iter, ret);
	while (r > 0 && ret->m.start < iter->cursor);
	return r;
}

static int next_in_tail(struct mf_iter *iter, struct mf_record *ret)
{
	int r;

	if (iter->in_tail)
		return iter->gate.known ? 0 : next_in_text(iter, ret);
	iter->in_tail = true;
	r = mf_gate_of(&iter->gate, iter->cursor, ret);
	if (r >= 0)
		return r;
	mf_source_maps.start(iter);
	return next_in_text(iter, ret);
}

static int next(struct mf_iter *iter, struct mf_record *ret)
{
	uint64_t addr = mf_max_u64(iter->cursor, iter->opts.from);
	int error;

	if (iter->proc.kthread)
		return 0;
	if (iter->in_tail)
		return next_in_tail(iter, ret);
	error = mf_ask_in_run(iter, addr, filter(&iter->opts), ret);
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
