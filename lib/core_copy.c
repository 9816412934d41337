/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A sealed memfd with the bytes of a mapping that a core holds.
 */
#include "core_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core.h"
#include "sys.h"

#define PIECE	  4096u

/* As of a process's memory. */
#define COPY_MOST (1ull << 40)

struct copy {
	const struct mf_core *core;
	uint64_t start, end; /* addresses */
	int fd;
	struct mf_buf holes;
	uint32_t n_holes;
};

static int add_hole(struct copy *copy, uint64_t addr, uint64_t end)
{
	const struct mf_range hole = { addr - copy->start, end - copy->start };
	int error;

	if (addr >= end)
		return 0;
	error = mf_buf_reserve(&copy->holes, (copy->n_holes + (size_t)1) * sizeof(hole));
	if (!error)
		((struct mf_range *)(void *)copy->holes.data)[copy->n_holes++] = hole;
	return error;
}

/* Stops where the core has no more: *ret_end. */
static int copy_run(struct copy *copy, uint64_t addr, uint64_t end, uint64_t *ret_end)
{
	char piece[PIECE];
	int error = 0;

	while (addr < end && !error) {
		const size_t want = end - addr < PIECE ? (size_t)(end - addr) : PIECE;
		const ssize_t n = mf_core_read(copy->core, addr, piece, want);

		if (n <= 0) {
			error = (int)n;
			break;
		}
		error = mf_sys_pwrite_all(copy->fd, piece, (size_t)n, addr - copy->start);
		addr += (uint64_t)n;
	}
	*ret_end = addr;
	return error;
}

static int copy_all(struct copy *copy)
{
	uint64_t addr = copy->start, hole = addr, end;
	struct mf_core_piece piece;
	uint64_t begin;
	bool any = false;
	int error;

	while (addr < copy->end && mf_core_find(copy->core, addr, true, &piece) &&
	       piece.start < copy->end) {
		if (piece.start > addr)
			addr = piece.start;
		end = piece.end < copy->end ? piece.end : copy->end;
		begin = addr;
		error = copy_run(copy, begin, end, &addr);
		if (!error && addr > begin) {
			error = add_hole(copy, hole, begin);
			hole = addr;
			any = true;
		}
		if (error)
			return error;
		addr = end;
	}
	error = add_hole(copy, hole, copy->end);
	return error || any ? error : -EIO;
}

static int make(struct copy *copy)
{
	int error;

	copy->fd = mf_sys_memfd("mapfiles-copy", 0);
	if (copy->fd < 0)
		return copy->fd;
	if (ftruncate(copy->fd, (off_t)(copy->end - copy->start)))
		return -errno;
	error = copy_all(copy);
	return error ? error : mf_sys_seal(copy->fd);
}

int mf_copy_core(struct mf_opening *opening)
{
	struct mf_iter *const iter = opening->iter;
	struct copy copy = {
		.core = iter->core,
		.start = opening->want->start,
		.end = opening->want->end,
		.fd = -1,
	};
	int error;

	if (copy.start >= copy.end)
		return -EINVAL;
	error = copy.end - copy.start > COPY_MOST ? -EFBIG : make(&copy);
	if (error) {
		mf_sys_close(&copy.fd);
		mf_buf_free(&copy.holes);
		return error;
	}
	free(iter->holes);
	iter->holes = (struct mf_range *)(void *)copy.holes.data;
	opening->info = (struct mf_open_info){
		.rung = MF_RUNG_COPY,
		.sure = MF_SURE_COPY,
		.n_holes = copy.n_holes,
		.holes = iter->holes,
	};
	return copy.fd;
}
