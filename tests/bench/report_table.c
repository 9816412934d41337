/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables: one for each task and target, one for each task, and the goals.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <common/table.h>
#include <common/text.h>

#include "goals.h"
#include "report.h"
#include "statistics.h"

static struct libscols_line *new_line(struct libscols_table *table)
{
	return not_null(scols_table_new_line(table, NULL));
}

static double each_ns(const struct contest *contest, const struct series *series)
{
	double n = (double)contest->truth.of[contest->task->per].n;

	return median(series->ns, contest->rounds) / n;
}

static void add_series(struct libscols_table *table, const struct contest *contest,
		       const struct series *series)
{
	struct ratio ratio = ratio_of(series->ns, contest->series[0].ns, contest->rounds);
	struct libscols_line *line = new_line(table);

	table_set(line, 0, format("%s", series->contestant->name));
	table_set(line, 1, format("%.1f", median(series->ns, contest->rounds) / 1000));
	table_set(line, 2, format("%.0f", each_ns(contest, series)));
	table_set(line, 3, format("%.2f", ratio.median));
	table_set(line, 4, format("%.2f..%.2f", ratio.low, ratio.high));
	table_set(line, 5, format("%.2f", ratio.of_minima));
}

void report_contest(const struct contest *contest)
{
	static const struct table_column columns[] = {
		{ "", 0 },
		{ "us", SCOLS_FL_RIGHT },
		{ "ns each", SCOLS_FL_RIGHT },
		{ "x floor", SCOLS_FL_RIGHT },
		{ "quartiles", SCOLS_FL_RIGHT },
		{ "x of minima", SCOLS_FL_RIGHT },
	};
	struct libscols_table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	const struct tally *all = &contest->truth.of[EVERY_MAPPING];
	size_t i;

	printf("\n%s, %s (%s: %llu mappings, %llu of files)\n", contest->task->title,
	       contest->workload->name, contest->workload->title, (unsigned long long)all->n,
	       (unsigned long long)contest->truth.of[MAPPED_FILES].n);
	for (i = 0; i < contest->n; i++)
		if (!contest->series[i].left_out[0])
			add_series(table, contest, &contest->series[i]);
	table_print(table);
	for (i = 0; i < contest->n; i++)
		if (contest->series[i].left_out[0])
			printf("left out: %s: %s\n", contest->series[i].contestant->name,
			       contest->series[i].left_out);
	fflush(stdout);
}

#define MAX_UNITS 16

/* The units of a task's figures, each once: how many. */
static size_t units_of(const struct results *results, const char *task, const char **units)
{
	size_t n = 0, i, j;

	for (i = 0; i < results->n_figures && n < MAX_UNITS; i++) {
		if (strcmp(results->figures[i].task, task) != 0)
			continue;
		for (j = 0; j < n; j++)
			if (strcmp(units[j], results->figures[i].unit) == 0)
				break;
		if (j == n)
			units[n++] = results->figures[i].unit;
	}
	return n;
}

static void add_figures(struct libscols_table *table, const struct results *results,
			const struct figure *like, const char **units, size_t n)
{
	struct libscols_line *line = new_line(table);
	size_t i;

	table_set(line, 0, format("%s", like->subject));
	table_set(line, 1, format("%s", like->workload->name));
	for (i = 0; i < n; i++) {
		const struct figure *figure = results_figure(results, like->task, like->subject,
							     units[i], like->workload);

		if (figure)
			table_set(line, 2 + i,
				  format("%.*f", figure->value < 100 ? 2 : 0, figure->value));
	}
}

/* A row for each contestant and target, a column for each unit. */
void report_figures(const struct results *results, const char *task, const char *title)
{
	struct table_column columns[2 + MAX_UNITS] = { { "", 0 }, { "target", 0 } };
	const char *units[MAX_UNITS];
	size_t n = units_of(results, task, units), i;
	const struct figure *last = NULL;
	struct libscols_table *table;

	if (n == 0)
		return;
	for (i = 0; i < n; i++)
		columns[2 + i] = (struct table_column){ units[i], SCOLS_FL_RIGHT };
	table = table_new(columns, 2 + n);
	for (i = 0; i < results->n_figures; i++) {
		const struct figure *figure = &results->figures[i];

		if (strcmp(figure->task, task) != 0)
			continue;
		if (!last || last->workload != figure->workload ||
		    strcmp(last->subject, figure->subject) != 0)
			add_figures(table, results, figure, units, n);
		last = figure;
	}
	printf("\n%s\n", title);
	table_print(table);
	fflush(stdout);
}

static char *ratio_cell(const struct contest *contest, const char *name)
{
	const struct series *series = contest ? contest_series(contest, name) : NULL;

	if (!series || series->left_out[0])
		return format("-");
	return format("%.2f", ratio_of(series->ns, contest->series[0].ns, contest->rounds).median);
}

/* One row for each contestant of the task, one column for each target. */
static void report_task(const struct results *results, const struct contest *like)
{
	struct table_column columns[1 + N_WORKLOADS] = { { "", 0 } };
	const struct contest *contests[N_WORKLOADS];
	struct libscols_table *table;
	size_t n = 0, i, w;

	for (w = 0; w < N_WORKLOADS; w++) {
		const struct contest *contest =
			results_contest(results, like->task->name, &workloads[w]);

		if (contest) {
			contests[n++] = contest;
			columns[n] = (struct table_column){ workloads[w].name, SCOLS_FL_RIGHT };
		}
	}
	printf("\n%s, x %s\n", like->task->title, like->series[0].contestant->name);
	table = table_new(columns, 1 + n);
	for (i = 0; i < like->n; i++) {
		struct libscols_line *line = new_line(table);
		const char *name = like->series[i].contestant->name;

		table_set(line, 0, format("%s", name));
		for (w = 0; w < n; w++)
			table_set(line, 1 + w, ratio_cell(contests[w], name));
	}
	table_print(table);
}

static void report_tasks(const struct results *results)
{
	size_t i, j;

	for (i = 0; i < results->n_contests; i++) {
		const struct contest *contest = &results->contests[i];
		bool first = true, more = false;

		for (j = 0; j < results->n_contests; j++) {
			first = first && !(j < i && results->contests[j].task == contest->task);
			more = more || (j > i && results->contests[j].task == contest->task);
		}
		if (first && more)
			report_task(results, contest);
	}
}

static char *goal_text(const struct goal *goal, double bound)
{
	switch (goal->kind) {
	case AT_MOST_TIMES:
		return format("<= %.2f x %s", bound, goal->reference);
	case TIMES_FASTER:
		return format(">= %.1f x faster than %s", bound, goal->reference);
	case AT_MOST_NS:
		return format("<= %.0f ns", bound);
	default:
		return format("<= %.4g %s", bound < 1e-6 ? 0 : bound, goal->reference);
	}
}

static void add_goal(struct libscols_table *table, const struct goal *goal, size_t workload,
		     const struct verdict *verdict)
{
	struct libscols_line *line = new_line(table);
	int digits = verdict->value < 100 ? 2 : 0;

	table_set(line, 0, format("%s: %s", goal->task, goal->subject));
	table_set(line, 1, format("%s", workloads[workload].name));
	table_set(line, 2, goal_text(goal, goal->bounds[workload]));
	table_set(line, 3, format("%.*f", digits, verdict->value));
	table_set(line, 4, format("%.*f..%.*f", digits, verdict->low, digits, verdict->high));
	table_set(line, 5, format("%s", verdict->holds ? "holds" : "MISSES"));
}

static void report_goals(const struct results *results)
{
	static const struct table_column columns[] = {
		{ "", 0 },
		{ "target", 0 },
		{ "goal", 0 },
		{ "here", SCOLS_FL_RIGHT },
		{ "quartiles", SCOLS_FL_RIGHT },
		{ "", 0 },
	};
	struct libscols_table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	unsigned int n = 0, n_hold = 0, n_unknown = 0;
	size_t i, w;

	for (i = 0; i < n_goals; i++)
		for (w = 0; w < N_WORKLOADS; w++) {
			struct verdict verdict;

			if (goals[i].bounds[w] == 0)
				continue;
			verdict = judge(results, &goals[i], (enum workload_number)w);
			n_unknown += !verdict.known;
			if (!verdict.known)
				continue;
			add_goal(table, &goals[i], w, &verdict);
			n++;
			n_hold += verdict.holds;
		}
	printf("\nGoals\n");
	table_print(table);
	if (n_unknown)
		printf("%u more goals were not measured in this run.\n", n_unknown);
	printf("%u of %u goals hold\n", n_hold, n);
}

void report_summary(const struct results *results)
{
	report_tasks(results);
	report_goals(results);
}
