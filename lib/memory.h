/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of a process, without stopping it.
 */
#ifndef MF_MEMORY_H
#define MF_MEMORY_H

#include <sys/types.h>

#include "proc.h"

/*
 * A descriptor whose file offset is the address: read it with mf_sys_pread(),
 * which stops at a hole. Or -errno.
 */
int mf_memory_open(const struct mf_proc *proc);

/* proc->memory_fd, proven to be of the address space that proc pins; or -errno. */
int mf_memory_pin(struct mf_proc *proc);

/*
 * What can be read from addr on, up to size bytes: how many, and fewer only in
 * front of one that cannot; -ESRCH or -ESTALE if the address space is gone; or
 * -errno.
 */
ssize_t mf_memory_read(struct mf_proc *proc, uint64_t addr, void *buf, size_t size);

#endif
