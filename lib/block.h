/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one block of memory that an iterator lives in, with all its buffers: a
 * walk allocates only for a name longer than these hold.
 */
#ifndef MF_BLOCK_H
#define MF_BLOCK_H

#include "iter.h"

/* NULL if there is no memory. */
struct mf_iter *mf_block_new(void);

/* In memory that may not grow; NULL if size is too small. */
struct mf_iter *mf_block_place(void *memory, size_t size);

void mf_block_free(struct mf_iter *iter);

#endif
