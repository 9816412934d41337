/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mappings at 1000 random addresses. Times are those of one lookup.
 */
#include "contestant.h"
#include "ours.h"
#include "peer.h"
#include "raw.h"

#define HELD(name, size)                                                                \
	{                                                                               \
		name, raw_find, &(const struct raw_asking){ 0, size }, raw_find_begin,  \
			raw_find_end, ADDRESSES, size ? TELLS_ALL : TELLS_N | TELLS_SUM \
	}

static const struct contestant contestants[] = {
	HELD("raw query + name, held", RAW_NAME_MAX),
	HELD("raw query + name, 256 bytes, held", 256),
	HELD("raw query, held", 0),
	{ "raw query + name, from nothing", raw_find_from_nothing,
	  &(const struct raw_asking){ 0, RAW_NAME_MAX }, NULL, NULL, ADDRESSES, TELLS_ALL },
	{ "mf find, held", ours_find_held, WALK(.flags = MF_ITER_ALL), ours_hold, ours_release,
	  ADDRESSES, TELLS_ALL },
	{ "mf find, from nothing", ours_find_from_nothing, WALK(.flags = MF_ITER_ALL), NULL, NULL,
	  ADDRESSES, TELLS_ALL },
	{ "mf find, one iterator for 1000", ours_find_at_once, WALK(.flags = MF_ITER_ALL), NULL,
	  NULL, ADDRESSES, TELLS_ALL },
	{ "mf table for 1000", ours_find_in_table, WALK(.flags = MF_ITER_ALL), NULL, NULL,
	  ADDRESSES, TELLS_ALL },
	{ "libdw for 1000", dwfl_find, NULL, dwfl_usable, NULL, ADDRESSES, 0 },
};

const struct task task_find = {
	"find",	     "the mapping at an address",
	ALL_PLAIN,   ADDRESSES,
	contestants, sizeof(contestants) / sizeof(contestants[0]),
};
