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

#include "identity.h"
#include "memory.h"
#include "opening.h"
#include "pagemap.h"
#include "sys.h"

#define PIECE	  4096

/* Pages of which the pagemap is read at once. */
#define PAGES	  256

/* Above this the pagemap alone takes too long. */
#define COPY_MOST (1ull << 40)

/* What becomes of a page that is not there. */
enum absent {
	ABSENT_IS_READ, /* the kernel brings it from the disk */
	ABSENT_IS_ZERO, /* never touched */
	/*
	 * Shared memory: reading would allocate it, and may wait for ever for
	 * whoever serves a userfaultfd.
	 */
	ABSENT_IS_HOLE,
};

struct copy {
	uint64_t start, end; /* addresses */
	int memory_fd, pagemap_fd, copy_fd;
	uint64_t page;
	enum absent absent;
	struct mf_range *holes; /* offsets in the copy */
	uint64_t missing; /* bytes in holes */
	uint32_t n_holes, room;
	bool fixed; /* nothing may be allocated */
};

static int add_hole(struct copy *copy, uint64_t addr, uint64_t end)
{
	const struct mf_range hole = { addr - copy->start, end - copy->start };

	copy->missing += end - addr;
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

/* free(3) is not async-signal-safe, not even for NULL; where nothing may be allocated there is nothing to free. */
static void free_holes(struct mf_range *holes)
{
	if (holes)
		free(holes);
}

static bool is_zero(const char *bytes, size_t size)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, size - 1);
}

/* [addr, end) is within one page. */
static int copy_page(struct copy *copy, uint64_t addr, uint64_t end)
{
	char piece[PIECE];

	while (addr < end) {
		const uint64_t left = end - addr;
		const ssize_t n = mf_sys_pread(copy->memory_fd, piece,
					       left < PIECE ? (size_t)left : PIECE, addr);
		int error = 0;

		/* Silence: the address space is gone. */
		if (!n || n == -ESRCH)
			return -ESRCH;
		if (n < 0)
			return add_hole(copy, addr, end);
		if (!is_zero(piece, (size_t)n))
			error = mf_sys_pwrite_all(copy->copy_fd, piece, (size_t)n,
						  addr - copy->start);
		if (error)
			return error;
		addr += (uint64_t)n;
	}
	return 0;
}

static int copy_or_skip(struct copy *copy, uint64_t addr, uint64_t end, uint64_t bits)
{
	if (bits & (MF_PAGE_PRESENT | MF_PAGE_SWAPPED) || copy->absent == ABSENT_IS_READ)
		return copy_page(copy, addr, end);
	return copy->absent == ABSENT_IS_ZERO ? 0 : add_hole(copy, addr, end);
}

static int copy_all(struct copy *copy)
{
	uint64_t bits[PAGES], addr = copy->start;

	while (addr < copy->end) {
		const int n = mf_pagemap_read(copy->pagemap_fd, addr, bits, PAGES);
		int i, error = 0;

		if (n <= 0)
			return n ? n : -ESRCH;
		for (i = 0; i < n && addr < copy->end && !error; i++) {
			const uint64_t next = addr + copy->page;

			error = copy_or_skip(copy, addr, next < copy->end ? next : copy->end,
					     bits[i]);
			addr = next;
		}
		if (error)
			return error;
	}
	/* [vvar] and secret memory cannot be read at all. */
	return copy->missing == copy->end - copy->start ? -EIO : 0;
}

static int make(struct copy *copy)
{
	int error;

	copy->copy_fd = mf_sys_memfd("mapfiles-copy", 0);
	if (copy->copy_fd < 0)
		return copy->copy_fd;
	if (ftruncate(copy->copy_fd, (off_t)(copy->end - copy->start)))
		return -errno;
	error = copy_all(copy);
	return error ? error : mf_sys_seal(copy->copy_fd);
}

/* Mounted, and not in memory: the kernel brings its pages from a disk. */
static bool is_on_disk(const struct mf_opening *opening)
{
	const struct mf_mapping *const m = &opening->now.m;
	struct mf_iter *const iter = opening->iter;
	struct mf_mount mount;

	if (m->dev_major)
		return true;
	return !mf_mount_by_device(&iter->mounts, &iter->proc, m->dev_major, m->dev_minor,
				   &mount) &&
	       !mount.in_memory;
}

static enum absent what_if_absent(const struct mf_opening *opening)
{
	const struct mf_mapping *const m = &opening->now.m;

	switch (mf_kind_of(m, &opening->iter->kernel_fs)) {
	case MF_KIND_ANON:
	case MF_KIND_ANON_NAMED:
	case MF_KIND_HEAP:
	case MF_KIND_STACK:
		return ABSENT_IS_ZERO;
	default:
		/* [vdso] and its like are the kernel's own pages. */
		return !mf_file_backed(m) || is_on_disk(opening) ? ABSENT_IS_READ : ABSENT_IS_HOLE;
	}
}

/* Whether all that is mapped in the range is still what was listed. */
static int check_range(struct mf_opening *opening)
{
	const struct mf_mapping *const want = opening->want;
	struct mf_record now;
	uint64_t addr;
	int r;

	for (addr = want->start; addr < want->end; addr = now.m.end) {
		r = mf_find_next(opening->iter, addr, &opening->iter->now, &now);
		if (r <= 0 || now.m.start >= want->end)
			return r < 0 ? r : 0;
		if (now.m.dev_major != want->dev_major || now.m.dev_minor != want->dev_minor ||
		    now.m.inode != want->inode)
			return -ESTALE;
		if (mf_file_backed(want) &&
		    now.m.offset - now.m.start != want->offset - want->start)
			return -ESTALE;
	}
	return 0;
}

static int make_and_check(struct mf_opening *opening, struct copy *copy)
{
	int error = check_range(opening);

	if (!error)
		error = make(copy);
	/* Silence: either that is gone, or there is nothing to read at such an address. */
	if (error == -ESRCH) {
		error = mf_space_alive(&opening->iter->proc);
		return error ? error : -EIO;
	}
	/* Had it been unmapped or exec'ed meanwhile, these were another mapping's bytes. */
	if (!error)
		error = check_range(opening);
	return error ? error : mf_space_same(&opening->iter->proc);
}

/* A device number that no mount has is that of a server, or of what cannot be opened at all. */
static bool has_no_file(const struct mf_opening *opening)
{
	switch (mf_kind_of(&opening->now.m, &opening->iter->kernel_fs)) {
	case MF_KIND_ANON_INODE:
	case MF_KIND_SOCKET:
	case MF_KIND_SECRETMEM:
	case MF_KIND_AIO:
	case MF_KIND_DMABUF:
		return true;
	default:
		return false;
	}
}

static int refuse(const struct mf_opening *opening)
{
	const struct mf_mapping *const want = opening->want;
	int error;

	if (want->end - want->start > COPY_MOST)
		return -EFBIG;
	if (!mf_file_backed(want) || opening->flags & MF_OPEN_MAY_BLOCK)
		return 0;
	/* A page that is not there would be asked from the server. */
	error = mf_may_block(opening->iter, want);
	if (error <= 0)
		return error;
	return has_no_file(opening) ? -ENXIO : -EREMOTE;
}

static int open_rung(struct mf_opening *opening)
{
	struct mf_iter *const iter = opening->iter;
	struct copy copy = {
		.start = opening->want->start,
		.end = opening->want->end,
		.page = (uint64_t)sysconf(_SC_PAGESIZE),
		.absent = what_if_absent(opening),
		.copy_fd = -1,
		.fixed = iter->fixed,
	};
	int error = refuse(opening);

	if (error)
		return error;
	copy.memory_fd = mf_memory_open(&iter->proc);
	copy.pagemap_fd = mf_pagemap_open(&iter->proc);
	error = copy.memory_fd < 0 ? copy.memory_fd : copy.pagemap_fd < 0 ? copy.pagemap_fd : 0;
	if (!error)
		error = make_and_check(opening, &copy);
	mf_sys_close(&copy.pagemap_fd);
	mf_sys_close(&copy.memory_fd);
	if (error) {
		mf_sys_close(&copy.copy_fd);
		free_holes(copy.holes);
		return error;
	}
	free_holes(iter->holes);
	iter->holes = copy.holes;
	opening->info.sure = MF_SURE_COPY;
	opening->info.holes = copy.holes;
	opening->info.n_holes = copy.n_holes;
	return copy.copy_fd;
}

const struct mf_rung mf_rung_copy = { .id = MF_RUNG_COPY, .open = open_rung };
