/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of a process, without stopping it.
 */
#include "memory.h"

#include <fcntl.h>

#include "sys.h"

/*
 * Through the pinned directory: process_vm_readv(2) takes a pid, which may be
 * another's by now. And it reads what is mapped without PROT_READ too.
 */
int mf_memory_open(const struct mf_proc *proc)
{
	return mf_sys_openat(proc->dir_fd, "mem", O_RDONLY);
}
