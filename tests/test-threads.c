/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Distinct iterators in many threads at once, and one iterator that is handed
 * from thread to thread. Says most under ThreadSanitizer.
 */
#define _FILE_OFFSET_BITS 64
#include <mapfiles.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "churn.h"
#include "harness.h"

#define N_THREADS 8
#define N_WALKS	  30
#define N_OPENS	  200
#define N_GROUPS  3

static struct churn churn;

static void start_churn(void)
{
	churn_start(&churn, N_GROUPS);
}

static void end_churn(void)
{
	churn_end(&churn);
}

/* Checks in a thread: libcheck's own may be used by the main one only. */
struct worker {
	pthread_t thread;
	int number;
	char failure[512]; /* empty: all is well */
};

__attribute__((format(printf, 2, 3))) static bool failed(struct worker *worker, const char *format,
							 ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(worker->failure, sizeof(worker->failure), format, args);
	va_end(args);
	return false;
}

static void run(void *(*work)(void *))
{
	struct worker workers[N_THREADS] = { 0 };

	for (int i = 0; i < N_THREADS; i++) {
		workers[i].number = i;
		ck_assert(!pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	}
	for (int i = 0; i < N_THREADS; i++)
		ck_assert(!pthread_join(workers[i].thread, NULL));
	for (int i = 0; i < N_THREADS; i++)
		ck_assert_msg(!workers[i].failure[0], "thread %d: %s", i, workers[i].failure);
}

/* With and without what opens the links; a kernel that lacks a source leaves its thread the default. */
static const struct mf_iter_opts ways[N_THREADS] = {
	{ .size = sizeof(struct mf_iter_opts) },
	{ .size = sizeof(struct mf_iter_opts), .source = MF_SOURCE_QUERY, .flags = MF_ITER_STREAM },
	{ .size = sizeof(struct mf_iter_opts), .source = MF_SOURCE_MAPS, .flags = MF_ITER_STREAM },
	{ .size = sizeof(struct mf_iter_opts), .source = MF_SOURCE_QUERY, .flags = MF_ITER_ALL },
	{ .size = sizeof(struct mf_iter_opts), .source = MF_SOURCE_MAPS, .flags = MF_ITER_ALL },
	{ .size = sizeof(struct mf_iter_opts), .source = MF_SOURCE_MAP_FILES },
	{ .size = sizeof(struct mf_iter_opts), .flags = MF_ITER_STAT },
	{ .size = sizeof(struct mf_iter_opts), .flags = MF_ITER_OPEN_FDS | MF_ITER_STAT },
};

static int open_way(const struct mf_iter_opts *way, struct mf_iter **ret_iter)
{
	struct mf_iter_opts opts = *way;
	int r = mf_iter_open(churn.child.pid, &opts, ret_iter);

	if (r != -EOPNOTSUPP)
		return r;
	opts.source = MF_SOURCE_AUTO;
	return mf_iter_open(churn.child.pid, &opts, ret_iter);
}

static bool check_fd(struct worker *worker, const struct mf_mapping *m, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return failed(worker, "fstat: %s", strerror(errno));
	if (st.st_ino != m->inode)
		return failed(worker, "the descriptor of %llx is inode %llu, not %llu",
			      (unsigned long long)m->start, (unsigned long long)st.st_ino,
			      (unsigned long long)m->inode);
	return true;
}

static bool walk_once(struct worker *worker)
{
	const struct mf_mapping *m;
	struct churn_view view;
	struct mf_iter *iter;
	bool ok = true;
	int r = open_way(&ways[worker->number], &iter);

	if (r)
		return failed(worker, "mf_iter_open: %s", mf_strerror(r));
	churn_look(&view, &churn);
	while (ok && (r = mf_next(iter, &m)) > 0) {
		ok = churn_see(&view, m);
		if (!ok)
			failed(worker, "%s", view.failure);
		else if (m->fd >= 0)
			ok = check_fd(worker, m, m->fd);
	}
	if (ok && r)
		ok = failed(worker, "mf_next: %s", mf_strerror(r));
	if (ok && !churn_saw_all(&view))
		ok = failed(worker, "%s", view.failure);
	mf_iter_close(iter);
	return ok;
}

static void *walk_many(void *arg)
{
	struct worker *worker = arg;
	/* Without the ioctl each object that is opened costs some readings of the whole text. */
	const int n_walks = ways[worker->number].flags & MF_ITER_OPEN_FDS ? N_WALKS / 10 : N_WALKS;

	for (int i = 0; i < n_walks; i++)
		if (!walk_once(worker))
			break;
	return NULL;
}

START_TEST(threads_with_their_own_iterators_walk_one_target_at_once)
{
	run(walk_many);
}
END_TEST

static bool find_and_open(struct worker *worker, struct mf_iter *iter, unsigned int *seed)
{
	const size_t i = (size_t)rand_r(seed) % (N_GROUPS * CHURN_GROUP);
	const uint64_t addr = churn_stable_addr(&churn, i);
	const struct mf_open_info *info;
	const struct mf_mapping *m;
	bool ok;
	int fd, r = mf_find(iter, addr, &m);

	if (r != 1)
		return failed(worker, "mf_find: %d", r);
	if (m->start != addr || m->inode != churn.stable_inode)
		return failed(worker, "mf_find: another mapping");
	fd = mf_open_fd(iter, m, 0);
	/* Without the right to follow links, by the other rungs. */
	if (fd < 0)
		return failed(worker, "mf_open_fd: %s", mf_strerror(fd));
	ok = check_fd(worker, m, fd);
	close(fd);
	if (ok && (mf_open_info(iter, &info) || !info->rung))
		ok = failed(worker, "no mf_open_info");
	return ok;
}

static void *find_many(void *arg)
{
	struct worker *worker = arg;
	unsigned int seed = (unsigned int)worker->number;
	struct mf_iter *iter;
	int r = open_way(&ways[worker->number], &iter);

	if (r) {
		failed(worker, "mf_iter_open: %s", mf_strerror(r));
		return NULL;
	}
	for (int i = 0; i < N_OPENS; i++)
		if (!find_and_open(worker, iter, &seed))
			break;
	mf_iter_close(iter);
	return NULL;
}

START_TEST(threads_with_their_own_iterators_find_and_open_at_once)
{
	run(find_many);
}
END_TEST

/* Walking oneself while other threads map and unmap. */
static void *walk_self(void *arg)
{
	struct worker *worker = arg;
	const struct mf_iter_opts opts = {
		.size = sizeof(opts),
		.flags = worker->number % 2 ? MF_ITER_ALL : MF_ITER_STREAM,
	};
	static _Alignas(16) char memory[N_THREADS][MF_ITER_MEMORY];

	for (int i = 0; i < N_WALKS; i++) {
		const size_t size = (size_t)(1 + i) << 16;
		void *own = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		const uint64_t addr = (uintptr_t)own;
		const struct mf_mapping *m;
		struct mf_iter *iter;
		uint64_t prev_end = 0;
		bool seen = false;
		int r = worker->number % 4 < 2 ? mf_iter_open(0, &opts, &iter) :
						 mf_iter_open_in(memory[worker->number],
								 MF_ITER_MEMORY, 0, &opts, &iter);

		if (r) {
			failed(worker, "mf_iter_open: %s", mf_strerror(r));
			return NULL;
		}
		while ((r = mf_next(iter, &m)) > 0) {
			if (m->start < prev_end)
				failed(worker, "backwards");
			seen |= m->start <= addr && addr < m->end;
			prev_end = m->end;
		}
		if (r || !seen)
			failed(worker, "mf_next: %d, %s", r,
			       seen ? "seen" : "our own mapping was missed");
		mf_iter_close(iter);
		munmap(own, size);
	}
	return NULL;
}

START_TEST(threads_walk_their_own_process_at_once)
{
	run(walk_self);
}
END_TEST

/* One iterator for all, who take turns. */
static struct {
	sem_t turns[N_THREADS];
	struct mf_iter *iter;
	struct churn_view view;
	size_t n_walks;
	bool enough;
} shared;

/* Under the turn of this thread. */
static bool step_shared(struct worker *worker)
{
	const struct mf_iter_report *report;
	unsigned int seed = (unsigned int)worker->number;
	const struct mf_mapping *m;
	int r = 0;

	if (!shared.iter) {
		r = open_way(&ways[shared.n_walks % N_THREADS], &shared.iter);
		if (r)
			return failed(worker, "mf_iter_open: %s", mf_strerror(r));
		churn_look(&shared.view, &churn);
	}
	for (int i = 0; i < 17 && (r = mf_next(shared.iter, &m)) > 0; i++)
		if (!churn_see(&shared.view, m))
			return failed(worker, "%s", shared.view.failure);
	if (r < 0)
		return failed(worker, "mf_next: %s", mf_strerror(r));
	if (mf_iter_report(shared.iter, &report) ||
	    !(report->flags & MF_REPORT_COMPLETE) != (r > 0))
		return failed(worker, "a wrong report");
	/* In the middle of the walk, which goes on undisturbed. */
	if (!find_and_open(worker, shared.iter, &seed))
		return false;
	if (r > 0)
		return true;
	if (!churn_saw_all(&shared.view))
		return failed(worker, "%s", shared.view.failure);
	mf_iter_close(shared.iter);
	shared.iter = NULL;
	shared.n_walks++;
	return true;
}

static void *take_turns(void *arg)
{
	struct worker *worker = arg;

	for (;;) {
		while (sem_wait(&shared.turns[worker->number]))
			;
		if (!shared.enough && (!step_shared(worker) || shared.n_walks == 2 * N_THREADS))
			shared.enough = true;

		const bool enough = shared.enough;

		sem_post(&shared.turns[(worker->number + 1) % N_THREADS]);
		if (enough)
			return NULL;
	}
}

START_TEST(one_iterator_is_handed_from_thread_to_thread)
{
	for (int i = 0; i < N_THREADS; i++)
		ck_assert(!sem_init(&shared.turns[i], 0, i == 0));
	run(take_turns);
	ck_assert_uint_eq(shared.n_walks, 2 * N_THREADS);
	for (int i = 0; i < N_THREADS; i++)
		sem_destroy(&shared.turns[i]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("threads");
	TCase *tcase = fd_guarded_tcase(suite, "threads");

	tcase_add_unchecked_fixture(tcase, start_churn, end_churn);
	tcase_add_test(tcase, threads_with_their_own_iterators_walk_one_target_at_once);
	tcase_add_test(tcase, threads_with_their_own_iterators_find_and_open_at_once);
	tcase_add_test(tcase, threads_walk_their_own_process_at_once);
	tcase_add_test(tcase, one_iterator_is_handed_from_thread_to_thread);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
