/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls as the library wants them. No policy.
 */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util.h"

#ifndef SYS_openat2
#define SYS_openat2 437 /* the same number on every architecture */
#endif

#ifndef AT_HANDLE_FID
#define AT_HANDLE_FID 0x200
#endif

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

/* Moves a new descriptor out of 0, 1 and 2: a program that closed those may write there. */
static int lift(int fd)
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
	return fd < 0 ? -errno : lift(fd);
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
	return fd < 0 ? -errno : lift((int)fd);
}

void mf_sys_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
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
	ssize_t n;

	do
		n = readlinkat(dir_fd, name, buf, size);
	while (n < 0 && errno == EINTR);
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

struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

const char *mf_sys_next_entry(const char *bytes, size_t len, size_t *pos)
{
	const struct entry *const entry = (const struct entry *)(const void *)(bytes + *pos);
	const size_t head = offsetof(struct entry, name);

	if (len - *pos <= head || entry->reclen <= head || entry->reclen > len - *pos ||
	    entry->reclen % _Alignof(struct entry) ||
	    !memchr(entry->name, '\0', entry->reclen - head))
		return NULL;
	*pos += entry->reclen;
	return entry->name;
}

int mf_sys_memfd(const char *name, unsigned int flags)
{
	int fd;

	flags |= MFD_CLOEXEC | MFD_ALLOW_SEALING;
	/* Linux 6.3: with vm.memfd_noexec=2 there is no memfd without. Before: EINVAL. */
	fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	return fd < 0 ? -errno : lift(fd);
}

int mf_sys_seal(int memfd)
{
	return fcntl(memfd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ?
		       -errno :
		       0;
}

int mf_sys_pwrite_all(int fd, const char *bytes, size_t size, uint64_t offset)
{
	while (size) {
		const ssize_t n = pwrite(fd, bytes, size, (off_t)offset);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			offset += (uint64_t)n;
			size -= (size_t)n;
		}
	}
	return 0;
}

int mf_sys_eventfd(void)
{
	const long fd = syscall(SYS_eventfd2, 0, O_CLOEXEC);

	return fd < 0 ? -errno : lift((int)fd);
}

/* The caller's own libc may lack the function, or do more than the call. */
int mf_sys_handle(int fd, struct mf_handle *ret)
{
	static const int flags[] = { AT_EMPTY_PATH, AT_EMPTY_PATH | AT_HANDLE_FID };
	int mount_id, error = 0;
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		ret->len = sizeof(ret->bytes);
		if (!syscall(SYS_name_to_handle_at, fd, "", ret, &mount_id, flags[i]))
			return 0;
		error = -errno;
		if (error != -EOPNOTSUPP)
			break;
	}
	/* Linux before 6.5 does not know AT_HANDLE_FID. */
	return error == -EINVAL && i ? -EOPNOTSUPP : error;
}

uint64_t mf_sys_random(void)
{
	uint64_t number = 0;

	syscall(SYS_getrandom, &number, sizeof(number), GRND_NONBLOCK);
	return number;
}

bool mf_same_object(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor;
}

int mf_sys_fstatfs(int fd, struct statfs *ret)
{
	int r;

	do
		r = fstatfs(fd, ret);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int mf_sys_size(int fd, uint64_t *ret)
{
	struct statx st;
	int r;

	do
		r = statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &st);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	*ret = st.stx_size;
	return 0;
}

int mf_sys_statx(int dir_fd, const char *name, int flags, struct statx *ret)
{
	int r;

	flags |= AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT | (*name ? 0 : AT_EMPTY_PATH);
	do
		r = statx(dir_fd, name, flags, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, ret);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

#define OWN_FD_PREFIX "thread-self/fd/"

#define OWN_PATH_SIZE (sizeof("/proc/" OWN_FD_PREFIX) + MF_NUMBER_SIZE)

/*
 * thread-self: after unshare(CLONE_FILES) self/fd is the main thread's table,
 * where the same number is another file. Returns what follows "/proc/".
 */
static const char *put_own_path(char path[OWN_PATH_SIZE], int fd)
{
	static const char prefix[] = "/proc/" OWN_FD_PREFIX;

	memcpy(path, prefix, sizeof(prefix));
	mf_put_dec(path + sizeof(prefix) - 1, (uint64_t)fd);
	return path + sizeof("/proc/") - 1;
}

static int open_own_fd(int proc_fd, int fd, int flags)
{
	char path[OWN_PATH_SIZE];
	const char *const relative = put_own_path(path, fd);
	const int new_fd = mf_sys_openat(AT_FDCWD, path, flags);

	return new_fd == -ENOENT && proc_fd >= 0 ? mf_sys_openat(proc_fd, relative, flags) : new_fd;
}

int mf_sys_reopen(int proc_fd, int fd, int flags)
{
	struct statx wanted, got;
	int new_fd, error;

	error = mf_sys_statx(fd, "", 0, &wanted);
	if (error)
		return error;
	new_fd = open_own_fd(proc_fd, fd, flags);
	if (new_fd < 0)
		return new_fd;
	/* Whatever is mounted on /proc, only the same object is handed out. */
	error = mf_sys_statx(new_fd, "", 0, &got);
	if (!error && !mf_same_object(&got, &wanted))
		error = -ESTALE;
	if (error)
		mf_sys_close(&new_fd);
	return error ? error : new_fd;
}

ssize_t mf_sys_read_own_link(int proc_fd, int fd, char *buf, size_t size)
{
	char path[OWN_PATH_SIZE];
	const char *const relative = put_own_path(path, fd);
	const ssize_t n = mf_sys_readlinkat(AT_FDCWD, path, buf, size);

	return n == -ENOENT && proc_fd >= 0 ? mf_sys_readlinkat(proc_fd, relative, buf, size) : n;
}
