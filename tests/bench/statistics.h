/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_STATISTICS_H
#define BENCH_STATISTICS_H

#include <stddef.h>

/** Of n values, at least one: the value below which that share of them is, by interpolation. */
double quantile(const double *values, size_t n, double share);
double median(const double *values, size_t n);
double least(const double *values, size_t n);

/* How many times as long as a reference, paired: both of each round together. */
struct ratio {
	double median, low, high; /* the quartiles */
	double of_minima;
};

struct ratio ratio_of(const double *values, const double *reference, size_t n);

#endif
