/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Medians, quartiles and ratios.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "statistics.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double quantile(const double *values, size_t n, double share)
{
	double *sorted = malloc(n * sizeof(*sorted));
	double at = share * (double)(n - 1), result;
	size_t below = (size_t)at;

	if (!sorted)
		err(1, "statistics");
	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_value);
	result = sorted[below];
	if (below + 1 < n)
		result += (at - (double)below) * (sorted[below + 1] - sorted[below]);
	free(sorted);
	return result;
}

double median(const double *values, size_t n)
{
	return quantile(values, n, 0.5);
}

double least(const double *values, size_t n)
{
	return quantile(values, n, 0);
}

struct ratio ratio_of(const double *values, const double *reference, size_t n)
{
	double *ratios = malloc(n * sizeof(*ratios));
	struct ratio ratio;
	size_t i;

	if (!ratios)
		err(1, "statistics");
	for (i = 0; i < n; i++)
		ratios[i] = values[i] / reference[i];
	ratio.median = median(ratios, n);
	ratio.low = quantile(ratios, n, 0.25);
	ratio.high = quantile(ratios, n, 0.75);
	ratio.of_minima = least(values, n) / least(reference, n);
	free(ratios);
	return ratio;
}
