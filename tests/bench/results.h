/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All that one run of the benchmark found, for the goals and the reports.
 */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "measure.h"

/* What is not a time: a number by itself. */
struct figure {
	const char *task, *subject, *unit;
	const struct workload *workload;
	double value;
};

struct results {
	struct contest *contests;
	size_t n_contests;
	struct figure *figures;
	size_t n_figures;
};

struct contest *results_add_contest(struct results *results);
void results_add_figure(struct results *results, const struct figure *figure);

const struct contest *results_contest(const struct results *results, const char *task,
				      const struct workload *workload);
const struct figure *results_figure(const struct results *results, const char *task,
				    const char *subject, const char *unit,
				    const struct workload *workload);
void results_free(struct results *results);

#endif
