/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text in the cells of a terminal: how wide it is, and how it is folded. The text is
 * escaped already, so that each of its characters can be printed.
 */
#ifndef MAPFILES_FOLD_H
#define MAPFILES_FOLD_H

#include <stddef.h>

size_t width_of(const char *text);

/*
 * With a newline wherever a line would be wider: behind a slash, a blank or a comma where
 * there is one. Malloc'ed.
 */
char *fold(const char *text, size_t width);

#endif
