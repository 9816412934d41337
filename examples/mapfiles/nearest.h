/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Did you mean": the names that a mistyped word may stand for.
 */
#ifndef MAPFILES_NEAREST_H
#define MAPFILES_NEAREST_H

#include <stddef.h>

/* "ls or who", malloc'ed; NULL if none is near. */
char *nearest_names(const char *word, const char *const *names, size_t n);

#endif
