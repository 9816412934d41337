/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls as the library wants them. No policy.
 */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util.h"

#ifndef SYS_openat2
#define SYS_openat2 437	/* the same number on every architecture */
#endif

int mf_sys_lift(int fd)
{
	int lifted, error;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	lifted = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	error = errno;
	close(fd);
	return lifted < 0 ? -error : lifted;
}

int mf_sys_openat(int dir_fd, const char *name, int flags)
{
	int fd;

	do
		fd = openat(dir_fd, name, flags | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : mf_sys_lift(fd);
}

int mf_sys_openat2(int dir_fd, const char *name, int flags, uint64_t resolve)
{
	const struct mf_open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = resolve,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : mf_sys_lift((int)fd);
}

void mf_sys_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

ssize_t mf_sys_read(int fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t mf_sys_pread(int fd, void *buf, size_t size, uint64_t offset)
{
	ssize_t n;

	do
		n = pread(fd, buf, size, (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t mf_sys_readlinkat(int dir_fd, const char *name, char *buf, size_t size)
{
	const ssize_t n = readlinkat(dir_fd, name, buf, size);

	return n < 0 ? -errno : n;
}

ssize_t mf_sys_getdents64(int fd, void *buf, size_t size)
{
	long n;

	do
		n = syscall(SYS_getdents64, fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int mf_sys_statx(int dir_fd, const char *name, int flags, struct statx *ret)
{
	if (!*name)
		flags |= AT_EMPTY_PATH;
	if (statx(dir_fd, name, flags | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		  STATX_BASIC_STATS | STATX_MNT_ID, ret) < 0)
		return -errno;
	return 0;
}

int mf_sys_reopen(int fd, int flags)
{
	static const char prefix[] = "/proc/thread-self/fd/";
	char path[sizeof(prefix) + MF_NUMBER_SIZE];
	struct statx wanted, got;
	int new_fd, error;

	/*
	 * thread-self: after unshare(CLONE_FILES) self/fd is the main thread's
	 * table, where the same number is another file.
	 */
	memcpy(path, prefix, sizeof(prefix));
	mf_put_dec(path + sizeof(prefix) - 1, (uint64_t)fd);
	error = mf_sys_statx(fd, "", 0, &wanted);
	if (error)
		return error;
	new_fd = mf_sys_openat(AT_FDCWD, path, flags);
	if (new_fd < 0)
		return new_fd;
	/* Whatever is mounted on /proc, only the same object is handed out. */
	error = mf_sys_statx(new_fd, "", 0, &got);
	if (!error && (got.stx_ino != wanted.stx_ino || got.stx_dev_major != wanted.stx_dev_major ||
		       got.stx_dev_minor != wanted.stx_dev_minor))
		error = -ESTALE;
	if (error)
		mf_sys_close(&new_fd);
	return error ? error : new_fd;
}
