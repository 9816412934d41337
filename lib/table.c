/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A list in memory.
 */
#include <errno.h>

#include "mapfiles.h"

int mf_table_open(struct mf_iter *iter, struct mf_table **ret_table)
{
	(void)iter, (void)ret_table;
	return -EOPNOTSUPP;
}

uint64_t mf_table_count(const struct mf_table *table)
{
	(void)table;
	return 0;
}

int mf_table_get(const struct mf_table *table, uint64_t index, struct mf_mapping *ret_mapping,
		 uint32_t size)
{
	(void)table, (void)index, (void)ret_mapping, (void)size;
	return -EOPNOTSUPP;
}

int mf_table_find(const struct mf_table *table, uint64_t addr, uint64_t *ret_index)
{
	(void)table, (void)addr, (void)ret_index;
	return -EOPNOTSUPP;
}

int mf_table_find_object(const struct mf_table *table, const struct mf_mapping *like, uint64_t nth,
			 uint64_t *ret_index)
{
	(void)table, (void)like, (void)nth, (void)ret_index;
	return -EOPNOTSUPP;
}

int mf_table_refresh(struct mf_table *table, struct mf_iter *iter)
{
	(void)table, (void)iter;
	return -EOPNOTSUPP;
}

int mf_table_next_change(struct mf_table *table, const struct mf_change **ret_change)
{
	(void)table, (void)ret_change;
	return -EOPNOTSUPP;
}

void mf_table_close(struct mf_table *table)
{
	(void)table;
}
