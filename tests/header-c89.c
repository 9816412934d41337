/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header compiles as strict C89 and as strict C17, first in a file and twice.
 * Only compiled, never run.
 */
#include <mapfiles.h>
#include <mapfiles.h>

int mf_header_c(struct mf_iter *iter);

int mf_header_c(struct mf_iter *iter)
{
	const struct mf_mapping *mapping;
	struct mf_iter_opts opts;

	opts.size = sizeof(opts);
	opts.flags = MF_ITER_ALL | MF_ITER_STAT;
	return mf_next(iter, &mapping) + (int)opts.size;
}
