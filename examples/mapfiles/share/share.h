/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of mapfiles share share: which objects are shown, and the three ways of
 * printing them. Nothing here is part of the library.
 */
#ifndef MAPFILES_SHARE_H
#define MAPFILES_SHARE_H

#include "../../common/text.h"
#include "../output.h"
#include "../scan.h"

enum share_column {
	SHARE_KIND,
	SHARE_SIZE,
	SHARE_SEALS,
	SHARE_LINKS,
	SHARE_PROCS,
	SHARE_USERS,
	SHARE_WHO,
	SHARE_RANGE,
	SHARE_PROT,
	SHARE_OFFSET,
	SHARE_OBJECT,
	SHARE_NAME,
	SHARE_N_COLUMNS,
};

extern const struct column share_columns[SHARE_N_COLUMNS];

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
char *seals_text(const struct mf_object *o);
char *object_name(const struct mf_object *o);
extern const struct seal {
	uint32_t bit;
	const char *name;
} seal_names[];
extern const size_t n_seal_names;

/* Whether -o names a column that only a mapping has. */
bool share_wants_users(const struct output *output);

/* table.c, json.c, dot.c */
void share_table(const struct view *view, const struct output *output);
void share_json(const struct view *view);
void share_dot(const struct view *view);

#endif
