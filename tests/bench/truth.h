/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What targets map, counted line by line from the text of maps: all contestants must find the
 * same.
 */
#ifndef BENCH_TRUTH_H
#define BENCH_TRUTH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tally {
	uint64_t n;
	uint64_t sum; /* of first addresses and ends */
	uint64_t name_bytes; /* marks included */
};

enum which {
	EVERY_MAPPING,
	ALL_BUT_VSYSCALL, /* which PROCMAP_QUERY does not know */
	MAPPED_FILES, /* those with a link in map_files */
	SHARED_MAPPINGS, /* 's' in maps */
	DISTINCT_FILES, /* by device and inode, with their first mapping */
	DISTINCT_SHARED,
	ADDRESSES, /* the mappings at subject->addresses */
	N_WHICH,
};

struct truth {
	struct tally of[N_WHICH];
};

#define N_ADDRESSES 1000

/**
 * Count what these processes map, and pick random addresses, the same ones each time, each in
 * a mapping of the first.
 */
void truth_learn(struct truth *truth, const pid_t *pids, size_t n_pids, uint64_t *addresses);

#endif
