/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a command prints: the options -o, --no-headings, --raw, --json and --color, which
 * are the same in all commands, and tables that fit the terminal.
 *
 * A command puts output_argp into its argp's children, and in its parser, at
 * ARGP_KEY_INIT, a struct output * into the matching child_inputs[].
 */
#ifndef MAPFILES_OUTPUT_H
#define MAPFILES_OUTPUT_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>
#include <libsmartcols.h>

/*
 * A column of a table. rank: 0 is always shown; 1, 2, ... by default, but the highest are
 * left out first where a terminal is too narrow; RANK_ASKED only with -o.
 */
enum { RANK_ASKED = -1 };

struct column {
	const char *name;
	int flags; /* SCOLS_FL_RIGHT for numbers, SCOLS_FL_WRAP for what may be folded */
	int rank;
	const char *help; /* a few words for --help */
};

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct output {
	const struct column *columns; /* set both before command_parse(), which checks -o */
	size_t n_columns;
	/* Set by the options. */
	bool json;
	bool raw;
	bool no_headings;
	enum color color;
	const char *chosen; /* of -o: NULL, "A,B" or "+A,B" */
};

extern const struct argp output_argp;

/* Whether -o names this column: then what it shows is wanted. */
bool output_names(const struct output *output, size_t column);

/* The same without -o, --raw and --no-headings, for commands that have no table. */
extern const struct argp json_argp;

/* Whether stdout gets colour: --color, then NO_COLOR, then whether it is a terminal. */
bool output_is_colored(const struct output *output);

/* Prints the document if --json asks for it. It is gone then. */
void output_document(const struct output *output, struct json_object *document);

enum paint { PAINT_NONE, PAINT_BAD, PAINT_WARN, PAINT_GOOD, PAINT_DIM, PAINT_HEADING };

/* The sequence that begins it, and PAINT_NONE's ends it; "" where there is no colour. */
const char *paint(const struct output *output, enum paint paint);

/* A table on standard output, of output's columns. Memory that runs out ends the program. */
struct grid;

struct grid *grid_new(const struct output *output);

/* Show a column of RANK_ASKED by default, with this rank, or hide it. Before the first row. */
void grid_rank(struct grid *grid, size_t column, int rank);

/* Whether it will be shown: what costs to find out need not be. */
bool grid_wants(const struct grid *grid, size_t column);

void grid_row(struct grid *grid);

/* A cell of the last row. Takes text over, which is malloc'ed and escaped already. */
void grid_set(struct grid *grid, size_t column, char *text);
void grid_paint(struct grid *grid, size_t column, enum paint paint);

size_t grid_rows(const struct grid *grid);

/* With --raw what there is so far is written, and need not be kept; else it waits. */
void grid_flush(struct grid *grid);

/* With --json nothing is printed. The grid is gone then. */
void grid_print(struct grid *grid);

#endif
