/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a private mapping has private pages. Faults nothing in.
 */
#include "private_pages.h"

#include <errno.h>
#include <unistd.h>

#include "pagemap.h"
#include "space.h"
#include "sys.h"

/* Pages of which the pagemap is read at once. */
#define PAGES 512

static bool is_private(uint64_t bits)
{
	return bits & (MF_PAGE_PRESENT | MF_PAGE_SWAPPED) && !(bits & MF_PAGE_FILE);
}

/* Page by page, as kernels before Linux 6.7 must be asked. */
static int read_all(int pagemap_fd, uint64_t addr, uint64_t end)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t bits[PAGES];

	while (addr < end) {
		const int n = mf_pagemap_read(pagemap_fd, addr, bits, PAGES);
		int i;

		/* Silence: the address space is gone. */
		if (n <= 0)
			return n ? n : -ESRCH;
		for (i = 0; i < n && addr < end; i++, addr += page) {
			if (is_private(bits[i]))
				return 1;
		}
	}
	return 0;
}

int mf_private_pages(struct mf_proc *proc, uint64_t start, uint64_t end)
{
	int pagemap_fd = mf_pagemap_open(proc), r, error;

	if (pagemap_fd < 0)
		return pagemap_fd;
	r = mf_pagemap_scan_private(pagemap_fd, start, end);
	/* Whatever it says against it: reading has the last word. */
	if (r < 0)
		r = read_all(pagemap_fd, start, end);
	mf_sys_close(&pagemap_fd);
	/* After an exec in between it was another address space's. */
	error = mf_space_same(proc);
	if (error)
		return error;
	/* Silence of a living one tells nothing. */
	return r == -ESRCH ? -EIO : r;
}
