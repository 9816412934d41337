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

/* The thread that maps was opened through is gone, others are not: from the start, with another. */
static int restart(struct mf_iter *iter)
{
	const int error = mf_space_revive(&iter->proc);

	if (error)
		return error;
	iter->text_from = iter->cursor;
	return start(iter);
}

static int next_line(struct mf_iter *iter, struct mf_record *ret)
{
	char *line;
	size_t len;
	int r = mf_text_line(&iter->text, &line, &len), error;

	if (r <= 0)
		return r;
	error = mf_maps_text_parse(line, len, ret);
	return error ? error : 1;
}

static int next(struct mf_iter *iter, struct mf_record *ret)
{
	const bool all = iter->opts.flags & MF_ITER_ALL;
	int r;

	while ((r = next_line(iter, ret)) > 0 || r == -ESRCH) {
		if (r == -ESRCH) {
			const int error = restart(iter);

			if (error)
				return error;
			continue;
		}
		if (ret->m.end > iter->text_from && (all || mf_file_backed(&ret->m)))
			return 1;
	}
	return r;
}

const struct mf_source mf_source_maps = {
	.id = MF_SOURCE_MAPS,
	.start = start,
	.next = next,
};
