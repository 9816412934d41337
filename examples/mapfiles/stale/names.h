/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Under which names dpkg may list a file that the kernel shows under one: /lib and /usr/lib
 * may be the same directory, a package may have diverted the file, and a library that was
 * replaced by a newer version has lost its name, but not the link of its soname.
 */
#ifndef STALE_NAMES_H
#define STALE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* dpkg-divert(1): the file that packages call from is to, but that of by, if it has one. */
struct diversion {
	char *from, *to, *by;
};

struct naming {
	struct diversion *diversions;
	size_t n;
	unsigned int merged; /* bits: which of the directories in / are links into /usr */
};

/* diversions is the text of dpkg's file, which is changed; or NULL. */
void naming_read(struct naming *naming, int root_fd, char *diversions);
void naming_free(struct naming *naming);

struct spelling {
	char *name;
	const char *only, *except; /* NULL, or the one package that the name is of, or is not of */
};

/* The likeliest first. */
struct spellings {
	struct spelling *list;
	size_t n;
};

void spellings_of(const struct naming *naming, const char *name, struct spellings *ret);
void spellings_free(struct spellings *spellings);

/* owner may have its architecture behind a colon. */
bool spelling_allows(const struct spelling *spelling, const char *owner);

#endif
