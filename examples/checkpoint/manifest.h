/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A dump as manifest.json; checkpoint --help tells what stands in it. */
#ifndef CHECKPOINT_MANIFEST_H
#define CHECKPOINT_MANIFEST_H

#include <stdbool.h>

#include "model.h"

#define MANIFEST	"manifest.json"
#define MANIFEST_FORMAT "libmapfiles checkpoint"

enum { MANIFEST_VERSION = 1 };

/* Into the directory, whole and on the disk, or not at all: false after a message. */
bool manifest_write(const struct checkpoint *c, int directory_fd);

/*
 * Whoever wrote it may mean harm: whatever is returned true for can be used without
 * another check of its numbers and of the images' names. False after a message.
 */
bool manifest_read(struct checkpoint *c, int directory_fd);

#endif
