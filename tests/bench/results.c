/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one run of the benchmark found.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "results.h"

struct contest *results_add_contest(struct results *results)
{
	results->contests =
		realloc(results->contests, (results->n_contests + 1) * sizeof(*results->contests));
	if (!results->contests)
		err(1, "results");
	return &results->contests[results->n_contests++];
}

void results_add_figure(struct results *results, const struct figure *figure)
{
	results->figures =
		realloc(results->figures, (results->n_figures + 1) * sizeof(*results->figures));
	if (!results->figures)
		err(1, "results");
	results->figures[results->n_figures++] = *figure;
}

const struct contest *results_contest(const struct results *results, const char *task,
				      const struct workload *workload)
{
	size_t i;

	for (i = 0; i < results->n_contests; i++)
		if (results->contests[i].workload == workload &&
		    strcmp(results->contests[i].task->name, task) == 0)
			return &results->contests[i];
	return NULL;
}

const struct figure *results_figure(const struct results *results, const char *task,
				    const char *subject, const char *unit,
				    const struct workload *workload)
{
	size_t i;

	for (i = 0; i < results->n_figures; i++) {
		const struct figure *figure = &results->figures[i];

		if (figure->workload == workload && strcmp(figure->task, task) == 0 &&
		    strcmp(figure->subject, subject) == 0 && strcmp(figure->unit, unit) == 0)
			return figure;
	}
	return NULL;
}

void results_free(struct results *results)
{
	size_t i;

	for (i = 0; i < results->n_contests; i++)
		free(results->contests[i].series);
	free(results->contests);
	free(results->figures);
}
