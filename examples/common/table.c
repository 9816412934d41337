/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables by libsmartcols.
 */
#include <unistd.h>

#include "table.h"
#include "text.h"

struct libscols_table *table_new(const struct table_column *columns, size_t n)
{
	struct libscols_table *table = not_null(scols_new_table());
	size_t i;

	scols_table_enable_noencoding(table, 1);
	scols_table_set_termforce(table, isatty(STDOUT_FILENO) ? SCOLS_TERMFORCE_ALWAYS :
								 SCOLS_TERMFORCE_NEVER);
	scols_table_set_stream(table, stdout);
	for (i = 0; i < n; i++)
		not_null(scols_table_new_column(table, columns[i].heading, 0, columns[i].flags));
	return table;
}

void table_set(struct libscols_line *line, size_t column, char *text)
{
	if (scols_line_refer_data(line, column, text) != 0)
		not_null(NULL);
}

void table_print(struct libscols_table *table)
{
	if (scols_print_table(table) < 0)
		not_null(NULL);
	scols_unref_table(table);
}
