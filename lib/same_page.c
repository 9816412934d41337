/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a file's page is the very one that a process has mapped: two mappings
 * of one file have the same page frames. Changes nothing in the process.
 */
#include "same_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pagemap.h"
#include "sys.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14 */
#endif

#define SAMPLE_PAGES 64

struct looks {
	const struct mf_mapping *m;
	int file_fd, target_fd, own_fd; /* the file; pagemap of the target and of our own */
	size_t page;
};

/* The frame of the file's own page at addr, 0 if none is told. */
static uint64_t frame_at(int pagemap_fd, uint64_t addr)
{
	uint64_t bits;

	if (mf_pagemap_read(pagemap_fd, addr, &bits, 1) != 1 || !(bits & MF_PAGE_FILE))
		return 0;
	return mf_pagemap_frame(bits);
}

/* Of a page of our own mapping at that offset. madvise(2) fails where touching would be SIGBUS. */
static uint64_t own_frame(const struct looks *looks, uint64_t offset)
{
	void *const memory =
		mmap(NULL, looks->page, PROT_READ, MAP_SHARED, looks->file_fd, (off_t)offset);
	uint64_t frame = 0;

	if (memory == MAP_FAILED)
		return 0;
	if (!madvise(memory, looks->page, MADV_POPULATE_READ))
		frame = frame_at(looks->own_fd, (uint64_t)(uintptr_t)memory);
	munmap(memory, looks->page);
	return frame;
}

static bool is_same(const struct looks *looks, uint64_t addr)
{
	const uint64_t frame = frame_at(looks->target_fd, addr);

	/* Asked again behind: the frame may have been given to another file in between. */
	return frame && own_frame(looks, looks->m->offset + (addr - looks->m->start)) == frame &&
	       frame_at(looks->target_fd, addr) == frame;
}

static bool sample_is_same(const struct looks *looks)
{
	const uint64_t n_pages = (looks->m->end - looks->m->start) / looks->page;
	const uint64_t step = mf_max_u64(n_pages / SAMPLE_PAGES, 1);
	uint64_t i;

	for (i = 0; i < n_pages; i += step) {
		if (is_same(looks, looks->m->start + i * looks->page))
			return true;
	}
	return false;
}

bool mf_same_page(const struct mf_proc *proc, int fd, const struct mf_mapping *m)
{
	struct looks looks = {
		.m = m,
		.file_fd = fd,
		.target_fd = mf_pagemap_open(proc),
		.own_fd = mf_sys_openat(AT_FDCWD, "/proc/thread-self/pagemap", O_RDONLY),
		.page = (size_t)sysconf(_SC_PAGESIZE),
	};
	const bool same = looks.target_fd >= 0 && looks.own_fd >= 0 && sample_is_same(&looks);

	mf_sys_close(&looks.own_fd);
	mf_sys_close(&looks.target_fd);
	return same;
}
