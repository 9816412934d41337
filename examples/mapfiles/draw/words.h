/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words in the picture: names as they are shown, how wide they are, and how they are
 * written into XML. Wherever text is taken, it is UTF-8 of printable characters.
 */
#ifndef DRAW_WORDS_H
#define DRAW_WORDS_H

#include <stddef.h>
#include <stdio.h>

#include <mapfiles.h>

/* "libc.so.6", "[heap]", "anonymous": malloc'ed. */
char *mapping_label(const struct mf_mapping *m);

/* As in a URL where it does not print; a long one loses its middle. Malloc'ed. */
char *shown_path(const char *path, size_t len);

/* The same of a name that is shown already. Both have a bound, and so has the picture. */
char *told_name(const char *name);

/* At most that wide, in the letters of the picture. */
double text_width(const char *text, double size);

/* Takes text over; what is wider loses its middle. */
char *fit_text(char *text, double size, double width);

void svg_escaped(FILE *to, const char *text);

#endif
