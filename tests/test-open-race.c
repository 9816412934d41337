/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening while the target splits, merges, replaces and moves its mappings, or
 * exits, or execs: what is handed out is the file that the record told, or
 * nothing. Counts are printed; that of wrong files must be 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <mapfiles.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/mounts.h"
#include "fs/opener.h"
#include "fs/victim.h"

#define PAGE	     4096ul
#define N_PAGES	     4
#define LEN	     (N_PAGES * PAGE)
#define N_FILES	     5

/* Where each kind of change goes on. */
#define SPLIT	     0x30000000ul
#define REPLACE	     0x31000000ul
#define MOVE	     0x32000000ul
#define MOVE_TO	     0x33000000ul
#define STEADY	     0x34000000ul

#define ROOT_OPENS   20000
#define NOBODY_OPENS 8000
#define N_LIVES	     30

enum { DO_SPLIT = 1, DO_REPLACE, DO_MOVE, DO_ALL, DO_EXEC };

static const char *const paths[N_FILES] = { BASE "/0", BASE "/1", BASE "/2", BASE "/3", BASE "/4" };

/* The known files; the victim maps number 0 at SPLIT, 0 to 3 at REPLACE, 4 at MOVE. */
static struct stat truths[N_FILES];
static int fds[N_FILES];

struct count {
	uint64_t opens, right, wrong, retries, stale, again, not_there, other;
	int other_error;
	uint64_t n_wanted; /* stop after so many */
	pid_t pid;
	uint32_t flags;
	uint64_t addrs[8]; /* in turn, up to the first 0 */
	bool ended;
};

static void make_files(void)
{
	size_t i;

	for (i = 0; i < N_FILES; i++) {
		make_file(paths[i], 'a' + (int)i, LEN);
		stat_of(paths[i], &truths[i]);
	}
}

/* Side by side, or the two would take turns and hardly ever meet. */
static void stay_on(long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void map_at(uint64_t addr, int file, uint64_t len)
{
	mmap((void *)(uintptr_t)addr, len, PROT_READ, MAP_SHARED | MAP_FIXED, fds[file], 0);
}

static void *split_and_merge(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;

	for (;;) {
		unsigned long first = (unsigned long)rand_r(&seed) % N_PAGES;
		char *addr = (char *)(uintptr_t)SPLIT + first * PAGE;

		mprotect(addr, PAGE, PROT_NONE);
		mprotect(addr, PAGE, PROT_READ);
	}
	return NULL;
}

static void *replace(void *arg)
{
	unsigned int i;

	(void)arg;
	for (i = 0;; i++)
		map_at(REPLACE, (int)(i % 4), LEN);
	return NULL;
}

static void *move(void *arg)
{
	void *from = (void *)(uintptr_t)MOVE, *to = (void *)(uintptr_t)MOVE_TO, *swap;

	(void)arg;
	for (;;) {
		mremap(from, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, to);
		swap = from;
		from = to;
		to = swap;
	}
	return NULL;
}

static long run_racer(void *arg, int cmd)
{
	pthread_t thread;
	size_t i;

	(void)arg;
	switch (cmd) {
	case 0:
		stay_on(sysconf(_SC_NPROCESSORS_ONLN) - 1);
		for (i = 0; i < N_FILES; i++)
			fds[i] = dup2(open(paths[i], O_RDONLY | O_CLOEXEC), VICTIM_KEEP + (int)i);
		map_at(SPLIT, 0, LEN);
		map_at(REPLACE, 0, LEN);
		map_at(MOVE, 4, LEN);
		map_at(STEADY, 1, LEN);
		return 0;
	case DO_EXEC:
		exec_sleep();
	}
	if (cmd == DO_SPLIT || cmd == DO_ALL)
		pthread_create(&thread, NULL, split_and_merge, (void *)1);
	if (cmd == DO_REPLACE || cmd == DO_ALL)
		pthread_create(&thread, NULL, replace, NULL);
	if (cmd == DO_MOVE || cmd == DO_ALL)
		pthread_create(&thread, NULL, move, NULL);
	return 0;
}

static bool is_known(const struct stat *st)
{
	size_t i;

	for (i = 0; i < N_FILES; i++)
		if (truths[i].st_dev == st->st_dev && truths[i].st_ino == st->st_ino)
			return true;
	return false;
}

/* By the record's own numbers, which tmpfs shares with stat(2). */
static bool is_right(int fd, uint64_t inode, uint32_t dev_major, uint32_t dev_minor)
{
	struct stat st;

	return fstat(fd, &st) == 0 && is_known(&st) && st.st_ino == inode &&
	       major(st.st_dev) == dev_major && minor(st.st_dev) == dev_minor;
}

static void open_once(struct mf_iter *iter, uint64_t addr, struct count *count)
{
	const struct mf_open_info *info;
	const struct mf_mapping *m;
	uint32_t dev[2] = { 0, 0 };
	uint64_t inode = 0;
	int r = mf_find(iter, addr, &m);

	if (r == 0) {
		count->not_there++;
		return;
	}
	if (r > 0) {
		inode = m->inode;
		dev[0] = m->dev_major;
		dev[1] = m->dev_minor;
		count->opens++;
		r = mf_open_fd(iter, m, count->flags);
	}
	if (r == -ESTALE) {
		/* What is mapped there all the time, whole or split, is never gone. */
		if ((addr >= SPLIT && addr < SPLIT + LEN) || addr == STEADY) {
			count->other++;
			count->other_error = r;
		}
		count->stale++;
	} else if (r == -EAGAIN) {
		count->again++;
	} else if (r < 0) {
		count->other++;
		count->other_error = r;
	} else {
		if (is_right(r, inode, dev[0], dev[1]))
			count->right++;
		else
			count->wrong++;
		if (mf_open_info(iter, &info) == 0)
			count->retries += info->n_retries;
		close(r);
	}
}

static void open_many(void *shared)
{
	struct count *count = shared;
	struct mf_iter *iter;
	uint64_t i, n_addrs = 0;

	stay_on(0);
	while (count->addrs[n_addrs])
		n_addrs++;

	if (mf_iter_open(count->pid, NULL, &iter) < 0)
		return;
	/* Bounded, in case that hardly any open succeeds. */
	for (i = 0; count->opens < count->n_wanted && i < 20 * count->n_wanted; i++)
		open_once(iter, count->addrs[i % n_addrs], count);
	mf_iter_close(iter);
	count->ended = true;
}

static void add_count(struct count *sum, const struct count *count)
{
	sum->opens += count->opens;
	sum->right += count->right;
	sum->wrong += count->wrong;
	sum->retries += count->retries;
	sum->stale += count->stale;
	sum->again += count->again;
	sum->not_there += count->not_there;
}

static void print_count(const char *who, const char *what, const struct count *count)
{
	printf("%s, %s: opens %llu wrong %llu retries %llu stale %llu again %llu right %llu not there %llu\n",
	       who, what, (unsigned long long)count->opens, (unsigned long long)count->wrong,
	       (unsigned long long)count->retries, (unsigned long long)count->stale,
	       (unsigned long long)count->again, (unsigned long long)count->right,
	       (unsigned long long)count->not_there);
	fflush(stdout);
}

static void check_count(const char *who, const char *what, const struct count *count)
{
	print_count(who, what, count);
	expect(count->ended, "%s, %s: hung or died", who, what);
	expect(count->wrong == 0, "%s, %s: %llu WRONG FILES", who, what,
	       (unsigned long long)count->wrong);
	expect(count->other == 0, "%s, %s: %llu errors that nothing explains, such as %s", who,
	       what, (unsigned long long)count->other, error_of(count->other_error));
	/* The test is empty if nearly all is refused. */
	expect(count->right >= count->opens / 100, "%s, %s: only %llu of %llu were opened", who,
	       what, (unsigned long long)count->right, (unsigned long long)count->opens);
}

/* Each change alone, as fast as it goes, then all together, which wait for one another. */
static const struct {
	const char *name;
	int cmd;
	uint64_t addrs[8];
} changes[] = {
	{ "splits", DO_SPLIT, { SPLIT, SPLIT + PAGE, SPLIT + 3 * PAGE } },
	{ "replaces", DO_REPLACE, { REPLACE, REPLACE + PAGE } },
	{ "moves", DO_MOVE, { MOVE, MOVE_TO } },
	{ "all", DO_ALL, { SPLIT, REPLACE, MOVE, SPLIT + PAGE, MOVE_TO, STEADY } },
};

#define N_CHANGES (sizeof(changes) / sizeof(changes[0]))

static void race_one(const struct who *who, uint32_t flags, size_t change, uint64_t n,
		     struct count *count, struct count *sum)
{
	struct victim victim;

	memset(count, 0, sizeof(*count));
	victim_start(&victim, &who_nobody, run_racer, NULL);
	victim_do(&victim, changes[change].cmd);
	count->pid = victim.pid;
	count->flags = flags;
	memcpy(count->addrs, changes[change].addrs, sizeof(count->addrs));
	count->n_wanted = n;
	run_as(who, open_many, count);
	victim_end(&victim);
	check_count(who->name, changes[change].name, count);
	add_count(sum, count);
}

static void race(const struct who *who, uint32_t flags, uint64_t n)
{
	struct count *count = shared_memory(sizeof(*count));
	struct count sum;
	size_t i;

	make_files();
	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < N_CHANGES; i++)
		race_one(who, flags, i, n / N_CHANGES, count, &sum);
	/* What moves all the time is seldom found where it is looked for: the others make up for it. */
	if (sum.opens < n)
		race_one(who, flags, N_CHANGES - 1, n - sum.opens, count, &sum);
	print_count(who->name, "sum", &sum);
	expect(sum.opens >= n, "%s: only %llu opens", who->name, (unsigned long long)sum.opens);
	if (sum.retries + sum.stale == 0)
		harness_skip(who->name, "nothing raced: is there one processor only?");
	munmap(count, sizeof(*count));
	expect_end();
}

START_TEST(root_never_gets_a_wrong_file_from_a_racing_target)
{
	race(&who_root, 0, ROOT_OPENS);
}
END_TEST

START_TEST(root_never_looks_at_a_wrong_file_of_a_racing_target)
{
	race(&who_root, MF_OPEN_PATH, ROOT_OPENS / 4);
}
END_TEST

START_TEST(nobody_never_gets_a_wrong_file_from_a_racing_target)
{
	race(&who_nobody, 0, NOBODY_OPENS);
}
END_TEST

/* A whole walk that opens all it lists */

static void walk_many(void *shared)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_OPEN_FDS };
	struct count *count = shared;
	const struct mf_mapping *m;
	struct mf_iter *iter;
	uint64_t i;
	int r;

	opts.from = SPLIT;
	opts.to = STEADY + LEN;
	for (i = 0; i < count->n_wanted; i++) {
		if (mf_iter_open(count->pid, &opts, &iter) < 0)
			return;
		while ((r = mf_next(iter, &m)) > 0) {
			count->opens++;
			if (m->fd < 0)
				count->again++;
			else if (is_right(m->fd, m->inode, m->dev_major, m->dev_minor))
				count->right++;
			else
				count->wrong++;
		}
		if (r < 0) {
			count->other++;
			count->other_error = r;
		}
		mf_iter_close(iter);
	}
	count->ended = true;
}

static void race_walks(const struct who *who, uint64_t n)
{
	struct count *count = shared_memory(sizeof(*count));
	struct victim victim;

	make_files();
	victim_start(&victim, &who_nobody, run_racer, NULL);
	victim_do(&victim, DO_ALL);
	count->pid = victim.pid;
	count->n_wanted = n;
	run_as(who, walk_many, count);
	check_count(who->name, "walks", count);
	munmap(count, sizeof(*count));
	victim_end(&victim);
	expect_end();
}

START_TEST(a_walk_that_opens_never_gives_a_wrong_file)
{
	race_walks(&who_root, 300);
	race_walks(&who_nobody, 100);
}
END_TEST

/* The target goes away at any moment */

struct life {
	struct count count;
	int ready_fd, last; /* the error that ended it */
};

static void open_until_gone(void *shared)
{
	static const uint64_t addrs[] = { STEADY, SPLIT, REPLACE };
	struct life *life = shared;
	struct mf_iter *iter;
	uint64_t i, before;

	if (mf_iter_open(life->count.pid, NULL, &iter) < 0)
		return;
	for (i = 0; i < 10000000; i++) {
		before = life->count.other;
		open_once(iter, addrs[i % 3], &life->count);
		/* The test waits for the first open before it ends the target. */
		if (i == 3 && write(life->ready_fd, "", 1) != 1)
			return;
		if (life->count.other > before)
			break;
	}
	life->last = life->count.other_error;
	mf_iter_close(iter);
	life->count.ended = true;
}

static void end_target(struct victim *victim, struct life *life, int ready_fd, bool by_exec)
{
	struct timespec wait = { 0, 0 };
	char byte;
	pid_t pid = fork();

	require(pid >= 0);
	if (pid == 0) {
		/* Beside the opener: at a moment of its own. */
		if (read(ready_fd, &byte, 1) == 1) {
			wait.tv_nsec = (life->count.pid * 7919) % 3000000;
			nanosleep(&wait, NULL);
			if (by_exec)
				victim_tell(victim, DO_EXEC);
			else
				kill(victim->pid, SIGKILL);
		}
		_exit(0);
	}
	run_as(life->count.flags ? &who_nobody : &who_root, open_until_gone, life);
	require(waitpid(pid, NULL, 0) == pid);
}

static void lives(bool by_exec, bool as_nobody, int want)
{
	struct life *life = shared_memory(sizeof(*life));
	struct victim victim;
	int i, pipe_fds[2];

	make_files();
	for (i = 0; i < N_LIVES; i++) {
		memset(life, 0, sizeof(*life));
		require(pipe2(pipe_fds, O_CLOEXEC) == 0);
		victim_start(&victim, &who_nobody, run_racer, NULL);
		if (!by_exec)
			victim_do(&victim, DO_ALL);
		life->count.pid = victim.pid;
		/* No flag that matters to nobody, but it tells the two apart. */
		life->count.flags = as_nobody ? MF_OPEN_MAY_BLOCK : 0;
		life->ready_fd = pipe_fds[1];
		end_target(&victim, life, pipe_fds[0], by_exec);
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		expect(life->count.ended, "life %d: hung or died", i);
		expect(life->count.wrong == 0, "life %d: %llu WRONG FILES", i,
		       (unsigned long long)life->count.wrong);
		expect(life->count.right > 0, "life %d: nothing opened", i);
		expect(life->last == want, "life %d: ended by %s, not %s", i, error_of(life->last),
		       error_of(want));
		victim_end(&victim);
	}
	munmap(life, sizeof(*life));
	expect_end();
}

START_TEST(a_target_that_exits_meanwhile_is_no_longer_there)
{
	lives(false, _i, -ESRCH);
}
END_TEST

START_TEST(a_target_that_execs_meanwhile_is_stale)
{
	lives(true, _i, -ESTALE);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("open-race");
	TCase *tcase = guarded_tcase(suite, "open-race");

	tcase_add_test(tcase, root_never_gets_a_wrong_file_from_a_racing_target);
	tcase_add_test(tcase, root_never_looks_at_a_wrong_file_of_a_racing_target);
	tcase_add_test(tcase, nobody_never_gets_a_wrong_file_from_a_racing_target);
	tcase_add_test(tcase, a_walk_that_opens_never_gives_a_wrong_file);
	tcase_add_loop_test(tcase, a_target_that_exits_meanwhile_is_no_longer_there, 0, 2);
	tcase_add_loop_test(tcase, a_target_that_execs_meanwhile_is_stale, 0, 2);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return fs_main(argv, make_suite);
}
