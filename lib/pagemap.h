/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which pages of a process are there, from /proc/PID/pagemap: looking at it
 * faults nothing in.
 */
#ifndef MF_PAGEMAP_H
#define MF_PAGEMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "proc.h"

#define MF_PAGE_FILE	(1ull << 61) /* the file's own page, or shared memory: no private copy */
#define MF_PAGE_SWAPPED (1ull << 62)
#define MF_PAGE_PRESENT (1ull << 63)

/* A descriptor, or -errno. */
int mf_pagemap_open(const struct mf_proc *proc);

/* The bits of n pages from addr on: how many were read, or -errno. */
int mf_pagemap_read(int pagemap_fd, uint64_t addr, uint64_t *ret_bits, int n);

/*
 * PAGEMAP_SCAN (Linux 6.7), which skips what is not there: 1 if a page of
 * [start, end) is there and not the file's own, 0 if none is, or -errno: this
 * kernel has no such ioctl, or it failed.
 */
int mf_pagemap_scan_private(int pagemap_fd, uint64_t start, uint64_t end);

/* The page frame, or 0 if there is none or the caller may not know: CAP_SYS_ADMIN. */
uint64_t mf_pagemap_frame(uint64_t bits);

#endif
