/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lookups by libmapfiles.
 */
#include <errno.h>

#include "contestant.h"
#include "ours.h"

static void count(struct tally *answer, const struct mf_mapping *m)
{
	answer->n++;
	answer->sum += m->start + m->end;
	answer->name_bytes += m->path_len;
}

static int find_one(struct mf_iter *iter, uint64_t addr, struct tally *answer)
{
	const struct mf_mapping *m;
	int ret = mf_find(iter, addr, &m);

	if (ret <= 0)
		return ret < 0 ? ret : -ENOENT;
	count(answer, m);
	return 0;
}

int ours_find_held(struct call *call)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < N_ADDRESSES && ret == 0; i++)
		ret = find_one(call->state, call->subject->addresses[i], &call->answer);
	return ret;
}

int ours_find_at_once(struct call *call)
{
	int ret = ours_hold(call);

	if (ret < 0)
		return ret;
	ret = ours_find_held(call);
	ours_release(call);
	return ret;
}

int ours_find_from_nothing(struct call *call)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < N_ADDRESSES && ret == 0; i++) {
		struct mf_iter *iter;

		ret = mf_iter_open(call->subject->pids[0], call->how, &iter);
		if (ret < 0)
			return ret;
		ret = find_one(iter, call->subject->addresses[i], &call->answer);
		mf_iter_close(iter);
	}
	return ret;
}

static int find_all(const struct mf_table *table, const uint64_t *addresses, struct tally *answer)
{
	struct mf_mapping m;
	uint64_t index;
	size_t i;

	for (i = 0; i < N_ADDRESSES; i++) {
		if (mf_table_find(table, addresses[i], &index) != 1)
			return -ENOENT;
		mf_table_get(table, index, &m, sizeof(m));
		count(answer, &m);
	}
	return 0;
}

int ours_find_in_table(struct call *call)
{
	int ret = ours_table_hold(call);

	if (ret < 0)
		return ret;
	ret = find_all(((struct ours_table *)call->state)->table, call->subject->addresses,
		       &call->answer);
	ours_table_release(call);
	return ret;
}
