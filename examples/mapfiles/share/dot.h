/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files that draw share. All of them write to standard output.
 */
#ifndef SHARING_DOT_H
#define SHARING_DOT_H

#include "graph.h"

/* Letters of a name that a box has room for. */
enum { LONGEST = 44 };

struct theme_look {
	const char *one, *many; /* what it is called, of one object and of several */
	const char *fill, *border;
};
extern const struct theme_look looks[N_THEMES];
extern const char *const colours[N_WAYS];

/* dot_words.c: text, which is taken over, and names; most is how many letters of them. */
void draw_text(char *text, size_t most);
void draw_bytes(const char *name, size_t len, size_t most);
void draw_short_name(const struct mf_object *o);
void draw_whole_name(const struct mf_object *o);
void draw_size(uint64_t bytes);
bool is_called_alike(const struct mf_object *a, const struct mf_object *b);

/* How some of the processes map what is in a group: a line of its box. */
struct row {
	struct edge least, most; /* bytes that each of them maps */
};

/* dot_boxes.c: rows, malloc'ed, and which of them an edge is in. */
struct row *make_rows(const struct group *group, size_t *ret_n);
size_t row_of(const struct row *rows, size_t n, const struct edge *edge);

/* The way that a line is coloured by. */
enum way way_of(const struct edge *edge);

double process_width(const struct graph *graph);
void put_process(const struct graph *graph, size_t index);
void put_group(const struct view *view, const struct graph *graph, size_t index);

#endif
