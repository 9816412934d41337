/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walk by the text of maps. Every kernel has it.
 */
#include <errno.h>

#include "iter.h"
#include "maps_text.h"

static int start(struct mf_iter *iter)
{
	mf_text_start(&iter->text, iter->proc.maps_fd);
	return 0;
}

static int next(struct mf_iter *iter, struct mf_record *ret)
{
	const bool all = iter->opts.flags & MF_ITER_ALL;
	char *line;
	size_t len;
	int r;

	while ((r = mf_text_line(&iter->text, &line, &len)) > 0) {
		const int error = mf_maps_text_parse(line, len, ret);

		if (error)
			return error;
		if (all || mf_file_backed(&ret->m))
			return 1;
	}
	return r;
}

const struct mf_source mf_source_maps = {
	.id = MF_SOURCE_MAPS,
	.start = start,
	.next = next,
};
