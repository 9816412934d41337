/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of a process, without stopping it.
 */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "space.h"
#include "sys.h"

/* Nothing is ever mapped in the last page, and lseek(2) takes its addresses for errors. */
#define LAST_PAGE (UINT64_MAX - 4095)

/* No architecture maps there: an address space that is alive says -EIO. */
#define NOWHERE	  ((uint64_t)INT64_MAX - 4095)

/* Less than the kernel reads in one call. */
#define PIECE	  ((size_t)1 << 30)

/*
 * Through the pinned directory: process_vm_readv(2) takes a pid, which may be
 * another's by now. And it reads what is mapped without PROT_READ too.
 */
int mf_memory_open(const struct mf_proc *proc)
{
	return mf_sys_openat(proc->dir_fd, "mem", O_RDONLY);
}

/* Before Linux 6.12 mem of a dead thread can be opened, and reads as empty. */
static bool has_space(int memory_fd)
{
	char byte;

	return mf_sys_pread(memory_fd, &byte, 1, NOWHERE) != 0;
}

static int open_proven(struct mf_proc *proc)
{
	int fd = mf_memory_open(proc), error;

	if (fd >= 0 && !has_space(fd)) {
		mf_sys_close(&fd);
		fd = -ESRCH;
	}
	if (fd == -ENOENT)
		fd = -ESRCH;
	/* Asked behind the opening: an exec before it would show here. And a thread that lives is found. */
	error = mf_space_proven(proc);
	if (error)
		mf_sys_close(&fd);
	return error ? error : fd;
}

int mf_memory_pin(struct mf_proc *proc)
{
	int fd;

	if (proc->memory_fd >= 0)
		return proc->memory_fd;
	fd = open_proven(proc);
	if (fd == -ESRCH)
		fd = open_proven(proc);
	if (fd >= 0)
		proc->memory_fd = fd;
	return fd;
}

/* pread(2) refuses the upper half of the addresses, where sparc64 has its libraries. */
static ssize_t read_upper_half(int memory_fd, uint64_t addr, void *buf, size_t size)
{
	ssize_t n;

	if (addr >= LAST_PAGE)
		return -EIO;
	if (lseek(memory_fd, (off_t)addr, SEEK_SET) != (off_t)addr)
		return -errno;
	do
		n = read(memory_fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t read_piece(int memory_fd, uint64_t addr, void *buf, size_t size)
{
	if (size > PIECE)
		size = PIECE;
	if (addr >> 63)
		return read_upper_half(memory_fd, addr, buf, size);
	return mf_sys_pread(memory_fd, buf, size, addr);
}

ssize_t mf_memory_read(struct mf_proc *proc, uint64_t addr, void *buf, size_t size)
{
	const int fd = mf_memory_pin(proc);
	size_t done = 0;

	if (fd < 0)
		return fd;
	/* One that reaches around the end of the address space is refused as a whole. */
	if (size > UINT64_MAX - addr)
		size = (size_t)(UINT64_MAX - addr);
	while (done < size) {
		const ssize_t n = read_piece(fd, addr + done, (char *)buf + done, size - done);

		if (n == -EIO)
			break;
		if (!n)
			return mf_space_gone(proc);
		if (n < 0)
			return n;
		done += (size_t)n;
	}
	return (ssize_t)done;
}
