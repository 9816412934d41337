/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is learnt of a mapping's object by opening it, and the words for that.
 */
#ifndef MAPFILES_OPENED_H
#define MAPFILES_OPENED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <mapfiles.h>

struct opened {
	int error; /* 0, or why it was not opened for reading: -errno */
	bool looked_at; /* the fields below are set, from an O_PATH descriptor if error is set */
	struct stat st;
	uint32_t rung;
	uint32_t sure;
};

/* Opens the object for reading, or where that is refused looks at it; and closes it. */
void open_object(struct mf_iter *iter, const struct mf_mapping *m, struct opened *o);

const char *type_name(mode_t mode);

#endif
