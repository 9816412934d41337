/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header compiles as strict C++11, and its functions have C linkage.
 * Linked and run, so that a name that was mangled is found.
 */
#include <mapfiles.h>
#include <mapfiles.h>

int main()
{
	struct mf_iter_opts opts = mf_iter_opts();
	const struct mf_mapping *mapping = nullptr;
	struct mf_iter *iter = nullptr;

	opts.size = sizeof(opts);
	if (mf_iter_open(0, &opts, &iter) < 0)
		return 1;
	bool listed = mf_next(iter, &mapping) == 1 && mapping->end > mapping->start;
	mf_iter_close(iter);
	return listed ? 0 : 1;
}
