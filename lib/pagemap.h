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

#endif
