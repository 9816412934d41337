/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads maps in large pieces and splits it into lines of any length.
 */
#include "maps_read.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sys.h"

/* A read of procfs gives a page at most, whole lines only; less room would cost calls. */
#define TEXT_ROOM 4096

void mf_text_start(struct mf_text *text, int fd)
{
	text->fd = fd;
	text->pos = text->end = 0;
	text->offset = 0;
}

/* No path is so long; a saved tree may hold anything. */
#define LINE_MOST ((size_t)64 << 20)

ssize_t mf_text_more(struct mf_text *text)
{
	const size_t unread = text->end - text->pos;
	ssize_t n;
	int error;

	if (unread > LINE_MOST)
		return -EPROTO;
	if (text->pos) {
		memmove(text->buf.data, text->buf.data + text->pos, unread);
		text->pos = 0;
		text->end = unread;
	}
	error = mf_buf_reserve(&text->buf, unread + TEXT_ROOM + MF_TEXT_SLACK);
	if (error)
		return error;
	/*
	 * pread(2): the descriptor's own position is nobody's business, and a
	 * seq_file goes on from where it stands when the offset is the expected one.
	 */
	n = mf_sys_pread(text->fd, text->buf.data + unread, text->buf.size - unread - MF_TEXT_SLACK,
			 text->offset);
	if (n > 0) {
		text->end += (size_t)n;
		text->offset += (size_t)n;
	}
	memset(text->buf.data + text->end, 0, MF_TEXT_SLACK);
	return n;
}

int mf_text_line(struct mf_text *text, char **ret_line, size_t *ret_len)
{
	size_t searched = 0;
	ssize_t n;

	for (;;) {
		const size_t unread = text->end - text->pos;

		if (unread > searched) {
			char *const line = text->buf.data + text->pos;
			char *const newline = memchr(line + searched, '\n', unread - searched);

			if (newline) {
				*ret_line = line;
				*ret_len = (size_t)(newline - line);
				text->pos += *ret_len + 1;
				return 1;
			}
		}
		searched = unread;
		n = mf_text_more(text);
		if (n < 0)
			return (int)n;
		if (!n)
			return unread ? -EPROTO : 0;
	}
}
