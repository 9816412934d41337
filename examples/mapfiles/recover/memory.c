/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Saving what the process sees of it in memory, where the file cannot be had.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "../../common/kind.h"
#include "../../common/sparse.h"
#include "../command.h"
#include "recover.h"

/* Copy what lies between the holes of a mapping's copy to its place in the file. */
static off_t place_piece(int in, const struct mf_open_info *info, const struct found *piece,
			 int out)
{
	uint64_t at = 0, end, len = piece->end - piece->start;
	bool is_copy = info->rung == MF_RUNG_COPY;
	off_t n, total = 0;
	uint64_t i;

	for (i = 0; i <= (is_copy ? info->n_holes : 0); i++) {
		end = is_copy && i < info->n_holes ? info->holes[i].start : len;
		n = copy_range(in, (off_t)(is_copy ? at : piece->offset + at), out,
			       (off_t)(piece->offset + at), (off_t)(end - at));
		if (n < 0)
			return -1;
		total += n;
		at = is_copy && i < info->n_holes ? info->holes[i].end : len;
	}
	return total;
}

static off_t save_piece(struct mf_iter *iter, const struct mf_mapping *m, const struct found *piece,
			int out)
{
	const struct mf_open_info *info;
	int in = mf_open_fd(iter, m, MF_OPEN_COPY);
	off_t n = -1;

	if (in < 0) {
		fail("a piece is left out", in);
		return 0;
	}
	if (mf_open_info(iter, &info) == 0)
		n = place_piece(in, info, piece, out);
	close(in);
	if (n < 0)
		return -1;
	printf("  offset %llx-%llx: %lld bytes from memory%s\n", (unsigned long long)piece->offset,
	       (unsigned long long)(piece->offset + piece->end - piece->start), (long long)n,
	       piece->prot & MF_PROT_WRITE && !(piece->flags & MF_MAPPING_SHARED) ?
		       ", which the process may have changed for itself" :
		       "");
	return n;
}

/* Private writable memory first: what is read-only or shared is nearer to the file and wins. */
static off_t save_pieces(int pid, const struct found *f, bool changeable, int out)
{
	const struct mf_mapping *m;
	struct found piece;
	struct mf_iter *iter;
	off_t n, total = 0;
	int ret = mf_iter_open(pid, NULL, &iter);

	if (ret < 0) {
		fail("the process cannot be listed", ret);
		return 0;
	}
	while ((ret = mf_next(iter, &m)) > 0) {
		piece = (struct found){ .start = m->start,
					.end = m->end,
					.offset = m->offset,
					.prot = m->prot,
					.flags = m->flags };
		if (!is_same_object(f, m) ||
		    changeable != (m->prot & MF_PROT_WRITE && !(m->flags & MF_MAPPING_SHARED)))
			continue;
		n = save_piece(iter, m, &piece, out);
		if (n < 0) {
			fail_errno("a piece is left out");
			continue;
		}
		total += n;
	}
	if (ret < 0)
		fail("the list of its pieces is cut off", ret);
	mf_iter_close(iter);
	return total;
}

/* Offsets mean nothing there, and pieces of one name are not of one object: it stands alone. */
static off_t save_plain_memory(struct mf_iter *iter, const struct found *f, int out)
{
	struct found piece = *f;
	const struct mf_mapping *m;
	off_t n;
	int ret = mf_find(iter, f->start, &m);

	if (ret <= 0) {
		fail("the mapping", ret ? ret : -ESTALE);
		return 0;
	}
	piece.start = m->start;
	piece.end = m->end;
	piece.offset = 0;
	n = save_piece(iter, m, &piece, out);
	if (n < 0)
		fail_errno("the copy is cut off");
	return n;
}

int save_memory(struct mf_iter *iter, int pid, const struct found *f, const char *path)
{
	int out = out_begin(path);
	off_t total;

	if (out < 0)
		return STATUS_FAILED;
	if (is_plain_memory(f->kind)) {
		total = save_plain_memory(iter, f, out);
	} else {
		total = save_pieces(pid, f, true, out);
		total += save_pieces(pid, f, false, out);
	}
	out_end(out, path);
	if (total <= 0) {
		unlink(path);
		complain("nothing could be read from memory either");
		return STATUS_FAILED;
	}
	if (is_plain_memory(f->kind))
		printf("  no file is behind it: this is the process's memory, which it may have "
		       "changed meanwhile\n");
	else
		printf("  THIS IS NOT THE FILE but what the process sees of it: all else is zero, and up\n"
		       "  to a page of zeros may follow the true end\n");
	return STATUS_ATTENTION;
}
