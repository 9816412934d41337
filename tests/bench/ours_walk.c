/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks by libmapfiles, streaming.
 */
#include "contestant.h"
#include "ours.h"

static int walk(struct mf_iter *iter, struct tally *answer)
{
	const struct mf_mapping *m;
	int ret;

	while ((ret = mf_next(iter, &m)) > 0) {
		answer->n++;
		answer->sum += m->start + m->end;
		answer->name_bytes += m->path_len;
	}
	return ret;
}

int ours_walk(struct call *call)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < call->subject->n_pids && ret == 0; i++) {
		struct mf_iter *iter = NULL;

		ret = mf_iter_open(call->subject->pids[i], call->how, &iter);
		if (ret == 0)
			ret = walk(iter, &call->answer);
		mf_iter_close(iter);
	}
	return ret;
}

int ours_hold(struct call *call)
{
	struct mf_iter *iter;
	int ret = mf_iter_open(call->subject->pids[0], call->how, &iter);

	if (ret == 0)
		call->state = iter;
	return ret;
}

int ours_walk_held(struct call *call)
{
	int ret = mf_iter_rewind(call->state);

	return ret < 0 ? ret : walk(call->state, &call->answer);
}

void ours_release(struct call *call)
{
	mf_iter_close(call->state);
}
