/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The content of an object, on its way to or from its image. Pages of zeros are not
 * written, so that a hole stays a hole and what is zero becomes one.
 *
 * The hash is over blocks of 4096 bytes, the last one filled up with zeros, and leaves
 * those out that are all zero: it does not depend on where the holes are. From
 * h = 0xcbf29ce484222325, step(v) being h = (h ^ v) * 0x100000001b3, h ^= h >> 32 modulo
 * 2^64, it takes for each block step(number of the block, from 0), then step() of each of
 * its 512 little-endian words. It tells a damaged image, not a forged one.
 */
#ifndef CHECKPOINT_IMAGE_H
#define CHECKPOINT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct copy {
	int in;
	uint64_t size;
	int out; /* -1: nowhere, or to memory */
	char *memory; /* instead of out: size bytes, which are zero */
	bool (*go_on)(void *data, uint64_t at); /* NULL, or false to end it */
	void *data;
	/* Behind it. */
	uint64_t hash, n_data;
};

/* 0 or -errno: -ENODATA if in is shorter than size, -ECANCELED for go_on(). */
int copy_image(struct copy *copy);

#endif
