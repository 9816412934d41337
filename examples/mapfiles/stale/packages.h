/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which package of Debian's a file belongs to, or belonged to before it was replaced: from
 * dpkg's own lists, those of the root directory that the process lives in. All that is
 * wanted is asked for first, then each database is read once.
 */
#ifndef STALE_PACKAGES_H
#define STALE_PACKAGES_H

#include "view.h"

struct packages;

struct packages *packages_new(const struct views *views);

/* Below the view's root. Whether there is a database at all. */
bool packages_want(struct packages *packages, const struct view *view, const char *name);

/* As dpkg -S names it; NULL if no package has that name. Valid until packages_free(). */
const char *packages_get(struct packages *packages, const struct view *view, const char *name);

void packages_free(struct packages *packages);

#endif
