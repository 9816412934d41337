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
	iter->memo = (struct mf_line_memo){ 0 };
	return 0;
}

/* The thread that maps was opened through is gone, others are not: from the start, with another. */
static int restart(struct mf_iter *iter)
{
	const int error = mf_space_revive(&iter->proc);

	if (error)
		return error;
	iter->text_from = iter->cursor;
	iter->plain = false;
	return start(iter);
}

static int next_line(struct mf_iter *iter, struct mf_record *ret)
{
	struct mf_text *const text = &iter->text;
	ssize_t n;

	for (;;) {
		n = mf_maps_text_parse(text->buf.data + text->pos, text->end - text->pos,
				       &iter->memo, ret);
		if (n) {
			text->pos += n > 0 ? (size_t)n : 0;
			return n > 0 ? 1 : (int)n;
		}
		/* What is remembered is about to be overwritten. */
		iter->memo = (struct mf_line_memo){ 0 };
		n = mf_text_more(text);
		if (n < 0)
			return (int)n;
		if (!n)
			return text->end > text->pos ? -EPROTO : 0;
	}
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
