/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of device and inode numbers, as everybody writes one who wants each mapped file once.
 */
#ifndef BENCH_DISTINCT_H
#define BENCH_DISTINCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct distinct {
	struct distinct_slot {
		uint64_t dev, inode;
		bool used;
	} * slots;
	size_t n, n_slots; /* a power of two */
};

/** True: it was not in the set. Memory that runs out ends the program. */
bool distinct_add(struct distinct *set, uint32_t major, uint32_t minor, uint64_t inode);
void distinct_free(struct distinct *set);

#endif
