/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options that say how a command prints.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../common/json.h"
#include "../common/text.h"
#include "nearest.h"
#include "output.h"

enum { NO_HEADINGS = 0x100, RAW, COLOR };

#define JSON_OPTION                                                               \
	{                                                                         \
		"json", 'j', NULL, 0, "JSON instead: docs/json has its schema", 0 \
	}
#define COLOR_OPTION                                                                                 \
	{                                                                                            \
		"color", COLOR, "WHEN", OPTION_ARG_OPTIONAL,                                         \
			"colour: auto (on a terminal, and if NO_COLOR is not set), always or never", \
			0                                                                            \
	}

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Output:", 1 },
	{ "columns", 'o', "LIST", 0, "these columns, as A,B,C; +A,B: also these", 0 },
	{ "no-headings", NO_HEADINGS, NULL, 0, "no line of headings", 0 },
	{ "raw", RAW, NULL, 0,
	  "for scripts: a tab between two fields, nothing aligned, folded or left out", 0 },
	JSON_OPTION,
	COLOR_OPTION,
	{ 0 },
};

static const struct argp_option json_options[] = {
	{ NULL, 0, NULL, 0, "Output:", 1 },
	JSON_OPTION,
	COLOR_OPTION,
	{ 0 },
};

static void refuse_column(struct argp_state *state, const struct output *o, const char *name)
{
	const char **names = not_null(calloc(o->n_columns, sizeof(*names)));
	char *escaped = escape_name(name, strlen(name)), *nearest;
	size_t i;

	for (i = 0; i < o->n_columns; i++)
		names[i] = o->columns[i].name;
	nearest = nearest_names(name, names, o->n_columns);
	argp_error(state, "there is no column %s%s%s%s", escaped, nearest ? "; did you mean " : "",
		   nearest ? nearest : "", nearest ? "?" : "");
}

static bool is_column(const struct output *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->n_columns; i++)
		if (strcasecmp(o->columns[i].name, name) == 0)
			return true;
	return false;
}

static void check_columns(struct argp_state *state, const struct output *o)
{
	char *list = not_null(strdup(o->chosen)), *at = list + (list[0] == '+'), *name;

	while ((name = strsep(&at, ",")))
		if (!is_column(o, name))
			refuse_column(state, o, name);
	free(list);
}

static enum color parse_color(struct argp_state *state, const char *when)
{
	if (!when || strcmp(when, "always") == 0)
		return COLOR_ALWAYS;
	if (strcmp(when, "auto") == 0)
		return COLOR_AUTO;
	if (strcmp(when, "never") != 0)
		argp_error(state, "--color takes auto, always or never, not: %s", when);
	return COLOR_NEVER;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct output *o = state->input;

	switch (key) {
	case 'o':
		o->chosen = arg;
		check_columns(state, o);
		return 0;
	case NO_HEADINGS:
		o->no_headings = true;
		return 0;
	case RAW:
		o->raw = true;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	case COLOR:
		o->color = parse_color(state, arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Below the options: the columns that there are. */
static char *list_columns(int key, const char *text, void *input)
{
	const struct output *o = input;
	char *list = NULL;
	size_t len, i;
	FILE *to;

	if (key != ARGP_KEY_HELP_EXTRA || !o || o->n_columns == 0)
		return (char *)(uintptr_t)text;
	to = not_null(open_memstream(&list, &len));
	fputs("Columns, * by default where the terminal is wide enough:\n", to);
	for (i = 0; i < o->n_columns; i++)
		fprintf(to, " %c%-10s %s\n", o->columns[i].rank < 0 ? ' ' : '*', o->columns[i].name,
			o->columns[i].help);
	fclose(to);
	return not_null(list);
}

const struct argp output_argp = { options, parse, NULL, NULL, NULL, list_columns, NULL };
const struct argp json_argp = { json_options, parse, NULL, NULL, NULL, NULL, NULL };

bool output_names(const struct output *output, size_t column)
{
	const char *at = output->chosen, *wanted = output->columns[column].name;
	size_t len;

	if (!at)
		return false;
	at += at[0] == '+';
	for (; *at; at += len + (at[len] == ',')) {
		len = strcspn(at, ",");
		if (len == strlen(wanted) && strncasecmp(at, wanted, len) == 0)
			return true;
	}
	return false;
}

bool output_is_colored(const struct output *output)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (output->color != COLOR_AUTO)
		return output->color == COLOR_ALWAYS;
	if ((no_color && no_color[0]) || (term && strcmp(term, "dumb") == 0))
		return false;
	return isatty(STDOUT_FILENO) == 1;
}

void output_document(const struct output *output, struct json_object *document)
{
	if (!output->json) {
		json_object_put(document);
		return;
	}
	write_object(document);
	putchar('\n');
}

const char *paint(const struct output *output, enum paint which)
{
	static const char *const sequences[] = {
		[PAINT_NONE] = "\033[0m",  [PAINT_BAD] = "\033[31m", [PAINT_WARN] = "\033[33m",
		[PAINT_GOOD] = "\033[32m", [PAINT_DIM] = "\033[2m",  [PAINT_HEADING] = "\033[1m",
	};

	return output_is_colored(output) ? sequences[which] : "";
}
