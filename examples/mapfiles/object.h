/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object behind one address, opened: what open and cat begin with.
 */
#ifndef MAPFILES_OBJECT_H
#define MAPFILES_OBJECT_H

#include <argp.h>
#include <stdint.h>
#include <sys/stat.h>

#include <mapfiles.h>

#include "output.h"
#include "subject.h"

struct object {
	/* Of the options. */
	struct subject subject;
	uint32_t flags; /* MF_OPEN_ */
	const char *address;
	/* Behind object_open(). */
	int fd;
	struct stat st;
	uint32_t rung, sure; /* MF_RUNG_, MF_SURE_ */
	uint64_t start, end, offset, prot, kind;
	bool has_offset, has_deleted, deleted;
	char *name; /* escaped, with its marks */
	char *path; /* raw, NULL if it has none */
	uint32_t path_len;
};

/* The options that say how it is opened, and those of its subject; input: struct object *. */
extern const struct argp object_argp;

/* Takes process and address from the words; wrong usage if there are not exactly these. */
void object_take(struct object *object, struct argp_state *state);

/* Opens it. Returns a status, after a message unless it is STATUS_OK. */
int object_open(struct object *object);

/* STATUS_OK if it is proven to be the mapped object; else STATUS_ATTENTION, and says so. */
int object_status(const struct object *object);

void object_close(struct object *object);

#endif
