/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is to be reached, and whether it was.
 */
#ifndef BENCH_GOALS_H
#define BENCH_GOALS_H

#include <stdbool.h>

#include "results.h"

enum goal_kind {
	AT_MOST_TIMES, /* subject is at most so many times as long as reference */
	TIMES_FASTER, /* reference is at least so many times as long as subject */
	AT_MOST_NS, /* the median of one */
	AT_MOST, /* a figure, in reference as its unit */
};

struct goal {
	const char *task, *subject;
	enum goal_kind kind;
	const char *reference;
	double bounds[N_WORKLOADS]; /* 0: none there */
};

extern const struct goal goals[];
extern const size_t n_goals;

struct verdict {
	bool known; /* it was measured */
	bool holds;
	double value, low, high; /* the quartiles, or value twice */
};

struct verdict judge(const struct results *results, const struct goal *goal,
		     enum workload_number workload);

#endif
