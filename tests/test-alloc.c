/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A walk does not allocate: counted over a process with 60 000 mapped files, in
 * every mode.
 */
#include <errno.h>
#include <mapfiles.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "faults.h"
#include "harness.h"

#define N_MAPPINGS 60000

/* What mf_iter_open() allocates: the block, and the memory of the list. */
#define AT_MOST	   4

/* What is found and opened one by one: without the ioctl each search reads text from the start. */
#define FEW	   100

static struct child crowd;
static size_t n_mapped;

static const struct {
	const char *name;
	uint32_t source, flags;
	bool old; /* a kernel without PROCMAP_QUERY */
} modes[] = {
	{ "files", MF_SOURCE_AUTO, 0, false },
	{ "map_files", MF_SOURCE_MAP_FILES, 0, false },
	{ "query", MF_SOURCE_QUERY, 0, false },
	{ "maps", MF_SOURCE_MAPS, 0, false },
	{ "stream", MF_SOURCE_AUTO, MF_ITER_STREAM, false },
	{ "all", MF_SOURCE_AUTO, MF_ITER_ALL, false },
	{ "all by query", MF_SOURCE_QUERY, MF_ITER_ALL, false },
	{ "stat", MF_SOURCE_AUTO, MF_ITER_STAT, false },
	{ "fds", MF_SOURCE_AUTO, MF_ITER_OPEN_FDS, false },
	{ "all, stat, fds", MF_SOURCE_AUTO, MF_ITER_ALL | MF_ITER_STAT | MF_ITER_OPEN_FDS, false },
	{ "old kernel", MF_SOURCE_AUTO, 0, true },
	{ "old kernel, stream", MF_SOURCE_AUTO, MF_ITER_STREAM, true },
	{ "old kernel, all", MF_SOURCE_AUTO, MF_ITER_ALL, true },
};

#define N_MODES ((int)(sizeof(modes) / sizeof(*modes)))

static void map_crowd(struct child *child)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = 2 * N_MAPPINGS * page;
	char *base =
		mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int fd;
	size_t i;

	require(base != MAP_FAILED && !munmap(base, room));
	fd = memfd_create("crowd", MFD_CLOEXEC);
	require(fd >= 0);
	for (i = 0; i < N_MAPPINGS; i++) {
		/* The machine may allow fewer: vm.max_map_count. */
		if (mmap(base + 2 * i * page, page, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) ==
		    MAP_FAILED)
			break;
	}
	*(size_t *)child->arg = i;
	child_tell(child);
	for (;;)
		kill(getpid(), SIGSTOP);
}

static void spawn_crowd(void)
{
	size_t *const shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	require(shared != MAP_FAILED);
	child_start(&crowd, map_crowd, shared);
	require(child_hear(&crowd));
	wait_stopped(crowd.pid);
	n_mapped = *shared;
	munmap(shared, sizeof(*shared));
}

static void end_crowd(void)
{
	child_end(&crowd);
}

static struct mf_iter *open_counted(int i)
{
	const struct mf_iter_opts opts = {
		.size = sizeof(opts),
		.source = modes[i].source,
		.flags = modes[i].flags,
	};
	struct mf_iter *iter;
	int r;

	faults_act_old(modes[i].old);
	faults_start(NULL);
	r = CALL(mf_iter_open(crowd.pid, &opts, &iter));
	if (r == -EOPNOTSUPP)
		return NULL;
	require_msg(!r, "%s: %s", modes[i].name, mf_strerror(r));
	require_msg(fault_account.allocations && fault_account.allocations <= AT_MOST,
		    "%s: mf_iter_open() allocates %u times", modes[i].name,
		    fault_account.allocations);
	return iter;
}

static void close_counted(struct mf_iter *iter)
{
	CALL((mf_iter_close(iter), 0));
	require(!fault_account.live_blocks);
	require(!fault_account.live_bytes);
}

START_TEST(no_step_of_a_walk_allocates)
{
	struct mf_iter *const iter = open_counted(_i);
	const unsigned int at_open = fault_account.allocations;
	const struct mf_mapping *m;
	size_t n = 0;
	int r;

	if (!iter)
		skip("%s: this kernel has no such source", modes[_i].name);
	while ((r = CALL(mf_next(iter, &m))) > 0) {
		require_msg(fault_account.allocations == at_open,
			    "%s: mf_next() allocates at mapping %zu", modes[_i].name, n);
		n++;
	}
	require_msg(!r, "%s: %s", modes[_i].name, mf_strerror(r));
	require_msg(n > n_mapped, "%s: only %zu", modes[_i].name, n);
	require(fault_account.allocations == at_open);
	printf("%s: %zu mappings, %u allocations, all by mf_iter_open()\n", modes[_i].name, n,
	       at_open);
	close_counted(iter);
}
END_TEST

START_TEST(neither_find_nor_open_fd_allocates)
{
	struct mf_iter *const iter = open_counted(_i);
	const unsigned int at_open = fault_account.allocations;
	const struct mf_mapping *m;
	size_t n;

	if (!iter)
		skip("%s: this kernel has no such source", modes[_i].name);
	for (n = 0; n < FEW; n++) {
		int fd;

		require(CALL(mf_next(iter, &m)) == 1);
		require(CALL(mf_find(iter, m->start, &m)) == 1);
		fd = CALL(mf_open_fd(iter, m, MF_OPEN_PATH));
		require_msg(fault_account.allocations == at_open, "%s: at mapping %zu",
			    modes[_i].name, n);
		if (fd >= 0)
			close(fd);
	}
	close_counted(iter);
}
END_TEST

/* By the lower rungs, which read mountinfo, /proc/PID/fd and memory. */
static void open_all_as_nobody(void *arg)
{
	const struct mf_iter_opts opts = {
		.size = sizeof(opts),
		.flags = MF_ITER_STAT | MF_ITER_OPEN_FDS,
	};
	const struct mf_mapping *m;
	struct mf_iter *iter;
	unsigned int at_open;
	int r;

	(void)arg;
	faults_start(NULL);
	require(!CALL(mf_iter_open(0, &opts, &iter)));
	at_open = fault_account.allocations;
	while ((r = CALL(mf_next(iter, &m))) > 0)
		require(fault_account.allocations == at_open);
	require(!r);
	close_counted(iter);
}

START_TEST(neither_do_the_lower_rungs)
{
	if (!is_root())
		skip("is for root, who becomes nobody");
	in_child_as_nobody(open_all_as_nobody, NULL);
}
END_TEST

/* The control. */
START_TEST(an_allocation_is_counted)
{
	void *volatile block;

	faults_start(NULL);
	block = CALL(malloc(1));
	require(fault_account.allocations == 1 && fault_account.live_blocks == 1);
	block = CALL(realloc(block, 100));
	require(fault_account.allocations == 2 && fault_account.live_blocks == 1);
	CALL((free(block), 0));
	block = CALL(mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	require(fault_account.allocations == 3 && !fault_account.live_blocks &&
		fault_account.live_bytes);
	CALL(munmap(block, 1));
	require(!fault_account.live_bytes);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *const suite = suite_create("alloc");
	TCase *const t = guarded_tcase(suite, "alloc");

	tcase_add_unchecked_fixture(t, spawn_crowd, end_crowd);
	tcase_add_loop_test(t, no_step_of_a_walk_allocates, 0, N_MODES);
	tcase_add_loop_test(t, neither_find_nor_open_fd_allocates, 0, N_MODES);
	tcase_add_test(t, neither_do_the_lower_rungs);
	tcase_add_test(t, an_allocation_is_counted);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
