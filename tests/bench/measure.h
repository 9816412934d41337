/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All contestants of a task on one target, in turns, so that what the machine does meanwhile
 * hits all of them alike.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "contestant.h"

#define MAX_ROUNDS 64
#define MAX_PASSES 3

struct plan {
	unsigned int rounds;
	unsigned int passes; /* of each round: each contestant has a turn in each */
	uint64_t turn_ns; /* a turn is as many calls, at least one */
	const char *contestants; /* only those whose name has this in it, and the floor; or NULL */
};

struct series {
	const struct contestant *contestant;
	double ns[MAX_ROUNDS]; /* of one call */
	char left_out[100]; /* why; empty: it ran */
};

struct contest {
	const struct task *task;
	const struct workload *workload;
	struct truth truth;
	struct series *series;
	size_t n, rounds;
	size_t n_wrong; /* contestants whose answer is not the truth */
};

uint64_t now_ns(void);

/** Checks each contestant's answer, then measures. */
void contest_run(struct contest *contest, const struct task *task, const struct subject *subject,
		 const struct plan *plan);
const struct series *contest_series(const struct contest *contest, const char *name);

#endif
