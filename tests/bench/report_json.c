/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Everything that was measured, each round by itself, and the goals.
 */
#include <err.h>

#include <common/json.h>
#include <common/text.h>

#include "goals.h"
#include "report.h"
#include "statistics.h"

static void put_double(struct json_object *to, const char *key, double value)
{
	put(to, key, json_object_new_double(value));
}

static struct json_object *new_object(void)
{
	return not_null(json_object_new_object());
}

static void append(struct json_object *array, struct json_object *value)
{
	if (json_object_array_add(array, not_null(value)) < 0)
		not_null(NULL);
}

static struct json_object *rounds_of(const struct contest *contest, const struct series *series)
{
	struct json_object *array = not_null(json_object_new_array());
	size_t i;

	for (i = 0; i < contest->rounds; i++)
		append(array, json_object_new_double(series->ns[i]));
	return array;
}

static struct json_object *of_series(const struct contest *contest, const struct series *series)
{
	struct json_object *o = new_object(), *r;
	struct ratio ratio;

	put_text(o, "contestant", series->contestant->name);
	if (series->left_out[0]) {
		put_text(o, "left_out", series->left_out);
		return o;
	}
	put(o, "ns", rounds_of(contest, series));
	put_double(o, "median_ns", median(series->ns, contest->rounds));
	put_double(o, "median_ns_each",
		   median(series->ns, contest->rounds) /
			   (double)contest->truth.of[contest->task->per].n);
	ratio = ratio_of(series->ns, contest->series[0].ns, contest->rounds);
	put(o, "x_floor", r = new_object());
	put_double(r, "median", ratio.median);
	put_double(r, "quartile_1", ratio.low);
	put_double(r, "quartile_3", ratio.high);
	put_double(r, "of_minima", ratio.of_minima);
	return o;
}

static struct json_object *of_contest(const struct contest *contest)
{
	struct json_object *o = new_object(), *array;
	size_t i;

	put_text(o, "task", contest->task->name);
	put_text(o, "target", contest->workload->name);
	put_number(o, "mappings", contest->truth.of[EVERY_MAPPING].n);
	put_number(o, "file_mappings", contest->truth.of[MAPPED_FILES].n);
	put_number(o, "rounds", contest->rounds);
	put_number(o, "contestants_wrong", contest->n_wrong);
	put(o, "contestants", array = json_object_new_array());
	for (i = 0; i < contest->n; i++)
		append(array, of_series(contest, &contest->series[i]));
	return o;
}

static struct json_object *of_figure(const struct figure *figure)
{
	struct json_object *o = new_object();

	put_text(o, "task", figure->task);
	put_text(o, "target", figure->workload->name);
	put_text(o, "contestant", figure->subject);
	put_double(o, "value", figure->value);
	put_text(o, "unit", figure->unit);
	return o;
}

static const char *const kinds[] = {
	[AT_MOST_TIMES] = "at most, x reference",
	[TIMES_FASTER] = "at least, times faster than reference",
	[AT_MOST_NS] = "at most, ns",
	[AT_MOST] = "at most, in units of reference",
};

static struct json_object *of_goal(const struct goal *goal, size_t workload,
				   const struct verdict *verdict)
{
	struct json_object *o = new_object();

	put_text(o, "task", goal->task);
	put_text(o, "target", workloads[workload].name);
	put_text(o, "contestant", goal->subject);
	put_text(o, "kind", kinds[goal->kind]);
	if (goal->reference)
		put_text(o, "reference", goal->reference);
	put_double(o, "bound", goal->bounds[workload]);
	put_double(o, "value", verdict->value);
	put_bool(o, "holds", verdict->holds);
	return o;
}

static struct json_object *of_goals(const struct results *results)
{
	struct json_object *array = not_null(json_object_new_array());
	size_t i, w;

	for (i = 0; i < n_goals; i++)
		for (w = 0; w < N_WORKLOADS; w++) {
			struct verdict verdict = { 0 };

			if (goals[i].bounds[w] > 0)
				verdict = judge(results, &goals[i], (enum workload_number)w);
			if (verdict.known)
				append(array, of_goal(&goals[i], w, &verdict));
		}
	return array;
}

void report_json(const struct results *results, const char *path)
{
	struct json_object *o = new_object(), *contests, *figures;
	size_t i;

	put_text(o, "machine", machine());
	put(o, "contests", contests = json_object_new_array());
	for (i = 0; i < results->n_contests; i++)
		append(contests, of_contest(&results->contests[i]));
	put(o, "figures", figures = json_object_new_array());
	for (i = 0; i < results->n_figures; i++)
		append(figures, of_figure(&results->figures[i]));
	put(o, "goals", of_goals(results));
	if (json_object_to_file_ext(path, o,
				    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE) < 0)
		errx(1, "%s: %s", path, json_util_get_last_err());
	json_object_put(o);
}
