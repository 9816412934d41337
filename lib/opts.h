/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Option structs that begin with their own size, as callers of any age give them.
 */
#ifndef MF_OPTS_H
#define MF_OPTS_H

#include <stddef.h>

/*
 * Copies what this library knows of opts, which may be NULL, to ret; the rest
 * is zero. size_first: of the first version, which every caller has.
 * 0, -EINVAL if it is smaller, or -E2BIG if what is unknown is not zero.
 */
int mf_opts_copy(const void *opts, size_t size_first, void *ret, size_t ret_size);

#endif
