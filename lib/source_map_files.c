/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walk by one batch of map_files: the ranges are one instant's, the
 * details are asked for each when its turn comes.
 */
#include <errno.h>

#include "iter.h"
#include "space.h"
#include "maps_query.h"

static int start(struct mf_iter *iter)
{
	int error;

	if (!iter->proc.live)
		return -EOPNOTSUPP;
	if (iter->proc.kthread)
		return 0;
	error = mf_batch_take(&iter->batch, &iter->proc);
	iter->report.n_retries = iter->batch.retries;
	if (!error && !iter->proc.has_query) {
		error = mf_source_maps.start(iter);
		iter->join.state = mf_source_maps.next(iter, &iter->join.record);
	}
	return error;
}

/* The first mapped file that ends above addr, from text that is read once, in step with the list. */
static int join(struct mf_iter *iter, uint64_t addr, struct mf_record *ret)
{
	struct mf_join *const last = &iter->join;

	while (last->state > 0 && last->record.m.end <= addr)
		last->state = mf_source_maps.next(iter, &last->record);
	if (last->state <= 0)
		return last->state ? last->state : -ENOENT;
	*ret = last->record;
	return 0;
}

static int ask(struct mf_iter *iter, uint64_t addr, struct mf_record *ret)
{
	if (!iter->proc.has_query)
		return join(iter, addr, ret);
	return mf_ask_in_run(iter, addr, MF_QUERY_NEXT | MF_QUERY_FILE_BACKED, ret);
}

/*
 * The directory belongs to the process, maps_fd to its address space: after an
 * exec before the batch was read they are not the same. Then some range is not
 * where it was listed; as long as all are, the list is that of the address
 * space, whatever it was read from.
 */
static int check_batch(struct mf_iter *iter)
{
	if (iter->batch_checked)
		return 0;
	iter->batch_checked = true;
	return mf_space_same(&iter->proc);
}

static int next(struct mf_iter *iter, struct mf_record *ret)
{
	const struct mf_range *range;
	int error;

	/* What ends before from need not be asked for. */
	do {
		if (iter->batch_pos == iter->batch.n_ranges)
			return 0;
		range = &iter->batch.ranges[iter->batch_pos++];
	} while (range->end <= iter->opts.from);

	error = ask(iter, range->start, ret);
	if (!error && ret->m.start == range->start && ret->m.end == range->end)
		return 1;
	if (error && error != -ENOENT)
		return error;
	if (!error && ret->m.start <= range->start) {
		iter->report.n_partial++;
		mf_record_cut(ret, range->start, range->end);
	} else {
		iter->report.n_vanished++;
		/* It was mapped when the list was taken; nobody can tell any more what it was. */
		*ret = (struct mf_record){ .m = { .start = range->start,
						  .end = range->end,
						  .flags = MF_MAPPING_RACED,
						  .fd = -1 } };
	}
	error = check_batch(iter);
	return error ? error : 1;
}

const struct mf_source mf_source_map_files = {
	.id = MF_SOURCE_MAP_FILES,
	.start = start,
	.next = next,
};
