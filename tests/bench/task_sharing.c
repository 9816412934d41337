/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who shares which memory, of 51 processes.
 */
#include "contestant.h"
#include "ours.h"
#include "peer.h"
#include "raw.h"

static const struct contestant contestants[] = {
	{ "raw read of maps", raw_read_all, NULL, NULL, NULL, EVERY_MAPPING, 0 },
	{ "raw shared query", raw_query_all,
	  &(const struct raw_asking){ RAW_FILE_BACKED | RAW_SHARED, 0 }, NULL, NULL,
	  SHARED_MAPPINGS, TELLS_N | TELLS_SUM },
	{ "mf objects, shared", ours_objects_users,
	  &(const struct mf_objects_opts){ .size = sizeof(struct mf_objects_opts),
					   .flags = MF_OBJECTS_SHARED },
	  NULL, NULL, SHARED_MAPPINGS, TELLS_ALL },
	{ "getline + sscanf + hash", getline_shared, NULL, NULL, NULL, SHARED_MAPPINGS, TELLS_ALL },
};

const struct task task_sharing = {
	"sharing",	     "shared memory of 51 processes grouped",
	1U << S1 | 1U << S2, EVERY_MAPPING,
	contestants,	     sizeof(contestants) / sizeof(contestants[0]),
};
