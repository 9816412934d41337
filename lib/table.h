/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table: rows by address, what they share, and the differences that the
 * last refresh found.
 */
#ifndef MF_TABLE_H
#define MF_TABLE_H

#include "intern.h"
#include "mapfiles.h"

/* 32 bytes a mapping: this and its start; 8 more for its place in the order by object, once that is asked for. */
struct mf_row {
	uint64_t end;
	uint64_t offset;
	uint32_t object; /* a number in objects */
	uint32_t prot : 4;
	uint32_t open_mode : 4;
	uint32_t flags : 8;
	uint32_t has : 16;
};

/* What mappings of one thing have in common. Without holes: it is compared as bytes. */
struct mf_table_object {
	uint64_t inode;
	uint64_t page_size;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t kind;
	uint32_t name_len;
	uint32_t name; /* a number in names; 0: no name */
	uint32_t zero;
};

/* A step from the old rows to the new ones. */
struct mf_edit {
	uint32_t type; /* MF_CHANGE_ */
	uint32_t what; /* MF_DIFFERS_; MODIFIED with none is not worth telling */
	uint32_t at; /* the old row, or the one that it is put before */
	uint32_t fresh; /* which of the new rows it is */
	uint32_t after; /* index of after in the new table */
	bool has_before, has_after;
	uint64_t before_start;
	struct mf_row before;
};

struct mf_order;

struct mf_table {
	/* In address order; starts apart, so that a search touches little memory. */
	uint64_t *starts;
	struct mf_row *rows;
	size_t n;

	struct mf_order *
		order; /* made by whoever first asks for it, which several threads may do at once */

	struct mf_intern names, objects;
	size_t collected; /* bytes in both after they were last rid of what nobody uses */

	struct mf_iter_opts opts; /* the iterator's */

	struct mf_edit *edits;
	size_t n_edits, next_edit;
	struct mf_change change;
	struct mf_mapping before, after;
};

static inline const struct mf_table_object *mf_table_object(const struct mf_table *table,
							    const struct mf_row *row)
{
	return mf_intern_get(&table->objects, row->object);
}

/* A row for a mapping; like: another one, tried first as its object, or NULL. 0 or -ENOMEM. */
int mf_table_make_row(struct mf_table *table, const struct mf_mapping *m, const struct mf_row *like,
		      struct mf_row *ret);
void mf_table_show(const struct mf_table *table, uint64_t start, const struct mf_row *row,
		   struct mf_mapping *ret);

/* Room for exactly n rows: 0, or -ENOMEM and there is as much room as before, or more. */
int mf_table_resize(struct mf_table *table, size_t n);

/* Forgets the order by object, of rows that are about to change. */
void mf_table_drop_order(struct mf_table *table);

void mf_table_drop_edits(struct mf_table *table);

#endif
