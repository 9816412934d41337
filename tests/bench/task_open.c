/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A descriptor of each distinct mapped object; and what is more usual, of each mapping.
 */
#include "contestant.h"
#include "ours.h"
#include "peer.h"
#include "raw.h"

#define OBJECTS(bits)                                                   \
	&(const struct mf_objects_opts)                                 \
	{                                                               \
		.size = sizeof(struct mf_objects_opts), .flags = (bits) \
	}

static const struct contestant contestants[] = {
	{ "raw read of maps", raw_read_all, NULL, NULL, NULL, EVERY_MAPPING, 0 },
	{ "raw query, open + fstat each object", raw_open_distinct, NULL, NULL, NULL,
	  DISTINCT_FILES, TELLS_N },
	{ "raw listing, open + fstat each mapping", raw_list_and_open, NULL, NULL, NULL,
	  MAPPED_FILES, TELLS_N },
#ifdef MF_OBJECTS_OPEN_FDS
	{ "mf objects, opened", ours_objects, OBJECTS(MF_OBJECTS_OPEN_FDS), NULL, NULL,
	  DISTINCT_FILES, TELLS_N },
#endif
#ifdef MF_OBJECTS_RUN_NAMES
	{ "mf objects, opened, run names", ours_objects,
	  OBJECTS(MF_OBJECTS_OPEN_FDS | MF_OBJECTS_RUN_NAMES), NULL, NULL, DISTINCT_FILES,
	  TELLS_N },
#endif
	{ "mf objects", ours_objects, OBJECTS(0), NULL, NULL, DISTINCT_FILES, TELLS_N },
	{ "mf default, each mapping opened", ours_walk, WALK(.flags = MF_ITER_OPEN_FDS), NULL, NULL,
	  MAPPED_FILES, TELLS_ALL },
	{ "mf stream, each mapping opened", ours_walk,
	  WALK(.flags = MF_ITER_STREAM | MF_ITER_OPEN_FDS), NULL, NULL, MAPPED_FILES, TELLS_ALL },
	{ "getline + sscanf, open each object", getline_open, NULL, NULL, NULL, DISTINCT_FILES,
	  TELLS_N },
};

const struct task task_open = {
	"open",	     "each mapped object opened",
	ALL_PLAIN,   EVERY_MAPPING,
	contestants, sizeof(contestants) / sizeof(contestants[0]),
};
