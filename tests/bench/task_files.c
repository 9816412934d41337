/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mapped files alone.
 */
#include "contestant.h"
#include "ours.h"
#include "peer.h"
#include "raw.h"

#define OURS(name, ...)                                                                 \
	{                                                                               \
		name, ours_walk, WALK(__VA_ARGS__), NULL, NULL, MAPPED_FILES, TELLS_ALL \
	}
#define HELD(name, ...)                                                                         \
	{                                                                                       \
		name, ours_walk_held, WALK(__VA_ARGS__), ours_hold, ours_release, MAPPED_FILES, \
			TELLS_ALL                                                               \
	}
#define ASKING(name, size)                                                                      \
	{                                                                                       \
		name, raw_query_all, &(const struct raw_asking){ RAW_FILE_BACKED, size }, NULL, \
			NULL, MAPPED_FILES, size ? TELLS_ALL : TELLS_N | TELLS_SUM              \
	}
#define LISTING(name, size)                                                                  \
	{                                                                                    \
		name, raw_list_and_query, &(const struct raw_asking){ 0, size }, NULL, NULL, \
			MAPPED_FILES, size ? TELLS_ALL : TELLS_N | TELLS_SUM                 \
	}

static const struct contestant contestants[] = {
	{ "raw read of maps", raw_read_all, NULL, NULL, NULL, EVERY_MAPPING, 0 },
	ASKING("raw file query", 0),
	ASKING("raw file query + name", RAW_NAME_MAX),
	ASKING("raw file query + name, 256 bytes", 256),
	{ "raw listing", raw_list, NULL, NULL, NULL, MAPPED_FILES, 0 },
	LISTING("raw listing, query each", 0),
	LISTING("raw listing, query + name each", RAW_NAME_MAX),
	LISTING("raw listing, query + name each, 256 bytes", 256),
	OURS("mf default", 0),
	HELD("mf default, held", 0),
	OURS("mf stream", .flags = MF_ITER_STREAM),
	HELD("mf stream, held", .flags = MF_ITER_STREAM),
	OURS("mf stream, query", .flags = MF_ITER_STREAM, .source = MF_SOURCE_QUERY),
	OURS("mf stream, maps", .flags = MF_ITER_STREAM, .source = MF_SOURCE_MAPS),
#ifdef MF_ITER_RUN_NAMES
	OURS("mf default, run names", .flags = MF_ITER_RUN_NAMES),
	OURS("mf stream, run names", .flags = MF_ITER_STREAM | MF_ITER_RUN_NAMES),
#endif
};

const struct task task_files = {
	"files",       "mapped files", ALL_PLAIN,
	EVERY_MAPPING, contestants,    sizeof(contestants) / sizeof(contestants[0]),
};
