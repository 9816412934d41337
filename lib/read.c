/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads memory.
 */
#include <errno.h>

#include "mapfiles.h"

int64_t mf_read(struct mf_iter *iter, uint64_t addr, void *buf, uint64_t size)
{
	(void)iter, (void)addr, (void)buf, (void)size;
	return -EOPNOTSUPP;
}
