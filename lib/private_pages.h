/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a private mapping has private pages.
 */
#ifndef MF_PRIVATE_PAGES_H
#define MF_PRIVATE_PAGES_H

#include "proc.h"

/*
 * 1 if a page of [start, end), which one object backs, is a copy of the
 * process's own; 0 if none is; or -errno: it may not be looked at.
 */
int mf_private_pages(struct mf_proc *proc, uint64_t start, uint64_t end);

#endif
