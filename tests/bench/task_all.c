/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every mapping with all its fields: streaming, and into a table.
 */
#include <errno.h>
#include <stdio.h>

#include "contestant.h"
#include "ours.h"
#include "peer.h"
#include "raw.h"

#define STREAMING(name, ...)                                                            \
	{                                                                               \
		name, ours_walk, WALK(.flags = MF_ITER_ALL, ##__VA_ARGS__), NULL, NULL, \
			EVERY_MAPPING, TELLS_ALL                                        \
	}
#define HELD(name, ...)                                                                     \
	{                                                                                   \
		name, ours_walk_held, WALK(.flags = MF_ITER_ALL, ##__VA_ARGS__), ours_hold, \
			ours_release, EVERY_MAPPING, TELLS_ALL                              \
	}
#define TABLE(name, ...)                                                                 \
	{                                                                                \
		name, ours_table, WALK(.flags = MF_ITER_ALL, ##__VA_ARGS__), NULL, NULL, \
			EVERY_MAPPING, TELLS_ALL                                         \
	}
#define ASKING(name, size)                                                              \
	{                                                                               \
		name, raw_query_all, &(const struct raw_asking){ 0, size }, NULL, NULL, \
			ALL_BUT_VSYSCALL, size ? TELLS_ALL : TELLS_N | TELLS_SUM        \
	}

/* What it reads of maps for each lookup is its own affair. */
static int no_listing(struct call *call)
{
	snprintf(call->why, sizeof(call->why), "no function of it lists mappings");
	return -ENOTSUP;
}

static const struct contestant contestants[] = {
	{ "raw read of maps", raw_read_all, NULL, NULL, NULL, EVERY_MAPPING, 0 },
	ASKING("raw query", 0),
	ASKING("raw query + name", RAW_NAME_MAX),
	ASKING("raw query + name, 256 bytes", 256),
	STREAMING("mf all", 0),
	STREAMING("mf all, maps", .source = MF_SOURCE_MAPS),
	STREAMING("mf all, query", .source = MF_SOURCE_QUERY),
	HELD("mf all, held", 0),
	TABLE("mf table", 0),
	TABLE("mf table, maps", .source = MF_SOURCE_MAPS),
	TABLE("mf table, query", .source = MF_SOURCE_QUERY),
	{ "mf table refreshed", ours_table_refresh, WALK(.flags = MF_ITER_ALL), ours_table_hold,
	  ours_table_release, EVERY_MAPPING, TELLS_ALL },
#ifdef MF_ITER_RUN_NAMES
	{ "mf all, run names", ours_walk, WALK(.flags = MF_ITER_ALL | MF_ITER_RUN_NAMES), NULL,
	  NULL, EVERY_MAPPING, TELLS_ALL },
	{ "mf all, query, run names", ours_walk,
	  WALK(.flags = MF_ITER_ALL | MF_ITER_RUN_NAMES, .source = MF_SOURCE_QUERY), NULL, NULL,
	  EVERY_MAPPING, TELLS_ALL },
	{ "mf table, run names", ours_table, WALK(.flags = MF_ITER_ALL | MF_ITER_RUN_NAMES), NULL,
	  NULL, EVERY_MAPPING, TELLS_ALL },
#endif
	{ "getline + sscanf", getline_all, NULL, NULL, NULL, EVERY_MAPPING, TELLS_ALL },
	{ "libdw, modules only", dwfl_modules, NULL, dwfl_usable, NULL, EVERY_MAPPING, 0 },
	{ "libunwind", NULL, NULL, no_listing, NULL, EVERY_MAPPING, 0 },
	{ "procfs crate", helper_run, &helper_procfs, helper_begin, helper_end, EVERY_MAPPING,
	  TELLS_N | TELLS_SUM },
	{ "psutil", helper_run, &helper_psutil, helper_begin, helper_end, EVERY_MAPPING,
	  TELLS_N | TELLS_SUM },
};

const struct task task_all = {
	"all",	     "every mapping, all fields",
	ALL_PLAIN,   EVERY_MAPPING,
	contestants, sizeof(contestants) / sizeof(contestants[0]),
};
