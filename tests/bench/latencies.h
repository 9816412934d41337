/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a target's thread tells of how long its own mmap, touch and munmap took: a file that
 * both map.
 */
#ifndef BENCH_LATENCIES_H
#define BENCH_LATENCIES_H

#include <stdint.h>

#define LATENCIES (1 << 20)

struct latencies {
	uint64_t n; /* so far: the last LATENCIES of them are kept */
	uint32_t ns[LATENCIES];
};

#endif
