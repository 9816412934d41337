/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The differences of a table as lines: one for each range of addresses that was
 * mapped, unmapped, protected otherwise or renamed.
 */
#ifndef WATCH_LINES_H
#define WATCH_LINES_H

#include <mapfiles.h>

/* Steps through the differences of the last refresh. print() gets each line, without its newline. */
void watch_lines(struct mf_table *table, void (*print)(const char *line));

#endif
