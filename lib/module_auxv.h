/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel told the program of its own image when it started it.
 */
#ifndef MF_MODULE_AUXV_H
#define MF_MODULE_AUXV_H

#include "iter.h"

/* Addresses; 0: it was not told. */
struct mf_auxv {
	uint64_t phdr; /* the program's headers */
	uint64_t base; /* the dynamic linker */
	uint64_t vdso;
};

/* 0, or -errno. The process may have changed what is there: not to be trusted. */
int mf_auxv_read(struct mf_iter *iter, struct mf_auxv *ret);

#endif
