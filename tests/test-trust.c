/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a walk promises, under fire: the default list is one instant's picture
 * whatever interrupts it, the streaming walks miss nothing that stayed, and the
 * report tells what happened.
 */
#define _FILE_OFFSET_BITS 64
#include <mapfiles.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "churn.h"
#include "harness.h"
#include "lack.h"

#define QUERY_IOCTL 0xc0686611ul

/* What the ioctl says to a question that it does not understand. */
static bool kernel_has_query(void)
{
	char question[104] = { 0 };
	const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	const bool has = fd >= 0 && ioctl(fd, QUERY_IOCTL, question) < 0 && errno != ENOTTY;

	close(fd);
	return has;
}

static bool kernel_has_map_files(void)
{
	const int fd = open("/proc/self/map_files", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	close(fd);
	return fd >= 0;
}

/* valgrind makes each walk some twenty times slower. */
static size_t scaled(size_t n)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload") ? n / 20 : n;
}

static uint64_t page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static void *at(uint64_t addr)
{
	return (void *)(uintptr_t)addr;
}

static int make_file(const char *name, uint64_t size)
{
	char path[400];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", temp_dir(), name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	require(fd >= 0);
	require(!ftruncate(fd, (off_t)size));
	return fd;
}

static struct mf_iter *open_walk(pid_t pid, uint32_t source, uint32_t flags)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts), .source = source, .flags = flags };
	struct mf_iter *iter = NULL;

	ck_errno(mf_iter_open(pid, &opts, &iter), 0);
	return iter;
}

/* The kernel has this source. False: it has not, and the library says so. */
static bool kernel_has(uint32_t source)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts), .source = source };
	struct mf_iter *iter = NULL;

	if (source == MF_SOURCE_MAPS || (source == MF_SOURCE_QUERY && kernel_has_query()) ||
	    (source == MF_SOURCE_MAP_FILES && kernel_has_map_files()))
		return true;
	ck_errno(mf_iter_open(0, &opts, &iter), -EOPNOTSUPP);
	ck_assert_ptr_null(iter);
	return false;
}

static struct mf_iter_report report_of(struct mf_iter *iter)
{
	const struct mf_iter_report *report = NULL;

	ck_errno(mf_iter_report(iter, &report), 0);
	return *report;
}

/* A child that maps one page of a file at each of a row of addresses. */
struct row {
	struct child child;
	uint64_t base, page;
	size_t n; /* mappings in the row */
	bool moves; /* one more jumps between the row's two ends */
	int fd;
};

/* Falling offsets: neighbours never merge. */
static uint64_t row_offset(const struct row *row, size_t i)
{
	return (15 - i % 16) * row->page;
}

/* Both ends of the row have a place for what moves. */
static uint64_t row_addr(const struct row *row, size_t i)
{
	return row->base + (i + 1) * row->page;
}

static void map_in_row(const struct row *row, size_t i)
{
	void *const addr = at(row_addr(row, i));

	require(mmap(addr, row->page, PROT_READ, MAP_SHARED | MAP_FIXED, row->fd,
		     (off_t)row_offset(row, i)) == addr);
}

static void become_row(struct child *child)
{
	const struct row *row = child->arg;
	void *from = at(row->base), *to = at(row_addr(row, row->n)), *swap;

	for (size_t i = 0; i < row->n; i++)
		map_in_row(row, i);
	if (row->moves)
		require(mmap(from, row->page, PROT_READ, MAP_SHARED | MAP_FIXED, row->fd, 0) ==
			from);
	child_tell(child);
	while (!row->moves)
		pause();
	for (;;) {
		require(mremap(from, row->page, row->page, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
			to);
		swap = from;
		from = to;
		to = swap;
	}
}

static void row_reserve(struct row *row, size_t n)
{
	*row = (struct row){ .n = n, .page = page_size() };
	row->fd = make_file("row", 16 * row->page);
	/* In the parent too: in the child the same place is free then. */
	row->base = (uintptr_t)mmap(NULL, (n + 2) * row->page, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	require(row->base != (uintptr_t)MAP_FAILED);
}

static void row_start(struct row *row, size_t n, bool moves)
{
	row_reserve(row, n);
	row->moves = moves;
	child_start(&row->child, become_row, row);
	require(child_hear(&row->child));
}

static void row_end(struct row *row)
{
	child_end(&row->child);
	munmap(at(row->base), (row->n + 2) * row->page);
	close(row->fd);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* Every 0.2 ms, and no system call is restarted. */
static void start_alarms(void)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval timer = { { 0, 200 }, { 0, 200 } };

	require(!sigaction(SIGALRM, &action, NULL));
	require(!setitimer(ITIMER_REAL, &timer, NULL));
}

static void stop_alarms(void)
{
	const struct itimerval timer = { { 0, 0 }, { 0, 0 } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

struct sightings {
	uint64_t never, once, twice, low, high, vanished, retried;
};

static void count_mover(const struct row *row, struct sightings *sightings)
{
	struct mf_iter *iter = open_walk(row->child.pid, MF_SOURCE_AUTO, 0);
	const uint64_t low = row->base, high = row_addr(row, row->n);
	const struct mf_mapping *m;
	size_t n_low = 0, n_high = 0, n_row = 0, n_unknown = 0;
	int r;

	ck_assert_int_eq(mf_iter_source(iter), MF_SOURCE_MAP_FILES);
	while ((r = mf_next(iter, &m)) > 0) {
		n_low += m->start <= low && low < m->end;
		n_high += m->start <= high && high < m->end;
		n_row += m->start > low && m->start < high;
		n_unknown += !(m->has & MF_HAS_DEV);
	}
	ck_errno(r, 0);

	const struct mf_iter_report report = report_of(iter);

	ck_assert_uint_eq(n_row, row->n);
	ck_assert_uint_eq(report.n_vanished, n_unknown);
	ck_assert_uint_eq(report.n_clamped + report.n_partial, 0);
	ck_assert_uint_eq(report.flags, MF_REPORT_COMPLETE | MF_REPORT_SNAPSHOT |
						(n_unknown ? MF_REPORT_RACED : 0));
	sightings->never += !n_low && !n_high;
	sightings->once += n_low + n_high == 1;
	sightings->twice += n_low && n_high;
	sightings->low += n_low;
	sightings->high += n_high;
	sightings->vanished += report.n_vanished;
	sightings->retried += report.n_retries;
	mf_iter_close(iter);
}

static void watch_mover(size_t n_around, size_t n_walks)
{
	struct sightings sightings = { 0 };
	struct row row;

	row_start(&row, n_around, true);
	start_alarms();
	for (size_t i = 0; i < n_walks; i++)
		count_mover(&row, &sightings);
	stop_alarms();
	row_end(&row);
	printf("a mapping that moves around %zu others, in %zu walks: never %llu, once %llu, twice %llu "
	       "(low %llu, high %llu, vanished %llu, retried %llu)\n",
	       n_around, n_walks, (unsigned long long)sightings.never,
	       (unsigned long long)sightings.once, (unsigned long long)sightings.twice,
	       (unsigned long long)sightings.low, (unsigned long long)sightings.high,
	       (unsigned long long)sightings.vanished, (unsigned long long)sightings.retried);
	ck_assert_uint_eq(sightings.once, n_walks);
	/* It did move. */
	ck_assert_uint_gt(sightings.low, 0);
	ck_assert_uint_gt(sightings.high, 0);
}

START_TEST(a_mapping_that_moves_is_in_every_default_list_exactly_once)
{
	if (!kernel_has(MF_SOURCE_MAP_FILES))
		return;
	watch_mover(0, scaled(20000));
}
END_TEST

START_TEST(a_mapping_that_moves_around_5000_others_is_listed_exactly_once)
{
	if (!kernel_has(MF_SOURCE_MAP_FILES))
		return;
	watch_mover(5000, scaled(200));
}
END_TEST

/* What a reader found, in memory that it shares with its test. */
struct reading {
	pid_t pid;
	uint64_t expected; /* mappings in the target */
	atomic_bool enough;
	atomic_ullong n_walks, n_snapshots, n_retried;
	uint64_t wrong, wrong_n;
};

static uint64_t count_files(pid_t pid)
{
	char path[64];
	size_t len, n = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);

	FILE *maps = fopen(path, "re");
	char *line = NULL;

	require(maps);
	while (getline(&line, &len, maps) > 0) {
		unsigned int device[2];

		require(sscanf(line, "%*s %*s %*s %x:%x", &device[0], &device[1]) == 2);
		n += device[0] || device[1];
	}
	free(line);
	fclose(maps);
	return n;
}

/* One walk of a target that stands still: however often it is interrupted, it is all there. */
static void read_once(struct reading *reading)
{
	struct mf_iter *iter = open_walk(reading->pid, MF_SOURCE_AUTO, 0);
	const struct mf_mapping *m;
	uint64_t n = 0;
	int r;

	while ((r = mf_next(iter, &m)) > 0)
		n++;
	ck_errno(r, 0);

	const struct mf_iter_report report = report_of(iter);

	require(report.n_mappings == n);
	require(report.flags & MF_REPORT_COMPLETE && !(report.flags & MF_REPORT_RACED));
	/* After too many interruptions it is a stream, and must not claim to be more. */
	require(!(report.flags & MF_REPORT_SNAPSHOT) == (report.source != MF_SOURCE_MAP_FILES));
	if (n != reading->expected) {
		reading->wrong++;
		reading->wrong_n = n;
	}
	reading->n_walks++;
	reading->n_snapshots += report.source == MF_SOURCE_MAP_FILES;
	reading->n_retried += report.n_retries;
	mf_iter_close(iter);
}

static struct reading *new_reading(pid_t pid)
{
	struct reading *reading = mmap(NULL, sizeof(*reading), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	require(reading != MAP_FAILED);
	reading->pid = pid;
	reading->expected = count_files(pid);
	return reading;
}

/* Snapshots that were cut off and taken again are what these tests are about. */
static void judge(struct reading *reading, const char *interruption)
{
	printf("%s: %llu walks, %llu by snapshots, %llu lists thrown away, %llu wrong\n",
	       interruption, (unsigned long long)reading->n_walks,
	       (unsigned long long)reading->n_snapshots, (unsigned long long)reading->n_retried,
	       (unsigned long long)reading->wrong);
	require_msg(!reading->wrong, "%llu walks took %llu mappings for all %llu",
		    (unsigned long long)reading->wrong, (unsigned long long)reading->wrong_n,
		    (unsigned long long)reading->expected);
	require(reading->n_snapshots > 0);
	require(reading->n_retried > 0);
	munmap(reading, sizeof(*reading));
}

static void become_reader(struct child *child)
{
	struct reading *reading = child->arg;

	child_tell(child);
	while (!reading->enough)
		read_once(reading);
	child_tell(child);
}

START_TEST(a_list_that_a_stop_of_the_reader_cut_off_is_never_taken_for_whole)
{
	struct reading *reading;
	struct child reader;
	unsigned int seed = 3;
	struct row row;

	if (!kernel_has(MF_SOURCE_MAP_FILES))
		return;
	row_start(&row, scaled(20000), false);
	reading = new_reading(row.child.pid);
	ck_assert_uint_gt(reading->expected, scaled(20000));
	child_start(&reader, become_reader, reading);
	ck_assert(child_hear(&reader));
	for (size_t i = 0; i < scaled(500); i++) {
		usleep((useconds_t)rand_r(&seed) % 40000);
		ck_assert(!kill(reader.pid, SIGSTOP));
		usleep(50);
		ck_assert(!kill(reader.pid, SIGCONT));
	}
	reading->enough = true;
	ck_assert_msg(child_hear(&reader), "the reader failed");
	child_end(&reader);
	row_end(&row);
	judge(reading, "stops of the reader");
}
END_TEST

/* As little of io_uring as makes the kernel leave work for this thread again and again. */
struct ring {
	int fd, timer_fd;
	void *rings, *entries;
	size_t rings_size, entries_size;
	struct io_uring_params params;
};

static void *ring_at(const struct ring *ring, uint32_t offset)
{
	return (char *)ring->rings + offset;
}

static bool ring_open(struct ring *ring)
{
	memset(ring, 0, sizeof(*ring));
	ring->fd = (int)syscall(SYS_io_uring_setup, 64, &ring->params);
	if (ring->fd < 0)
		return false;
	require(ring->params.features & IORING_FEAT_SINGLE_MMAP);
	ring->rings_size = ring->params.sq_off.array + ring->params.sq_entries * sizeof(uint32_t);
	if (ring->rings_size < ring->params.cq_off.cqes + ring->params.cq_entries * 16)
		ring->rings_size = ring->params.cq_off.cqes + ring->params.cq_entries * 16;
	ring->entries_size = ring->params.sq_entries * sizeof(struct io_uring_sqe);
	ring->rings = mmap(NULL, ring->rings_size, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQ_RING);
	ring->entries = mmap(NULL, ring->entries_size, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_POPULATE, ring->fd, (off_t)IORING_OFF_SQES);
	require(ring->rings != MAP_FAILED && ring->entries != MAP_FAILED);
	return true;
}

/* Done: the timer expired, and its work was done in the middle of whatever ran. */
static uint32_t ring_reap(const struct ring *ring)
{
	uint32_t *head = ring_at(ring, ring->params.cq_off.head);
	const uint32_t tail = __atomic_load_n((uint32_t *)ring_at(ring, ring->params.cq_off.tail),
					      __ATOMIC_ACQUIRE);
	const uint32_t n = tail - *head;

	__atomic_store_n(head, tail, __ATOMIC_RELEASE);
	return n;
}

static void ring_submit_timeout(const struct ring *ring, const struct __kernel_timespec *after)
{
	uint32_t *tail = ring_at(ring, ring->params.sq_off.tail);
	const uint32_t i = *tail & (ring->params.sq_entries - 1);
	struct io_uring_sqe *entry = (struct io_uring_sqe *)ring->entries + i;

	memset(entry, 0, sizeof(*entry));
	entry->opcode = IORING_OP_TIMEOUT;
	entry->fd = -1;
	entry->addr = (uintptr_t)after;
	entry->len = 1;
	((uint32_t *)ring_at(ring, ring->params.sq_off.array))[i] = i;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	require(syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0) == 1);
}

static void ring_close(struct ring *ring)
{
	munmap(ring->entries, ring->entries_size);
	munmap(ring->rings, ring->rings_size);
	close(ring->fd);
}

START_TEST(a_list_that_io_uring_work_cut_off_is_never_taken_for_whole)
{
	struct __kernel_timespec after = { 0, 0 };
	struct reading *reading;
	unsigned int seed = 4;
	uint64_t n_done = 0;
	struct ring ring;
	struct row row;

	if (!kernel_has(MF_SOURCE_MAP_FILES))
		return;
	if (!ring_open(&ring))
		skip("io_uring_setup: %s", strerror(errno));
	row_start(&row, 2000, false);
	reading = new_reading(row.child.pid);
	for (size_t i = 0; i < scaled(500); i++) {
		/* One a walk, somewhere in its first millisecond: that is where the list is read. */
		after.tv_nsec = rand_r(&seed) % 1000000;
		ring_submit_timeout(&ring, &after);
		read_once(reading);
		n_done += ring_reap(&ring);
	}
	ck_assert_uint_gt(n_done, 0);
	ring_close(&ring);
	row_end(&row);
	judge(reading, "io_uring work");
}
END_TEST

/* The streaming walks, on a target that never stands still. */
static struct churn churn;

static void start_churn(void)
{
	churn_start(&churn, 20);
}

static void end_churn(void)
{
	churn_end(&churn);
}

struct way {
	const char *name;
	uint32_t source, flags;
	size_t n_walks;
};

static const struct way ways[] = {
	{ "files by the ioctl", MF_SOURCE_QUERY, MF_ITER_STREAM, 500 },
	{ "all by the ioctl", MF_SOURCE_QUERY, MF_ITER_ALL, 500 },
	{ "files by text", MF_SOURCE_MAPS, MF_ITER_STREAM, 500 },
	{ "all by text", MF_SOURCE_MAPS, MF_ITER_ALL, 500 },
	{ "one instant's picture", MF_SOURCE_MAP_FILES, 0, 100 },
};

struct tally {
	uint64_t clamped, partial, vanished, retried, raced;
};

static void walk_churn(const struct way *way, struct tally *tally)
{
	struct mf_iter *iter = open_walk(churn.child.pid, way->source, way->flags);
	const bool is_snapshot = way->source == MF_SOURCE_MAP_FILES;
	const struct mf_mapping *m;
	struct churn_view view;
	uint64_t n = 0;
	int r;

	churn_look(&view, &churn);
	while ((r = mf_next(iter, &m)) > 0) {
		ck_assert_msg(churn_see(&view, m), "%s: %s", way->name, view.failure);
		n++;
	}
	ck_errno(r, 0);
	ck_assert_msg(churn_saw_all(&view), "%s: %s", way->name, view.failure);

	const struct mf_iter_report report = report_of(iter);
	const bool raced = report.n_clamped || report.n_partial || report.n_vanished;

	ck_assert_uint_eq(report.source, way->source);
	ck_assert_uint_eq(report.n_mappings, n);
	ck_assert_uint_eq(report.flags, MF_REPORT_COMPLETE |
						(is_snapshot ? MF_REPORT_SNAPSHOT : 0) |
						(raced ? MF_REPORT_RACED : 0));
	/* What was clamped away altogether is counted, but no record shows it. */
	if (is_snapshot)
		ck_assert_uint_eq(view.n_raced, report.n_partial + report.n_vanished);
	else
		ck_assert_uint_le(view.n_raced, report.n_clamped);
	tally->clamped += report.n_clamped;
	tally->partial += report.n_partial;
	tally->vanished += report.n_vanished;
	tally->retried += report.n_retries;
	tally->raced += raced;
	mf_iter_close(iter);
}

START_TEST(a_walk_of_a_churning_target_misses_nothing_that_stayed_and_never_goes_back)
{
	const struct way *way = &ways[_i];
	struct tally tally = { 0 };

	if (!kernel_has(way->source))
		return;
	const size_t n_walks = scaled(way->n_walks);

	for (size_t i = 0; i < n_walks; i++)
		walk_churn(way, &tally);
	printf("%s, %zu walks: %llu raced (clamped %llu, partial %llu, vanished %llu, retried %llu)\n",
	       way->name, n_walks, (unsigned long long)tally.raced,
	       (unsigned long long)tally.clamped, (unsigned long long)tally.partial,
	       (unsigned long long)tally.vanished, (unsigned long long)tally.retried);
}
END_TEST

/*
 * The report, step by step. The target obeys: what it changes is so far behind
 * the first mappings that text has not been read that far when a walk begins.
 */
#define REPORT_ROW 400
#define LAST	   (REPORT_ROW - 1)
#define WHOLE	   4 /* pages of the mapping at the row's end */

enum { DO_UNMAP = 1, DO_SPLIT, DO_GROW, DO_REPLACE, DO_EXEC };

static void obey(const struct row *row, int order)
{
	const uint64_t whole = row_addr(row, row->n);

	switch (order) {
	case DO_UNMAP:
		require(!munmap(at(row_addr(row, LAST)), row->page));
		break;
	case DO_SPLIT:
		require(!mprotect(at(whole), 2 * row->page, PROT_NONE));
		break;
	case DO_GROW:
		require(!mprotect(at(whole), WHOLE * row->page, PROT_READ));
		break;
	case DO_EXEC:
		exec_sleep();
	case DO_REPLACE:
		require(mmap(at(row_addr(row, LAST)), row->page, PROT_READ,
			     MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
		break;
	}
}

static void become_obedient(struct child *child)
{
	const struct row *row = child->arg;
	char order;

	for (size_t i = 0; i < row->n; i++)
		map_in_row(row, i);
	require(mmap(at(row_addr(row, row->n)), WHOLE * row->page, PROT_READ,
		     MAP_SHARED | MAP_FIXED, row->fd, 0) != MAP_FAILED);
	for (;;) {
		child_tell(child);
		require(read(child->hear_fd, &order, 1) == 1);
		obey(row, order);
	}
}

static void row_start_obedient(struct row *row)
{
	row_reserve(row, REPORT_ROW + WHOLE);
	row->n = REPORT_ROW;
	child_start(&row->child, become_obedient, row);
	require(child_hear(&row->child));
}

static void row_end_obedient(struct row *row)
{
	row->n += WHOLE;
	row_end(row);
}

static void command(struct row *row, int order)
{
	const char byte = (char)order;

	require(write(row->child.tell_fd, &byte, 1) == 1);
	require(child_hear(&row->child));
}

static void expect_report(struct mf_iter *iter, struct mf_iter_report want)
{
	const struct mf_iter_report got = report_of(iter);

	ck_assert_uint_eq(got.n_mappings, want.n_mappings);
	ck_assert_uint_eq(got.n_clamped, want.n_clamped);
	ck_assert_uint_eq(got.n_partial, want.n_partial);
	ck_assert_uint_eq(got.n_vanished, want.n_vanished);
	ck_assert_uint_eq(got.source, want.source);
	ck_assert_uint_eq(got.flags, want.flags);
}

struct quiet {
	uint32_t source, flags, want_source, want_flags;
};

static const struct quiet quiets[] = {
	{ MF_SOURCE_AUTO, 0, MF_SOURCE_MAP_FILES, MF_REPORT_SNAPSHOT },
	{ MF_SOURCE_MAP_FILES, 0, MF_SOURCE_MAP_FILES, MF_REPORT_SNAPSHOT },
	{ MF_SOURCE_MAPS, 0, MF_SOURCE_MAPS, 0 },
	{ MF_SOURCE_MAPS, MF_ITER_STREAM, MF_SOURCE_MAPS, 0 },
	{ MF_SOURCE_MAPS, MF_ITER_ALL, MF_SOURCE_MAPS, 0 },
	{ MF_SOURCE_QUERY, 0, MF_SOURCE_QUERY, 0 },
	{ MF_SOURCE_QUERY, MF_ITER_STREAM, MF_SOURCE_QUERY, 0 },
	{ MF_SOURCE_QUERY, MF_ITER_ALL, MF_SOURCE_QUERY, 0 },
};

START_TEST(the_report_on_a_target_that_stands_still_is_clean)
{
	const struct quiet *quiet = &quiets[_i];
	struct mf_iter_report want = { .source = quiet->want_source, .flags = quiet->want_flags };
	const struct mf_mapping *m = NULL;
	struct mf_iter *iter;
	struct row row;
	int r;

	if (!kernel_has(quiet->want_source))
		return;
	row_start_obedient(&row);
	kill(row.child.pid, SIGSTOP);
	wait_stopped(row.child.pid);
	iter = open_walk(row.child.pid, quiet->source, quiet->flags);
	expect_report(iter, want);
	while ((r = mf_next(iter, &m)) > 0) {
		want.n_mappings++;
		ck_assert(!(m->flags & MF_MAPPING_RACED));
		expect_report(iter, want);
	}
	ck_errno(r, 0);
	ck_assert_uint_gt(want.n_mappings, REPORT_ROW);
	want.flags |= MF_REPORT_COMPLETE;
	expect_report(iter, want);
	ck_assert_uint_eq(report_of(iter).n_retries, 0);
	ck_errno(mf_next(iter, &m), 0);
	expect_report(iter, want);
	mf_iter_close(iter);
	row_end_obedient(&row);
}
END_TEST

/* Walk to the mapping that starts there. */
static const struct mf_mapping *walk_to(struct mf_iter *iter, uint64_t start)
{
	const struct mf_mapping *m = NULL;
	int r;

	while ((r = mf_next(iter, &m)) > 0 && m->start != start)
		ck_assert_uint_lt(m->start, start);
	ck_assert_int_eq(r, 1);
	return m;
}

static void walk_on(struct mf_iter *iter)
{
	const struct mf_mapping *m;
	int r;

	while ((r = mf_next(iter, &m)) > 0)
		ck_assert(!(m->flags & MF_MAPPING_RACED));
	ck_errno(r, 0);
}

/* Listed, then gone before its details were read. */
START_TEST(a_listed_range_that_vanished_is_shown_bare_and_counted)
{
	struct mf_iter_report want = { .source = MF_SOURCE_MAP_FILES, .n_vanished = 1 };
	const struct mf_mapping *m;
	struct mf_iter *iter;
	struct row row;

	if (!kernel_has(MF_SOURCE_MAP_FILES))
		return;
	row_start_obedient(&row);
	want.n_mappings = count_files(row.child.pid);
	want.flags = MF_REPORT_COMPLETE | MF_REPORT_SNAPSHOT | MF_REPORT_RACED;
	iter = open_walk(row.child.pid, MF_SOURCE_MAP_FILES, MF_ITER_STAT | MF_ITER_OPEN_FDS);
	command(&row, DO_UNMAP);
	m = walk_to(iter, row_addr(&row, LAST));
	ck_assert_uint_eq(m->end, m->start + row.page);
	ck_assert_uint_eq(m->flags, MF_MAPPING_RACED);
	ck_assert_uint_eq(m->has, 0);
	ck_assert_uint_eq(m->kind, MF_KIND_UNKNOWN);
	ck_assert_ptr_null(m->path);
	ck_assert_int_eq(m->fd, -1);
	ck_errno(mf_open_fd(iter, m, 0), -ESTALE);
	walk_on(iter);
	expect_report(iter, want);
	mf_iter_close(iter);
	row_end_obedient(&row);
}
END_TEST

/* Listed whole, then split: the range is the list's, the details those of the part at its start. */
START_TEST(a_listed_range_that_was_split_keeps_its_place_and_is_counted)
{
	struct mf_iter_report want = { .source = MF_SOURCE_MAP_FILES, .n_partial = 1 };
	const struct mf_mapping *m;
	struct mf_iter *iter;
	struct row row;

	if (!kernel_has(MF_SOURCE_MAP_FILES))
		return;
	row_start_obedient(&row);
	want.n_mappings = count_files(row.child.pid);
	want.flags = MF_REPORT_COMPLETE | MF_REPORT_SNAPSHOT | MF_REPORT_RACED;
	iter = open_walk(row.child.pid, MF_SOURCE_MAP_FILES, 0);
	command(&row, DO_SPLIT);
	m = walk_to(iter, row_addr(&row, row.n));
	ck_assert_uint_eq(m->end, m->start + WHOLE * row.page);
	ck_assert_uint_eq(m->offset, 0);
	ck_assert_uint_eq(m->prot, 0);
	ck_assert_uint_eq(m->flags, MF_MAPPING_RACED | MF_MAPPING_SHARED);
	ck_assert_uint_eq(m->kind, MF_KIND_FILE);
	walk_on(iter);
	expect_report(iter, want);
	mf_iter_close(iter);
	row_end_obedient(&row);
}
END_TEST

/* Listed in two, then merged: each keeps its range, and its own offset. */
START_TEST(listed_ranges_that_were_merged_keep_their_places_and_offsets)
{
	struct mf_iter_report want = { .source = MF_SOURCE_MAP_FILES, .n_partial = 2 };
	const struct mf_mapping *m;
	struct mf_iter *iter;
	struct row row;
	uint64_t first;

	if (!kernel_has(MF_SOURCE_MAP_FILES))
		return;
	row_start_obedient(&row);
	command(&row, DO_SPLIT);
	want.n_mappings = count_files(row.child.pid);
	want.flags = MF_REPORT_COMPLETE | MF_REPORT_SNAPSHOT | MF_REPORT_RACED;
	iter = open_walk(row.child.pid, MF_SOURCE_MAP_FILES, 0);
	command(&row, DO_GROW);
	first = row_addr(&row, row.n);
	m = walk_to(iter, first);
	ck_assert_uint_eq(m->end, first + 2 * row.page);
	ck_assert_uint_eq(m->offset, 0);
	ck_assert_uint_eq(m->flags, MF_MAPPING_RACED | MF_MAPPING_SHARED);
	ck_assert_int_eq(mf_next(iter, &m), 1);
	ck_assert_uint_eq(m->start, first + 2 * row.page);
	ck_assert_uint_eq(m->end, first + 4 * row.page);
	ck_assert_uint_eq(m->offset, 2 * row.page);
	ck_assert_uint_eq(m->flags, MF_MAPPING_RACED | MF_MAPPING_SHARED);
	walk_on(iter);
	expect_report(iter, want);
	mf_iter_close(iter);
	row_end_obedient(&row);
}
END_TEST

/* What has the same range is told as what it is when its turn comes. */
START_TEST(a_listed_range_that_was_replaced_is_told_as_what_is_there)
{
	const struct mf_mapping *m;
	struct mf_iter *iter;
	struct row row;

	if (!kernel_has(MF_SOURCE_MAP_FILES))
		return;
	row_start_obedient(&row);
	iter = open_walk(row.child.pid, MF_SOURCE_MAP_FILES, 0);
	command(&row, DO_REPLACE);
	m = walk_to(iter, row_addr(&row, LAST));
	ck_assert_uint_eq(m->kind, MF_KIND_SHM_ANON);
	walk_on(iter);
	ck_assert_uint_eq(report_of(iter).flags, MF_REPORT_COMPLETE | MF_REPORT_SNAPSHOT);
	mf_iter_close(iter);
	row_end_obedient(&row);
}
END_TEST

struct end {
	uint32_t source, flags;
	int want;
	void (*make)(struct row *row);
};

static void end_reaped(struct row *row)
{
	child_kill_and_reap(&row->child);
}

static void end_as_zombie(struct row *row)
{
	child_make_zombie(&row->child);
}

static void end_by_exec(struct row *row)
{
	const char order = DO_EXEC;

	require(write(row->child.tell_fd, &order, 1) == 1);
	/* The pipe closes when the new program is there. */
	require(!child_hear(&row->child));
}

static const struct end ends[] = {
	{ MF_SOURCE_MAP_FILES, 0, -ESRCH, end_reaped },
	{ MF_SOURCE_MAP_FILES, 0, -ESRCH, end_as_zombie },
	{ MF_SOURCE_MAP_FILES, 0, -ESTALE, end_by_exec },
	{ MF_SOURCE_QUERY, MF_ITER_STREAM, -ESRCH, end_reaped },
	{ MF_SOURCE_QUERY, MF_ITER_STREAM, -ESRCH, end_as_zombie },
	{ MF_SOURCE_QUERY, MF_ITER_STREAM, -ESTALE, end_by_exec },
	{ MF_SOURCE_QUERY, MF_ITER_ALL, -ESTALE, end_by_exec },
	{ MF_SOURCE_MAPS, MF_ITER_STREAM, -ESRCH, end_reaped },
	{ MF_SOURCE_MAPS, MF_ITER_STREAM, -ESRCH, end_as_zombie },
	{ MF_SOURCE_MAPS, MF_ITER_STREAM, -ESTALE, end_by_exec },
	{ MF_SOURCE_MAPS, MF_ITER_ALL, -ESRCH, end_as_zombie },
	{ MF_SOURCE_MAPS, MF_ITER_ALL, -ESTALE, end_by_exec },
};

START_TEST(a_walk_that_is_cut_off_is_never_reported_complete)
{
	const struct end *end = &ends[_i];
	const struct mf_mapping *m;
	struct mf_iter *iter;
	struct row row;
	uint64_t n = 0;
	int r;

	if (!kernel_has(end->source))
		return;
	row_start_obedient(&row);
	iter = open_walk(row.child.pid, end->source, end->flags);
	for (; n < 3; n++)
		ck_assert_int_eq(mf_next(iter, &m), 1);
	end->make(&row);
	while ((r = mf_next(iter, &m)) > 0)
		n++;
	ck_errno(r, end->want);
	ck_errno(mf_next(iter, &m), end->want);
	ck_assert(!(report_of(iter).flags & MF_REPORT_COMPLETE));
	ck_assert_uint_eq(report_of(iter).n_mappings, n);
	mf_iter_close(iter);
	row_end_obedient(&row);
}
END_TEST

/* Where the directory is not there, the walk streams, and says so. */
static void walk_without_map_files(void *arg)
{
	const pid_t pid = *(const pid_t *)arg;
	const uint64_t expected = count_files(pid);
	const uint32_t stream = kernel_has_query() ? MF_SOURCE_QUERY : MF_SOURCE_MAPS;
	const struct mf_iter_opts opts = { .size = sizeof(opts), .source = MF_SOURCE_MAP_FILES };
	struct mf_iter *iter = NULL;

	const int error = lacks("map_files") ? 0 : lack("map_files");

	/* valgrind has no seccomp filters. */
	if (error == -ENOSYS)
		skip("seccomp: %s", strerror(-error));
	ck_errno(error, 0);
	ck_errno(mf_iter_open(pid, &opts, &iter), -EOPNOTSUPP);
	require(!iter);
	iter = open_walk(pid, MF_SOURCE_AUTO, 0);
	require(mf_iter_source(iter) == (int)stream);
	walk_on(iter);
	expect_report(iter, (struct mf_iter_report){ .n_mappings = expected,
						     .source = stream,
						     .flags = MF_REPORT_COMPLETE });
	mf_iter_close(iter);
}

START_TEST(without_map_files_a_walk_streams_and_claims_no_snapshot)
{
	struct row row;

	if (lacks("cached"))
		skip("one process at a time can be asked in the kernel's place");
	row_start_obedient(&row);
	in_child(walk_without_map_files, &row.child.pid);
	row_end_obedient(&row);
}
END_TEST

/* What the tests in which a feature lacks rely on. */
START_TEST(what_the_kernel_is_made_to_lack_is_not_there)
{
	const uint64_t how[3] = { 0, 0, 0x20 }; /* RESOLVE_CACHED */

	if (lacks("query"))
		ck_assert(!kernel_has_query());
	if (lacks("map_files"))
		ck_assert(!kernel_has_map_files());
	if (lacks("openat2"))
		ck_assert(syscall(437, AT_FDCWD, "/", how, sizeof(how)) < 0 && errno == ENOSYS);
	else if (lacks("cached"))
		ck_assert(syscall(437, AT_FDCWD, "/", how, sizeof(how)) < 0 && errno == EINVAL);
	if (lacks("memfd"))
		ck_assert(memfd_create("", MFD_CLOEXEC) < 0 && errno == ENOSYS);
	if (lacks("pidfd_send_signal"))
		ck_assert(syscall(424, -1, 0, NULL, 0) < 0 && errno == ENOSYS);
}
END_TEST

#define N(array) ((int)(sizeof(array) / sizeof(*(array))))

static Suite *make_suite(void)
{
	Suite *suite = suite_create("trust");
	TCase *report = guarded_tcase(suite, "report");
	TCase *one_instant = guarded_tcase(suite, "one instant");
	TCase *streams = guarded_tcase(suite, "streams");

	tcase_add_test(report, what_the_kernel_is_made_to_lack_is_not_there);
	tcase_add_loop_test(report, the_report_on_a_target_that_stands_still_is_clean, 0,
			    N(quiets));
	tcase_add_test(report, a_listed_range_that_vanished_is_shown_bare_and_counted);
	tcase_add_test(report, a_listed_range_that_was_split_keeps_its_place_and_is_counted);
	tcase_add_test(report, listed_ranges_that_were_merged_keep_their_places_and_offsets);
	tcase_add_test(report, a_listed_range_that_was_replaced_is_told_as_what_is_there);
	tcase_add_loop_test(report, a_walk_that_is_cut_off_is_never_reported_complete, 0, N(ends));
	tcase_add_test(report, without_map_files_a_walk_streams_and_claims_no_snapshot);
	tcase_add_test(one_instant, a_mapping_that_moves_is_in_every_default_list_exactly_once);
	tcase_add_test(one_instant, a_mapping_that_moves_around_5000_others_is_listed_exactly_once);
	tcase_add_test(one_instant,
		       a_list_that_a_stop_of_the_reader_cut_off_is_never_taken_for_whole);
	tcase_add_test(one_instant, a_list_that_io_uring_work_cut_off_is_never_taken_for_whole);
	tcase_add_unchecked_fixture(streams, start_churn, end_churn);
	tcase_add_loop_test(
		streams, a_walk_of_a_churning_target_misses_nothing_that_stayed_and_never_goes_back,
		0, N(ways));
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
