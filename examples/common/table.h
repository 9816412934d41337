/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables by libsmartcols. On a terminal they are as wide as it is, and long cells
 * are folded, so that nothing is cut off; elsewhere a row is a line.
 */
#ifndef COMMON_TABLE_H
#define COMMON_TABLE_H

#include <stddef.h>

#include <libsmartcols.h>

struct table_column {
	const char *heading;
	int flags; /* SCOLS_FL_: the columns to fold have SCOLS_FL_WRAP */
};

/* Memory that runs out ends the program. What the table holds is escaped already. */
struct libscols_table *table_new(const struct table_column *columns, size_t n);

/* Takes text over, which is malloc'ed. */
void table_set(struct libscols_line *line, size_t column, char *text);

/* To standard output; the table is gone then. */
void table_print(struct libscols_table *table);

#endif
