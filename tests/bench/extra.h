/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is measured otherwise than by turns: tasks that find figures.
 */
#ifndef BENCH_EXTRA_H
#define BENCH_EXTRA_H

#include "results.h"

struct extra {
	const char *name;
	const char *title;
	unsigned int workloads; /* bits */
	/* The files of its targets are in dir. */
	void (*run)(const struct extra *extra, const struct workload *workload, const char *dir,
		    const struct plan *plan, struct results *results);
};

/* What lists a target, without turns. */
struct listing {
	const char *name;
	int (*run)(struct call *call);
	const void *how;
};

/** Once: 0 and how long that took, or -errno. */
int listing_run(const struct listing *listing, const struct subject *subject, uint64_t *ret_ns);

extern const struct extra extra_cold, extra_memory, extra_kernel_memory, extra_felt,
	extra_instructions;

#endif
