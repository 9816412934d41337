/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mf_read(): the bytes are those that the target wrote, the count ends where the
 * memory does, and nobody gets bytes of another image than he asked for.
 */
#define _FILE_OFFSET_BITS 64
#include "harness.h"

#include <mapfiles.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAINT	0x5a
#define PATTERN ((size_t)200000)
#define N_PAGES 8
#define LARGE	((size_t)2 << 20)
#define N_LARGE 600 /* more than the kernel and the library read at once */

static size_t page;

/* What the target has at byte i; never a run of equal bytes. */
static unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 7 + i / 251 + 1);
}

static void *map(size_t size, int prot, int flags, int fd)
{
	void *ret = mmap(NULL, size, prot, flags, fd, 0);

	require(ret != MAP_FAILED);
	return ret;
}

static unsigned char *map_pattern(size_t size)
{
	unsigned char *ret = map(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	for (size_t i = 0; i < size; i++)
		ret[i] = pattern(i);
	return ret;
}

static struct mf_iter *open_iter(int pid)
{
	struct mf_iter *iter = NULL;

	ck_errno(mf_iter_open(pid, NULL, &iter), 0);
	require(iter);
	return iter;
}

static void wait_for_ever(struct child *child)
{
	child_tell(child);
	for (;;)
		pause();
}

static void exec_when_told(struct child *child)
{
	child_tell(child);
	child_hear(child);
	exec_sleep();
}

static void start(struct child *child, void (*function)(struct child *))
{
	child_start(child, function, NULL);
	ck_assert(child_hear(child));
}

/* The count, and the bytes in front of it; none behind it was touched. */
static void check_read(struct mf_iter *iter, uint64_t addr, size_t size, size_t want, size_t first)
{
	unsigned char *buf = malloc(size + 1);

	require(buf);
	memset(buf, PAINT, size + 1);
	ck_errno(mf_read(iter, addr, buf, size), (int)want);
	for (size_t i = 0; i < want; i++)
		require_msg(buf[i] == pattern(first + i), "byte %zu is %d", i, buf[i]);
	for (size_t i = want; i <= size; i++)
		require_msg(buf[i] == PAINT, "byte %zu behind the end was written", i);
	free(buf);
}

START_TEST(what_another_process_wrote_is_read)
{
	static const size_t sizes[] = { 0, 1, 2, 7, 8, 4095, 4096, 4097, 65536, PATTERN };
	unsigned char *bytes = map_pattern(PATTERN);
	struct child child;

	start(&child, wait_for_ever);
	/* Ours are other bytes from now on. */
	memset(bytes, 0, PATTERN);

	struct mf_iter *iter = open_iter(child.pid);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		check_read(iter, (uintptr_t)bytes, sizes[i], sizes[i], 0);
		check_read(iter, (uintptr_t)bytes + PATTERN - sizes[i], sizes[i], sizes[i],
			   PATTERN - sizes[i]);
	}
	mf_iter_close(iter);
	child_end(&child);
	munmap(bytes, PATTERN);
}
END_TEST

START_TEST(ptrace_peeks_the_same_words)
{
	unsigned char *bytes = map_pattern(PATTERN);
	struct child child;

	start(&child, wait_for_ever);

	struct mf_iter *iter = open_iter(child.pid);

	if (ptrace(PTRACE_SEIZE, child.pid, 0, 0) || ptrace(PTRACE_INTERRUPT, child.pid, 0, 0))
		ck_abort_msg("%s", strerror(errno));
	ck_assert_int_eq(waitpid(child.pid, NULL, __WALL), child.pid);
	for (size_t at = 0; at + sizeof(long) <= PATTERN; at += 997) {
		long peeked, got = 0;

		errno = 0;
		peeked = ptrace(PTRACE_PEEKDATA, child.pid, bytes + at, 0);
		ck_assert_int_eq(errno, 0);
		ck_errno(mf_read(iter, (uintptr_t)bytes + at, &got, sizeof(got)), sizeof(got));
		ck_assert_int_eq(got, peeked);
	}
	mf_iter_close(iter);
	child_end(&child);
	munmap(bytes, PATTERN);
}
END_TEST

START_TEST(the_own_memory_is_read_as_it_is_now)
{
	unsigned char *bytes = map_pattern(PATTERN);
	struct mf_iter *iter = open_iter(0);
	unsigned char byte;

	check_read(iter, (uintptr_t)bytes, PATTERN, PATTERN, 0);
	bytes[5] = 77;
	ck_errno(mf_read(iter, (uintptr_t)&bytes[5], &byte, 1), 1);
	ck_assert_int_eq(byte, 77);
	mf_iter_close(iter);
	munmap(bytes, PATTERN);
}
END_TEST

START_TEST(pages_never_touched_are_zero)
{
	unsigned char *bytes = map(PATTERN, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct mf_iter *iter = open_iter(0);
	char buf[100], zero[100] = { 0 };

	memset(buf, PAINT, sizeof(buf));
	ck_errno(mf_read(iter, (uintptr_t)bytes + 5000, buf, sizeof(buf)), sizeof(buf));
	ck_assert_mem_eq(buf, zero, sizeof(buf));
	mf_iter_close(iter);
	munmap(bytes, PATTERN);
}
END_TEST

START_TEST(the_count_ends_at_a_hole)
{
	unsigned char *bytes = map_pattern(N_PAGES * page);
	struct child child;

	munmap(bytes + 5 * page, page);
	start(&child, wait_for_ever);

	struct mf_iter *iter = open_iter(child.pid);

	check_read(iter, (uintptr_t)bytes, N_PAGES * page, 5 * page, 0);
	check_read(iter, (uintptr_t)bytes + page + 3, N_PAGES * page, 4 * page - 3, page + 3);
	check_read(iter, (uintptr_t)bytes + 5 * page - 1, 2, 1, 5 * page - 1);
	check_read(iter, (uintptr_t)bytes + 5 * page, 2 * page, 0, 0);
	check_read(iter, (uintptr_t)bytes + 6 * page - 1, 2, 0, 0);
	check_read(iter, (uintptr_t)bytes + 6 * page, page, page, 6 * page);
	mf_iter_close(iter);
	child_end(&child);
	munmap(bytes, N_PAGES * page);
}
END_TEST

/* What the kernel gives of it: proc_mem.force_override may keep it to debuggers. */
static size_t raw_count(const unsigned char *bytes, size_t size)
{
	const int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char *const buf = malloc(size);
	const ssize_t n = pread(fd, buf, size, (off_t)(uintptr_t)bytes);

	require(fd >= 0 && buf);
	close(fd);
	free(buf);
	return n < 0 ? 0 : (size_t)n;
}

START_TEST(memory_without_protection_bits_is_read_all_the_same)
{
	unsigned char *bytes = map_pattern(2 * page);
	struct mf_iter *iter = open_iter(0);

	ck_assert_int_eq(mprotect(bytes + page, page, PROT_NONE), 0);
	check_read(iter, (uintptr_t)bytes, 2 * page, raw_count(bytes, 2 * page), 0);
	ck_assert_int_eq(mprotect(bytes, page, PROT_EXEC), 0);
	check_read(iter, (uintptr_t)bytes, 2 * page, raw_count(bytes, 2 * page), 0);
	mf_iter_close(iter);
	munmap(bytes, 2 * page);
}
END_TEST

START_TEST(the_count_ends_with_the_last_page_of_the_file)
{
	int fd = memfd_create("short", MFD_CLOEXEC);
	unsigned char *bytes;
	struct mf_iter *iter;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)page), 0);
	bytes = map(3 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	close(fd);
	for (size_t i = 0; i < page; i++)
		bytes[i] = pattern(i);
	iter = open_iter(0);
	check_read(iter, (uintptr_t)bytes, 3 * page, page, 0);
	check_read(iter, (uintptr_t)bytes + page, page, 0, 0);
	mf_iter_close(iter);
	munmap(bytes, 3 * page);
}
END_TEST

static uint64_t address_of(const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long long start = 0, found = 0;
	char line[512];

	require(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (strstr(line, name) && sscanf(line, "%llx", &start) == 1)
			found = start;
	}
	fclose(maps);
	return found;
}

START_TEST(an_address_that_nothing_can_be_read_at_gives_0)
{
	static const uint64_t addresses[] = {
		0,
		1,
		(uint64_t)1 << 47,
		(uint64_t)1 << 56,
		INT64_MAX - 4095,
		INT64_MAX,
		(uint64_t)INT64_MAX + 1,
		0xffffffff80000000u,
		UINT64_MAX - 4096,
		UINT64_MAX - 4095,
		UINT64_MAX - 1,
		UINT64_MAX,
	};
	struct mf_iter *iter = open_iter(0);
	const uint64_t vvar = address_of("[vvar]");

	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		check_read(iter, addresses[i], 0, 0, 0);
		check_read(iter, addresses[i], 1, 0, 0);
		check_read(iter, addresses[i], 4096, 0, 0);
		check_read(iter, addresses[i], 100000, 0, 0);
	}
	if (vvar)
		check_read(iter, vvar, 4096, 0, 0);
	mf_iter_close(iter);
}
END_TEST

START_TEST(the_gate_page_is_read_as_it_can_be)
{
	const uint64_t gate = address_of("[vsyscall]");
	const volatile unsigned char *bytes = (const volatile unsigned char *)(uintptr_t)gate;
	unsigned char buf[64];
	char line[256] = "";
	FILE *maps = fopen("/proc/self/maps", "re");
	struct mf_iter *iter;
	int64_t n;

	ck_assert(maps);
	while (fgets(line, sizeof(line), maps) && !strstr(line, "[vsyscall]"))
		;
	fclose(maps);
	if (!gate)
		skip("no [vsyscall] here");
	iter = open_iter(0);
	n = mf_read(iter, gate, buf, sizeof(buf));
	mf_iter_close(iter);
	ck_errno(n, strstr(line, " r") ? (int)sizeof(buf) : 0);
	for (int64_t i = 0; i < n; i++)
		ck_assert_int_eq(buf[i], bytes[i]);
}
END_TEST

START_TEST(a_size_beyond_all_memory_reads_to_the_end)
{
	static const uint64_t sizes[] = { INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX };
	unsigned char *bytes = map_pattern(2 * page);
	unsigned char *buf = map(2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct mf_iter *iter = open_iter(0);

	munmap(bytes + page, page);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		memset(buf, 0, page);
		ck_errno(mf_read(iter, (uintptr_t)bytes, buf, sizes[i]), (int)page);
		ck_assert_mem_eq(buf, bytes, page);
	}
	mf_iter_close(iter);
	munmap(bytes, page);
	munmap(buf, 2 * page);
}
END_TEST

/* The same 2 MiB again and again, so that a read of more than a GiB needs no memory. */
static unsigned char *map_repeated(int prot)
{
	int fd = memfd_create("repeated", MFD_CLOEXEC);
	unsigned char *ret =
		map(N_LARGE * LARGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	require(fd >= 0 && !ftruncate(fd, (off_t)LARGE));
	for (size_t i = 0; i < N_LARGE; i++)
		require(mmap(ret + i * LARGE, LARGE, prot, MAP_SHARED | MAP_FIXED, fd, 0) !=
			MAP_FAILED);
	close(fd);
	return ret;
}

START_TEST(more_than_one_call_of_the_kernel_reads_is_one_count)
{
	unsigned char *from = map_repeated(PROT_READ | PROT_WRITE);
	unsigned char *to = map_repeated(PROT_READ | PROT_WRITE);
	struct mf_iter *iter = open_iter(0);

	for (size_t i = 0; i < LARGE; i++)
		from[i] = pattern(i);
	ck_assert(mf_read(iter, (uintptr_t)from, to, N_LARGE * LARGE) == N_LARGE * LARGE);
	ck_assert_mem_eq(from, to, LARGE);
	mf_iter_close(iter);
	munmap(from, N_LARGE * LARGE);
	munmap(to, N_LARGE * LARGE);
}
END_TEST

/* ---- it is gone ---- */

static const bool opened_before[] = { false, true };

START_TEST(after_an_exit_there_is_no_process)
{
	unsigned char *bytes = map_pattern(page), byte = PAINT;
	struct child child;

	start(&child, wait_for_ever);

	struct mf_iter *iter = open_iter(child.pid);

	if (opened_before[_i])
		check_read(iter, (uintptr_t)bytes, page, page, 0);
	child_make_zombie(&child);
	ck_errno(mf_read(iter, (uintptr_t)bytes, &byte, 1), -ESRCH);
	child_kill_and_reap(&child);
	ck_errno(mf_read(iter, (uintptr_t)bytes, &byte, 1), -ESRCH);
	ck_assert_int_eq(byte, PAINT);
	mf_iter_close(iter);
	child_end(&child);
	munmap(bytes, page);
}
END_TEST

START_TEST(after_an_exec_no_byte_of_the_new_image_is_read)
{
	unsigned char *bytes = map_pattern(page), byte = PAINT;
	struct child child;

	start(&child, exec_when_told);

	struct mf_iter *iter = open_iter(child.pid);

	if (opened_before[_i])
		check_read(iter, (uintptr_t)bytes, page, page, 0);
	child_tell(&child);
	ck_assert(!child_hear(&child));
	/* 0 would be the end of the memory. */
	for (int i = 0; i < 3; i++) {
		ck_errno(mf_read(iter, (uintptr_t)bytes, &byte, 1), -ESTALE);
		ck_errno(mf_read(iter, 0, &byte, 1), -ESTALE);
	}
	ck_assert_int_eq(byte, PAINT);
	mf_iter_close(iter);
	child_end(&child);
	munmap(bytes, page);
}
END_TEST

START_TEST(a_recycled_pid_is_never_read)
{
	unsigned char *bytes = map_pattern(page), byte = PAINT;
	struct child child;
	pid_t pid;
	int ret;

	start(&child, wait_for_ever);
	pid = child.pid;

	struct mf_iter *iter = open_iter(pid);

	if (opened_before[_i])
		check_read(iter, (uintptr_t)bytes, page, page, 0);
	child_kill_and_reap(&child);
	ret = fork_with_pid(pid);
	if (!ret) {
		pause();
		_exit(0);
	}
	if (ret == pid)
		ck_errno(mf_read(iter, (uintptr_t)bytes, &byte, 1), -ESRCH);
	ck_assert_int_eq(byte, PAINT);
	mf_iter_close(iter);
	child.pid = ret;
	child_end(&child);
	munmap(bytes, page);
	if (ret < 0)
		skip("cannot choose a pid: %s", strerror(-ret));
}
END_TEST

static void *stay(void *arg)
{
	child_tell(arg);
	for (;;)
		pause();
	return NULL;
}

static void lose_the_leader(struct child *child)
{
	pthread_t thread;

	require(!pthread_create(&thread, NULL, stay, child));
	child_hear(child);
	syscall(SYS_exit, 0);
}

START_TEST(a_process_without_its_leader_is_read_through_a_thread)
{
	unsigned char *bytes = map_pattern(page);
	struct child child;

	start(&child, lose_the_leader);

	struct mf_iter *before = open_iter(child.pid);

	if (opened_before[_i])
		check_read(before, (uintptr_t)bytes, page, page, 0);
	child_tell(&child);
	wait_state(child.pid, 'Z');

	struct mf_iter *after = open_iter(child.pid);

	check_read(before, (uintptr_t)bytes, page, page, 0);
	check_read(after, (uintptr_t)bytes, page, page, 0);
	mf_iter_close(before);
	mf_iter_close(after);
	child_end(&child);
	munmap(bytes, page);
}
END_TEST

/* A child that borrows its parent's memory until it execs: that memory lives on. */
static volatile pid_t *borrower_pid;

static int borrow_and_exec(void *arg)
{
	struct child *child = arg;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	*borrower_pid = getpid();
	child_tell(child);
	child_hear(child);
	execl("/bin/sleep", "sleep", "100000", (char *)NULL);
	_exit(1);
}

static void lend_memory(struct child *child)
{
	static unsigned char stack[65536] __attribute__((aligned(64)));

	require(clone(borrow_and_exec, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD,
		      child) > 0);
	wait_for_ever(child);
}

START_TEST(a_borrower_of_memory_that_exec_ed_is_not_read_in_its_new_image)
{
	unsigned char *bytes = map_pattern(page), byte = PAINT;
	struct child child;

	borrower_pid = map(page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	start(&child, lend_memory);

	struct mf_iter *iter = open_iter(*borrower_pid);

	if (opened_before[_i])
		check_read(iter, (uintptr_t)bytes, page, page, 0);
	child_tell(&child);
	ck_assert(child_hear(&child));
	/* Longer than an answer is believed. */
	usleep(20000);
	ck_errno(mf_read(iter, (uintptr_t)bytes, &byte, 1), -ESTALE);
	ck_assert_int_eq(byte, PAINT);
	mf_iter_close(iter);
	child_end(&child);
	munmap((void *)borrower_pid, page);
	munmap(bytes, page);
}
END_TEST

/* ---- rights and arguments ---- */

static void read_others_and_self(void *arg)
{
	struct child *child = arg;
	struct mf_iter *iter = open_iter(0);

	check_read(iter, (uintptr_t)child->arg, page, page, 0);
	mf_iter_close(iter);
	ck_errno(mf_iter_open(child->pid, NULL, &iter), -EACCES);
}

START_TEST(nobody_reads_its_own_memory)
{
	unsigned char *bytes = map_pattern(page);
	struct child child;

	if (!is_root())
		skip("needs root to become somebody else");
	child_start(&child, wait_for_ever, bytes);
	ck_assert(child_hear(&child));
	in_child_as_nobody(read_others_and_self, &child);
	child_end(&child);
	munmap(bytes, page);
}
END_TEST

static void lose_rights_and_read(void *arg)
{
	struct child *child = arg;
	struct mf_iter *fresh = open_iter(child->pid), *used = open_iter(child->pid);
	unsigned char byte = PAINT;

	check_read(used, (uintptr_t)child->arg, page, page, 0);
	require(!become_nobody());
	ck_errno(mf_read(fresh, (uintptr_t)child->arg, &byte, 1), -EACCES);
	require(byte == PAINT);
	mf_iter_close(fresh);
	/* What was opened stays open, as for the walk. */
	check_read(used, (uintptr_t)child->arg, page, page, 0);
	mf_iter_close(used);
}

START_TEST(without_rights_reading_is_refused)
{
	unsigned char *bytes = map_pattern(page);
	struct child child;

	if (!is_root())
		skip("needs root to have rights to lose");
	child_start(&child, wait_for_ever, bytes);
	ck_assert(child_hear(&child));
	in_child(lose_rights_and_read, &child);
	child_end(&child);
	munmap(bytes, page);
}
END_TEST

START_TEST(a_kernel_thread_has_no_memory)
{
	struct mf_iter *iter = NULL;
	char byte = 0;
	char comm[32] = "";
	int fd = open("/proc/2/comm", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, comm, sizeof(comm) - 1) > 0)
		comm[strcspn(comm, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
	if (strcmp(comm, "kthreadd"))
		skip("no kernel thread is seen here");
	ck_errno(mf_iter_open(2, NULL, &iter), 0);
	ck_errno(mf_read(iter, 0x400000, &byte, 1), 0);
	mf_iter_close(iter);
}
END_TEST

START_TEST(a_saved_tree_has_no_memory)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .proc_root = temp_dir() };
	struct mf_iter *iter = NULL;
	char path[400], byte;
	FILE *file;

	snprintf(path, sizeof(path), "%s/42", temp_dir());
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/42/maps", temp_dir());
	file = fopen(path, "we");
	ck_assert(file);
	fputs("00400000-00401000 r-xp 00000000 08:01 7 /bin/x\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_errno(mf_iter_open(42, &opts, &iter), 0);
	ck_errno(mf_read(iter, 0x400000, &byte, 1), -EOPNOTSUPP);
	mf_iter_close(iter);
}
END_TEST

START_TEST(null_arguments_are_refused)
{
	struct mf_iter *iter = open_iter(0);
	char byte = 0;

	ck_errno(mf_read(NULL, (uintptr_t)&byte, &byte, 1), -EINVAL);
	ck_errno(mf_read(iter, (uintptr_t)&byte, NULL, 1), -EINVAL);
	ck_errno(mf_read(iter, (uintptr_t)&byte, NULL, 0), 0);
	mf_iter_close(iter);
}
END_TEST

START_TEST(errno_and_the_walk_are_left_alone)
{
	const struct mf_mapping *m;
	struct mf_iter *iter = open_iter(0), *alone = open_iter(0);
	int ret, n = 0;
	char byte;

	while ((ret = mf_next(iter, &m)) > 0) {
		const uint64_t start = m->start;
		const struct mf_mapping *other;

		errno = 4711;
		mf_read(iter, start, &byte, 1);
		mf_read(iter, 0, &byte, 1);
		ck_assert_int_eq(errno, 4711);
		ck_errno(mf_next(alone, &other), 1);
		ck_assert(other->start == start);
		n++;
	}
	ck_errno(ret, 0);
	ck_assert_int_gt(n, 3);
	mf_iter_close(iter);
	mf_iter_close(alone);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("read");
	TCase *tcase = guarded_tcase(suite, "bytes");

	page = (size_t)sysconf(_SC_PAGESIZE);
	tcase_add_test(tcase, what_another_process_wrote_is_read);
	tcase_add_test(tcase, ptrace_peeks_the_same_words);
	tcase_add_test(tcase, the_own_memory_is_read_as_it_is_now);
	tcase_add_test(tcase, pages_never_touched_are_zero);
	tcase_add_test(tcase, the_count_ends_at_a_hole);
	tcase_add_test(tcase, memory_without_protection_bits_is_read_all_the_same);
	tcase_add_test(tcase, the_count_ends_with_the_last_page_of_the_file);
	tcase_add_test(tcase, an_address_that_nothing_can_be_read_at_gives_0);
	tcase_add_test(tcase, the_gate_page_is_read_as_it_can_be);
	tcase_add_test(tcase, a_size_beyond_all_memory_reads_to_the_end);
	tcase_add_test(tcase, more_than_one_call_of_the_kernel_reads_is_one_count);
	tcase = guarded_tcase(suite, "gone");
	tcase_add_loop_test(tcase, after_an_exit_there_is_no_process, 0, 2);
	tcase_add_loop_test(tcase, after_an_exec_no_byte_of_the_new_image_is_read, 0, 2);
	tcase_add_loop_test(tcase, a_recycled_pid_is_never_read, 0, 2);
	tcase_add_loop_test(tcase, a_process_without_its_leader_is_read_through_a_thread, 0, 2);
	tcase_add_loop_test(tcase, a_borrower_of_memory_that_exec_ed_is_not_read_in_its_new_image,
			    0, 2);
	tcase = guarded_tcase(suite, "rights");
	tcase_add_test(tcase, nobody_reads_its_own_memory);
	tcase_add_test(tcase, without_rights_reading_is_refused);
	tcase_add_test(tcase, a_kernel_thread_has_no_memory);
	tcase_add_test(tcase, a_saved_tree_has_no_memory);
	tcase_add_test(tcase, null_arguments_are_refused);
	tcase_add_test(tcase, errno_and_the_walk_are_left_alone);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
