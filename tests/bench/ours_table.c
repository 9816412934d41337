/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables by libmapfiles: made, and refreshed when nothing has changed. Its rows are
 * read back only to be verified: what is measured is that they are there.
 */
#include <errno.h>
#include <stdlib.h>

#include "contestant.h"
#include "ours.h"

static void answer(struct call *call, const struct mf_table *table)
{
	struct mf_mapping m;
	uint64_t i;

	call->answer.n = mf_table_count(table);
	for (i = 0; call->verify && mf_table_get(table, i, &m, sizeof(m)) > 0; i++) {
		call->answer.sum += m.start + m.end;
		call->answer.name_bytes += m.path_len;
	}
}

int ours_table(struct call *call)
{
	int ret = ours_table_hold(call);

	if (ret < 0)
		return ret;
	answer(call, ((struct ours_table *)call->state)->table);
	ours_table_release(call);
	return 0;
}

int ours_table_hold(struct call *call)
{
	struct ours_table *held = calloc(1, sizeof(*held));
	int ret = held ? mf_iter_open(call->subject->pids[0], call->how, &held->iter) : -ENOMEM;

	if (ret == 0)
		ret = mf_table_open(held->iter, 0, &held->table);
	call->state = held;
	if (ret < 0)
		ours_table_release(call);
	return ret;
}

int ours_table_refresh(struct call *call)
{
	struct ours_table *held = call->state;
	int ret = mf_table_refresh(held->table, held->iter);

	answer(call, held->table);
	return ret;
}

void ours_table_release(struct call *call)
{
	struct ours_table *held = call->state;

	if (!held)
		return;
	mf_table_close(held->table);
	mf_iter_close(held->iter);
	free(held);
}
