/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Option structs that begin with their own size.
 */
#include "opts.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define SIZE_MOST 4096

int mf_opts_copy(const void *opts, size_t size_first, void *ret, size_t ret_size)
{
	const char *const bytes = opts;
	uint32_t size = (uint32_t)ret_size;
	size_t i;

	memset(ret, 0, ret_size);
	memcpy(ret, &size, sizeof(size));
	if (!opts)
		return 0;
	memcpy(&size, opts, sizeof(size));
	if (size < size_first)
		return -EINVAL;
	if (size > SIZE_MOST)
		return -E2BIG;
	for (i = ret_size; i < size; i++) {
		if (bytes[i])
			return -E2BIG;
	}
	memcpy(ret, opts, size < ret_size ? size : ret_size);
	return 0;
}
