/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which pages of a process are there.
 */
#include "pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sys.h"

/* struct pm_scan_arg and struct page_region, for headers older than Linux 6.7. */
struct scan {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end; /* out: where the walk stopped */
	uint64_t vec;
	uint64_t vec_len;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask; /* all of these, after the inversion */
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};

struct region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};

_Static_assert(sizeof(struct scan) == 96, "the ioctl's number holds the size");

#define PAGEMAP_SCAN	((mf_request)_IOWR('f', 16, struct scan))
#define PAGE_IS_FILE	(1u << 2)
#define PAGE_IS_PRESENT (1u << 3)
#define PAGE_IS_SWAPPED (1u << 4)

#define FRAME_MASK	((1ull << 55) - 1)

int mf_pagemap_open(const struct mf_proc *proc)
{
	return mf_sys_openat(proc->dir_fd, "pagemap", O_RDONLY);
}

int mf_pagemap_read(int pagemap_fd, uint64_t addr, uint64_t *ret_bits, int n)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const ssize_t bytes = mf_sys_pread(pagemap_fd, ret_bits, (size_t)n * sizeof(*ret_bits),
					   addr / page * sizeof(*ret_bits));

	return bytes < 0 ? (int)bytes : (int)((size_t)bytes / sizeof(*ret_bits));
}

uint64_t mf_pagemap_frame(uint64_t bits)
{
	return bits & MF_PAGE_PRESENT ? bits & FRAME_MASK : 0;
}

int mf_pagemap_scan_private(int pagemap_fd, uint64_t start, uint64_t end)
{
	struct region region;
	struct scan scan = {
		.size = sizeof(scan),
		.end = end,
		.vec = (uint64_t)(uintptr_t)&region,
		.vec_len = 1,
		.max_pages = 1,
		.category_inverted = PAGE_IS_FILE,
		.category_mask = PAGE_IS_FILE,
		.category_anyof_mask = PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
		.return_mask = PAGE_IS_PRESENT,
	};
	int n;

	while (start < end) {
		scan.start = start;
		scan.walk_end = start;
		n = ioctl(pagemap_fd, PAGEMAP_SCAN, &scan);
		if (n > 0)
			return 1;
		if (n < 0 && errno != EINTR)
			return -errno;
		/* A walk that gets nowhere would do so for ever. */
		if (!n && scan.walk_end <= start)
			return -EPROTO;
		start = scan.walk_end > start ? scan.walk_end : start;
	}
	return 0;
}
