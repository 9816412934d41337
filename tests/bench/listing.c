/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One listing by itself.
 */
#include <errno.h>

#include "extra.h"

int listing_run(const struct listing *listing, const struct subject *subject, uint64_t *ret_ns)
{
	struct call call = { .subject = subject, .how = listing->how };
	uint64_t began = now_ns();
	int ret = listing->run(&call);

	*ret_ns = now_ns() - began;
	/* A target that maps and unmaps meanwhile may be too fast for us: that is no failure. */
	return ret == -EAGAIN ? 0 : ret;
}
