/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls as the library wants them: -errno in the return value, EINTR
 * repeated, descriptors close-on-exec and never 0, 1 or 2. No policy.
 */
#ifndef MF_SYS_H
#define MF_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/vfs.h>

#include "statx.h"

/* openat2(2), for headers older than Linux 5.6. */
struct mf_open_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};

#define MF_RESOLVE_NO_XDEV	 0x01
#define MF_RESOLVE_NO_MAGICLINKS 0x02
#define MF_RESOLVE_NO_SYMLINKS	 0x04
#define MF_RESOLVE_IN_ROOT	 0x10
#define MF_RESOLVE_CACHED	 0x20 /* Linux 5.12 */

/* What ioctl(2) takes for a request: POSIX and musl say int. */
#ifdef __GLIBC__
typedef unsigned long mf_request;
#else
typedef int mf_request;
#endif

int mf_sys_openat(int dir_fd, const char *name, int flags);
int mf_sys_openat2(int dir_fd, const char *name, int flags, uint64_t resolve);
void mf_sys_close(int *fd);
ssize_t mf_sys_pread(int fd, void *buf, size_t size, uint64_t offset);
ssize_t mf_sys_readlinkat(int dir_fd, const char *name, char *buf, size_t size);
ssize_t mf_sys_getdents64(int fd, void *buf, size_t size);

/* Alignment and room for a piece of a directory. */
#define MF_DIRENTS_ALIGN _Alignas(uint64_t)
#define MF_DIRENTS_SIZE	 2048

/*
 * The name of the entry at *pos of what getdents64(2) wrote, and *pos moved to
 * the next one; NULL if no whole entry is there.
 */
const char *mf_sys_next_entry(const char *bytes, size_t len, size_t *pos);

/*
 * What is behind name, or behind dir_fd itself if name is "". Never asks a
 * server (FUSE, NFS): what the kernel knows already is the answer.
 */
int mf_sys_statx(int dir_fd, const char *name, int flags, struct statx *ret);
/* The size of what is open for data, as reads will find it: a server is asked. */
int mf_sys_size(int fd, uint64_t *ret);

int mf_sys_fstatfs(int fd, struct statfs *ret);

/* Both are of the same object, as far as device and inode tell. */
bool mf_same_object(const struct statx *a, const struct statx *b);

/* A memfd that can be sealed, whatever vm.memfd_noexec asks for. */
int mf_sys_memfd(const char *name, unsigned int flags);

/* Nobody writes to it, resizes it, or seals it any more. */
int mf_sys_seal(int memfd);

/* All of it, or -errno. */
int mf_sys_pwrite_all(int fd, const char *bytes, size_t size, uint64_t offset);

int mf_sys_eventfd(void);

/* struct file_handle of <fcntl.h>, with room. */
struct mf_handle {
	uint32_t len;
	int32_t type;
	unsigned char bytes[128];
};

/*
 * The handle of what fd (O_PATH is enough) refers to, for telling it from
 * others: 0, -EOPNOTSUPP if its file system has none, or -errno.
 */
int mf_sys_handle(int fd, struct mf_handle *ret);

/* 0 if there is none to be had now. */
uint64_t mf_sys_random(void);

/*
 * Another open file description of what fd (O_PATH) refers to, by way of
 * /proc, or if there is none, of the procfs proc_fd, which may be -1.
 */
int mf_sys_reopen(int proc_fd, int fd, int flags);

/* What procfs says that our own descriptor is called. */
ssize_t mf_sys_read_own_link(int proc_fd, int fd, char *buf, size_t size);

#endif
