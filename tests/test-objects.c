/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who maps what, against what the test arranged itself, and against raw /proc:
 * what must be one object, what must stay two, and what becomes of processes
 * that change while they are scanned.
 */
#define _FILE_OFFSET_BITS 64
#include <mapfiles.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "lack.h"
#include "mounts.h"
#include "opener.h"
#include "truth.h"

#define PAGE	  4096u
#define HUGE_PAGE ((size_t)2 << 20)

/* A child that does first() and then stands by; then() each time it is told. */
struct job {
	void (*first)(void *arg);
	void (*then)(void *arg);
	void *arg;
};

static void serve(struct child *child)
{
	const struct job *const job = child->arg;

	if (job->first)
		job->first(job->arg);
	child_tell(child);
	while (child_hear(child)) {
		if (job->then)
			job->then(job->arg);
		child_tell(child);
	}
}

static void start(struct child *child, const struct job *job)
{
	child_start(child, serve, (void *)(uintptr_t)job);
	require(child_hear(child));
}

static void again(struct child *child)
{
	child_tell(child);
	require(child_hear(child));
}

static struct mf_objects *scan(const int32_t *pids, uint32_t n, uint32_t flags)
{
	const struct mf_objects_opts opts = { .size = sizeof(opts), .flags = flags };
	struct mf_objects *objects;

	ck_errno(mf_objects_open(pids, n, &opts, &objects), 0);
	return objects;
}

static const struct mf_objects_process *process_of(const struct mf_objects *objects, pid_t pid)
{
	const struct mf_objects_process *process;

	for (uint64_t i = 0; mf_objects_process(objects, i, &process) == 1; i++) {
		if (process->pid == pid)
			return process;
	}
	return NULL;
}

/* The object that a process shows at an address, and the mapping; NULL if none. */
static const struct mf_object *object_at(const struct mf_objects *objects, pid_t pid,
					 uint64_t start, const struct mf_object_user **ret_user)
{
	const struct mf_object_user *user;
	const struct mf_object *object;

	for (uint64_t i = 0; mf_objects_get(objects, i, &object) == 1; i++) {
		for (uint64_t j = 0; mf_objects_user(objects, object, j, &user) == 1; j++) {
			if (user->pid != pid || user->start != start)
				continue;
			if (ret_user)
				*ret_user = user;
			return object;
		}
	}
	return NULL;
}

static const struct mf_object *must_show(const struct mf_objects *objects, pid_t pid,
					 const void *addr)
{
	const struct mf_object *const object =
		object_at(objects, pid, (uint64_t)(uintptr_t)addr, NULL);

	ck_assert_msg(object, "nothing is listed for %d at %p", pid, addr);
	return object;
}

static uint64_t users_of(const struct mf_objects *objects, pid_t pid)
{
	const struct mf_object_user *user;
	const struct mf_object *object;
	uint64_t n = 0;

	for (uint64_t i = 0; mf_objects_get(objects, i, &object) == 1; i++) {
		for (uint64_t j = 0; mf_objects_user(objects, object, j, &user) == 1; j++)
			n += user->pid == pid;
	}
	return n;
}

/* All that raw /proc shows of a process is there once, with the same values. */
static void expect_raw(const struct mf_objects *objects, pid_t pid)
{
	struct truth truth;
	uint64_t n = 0;

	truth_read(&truth, pid);
	for (size_t i = 0; i < truth.n; i++) {
		const struct truth_mapping *const t = &truth.list[i];
		const struct mf_object_user *user;
		const struct mf_object *object;

		if (!t->file)
			continue;
		n++;
		object = object_at(objects, pid, t->start, &user);
		ck_assert_msg(object, "%d %llx is not listed", pid, (unsigned long long)t->start);
		ck_assert_uint_eq(user->end, t->end);
		ck_assert_uint_eq(user->offset, t->offset);
		ck_assert_uint_eq(user->prot, t->prot);
		ck_assert_int_eq(!!(user->flags & MF_MAPPING_SHARED), t->shared);
		ck_assert_mem_eq(user->path, t->path, t->path_len + 1);
		ck_assert_uint_eq(object->inode, t->inode);
		ck_assert_uint_eq(object->dev_major, t->dev_major);
		ck_assert_uint_eq(object->dev_minor, t->dev_minor);
		if (!t->has_stat)
			continue;
		ck_assert(object->has & MF_HAS_STAT);
		ck_assert_uint_eq(object->st_ino, t->st_ino);
		ck_assert_uint_eq(makedev(object->st_dev_major, object->st_dev_minor), t->st_dev);
		ck_assert_uint_eq(object->st_size, t->st_size);
		ck_assert_uint_eq(object->st_nlink, t->st_nlink);
	}
	ck_assert_uint_eq(users_of(objects, pid), n);
	ck_assert_uint_eq(process_of(objects, pid)->n_users, n);
	truth_free(&truth);
}

/* ---- many processes with known sharing ---- */

#define N_CREW	  50
#define N_ANON	  12
#define N_MEMFD	  4
#define N_REGIONS (N_ANON + N_MEMFD + 1)

struct crew {
	struct child children[N_CREW];
	char *regions[N_REGIONS]; /* anonymous, memfds, one SysV segment */
	char *twice[2]; /* the first memfd again, private, in every third */
	int memfds[N_MEMFD];
	int self;
};

static bool keeps(int member, int region)
{
	return (member * 7 + region * 3) % (region % 5 + 2) != 0;
}

static void join_crew(void *arg)
{
	struct crew *const crew = arg;

	for (int i = 0; i < N_REGIONS; i++) {
		if (!keeps(crew->self, i))
			munmap(crew->regions[i], 2 * PAGE);
	}
	if (crew->self % 3)
		munmap(crew->twice[0], PAGE), munmap(crew->twice[1], PAGE);
}

static void start_crew(struct crew *crew)
{
	const struct job job = { .first = join_crew, .arg = crew };
	int id = shmget(IPC_PRIVATE, 2 * PAGE, 0600), i;

	for (i = 0; i < N_ANON; i++)
		crew->regions[i] = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < N_MEMFD; i++) {
		crew->memfds[i] = memfd_create("crew", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		ck_assert(!ftruncate(crew->memfds[i], 4 * PAGE));
		crew->regions[N_ANON + i] =
			mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, crew->memfds[i], 0);
	}
	crew->twice[0] = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, crew->memfds[0], PAGE);
	crew->twice[1] =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, crew->memfds[0], 3 * PAGE);
	crew->regions[N_REGIONS - 1] = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	for (crew->self = 0; crew->self < N_CREW; crew->self++)
		start(&crew->children[crew->self], &job);
}

static void end_crew(struct crew *crew)
{
	int i;

	for (i = 0; i < N_CREW; i++)
		child_end(&crew->children[i]);
	for (i = 0; i < N_REGIONS; i++)
		i == N_REGIONS - 1 ? shmdt(crew->regions[i]) : munmap(crew->regions[i], 2 * PAGE);
	munmap(crew->twice[0], PAGE);
	munmap(crew->twice[1], PAGE);
	for (i = 0; i < N_MEMFD; i++)
		close(crew->memfds[i]);
}

static void pids_of(const struct crew *crew, int32_t pids[N_CREW])
{
	for (int i = 0; i < N_CREW; i++)
		pids[i] = crew->children[i].pid;
}

/* Exactly those that keep the region, in the order of the scan. */
static void expect_region(const struct mf_objects *objects, const struct crew *crew, int region,
			  bool private_too)
{
	const struct mf_object *first = NULL;
	const struct mf_object_user *user;
	uint64_t n = 0, n_users = 0, at = 0;

	for (int i = 0; i < N_CREW; i++) {
		const bool extra = private_too && region == N_ANON && i % 3 == 0;
		const pid_t pid = crew->children[i].pid;

		n += keeps(i, region) || extra;
		n_users += (uint64_t)keeps(i, region) + (extra ? 2 : 0);
		if (!keeps(i, region))
			continue;
		if (!first)
			first = must_show(objects, pid, crew->regions[region]);
		ck_assert_ptr_eq(must_show(objects, pid, crew->regions[region]), first);
		if (!extra)
			continue;
		ck_assert_ptr_eq(must_show(objects, pid, crew->twice[0]), first);
		ck_assert_ptr_eq(must_show(objects, pid, crew->twice[1]), first);
	}
	ck_assert_uint_eq(first->n_processes, n);
	ck_assert_uint_eq(first->n_users, n_users);
	ck_assert_uint_eq(first->flags, 0);
	for (int i = 0; i < N_CREW; i++) {
		uint64_t last = 0;

		for (; mf_objects_user(objects, first, at, &user) == 1 &&
		       user->pid == crew->children[i].pid;
		     at++) {
			ck_assert_uint_gt(user->start, last);
			last = user->start;
		}
	}
	ck_assert_uint_eq(at, n_users);
}

static void expect_regions_differ(const struct mf_objects *objects, const struct crew *crew)
{
	const struct mf_object *seen[N_REGIONS] = { NULL };

	for (int i = 0; i < N_REGIONS; i++) {
		for (int j = 0; !seen[i]; j++)
			seen[i] = keeps(j, i) ? must_show(objects, crew->children[j].pid,
							  crew->regions[i]) :
						NULL;
		for (int j = 0; j < i; j++)
			ck_assert_ptr_ne(seen[i], seen[j]);
	}
	ck_assert_uint_eq(seen[0]->kind, MF_KIND_SHM_ANON);
	ck_assert_uint_eq(seen[N_ANON]->kind, MF_KIND_MEMFD);
	ck_assert_uint_eq(seen[N_REGIONS - 1]->kind, MF_KIND_SYSV);
}

/* With the flag; without it there are private mappings, of the program at least. */
static void expect_only_shared(const struct mf_objects *objects, uint32_t flags)
{
	const struct mf_object_user *user;
	const struct mf_object *object;
	uint64_t n_private = 0;

	for (uint64_t i = 0; mf_objects_get(objects, i, &object) == 1; i++) {
		ck_assert_uint_gt(object->n_users, 0);
		for (uint64_t j = 0; mf_objects_user(objects, object, j, &user) == 1; j++)
			n_private += !(user->flags & MF_MAPPING_SHARED);
	}
	ck_assert_int_eq(n_private > 0, !(flags & MF_OBJECTS_SHARED));
}

START_TEST(sharing_of_fifty_processes_is_found)
{
	const uint32_t flags = _i ? MF_OBJECTS_SHARED : 0;
	struct mf_objects *objects;
	int32_t pids[N_CREW];
	struct crew crew;

	if (!is_root())
		skip("not root");
	start_crew(&crew);
	pids_of(&crew, pids);
	objects = scan(pids, N_CREW, flags);
	for (int i = 0; i < N_REGIONS; i++)
		expect_region(objects, &crew, i, !flags);
	expect_regions_differ(objects, &crew);
	expect_only_shared(objects, flags);
	for (int i = 0; !flags && i < N_CREW; i += 10)
		expect_raw(objects, pids[i]);
	mf_objects_close(objects);
	end_crew(&crew);
}
END_TEST

START_TEST(descriptors_and_seals_lead_to_the_object)
{
	const struct mf_object *found, *untouched = (const void *)1;
	struct mf_objects *objects;
	int32_t pids[N_CREW];
	struct crew crew;
	int other, member;

	if (!is_root())
		skip("not root");
	start_crew(&crew);
	ck_assert(!fcntl(crew.memfds[1], F_ADD_SEALS, F_SEAL_SHRINK));
	pids_of(&crew, pids);
	objects = scan(pids, N_CREW, 0);
	for (int i = 0; i < N_MEMFD; i++) {
		for (member = 0; !keeps(member, N_ANON + i);)
			member++;
		ck_errno(mf_objects_find_fd(objects, crew.memfds[i], &found), 1);
		ck_assert_ptr_eq(found, must_show(objects, pids[member], crew.regions[N_ANON + i]));
		ck_assert(found->has & MF_HAS_SEALS);
		ck_assert_uint_eq(found->seals, i == 1 ? F_SEAL_SHRINK : 0);
		ck_assert_uint_eq(found->st_size, 4 * PAGE);
	}
	other = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	ck_errno(mf_objects_find_fd(objects, other, &found), 1);
	ck_assert_uint_eq(found->n_processes, N_CREW);
	close(other);
	other = memfd_create("crew", MFD_CLOEXEC);
	found = untouched;
	ck_errno(mf_objects_find_fd(objects, other, &found), 0);
	close(other);
	ck_errno(mf_objects_find_fd(objects, other, &found), -EBADF);
	ck_errno(mf_objects_find_fd(objects, -1, &found), -EBADF);
	ck_assert_ptr_eq(found, untouched);
	mf_objects_close(objects);
	end_crew(&crew);
}
END_TEST

/* ---- the walk with MF_ITER_SHARED ---- */

static void map_some(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20; i++)
		mmap(NULL, (size_t)(i + 1) * PAGE, i % 3 ? PROT_READ : PROT_READ | PROT_WRITE,
		     (i % 2 ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);
}

static const struct mf_iter_opts shared_walks[] = {
	{ .source = MF_SOURCE_MAP_FILES },
	{ .source = MF_SOURCE_QUERY },
	{ .source = MF_SOURCE_MAPS },
	{ .source = MF_SOURCE_QUERY, .flags = MF_ITER_ALL },
	{ .source = MF_SOURCE_MAPS, .flags = MF_ITER_ALL, .prot = MF_PROT_WRITE },
};

START_TEST(the_walk_lists_shared_mappings_only_if_asked_to)
{
	const struct job job = { .first = map_some };
	struct mf_iter_opts opts = shared_walks[_i];
	const struct mf_mapping *m;
	struct mf_iter *iter;
	struct child child;
	struct truth truth;
	size_t n_seen = 0;

	if (lacks("query") && opts.source == MF_SOURCE_QUERY)
		opts.source = MF_SOURCE_MAPS;
	opts.size = sizeof(opts);
	opts.flags |= MF_ITER_SHARED;
	start(&child, &job);
	truth_read(&truth, child.pid);
	ck_errno(mf_iter_open(child.pid, &opts, &iter), 0);
	for (size_t i = 0; i < truth.n; i++) {
		const struct truth_mapping *const t = &truth.list[i];

		if (!t->shared || (t->prot & opts.prot) != opts.prot)
			continue;
		ck_errno(mf_next(iter, &m), 1);
		ck_assert_uint_eq(m->start, t->start);
		ck_assert_uint_eq(m->end, t->end);
		ck_assert(m->flags & MF_MAPPING_SHARED);
		n_seen++;
	}
	ck_errno(mf_next(iter, &m), 0);
	ck_assert_uint_gt(n_seen, opts.prot ? 2 : 9);
	mf_iter_close(iter);
	truth_free(&truth);
	child_end(&child);
}
END_TEST

static void lease_memfd(void *arg)
{
	char **const addr = arg, path[64];
	int memfd = memfd_create("leased", MFD_CLOEXEC), fd;

	require(!ftruncate(memfd, PAGE));
	*addr = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, memfd, 0);
	require(*addr != MAP_FAILED);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
	/* One that counts as open for writing, and the only one. */
	fd = open(path, O_RDWR | O_CLOEXEC);
	close(memfd);
	signal(SIGIO, SIG_IGN);
	require(fd >= 0 && !fcntl(fd, F_SETLEASE, F_WRLCK));
}

START_TEST(a_leased_memfd_is_not_waited_for)
{
	char **const addr = shared_memory(sizeof(*addr));
	const struct job job = { .first = lease_memfd, .arg = addr };
	const struct mf_object *seen;
	struct mf_objects *objects;
	struct timespec before, after;
	struct child child;
	int32_t pid;

	if (!is_root())
		skip("not root");
	start(&child, &job);
	pid = child.pid;
	clock_gettime(CLOCK_MONOTONIC, &before);
	objects = scan(&pid, 1, 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	/* /proc/sys/fs/lease-break-time is 45 s. */
	ck_assert_int_lt(after.tv_sec - before.tv_sec, 20);
	seen = must_show(objects, pid, *addr);
	ck_assert_uint_eq(seen->kind, MF_KIND_MEMFD);
	ck_assert(!(seen->has & MF_HAS_SEALS));
	mf_objects_close(objects);
	child_end(&child);
	munmap(addr, sizeof(*addr));
}
END_TEST

/* ---- files ---- */

struct mapped {
	const char *path;
	void *addr; /* where it is, in the child too */
};

static void *map_file(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *const addr = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	require_msg(fd >= 0 && addr != MAP_FAILED, "%s", path);
	close(fd);
	return addr;
}

static void map_it(void *arg)
{
	struct mapped *const mapped = arg;

	mapped->addr = map_file(mapped->path);
}

struct pair {
	struct child children[2];
	struct mapped *mapped; /* two, shared */
	struct job jobs[2];
	int32_t pids[2];
};

static void pair_start(struct pair *pair, int i, const char *path)
{
	if (!i)
		pair->mapped = shared_memory(2 * sizeof(*pair->mapped));
	pair->mapped[i].path = path;
	pair->jobs[i] = (struct job){ .first = map_it, .arg = &pair->mapped[i] };
	start(&pair->children[i], &pair->jobs[i]);
	pair->pids[i] = pair->children[i].pid;
}

static void pair_end(struct pair *pair)
{
	child_end(&pair->children[0]);
	child_end(&pair->children[1]);
	munmap(pair->mapped, 2 * sizeof(*pair->mapped));
}

/* A descriptor of each is of the very object. */
static void expect_fds(const struct mf_objects *objects)
{
	const struct mf_object *object;
	struct stat st;

	for (uint64_t i = 0; mf_objects_get(objects, i, &object) == 1; i++) {
		ck_assert_int_ge(object->fd, 3);
		ck_assert(fcntl(object->fd, F_GETFD) == FD_CLOEXEC);
		ck_assert(fcntl(object->fd, F_GETFL) & O_PATH);
		ck_assert(!fstat(object->fd, &st));
		ck_assert_uint_eq(st.st_ino, object->st_ino);
		ck_assert_uint_eq(major(st.st_dev), object->st_dev_major);
		ck_assert_uint_eq(minor(st.st_dev), object->st_dev_minor);
	}
}

static void expect_pair_with(const struct pair *pair, bool same, uint32_t flags)
{
	struct mf_objects *const objects = scan(pair->pids, 2, flags);
	const struct mf_object *const a = must_show(objects, pair->pids[0], pair->mapped[0].addr);
	const struct mf_object *const b = must_show(objects, pair->pids[1], pair->mapped[1].addr);

	ck_assert_int_eq(a == b, same);
	ck_assert_uint_eq(a->n_processes, same ? 2 : 1);
	ck_assert(!(a->flags & MF_OBJECT_UNCERTAIN));
	expect_raw(objects, pair->pids[0]);
	expect_raw(objects, pair->pids[1]);
	if (flags & MF_OBJECTS_OPEN_FDS)
		expect_fds(objects);
	mf_objects_close(objects);
}

static void expect_pair(const struct pair *pair, bool same)
{
	expect_pair_with(pair, same, 0);
	expect_pair_with(pair, same, MF_OBJECTS_OPEN_FDS);
	expect_pair_with(pair, same, MF_OBJECTS_OPEN_FDS | MF_OBJECTS_RUN_NAMES);
}

START_TEST(hard_links_are_one_object_and_a_replaced_file_is_two)
{
	char a[300], b[300], c[300];
	struct pair pair;

	if (!is_root())
		skip("not root");
	snprintf(a, sizeof(a), "%s/a", temp_dir());
	snprintf(b, sizeof(b), "%s/b", temp_dir());
	snprintf(c, sizeof(c), "%s/c", temp_dir());
	make_file(a, 'a', PAGE);
	ck_assert(!link(a, b));
	pair_start(&pair, 0, a);
	pair_start(&pair, 1, b);
	expect_pair(&pair, true);
	pair_end(&pair);

	pair_start(&pair, 0, a);
	make_file(c, 'c', PAGE);
	ck_assert(!rename(c, a));
	pair_start(&pair, 1, a);
	expect_pair(&pair, false);
	pair_end(&pair);
	unlink(a), unlink(b);
}
END_TEST

START_TEST(deleted_files_say_so)
{
	struct mf_objects *objects;
	struct pair pair;
	char a[300];

	if (!is_root())
		skip("not root");
	snprintf(a, sizeof(a), "%s/a", temp_dir());
	make_file(a, 'a', PAGE);
	pair_start(&pair, 0, a);
	pair_start(&pair, 1, a);
	unlink(a);
	expect_pair(&pair, true);
	objects = scan(pair.pids, 2, 0);
	ck_assert_uint_eq(must_show(objects, pair.pids[0], pair.mapped[0].addr)->flags,
			  MF_OBJECT_DELETED);
	ck_assert_uint_eq(must_show(objects, pair.pids[0], pair.mapped[0].addr)->name_len,
			  strlen(a));
	mf_objects_close(objects);
	pair_end(&pair);
}
END_TEST

static void check_btrfs_twins(void *arg)
{
	const char *why = mounts_enter();
	struct pair pair;

	(void)arg;
	if (!why)
		why = mounts_loop("btrfs", BASE "/btrfs");
	if (why) {
		harness_skip("btrfs_twins_stay_apart", "%s", why);
		return;
	}
	require(!mounts_subvolume(BASE "/btrfs", "one"));
	make_file(BASE "/btrfs/one/f", 'f', PAGE);
	require(!mounts_snapshot(BASE "/btrfs/one", BASE "/btrfs", "two"));
	pair_start(&pair, 0, BASE "/btrfs/one/f");
	pair_start(&pair, 1, BASE "/btrfs/two/f");
	expect_pair(&pair, false);
	pair_end(&pair);
	pair_start(&pair, 0, BASE "/btrfs/one/f");
	pair_start(&pair, 1, BASE "/btrfs/one/f");
	expect_pair(&pair, true);
	pair_end(&pair);
}

START_TEST(btrfs_twins_stay_apart)
{
	in_child(check_btrfs_twins, NULL);
}
END_TEST

static void check_overlay_twins(void *arg)
{
	const char *why = mounts_enter();
	struct pair pair;

	(void)arg;
	if (!why) {
		mounts_tmpfs(BASE "/l1");
		mounts_tmpfs(BASE "/l2");
		make_file(BASE "/l1/a", 'a', PAGE);
		make_file(BASE "/l2/b", 'b', PAGE);
		mounts_tmpfs(BASE "/up");
		make_dir(BASE "/up/u");
		make_dir(BASE "/up/w");
		why = mounts_overlay(BASE "/l1:" BASE "/l2", BASE "/up/u", BASE "/up/w", "xino=off",
				     BASE "/over");
	}
	if (why) {
		harness_skip("overlay_twins_stay_apart", "%s", why);
		return;
	}
	pair_start(&pair, 0, BASE "/over/a");
	pair_start(&pair, 1, BASE "/over/b");
	expect_pair(&pair, false);
	pair_end(&pair);
	pair_start(&pair, 0, BASE "/over/b");
	pair_start(&pair, 1, BASE "/over/b");
	expect_pair(&pair, true);
	pair_end(&pair);
}

START_TEST(overlay_twins_stay_apart)
{
	in_child(check_overlay_twins, NULL);
}
END_TEST

/* ---- a number that is given to another file while the scan runs ---- */

struct swap {
	struct pair pair;
	const char *path;
	struct stat before, after;
};

static void unmap_it(void *arg)
{
	struct mapped *const mapped = arg;

	munmap(mapped->addr, PAGE);
}

static void map_now(void *arg)
{
	map_it(arg);
}

/* The first is scanned: it lets go, the file is gone, and the second maps a new one. */
static int swap_files(void *data, uint64_t done, uint64_t total)
{
	struct swap *const swap = data;

	(void)total;
	if (done != 1)
		return 0;
	stat_of(swap->path, &swap->before);
	again(&swap->pair.children[0]);
	unlink(swap->path);
	make_file(swap->path, 'n', PAGE);
	stat_of(swap->path, &swap->after);
	again(&swap->pair.children[1]);
	return 0;
}

static void check_recycled(void *arg)
{
	const char *why = mounts_enter();
	struct mf_objects_opts opts = { .size = sizeof(opts), .progress = swap_files };
	struct swap swap = { .path = BASE "/ext4/f" };
	struct pair *const pair = &swap.pair;
	const struct mf_object *a, *b;
	struct mf_objects *objects;

	(void)arg;
	if (!why)
		why = mounts_loop("ext4", BASE "/ext4");
	if (why) {
		harness_skip("a_recycled_inode_number_is_another_object", "%s", why);
		return;
	}
	make_file(swap.path, 'o', PAGE);
	pair_start(pair, 0, swap.path);
	child_end(&pair->children[0]);
	pair->jobs[0] = (struct job){ map_it, unmap_it, &pair->mapped[0] };
	pair->mapped[1].path = swap.path;
	pair->jobs[1] = (struct job){ NULL, map_now, &pair->mapped[1] };
	for (int i = 0; i < 2; i++) {
		start(&pair->children[i], &pair->jobs[i]);
		pair->pids[i] = pair->children[i].pid;
	}
	opts.progress_data = &swap;
	require(!mf_objects_open(pair->pids, 2, &opts, &objects));
	a = object_at(objects, pair->pids[0], (uintptr_t)pair->mapped[0].addr, NULL);
	b = object_at(objects, pair->pids[1], (uintptr_t)pair->mapped[1].addr, NULL);
	require(a && b && a != b);
	if (swap.before.st_ino != swap.after.st_ino)
		harness_skip("a_recycled_inode_number_is_another_object",
			     "the number was not given out again");
	else
		require(a->st_ino == b->st_ino && a->st_dev_major == b->st_dev_major);
	mf_objects_close(objects);
	pair_end(pair);
}

START_TEST(a_recycled_inode_number_is_another_object)
{
	in_child(check_recycled, NULL);
}
END_TEST

#define SWAP_LOW    ((char *)0x100000000)
#define SWAP_PADS   ((char *)0x200000000)
#define SWAP_HIGH   ((char *)0x700000000)
#define N_SWAP_PADS 4000
#define SWAP_SCANS  60
#define SWAP_SIGHTS 5

static int map_new(char *at, size_t size)
{
	const int fd = open(BASE "/ext4/f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	require(fd >= 0 && !ftruncate(fd, (off_t)size));
	require(mmap(at, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == at);
	return fd;
}

static void unmap_old(char *at)
{
	unlink(BASE "/ext4/f");
	munmap(at, PAGE);
	/* Only then is the number given out again. */
	sync();
}

/* One page at SWAP_LOW; then another file of that number and name, two pages, at both. */
static void swap_for_ever(struct child *child)
{
	char pad[300];
	int fd;

	snprintf(pad, sizeof(pad), "%s/pad", (const char *)child->arg);
	fd = open(pad, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	require(fd >= 0);
	for (size_t i = 0; i < N_SWAP_PADS; i++)
		require(mmap(SWAP_PADS + i * 2 * PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
			     0) != MAP_FAILED);
	child_tell(child);
	for (;;) {
		close(map_new(SWAP_LOW, PAGE));
		usleep(3000);
		unmap_old(SWAP_LOW);
		fd = map_new(SWAP_LOW, (size_t)2 * PAGE);
		require(mmap(SWAP_HIGH, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) ==
			SWAP_HIGH);
		close(fd);
		usleep(3000);
		munmap(SWAP_HIGH, PAGE);
		unmap_old(SWAP_LOW);
	}
}

static void check_swapped(void *arg)
{
	const char *why = mounts_enter();
	int32_t pid;
	struct child child;
	int i, n_sights = 0;

	if (!why)
		why = mounts_loop("ext4", BASE "/ext4");
	if (why) {
		harness_skip("a_recycled_inode_number_is_not_recognised", "%s", why);
		return;
	}
	child_start(&child, swap_for_ever, arg);
	require(child_hear(&child));
	pid = child.pid;
	for (i = 0; i < SWAP_SCANS; i++) {
		struct mf_objects *objects;
		const struct mf_object *seen;

		require(!mf_objects_open(&pid, 1, NULL, &objects));
		seen = object_at(objects, pid, (uintptr_t)SWAP_HIGH, NULL);
		/* What is there has two pages, whatever was at SWAP_LOW before. */
		require(!seen || seen->st_size == 2 * PAGE);
		n_sights += seen != NULL;
		mf_objects_close(objects);
	}
	child_end(&child);
	if (n_sights < SWAP_SIGHTS)
		harness_skip("a_recycled_inode_number_is_not_recognised", "seen %d times",
			     n_sights);
}

START_TEST(a_recycled_inode_number_is_not_recognised)
{
	in_child(check_swapped, (void *)(uintptr_t)temp_dir());
}
END_TEST

/* ---- what has no name in a file system ---- */

struct segment {
	int id; /* -1: in an IPC namespace of its own */
	void *addr;
};

static void attach(void *arg)
{
	struct segment *const segment = arg;

	if (segment->id < 0) {
		require(!unshare(CLONE_NEWIPC));
		segment->id = shmget(0x4d46, 2 * PAGE, IPC_CREAT | 0600);
	}
	segment->addr = shmat(segment->id, NULL, 0);
	require(segment->addr != (void *)-1);
}

START_TEST(sysv_twins_of_two_ipc_namespaces_stay_apart)
{
	struct segment *const segments = shared_memory(4 * sizeof(*segments));
	const struct mf_object *seen[4];
	struct mf_objects *objects;
	struct child children[4];
	struct job jobs[4];
	int32_t pids[4];
	int id;

	if (!is_root())
		skip("not root");
	id = shmget(IPC_PRIVATE, 2 * PAGE, 0600);
	for (int i = 0; i < 4; i++) {
		segments[i].id = i < 2 ? -1 : id;
		jobs[i] = (struct job){ .first = attach, .arg = &segments[i] };
		start(&children[i], &jobs[i]);
		pids[i] = children[i].pid;
	}
	shmctl(id, IPC_RMID, NULL);
	objects = scan(pids, 4, MF_OBJECTS_SHARED);
	for (int i = 0; i < 4; i++)
		seen[i] = must_show(objects, pids[i], segments[i].addr);
	ck_assert_uint_eq(seen[0]->inode, seen[1]->inode);
	ck_assert_str_eq(seen[0]->path, seen[1]->path);
	ck_assert_ptr_ne(seen[0], seen[1]);
	ck_assert_ptr_eq(seen[2], seen[3]);
	ck_assert_ptr_ne(seen[0], seen[2]);
	ck_assert(!(seen[0]->flags & MF_OBJECT_UNCERTAIN));
	ck_assert_uint_eq(seen[2]->n_processes, 2);
	mf_objects_close(objects);
	for (int i = 0; i < 4; i++)
		child_end(&children[i]);
	munmap(segments, 4 * sizeof(*segments));
}
END_TEST

static void attach_huge(void *arg)
{
	void **const addr = arg;
	int id;

	require(!unshare(CLONE_NEWIPC));
	id = shmget(0x4d46, HUGE_PAGE, IPC_CREAT | SHM_HUGETLB | 0600);
	*addr = shmat(id, NULL, 0);
	require(*addr != (void *)-1);
}

/* Nothing but their pages tells them apart. */
START_TEST(sysv_twins_of_huge_pages_are_uncertain)
{
	void **const addrs = shared_memory(2 * sizeof(*addrs));
	struct mf_objects *objects;
	struct child children[2];
	struct job jobs[2];
	int32_t pids[2];

	if (!is_root())
		skip("not root");
	if (reserve_hugepages(2))
		skip("no huge pages");
	for (int i = 0; i < 2; i++) {
		jobs[i] = (struct job){ .first = attach_huge, .arg = &addrs[i] };
		start(&children[i], &jobs[i]);
		pids[i] = children[i].pid;
	}
	objects = scan(pids, 2, MF_OBJECTS_SHARED);
	for (int i = 0; i < 2; i++) {
		const struct mf_object *const seen = must_show(objects, pids[i], addrs[i]);

		ck_assert_uint_eq(seen->kind, MF_KIND_SYSV);
		ck_assert(seen->flags & MF_OBJECT_UNCERTAIN);
	}
	mf_objects_close(objects);
	child_end(&children[0]);
	child_end(&children[1]);
	munmap(addrs, 2 * sizeof(*addrs));
}
END_TEST

static void *map_perf(void)
{
	struct perf_event_attr attr = { .size = sizeof(attr),
					.type = PERF_TYPE_SOFTWARE,
					.config = PERF_COUNT_SW_CPU_CLOCK };
	const int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	void *addr;

	if (fd < 0)
		return MAP_FAILED;
	addr = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return addr;
}

START_TEST(anonymous_inodes_and_aio_rings_are_never_merged)
{
	const int32_t self = getpid();
	void *perf[2] = { map_perf(), map_perf() };
	aio_context_t rings[2] = { 0, 0 };
	const struct mf_object *a, *b;
	struct mf_objects *objects;

	if (!is_root())
		skip("not root");
	ck_assert(!syscall(SYS_io_setup, 8, &rings[0]) && !syscall(SYS_io_setup, 8, &rings[1]));
	objects = scan(&self, 1, 0);
	a = must_show(objects, self, (void *)rings[0]);
	b = must_show(objects, self, (void *)rings[1]);
	ck_assert_ptr_ne(a, b);
	ck_assert_uint_eq(a->kind, MF_KIND_AIO);
	ck_assert_uint_eq(a->flags, 0);
	if (perf[0] != MAP_FAILED && perf[1] != MAP_FAILED) {
		a = must_show(objects, self, perf[0]);
		b = must_show(objects, self, perf[1]);
		ck_assert_ptr_ne(a, b);
		ck_assert_uint_eq(a->inode, b->inode);
		ck_assert_uint_eq(a->flags, MF_OBJECT_APART);
		ck_assert_uint_eq(b->n_users, 1);
		munmap(perf[0], 2 * PAGE);
		munmap(perf[1], 2 * PAGE);
	} else {
		harness_skip("anonymous_inodes_and_aio_rings_are_never_merged", "no perf events");
	}
	mf_objects_close(objects);
	syscall(SYS_io_destroy, rings[0]);
	syscall(SYS_io_destroy, rings[1]);
}
END_TEST

/* ---- processes that come, go and change ---- */

static int kill_second(void *data, uint64_t done, uint64_t total)
{
	(void)total;
	if (done == 1)
		child_kill_and_reap(data);
	return 0;
}

START_TEST(processes_that_are_gone_are_left_out_whole)
{
	struct mf_objects_opts opts = { .size = sizeof(opts), .progress = kill_second };
	const struct job job = { 0 };
	struct child children[3], zombie;
	struct mf_objects *objects;
	int32_t pids[7];

	for (int i = 0; i < 3; i++) {
		start(&children[i], &job);
		pids[i] = children[i].pid;
	}
	start(&zombie, &job);
	child_make_zombie(&zombie);
	pids[3] = zombie.pid;
	pids[4] = pids[2];
	pids[5] = 0x3ffffff;
	pids[6] = pids[2];
	opts.progress_data = &children[1];
	ck_errno(mf_objects_open(pids, 7, &opts, &objects), 0);
	ck_assert_int_eq(process_of(objects, pids[0])->error, 0);
	ck_assert_int_eq(process_of(objects, pids[1])->error, -ESRCH);
	ck_assert_int_eq(process_of(objects, pids[2])->error, 0);
	ck_assert_int_eq(process_of(objects, pids[3])->error, -ESRCH);
	ck_assert_int_eq(process_of(objects, pids[5])->error, -ESRCH);
	ck_assert_uint_eq(users_of(objects, pids[1]), 0);
	if (is_root())
		expect_raw(objects, pids[2]);
	ck_assert_int_eq(mf_objects_process(objects, 5, &(const struct mf_objects_process *){ 0 }),
			 0);
	mf_objects_close(objects);
	for (int i = 0; i < 3; i++)
		child_end(&children[i]);
	child_end(&zombie);
}
END_TEST

static void exec_for_ever(struct child *child)
{
	execl("/bin/sh", "sh", (const char *)child->arg, (char *)NULL);
	_exit(EXIT_FAILURE);
}

/* What was taken back is gone: no object without a user, no user that is not counted. */
static void expect_whole_or_nothing(const struct mf_objects *objects, pid_t pid)
{
	const struct mf_objects_process *const process = process_of(objects, pid);
	const struct mf_object *object;
	uint64_t n = 0;

	ck_assert_msg(!process->error || process->error == -ESTALE, "error %d", process->error);
	ck_assert_uint_eq(users_of(objects, pid), process->n_users);
	/* In the midst of an exec nothing is mapped yet but the stack: none is the truth then too. */
	ck_assert(!process->error || !process->n_users);
	for (uint64_t i = 0; mf_objects_get(objects, i, &object) == 1; i++) {
		ck_assert_uint_gt(object->n_users, 0);
		n += object->n_users;
	}
	ck_assert_uint_eq(n, process->n_users + process_of(objects, getpid())->n_users);
}

START_TEST(a_process_that_execs_all_the_time_is_listed_whole_or_not_at_all)
{
	char path[300];
	struct child child;
	uint64_t retries = 0;
	int fd;

	if (access("/bin/sh", X_OK))
		skip("no /bin/sh");
	snprintf(path, sizeof(path), "%s/again", temp_dir());
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ck_assert_int_gt(dprintf(fd, "exec /bin/sh %s\n", path), 0);
	close(fd);
	child_start(&child, exec_for_ever, path);
	for (int i = 0; i < 400; i++) {
		const int32_t pids[2] = { child.pid, getpid() };
		struct mf_objects *const objects = scan(pids, 2, 0);

		expect_whole_or_nothing(objects, child.pid);
		retries += process_of(objects, child.pid)->n_retries;
		mf_objects_close(objects);
	}
	child_end(&child);
	unlink(path);
	/* Without one met nothing was tried; a loaded machine may be that slow. */
	printf("%llu execs met\n", (unsigned long long)retries);
}
END_TEST

/* ---- trees ---- */

struct birth {
	pid_t *born; /* shared */
};

static void give_birth(void *arg)
{
	struct birth *const birth = arg;
	const pid_t pid = fork();

	require(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	*birth->born = pid;
}

static int fork_meanwhile(void *data, uint64_t done, uint64_t total)
{
	(void)total;
	if (done == 1)
		again(data);
	return 0;
}

START_TEST(a_tree_has_what_was_forked_meanwhile)
{
	struct mf_objects_opts opts = { .size = sizeof(opts),
					.flags = MF_OBJECTS_TREE,
					.progress = fork_meanwhile };
	struct birth birth = { shared_memory(sizeof(pid_t)) };
	const struct job job = { .first = give_birth, .then = give_birth, .arg = &birth };
	const struct mf_objects_process *process;
	struct mf_objects *objects;
	struct child parent;
	pid_t first;
	int32_t pid;

	start(&parent, &job);
	pid = parent.pid;
	first = *birth.born;
	opts.progress_data = &parent;
	ck_errno(mf_objects_open(&pid, 1, &opts, &objects), 0);
	ck_assert_int_ne(first, *birth.born);
	ck_assert(process_of(objects, pid) && process_of(objects, first) &&
		  process_of(objects, *birth.born));
	ck_assert_int_eq(process_of(objects, *birth.born)->error, 0);
	ck_assert_int_eq(mf_objects_process(objects, 3, &process), 0);
	mf_objects_close(objects);
	child_end(&parent);
	munmap(birth.born, sizeof(pid_t));
}
END_TEST

static void *linger(void *arg)
{
	int *const pipe_fds = arg;
	const pid_t tid = (pid_t)syscall(SYS_gettid);
	char byte;

	return write(pipe_fds[3], &tid, sizeof(tid)) == sizeof(tid) &&
			       read(pipe_fds[0], &byte, 1) >= 0 ?
		       NULL :
		       arg;
}

START_TEST(a_thread_stands_for_its_process_and_everyone_holds_the_caller)
{
	const struct mf_objects_process *process;
	struct mf_objects *objects;
	int fds[4];
	pthread_t thread;
	int32_t pids[2];

	ck_assert(!pipe2(fds, O_CLOEXEC) && !pipe2(fds + 2, O_CLOEXEC));
	ck_assert(!pthread_create(&thread, NULL, linger, fds));
	ck_assert(read(fds[2], &pids[0], sizeof(pids[0])) == sizeof(pids[0]));
	pids[1] = getpid();
	objects = scan(pids, 2, 0);
	ck_errno(mf_objects_process(objects, 0, &process), 1);
	ck_assert_int_eq(process->pid, getpid());
	ck_errno(mf_objects_process(objects, 1, &process), 0);
	mf_objects_close(objects);
	close(fds[1]);
	ck_assert(!pthread_join(thread, NULL));
	objects = scan(NULL, 0, MF_OBJECTS_EVERYONE);
	ck_assert(process_of(objects, getpid()));
	ck_assert_int_eq(process_of(objects, getpid())->error, 0);
	/* kthreadd, outside of a pid namespace. */
	if (process_of(objects, 2) && !process_of(objects, 2)->error && !getpgid(2))
		ck_assert_uint_eq(process_of(objects, 2)->n_users, 0);
	mf_objects_close(objects);
	close(fds[0]), close(fds[2]), close(fds[3]);
}
END_TEST

struct reader {
	pthread_t thread;
	const struct mf_objects *objects;
	int fd;
	uint64_t n_users;
	bool found;
};

static void *read_all(void *arg)
{
	struct reader *const reader = arg;
	const struct mf_object_user *user;
	const struct mf_object *object;

	for (uint64_t i = 0; mf_objects_get(reader->objects, i, &object) == 1; i++) {
		for (uint64_t j = 0; mf_objects_user(reader->objects, object, j, &user) == 1; j++)
			reader->n_users += user->pid == getpid();
	}
	reader->found = mf_objects_find_fd(reader->objects, reader->fd, &object) == 1;
	return NULL;
}

START_TEST(many_threads_read_one_scan)
{
	const int32_t self = getpid();
	struct mf_objects *const objects = scan(&self, 1, 0);
	const int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	struct reader readers[8];

	for (int i = 0; i < 8; i++) {
		readers[i] = (struct reader){ .objects = objects, .fd = fd };
		ck_assert(!pthread_create(&readers[i].thread, NULL, read_all, &readers[i]));
	}
	for (int i = 0; i < 8; i++) {
		ck_assert(!pthread_join(readers[i].thread, NULL));
		ck_assert_uint_eq(readers[i].n_users, process_of(objects, self)->n_users);
		ck_assert(readers[i].found);
	}
	close(fd);
	mf_objects_close(objects);
}
END_TEST

/* ---- without the right to follow links ---- */

static void scan_as_nobody(void *arg)
{
	void *const memory = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const int32_t pids[2] = { getpid(), getppid() };
	const struct mf_objects_process *process;
	const struct mf_object *object;
	struct mf_objects *objects;
	int fd;

	(void)arg;
	require(!mf_objects_open(pids, 2, NULL, &objects));
	process = process_of(objects, pids[0]);
	require(!process->error && process->flags == MF_PROCESS_NUMBERS_ONLY && process->n_users);
	process = process_of(objects, pids[1]);
	require(process->error == -EACCES && !process->n_users);
	for (uint64_t i = 0; mf_objects_get(objects, i, &object) == 1; i++)
		require(object->flags & MF_OBJECT_UNCERTAIN && !(object->has & MF_HAS_STAT));
	require(object_at(objects, pids[0], (uintptr_t)memory, NULL));
	fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	require(mf_objects_find_fd(objects, fd, &object) == 1);
	require(object->flags & MF_OBJECT_UNCERTAIN && object->kind == MF_KIND_FILE);
	close(fd);
	mf_objects_close(objects);
	munmap(memory, PAGE);
}

START_TEST(without_the_right_to_follow_the_numbers_must_do)
{
	if (!is_root())
		skip("not root");
	in_child_as_nobody(scan_as_nobody, NULL);
}
END_TEST

/* ---- the calls ---- */

static int cancel_at_second(void *data, uint64_t done, uint64_t total)
{
	*(uint64_t *)data += total;
	return done == 1;
}

START_TEST(the_progress_function_can_cancel)
{
	uint64_t sum = 0;
	struct mf_objects_opts opts = { .size = sizeof(opts),
					.progress = cancel_at_second,
					.progress_data = &sum };
	struct mf_objects *const untouched = (void *)&opts, *objects = untouched;
	const int32_t pids[2] = { getpid(), getppid() };

	ck_errno(mf_objects_open(pids, 2, &opts, &objects), -ECANCELED);
	ck_assert_ptr_eq(objects, untouched);
	ck_assert_uint_eq(sum, 4);
	ck_assert_str_ne(mf_strerror(-ECANCELED), "unexpected error");
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
	struct mf_objects *const untouched = (void *)&untouched, *objects = untouched;
	const int32_t self = getpid(), zero = 0, negative = -1;
	struct mf_objects_opts opts = { .size = sizeof(opts) };
	struct {
		struct mf_objects_opts opts;
		char more[8];
	} large = { .opts.size = sizeof(large) };
	const struct mf_object_user *user;
	const struct mf_object *object;

	ck_errno(mf_objects_open(NULL, 0, NULL, &objects), -EINVAL);
	ck_errno(mf_objects_open(NULL, 1, NULL, &objects), -EINVAL);
	ck_errno(mf_objects_open(&self, 1, NULL, NULL), -EINVAL);
	ck_errno(mf_objects_open(&zero, 1, NULL, &objects), -EINVAL);
	ck_errno(mf_objects_open(&negative, 1, NULL, &objects), -EINVAL);
	opts.flags = 0x20;
	ck_errno(mf_objects_open(&self, 1, &opts, &objects), -EINVAL);
	opts.flags = MF_OBJECTS_EVERYONE;
	ck_errno(mf_objects_open(&self, 1, &opts, &objects), -EINVAL);
	opts.flags = 0;
	opts.size = 4;
	ck_errno(mf_objects_open(&self, 1, &opts, &objects), -EINVAL);
	large.more[7] = 1;
	ck_errno(mf_objects_open(&self, 1, &large.opts, &objects), -E2BIG);
	opts.size = sizeof(opts);
	opts.proc_root = "/nonexistent";
	ck_errno(mf_objects_open(&self, 1, &opts, &objects), -ENOENT);
	opts.proc_root = "/dev/null";
	ck_errno(mf_objects_open(&self, 1, &opts, &objects), -ENOTDIR);
	opts.proc_root = "/";
	ck_errno(mf_objects_open(&self, 1, &opts, &objects), -EOPNOTSUPP);
	ck_assert_ptr_eq(objects, untouched);
	large.more[7] = 0;
	ck_errno(mf_objects_open(&self, 1, &large.opts, &objects), 0);
	ck_errno(mf_objects_get(NULL, 0, &object), -EINVAL);
	ck_errno(mf_objects_get(objects, 0, NULL), -EINVAL);
	ck_errno(mf_objects_get(objects, mf_objects_count(objects), &object), 0);
	ck_errno(mf_objects_get(objects, 0, &object), 1);
	ck_errno(mf_objects_user(objects, NULL, 0, &user), -EINVAL);
	ck_errno(mf_objects_user(objects, object, 0, NULL), -EINVAL);
	ck_errno(mf_objects_user(objects, object, object->n_users, &user), 0);
	ck_errno(mf_objects_process(NULL, 0, NULL), -EINVAL);
	ck_errno(mf_objects_find_fd(NULL, 0, &object), -EINVAL);
	ck_errno(mf_objects_find_fd(objects, 0, NULL), -EINVAL);
	ck_assert_uint_eq(mf_objects_count(NULL), 0);
	mf_objects_close(objects);
	mf_objects_close(NULL);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *const suite = suite_create("objects");
	TCase *tcase = guarded_tcase(suite, "sharing");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, sharing_of_fifty_processes_is_found, 0, 2);
	tcase_add_test(tcase, descriptors_and_seals_lead_to_the_object);
	tcase_add_loop_test(tcase, the_walk_lists_shared_mappings_only_if_asked_to, 0,
			    sizeof(shared_walks) / sizeof(*shared_walks));
	tcase_add_test(tcase, a_leased_memfd_is_not_waited_for);
	tcase_add_test(tcase, hard_links_are_one_object_and_a_replaced_file_is_two);
	tcase_add_test(tcase, deleted_files_say_so);
	tcase_add_test(tcase, btrfs_twins_stay_apart);
	tcase_add_test(tcase, overlay_twins_stay_apart);
	tcase_add_test(tcase, a_recycled_inode_number_is_another_object);
	tcase_add_test(tcase, a_recycled_inode_number_is_not_recognised);
	tcase_add_test(tcase, sysv_twins_of_two_ipc_namespaces_stay_apart);
	tcase_add_test(tcase, sysv_twins_of_huge_pages_are_uncertain);
	tcase_add_test(tcase, anonymous_inodes_and_aio_rings_are_never_merged);
	tcase = guarded_tcase(suite, "processes");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, processes_that_are_gone_are_left_out_whole);
	tcase_add_test(tcase, a_process_that_execs_all_the_time_is_listed_whole_or_not_at_all);
	tcase_add_test(tcase, a_tree_has_what_was_forked_meanwhile);
	tcase_add_test(tcase, without_the_right_to_follow_the_numbers_must_do);
	tcase = fd_guarded_tcase(suite, "threads");
	tcase_add_test(tcase, a_thread_stands_for_its_process_and_everyone_holds_the_caller);
	tcase_add_test(tcase, many_threads_read_one_scan);
	tcase = guarded_tcase(suite, "calls");
	tcase_add_test(tcase, the_progress_function_can_cancel);
	tcase_add_test(tcase, bad_arguments_are_refused);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
