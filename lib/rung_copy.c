/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last rung: a sealed memfd with the bytes that the target sees.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"
#include "opening.h"
#include "sys.h"

#define PIECE 4096

struct copy {
	uint64_t start, end;	/* addresses */
	int memory_fd, copy_fd;
	size_t page;
	struct mf_range *holes;	/* offsets in the copy */
	bool fixed;		/* nothing may be allocated */
	uint32_t n_holes, room;
};

static int add_hole(struct copy *copy, uint64_t addr, uint64_t end)
{
	const struct mf_range hole = { addr - copy->start, end - copy->start };

	if (copy->n_holes && copy->holes[copy->n_holes - 1].end == hole.start) {
		copy->holes[copy->n_holes - 1].end = hole.end;
		return 0;
	}
	if (copy->n_holes == copy->room && copy->fixed)
		return -ENOMEM;
	if (copy->n_holes == copy->room) {
		const uint32_t room = copy->room ? copy->room * 2 : 16;
		struct mf_range *const holes = realloc(copy->holes, room * sizeof(*holes));

		if (!holes)
			return -ENOMEM;
		copy->holes = holes;
		copy->room = room;
	}
	copy->holes[copy->n_holes++] = hole;
	return 0;
}

static int write_all(int fd, const char *bytes, size_t size, uint64_t offset)
{
	while (size) {
		const ssize_t n = pwrite(fd, bytes, size, (off_t)offset);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			offset += (uint64_t)n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static bool is_zero(const char *bytes, size_t size)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, size - 1);
}

/* A read stops before a page that cannot be read; that one alone is left out. */
static int copy_bytes(struct copy *copy)
{
	char piece[PIECE];
	uint64_t addr = copy->start;
	int error = 0;

	while (!error && addr < copy->end) {
		const uint64_t left = copy->end - addr;
		const ssize_t n = mf_sys_pread(copy->memory_fd, piece,
					       left < PIECE ? (size_t)left : PIECE, addr);

		if (n == -ESRCH)
			return -ESRCH;
		if (n <= 0) {
			uint64_t next = (addr / copy->page + 1) * copy->page;

			next = next < copy->end ? next : copy->end;
			error = add_hole(copy, addr, next);
			addr = next;
			continue;
		}
		if (!is_zero(piece, (size_t)n))
			error = write_all(copy->copy_fd, piece, (size_t)n, addr - copy->start);
		addr += (uint64_t)n;
	}
	return error;
}

static int make(struct copy *copy)
{
	int error;

	copy->copy_fd = mf_sys_lift(memfd_create("mapfiles-copy", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	if (copy->copy_fd < 0)
		return -errno;
	if (ftruncate(copy->copy_fd, (off_t)(copy->end - copy->start)))
		return -errno;
	error = copy_bytes(copy);
	if (!error && fcntl(copy->copy_fd, F_ADD_SEALS,
			    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		error = -errno;
	return error;
}

static int open_rung(struct mf_opening *opening)
{
	struct mf_iter *const iter = opening->iter;
	struct copy copy = {
		.start = opening->want->start,
		.end = opening->want->end,
		.page = (size_t)sysconf(_SC_PAGESIZE),
		.memory_fd = mf_memory_open(&iter->proc),
		.copy_fd = -1,
		.fixed = iter->fixed,
	};
	int error = copy.memory_fd < 0 ? copy.memory_fd : make(&copy);

	/* Had it been unmapped meanwhile, these were another mapping's bytes. */
	if (!error)
		error = mf_opening_ask(opening);
	mf_sys_close(&copy.memory_fd);
	if (error) {
		mf_sys_close(&copy.copy_fd);
		free(copy.holes);
		return error;
	}
	free(iter->holes);
	iter->holes = copy.holes;
	opening->info.sure = MF_SURE_COPY;
	opening->info.holes = copy.holes;
	opening->info.n_holes = copy.n_holes;
	return copy.copy_fd;
}

const struct mf_rung mf_rung_copy = { .id = MF_RUNG_COPY, .open = open_rung };
