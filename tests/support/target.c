/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The maker of the target, see target.h. Every mapping has a slot of its own
 * with a hole after it, so that the kernel merges none with its neighbour. What
 * the machine or the user may not have is left out with a reason, never faked.
 */
#define _FILE_OFFSET_BITS 64
#include "target.h"
#include "harness.h"

#include <mapfiles.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLOT	   0x400000UL /* two huge pages */
#define MARK	   " (deleted)"
#define BIG_OFFSET 0x140000000LL

#ifndef PR_SET_VMA
#define PR_SET_VMA	     0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

/* linux/io_uring.h is newer than some C libraries' idea of it. */
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif

struct maker {
	struct target *target;
	unsigned char *next;
	size_t page;
	int dirfd;
};

static struct target_entry *new_entry(struct maker *m, const char *label)
{
	require(m->target->n_entries < TARGET_ENTRIES);

	struct target_entry *e = &m->target->entries[m->target->n_entries++];

	snprintf(e->label, sizeof(e->label), "%s", label);
	return e;
}

__attribute__((format(printf, 3, 4))) static void left_out(struct maker *m, const char *label,
							   const char *format, ...)
{
	struct target_entry *e = new_entry(m, label);
	int error = errno;
	va_list args;

	va_start(args, format);
	vsnprintf(e->skipped, sizeof(e->skipped) - 40, format, args);
	va_end(args);
	snprintf(e->skipped + strlen(e->skipped), 40, ": %s", strerror(error));
}

static void set_path(struct target_entry *e, const char *path, size_t len, const char *mark)
{
	require(len + strlen(mark) < sizeof(e->path));
	memcpy(e->path, path, len);
	memcpy(e->path + len, mark, strlen(mark) + 1);
	e->path_len = (uint32_t)(len + strlen(mark));
	e->has_path = true;
}

static void set_stat(struct target_entry *e, int fd)
{
	struct stat st;
	int mode = fcntl(fd, F_GETFL) & O_ACCMODE;

	require(!fstat(fd, &st));
	e->has_stat = true;
	e->open_mode = (mode != O_WRONLY ? PROT_READ : 0U) | (mode != O_RDONLY ? PROT_WRITE : 0U);
	e->st_mode = st.st_mode;
	e->st_nlink = (uint32_t)st.st_nlink;
	e->st_dev = st.st_dev;
	e->st_ino = st.st_ino;
	e->st_size = (uint64_t)st.st_size;
}

static void *slot(struct maker *m)
{
	void *ret = m->next;

	m->next += SLOT;
	return ret;
}

/* Map into a slot, and note what is known so far; NULL with a reason noted. */
static struct target_entry *map_at(struct maker *m, const char *label, void *addr, size_t len,
				   int prot, int flags, int fd, off_t offset)
{
	void *got = mmap(addr, len, prot, flags | MAP_FIXED_NOREPLACE, fd, offset);

	if (got != addr) {
		left_out(m, label, "mmap");
		if (got != MAP_FAILED)
			munmap(got, len);
		return NULL;
	}

	struct target_entry *e = new_entry(m, label);

	e->start = (uintptr_t)addr;
	e->len = len;
	e->offset = (uint64_t)offset;
	e->prot = (uint32_t)prot;
	e->shared = flags & MAP_SHARED;
	e->file = true;
	if (fd >= 0)
		set_stat(e, fd);
	return e;
}

static struct target_entry *map_slot(struct maker *m, const char *label, size_t len, int prot,
				     int flags, int fd)
{
	return map_at(m, label, slot(m), len, prot, flags, fd, 0);
}

/* A path of the target's directory: what the kernel prints before name. */
static size_t full_path(const struct maker *m, const char *name, char *buffer)
{
	return (size_t)snprintf(buffer, TARGET_PATH_MAX, "%s/%s", m->target->dir, name);
}

static void set_file_path(struct maker *m, struct target_entry *e, const char *name)
{
	char path[TARGET_PATH_MAX];
	size_t len = full_path(m, name, path);

	e->kind = MF_KIND_FILE;
	set_path(e, path, len, e->name == TARGET_DELETED ? MARK : "");
}

static int make_file(struct maker *m, const char *name, off_t size)
{
	int fd = openat(m->dirfd, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644);

	require_msg(fd >= 0, "%s: %s", name, strerror(errno));
	require(pwrite(fd, name, 1, 0) == 1);
	require(!ftruncate(fd, size));
	return fd;
}

static struct target_entry *map_file(struct maker *m, const char *label, const char *name, int prot,
				     int flags, bool delete)
{
	int fd = make_file(m, name, (off_t)(2 * m->page));

	if (delete)
		require(!unlinkat(m->dirfd, name, 0));

	struct target_entry *e = map_slot(m, label, 2 * m->page, prot, flags, fd);

	if (e) {
		e->name = delete ? TARGET_DELETED : TARGET_NAMED;
		set_file_path(m, e, name);
	}
	close(fd);
	return e;
}

static void make_regular(struct maker *m)
{
	const int rw = PROT_READ | PROT_WRITE;

	map_file(m, "private", "private", PROT_READ, MAP_PRIVATE, false);
	map_file(m, "private-written", "private-written", rw, MAP_PRIVATE, false);
	map_file(m, "shared", "shared", rw, MAP_SHARED, false);
	map_file(m, "executable", "executable", PROT_READ | PROT_EXEC, MAP_PRIVATE, false);
	map_file(m, "prot-none", "prot-none", PROT_NONE, MAP_PRIVATE, false);
	map_file(m, "deleted", "deleted", PROT_READ, MAP_PRIVATE, true);
	map_file(m, "deleted-shared", "deleted-shared", rw, MAP_SHARED, true);
}

static void make_read_only(struct maker *m)
{
	int fd = make_file(m, "read-only", (off_t)m->page);

	close(fd);
	fd = openat(m->dirfd, "read-only", O_RDONLY | O_CLOEXEC);
	require(fd >= 0);

	struct target_entry *e = map_slot(m, "read-only", m->page, PROT_READ, MAP_SHARED, fd);

	if (e) {
		e->name = TARGET_NAMED;
		set_file_path(m, e, "read-only");
	}
	close(fd);
}

/* The name leads to another file of the same size. */
static void make_replaced(struct maker *m)
{
	struct target_entry *e = map_file(m, "replaced", "replaced", PROT_READ, MAP_PRIVATE, false);
	int fd = make_file(m, "replacement", (off_t)(2 * m->page));

	close(fd);
	require(!renameat(m->dirfd, "replacement", m->dirfd, "replaced"));
	if (!e)
		return;
	e->name = TARGET_DELETED;
	e->st_nlink = 0;
	set_file_path(m, e, "replaced");
}

/* Another, living file bears the very text that the kernel prints. */
static void make_shadowed(struct maker *m)
{
	map_file(m, "deleted-shadowed", "shadowed", PROT_READ, MAP_PRIVATE, true);
	close(make_file(m, "shadowed" MARK, (off_t)(2 * m->page)));
}

static void make_tmpfile(struct maker *m)
{
	int fd = openat(m->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct target_entry *e;

	if (fd < 0) {
		left_out(m, "tmpfile", "O_TMPFILE");
		return;
	}
	require(!ftruncate(fd, (off_t)m->page));
	e = map_slot(m, "tmpfile", m->page, PROT_READ, MAP_SHARED, fd);
	if (e) {
		e->kind = MF_KIND_FILE;
		e->name = TARGET_DELETED;
	}
	close(fd);
}

/* It is given a name later, but the kernel's name stays the one it had before. */
static void make_tmpfile_linked(struct maker *m)
{
	int fd = openat(m->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char link[64];
	struct target_entry *e;

	if (fd < 0) {
		left_out(m, "tmpfile-linked", "O_TMPFILE");
		return;
	}
	require(!ftruncate(fd, (off_t)m->page));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	require(!linkat(AT_FDCWD, link, m->dirfd, "tmpfile-linked", AT_SYMLINK_FOLLOW));
	e = map_slot(m, "tmpfile-linked", m->page, PROT_READ, MAP_SHARED, fd);
	if (e) {
		e->kind = MF_KIND_FILE;
		e->name = TARGET_DELETED;
	}
	close(fd);
}

static void make_hard_links(struct maker *m)
{
	int fd = make_file(m, "link-a", (off_t)(2 * m->page));
	unsigned char *addr = slot(m);
	struct target_entry *e;

	require(!linkat(m->dirfd, "link-a", m->dirfd, "link-b", 0));
	e = map_at(m, "link-a", addr, m->page, PROT_READ, MAP_PRIVATE, fd, 0);
	if (e) {
		e->name = TARGET_NAMED;
		set_file_path(m, e, "link-a");
	}
	close(fd);
	fd = openat(m->dirfd, "link-b", O_RDONLY | O_CLOEXEC);
	require(fd >= 0);
	/* Next to it and the next page of the same inode, yet a mapping of its own. */
	e = map_at(m, "link-b", addr + m->page, m->page, PROT_READ, MAP_PRIVATE, fd,
		   (off_t)m->page);
	if (e) {
		e->name = TARGET_NAMED;
		set_file_path(m, e, "link-b");
	}
	close(fd);
}

/* Deleted by name, and yet with a link count of one. */
static void make_one_link_left(struct maker *m)
{
	int fd = make_file(m, "link-gone", (off_t)m->page);
	struct target_entry *e;

	require(!linkat(m->dirfd, "link-gone", m->dirfd, "link-left", 0));
	require(!unlinkat(m->dirfd, "link-gone", 0));
	e = map_slot(m, "link-gone", m->page, PROT_READ, MAP_SHARED, fd);
	if (e) {
		e->name = TARGET_DELETED;
		set_file_path(m, e, "link-gone");
	}
	close(fd);
}

static void make_strange_names(struct maker *m)
{
	static const struct {
		const char *label, *name;
		bool delete;
	} names[] = {
		{ "newline", "nl\nx", false },
		{ "newline-last", "nl\n", false },
		{ "newline-deleted", "nl\ndeleted", true },
		{ "octal", "nl\\012x", false },
		{ "octal-deleted", "nl\\012deleted", true },
		{ "newline-octal", "a\nb\\012c", false },
		{ "other-octal", "a\\040b\\134c\\01", false },
		{ "two-blanks", "two  blanks", false },
		{ "leading-blank", "  leading", false },
		{ "trailing-blank", "trailing ", false },
		{ "trailing-blank-deleted", "trailing-deleted ", true },
		{ "mark-literal", "x" MARK, false },
		{ "mark-literal-deleted", "y" MARK, true },
		{ "mark-alone", MARK, false },
		{ "tab", "a\tb\t", false },
		{ "backslash", "a\\b\\", false },
		{ "control", "\001\r\033[31m\177", false },
		{ "non-utf8", "\xff\xfe\x80z\xc3", false },
		{ "brackets", "[heap]", false },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		map_file(m, names[i].label, names[i].name, PROT_READ, MAP_PRIVATE, names[i].delete);
}

/* A real file in the root directory that is called as the kernel's own objects are. */
static void make_lookalike(struct maker *m, const char *label, const char *path, bool delete)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644);

	if (fd < 0) {
		left_out(m, label, "%s", path);
		return;
	}
	if (delete)
		unlink(path);
	else
		remove_at_exit(path);
	require(!ftruncate(fd, (off_t)m->page));

	struct target_entry *e = map_slot(m, label, m->page, PROT_READ, MAP_PRIVATE, fd);

	if (e) {
		e->kind = MF_KIND_FILE;
		e->name = delete ? TARGET_DELETED : TARGET_NAMED;
		set_path(e, path, strlen(path), delete ? MARK : "");
	}
	close(fd);
}

static void make_lookalikes(struct maker *m)
{
	char path[64];

	snprintf(path, sizeof(path), "/memfd:test-%d", (int)getpid());
	make_lookalike(m, "memfd-lookalike", path, false);
	snprintf(path, sizeof(path), "/memfd:test-deleted-%d", (int)getpid());
	make_lookalike(m, "memfd-lookalike-deleted", path, true);
	snprintf(path, sizeof(path), "/SYSV%08x", (unsigned int)getpid());
	make_lookalike(m, "sysv-lookalike", path, false);
	make_lookalike(m, "sysv-lookalike-deleted", "/SYSV00000000", true);
	make_lookalike(m, "aio-lookalike-deleted", "/[aio]", true);
	make_lookalike(m, "secretmem-lookalike-deleted", "/secretmem", true);
	make_lookalike(m, "hugepage-lookalike-deleted", "/anon_hugepage", true);
}

/* No path of this length can be given to open(2): it is reached step by step. */
static void make_long_path(struct maker *m)
{
	char path[TARGET_PATH_MAX], name[201];
	size_t len = full_path(m, "", path) - 1;
	int dirfd = dup(m->dirfd);

	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 25; i++) {
		require(!mkdirat(dirfd, name, 0755));

		int next = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		require(next >= 0);
		close(dirfd);
		dirfd = next;
		len += (size_t)snprintf(path + len, sizeof(path) - len, "/%s", name);
	}

	int fd = openat(dirfd, "end", O_CREAT | O_RDWR | O_CLOEXEC, 0644);

	require(fd >= 0);
	require(!ftruncate(fd, (off_t)m->page));
	len += (size_t)snprintf(path + len, sizeof(path) - len, "/end");

	struct target_entry *e = map_slot(m, "long-path", m->page, PROT_READ, MAP_PRIVATE, fd);

	if (e) {
		e->kind = MF_KIND_FILE;
		e->name = TARGET_NAMED;
		set_path(e, path, len, "");
	}
	close(fd);
	close(dirfd);
}

/* Places and sizes that a reader may get wrong. */
static void make_odd_ranges(struct maker *m)
{
	int fd = make_file(m, "low", (off_t)m->page);
	struct target_entry *e =
		map_at(m, "low-address", (void *)0x10000, m->page, PROT_READ, MAP_PRIVATE, fd, 0);

	if (e) {
		e->name = TARGET_NAMED;
		set_file_path(m, e, "low");
	}
	close(fd);
	fd = make_file(m, "past-end", 100);
	e = map_slot(m, "longer-than-file", 3 * m->page, PROT_READ, MAP_PRIVATE, fd);
	if (e) {
		e->name = TARGET_NAMED;
		set_file_path(m, e, "past-end");
	}
	close(fd);
	fd = make_file(m, "big", (off_t)m->page);
	if (ftruncate(fd, BIG_OFFSET + (off_t)m->page)) {
		left_out(m, "big-offset", "a sparse file of 5 GiB");
		close(fd);
		return;
	}
	e = map_at(m, "big-offset", slot(m), m->page, PROT_READ, MAP_PRIVATE, fd, BIG_OFFSET);
	if (e) {
		e->name = TARGET_NAMED;
		set_file_path(m, e, "big");
	}
	close(fd);
}

static void make_memfd(struct maker *m, const char *label, const char *name, unsigned int flags,
		       size_t len)
{
	char path[300];
	int fd = memfd_create(name, flags | MFD_CLOEXEC);

	if (fd < 0) {
		left_out(m, label, "memfd_create");
		return;
	}
	require(!ftruncate(fd, (off_t)len));

	struct target_entry *e = map_slot(m, label, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd);

	if (e) {
		e->kind = MF_KIND_MEMFD;
		snprintf(path, sizeof(path), "/memfd:%s", name);
		set_path(e, path, strlen(path), MARK);
	}
	close(fd);
}

static void make_memory_files(struct maker *m)
{
	make_memfd(m, "memfd", "plain", 0, m->page);
	make_memfd(m, "memfd-empty-name", "", 0, m->page);
	make_memfd(m, "memfd-strange-name", "a\nb\\012 /../" MARK " ", 0, m->page);

	int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);

	if (fd < 0) {
		left_out(m, "memfd-secret", "memfd_secret");
		return;
	}
	require(!ftruncate(fd, (off_t)m->page));

	struct target_entry *e =
		map_slot(m, "memfd-secret", m->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd);

	if (e) {
		e->kind = MF_KIND_SECRETMEM;
		set_path(e, "/secretmem", 10, MARK);
	}
	close(fd);
}

static void make_huge(struct maker *m)
{
	struct target_entry *e;

	make_memfd(m, "memfd-huge", "huge", MFD_HUGETLB, SLOT / 2);
	e = map_slot(m, "huge-private", SLOT / 2, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
	if (e) {
		e->kind = MF_KIND_HUGETLB;
		set_path(e, "/anon_hugepage", 14, MARK);
	}
	e = map_slot(m, "huge-shared", SLOT / 2, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1);
	if (e) {
		e->kind = MF_KIND_HUGETLB;
		set_path(e, "/anon_hugepage", 14, MARK);
	}
}

static void make_sysv(struct maker *m, const char *label, key_t key, size_t len, int flags,
		      bool own_namespace)
{
	int id = shmget(key, len, IPC_CREAT | 0600 | flags);

	if (id < 0) {
		left_out(m, label, "shmget");
		return;
	}

	char path[32];
	struct target_entry *e;
	void *addr = slot(m);
	void *got = shmat(id, addr, flags & SHM_HUGETLB ? 0 : SHM_RDONLY);

	if (got != addr) {
		left_out(m, label, "shmat");
		shmctl(id, IPC_RMID, NULL);
		return;
	}
	/* A segment in the machine's namespace would outlive the test. */
	if (!own_namespace)
		shmctl(id, IPC_RMID, NULL);
	e = new_entry(m, label);
	e->start = (uintptr_t)addr;
	e->len = len;
	e->prot = flags & SHM_HUGETLB ? PROT_READ | PROT_WRITE : PROT_READ;
	e->shared = true;
	e->file = true;
	e->kind = MF_KIND_SYSV;
	snprintf(path, sizeof(path), "/SYSV%08x", (unsigned int)key);
	set_path(e, path, strlen(path), MARK);
}

static void make_sysv_segments(struct maker *m)
{
	bool own = !unshare(CLONE_NEWIPC);

	/* The first segment of a namespace has id 0, which becomes its inode. */
	if (own)
		make_sysv(m, "sysv-0", 0x12345678, m->page, 0, own);
	else
		left_out(m, "sysv-0", "unshare(CLONE_NEWIPC)");
	make_sysv(m, "sysv", IPC_PRIVATE, 2 * m->page, 0, own);
	make_sysv(m, "sysv-huge", IPC_PRIVATE, SLOT / 2, SHM_HUGETLB, own);
}

static void make_zero_devices(struct maker *m)
{
	const int rw = PROT_READ | PROT_WRITE;
	int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	struct target_entry *e =
		map_slot(m, "anon-shared", m->page, rw, MAP_SHARED | MAP_ANONYMOUS, -1);

	if (e) {
		e->kind = MF_KIND_SHM_ANON;
		set_path(e, "/dev/zero", 9, MARK);
	}
	if (fd < 0) {
		left_out(m, "zero-private", "/dev/zero");
		left_out(m, "zero-shared", "/dev/zero");
		return;
	}
	e = map_slot(m, "zero-private", m->page, rw, MAP_PRIVATE, fd);
	if (e) {
		e->kind = MF_KIND_DEVICE;
		e->name = TARGET_NAMED;
		set_path(e, "/dev/zero", 9, "");
	}
	e = map_slot(m, "zero-shared", m->page, rw, MAP_SHARED, fd);
	if (e) {
		e->kind = MF_KIND_SHM_ANON;
		/* The kernel puts an object of its own in place of the device. */
		e->has_stat = false;
		set_path(e, "/dev/zero", 9, MARK);
	}
	close(fd);
}

static void make_aio_ring(struct maker *m)
{
	aio_context_t ring = 0;

	if (syscall(SYS_io_setup, 8, &ring)) {
		left_out(m, "aio-ring", "io_setup");
		return;
	}

	struct target_entry *e = new_entry(m, "aio-ring");

	e->start = ring;
	e->prot = PROT_READ | PROT_WRITE;
	e->shared = true;
	e->file = true;
	e->kind = MF_KIND_AIO;
	set_path(e, "/[aio]", 6, MARK);
}

static void make_io_uring(struct maker *m)
{
	uint32_t params[30] = { 0 }; /* struct io_uring_params */
	int fd = (int)syscall(SYS_io_uring_setup, 4, params);

	if (fd < 0) {
		left_out(m, "io-uring", "io_uring_setup");
		return;
	}

	/* The kernel refuses an address that the caller chooses. */
	void *addr = mmap(NULL, m->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (addr == MAP_FAILED) {
		left_out(m, "io-uring", "mmap");
		close(fd);
		return;
	}

	struct target_entry *e = new_entry(m, "io-uring");

	e->start = (uintptr_t)addr;
	e->len = m->page;
	e->prot = PROT_READ | PROT_WRITE;
	e->shared = true;
	e->file = true;
	e->kind = MF_KIND_ANON_INODE;
	set_stat(e, fd);
	set_path(e, "anon_inode:[io_uring]", 21, "");
	close(fd);
}

static void make_perf_event(struct maker *m)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.exclude_kernel = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (fd < 0) {
		left_out(m, "perf-event", "perf_event_open");
		return;
	}

	struct target_entry *e =
		map_slot(m, "perf-event", 2 * m->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd);

	if (e) {
		e->kind = MF_KIND_ANON_INODE;
		set_path(e, "anon_inode:[perf_event]", 23, "");
	}
	close(fd);
}

static void make_packet_ring(struct maker *m)
{
	struct tpacket_req request = {
		.tp_block_size = (unsigned int)m->page,
		.tp_block_nr = 1,
		.tp_frame_size = 2048,
		.tp_frame_nr = (unsigned int)m->page / 2048,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		left_out(m, "packet-ring", "socket(AF_PACKET)");
		return;
	}
	if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request))) {
		left_out(m, "packet-ring", "PACKET_RX_RING");
		close(fd);
		return;
	}

	struct target_entry *e =
		map_slot(m, "packet-ring", m->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd);

	if (e) {
		char path[64];

		e->kind = MF_KIND_SOCKET;
		snprintf(path, sizeof(path), "socket:[%llu]", (unsigned long long)e->st_ino);
		set_path(e, path, strlen(path), "");
	}
	close(fd);
}

/* Somewhere inside a mapping that the kernel made. */
static struct target_entry *note(struct maker *m, const char *label, const void *addr,
				 uint32_t kind)
{
	struct target_entry *e = new_entry(m, label);

	e->start = (uintptr_t)addr;
	e->kind = kind;
	return e;
}

static void make_anonymous(struct maker *m)
{
	const int rw = PROT_READ | PROT_WRITE;
	struct target_entry *e = map_slot(m, "anon", m->page, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (e) {
		e->kind = MF_KIND_ANON;
		e->file = false;
	}
	e = map_slot(m, "anon-named", m->page, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (!e)
		return;
	e->file = false;
	e->kind = MF_KIND_ANON_NAMED;
	if (prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, e->start, e->len, "a name")) {
		munmap((void *)(uintptr_t)e->start, (size_t)e->len);
		m->target->n_entries--;
		left_out(m, "anon-named", "PR_SET_VMA_ANON_NAME");
		return;
	}
	set_path(e, "[anon:a name]", 13, "");
}

static void note_own(struct maker *m)
{
	unsigned char *heap = sbrk((intptr_t)m->page);
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
	char local = 0;

	if (heap == (void *)-1)
		left_out(m, "heap", "sbrk"); /* musl's fails */
	else if (!under_valgrind())
		set_path(note(m, "heap", heap, MF_KIND_HEAP), "[heap]", 6, "");
	if (!under_valgrind())
		set_path(note(m, "stack", &local, MF_KIND_STACK), "[stack]", 7, "");
	if (vdso)
		set_path(note(m, "vdso", (void *)vdso, MF_KIND_VDSO), "[vdso]", 6, "");
	note(m, "program", (void *)(uintptr_t)note_own, MF_KIND_FILE)->file = true;
}

static void make_all(struct maker *m)
{
	make_regular(m);
	make_read_only(m);
	make_replaced(m);
	make_shadowed(m);
	make_tmpfile(m);
	make_tmpfile_linked(m);
	make_hard_links(m);
	make_one_link_left(m);
	make_strange_names(m);
	make_lookalikes(m);
	make_long_path(m);
	make_odd_ranges(m);
	make_memory_files(m);
	make_huge(m);
	make_sysv_segments(m);
	make_zero_devices(m);
	make_aio_ring(m);
	make_io_uring(m);
	make_perf_event(m);
	make_packet_ring(m);
	make_anonymous(m);
	note_own(m);
}

struct order {
	struct target *target;
	unsigned int flags;
};

static void become_target(struct child *child)
{
	const struct order *order = child->arg;
	struct maker m = { .target = order->target, .page = (size_t)sysconf(_SC_PAGESIZE) };
	size_t room = (TARGET_ENTRIES + 1) * SLOT;
	unsigned char *base;

	/* An emptied region of our own: other addresses may be a sanitizer's. */
	base = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	require(base != MAP_FAILED);
	require(!munmap(base, room));
	m.next = (void *)(((uintptr_t)base + SLOT - 1) & ~(SLOT - 1));
	m.dirfd = open(m.target->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	require(m.dirfd >= 0);
	make_all(&m);
	if (order->flags & TARGET_AS_NOBODY) {
		require(!fchown(m.dirfd, NOBODY, NOBODY));
		ck_errno(become_nobody(), 0);
	}
	child_tell(child);
	for (;;)
		kill(getpid(), SIGSTOP);
}

void spawn_target(struct target *target, unsigned int flags)
{
	struct order order = { target, flags };
	struct child child;

	memset(target, 0, sizeof(*target));
	snprintf(target->dir, sizeof(target->dir), "%s/target.XXXXXX", temp_dir());
	require(mkdtemp(target->dir));
	require(!chmod(target->dir, 0755));
	if (is_root())
		reserve_hugepages(8);
	target->entries = mmap(NULL, TARGET_ENTRIES * sizeof(*target->entries),
			       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	require(target->entries != MAP_FAILED);
	child_start(&child, become_target, &order);
	target->pid = child.pid;
	wait_stopped(child.pid);
	close(child.tell_fd);
	close(child.hear_fd);

	/* The child counted in its own copy of the struct; a label marks each used one. */
	while (target->n_entries < TARGET_ENTRIES && target->entries[target->n_entries].label[0])
		target->n_entries++;
	for (size_t i = 0; i < target->n_entries; i++)
		if (target->entries[i].skipped[0])
			harness_skip(target->entries[i].label, "%s", target->entries[i].skipped);
}

void end_target(struct target *target)
{
	struct child child = { .pid = target->pid };

	child_kill_and_reap(&child);
	munmap(target->entries, TARGET_ENTRIES * sizeof(*target->entries));
	target->entries = NULL;
}

const struct target_entry *target_entry(const struct target *target, const char *label)
{
	for (size_t i = 0; i < target->n_entries; i++)
		if (!strcmp(target->entries[i].label, label))
			return target->entries[i].skipped[0] ? NULL : &target->entries[i];
	harness_fail(__FILE__, __LINE__, label, "no such label");
}
