/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The wrappers that --wrap puts in place of libc's functions, see faults.h. They
 * pass everything through that is not called inside the library. Each function
 * that has a 64-bit twin is wrapped under both names.
 */
#include "faults.h"
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

#define ERRNO_MARK 0x5eed

struct fault_account fault_account;

static struct fault_plan plan;
static bool forbidden, old_kernel;
/* Other threads of the program are not the library. */
static _Thread_local bool inside;

const char *fault_call_name(enum fault_call call)
{
	static const char *const names[] = {
		[FAULT_ALLOC] = "malloc",
		[FAULT_OPEN] = "openat",
		[FAULT_OPENAT2] = "openat2",
		[FAULT_READ] = "read",
		[FAULT_LIST] = "getdents64",
		[FAULT_IOCTL] = "ioctl",
		[FAULT_IOCTL_NAMED] = "ioctl of a name",
		[FAULT_STAT] = "statx",
		[FAULT_STATFS] = "fstatfs",
		[FAULT_MAP] = "mmap",
		[FAULT_MEMFD] = "memfd_create",
		[FAULT_LINK] = "readlinkat",
		[FAULT_FCNTL] = "fcntl",
		[FAULT_SEEK] = "lseek",
		[FAULT_WRITE] = "pwrite",
		[FAULT_TRUNCATE] = "ftruncate",
		[FAULT_ACCESS] = "faccessat",
		[FAULT_SIGNAL] = "kill",
	};

	return names[call];
}

void faults_start(const struct fault_plan *new_plan)
{
	plan = new_plan ? *new_plan : (struct fault_plan){ 0 };
	memset(&fault_account, 0, sizeof(fault_account));
}

void faults_act_old(bool old)
{
	old_kernel = old;
}

void faults_forbid_allocation(bool forbid)
{
	forbidden = forbid;
}

void faults_enter(void)
{
	inside = true;
	errno = ERRNO_MARK;
}

void faults_leave(const char *file, int line, const char *what)
{
	const int after = errno;

	inside = false;
	if (after != ERRNO_MARK)
		harness_fail(file, line, what, "errno was changed to %d", after);
}

static bool is_due(enum fault_call call)
{
	unsigned int n;

	if (!inside)
		return false;
	n = ++fault_account.seen[call];
	if (!plan.nth || plan.call != call || n < plan.nth)
		return false;
	switch (plan.mode) {
	case FAULT_ONCE:
		return n == plan.nth;
	case FAULT_EVERY_OTHER:
		return (n - plan.nth) % 2 == 0;
	default:
		return true;
	}
}

/* True, with errno set: the caller is to return a failure. */
static bool fails(enum fault_call call)
{
	if (!is_due(call))
		return false;
	fault_account.injected++;
	errno = plan.error;
	return true;
}

static bool is_unknown(int error)
{
	if (!inside || !old_kernel)
		return false;
	errno = error;
	return true;
}

static size_t cut_short(size_t size)
{
	if (size <= plan.cut)
		return size;
	fault_account.injected++;
	return plan.cut;
}

static void count_allocation(const char *what)
{
	if (!inside)
		return;
	fault_account.allocations++;
	if (!forbidden)
		return;
	inside = false;
	harness_fail(__FILE__, __LINE__, what, "was reached where nothing may be allocated");
}

/*
 * The declarations that the linker's --wrap asks for.
 */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __real_free(void *block);
void __wrap_free(void *block);

void *__wrap_malloc(size_t size)
{
	void *block;

	count_allocation("malloc");
	if (fails(FAULT_ALLOC))
		return NULL;
	block = __real_malloc(size);
	if (inside && block)
		fault_account.live_blocks++;
	return block;
}

void *__wrap_calloc(size_t n, size_t size)
{
	void *block;

	count_allocation("calloc");
	if (fails(FAULT_ALLOC))
		return NULL;
	block = __real_calloc(n, size);
	if (inside && block)
		fault_account.live_blocks++;
	return block;
}

void *__wrap_realloc(void *old, size_t size)
{
	const bool is_new = !old;
	void *block;

	count_allocation("realloc");
	if (fails(FAULT_ALLOC))
		return NULL;
	block = __real_realloc(old, size);
	if (inside && block && is_new)
		fault_account.live_blocks++;
	return block;
}

void __wrap_free(void *block)
{
	/* free(NULL) takes no lock: it does nothing. */
	if (inside && block) {
		if (forbidden)
			count_allocation("free");
		fault_account.live_blocks--;
	}
	__real_free(block);
}

static long to_pages(size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (long)((size + page - 1) / page * page);
}

void *__real_mmap64(void *addr, size_t size, int prot, int flags, int fd, off64_t offset);
void *__wrap_mmap64(void *addr, size_t size, int prot, int flags, int fd, off64_t offset);
void *__wrap_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *addr, size_t size);
int __wrap_munmap(void *addr, size_t size);

void *__wrap_mmap64(void *addr, size_t size, int prot, int flags, int fd, off64_t offset)
{
	void *memory;

	if (flags & MAP_ANONYMOUS)
		count_allocation("mmap");
	if (fails(FAULT_MAP))
		return MAP_FAILED;
	memory = __real_mmap64(addr, size, prot, flags, fd, offset);
	if (inside && memory != MAP_FAILED)
		fault_account.live_bytes += to_pages(size);
	return memory;
}

void *__wrap_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	return __wrap_mmap64(addr, size, prot, flags, fd, offset);
}

int __wrap_munmap(void *addr, size_t size)
{
	if (inside)
		fault_account.live_bytes -= to_pages(size);
	return __real_munmap(addr, size);
}

int __real_openat64(int dir_fd, const char *name, int flags, ...);
int __wrap_openat64(int dir_fd, const char *name, int flags, ...);
int __wrap_openat(int dir_fd, const char *name, int flags, ...);

static int open_or_fail(int dir_fd, const char *name, int flags, mode_t mode)
{
	return fails(FAULT_OPEN) ? -1 : __real_openat64(dir_fd, name, flags, mode);
}

static mode_t take_mode(int flags, va_list args)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int __wrap_openat64(int dir_fd, const char *name, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = take_mode(flags, args);
	va_end(args);
	return open_or_fail(dir_fd, name, flags, mode);
}

int __wrap_openat(int dir_fd, const char *name, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = take_mode(flags, args);
	va_end(args);
	return open_or_fail(dir_fd, name, flags, mode);
}

ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size);
ssize_t __real_pread64(int fd, void *buf, size_t size, off64_t offset);
ssize_t __wrap_pread64(int fd, void *buf, size_t size, off64_t offset);
ssize_t __wrap_pread(int fd, void *buf, size_t size, off_t offset);

static bool read_fails(size_t *size)
{
	if (!is_due(FAULT_READ))
		return false;
	if (!plan.error) {
		*size = cut_short(*size);
		return false;
	}
	fault_account.injected++;
	errno = plan.error;
	return true;
}

ssize_t __wrap_read(int fd, void *buf, size_t size)
{
	return read_fails(&size) ? -1 : __real_read(fd, buf, size);
}

ssize_t __wrap_pread64(int fd, void *buf, size_t size, off64_t offset)
{
	return read_fails(&size) ? -1 : __real_pread64(fd, buf, size, offset);
}

ssize_t __wrap_pread(int fd, void *buf, size_t size, off_t offset)
{
	return __wrap_pread64(fd, buf, size, offset);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

static bool syscall_fails(long number)
{
	switch (number) {
	case SYS_openat2:
		return is_unknown(ENOSYS) || fails(FAULT_OPENAT2);
	case SYS_getdents64:
		return fails(FAULT_LIST);
	case SYS_statx:
		return fails(FAULT_STAT);
	case SYS_pidfd_send_signal:
		return fails(FAULT_SIGNAL);
	default:
		return false;
	}
}

/* Reads six arguments whatever was given, as syscall(2) does. */
__attribute__((no_sanitize_address)) long __wrap_syscall(long number, ...)
{
	long a[6];
	va_list args;
	size_t i;

	va_start(args, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (syscall_fails(number))
		return -1;
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int __real_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg);
int __real_statx(int dir_fd, const char *name, int flags, unsigned int mask, struct statx *ret);
int __wrap_statx(int dir_fd, const char *name, int flags, unsigned int mask, struct statx *ret);
int __real_fstatfs64(int fd, struct statfs64 *ret);
int __wrap_fstatfs64(int fd, struct statfs64 *ret);
int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);
ssize_t __real_readlinkat(int dir_fd, const char *name, char *buf, size_t size);
ssize_t __wrap_readlinkat(int dir_fd, const char *name, char *buf, size_t size);
int __real_fcntl64(int fd, int command, long arg);
int __wrap_fcntl64(int fd, int command, long arg);
off64_t __real_lseek64(int fd, off64_t offset, int whence);
off64_t __wrap_lseek64(int fd, off64_t offset, int whence);
ssize_t __real_pwrite64(int fd, const void *buf, size_t size, off64_t offset);
ssize_t __wrap_pwrite64(int fd, const void *buf, size_t size, off64_t offset);
int __real_ftruncate64(int fd, off64_t size);
int __wrap_ftruncate64(int fd, off64_t size);
int __real_faccessat(int dir_fd, const char *name, int mode, int flags);
int __wrap_faccessat(int dir_fd, const char *name, int mode, int flags);
int __real_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number);

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	uint32_t name_size;

	if (is_unknown(ENOTTY))
		return -1;
	/* vma_name_size of struct procmap_query */
	memcpy(&name_size, (const char *)arg + 80, sizeof(name_size));
	if (fails(FAULT_IOCTL) || (name_size && fails(FAULT_IOCTL_NAMED)))
		return -1;
	return __real_ioctl(fd, request, arg);
}

int __wrap_statx(int dir_fd, const char *name, int flags, unsigned int mask, struct statx *ret)
{
	return fails(FAULT_STAT) ? -1 : __real_statx(dir_fd, name, flags, mask, ret);
}

int __wrap_fstatfs64(int fd, struct statfs64 *ret)
{
	return fails(FAULT_STATFS) ? -1 : __real_fstatfs64(fd, ret);
}

int __wrap_memfd_create(const char *name, unsigned int flags)
{
	return fails(FAULT_MEMFD) ? -1 : __real_memfd_create(name, flags);
}

ssize_t __wrap_readlinkat(int dir_fd, const char *name, char *buf, size_t size)
{
	return fails(FAULT_LINK) ? -1 : __real_readlinkat(dir_fd, name, buf, size);
}

int __wrap_fcntl64(int fd, int command, long arg)
{
	const bool can_fail = command == F_DUPFD_CLOEXEC || command == F_ADD_SEALS;

	return can_fail && fails(FAULT_FCNTL) ? -1 : __real_fcntl64(fd, command, arg);
}

off64_t __wrap_lseek64(int fd, off64_t offset, int whence)
{
	return fails(FAULT_SEEK) ? -1 : __real_lseek64(fd, offset, whence);
}

ssize_t __wrap_pwrite64(int fd, const void *buf, size_t size, off64_t offset)
{
	if (is_due(FAULT_WRITE)) {
		if (plan.error) {
			fault_account.injected++;
			errno = plan.error;
			return -1;
		}
		size = cut_short(size);
	}
	return __real_pwrite64(fd, buf, size, offset);
}

int __wrap_ftruncate64(int fd, off64_t size)
{
	return fails(FAULT_TRUNCATE) ? -1 : __real_ftruncate64(fd, size);
}

int __wrap_faccessat(int dir_fd, const char *name, int mode, int flags)
{
	return fails(FAULT_ACCESS) ? -1 : __real_faccessat(dir_fd, name, mode, flags);
}

int __wrap_kill(pid_t pid, int number)
{
	return fails(FAULT_SIGNAL) ? -1 : __real_kill(pid, number);
}
