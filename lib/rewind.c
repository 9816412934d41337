/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Begins a walk anew.
 */
#include <errno.h>

#include "mapfiles.h"

int mf_iter_rewind(struct mf_iter *iter)
{
	(void)iter;
	return -EOPNOTSUPP;
}
