/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmapfiles as a contestant. What is held between calls is made by a begin function; the
 * others begin from nothing.
 */
#ifndef BENCH_OURS_H
#define BENCH_OURS_H

#include <stdint.h>

#include <mapfiles.h>

struct call;

#define WALK(...)                                                \
	&(const struct mf_iter_opts)                             \
	{                                                        \
		.size = sizeof(struct mf_iter_opts), __VA_ARGS__ \
	}

/* how of the following: struct mf_iter_opts. Those named held keep the iterator. */
int ours_walk(struct call *call);
int ours_hold(struct call *call);
int ours_walk_held(struct call *call);
void ours_release(struct call *call);

/* What a table needs: the state of those that hold one. */
struct ours_table {
	struct mf_iter *iter;
	struct mf_table *table;
};

int ours_table(struct call *call);
int ours_table_hold(struct call *call);
int ours_table_refresh(struct call *call);
void ours_table_release(struct call *call);

int ours_find_held(struct call *call);
int ours_find_at_once(struct call *call); /* one iterator for all addresses */
int ours_find_from_nothing(struct call *call); /* one for each */
int ours_find_in_table(struct call *call);

/* how: struct mf_objects_opts. */
int ours_objects(struct call *call);
int ours_objects_users(struct call *call); /* counts mappings, not objects */

#endif
