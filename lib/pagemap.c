/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which pages of a process are there.
 */
#include "pagemap.h"

#include <fcntl.h>
#include <unistd.h>

#include "sys.h"

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
