/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks of processes that exit, exec, lose their leader or their memory in the
 * middle of it, and the ways to name a process. An end is told only when it is
 * one, and nobody gets another process than he asked for.
 */
#define _FILE_OFFSET_BITS 64
#include "harness.h"
#include "truth.h"

#include <mapfiles.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct walk {
	uint32_t source;
	uint32_t flags;
};

static const struct walk walks[] = {
	{ MF_SOURCE_AUTO, 0 },
	{ MF_SOURCE_AUTO, MF_ITER_STREAM },
	{ MF_SOURCE_AUTO, MF_ITER_ALL },
	{ MF_SOURCE_AUTO, MF_ITER_STAT },
	{ MF_SOURCE_MAP_FILES, 0 },
	{ MF_SOURCE_MAP_FILES, MF_ITER_STAT },
	{ MF_SOURCE_QUERY, 0 },
	{ MF_SOURCE_QUERY, MF_ITER_ALL },
	{ MF_SOURCE_QUERY, MF_ITER_STREAM | MF_ITER_STAT },
	{ MF_SOURCE_MAPS, 0 },
	{ MF_SOURCE_MAPS, MF_ITER_ALL },
	{ MF_SOURCE_MAPS, MF_ITER_STREAM | MF_ITER_STAT },
};

#define N_WALKS	   ((int)(sizeof(walks) / sizeof(*walks)))
#define N_FILES	   300
#define FILE_AT(i) (2 * (size_t)(i))

/* Where an out-parameter must still point after a failure. */
static struct mf_iter *const no_iter = (struct mf_iter *)&walks;
static const struct mf_mapping *const no_mapping = (const void *)&walks;

static struct mf_iter_opts options(const struct walk *walk)
{
	struct mf_iter_opts opts;

	memset(&opts, 0, sizeof(opts));
	opts.size = sizeof(opts);
	opts.source = walk->source;
	opts.flags = walk->flags;
	return opts;
}

static int try_walk(int pid, const struct walk *walk, struct mf_iter **ret_iter)
{
	struct mf_iter_opts opts = options(walk);

	return mf_iter_open(pid, &opts, ret_iter);
}

static bool have_query(void)
{
	const struct walk walk = { MF_SOURCE_QUERY, 0 };
	struct mf_iter *iter = NULL;
	int ret = try_walk(0, &walk, &iter);

	mf_iter_close(iter);
	return ret == 0;
}

static bool is_missing(const struct walk *walk)
{
	return walk->source == MF_SOURCE_QUERY && !have_query();
}

static struct mf_iter *open_walk(int pid, const struct walk *walk)
{
	struct mf_iter *iter = NULL;

	ck_errno(try_walk(pid, walk, &iter), 0);
	require(iter);
	return iter;
}

static void step(struct mf_iter *iter, int n)
{
	const struct mf_mapping *m;

	while (n--)
		ck_errno(mf_next(iter, &m), 1);
}

/* Walk to the end: the number of mappings, or the error. */
static int walk_on(struct mf_iter *iter)
{
	const struct mf_mapping *m;
	uint64_t end = 0;
	int n = 0, ret;

	while ((ret = mf_next(iter, &m)) == 1) {
		require(m->start >= end && m->end > m->start);
		end = m->end;
		n++;
	}
	return ret ? ret : n;
}

static size_t count_truth(pid_t pid, bool all)
{
	struct truth truth;
	size_t n = 0;

	truth_read(&truth, pid);
	for (size_t i = 0; i < truth.n; i++)
		n += all || truth.list[i].file;
	truth_free(&truth);
	return n;
}

/* An error must be repeated, and must not touch what the caller holds. */
static void check_gone(struct mf_iter *iter, int want)
{
	const struct mf_mapping *m = no_mapping;
	int ret = walk_on(iter);

	ck_errno(ret, want);
	ck_errno(mf_next(iter, &m), want);
	ck_errno(mf_find(iter, 4096, &m), want);
	ck_errno(mf_next(iter, &m), want);
	require(m == no_mapping);
}

static unsigned char *map_files(void)
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
	return base;
}

/* Map much, so that no source reads it all at once, and exec when told. */
static void map_and_exec(struct child *child)
{
	map_files();
	child_tell(child);
	if (child_hear(child))
		exec_sleep();
}

static void start(struct child *child)
{
	child_start(child, map_and_exec, NULL);
	ck_assert(child_hear(child));
}

static void let_exec(struct child *child)
{
	child_tell(child);
	ck_assert(!child_hear(child));
	wait_state(child->pid, 'S');
}

static const int steps[] = { 0, 1, 250 };

/* ---- it goes away in the middle ---- */

typedef void event(struct child *);

static void check_event(const struct walk *walk, event *happen, int want)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct child child;

		start(&child);

		struct mf_iter *iter = open_walk(child.pid, walk);

		step(iter, steps[i]);
		happen(&child);
		check_gone(iter, want);
		mf_iter_close(iter);
		child_end(&child);
	}
}

START_TEST(an_exit_in_the_middle_is_no_end)
{
	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	check_event(&walks[_i], child_make_zombie, -ESRCH);
}
END_TEST

START_TEST(an_exit_that_was_reaped_is_no_end)
{
	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	check_event(&walks[_i], child_kill_and_reap, -ESRCH);
}
END_TEST

START_TEST(an_exec_in_the_middle_makes_the_list_stale)
{
	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	check_event(&walks[_i], let_exec, -ESTALE);
}
END_TEST

static void let_exec_and_reap(struct child *child)
{
	let_exec(child);
	child_kill_and_reap(child);
}

START_TEST(an_exec_and_then_an_exit_is_no_end)
{
	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	check_event(&walks[_i], let_exec_and_reap, -ESRCH);
}
END_TEST

struct ids {
	volatile pid_t tid;
};

static struct ids *share_ids(void)
{
	void *ret = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	require(ret != MAP_FAILED);
	return ret;
}

static void *stay(void *arg)
{
	struct child *child = arg;

	((struct ids *)child->arg)->tid = (pid_t)syscall(SYS_gettid);
	child_tell(child);
	for (;;)
		pause();
	return NULL;
}

static void lose_the_leader(struct child *child)
{
	pthread_t thread;

	map_files();
	require(!pthread_create(&thread, NULL, stay, child));
	child_hear(child);
	syscall(SYS_exit, 0);
}

START_TEST(a_leader_that_exits_in_the_middle_changes_nothing)
{
	struct ids *ids = share_ids();

	if (is_missing(&walks[_i])) {
		munmap(ids, 4096);
		skip("PROCMAP_QUERY came with 6.11");
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		const struct mf_mapping *m;
		struct child child;

		child_start(&child, lose_the_leader, ids);
		ck_assert(child_hear(&child));

		int want = (int)count_truth(child.pid, walks[_i].flags & MF_ITER_ALL);
		struct mf_iter *iter = open_walk(child.pid, &walks[_i]);

		step(iter, steps[i]);
		child_tell(&child);
		wait_state(child.pid, 'Z');
		ck_errno(walk_on(iter), want - steps[i]);
		ck_errno(mf_find(iter, (uintptr_t)stay, &m), 1);
		mf_iter_close(iter);
		child_end(&child);
	}
	munmap(ids, 4096);
}
END_TEST

START_TEST(a_process_without_its_leader_is_listed_through_a_thread)
{
	struct ids *ids = share_ids();
	const struct mf_mapping *m;
	struct child child;

	if (is_missing(&walks[_i])) {
		munmap(ids, 4096);
		skip("PROCMAP_QUERY came with 6.11");
	}
	child_start(&child, lose_the_leader, ids);
	ck_assert(child_hear(&child));

	int want = (int)count_truth(child.pid, walks[_i].flags & MF_ITER_ALL);

	child_tell(&child);
	wait_state(child.pid, 'Z');
	for (int by_thread = 0; by_thread < 2; by_thread++) {
		struct mf_iter *iter = open_walk(by_thread ? ids->tid : child.pid, &walks[_i]);

		ck_errno(walk_on(iter), want);
		ck_errno(mf_find(iter, (uintptr_t)stay, &m), 1);
		mf_iter_close(iter);
	}

	struct mf_iter *iter = open_walk(child.pid, &walks[_i]);

	step(iter, 3);
	child_kill_and_reap(&child);
	check_gone(iter, -ESRCH);
	mf_iter_close(iter);
	child_end(&child);
	munmap(ids, 4096);
}
END_TEST

START_TEST(a_process_without_its_leader_is_explained_through_a_thread)
{
	struct ids *ids = share_ids();
	int before[MF_ACCESS_MEMORY + 1];
	struct child child;

	child_start(&child, lose_the_leader, ids);
	ck_assert(child_hear(&child));
	for (uint32_t access = MF_ACCESS_DETAILS; access <= MF_ACCESS_MEMORY; access++)
		before[access] = mf_explain(child.pid, access, NULL);
	child_tell(&child);
	wait_state(child.pid, 'Z');
	for (uint32_t access = MF_ACCESS_DETAILS; access <= MF_ACCESS_MEMORY; access++)
		ck_errno(mf_explain(child.pid, access, NULL), before[access]);
	child_end(&child);
	munmap(ids, 4096);
}
END_TEST

START_TEST(of_a_zombie_there_is_nothing_to_see)
{
	struct child child;

	start(&child);
	child_make_zombie(&child);
	for (uint32_t access = MF_ACCESS_DETAILS; access <= MF_ACCESS_MEMORY; access++)
		ck_errno(mf_explain(child.pid, access, NULL), MF_WHY_NO_ADDRESS_SPACE);
	child_end(&child);
}
END_TEST

static void *exec_when_told(void *arg)
{
	child_tell(arg);
	child_hear(arg);
	exec_sleep();
}

static void leave_it_to_a_thread(struct child *child)
{
	pthread_t thread;

	map_files();
	require(!pthread_create(&thread, NULL, exec_when_told, child));
	syscall(SYS_exit, 0);
}

/* The thread takes its leader's place, and its own number is nobody's. */
START_TEST(an_exec_of_a_process_without_its_leader_makes_the_list_stale)
{
	struct child child;

	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	child_start(&child, leave_it_to_a_thread, NULL);
	ck_assert(child_hear(&child));
	wait_state(child.pid, 'Z');

	struct mf_iter *iter = open_walk(child.pid, &walks[_i]);

	step(iter, 3);
	let_exec(&child);
	check_gone(iter, -ESTALE);
	mf_iter_close(iter);
	child_end(&child);
}
END_TEST

START_TEST(a_thread_id_leads_to_its_process)
{
	struct ids *ids = share_ids();
	struct child child;

	child_start(&child, lose_the_leader, ids);
	ck_assert(child_hear(&child));
	for (int i = 0; i < N_WALKS; i++) {
		if (is_missing(&walks[i]))
			continue;

		struct mf_iter *iter = open_walk(ids->tid, &walks[i]);

		ck_errno(walk_on(iter), (int)count_truth(child.pid, walks[i].flags & MF_ITER_ALL));
		mf_iter_close(iter);
	}
	child_end(&child);
	munmap(ids, 4096);
}
END_TEST

/* ---- a child that borrows its parent's memory ---- */

static int borrow_and_exec(void *arg)
{
	struct child *child = arg;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	((struct ids *)child->arg)->tid = getpid();
	child_tell(child);
	child_hear(child);
	execl("/bin/sleep", "sleep", "100000", (char *)NULL);
	_exit(1);
}

static void lend_memory(struct child *child)
{
	static unsigned char stack[65536] __attribute__((aligned(64)));

	map_files();
	require(clone(borrow_and_exec, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD,
		      child) > 0);
	child_tell(child);
	for (;;)
		pause();
}

static bool is_of(const struct truth *truth, const struct mf_mapping *m)
{
	const struct truth_mapping *t = truth_find(truth, m->start);

	return t && t->start == m->start && t->end == m->end && t->offset == m->offset &&
	       t->inode == m->inode && !t->path == !m->path &&
	       (!t->path || !strcmp(t->path, m->path));
}

/* The old memory lives on with the parent, so only a look at the process tells. */
static void check_borrower(struct mf_iter *iter, pid_t old, pid_t new, bool all, int n_stepped)
{
	const struct mf_mapping *m;
	struct truth lender, borrower;
	int n = n_stepped, n_old = n_stepped, n_new = 0, ret;

	truth_read(&lender, old);
	truth_read(&borrower, new);
	while ((ret = mf_next(iter, &m)) == 1) {
		n++;
		n_old += is_of(&lender, m);
		n_new += is_of(&borrower, m);
	}
	truth_free(&lender);
	truth_free(&borrower);
	/* vsyscall is the same in both. */
	require_msg(n_old == n || n_new == n, "%d mappings: %d old, %d new", n, n_old, n_new);
	if (ret) {
		ck_errno(ret, -ESTALE);
		return;
	}
	require_msg(n == (int)count_truth(n_old == n ? old : new, all), "%d", n);
}

/* What is found must be of the memory that the iterator was opened on, too. */
static void check_borrower_find(struct mf_iter *iter, pid_t old)
{
	const struct mf_mapping *m = no_mapping;
	struct truth lender;
	int ret = mf_find(iter, (uintptr_t)stay, &m);

	if (ret != 1) {
		ck_errno(ret, -ESTALE);
		require(m == no_mapping);
		return;
	}
	truth_read(&lender, old);
	require(is_of(&lender, m));
	truth_free(&lender);
}

START_TEST(a_borrower_that_execs_gives_one_image_or_an_error)
{
	struct ids *ids = share_ids();

	if (under_valgrind()) {
		munmap(ids, 4096);
		skip("valgrind forks instead");
	}
	if (is_missing(&walks[_i])) {
		munmap(ids, 4096);
		skip("PROCMAP_QUERY came with 6.11");
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct child child;

		child_start(&child, lend_memory, ids);
		ck_assert(child_hear(&child));

		struct mf_iter *iter = open_walk(ids->tid, &walks[_i]);

		step(iter, steps[i]);
		child_tell(&child);
		ck_assert(child_hear(&child));
		wait_state(ids->tid, 'S');
		check_borrower(iter, child.pid, ids->tid, walks[_i].flags & MF_ITER_ALL, steps[i]);
		check_borrower_find(iter, child.pid);
		mf_iter_close(iter);
		kill(ids->tid, SIGKILL);
		child_end(&child);
	}
	munmap(ids, 4096);
}
END_TEST

/* ---- no memory at all ---- */

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
	return end;
}

static bool has_lost_all(pid_t pid)
{
	char path[64];
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);

	char *text = read_whole(path, &len);
	bool ret = !len || !strcmp(strrchr(text, ' ') + 1, "[vsyscall]\n");

	ret = ret && (!len || strchr(text, '\n') == text + len - 1);
	free(text);
	return ret;
}

/* Stop it in the kernel, behind munmap(2) and before there is anything to run. */
static bool strip(struct child *child, uint64_t *end)
{
	int status;

	child_start(child, unmap_everything, end);
	wait_stopped(child->pid);
	for (int i = 0; i < 20; i++) {
		ck_assert(!ptrace(PTRACE_SYSCALL, child->pid, NULL, NULL));
		ck_assert_int_eq(waitpid(child->pid, &status, 0), child->pid);
		if (!WIFSTOPPED(status))
			break;
		if (has_lost_all(child->pid))
			return true;
	}
	child_end(child);
	return false;
}

START_TEST(memory_with_no_mapping_left_is_an_empty_list)
{
	uint64_t end = end_of_user_space();
	const struct mf_mapping *m = no_mapping;
	struct child child;

	if (under_valgrind())
		skip("valgrind lives in the memory of its client");
	if (!have_query())
		skip("before 6.11 nothing tells it from a zombie");
	if (!strip(&child, &end))
		skip("the target did not stop behind munmap");
	for (int i = 0; i < N_WALKS; i++) {
		struct mf_iter *iter = open_walk(child.pid, &walks[i]);
		bool all = walks[i].flags & MF_ITER_ALL;

		ck_errno(walk_on(iter), all ? (int)count_truth(child.pid, true) : 0);
		ck_errno(mf_find(iter, (uintptr_t)stay, &m), 0);
		ck_assert_ptr_eq(m, no_mapping);
		mf_iter_close(iter);
	}
	child_end(&child);
}
END_TEST

/* ---- which process ---- */

START_TEST(pid_0_is_the_caller)
{
	const struct mf_mapping *m;
	struct mf_iter *iter;
	bool found = false;

	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	iter = open_walk(0, &walks[_i]);
	while (mf_next(iter, &m) == 1)
		found |= m->start <= (uintptr_t)stay && m->end > (uintptr_t)stay;
	ck_assert(found);
	ck_errno(mf_find(iter, (uintptr_t)stay, &m), 1);
	mf_iter_close(iter);
}
END_TEST

START_TEST(a_kernel_thread_has_no_mappings)
{
	const struct mf_mapping *m = no_mapping;
	struct mf_iter *iter = NULL;
	char link[16];

	if (!is_root() || readlink("/proc/2/exe", link, sizeof(link)) != -1 || errno != ENOENT)
		skip("process 2 is no kernel thread that may be looked at");
	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	ck_errno(try_walk(2, &walks[_i], &iter), 0);
	ck_errno(mf_next(iter, &m), 0);
	ck_errno(mf_find(iter, 4096, &m), 0);
	ck_errno(mf_next(iter, &m), 0);
	ck_assert_ptr_eq(m, no_mapping);
	mf_iter_close(iter);
}
END_TEST

START_TEST(a_zombie_and_a_dead_pid_are_no_processes)
{
	struct mf_iter *iter = no_iter;
	struct child child;

	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	start(&child);

	pid_t pid = child.pid;

	child_make_zombie(&child);
	ck_errno(try_walk(pid, &walks[_i], &iter), -ESRCH);
	child_kill_and_reap(&child);
	ck_errno(try_walk(pid, &walks[_i], &iter), -ESRCH);
	ck_errno(try_walk(INT32_MAX, &walks[_i], &iter), -ESRCH);
	ck_errno(try_walk(-1, &walks[_i], &iter), -EINVAL);
	ck_errno(try_walk(INT32_MIN, &walks[_i], &iter), -EINVAL);
	ck_assert_ptr_eq(iter, no_iter);
	child_end(&child);
}
END_TEST

START_TEST(a_pidfd_leads_to_its_process_and_to_no_other)
{
	struct mf_iter_opts opts = options(&walks[_i]);
	struct mf_iter *iter = NULL;
	struct child child;
	int pipe_fds[2];

	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	start(&child);

	int pidfd = (int)syscall(SYS_pidfd_open, child.pid, 0);

	if (pidfd < 0) {
		child_end(&child);
		skip("no pidfd_open: it came with 5.3, and not to valgrind 3.19");
	}
	ck_errno(mf_iter_open_pidfd(pidfd, &opts, &iter), 0);
	ck_assert_int_eq(mf_iter_pid(iter), child.pid);

	int want = (int)count_truth(child.pid, walks[_i].flags & MF_ITER_ALL);

	ck_errno(walk_on(iter), want);
	mf_iter_close(iter);
	iter = no_iter;
	child_make_zombie(&child);
	ck_errno(mf_iter_open_pidfd(pidfd, &opts, &iter), -ESRCH);
	child_kill_and_reap(&child);
	ck_errno(mf_iter_open_pidfd(pidfd, &opts, &iter), -ESRCH);
	close(pidfd);
	ck_errno(mf_iter_open_pidfd(pidfd, &opts, &iter), -EBADF);
	ck_errno(mf_iter_open_pidfd(-1, &opts, &iter), -EBADF);
	ck_errno(mf_iter_open_pidfd(INT32_MAX, &opts, &iter), -EBADF);
	ck_assert(!pipe2(pipe_fds, O_CLOEXEC));
	ck_errno(mf_iter_open_pidfd(pipe_fds[0], &opts, &iter), -EBADF);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	ck_assert_ptr_eq(iter, no_iter);
	child_end(&child);
}
END_TEST

START_TEST(a_recycled_pid_is_never_taken_for_the_old_process)
{
	struct mf_iter_opts opts = options(&walks[_i]);
	struct mf_iter *iter = NULL, *none = no_iter;
	struct child child;

	if (is_missing(&walks[_i]))
		skip("PROCMAP_QUERY came with 6.11");
	start(&child);
	ck_errno(mf_iter_open(child.pid, &opts, &iter), 0);
	step(iter, 2);

	pid_t pid = child.pid;
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	child_kill_and_reap(&child);

	int ret = fork_with_pid(pid);

	if (!ret) {
		pause();
		_exit(0);
	}
	if (ret == pid) {
		check_gone(iter, -ESRCH);
		ck_errno(mf_iter_open_pidfd(pidfd, &opts, &none), -ESRCH);
		ck_assert_ptr_eq(none, no_iter);
	}
	mf_iter_close(iter);
	close(pidfd);
	child.pid = ret;
	child_end(&child);
	if (ret < 0)
		skip("cannot choose a pid: %s", strerror(-ret));
}
END_TEST

/* ---- rights, descriptors, threads ---- */

static void walk_others_and_self(void *arg)
{
	const struct child *child = arg;

	for (int i = 0; i < N_WALKS; i++) {
		struct mf_iter *iter = no_iter;

		if (is_missing(&walks[i]))
			continue;
		ck_errno(try_walk(child->pid, &walks[i], &iter), -EACCES);
		require(iter == no_iter);
		iter = open_walk(0, &walks[i]);
		require(walk_on(iter) > 3);
		mf_iter_close(iter);
	}
}

START_TEST(nobody_walks_itself_and_is_refused_elsewhere)
{
	struct child child;

	if (!is_root())
		skip("needs root, to become nobody");
	start(&child);
	in_child_as_nobody(walk_others_and_self, &child);
	child_end(&child);
}
END_TEST

/* The right is looked at again at every step through map_files, and for maps never. */
static void walk_on_as_nobody(void *arg)
{
	struct mf_iter **iters = arg;

	for (int i = 0; i < N_WALKS; i++) {
		int ret = iters[i] ? walk_on(iters[i]) : N_FILES;

		require_msg(ret == -EACCES || ret == -EPERM || ret >= N_FILES - 1,
			    "walk %d ended with %d", i, ret);
	}
}

START_TEST(rights_lost_in_the_middle_never_shorten_a_list)
{
	struct mf_iter *iters[N_WALKS] = { NULL };
	struct child child;

	if (!is_root())
		skip("needs root, to become nobody");
	start(&child);
	for (int i = 0; i < N_WALKS; i++) {
		if (is_missing(&walks[i]))
			continue;
		iters[i] = open_walk(child.pid, &walks[i]);
		step(iters[i], i % 2);
	}
	in_child_as_nobody(walk_on_as_nobody, iters);
	for (int i = 0; i < N_WALKS; i++)
		mf_iter_close(iters[i]);
	child_end(&child);
}
END_TEST

/* What the walk says of its descriptor is what mf_open_fd() says of another one. */
static void check_how_opened(struct mf_iter *iter, const struct mf_mapping *m)
{
	const struct mf_open_info *info;
	int fd = mf_open_fd(iter, m, 0);

	if (m->fd < 0) {
		require(m->fd_error < 0 && m->fd_error == fd && !m->fd_rung && !m->fd_sure);
		return;
	}
	require(fd >= 0 && !m->fd_error && !mf_open_info(iter, &info));
	require(m->fd_rung == info->rung && m->fd_sure == info->sure && m->fd_rung && m->fd_sure);
	close(fd);
}

static void look_at_descriptors(void *arg)
{
	const struct child *child = arg;
	size_t before = count_fds();

	for (int i = 0; i < N_WALKS; i++) {
		struct walk walk = { walks[i].source, walks[i].flags | MF_ITER_OPEN_FDS };
		const struct mf_mapping *m;
		bool was_open[1024];

		if (is_missing(&walk))
			continue;
		for (int fd = 0; fd < 1024; fd++)
			was_open[fd] = fcntl(fd, F_GETFD) >= 0;

		struct mf_iter *iter = open_walk(child->pid, &walk);

		for (int n = 0; n < 20; n++) {
			ck_errno(mf_next(iter, &m), 1);
			require(m->fd == -1 || m->fd > 2);
			check_how_opened(iter, m);
			for (int fd = 0; fd < 1024; fd++) {
				int flags = was_open[fd] ? -1 : fcntl(fd, F_GETFD);

				require(flags < 0 || (fd > 2 && flags & FD_CLOEXEC));
			}
		}
		mf_iter_close(iter);
		require_msg(count_fds() == before, "%zu, before %zu", count_fds(), before);
	}
}

static void look_at_descriptors_without_stdio(void *arg)
{
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	look_at_descriptors(arg);
}

START_TEST(descriptors_are_close_on_exec_and_never_0_1_or_2)
{
	struct child child;

	start(&child);
	/* Both: what is moved away from 0, 1 and 2 is made by another call. */
	in_child(look_at_descriptors, &child);
	in_child(look_at_descriptors_without_stdio, &child);
	child_end(&child);
}
END_TEST

START_TEST(bad_options_are_refused_and_nothing_is_changed)
{
	struct {
		struct mf_iter_opts opts;
		unsigned char tail[8192];
	} longer;
	const struct walk plain = { MF_SOURCE_AUTO, 0 };
	struct mf_iter_opts opts = options(&plain);
	struct mf_iter *iter = no_iter;

	ck_errno(mf_iter_open(0, &opts, NULL), -EINVAL);
	opts.flags = 0x80000000;
	ck_errno(mf_iter_open(0, &opts, &iter), -EINVAL);
	opts = options(&plain);
	opts.source = 4;
	ck_errno(mf_iter_open(0, &opts, &iter), -EINVAL);
	opts = options(&plain);
	opts.prot = 8;
	ck_errno(mf_iter_open(0, &opts, &iter), -EINVAL);
	opts = options(&plain);
	opts.from = 2;
	opts.to = 1;
	ck_errno(mf_iter_open(0, &opts, &iter), -EINVAL);
	opts = options(&plain);
	opts.source = MF_SOURCE_MAP_FILES;
	opts.flags = MF_ITER_ALL;
	ck_errno(mf_iter_open(0, &opts, &iter), -EINVAL);
	opts.flags = MF_ITER_STREAM;
	ck_errno(mf_iter_open(0, &opts, &iter), -EINVAL);
	opts = options(&plain);
	opts.reserved = 1;
	ck_errno(mf_iter_open(0, &opts, &iter), -EINVAL);
	opts = options(&plain);
	opts.size = 0;
	ck_errno(mf_iter_open(0, &opts, &iter), -EINVAL);
	opts.size = sizeof(opts) - 1;
	ck_errno(mf_iter_open(0, &opts, &iter), -EINVAL);

	memset(&longer, 0, sizeof(longer));
	longer.opts.size = 4097;
	ck_errno(mf_iter_open(0, &longer.opts, &iter), -E2BIG);
	longer.opts.size = 4096;
	longer.tail[4095 - sizeof(opts)] = 1;
	ck_errno(mf_iter_open(0, &longer.opts, &iter), -E2BIG);
	ck_assert_ptr_eq(iter, no_iter);
	/* What lies past size is not the library's to look at. */
	longer.opts.size = 4095;
	ck_errno(mf_iter_open(0, &longer.opts, &iter), 0);
	mf_iter_close(iter);
	ck_errno(mf_iter_open(0, NULL, &iter), 0);
	ck_assert_int_eq(mf_iter_pid(iter), getpid());
	ck_errno(mf_iter_pid(NULL), -EINVAL);
	ck_errno(mf_next(iter, NULL), -EINVAL);
	ck_errno(mf_find(iter, 0, NULL), -EINVAL);

	const struct mf_mapping *m = no_mapping;

	ck_errno(mf_next(NULL, &m), -EINVAL);
	ck_errno(mf_find(NULL, 0, &m), -EINVAL);
	ck_assert_ptr_eq(m, no_mapping);
	ck_errno(mf_iter_source(NULL), -EINVAL);
	mf_iter_close(iter);
	mf_iter_close(NULL);
}
END_TEST

START_TEST(explaining_takes_options_of_any_age)
{
	union {
		struct mf_explain_opts opts;
		char bytes[4097];
	} longer;

	memset(&longer, 0, sizeof(longer));
	longer.opts.size = 4096;
	ck_errno(mf_explain(0, MF_ACCESS_DETAILS, NULL), MF_WHY_ALLOWED);
	ck_errno(mf_explain(0, MF_ACCESS_DETAILS, &longer.opts), MF_WHY_ALLOWED);
	ck_errno(mf_explain(-1, MF_ACCESS_DETAILS, NULL), -EINVAL);
	ck_errno(mf_explain(0, 0, NULL), -EINVAL);
	ck_errno(mf_explain(0, MF_ACCESS_MEMORY + 1, NULL), -EINVAL);
	longer.opts.flags = 1;
	ck_errno(mf_explain(0, MF_ACCESS_DETAILS, &longer.opts), -EINVAL);
	longer.opts.flags = 0;
	longer.bytes[4095] = 1;
	ck_errno(mf_explain(0, MF_ACCESS_DETAILS, &longer.opts), -E2BIG);
	longer.opts.size = 4097;
	ck_errno(mf_explain(0, MF_ACCESS_DETAILS, &longer.opts), -E2BIG);
	longer.opts.size = sizeof(longer.opts) - 1;
	ck_errno(mf_explain(0, MF_ACCESS_DETAILS, &longer.opts), -EINVAL);
	longer.opts.size = sizeof(longer.opts);
	longer.opts.proc_root = "/nowhere";
	ck_errno(mf_explain(0, MF_ACCESS_DETAILS, &longer.opts), -ENOENT);
	longer.opts.proc_root = "/dev/null";
	ck_errno(mf_explain(0, MF_ACCESS_DETAILS, &longer.opts), -ENOTDIR);
	longer.opts.proc_root = "/etc";
	ck_errno(mf_explain(0, MF_ACCESS_DETAILS, &longer.opts), -EOPNOTSUPP);
}
END_TEST

struct worker {
	pthread_t thread;
	pid_t pid;
	int start; /* the first walk, another one for each thread */
	int want[2]; /* files, all */
	int n_wrong;
};

/* No check of Check's in here: it serves one thread. */
static void *work(void *arg)
{
	struct worker *worker = arg;

	for (int i = 0; i < 2 * N_WALKS; i++) {
		const struct walk *walk = &walks[(worker->start + i) % N_WALKS];
		struct mf_iter *iter = NULL;
		const struct mf_mapping *m;
		int n = 0, ret = try_walk(worker->pid, walk, &iter);

		if (ret == -EOPNOTSUPP)
			continue;
		while (!ret && mf_next(iter, &m) == 1) {
			/* Not all: without PROCMAP_QUERY each find reads the text anew. */
			if (n++ % 64 == 0)
				ret = mf_find(iter, m->start, &m) != 1;
		}
		worker->n_wrong += ret || n != worker->want[walk->flags & MF_ITER_ALL ? 1 : 0];
		mf_iter_close(iter);
	}
	return NULL;
}

START_TEST(iterators_in_different_threads_are_independent)
{
	struct worker workers[4];
	struct child child;

	start(&child);
	for (int i = 0; i < 4; i++) {
		workers[i] = (struct worker){
			.pid = child.pid,
			.start = 3 * i,
			.want = { (int)count_truth(child.pid, false),
				  (int)count_truth(child.pid, true) },
		};
		ck_assert(!pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	}
	for (int i = 0; i < 4; i++) {
		ck_assert(!pthread_join(workers[i].thread, NULL));
		ck_assert_int_eq(workers[i].n_wrong, 0);
	}
	child_end(&child);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("live");
	TCase *tcase = guarded_tcase(suite, "gone");

	tcase_add_loop_test(tcase, an_exit_in_the_middle_is_no_end, 0, N_WALKS);
	tcase_add_loop_test(tcase, an_exit_that_was_reaped_is_no_end, 0, N_WALKS);
	tcase_add_loop_test(tcase, an_exec_in_the_middle_makes_the_list_stale, 0, N_WALKS);
	tcase_add_loop_test(tcase, an_exec_and_then_an_exit_is_no_end, 0, N_WALKS);
	tcase_add_loop_test(tcase, a_borrower_that_execs_gives_one_image_or_an_error, 0, N_WALKS);
	tcase_add_test(tcase, memory_with_no_mapping_left_is_an_empty_list);
	tcase = guarded_tcase(suite, "leader");
	tcase_add_loop_test(tcase, a_leader_that_exits_in_the_middle_changes_nothing, 0, N_WALKS);
	tcase_add_loop_test(tcase, a_process_without_its_leader_is_listed_through_a_thread, 0,
			    N_WALKS);
	tcase_add_loop_test(tcase, an_exec_of_a_process_without_its_leader_makes_the_list_stale, 0,
			    N_WALKS);
	tcase_add_test(tcase, a_thread_id_leads_to_its_process);
	tcase_add_test(tcase, a_process_without_its_leader_is_explained_through_a_thread);
	tcase_add_test(tcase, of_a_zombie_there_is_nothing_to_see);
	tcase = guarded_tcase(suite, "which");
	tcase_add_loop_test(tcase, pid_0_is_the_caller, 0, N_WALKS);
	tcase_add_loop_test(tcase, a_kernel_thread_has_no_mappings, 0, N_WALKS);
	tcase_add_loop_test(tcase, a_zombie_and_a_dead_pid_are_no_processes, 0, N_WALKS);
	tcase_add_loop_test(tcase, a_pidfd_leads_to_its_process_and_to_no_other, 0, N_WALKS);
	tcase_add_loop_test(tcase, a_recycled_pid_is_never_taken_for_the_old_process, 0, N_WALKS);
	tcase = guarded_tcase(suite, "rights");
	tcase_add_test(tcase, nobody_walks_itself_and_is_refused_elsewhere);
	tcase_add_test(tcase, rights_lost_in_the_middle_never_shorten_a_list);
	tcase_add_test(tcase, descriptors_are_close_on_exec_and_never_0_1_or_2);
	tcase_add_test(tcase, bad_options_are_refused_and_nothing_is_changed);
	tcase_add_test(tcase, explaining_takes_options_of_any_age);
	tcase = fd_guarded_tcase(suite, "threads");
	tcase_add_test(tcase, iterators_in_different_threads_are_independent);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
