/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of byte strings, each kept once and named by a number. Strings are
 * never taken out: who wants that fills a new set.
 */
#ifndef MF_INTERN_H
#define MF_INTERN_H

#include "util.h"

struct mf_intern {
	struct mf_buf bytes; /* entries, 8-aligned; their number is their place there */
	size_t used;
	uint32_t *slots; /* open addressing; 0 is free */
	size_t n_slots, n;
	uint64_t seed;
};

/* Whoever chooses the strings must not know the seed: he could make all fall into one slot. */
void mf_intern_init(struct mf_intern *intern, uint64_t seed);
void mf_intern_free(struct mf_intern *intern);

/* The number of these bytes, never 0: 0 or -ENOMEM. bytes must not be the set's own. */
int mf_intern_add(struct mf_intern *intern, const void *bytes, size_t len, uint32_t *ret);

/* 8-aligned, with a NUL behind; lives until the next add. */
const void *mf_intern_get(const struct mf_intern *intern, uint32_t number);
uint32_t mf_intern_len(const struct mf_intern *intern, uint32_t number);

#endif
