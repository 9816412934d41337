/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares the memory of a mapping with a file. A sample: it can prove that
 * they differ, never that they are the same.
 */
#include "content.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "pagemap.h"
#include "sys.h"

#define SAMPLE_PAGES  32
#define COMPARE_TRIES 3 /* somebody may be writing the file */

static bool is_file_page(int pagemap_fd, uint64_t addr)
{
	uint64_t bits;

	return mf_pagemap_read(pagemap_fd, addr, &bits, 1) == 1 && bits & MF_PAGE_PRESENT &&
	       bits & MF_PAGE_FILE;
}

struct comparison {
	const struct mf_mapping *m;
	int file_fd, memory_fd, pagemap_fd;
};

/* Unequal in every try; what cannot be read proves nothing. */
static bool page_differs(const struct comparison *c, uint64_t addr, size_t page)
{
	static const size_t piece = 1024;
	char a[1024], b[1024];
	size_t done;
	int tries;

	for (done = 0; done < page; done += piece) {
		for (tries = 0; tries < COMPARE_TRIES; tries++) {
			const ssize_t n = mf_sys_pread(c->file_fd, b, piece,
						       c->m->offset + (addr - c->m->start) + done);

			if (n <= 0 || mf_sys_pread(c->memory_fd, a, (size_t)n, addr + done) != n)
				return false;
			if (!memcmp(a, b, (size_t)n))
				break;
		}
		if (tries == COMPARE_TRIES)
			return true;
	}
	return false;
}

static bool sample_differs(const struct comparison *c)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const uint64_t n_pages = (c->m->end - c->m->start) / page;
	const uint64_t step = mf_max_u64(n_pages / SAMPLE_PAGES, 1);
	uint64_t i;

	for (i = 0; i < n_pages; i += step) {
		const uint64_t addr = c->m->start + i * page;

		/* Asked again behind: it may have become a private copy in between. */
		if (is_file_page(c->pagemap_fd, addr) && page_differs(c, addr, page) &&
		    is_file_page(c->pagemap_fd, addr))
			return true;
	}
	return false;
}

bool mf_content_differs(struct mf_iter *iter, int fd, const struct mf_mapping *m)
{
	struct comparison c = {
		.m = m,
		.memory_fd = mf_memory_open(&iter->proc),
		.pagemap_fd = mf_pagemap_open(&iter->proc),
		/* Our reading is nobody's access; refused unless the file is ours. */
		.file_fd = mf_sys_reopen(mf_proc_root(&iter->proc), fd,
					 O_RDONLY | O_NONBLOCK | O_NOATIME),
	};
	bool differs = false;

	if (c.file_fd < 0)
		c.file_fd = mf_sys_reopen(mf_proc_root(&iter->proc), fd, O_RDONLY | O_NONBLOCK);
	if (c.memory_fd >= 0 && c.pagemap_fd >= 0 && c.file_fd >= 0)
		differs = sample_differs(&c);
	mf_sys_close(&c.file_fd);
	mf_sys_close(&c.pagemap_fd);
	mf_sys_close(&c.memory_fd);
	return differs;
}
