/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the library believes about procfs, tested on the kernel alone: when one
 * of these fails the kernel has changed; when all pass and another program
 * fails, the library is wrong. Nothing here calls the library.
 */
#define _FILE_OFFSET_BITS 64
#include "support/harness.h"
#include "support/target.h"
#include "support/truth.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* linux/fs.h has these since 6.11; the definition never changed up to 7.3. */
struct query {
	uint64_t size;
	uint64_t flags;
	uint64_t addr;
	uint64_t start;
	uint64_t end;
	uint64_t vma_flags;
	uint64_t page_size;
	uint64_t offset;
	uint64_t inode;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t name_size;
	uint32_t build_id_size;
	uint64_t name_addr;
	uint64_t build_id_addr;
};

#define QUERY	   0xc0686611U
#define QUERY_NEXT 0x10
#define QUERY_FILE 0x20

struct linux_dirent64 {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static struct target target;

static void make_target(void)
{
	spawn_target(&target, 0);
}

static void drop_target(void)
{
	end_target(&target);
}

static long answer(long ret)
{
	return ret < 0 ? -errno : ret;
}

static int open_proc(pid_t pid, const char *name, int flags)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d%s%s", (int)pid, name[0] ? "/" : "", name);
	return (int)answer(open(path, flags | O_CLOEXEC));
}

static int open_task(pid_t pid, pid_t tid, const char *name, int flags)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid, (int)tid, name);
	return (int)answer(open(path, flags | O_CLOEXEC));
}

static int query(int fd, uint64_t addr, uint64_t flags, struct query *q)
{
	memset(q, 0, sizeof(*q));
	q->size = sizeof(*q);
	q->addr = addr;
	q->flags = flags;
	return (int)answer(ioctl(fd, QUERY, q));
}

static bool have_query(void)
{
	struct query q;
	int fd = open_proc(getpid(), "maps", O_RDONLY);
	int ret = query(fd, 0, QUERY_NEXT, &q);

	close(fd);
	return ret != -ENOTTY;
}

/* One getdents64 from the start: how many entries beside the dots, or -errno. */
static long list_once(int fd, void *buffer, size_t size)
{
	long n = 0, len;

	require(lseek(fd, 0, SEEK_SET) == 0);
	len = answer(syscall(SYS_getdents64, fd, buffer, size));
	if (len < 0)
		return len;
	for (long at = 0; at < len; n++)
		at += ((struct linux_dirent64 *)((char *)buffer + at))->reclen;
	return n - 2;
}

static long count_links(int fd)
{
	static char buffer[1 << 20];

	return list_once(fd, buffer, sizeof(buffer));
}

static bool is_link(const struct linux_dirent64 *entry)
{
	return entry->name[0] != '.';
}

static void wait_for_ever(struct child *child)
{
	child_tell(child);
	for (;;)
		pause();
}

/* A file whose mappings never merge, because each maps its first page. */
static void map_first_pages(unsigned char *base, size_t n, int fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < n; i++)
		require(mmap(base + i * page, page, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) !=
			MAP_FAILED);
}

static int one_page_memfd(void)
{
	int fd = memfd_create("page", MFD_CLOEXEC);

	require(fd >= 0);
	require(!ftruncate(fd, sysconf(_SC_PAGESIZE)));
	return fd;
}

static unsigned char *reserve(size_t n_pages)
{
	void *ret = mmap(NULL, n_pages * (size_t)sysconf(_SC_PAGESIZE), PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	require(ret != MAP_FAILED);
	return ret;
}

/* ---- what is listed, and how ---- */

static void check_stat(const struct target_entry *e, const struct truth_mapping *m)
{
	if (!e->has_stat || !m->has_stat)
		return;
	require_msg(m->st_dev == e->st_dev && m->st_ino == e->st_ino, "%s", e->label);
	require_msg(m->st_mode == e->st_mode && m->st_size == e->st_size, "%s", e->label);
	require_msg(m->st_nlink == e->st_nlink, "%s: %u links, not %u", e->label, m->st_nlink,
		    e->st_nlink);
	require_msg(m->link_mode == (S_IFLNK | (e->open_mode & PROT_READ ? 0400U : 0) |
				     (e->open_mode & PROT_WRITE ? 0200U : 0)),
		    "%s: mode %o", e->label, m->link_mode);
}

static void check_entry(const struct target_entry *e, const struct truth *truth)
{
	const struct truth_mapping *m = truth_find(truth, e->start);

	require_msg(m, "%s is not in maps", e->label);
	require_msg(m->file == e->file, "%s", e->label);
	if (e->len) {
		require_msg(m->start == e->start, "%s", e->label);
		require_msg(m->end == e->start + e->len, "%s", e->label);
		require_msg(m->offset == e->offset, "%s", e->label);
		require_msg(m->prot == e->prot && m->shared == e->shared, "%s", e->label);
	}
	if (e->has_path) {
		require_msg(m->path, "%s has no name", e->label);
		require_msg(m->path_len == e->path_len && !memcmp(m->path, e->path, m->path_len),
			    "%s: '%s' is not '%s'", e->label, m->path, e->path);
	}
	check_stat(e, m);
}

START_TEST(raw_proc_shows_what_the_maker_of_the_target_knows)
{
	struct truth truth;

	truth_read(&truth, target.pid);
	for (size_t i = 0; i < target.n_entries; i++)
		if (!target.entries[i].skipped[0])
			check_entry(&target.entries[i], &truth);
	truth_free(&truth);
}
END_TEST

/* Inode 0 is no sign of anonymous memory, device 0:0 is. */
START_TEST(a_mapped_file_has_a_device_and_may_have_inode_0)
{
	struct truth truth;
	size_t n_inode_0 = 0;

	truth_read(&truth, target.pid);
	for (size_t i = 0; i < truth.n; i++) {
		const struct truth_mapping *m = &truth.list[i];

		ck_assert_int_eq(m->file, m->dev_major || m->dev_minor);
		n_inode_0 += m->file && !m->inode;
		if (!m->file)
			ck_assert_uint_eq(m->inode, 0);
	}
	truth_free(&truth);
	if (target_entry(&target, "sysv-0"))
		ck_assert_uint_ge(n_inode_0, 1);
}
END_TEST

START_TEST(maps_escapes_newlines_and_nothing_else)
{
	struct truth truth;

	truth_read(&truth, target.pid);
	for (size_t i = 0; i < truth.n; i++) {
		const struct truth_mapping *m = &truth.list[i];
		const char *text = m->text;

		if (!m->link)
			continue;
		for (const char *c = m->link; *c; c++) {
			if (*c != '\n') {
				ck_assert_int_eq(*c, *text++);
				continue;
			}
			ck_assert(!strncmp(text, "\\012", 4));
			text += 4;
		}
		ck_assert_int_eq(*text, '\0');
	}
	truth_free(&truth);
}
END_TEST

START_TEST(a_name_longer_than_path_max_is_whole_in_maps_only)
{
	const struct target_entry *e = target_entry(&target, "long-path");
	char name[64], link[PATH_MAX + 1];
	struct truth truth;

	if (!e)
		skip("no such mapping");
	truth_read(&truth, target.pid);

	const struct truth_mapping *m = truth_find(&truth, e->start);

	ck_assert(!m->link);
	ck_assert_uint_eq(m->text_len, e->path_len);
	truth_free(&truth);
	snprintf(name, sizeof(name), "map_files/%" PRIx64 "-%" PRIx64, e->start, e->start + e->len);

	int dir = open_proc(target.pid, "", O_RDONLY | O_DIRECTORY);

	ck_errno(answer(readlinkat(dir, name, link, sizeof(link))), -ENAMETOOLONG);
	close(dir);

	int fd = open_proc(target.pid, name, O_PATH);

	ck_assert(fd >= 0 || fd == -EPERM);
	if (fd >= 0)
		close(fd);
	if (have_query()) {
		struct query q = { .size = sizeof(q), .addr = e->start };
		char buffer[2 * PATH_MAX];

		fd = open_proc(target.pid, "maps", O_RDONLY);
		q.name_addr = (uintptr_t)buffer;
		q.name_size = sizeof(buffer);
		ck_errno(answer(ioctl(fd, QUERY, &q)), -ENAMETOOLONG);
		close(fd);
	}
}
END_TEST

/* Whatever the buffer: a reader must join reads, but never half lines. */
START_TEST(each_read_of_maps_gives_whole_lines)
{
	static char buffer[65536];
	int fd = open_proc(target.pid, "maps", O_RDONLY);
	ssize_t len;
	int n = 0;

	while ((len = read(fd, buffer, sizeof(buffer))) > 0) {
		ck_assert_int_eq(buffer[len - 1], '\n');
		n++;
	}
	ck_assert_int_eq(len, 0);
	ck_assert_int_gt(n, 1);
	close(fd);
}
END_TEST

START_TEST(names_in_map_files_are_exact_and_not_padded)
{
	const struct target_entry *e = target_entry(&target, "low-address");
	int dir = open_proc(target.pid, "map_files", O_RDONLY | O_DIRECTORY);
	char name[64];
	struct stat st;

	if (!e) {
		close(dir);
		skip("no mapping at a low address");
	}
	snprintf(name, sizeof(name), "%" PRIx64 "-%" PRIx64, e->start, e->start + e->len);
	ck_errno(answer(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)), 0);
	snprintf(name, sizeof(name), "%08" PRIx64 "-%08" PRIx64, e->start, e->start + e->len);
	ck_errno(answer(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)), -ENOENT);
	e = target_entry(&target, "private");
	snprintf(name, sizeof(name), "%" PRIx64 "-%" PRIx64, e->start, e->start + e->len / 2);
	ck_errno(answer(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)), -ENOENT);
	snprintf(name, sizeof(name), "%" PRIx64 "-%" PRIx64, e->start + e->len / 2,
		 e->start + e->len);
	ck_errno(answer(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)), -ENOENT);
	close(dir);
}
END_TEST

static int open_link(const char *label, int flags)
{
	const struct target_entry *e = target_entry(&target, label);
	struct truth truth;
	char name[64];

	if (!e)
		return -ENOSYS;
	truth_read(&truth, target.pid);

	const struct truth_mapping *m = truth_find(&truth, e->start);

	snprintf(name, sizeof(name), "map_files/%" PRIx64 "-%" PRIx64, m->start, m->end);
	truth_free(&truth);
	return open_proc(target.pid, name, flags);
}

static const char *const special_labels[] = {
	"aio-ring", "packet-ring", "memfd-secret", "io-uring", "perf-event",
};

START_TEST(what_is_no_regular_file_opens_as_a_path_but_not_for_data)
{
	const char *label = special_labels[_i];
	int fd = open_link(label, O_PATH);

	if (fd == -ENOSYS)
		skip("no %s", label);
	if (fd == -EPERM)
		skip("%s: following a link is not allowed here", label);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_errno(open_link(label, O_RDONLY), -ENXIO);
}
END_TEST

START_TEST(a_link_is_read_only_in_mode_and_not_in_effect)
{
	int fd = open_link("read-only", O_RDWR);

	if (fd == -EPERM)
		skip("following a link is not allowed here");
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_errno(open_link("read-only", O_RDONLY | O_NOFOLLOW), -ELOOP);
}
END_TEST

/* ---- getdents64 ---- */

static void move_for_ever(struct child *child)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 300;
	unsigned char *base = reserve(n + 4), **places = child->arg;
	int fd = one_page_memfd();

	places[0] = base;
	places[1] = base + (n + 3) * page;
	map_first_pages(base, 1, fd);
	map_first_pages(base + 2 * page, n, fd);
	child_tell(child);
	for (int i = 0;; i = !i)
		require(mremap(places[i], page, page, MREMAP_MAYMOVE | MREMAP_FIXED, places[!i]) ==
			places[!i]);
}

static int count_places(const char *buffer, long len, unsigned char *const *places)
{
	int n = 0;

	for (long at = 0; at < len;) {
		const struct linux_dirent64 *entry = (const void *)(buffer + at);
		uint64_t start = strtoull(entry->name, NULL, 16);

		n += is_link(entry) &&
		     (start == (uintptr_t)places[0] || start == (uintptr_t)places[1]);
		at += entry->reclen;
	}
	return n;
}

/* A mapping that moves exists exactly once at any instant. */
START_TEST(one_getdents64_is_one_instant)
{
	static char buffer[1 << 20];
	unsigned char **places =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child child;

	child_start(&child, move_for_ever, places);
	ck_assert(child_hear(&child));

	int fd = open_proc(child.pid, "map_files", O_RDONLY | O_DIRECTORY);

	ck_assert_int_ge(fd, 0);
	for (int i = 0; i < 500; i++) {
		ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);

		long len = answer(syscall(SYS_getdents64, fd, buffer, sizeof(buffer)));

		ck_assert_int_gt(len, 0);
		ck_assert_int_eq(count_places(buffer, len, places), 1);
	}
	close(fd);
	child_end(&child);
	munmap(places, 4096);
}
END_TEST

static void map_many(struct child *child)
{
	int fd = one_page_memfd();

	map_first_pages(reserve(2000), 2000, fd);
	close(fd);
	wait_for_ever(child);
}

static void ignore_signal(int number)
{
	(void)number;
}

static int count_short_listings(int fd, long whole)
{
	int n = 0;

	for (int i = 0; i < 200; i++) {
		long got = count_links(fd);

		/* EINTR: it came before the first entry; -1: behind ".", before "..". */
		ck_assert(got <= whole && (got >= -1 || got == -EINTR));
		n += got != whole;
	}
	return n;
}

START_TEST(a_signal_cuts_getdents64_short_unless_it_is_blocked)
{
	const struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = ignore_signal }, old_action;
	sigset_t all, old;
	struct child child;

	if (under_valgrind())
		skip("valgrind delivers signals in its own time");
	child_start(&child, map_many, NULL);
	ck_assert(child_hear(&child));

	int fd = open_proc(child.pid, "map_files", O_RDONLY | O_DIRECTORY);
	long whole = count_links(fd);

	ck_assert_int_ge(whole, 2000);
	sigaction(SIGALRM, &action, &old_action);
	setitimer(ITIMER_REAL, &often, NULL);

	int n_short = count_short_listings(fd, whole);

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);

	int n_short_blocked = count_short_listings(fd, whole);

	setitimer(ITIMER_REAL, &never, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	sigaction(SIGALRM, &old_action, NULL);
	close(fd);
	child_end(&child);
	ck_assert_int_eq(n_short_blocked, 0);
	/* Whether a signal hits is chance: none of 200 says nothing. */
	if (!n_short)
		skip("no signal came in the middle of a listing");
}
END_TEST

/* What tells a buffer that was too small from a list that was whole. */
START_TEST(getdents64_after_the_last_entry_gives_0)
{
	static char buffer[1 << 20];
	int fd = open_proc(target.pid, "map_files", O_RDONLY | O_DIRECTORY);

	ck_assert_int_gt(syscall(SYS_getdents64, fd, buffer, 512), 0);
	ck_assert_int_gt(syscall(SYS_getdents64, fd, buffer, sizeof(buffer)), 0);
	ck_assert_int_eq(syscall(SYS_getdents64, fd, buffer, sizeof(buffer)), 0);
	close(fd);
}
END_TEST

/* ---- PROCMAP_QUERY ---- */

START_TEST(query_errors_are_the_known_ones)
{
	struct {
		struct query q;
		uint64_t tail;
	} longer;
	struct query q;
	char name[4096];

	ck_assert_uint_eq(sizeof(q), 104);
	if (!have_query())
		skip("PROCMAP_QUERY came with 6.11");

	int fd = open_proc(target.pid, "maps", O_RDONLY);
	uint64_t addr = target_entry(&target, "private")->start;

	ck_errno(query(fd, addr, 0, &q), 0);
	ck_assert_uint_eq(q.start, addr);
	ck_errno(query(fd, addr, 0x40, &q), -EINVAL);
	ck_errno(query(fd, 1, 0, &q), -ENOENT);
	ck_errno(query(fd, UINT64_MAX, QUERY_NEXT, &q), -ENOENT);

	q = (struct query){ .size = sizeof(q), .addr = addr, .name_size = 16 };
	ck_errno(answer(ioctl(fd, QUERY, &q)), -EINVAL);
	q = (struct query){ .size = sizeof(q), .addr = addr, .name_addr = (uintptr_t)name };
	ck_errno(answer(ioctl(fd, QUERY, &q)), -EINVAL);
	/* The header promises E2BIG for a name that does not fit: it never was. */
	q.name_size = 2;
	ck_errno(answer(ioctl(fd, QUERY, &q)), -ENAMETOOLONG);

	q = (struct query){ .size = 16, .addr = addr };
	ck_errno(answer(ioctl(fd, QUERY, &q)), -EINVAL);
	memset(&longer, 0, sizeof(longer));
	longer.q.size = sizeof(longer);
	longer.q.addr = addr;
	ck_errno(answer(ioctl(fd, QUERY, &longer)), 0);
	longer.tail = 1;
	ck_errno(answer(ioctl(fd, QUERY, &longer)), -E2BIG);
	ck_errno(answer(ioctl(fd, QUERY + (8U << 16), &longer)), -ENOTTY);
	close(fd);

	fd = open_proc(target.pid, "maps", O_PATH);
	ck_errno(query(fd, addr, 0, &q), -EBADF);
	close(fd);
}
END_TEST

static const struct truth_mapping *next_file(const struct truth *truth, uint64_t addr)
{
	for (size_t i = 0; i < truth->n; i++)
		if (truth->list[i].file && truth->list[i].end > addr)
			return &truth->list[i];
	return NULL;
}

START_TEST(query_of_mapped_files_lists_what_map_files_lists)
{
	struct truth truth;
	uint64_t addr = 0;
	char name[PATH_MAX] = "";

	if (!have_query())
		skip("PROCMAP_QUERY came with 6.11");

	int fd = open_proc(target.pid, "maps", O_RDONLY);

	truth_read(&truth, target.pid);
	for (;;) {
		const struct truth_mapping *m = next_file(&truth, addr);
		struct query q = {
			.size = sizeof(q),
			.flags = QUERY_NEXT | QUERY_FILE,
			.addr = addr,
			.name_addr = (uintptr_t)name,
			.name_size = sizeof(name),
		};
		long ret = answer(ioctl(fd, QUERY, &q));

		if (m && !m->link) {
			ck_errno(ret, -ENAMETOOLONG);
			addr = m->end;
			continue;
		}
		ck_errno(ret, m ? 0 : -ENOENT);
		if (!m)
			break;
		ck_assert_uint_eq(q.start, m->start);
		ck_assert_uint_eq(q.end, m->end);
		ck_assert_uint_eq(q.offset, m->offset);
		ck_assert_uint_eq(q.inode, m->inode);
		ck_assert_uint_eq(q.dev_major, m->dev_major);
		ck_assert_uint_eq(q.dev_minor, m->dev_minor);
		ck_assert_uint_eq(q.vma_flags & 7, m->prot);
		ck_assert_int_eq((q.vma_flags & 8) != 0, m->shared);
		/* [anon_shmem:NAME] takes the place of the path, but not in the link. */
		ck_assert_uint_eq(q.name_size, m->link_len + 1);
		ck_assert(!memcmp(name, m->link, q.name_size));
		addr = m->end;
	}
	truth_free(&truth);
	close(fd);
}
END_TEST

START_TEST(the_vsyscall_page_is_in_the_text_alone)
{
	const uint64_t page = 0xffffffffff600000;
	struct truth truth;
	struct query q;

	truth_read(&truth, target.pid);

	const struct truth_mapping *m = truth_find(&truth, page);

	if (!m) {
		truth_free(&truth);
		skip("this kernel has none, or was started with vsyscall=none");
	}
	ck_assert(!m->file);
	ck_assert_str_eq(m->text, "[vsyscall]");
	truth_free(&truth);
	if (!have_query())
		return;

	int fd = open_proc(target.pid, "maps", O_RDONLY);

	ck_errno(query(fd, page, 0, &q), -ENOENT);
	close(fd);
}
END_TEST

/* ---- a target that goes away ---- */

/* What was open while the target was alive, and read in part. */
struct opened {
	struct child child;
	int dir; /* /proc/PID */
	int maps;
	int links; /* map_files */
	char first[64]; /* the name of a link */
};

static char read_buffer[65536];

static void fill_maps(void)
{
	unsigned char *base = reserve(400);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	/* Lines for more than one read of maps. */
	for (size_t i = 0; i < 400; i += 2)
		require(!mprotect(base + i * page, page, PROT_READ));
}

static void wait_and_exec(struct child *child)
{
	fill_maps();
	child_tell(child);
	if (child_hear(child))
		exec_sleep();
}

static void open_child(struct opened *o, void (*function)(struct child *), void *arg)
{
	child_start(&o->child, function, arg);
	ck_assert(child_hear(&o->child));
	o->dir = open_proc(o->child.pid, "", O_RDONLY | O_DIRECTORY);
	o->maps = open_proc(o->child.pid, "maps", O_RDONLY);
	o->links = open_proc(o->child.pid, "map_files", O_RDONLY | O_DIRECTORY);
	ck_assert_int_gt(read(o->maps, read_buffer, sizeof(read_buffer)), 0);
	ck_assert_int_gt(syscall(SYS_getdents64, o->links, read_buffer, 512), 0);
	for (const struct linux_dirent64 *entry = (const void *)read_buffer; !o->first[0];
	     entry = (const void *)((const char *)entry + entry->reclen))
		if (is_link(entry))
			snprintf(o->first, sizeof(o->first), "%s", entry->name);
}

static void close_child(struct opened *o)
{
	close(o->dir);
	close(o->maps);
	close(o->links);
	child_end(&o->child);
}

static long read_on(const struct opened *o)
{
	return answer(read(o->maps, read_buffer, sizeof(read_buffer)));
}

static long read_first_byte(const struct opened *o)
{
	return answer(pread(o->maps, read_buffer, 1, 0));
}

static int query_alive(int fd)
{
	struct query q;

	return have_query() ? query(fd, 0, QUERY_NEXT, &q) : -ESRCH;
}

static int stat_first(const struct opened *o)
{
	struct stat st;

	return (int)answer(fstatat(o->links, o->first, &st, AT_SYMLINK_NOFOLLOW));
}

START_TEST(a_zombie_reads_as_if_it_had_no_mappings)
{
	struct opened o = { .maps = -1 };

	open_child(&o, wait_and_exec, NULL);
	ck_errno(query_alive(o.maps), have_query() ? 0 : -ESRCH);
	child_make_zombie(&o.child);
	/* Before the one that continues: rewinding would not tell a true end. */
	ck_errno(read_on(&o), 0);
	ck_errno(read_first_byte(&o), 0);
	ck_errno(query_alive(o.maps), -ESRCH);
	ck_errno(count_links(o.links), 0);

	/* ENOENT before map_files took to mm_access() (2026, and stable releases). */
	int ret = stat_first(&o);

	ck_assert_msg(ret == -ESRCH || ret == -ENOENT, "%d", ret);

	int fd = openat(o.dir, "maps", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, read_buffer, sizeof(read_buffer)), 0);
	close(fd);
	close_child(&o);
}
END_TEST

START_TEST(a_reaped_process_answers_with_an_error_everywhere)
{
	struct opened o = { .maps = -1 };

	open_child(&o, wait_and_exec, NULL);
	child_kill_and_reap(&o.child);
	ck_errno(read_on(&o), -ESRCH);
	ck_errno(read_first_byte(&o), -ESRCH);
	ck_errno(query_alive(o.maps), -ESRCH);
	ck_errno(count_links(o.links), -ENOENT);
	ck_errno(stat_first(&o), -ENOENT);
	close_child(&o);
}
END_TEST

START_TEST(maps_stays_with_the_old_memory_after_an_exec_and_map_files_does_not)
{
	struct opened o = { .maps = -1 };
	struct truth truth;

	open_child(&o, wait_and_exec, NULL);
	child_tell(&o.child);
	ck_assert(!child_hear(&o.child));
	ck_errno(read_on(&o), 0);
	ck_errno(read_first_byte(&o), 0);
	ck_errno(query_alive(o.maps), -ESRCH);
	wait_state(o.child.pid, 'S');
	truth_read(&truth, o.child.pid);

	long n_files = 0;

	for (size_t i = 0; i < truth.n; i++)
		n_files += truth.list[i].file;
	truth_free(&truth);
	ck_assert_int_gt(n_files, 0);
	ck_errno(count_links(o.links), (int)n_files);
	ck_errno(stat_first(&o), -ENOENT);
	close_child(&o);
}
END_TEST

struct shared_ids {
	volatile pid_t pid;
};

static struct shared_ids *share_ids(void)
{
	void *ret = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	require(ret != MAP_FAILED);
	return ret;
}

static void *thread_that_stays(void *arg)
{
	struct child *child = arg;

	((struct shared_ids *)child->arg)->pid = (pid_t)syscall(SYS_gettid);
	wait_for_ever(child);
	return NULL;
}

static void lose_the_leader(struct child *child)
{
	pthread_t thread;

	fill_maps();
	require(!pthread_create(&thread, NULL, thread_that_stays, child));
	child_hear(child);
	syscall(SYS_exit, 0);
}

START_TEST(a_dead_leader_hides_the_memory_that_its_thread_still_shows)
{
	struct shared_ids *ids = share_ids();
	struct opened o = { .maps = -1 };

	open_child(&o, lose_the_leader, ids);
	child_tell(&o.child);
	wait_state(o.child.pid, 'Z');

	/* What was open before goes on, because maps holds the memory itself. */
	ck_assert_int_gt(read_on(&o), 0);
	ck_assert_int_eq(read_first_byte(&o), 1);
	ck_errno(query_alive(o.maps), have_query() ? 0 : -ESRCH);
	ck_errno(count_links(o.links), 0);

	int fd = open_proc(o.child.pid, "maps", O_RDONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, read_buffer, sizeof(read_buffer)), 0);
	ck_errno(query_alive(fd), -ESRCH);
	close(fd);

	fd = open_task(o.child.pid, ids->pid, "maps", O_RDONLY);
	ck_assert_int_gt(read(fd, read_buffer, sizeof(read_buffer)), 0);
	ck_errno(query_alive(fd), have_query() ? 0 : -ESRCH);
	close(fd);

	ck_errno(open_task(o.child.pid, ids->pid, "map_files", O_RDONLY), -ENOENT);
	fd = open_proc(ids->pid, "map_files", O_RDONLY | O_DIRECTORY);
	ck_assert_int_gt(count_links(fd), 0);
	close(fd);
	close_child(&o);
	munmap(ids, 4096);
}
END_TEST

static bool is_kernel_thread(pid_t pid)
{
	char link[16];
	int dir = open_proc(pid, "", O_RDONLY | O_DIRECTORY);
	bool ret = dir >= 0 && answer(readlinkat(dir, "exe", link, sizeof(link))) == -ENOENT;

	if (dir >= 0)
		close(dir);
	return ret;
}

START_TEST(a_kernel_thread_has_no_mappings)
{
	if (!is_kernel_thread(2))
		skip("process 2 is no kernel thread that may be looked at");

	int fd = open_proc(2, "maps", O_RDONLY);

	if (fd == -EACCES)
		skip("not allowed");
	ck_assert_int_eq(read(fd, read_buffer, sizeof(read_buffer)), 0);
	ck_errno(query_alive(fd), -ESRCH);
	close(fd);
	fd = open_proc(2, "map_files", O_RDONLY | O_DIRECTORY);
	ck_errno(count_links(fd), 0);
	close(fd);
}
END_TEST

START_TEST(a_directory_of_a_dead_process_never_shows_the_next_of_its_pid)
{
	struct opened o = { .maps = -1 };

	open_child(&o, wait_and_exec, NULL);

	pid_t pid = o.child.pid;

	child_kill_and_reap(&o.child);

	int ret = fork_with_pid(pid);

	if (!ret) {
		pause();
		_exit(0);
	}
	if (ret < 0) {
		close_child(&o);
		skip("cannot choose a pid: %s", strerror(-ret));
	}
	ck_assert_int_eq(ret, pid);
	ck_errno(read_on(&o), -ESRCH);
	ck_errno(read_first_byte(&o), -ESRCH);
	ck_errno(query_alive(o.maps), -ESRCH);
	ck_errno(count_links(o.links), -ENOENT);
	ck_errno(stat_first(&o), -ENOENT);

	int fd = (int)answer(openat(o.dir, "maps", O_RDONLY | O_CLOEXEC));

	ck_assert_msg(fd == -ESRCH || fd == -ENOENT, "%d", fd);
	fd = open_proc(pid, "maps", O_RDONLY);
	ck_assert_int_ge(fd, 0);
	close(fd);
	o.child.pid = pid;
	close_child(&o);
}
END_TEST

struct borrower {
	struct child *child;
	unsigned char *stack;
};

static int borrow_and_exec(void *arg)
{
	struct borrower *b = arg;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	((struct shared_ids *)b->child->arg)->pid = getpid();
	child_tell(b->child);
	child_hear(b->child);
	execl("/bin/sleep", "sleep", "100000", (char *)NULL);
	_exit(1);
}

static void lend_memory(struct child *child)
{
	static unsigned char stack[65536] __attribute__((aligned(64)));
	struct borrower b = { child, stack };

	fill_maps();
	require(clone(borrow_and_exec, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD,
		      &b) > 0);
	child_tell(child);
	for (;;)
		pause();
}

/* A child of vfork(2): the memory that maps holds is its parent's, which lives on. */
START_TEST(a_borrower_of_memory_leaves_it_alive_when_it_execs)
{
	struct shared_ids *ids = share_ids();
	struct opened o = { .maps = -1 };

	if (under_valgrind()) {
		munmap(ids, 4096);
		skip("valgrind forks instead");
	}
	open_child(&o, lend_memory, ids);

	int maps = open_proc(ids->pid, "maps", O_RDONLY);
	int links = open_proc(ids->pid, "map_files", O_RDONLY | O_DIRECTORY);
	long before = count_links(links);

	ck_assert_int_gt(read(maps, read_buffer, sizeof(read_buffer)), 0);
	child_tell(&o.child);
	ck_assert(child_hear(&o.child));
	ck_assert_int_gt(read(maps, read_buffer, sizeof(read_buffer)), 0);
	ck_errno(query_alive(maps), have_query() ? 0 : -ESRCH);
	wait_state(ids->pid, 'S');
	ck_assert_int_ne(count_links(links), before);
	close(maps);
	close(links);
	kill(ids->pid, SIGKILL);
	close_child(&o);
	munmap(ids, 4096);
}
END_TEST

static void unmap_everything(struct child *child)
{
	const uint64_t *end = child->arg;

	require(!ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	kill(getpid(), SIGSTOP);
	syscall(SYS_munmap, 0, (size_t)*end);
	_exit(1);
}

static uint64_t end_of_user_space(void)
{
	struct truth truth;
	uint64_t end = 0;

	truth_read(&truth, getpid());
	for (size_t i = 0; i < truth.n; i++)
		if (truth.list[i].end <= (uint64_t)INTPTR_MAX)
			end = truth.list[i].end;
	truth_free(&truth);
	/* The stack's end is not the end of what may be mapped, but above is nothing. */
	return end;
}

/* Stopped in the kernel at the end of munmap(2), with no page to return to. */
START_TEST(memory_without_any_mapping_is_still_alive)
{
	uint64_t end = end_of_user_space();
	struct child child;
	int status;

	if (under_valgrind())
		skip("valgrind lives in the memory of its client");
	child_start(&child, unmap_everything, &end);
	wait_stopped(child.pid);

	int fd = open_proc(child.pid, "maps", O_RDONLY);
	bool gone = false;

	for (int i = 0; i < 20 && !gone; i++) {
		struct query q;

		ck_assert(!ptrace(PTRACE_SYSCALL, child.pid, NULL, NULL));
		ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
		if (!WIFSTOPPED(status))
			break;
		if (have_query())
			gone = query(fd, 0, QUERY_NEXT, &q) == -ENOENT;
		else
			gone = pread(fd, read_buffer, 4096, 0) < 100;
	}
	if (gone) {
		ssize_t len = pread(fd, read_buffer, sizeof(read_buffer), 0);

		/* Nothing, or the one line of [vsyscall]. */
		ck_assert(len == 0 ||
			  memchr(read_buffer, '\n', (size_t)len) == read_buffer + len - 1);
	}
	close(fd);
	child_end(&child);
	if (!gone)
		skip("the target did not stop behind munmap");
}
END_TEST

/* ---- who may do what ---- */

static void follow_own_links(void *arg)
{
	char name[64] = "", link[PATH_MAX];
	int dir = open_proc(getpid(), "map_files", O_RDONLY | O_DIRECTORY);
	struct stat st;

	(void)arg;
	require(dir >= 0);

	long len = syscall(SYS_getdents64, dir, read_buffer, sizeof(read_buffer));

	for (long at = 0; at < len && !name[0];) {
		const struct linux_dirent64 *entry = (const void *)(read_buffer + at);

		if (is_link(entry))
			snprintf(name, sizeof(name), "%s", entry->name);
		at += entry->reclen;
	}
	require(name[0]);
	ck_errno(answer(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)), 0);
	require(readlinkat(dir, name, link, sizeof(link)) > 0);
	ck_errno(answer(fstatat(dir, name, &st, 0)), -EPERM);
	ck_errno(answer(openat(dir, name, O_PATH)), -EPERM);
	ck_errno(answer(openat(dir, name, O_RDONLY)), -EPERM);
}

START_TEST(following_a_link_needs_a_capability_even_for_oneself)
{
	if (!is_root())
		skip("needs root, to become nobody");
	in_child_as_nobody(follow_own_links, NULL);
}
END_TEST

static void look_at_another_user(void *arg)
{
	const struct opened *o = arg;
	long ret;
	int fd;

	ck_errno(open_proc(o->child.pid, "maps", O_RDONLY), -EACCES);
	ck_errno(open_proc(o->child.pid, "map_files", O_RDONLY | O_DIRECTORY), -EACCES);
	/* So an O_PATH descriptor of the directory proves nothing. */
	fd = open_proc(o->child.pid, "map_files", O_PATH | O_DIRECTORY);
	require(fd >= 0);
	ck_errno(stat_first(o), -EACCES);
	/* maps is checked when it is opened, map_files at every step. */
	require(read_on(o) > 0);
	require(read_first_byte(o) == 1);
	/* The refusal is lost when the dots were already written (mm_access(), 2026). */
	ret = count_links(o->links);
	require_msg(ret == 0 || ret == -EACCES, "%ld", ret);
	ck_errno(answer(syscall(SYS_getdents64, o->links, read_buffer, sizeof(read_buffer))),
		 -EACCES);
}

START_TEST(another_user_is_refused_at_maps_open_and_at_each_map_files_step)
{
	struct opened o = { .maps = -1 };

	if (!is_root())
		skip("needs root, to become nobody");
	open_child(&o, wait_and_exec, NULL);
	in_child_as_nobody(look_at_another_user, &o);
	close_child(&o);
}
END_TEST

static void add_listing_tests(Suite *suite)
{
	TCase *tcase = guarded_tcase(suite, "listing");

	tcase_add_unchecked_fixture(tcase, make_target, drop_target);
	tcase_add_test(tcase, raw_proc_shows_what_the_maker_of_the_target_knows);
	tcase_add_test(tcase, a_mapped_file_has_a_device_and_may_have_inode_0);
	tcase_add_test(tcase, maps_escapes_newlines_and_nothing_else);
	tcase_add_test(tcase, a_name_longer_than_path_max_is_whole_in_maps_only);
	tcase_add_test(tcase, each_read_of_maps_gives_whole_lines);
	tcase_add_test(tcase, names_in_map_files_are_exact_and_not_padded);
	tcase_add_loop_test(tcase, what_is_no_regular_file_opens_as_a_path_but_not_for_data, 0,
			    sizeof(special_labels) / sizeof(*special_labels));
	tcase_add_test(tcase, a_link_is_read_only_in_mode_and_not_in_effect);
	tcase_add_test(tcase, getdents64_after_the_last_entry_gives_0);
	tcase_add_test(tcase, query_errors_are_the_known_ones);
	tcase_add_test(tcase, query_of_mapped_files_lists_what_map_files_lists);
	tcase_add_test(tcase, the_vsyscall_page_is_in_the_text_alone);
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kernel");
	TCase *tcase;

	add_listing_tests(suite);
	tcase = guarded_tcase(suite, "getdents");
	tcase_add_test(tcase, one_getdents64_is_one_instant);
	tcase_add_test(tcase, a_signal_cuts_getdents64_short_unless_it_is_blocked);
	tcase = guarded_tcase(suite, "gone");
	tcase_add_test(tcase, a_zombie_reads_as_if_it_had_no_mappings);
	tcase_add_test(tcase, a_reaped_process_answers_with_an_error_everywhere);
	tcase_add_test(tcase, maps_stays_with_the_old_memory_after_an_exec_and_map_files_does_not);
	tcase_add_test(tcase, a_dead_leader_hides_the_memory_that_its_thread_still_shows);
	tcase_add_test(tcase, a_kernel_thread_has_no_mappings);
	tcase_add_test(tcase, a_directory_of_a_dead_process_never_shows_the_next_of_its_pid);
	tcase_add_test(tcase, a_borrower_of_memory_leaves_it_alive_when_it_execs);
	tcase_add_test(tcase, memory_without_any_mapping_is_still_alive);
	tcase = guarded_tcase(suite, "rights");
	tcase_add_test(tcase, following_a_link_needs_a_capability_even_for_oneself);
	tcase_add_test(tcase, another_user_is_refused_at_maps_open_and_at_each_map_files_step);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
