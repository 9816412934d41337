/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of sharing share: which objects are shown, and the three ways of
 * printing them. Nothing here is part of the library.
 */
#ifndef SHARING_H
#define SHARING_H

#include "../common/scan.h"
#include "../common/text.h"

/* What is asked for, and the objects that answer it. */
struct view {
	const struct scan *scan;
	bool all; /* also files that one process maps alone */
	bool memory; /* only memory that has no file on a disk */
	bool users; /* one row for each mapping */
	bool bytes; /* sizes in bytes */
	const struct mf_object **objects;
	size_t n_objects;
	size_t n_left_out;
};

/* select.c */
void select_objects(struct view *view);
bool is_memory(const struct mf_object *o);
uint64_t size_of(const struct view *view, const struct mf_object *o);

/* words.c: what they return is malloc'ed, never NULL. */
char *size_text(uint64_t bytes);
char *seals_text(const struct mf_object *o);
char *name_text(const struct mf_object *o);
extern const struct seal {
	uint32_t bit;
	const char *name;
} seal_names[];
extern const size_t n_seal_names;

/* table.c, json.c, dot.c */
void print_table(const struct view *view);
void print_json(const struct view *view);
void print_dot(const struct view *view);

#endif
