/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables of the columns that were chosen, as wide as the terminal is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <libsmartcols.h>

#include "../common/text.h"
#include "fold.h"
#include "output.h"

/* What can be folded is still read with ease at this width, and down to the other. */
enum { FOLDED = 36, NARROWEST = 12 };

struct cell {
	char *text; /* NULL: nothing was set */
	enum paint paint;
};

struct grid {
	const struct output *output;
	size_t n_columns;
	int *rank;
	size_t *shown; /* columns, in the order in which they are shown */
	size_t n_shown;
	struct cell *cells; /* rows of n_columns */
	size_t n_rows;
	bool begun; /* the headings are printed */
};

static void choose_by_rank(struct grid *g)
{
	size_t i;

	for (i = 0; i < g->n_columns; i++)
		if (g->rank[i] != RANK_ASKED)
			g->shown[g->n_shown++] = i;
}

static bool is_shown(const struct grid *g, size_t column)
{
	size_t i;

	for (i = 0; i < g->n_shown; i++)
		if (g->shown[i] == column)
			return true;
	return false;
}

static void choose_name(struct grid *g, const char *name)
{
	size_t i = 0;

	while (strcasecmp(g->output->columns[i].name, name) != 0)
		i++;
	/* A column twice would be no table that a reader can name the columns of. */
	if (!is_shown(g, i))
		g->shown[g->n_shown++] = i;
}

static void choose(struct grid *g)
{
	const char *chosen = g->output->chosen;
	char *list, *at, *name;

	g->n_shown = 0;
	if (!chosen || chosen[0] == '+')
		choose_by_rank(g);
	if (!chosen)
		return;
	list = not_null(strdup(chosen));
	at = list + (list[0] == '+');
	while ((name = strsep(&at, ",")))
		choose_name(g, name);
	free(list);
}

struct grid *grid_new(const struct output *output)
{
	struct grid *g = not_null(calloc(1, sizeof(*g)));
	size_t i;

	g->output = output;
	g->n_columns = output->n_columns;
	g->rank = not_null(calloc(g->n_columns, sizeof(*g->rank)));
	g->shown = not_null(calloc(g->n_columns, sizeof(*g->shown)));
	for (i = 0; i < g->n_columns; i++)
		g->rank[i] = output->columns[i].rank;
	choose(g);
	return g;
}

void grid_rank(struct grid *grid, size_t column, int rank)
{
	grid->rank[column] = rank;
	choose(grid);
}

bool grid_wants(const struct grid *grid, size_t column)
{
	return is_shown(grid, column);
}

void grid_row(struct grid *grid)
{
	size_t n = grid->n_columns;

	grid->cells = with_room(grid->cells, grid->n_rows, n * sizeof(*grid->cells));
	memset(grid->cells + grid->n_rows * n, 0, n * sizeof(*grid->cells));
	grid->n_rows++;
}

static struct cell *cell_at(const struct grid *g, size_t row, size_t column)
{
	return &g->cells[row * g->n_columns + column];
}

void grid_set(struct grid *grid, size_t column, char *text)
{
	struct cell *cell = cell_at(grid, grid->n_rows - 1, column);

	free(cell->text);
	cell->text = text;
}

void grid_paint(struct grid *grid, size_t column, enum paint which)
{
	cell_at(grid, grid->n_rows - 1, column)->paint = which;
}

size_t grid_rows(const struct grid *grid)
{
	return grid->n_rows;
}

static const char *text_of(const struct cell *cell)
{
	return cell->text && cell->text[0] ? cell->text : "-";
}

static void print_raw(struct grid *g)
{
	size_t row, i;

	for (i = 0; i < g->n_shown && !g->output->no_headings && !g->begun; i++)
		printf("%s%c", g->output->columns[g->shown[i]].name,
		       i + 1 < g->n_shown ? '\t' : '\n');
	g->begun = true;
	for (row = 0; row < g->n_rows; row++)
		for (i = 0; i < g->n_shown; i++)
			printf("%s%c", text_of(cell_at(g, row, g->shown[i])),
			       i + 1 < g->n_shown ? '\t' : '\n');
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool can_fold(const struct grid *g, size_t column)
{
	return g->output->columns[column].flags & SCOLS_FL_WRAP;
}

static void measure(const struct grid *g, size_t *widths)
{
	size_t i, row, column, one;

	for (i = 0; i < g->n_shown; i++) {
		column = g->shown[i];
		widths[column] = width_of(g->output->columns[column].name);
		for (row = 0; row < g->n_rows; row++) {
			one = width_of(text_of(cell_at(g, row, column)));
			widths[column] = one > widths[column] ? one : widths[column];
		}
	}
}

static size_t needed(const struct grid *g, const size_t *widths, size_t column)
{
	return can_fold(g, column) ? least(widths[column], FOLDED) : widths[column];
}

static size_t terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

static bool is_always_shown(const struct grid *g, size_t column)
{
	return g->rank[column] <= 0;
}

/* The shown column of the lowest rank above this one's, or at the same rank behind it. */
static size_t next_by_rank(const struct grid *g, size_t last)
{
	size_t best = g->n_shown, i;
	int rank;

	for (i = 0; i < g->n_shown; i++) {
		rank = g->rank[g->shown[i]];
		if (is_always_shown(g, g->shown[i]))
			continue;
		if (last < g->n_shown && (rank < g->rank[g->shown[last]] ||
					  (rank == g->rank[g->shown[last]] && i <= last)))
			continue;
		if (best == g->n_shown || rank < g->rank[g->shown[best]])
			best = i;
	}
	return best;
}

/* What must be shown is; then, by rank, each column that there is room for. */
static void fit(struct grid *g, const size_t *widths, size_t terminal)
{
	bool *fits = not_null(calloc(g->n_shown, sizeof(*fits)));
	size_t total = 0, n = 0, i;

	for (i = 0; i < g->n_shown; i++) {
		fits[i] = is_always_shown(g, g->shown[i]);
		total += fits[i] ? needed(g, widths, g->shown[i]) + 1 : 0;
	}
	for (i = next_by_rank(g, g->n_shown); i < g->n_shown; i = next_by_rank(g, i)) {
		/* No blank follows the last one. */
		fits[i] = total + needed(g, widths, g->shown[i]) <= terminal;
		total += fits[i] ? needed(g, widths, g->shown[i]) + 1 : 0;
	}
	for (i = 0; i < g->n_shown; i++)
		if (fits[i])
			g->shown[n++] = g->shown[i];
	g->n_shown = n;
	free(fits);
}

/*
 * What is left of the terminal's width, for the columns that can be folded: those that
 * need less than an equal share leave the rest to the others. Their widths are changed to it.
 */
static void share_rest(const struct grid *g, size_t *widths, size_t terminal)
{
	size_t rest = terminal + 1, n = 0, i, column;
	bool *settled = not_null(calloc(g->n_columns, sizeof(*settled)));
	bool again = true;

	for (i = 0; i < g->n_shown; i++) {
		column = g->shown[i];
		settled[column] = !can_fold(g, column);
		n += !settled[column];
		rest -= settled[column] ? least(rest, widths[column] + 1) : 0;
	}
	while (again && n > 0) {
		again = false;
		for (i = 0; i < g->n_shown; i++) {
			column = g->shown[i];
			if (settled[column] || widths[column] + 1 > rest / n)
				continue;
			settled[column] = again = true;
			rest -= widths[column] + 1;
			if (--n == 0)
				break;
		}
	}
	for (i = 0; i < g->n_shown; i++)
		if (!settled[g->shown[i]])
			widths[g->shown[i]] = rest / n > NARROWEST ? rest / n - 1 : NARROWEST;
	free(settled);
}

/* A cell's text; folded where it is wider than the terminal leaves room for. */
static char *shown_text(const struct grid *g, size_t row, size_t column, const size_t *widths)
{
	const char *text = text_of(cell_at(g, row, column));

	return widths && can_fold(g, column) ? fold(text, widths[column]) : not_null(strdup(text));
}

static void add_row(const struct grid *g, struct libscols_table *table, size_t row,
		    const size_t *widths)
{
	struct libscols_line *line = not_null(scols_table_new_line(table, NULL));
	enum paint which;
	size_t i;

	for (i = 0; i < g->n_shown; i++) {
		if (scols_line_refer_data(line, i, shown_text(g, row, g->shown[i], widths)) != 0)
			not_null(NULL);
		which = cell_at(g, row, g->shown[i])->paint;
		if (which != PAINT_NONE && output_is_colored(g->output))
			scols_cell_set_color(scols_line_get_cell(line, i), paint(g->output, which));
	}
}

static void add_columns(const struct grid *g, struct libscols_table *table)
{
	struct libscols_column *column;
	const struct column *shown;
	size_t i;

	for (i = 0; i < g->n_shown; i++) {
		shown = &g->output->columns[g->shown[i]];
		column = not_null(scols_table_new_column(table, shown->name, 0, shown->flags));
		/* Without this a newline counts as the four characters that would stand for it. */
		scols_column_set_safechars(column, "\n");
		scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk,
					  NULL);
		if (output_is_colored(g->output))
			scols_cell_set_color(scols_column_get_header(column),
					     paint(g->output, PAINT_HEADING));
	}
}

static struct libscols_table *new_table(const struct grid *g, bool terminal)
{
	struct libscols_table *table = not_null(scols_new_table());

	/* Names are escaped already, and whoever pipes the table on wants them whole. */
	scols_table_enable_noencoding(table, 1);
	scols_table_enable_colors(table, output_is_colored(g->output));
	scols_table_enable_noheadings(table, g->output->no_headings);
	scols_table_set_termforce(table, terminal ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	scols_table_set_stream(table, stdout);
	return table;
}

static void print_aligned(struct grid *g)
{
	bool terminal = isatty(STDOUT_FILENO) == 1;
	size_t *widths = terminal ? not_null(calloc(g->n_columns, sizeof(*widths))) : NULL, row;
	struct libscols_table *table = new_table(g, terminal);

	if (terminal) {
		scols_table_set_termwidth(table, terminal_width());
		measure(g, widths);
		if (!g->output->chosen)
			fit(g, widths, terminal_width());
		share_rest(g, widths, terminal_width());
	}
	add_columns(g, table);
	for (row = 0; row < g->n_rows; row++)
		add_row(g, table, row, widths);
	if (scols_print_table(table) < 0)
		not_null(NULL);
	scols_unref_table(table);
	free(widths);
}

static void forget_rows(struct grid *g)
{
	size_t i;

	for (i = 0; i < g->n_rows * g->n_columns; i++)
		free(g->cells[i].text);
	free(g->cells);
	g->cells = NULL;
	g->n_rows = 0;
}

void grid_flush(struct grid *grid)
{
	if (!grid->output->raw)
		return;
	print_raw(grid);
	forget_rows(grid);
	fflush(stdout);
}

static void grid_free(struct grid *g)
{
	forget_rows(g);
	free(g->shown);
	free(g->rank);
	free(g);
}

void grid_print(struct grid *grid)
{
	if (grid->output->json)
		forget_rows(grid);
	else if (grid->output->raw)
		print_raw(grid);
	else if (grid->n_rows > 0)
		print_aligned(grid);
	grid_free(grid);
}
