/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks that are begun anew: from anywhere in the last one, after it failed,
 * and after the process changed, lost a thread, exited or exec'ed.
 */
#define _FILE_OFFSET_BITS 64
#include <mapfiles.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "lack.h"
#include "truth.h"

#define N_FILES	   300
#define FILE_AT(i) (2 * (size_t)(i))
#define MARK	   123456 /* an errno that no system call gives */

struct walk {
	uint32_t source;
	uint32_t flags;
};

static const struct walk walks[] = {
	{ MF_SOURCE_AUTO, 0 },
	{ MF_SOURCE_AUTO, MF_ITER_STREAM },
	{ MF_SOURCE_AUTO, MF_ITER_ALL },
	{ MF_SOURCE_AUTO, MF_ITER_STAT },
	{ MF_SOURCE_AUTO, MF_ITER_OPEN_FDS },
	{ MF_SOURCE_MAP_FILES, 0 },
	{ MF_SOURCE_QUERY, 0 },
	{ MF_SOURCE_QUERY, MF_ITER_ALL },
	{ MF_SOURCE_MAPS, 0 },
	{ MF_SOURCE_MAPS, MF_ITER_ALL },
};

#define N_WALKS ((int)(sizeof(walks) / sizeof(*walks)))

/* In the caller's memory too. */
static char memory[1 << 20];

static bool is_missing(const struct walk *walk)
{
	return walk->source == MF_SOURCE_QUERY && lacks("query");
}

static struct mf_iter_opts options(const struct walk *walk)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts),
					   .source = walk->source,
					   .flags = walk->flags };

	return opts;
}

/* NULL: the kernel has no such source. */
static struct mf_iter *open_walk(pid_t pid, const struct walk *walk, bool in)
{
	const struct mf_iter_opts opts = options(walk);
	struct mf_iter *iter = NULL;
	const int r = in ? mf_iter_open_in(memory, sizeof(memory), pid, &opts, &iter) :
			   mf_iter_open(pid, &opts, &iter);

	if (r == -EOPNOTSUPP && walk->source == MF_SOURCE_QUERY)
		return NULL;
	ck_errno(r, 0);
	return iter;
}

static int rewind_it(struct mf_iter *iter)
{
	int r;

	errno = MARK;
	r = mf_iter_rewind(iter);
	require(errno == MARK);
	return r;
}

/* Any number of steps; less at the end. */
static void step(struct mf_iter *iter, size_t n)
{
	const struct mf_mapping *m;

	while (n-- && mf_next(iter, &m) > 0)
		;
}

/* The whole list is the one that the raw text and the links give. */
static void check_whole(struct mf_iter *iter, pid_t pid, bool all)
{
	const struct mf_iter_report *report;
	const struct mf_mapping *m;
	struct truth truth;
	size_t n = 0;

	truth_read(&truth, pid);
	for (size_t i = 0; i < truth.n; i++) {
		const struct truth_mapping *const t = &truth.list[i];

		if (!all && !t->file)
			continue;
		ck_errno(mf_next(iter, &m), 1);
		ck_assert_uint_eq(m->start, t->start);
		ck_assert_uint_eq(m->end, t->end);
		ck_assert_uint_eq(m->prot, t->prot);
		ck_assert_uint_eq(m->inode, t->inode);
		ck_assert_uint_eq(m->offset, t->offset);
		ck_assert_uint_eq(m->path_len, t->path_len);
		ck_assert(!t->path_len || !memcmp(m->path, t->path, t->path_len));
		n++;
	}
	ck_errno(mf_next(iter, &m), 0);
	truth_free(&truth);
	ck_errno(mf_iter_report(iter, &report), 0);
	ck_assert_uint_eq(report->n_mappings, n);
	ck_assert_uint_eq(report->n_clamped + report->n_partial + report->n_vanished, 0);
	ck_assert(report->flags & MF_REPORT_COMPLETE);
	ck_assert_uint_eq(report->source, (uint32_t)mf_iter_source(iter));
}

struct shared {
	volatile unsigned char *base; /* the child's */
	volatile pid_t tid;
};

static struct shared *shared;

static void share(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	require(shared != MAP_FAILED);
}

static void map_files(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *base = mmap(NULL, 2 * N_FILES * page, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int fd = memfd_create("many", MFD_CLOEXEC);

	require(base != MAP_FAILED && fd >= 0);
	require(!ftruncate(fd, (off_t)page));
	for (int i = 0; i < N_FILES; i++)
		require(mmap(base + FILE_AT(i) * page, page, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
			     0) != MAP_FAILED);
	close(fd);
	shared->base = base;
}

/* Each time it is told, it unmaps one file, splits another and maps a third. */
static void map_and_change(struct child *child)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	map_files();
	for (size_t i = 0;; i++) {
		child_tell(child);
		if (!child_hear(child))
			_exit(0);
		munmap((void *)(shared->base + FILE_AT(3 * i) * page), page);
		mprotect((void *)(shared->base + FILE_AT(3 * i + 1) * page), page,
			 i % 2 ? PROT_READ : PROT_NONE);
		require(mremap((void *)(shared->base + FILE_AT(3 * i + 2) * page), page, 2 * page,
			       MREMAP_MAYMOVE) != MAP_FAILED);
	}
}

static void map_and_exec(struct child *child)
{
	map_files();
	child_tell(child);
	if (child_hear(child))
		exec_sleep();
}

static void start(struct child *child, void (*function)(struct child *))
{
	share();
	child_start(child, function, NULL);
	ck_assert(child_hear(child));
	wait_state(child->pid, 'S');
}

static void end(struct child *child)
{
	child_end(child);
	munmap(shared, sizeof(*shared));
}

static void check_rewinds(const struct walk *walk, bool in)
{
	static const size_t steps[] = { 0, 1, 250, 100000, 0 };
	struct child child;
	struct mf_iter *iter;

	start(&child, map_and_change);
	iter = open_walk(child.pid, walk, in);
	for (size_t i = 0; iter && i < sizeof(steps) / sizeof(*steps); i++) {
		const size_t n_fds = count_fds();

		step(iter, steps[i]);
		ck_errno(rewind_it(iter), 0);
		check_whole(iter, child.pid, walk->flags & MF_ITER_ALL);
		/* What the first walk opened stays; nothing is added for each. */
		ck_assert(!i || count_fds() <= n_fds);
		child_tell(&child);
		ck_assert(child_hear(&child));
		wait_state(child.pid, 'S');
	}
	mf_iter_close(iter);
	end(&child);
}

START_TEST(a_walk_begun_anew_lists_what_is_mapped_now)
{
	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	check_rewinds(&walks[_i], false);
	check_rewinds(&walks[_i], true);
}
END_TEST

START_TEST(filters_stay)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const struct mf_mapping *m;
	struct mf_iter_opts opts;
	struct mf_iter *iter;
	struct child child;

	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	start(&child, map_and_change);
	opts = options(&walks[_i]);
	opts.from = (uintptr_t)shared->base + FILE_AT(10) * page;
	opts.to = opts.from + page;
	opts.prot = MF_PROT_READ;
	ck_errno(mf_iter_open(child.pid, &opts, &iter), 0);
	for (int i = 0; i < 3; i++) {
		ck_errno(mf_next(iter, &m), 1);
		ck_assert_uint_eq(m->start, opts.from);
		ck_errno(mf_next(iter, &m), 0);
		ck_errno(rewind_it(iter), 0);
	}
	mf_iter_close(iter);
	end(&child);
}
END_TEST

/* ---- it went away ---- */

static void check_gone(const struct walk *walk, void (*happen)(struct child *), int want)
{
	for (size_t n = 0; n <= 100000; n = n * 300 + 1) {
		const struct mf_mapping *const untouched = (const void *)walk, *m = untouched;
		struct child child;
		struct mf_iter *iter;

		start(&child, map_and_exec);
		iter = open_walk(child.pid, walk, false);
		step(iter, n);
		happen(&child);
		for (int i = 0; i < 2; i++) {
			ck_errno(rewind_it(iter), want);
			ck_errno(mf_next(iter, &m), want);
			ck_assert_ptr_eq(m, untouched);
		}
		mf_iter_close(iter);
		end(&child);
	}
}

static void let_exec(struct child *child)
{
	child_tell(child);
	ck_assert(!child_hear(child));
	wait_state(child->pid, 'S');
}

START_TEST(after_exit_there_is_nothing_to_begin_with)
{
	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	check_gone(&walks[_i], child_make_zombie, -ESRCH);
	check_gone(&walks[_i], child_kill_and_reap, -ESRCH);
}
END_TEST

START_TEST(the_new_image_is_never_taken_for_the_old_one)
{
	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	check_gone(&walks[_i], let_exec, -ESTALE);
}
END_TEST

/* ---- threads that answer for it ---- */

static void *stay(void *arg)
{
	struct child *child = arg;

	shared->tid = (pid_t)syscall(SYS_gettid);
	child_tell(child);
	child_hear(child);
	/* Reaped at once, as every thread but the first is. */
	syscall(SYS_exit, 0);
	return NULL;
}

static void *stay_longer(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void lose_thread_after_thread(struct child *child)
{
	pthread_t thread;

	map_files();
	/* The first that is listed is the one that answers. */
	require(!pthread_create(&thread, NULL, stay, child));
	require(!pthread_create(&thread, NULL, stay_longer, NULL));
	syscall(SYS_exit, 0);
}

static void wait_reaped(pid_t pid, pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
	while (!access(path, F_OK))
		usleep(1000);
}

/* The source stays the one that it was: a list of map_files is one instant's picture. */
START_TEST(a_thread_that_is_gone_is_replaced_by_a_living_one)
{
	const bool all = walks[_i].flags & MF_ITER_ALL;
	struct child child;
	struct mf_iter *iter;
	int source;

	if (lacks("query"))
		skip("without PROCMAP_QUERY the address space cannot be asked past the thread");
	share();
	child_start(&child, lose_thread_after_thread, NULL);
	ck_assert(child_hear(&child));
	wait_state(child.pid, 'Z');
	iter = open_walk(child.pid, &walks[_i], false);
	source = mf_iter_source(iter);
	step(iter, 5);
	child_tell(&child);
	wait_reaped(child.pid, shared->tid);
	for (int i = 0; i < 2; i++) {
		size_t n = 0;
		const struct mf_mapping *m;
		int r;

		ck_errno(rewind_it(iter), 0);
		while ((r = mf_next(iter, &m)) > 0)
			n++;
		ck_errno(r, 0);
		ck_assert_uint_ge(n, N_FILES);
		ck_assert(all == (n >= 2 * N_FILES));
		ck_assert_int_eq(mf_iter_source(iter), source);
	}
	mf_iter_close(iter);
	end(&child);
}
END_TEST

static pid_t find_kernel_thread(void)
{
	char path[64], line[512];

	for (pid_t pid = 2; pid < 100; pid++) {
		unsigned int flags = 0;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (!fgets(line, sizeof(line), file) || !strrchr(line, ')') ||
		    sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %u", &flags) != 1)
			flags = 0;
		fclose(file);
		if (flags & 0x200000)
			return pid;
	}
	return 0;
}

START_TEST(a_kernel_thread_stays_empty)
{
	const pid_t pid = find_kernel_thread();
	const struct mf_mapping *m;
	struct mf_iter *iter;

	if (!pid)
		skip("no kernel thread can be seen");
	ck_errno(mf_iter_open(pid, NULL, &iter), 0);
	for (int i = 0; i < 3; i++) {
		ck_errno(mf_next(iter, &m), 0);
		ck_errno(rewind_it(iter), 0);
	}
	mf_iter_close(iter);
}
END_TEST

/* ---- the caller ---- */

/* map_files wants the rights anew, maps does not. */
static void lose_rights(void *arg)
{
	const struct walk by_default = { 0 }, by_name = { MF_SOURCE_MAP_FILES, 0 };
	struct mf_iter *iters[2];
	const struct mf_mapping *m;
	size_t n = 0;
	int r;

	iters[0] = open_walk(*(pid_t *)arg, &by_default, false);
	iters[1] = open_walk(*(pid_t *)arg, &by_name, false);
	require(mf_iter_source(iters[0]) == MF_SOURCE_MAP_FILES);
	require(!become_nobody());
	ck_errno(rewind_it(iters[0]), 0);
	require(mf_iter_source(iters[0]) != MF_SOURCE_MAP_FILES);
	while ((r = mf_next(iters[0], &m)) > 0)
		n++;
	require(!r && n > N_FILES);
	r = rewind_it(iters[1]);
	require_msg(r == -EACCES || r == -EPERM, "%s", mf_strerror(r));
	ck_errno(mf_next(iters[1], &m), r);
	mf_iter_close(iters[0]);
	mf_iter_close(iters[1]);
}

START_TEST(without_the_rights_of_before_it_is_streamed)
{
	struct child child;

	if (!is_root() || lacks("map_files"))
		skip("is for root with map_files");
	start(&child, map_and_change);
	in_child(lose_rights, &child.pid);
	end(&child);
}
END_TEST

START_TEST(a_walk_that_failed_can_be_begun_anew)
{
	const struct walk by_name = { MF_SOURCE_MAP_FILES, 0 };
	struct mf_iter *iter;
	struct rlimit before, none;
	const struct mf_mapping *m;
	struct child child;
	int r;

	start(&child, map_and_change);
	iter = open_walk(child.pid, &by_name, false);
	step(iter, 3);
	require(!getrlimit(RLIMIT_NOFILE, &before));
	none = before;
	none.rlim_cur = 0;
	/* An answer of the last 10 ms is believed. */
	usleep(30000);
	require(!setrlimit(RLIMIT_NOFILE, &none));
	r = rewind_it(iter);
	require(!setrlimit(RLIMIT_NOFILE, &before));
	if (r) {
		ck_errno(r, -EMFILE);
		ck_errno(mf_next(iter, &m), -EMFILE);
	}
	ck_errno(rewind_it(iter), 0);
	check_whole(iter, child.pid, false);
	mf_iter_close(iter);
	end(&child);
}
END_TEST

START_TEST(a_saved_tree_is_read_again)
{
	static const char text[] = "1000-2000 r--p 00000000 08:01 42 /file\n"
				   "1000-1800 r--p 00000000 08:01 42 /file\n"
				   "3000-4000 r--p 00000000 08:01 43 ";
	const struct mf_mapping *m;
	char root[300], path[400];
	struct mf_iter_opts opts = { .size = sizeof(opts), .proc_root = root };
	struct mf_iter *iter;
	FILE *file;

	snprintf(root, sizeof(root), "%s/tree", temp_dir());
	snprintf(path, sizeof(path), "%s/1", root);
	require(!mkdir(root, 0755) && !mkdir(path, 0755));
	snprintf(path, sizeof(path), "%s/1/maps", root);
	file = fopen(path, "we");
	require(file && fputs(text, file) >= 0 && !fclose(file));
	ck_errno(mf_iter_open(1, &opts, &iter), 0);
	for (int i = 0; i < 3; i++) {
		const struct mf_iter_report *report;

		ck_errno(mf_next(iter, &m), 1);
		ck_assert_uint_eq(m->start, 0x1000);
		ck_errno(mf_next(iter, &m), -EPROTO);
		ck_errno(mf_iter_report(iter, &report), 0);
		ck_assert_uint_eq(report->n_clamped, 1);
		ck_errno(rewind_it(iter), 0);
		ck_errno(mf_iter_report(iter, &report), 0);
		ck_assert_uint_eq(report->n_clamped + report->n_mappings + report->flags, 0);
	}
	mf_iter_close(iter);
}
END_TEST

START_TEST(null_is_refused)
{
	ck_errno(rewind_it(NULL), -EINVAL);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *const suite = suite_create("rewind");
	TCase *const t = guarded_tcase(suite, "rewind");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_walk_begun_anew_lists_what_is_mapped_now, 0, N_WALKS);
	tcase_add_loop_test(t, filters_stay, 0, N_WALKS);
	tcase_add_loop_test(t, after_exit_there_is_nothing_to_begin_with, 0, N_WALKS);
	tcase_add_loop_test(t, the_new_image_is_never_taken_for_the_old_one, 0, N_WALKS);
	tcase_add_loop_test(t, a_thread_that_is_gone_is_replaced_by_a_living_one, 0, N_WALKS);
	tcase_add_test(t, a_kernel_thread_stays_empty);
	tcase_add_test(t, without_the_rights_of_before_it_is_streamed);
	tcase_add_test(t, a_walk_that_failed_can_be_begun_anew);
	tcase_add_test(t, a_saved_tree_is_read_again);
	tcase_add_test(t, null_is_refused);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
