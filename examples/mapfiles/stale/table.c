/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was found, as a table: a row for each unit, or for each file of each process.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/text.h"
#include "stale.h"

/* Of a list that is longer the rest is counted. */
enum { LISTED = 4 };

const struct column stale_columns[N_COLUMNS] = {
	[UNIT] = { "UNIT", 0, 0, "what systemd or a container's runtime has it as" },
	[PROCESS] = { "PROCESS", SCOLS_FL_WRAP, 1, "its name and number" },
	[USER] = { "USER", 0, RANK_ASKED, "whose it is" },
	[VERDICT] = { "VERDICT", 0, 2, "what became of the files" },
	[PACKAGE] = { "PACKAGE", SCOLS_FL_WRAP, 3, "whose files they are" },
	[FILES] = { "FILE", SCOLS_FL_WRAP, 4, "which, or how many" },
	[RESTART] = { "RESTART", SCOLS_FL_WRAP, 0, "what helps, or why nothing does" },
};

/* "a, b, c, +2", each once. */
struct list {
	char **items;
	size_t n;
};

static void list_add(struct list *list, const char *item)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->items[i], item) == 0)
			return;
	list->items = with_room(list->items, list->n, sizeof(*list->items));
	list->items[list->n++] = not_null(strdup(item));
}

static char *list_end(struct list *list)
{
	char *text = NULL;
	size_t len, i;
	FILE *to = not_null(open_memstream(&text, &len));

	for (i = 0; i < list->n; i++) {
		if (i < LISTED)
			fprintf(to, "%s%s", i ? "," : "", list->items[i]);
		free(list->items[i]);
	}
	if (list->n > LISTED)
		fprintf(to, ",+%zu", list->n - LISTED);
	free(list->items);
	not_null(fclose(to) == 0 ? text : NULL);
	return text;
}

static char *process_text(const struct task *task)
{
	char *name = escape_name(task->name, strlen(task->name));
	char *text = format("%s:%d", name, task->pid);

	free(name);
	return text;
}

static char *user_text(const struct task *task)
{
	const struct passwd *user = getpwuid(task->uid);

	return user ? escape_name(user->pw_name, strlen(user->pw_name)) : format("%u", task->uid);
}

static char *verdict_text(const struct finding *f)
{
	return format("%s%s", stale_verdict_names[f->verdict], f->uncertain ? "?" : "");
}

static enum paint paint_of(enum verdict verdict)
{
	if (1 << verdict & STALE)
		return PAINT_BAD;
	return verdict == SAME ? PAINT_GOOD : PAINT_WARN;
}

static char *all_of(const struct group *g, char *(*text_of)(const struct finding *f))
{
	struct list list = { NULL, 0 };
	char *text;
	size_t i;

	for (i = 0; i < g->n; i++) {
		text = text_of(&g->list[i]);
		if (text[0])
			list_add(&list, text);
		free(text);
	}
	return list_end(&list);
}

static char *finding_process(const struct finding *f)
{
	return process_text(f->task);
}

static char *finding_package(const struct finding *f)
{
	return f->package ? escape_name(f->package, strlen(f->package)) : format("%s", "");
}

static char *finding_user(const struct finding *f)
{
	return user_text(f->task);
}

static char *file_text(const struct finding *f)
{
	return escape_name(f->path, strlen(f->path));
}

static enum verdict worst(const struct group *g)
{
	enum verdict verdict = SAME;
	size_t i;

	for (i = 0; i < g->n; i++)
		verdict = g->list[i].verdict < verdict ? g->list[i].verdict : verdict;
	return verdict;
}

static bool is_stale(const struct group *g)
{
	return 1 << worst(g) & STALE;
}

static void add_unit(struct grid *grid, const struct group *g)
{
	const struct task *task = g->list->task;

	grid_row(grid);
	grid_set(grid, UNIT, unit_title(task));
	grid_set(grid, PROCESS, all_of(g, finding_process));
	grid_set(grid, USER, all_of(g, finding_user));
	grid_set(grid, VERDICT, all_of(g, verdict_text));
	grid_paint(grid, VERDICT, paint_of(worst(g)));
	grid_set(grid, PACKAGE, all_of(g, finding_package));
	grid_set(grid, FILES, g->n_files == 1 ? file_text(g->list) : format("%zu", g->n_files));
	grid_set(grid, RESTART, is_stale(g) ? advice(task) : format("-"));
}

void print_units(const struct report *report, const struct output *output)
{
	struct grid *grid = grid_new(output);
	struct group group;
	size_t at = 0;

	while (group_next(report, &at, &group))
		add_unit(grid, &group);
	grid_print(grid);
}

static char *why_text(const struct finding *f)
{
	if (1 << f->verdict & STALE)
		return advice(f->task);
	return format("%s", f->reason ? f->reason : "-");
}

/* What to restart is said for units: here which file it is comes first. */
static struct grid *files_grid(const struct output *output)
{
	struct grid *grid = grid_new(output);

	grid_rank(grid, PROCESS, 0);
	grid_rank(grid, VERDICT, 0);
	grid_rank(grid, FILES, 0);
	grid_rank(grid, PACKAGE, 1);
	grid_rank(grid, UNIT, 2);
	grid_rank(grid, RESTART, 3);
	return grid;
}

void print_files(const struct report *report, const struct output *output)
{
	struct grid *grid = files_grid(output);
	const struct finding *f;

	for (f = report->list; f < report->list + report->n; f++) {
		grid_row(grid);
		grid_set(grid, UNIT, unit_title(f->task));
		grid_set(grid, PROCESS, process_text(f->task));
		grid_set(grid, USER, user_text(f->task));
		grid_set(grid, VERDICT, verdict_text(f));
		grid_paint(grid, VERDICT, paint_of(f->verdict));
		grid_set(grid, PACKAGE, finding_package(f));
		grid_set(grid, FILES, file_text(f));
		grid_set(grid, RESTART, why_text(f));
	}
	grid_print(grid);
}
