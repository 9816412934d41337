/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a file's page is the very one that a process has mapped.
 */
#ifndef MF_SAME_PAGE_H
#define MF_SAME_PAGE_H

#include "proc.h"

/*
 * True if a page of the mapping is, in the machine's memory, a page of the file
 * fd: that proves the file where no number does. False: not proven, for want of
 * CAP_SYS_ADMIN, or because no page is there.
 */
bool mf_same_page(const struct mf_proc *proc, int fd, const struct mf_mapping *m);

#endif
