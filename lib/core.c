/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An ELF core.
 */
#include <errno.h>

#include "mapfiles.h"

int mf_iter_open_core(int core_fd, const struct mf_iter_opts *opts, struct mf_iter **ret_iter)
{
	(void)core_fd, (void)opts, (void)ret_iter;
	return -EOPNOTSUPP;
}
