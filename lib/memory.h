/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of a process, without stopping it.
 */
#ifndef MF_MEMORY_H
#define MF_MEMORY_H

#include "proc.h"

/*
 * A descriptor whose file offset is the address: read it with mf_sys_pread(),
 * which stops at a hole. Or -errno.
 */
int mf_memory_open(const struct mf_proc *proc);

#endif
