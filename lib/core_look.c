/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is at an address of a core.
 */
#include <string.h>

#include "core.h"

/* The first one that ends above addr: its index, or n. */
static size_t first_load(const struct mf_core *core, uint64_t addr)
{
	const struct mf_core_load *const loads = mf_core_loads(core);
	size_t low = 0, high = core->n_loads;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (loads[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static size_t first_file(const struct mf_core *core, uint64_t addr)
{
	const struct mf_core_file *const files = mf_core_files(core);
	size_t low = 0, high = core->n_files;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (files[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Cuts the piece to where neighbours of addr in one list begin and end. */
static void narrow(struct mf_core_piece *piece, uint64_t start, uint64_t end)
{
	if (start > piece->start)
		piece->start = start;
	if (end < piece->end)
		piece->end = end;
}

bool mf_core_find(const struct mf_core *core, uint64_t addr, bool next, struct mf_core_piece *ret)
{
	const size_t i = first_load(core, addr), j = first_file(core, addr);
	const struct mf_core_load *const load = i < core->n_loads ? &mf_core_loads(core)[i] : NULL;
	const struct mf_core_file *const file = j < core->n_files ? &mf_core_files(core)[j] : NULL;
	struct mf_core_piece piece = { .end = UINT64_MAX };

	piece.load = load && load->start <= addr ? load : NULL;
	piece.file = file && file->start <= addr ? file : NULL;
	if (!piece.load && !piece.file) {
		const uint64_t start = load ? load->start : UINT64_MAX;

		if (!next || (!load && !file))
			return false;
		return mf_core_find(core, file && file->start < start ? file->start : start, false,
				    ret);
	}
	if (piece.load)
		narrow(&piece, load->start, load->end);
	else
		narrow(&piece, i ? mf_core_loads(core)[i - 1].end : 0,
		       load ? load->start : UINT64_MAX);
	if (piece.file)
		narrow(&piece, file->start, file->end);
	else
		narrow(&piece, j ? mf_core_files(core)[j - 1].end : 0,
		       file ? file->start : UINT64_MAX);
	*ret = piece;
	return true;
}

ssize_t mf_core_read(const struct mf_core *core, uint64_t addr, void *buf, size_t size)
{
	size_t i = first_load(core, addr), done = 0;

	for (; done < size && i < core->n_loads; i++) {
		const struct mf_core_load *const load = &mf_core_loads(core)[i];
		const uint64_t skip = addr + done - load->start;
		uint64_t n;
		ssize_t got;

		if (load->start > addr + done || skip >= load->held)
			break;
		n = load->held - skip;
		if (n > size - done)
			n = size - done;
		got = core->bytes.read(core->bytes.ctx, load->at + skip, (char *)buf + done,
				       (size_t)n);
		if (got < 0)
			return got;
		done += (size_t)got;
		if ((uint64_t)got < n || load->held < load->end - load->start)
			break;
	}
	return (ssize_t)done;
}

int mf_core_same_name(const struct mf_core *core, const struct mf_core_file *a,
		      const struct mf_core_file *b)
{
	char x[512], y[512];
	uint32_t done, n;
	int error;

	if (a->name_len != b->name_len)
		return 0;
	for (done = 0; done < a->name_len; done += n) {
		n = a->name_len - done < sizeof(x) ? a->name_len - done : (uint32_t)sizeof(x);
		error = mf_bytes_get(&core->bytes, a->name + done, x, n);
		if (!error)
			error = mf_bytes_get(&core->bytes, b->name + done, y, n);
		if (error)
			return error;
		if (memcmp(x, y, n))
			return 0;
	}
	return a->name_len > 0;
}
