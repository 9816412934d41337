/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A picture: how many times as long as the floor, on a logarithmic axis; a panel for each task
 * whose floor is the raw read, a row for each contestant, a mark for each target.
 */
#include <err.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "statistics.h"

#define WIDTH	    960
#define LEFT	    300 /* the names end there */
#define RIGHT	    930
#define ROW	    22
#define HEAD	    84
#define PANEL_TITLE 44
#define PANEL_FOOT  30
#define LEAST	    0.1
#define MOST	    64.0

static const double ticks[] = { 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50 };
#define N_TICKS (sizeof(ticks) / sizeof(ticks[0]))

static const char style[] =
	"<style>\n"
	"text { font: 13px system-ui, sans-serif; fill: #24292f }\n"
	".title { font-weight: 600; font-size: 15px }\n"
	".ours { font-weight: 600 }\n"
	".quiet { fill: #57606a; font-size: 12px }\n"
	".ground { fill: #ffffff }\n"
	".band { fill: #0969da; fill-opacity: .08 }\n"
	".grid { stroke: #d0d7de }\n"
	".one { stroke: #57606a; stroke-width: 2 }\n"
	".w0 { fill: #0072b2 } .w1 { fill: #d55e00 } .w2 { fill: #008563 } .w3 { fill: #b8488b } "
	".w4 { fill: #8a6d00 }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"text { fill: #e6edf3 } .quiet { fill: #9198a1 } .ground { fill: #0d1117 }\n"
	".grid { stroke: #30363d } .one { stroke: #9198a1 } .band { fill: #58a6ff; fill-opacity: .13 }\n"
	".w0 { fill: #56b4e9 } .w1 { fill: #ff8c42 } .w2 { fill: #2ec99a } .w3 { fill: #e58fc0 } "
	".w4 { fill: #f0d343 }\n"
	"}\n"
	"</style>\n";

/* What is further out is drawn at the edge. */
static double x_of(double ratio)
{
	double bounded = fmin(fmax(ratio, LEAST), MOST);

	return LEFT + 10 + (RIGHT - LEFT - 10) * log(bounded / LEAST) / log(MOST / LEAST);
}

/* Each target has a form of its own, not only a colour. */
static void draw_mark(FILE *f, size_t target, double x, double y, const char *title)
{
	static const char *const forms[] = {
		"M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0Z",
		"M-4.5-4.5H4.5V4.5H-4.5Z",
		"M0-5.5L5.5 4.5H-5.5Z",
		"M0-6L6 0L0 6L-6 0Z",
		"M-5.5-4.5H5.5L0 5.5Z",
	};

	fprintf(f,
		"<path class=\"w%zu\" d=\"%s\" transform=\"translate(%.1f %.1f)\"><title>%s</title></path>\n",
		target % 5, forms[target % 5], x, y, title);
}

static void draw_axis(FILE *f, double top, double bottom)
{
	size_t i;

	for (i = 0; i < N_TICKS; i++) {
		fprintf(f, "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
			ticks[i] == 1 ? "one" : "grid", x_of(ticks[i]), x_of(ticks[i]), top,
			bottom);
		fprintf(f,
			"<text class=\"quiet\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">%g</text>\n",
			x_of(ticks[i]), bottom + 16, ticks[i]);
	}
}

static bool is_drawn(const struct contest *contest)
{
	return strcmp(contest->series[0].contestant->name, "raw read of maps") == 0;
}

/* The contest of that task on the first target that there is. */
static const struct contest *first_of(const struct results *results, const struct task *task)
{
	size_t i;

	for (i = 0; i < results->n_contests; i++)
		if (results->contests[i].task == task)
			return &results->contests[i];
	return NULL;
}

static bool ran_anywhere(const struct results *results, const struct task *task, const char *name)
{
	size_t i;

	for (i = 0; i < results->n_contests; i++) {
		const struct series *series = contest_series(&results->contests[i], name);

		if (results->contests[i].task == task && series && !series->left_out[0])
			return true;
	}
	return false;
}

/* Rows of the panel: the floor itself is the line at 1. */
static size_t n_rows(const struct results *results, const struct contest *first)
{
	size_t n = 0, i;

	for (i = 1; i < first->n; i++)
		n += ran_anywhere(results, first->task, first->series[i].contestant->name);
	return n;
}

static void draw_row(FILE *f, const struct results *results, const struct task *task,
		     const char *name, double y)
{
	bool ours = strncmp(name, "mf ", 3) == 0;
	size_t i;

	if (ours)
		fprintf(f,
			"<rect class=\"band\" x=\"10\" y=\"%.1f\" width=\"%d\" height=\"%d\"/>\n",
			y - ROW / 2.0, RIGHT - 10, ROW);
	fprintf(f, "<text class=\"%s\" text-anchor=\"end\" x=\"%d\" y=\"%.1f\">%s</text>\n",
		ours ? "ours" : "", LEFT, y + 4, name);
	for (i = 0; i < results->n_contests; i++) {
		const struct contest *contest = &results->contests[i];
		const struct series *series = contest_series(contest, name);
		char title[200];
		double ratio;

		if (contest->task != task || !series || series->left_out[0])
			continue;
		ratio = ratio_of(series->ns, contest->series[0].ns, contest->rounds).median;
		snprintf(title, sizeof(title), "%s on %s: %.2f", name, contest->workload->name,
			 ratio);
		draw_mark(f, (size_t)(contest->workload - workloads), x_of(ratio), y, title);
	}
}

static double draw_panel(FILE *f, const struct results *results, const struct contest *first,
			 double top)
{
	double y = top + PANEL_TITLE, bottom = y + (double)n_rows(results, first) * ROW;
	size_t i;

	fprintf(f, "<text class=\"title\" x=\"10\" y=\"%.1f\">%s</text>\n", top + PANEL_TITLE - 12,
		first->task->title);
	draw_axis(f, y, bottom);
	for (i = 1; i < first->n; i++) {
		const char *name = first->series[i].contestant->name;

		if (!ran_anywhere(results, first->task, name))
			continue;
		draw_row(f, results, first->task, name, y + ROW / 2.0);
		y += ROW;
	}
	return bottom + PANEL_FOOT;
}

static double height_of(const struct results *results)
{
	double height = HEAD;
	size_t i;

	for (i = 0; i < results->n_contests; i++) {
		const struct contest *contest = &results->contests[i];

		if (is_drawn(contest) && first_of(results, contest->task) == contest)
			height += PANEL_TITLE + (double)n_rows(results, contest) * ROW + PANEL_FOOT;
	}
	return height;
}

static bool is_there(const struct results *results, size_t workload)
{
	size_t i;

	for (i = 0; i < results->n_contests; i++)
		if (results->contests[i].workload == &workloads[workload] &&
		    is_drawn(&results->contests[i]))
			return true;
	return false;
}

/* Targets from first up to last, in a line. */
static void draw_legend(FILE *f, const struct results *results, size_t first, size_t last, double y)
{
	double x = 10;
	size_t w;

	for (w = first; w < last; w++) {
		if (!is_there(results, w))
			continue;
		draw_mark(f, w, x + 6, y - 4, workloads[w].title);
		fprintf(f, "<text class=\"quiet\" x=\"%.1f\" y=\"%.1f\">%s: %s</text>\n", x + 16, y,
			workloads[w].name, workloads[w].title);
		x += 70 + 7 * (double)strlen(workloads[w].title);
	}
}

static void draw_head(FILE *f, const struct results *results)
{
	fprintf(f,
		"<text class=\"quiet\" x=\"10\" y=\"22\">How many times as long as reading the text of maps and not looking at it. %s</text>\n",
		machine());
	draw_legend(f, results, 0, N_PLAIN, 48);
	draw_legend(f, results, N_PLAIN, N_WORKLOADS, 70);
}

void report_svg(const struct results *results, const char *path)
{
	FILE *f = fopen(path, "we");
	double y = HEAD, height = height_of(results);
	size_t i;

	if (!f)
		err(1, "%s", path);
	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"Times of libmapfiles and its peers\">\n%s",
		WIDTH, height, WIDTH, height, style);
	fprintf(f, "<rect class=\"ground\" width=\"100%%\" height=\"100%%\"/>\n");
	draw_head(f, results);
	for (i = 0; i < results->n_contests; i++) {
		const struct contest *contest = &results->contests[i];

		if (is_drawn(contest) && first_of(results, contest->task) == contest)
			y = draw_panel(f, results, contest, y);
	}
	fputs("</svg>\n", f);
	if (fclose(f) != 0)
		err(1, "%s", path);
}
