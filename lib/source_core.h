/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mappings of an ELF core as records.
 */
#ifndef MF_SOURCE_CORE_H
#define MF_SOURCE_CORE_H

#include "iter.h"

/* The mapping that holds addr, or with next the first behind it: 1, 0, or -errno. */
int mf_core_find_record(struct mf_iter *iter, uint64_t addr, bool next, struct mf_buf *name,
			struct mf_record *ret);

#endif
