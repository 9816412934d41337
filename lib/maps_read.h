/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads maps in large pieces and splits it into lines of any length. Knows
 * nothing of their fields.
 */
#ifndef MF_MAPS_READ_H
#define MF_MAPS_READ_H

#include <sys/types.h>

#include "util.h"

/* So many bytes behind the text may be read: they are zero. */
#define MF_TEXT_SLACK 16

struct mf_text {
	int fd; /* not owned */
	struct mf_buf buf;
	size_t pos, end; /* unread bytes of buf; zeros are behind them */
	uint64_t offset; /* of the next read, in the file */
};

/* Forgets what was read; the buffer stays. */
void mf_text_start(struct mf_text *text, int fd);

/*
 * The next line, without its newline: 1, 0 at the end of the file, -EPROTO if
 * the file ends in mid-line, or -errno. The line and the byte after it may be
 * written; they live until the next call.
 */
int mf_text_line(struct mf_text *text, char **ret_line, size_t *ret_len);

/* Reads on, behind what is unread: how many bytes, 0 at the end of the file, or -errno. Moves it. */
ssize_t mf_text_more(struct mf_text *text);

#endif
