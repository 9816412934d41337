/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parses one line of maps. Does no I/O.
 */
#ifndef MF_MAPS_TEXT_H
#define MF_MAPS_TEXT_H

#include <stddef.h>
#include <sys/types.h>

#include "record.h"

/*
 * What the last line said: mappings of one object lie behind each other, and
 * their lines differ in the addresses only. Points into the text, so it is
 * cleared when the text moves.
 */
struct mf_line_memo {
	uint64_t digits,
		number; /* the first eight digits of an address, and their value; 0: none */
	const char *tail; /* from the device on; NULL: nothing is remembered */
	size_t tail_len;
	size_t path_at; /* where in the tail the path begins */
	uint64_t inode;
	uint32_t dev_major, dev_minor;
	bool escaped;
	/*
	 * Which record is still as it was parsed from that line, with nothing added
	 * but what is true of every line with that tail; NULL: none.
	 */
	const struct mf_record *completed;
};

/*
 * The first line of len bytes of text, with MF_TEXT_SLACK zero bytes behind
 * them; its newline is overwritten with the NUL that ends the path. memo: of
 * the line before, or all zero. The length of the line with its newline, 0 if that is not
 * there yet; or -EPROTO, and then *ret and *memo are worth nothing.
 */
ssize_t mf_maps_text_parse(char *text, size_t len, struct mf_line_memo *memo,
			   struct mf_record *ret);

/* As mf_text_line() gives it, with nothing remembered: 0 or -EPROTO. */
int mf_maps_text_parse_alone(char *line, size_t len, struct mf_record *ret);

#endif
