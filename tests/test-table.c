/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A list in memory: against the raw text of the process that it was read from,
 * and each difference between two states against what the process was told to
 * do in between. A refresh gives all or changes nothing.
 */
#include <mapfiles.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "faults.h"
#include "harness.h"
#include "truth.h"

#define AREA_PAGES 64

#ifndef PR_SET_VMA
#define PR_SET_VMA	     0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

static size_t page;

/* ---- a child that makes the system calls that it is told ---- */

struct call {
	volatile long nr, args[6], result;
};

struct puppet {
	struct child child;
	struct call *call;
	uintptr_t area; /* AREA_PAGES where nothing is mapped, nor right beside them */
	int fds[2]; /* two files of AREA_PAGES, "one" and "two" */
	char paths[2][400];
};

static void serve(struct child *child)
{
	struct call *const call = child->arg;

	for (;;) {
		child_tell(child);
		if (!child_hear(child))
			_exit(0);
		call->result = syscall(call->nr, call->args[0], call->args[1], call->args[2],
				       call->args[3], call->args[4], call->args[5]);
		if (call->result == -1)
			call->result = -errno;
	}
}

#define TELL(puppet, number, ...) tell(puppet, number, (long[6]){ __VA_ARGS__ })

static long tell(struct puppet *puppet, long nr, const long *args)
{
	puppet->call->nr = nr;
	for (int i = 0; i < 6; i++)
		puppet->call->args[i] = args[i];
	child_tell(&puppet->child);
	require(child_hear(&puppet->child));
	wait_state(puppet->child.pid, 'S');
	return puppet->call->result;
}

static int make_file(const char *path)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	require(fd >= 0 && !ftruncate(fd, (off_t)(AREA_PAGES * page)));
	return fd;
}

static void puppet_start(struct puppet *puppet)
{
	static const char *const names[] = { "one", "two" };
	void *room;

	for (int i = 0; i < 2; i++) {
		snprintf(puppet->paths[i], sizeof(puppet->paths[i]), "%s/%s", temp_dir(), names[i]);
		unlink(puppet->paths[i]);
		puppet->fds[i] = make_file(puppet->paths[i]);
	}
	puppet->call = mmap(NULL, sizeof(*puppet->call), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	room = mmap(NULL, (AREA_PAGES + 2) * page, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	require(puppet->call != MAP_FAILED && room != MAP_FAILED);
	puppet->area = (uintptr_t)room + page;
	child_start(&puppet->child, serve, puppet->call);
	require(child_hear(&puppet->child));
	wait_state(puppet->child.pid, 'S');
	/* In the child alone: what the parent maps meanwhile must not fall there. */
	require(!TELL(puppet, SYS_munmap, (long)room, (long)((AREA_PAGES + 2) * page)));
	munmap(room, (AREA_PAGES + 2) * page);
}

static void puppet_end(struct puppet *puppet)
{
	child_end(&puppet->child);
	munmap(puppet->call, sizeof(*puppet->call));
	close(puppet->fds[0]);
	close(puppet->fds[1]);
}

static uint64_t at(const struct puppet *puppet, size_t n)
{
	return puppet->area + n * page;
}

/* Pages [from, to) of the area show the file from page offset on. */
static void map_file(struct puppet *puppet, size_t from, size_t to, int prot, int fd, size_t offset)
{
	require(TELL(puppet, SYS_mmap, (long)at(puppet, from), (long)((to - from) * page), prot,
		     MAP_SHARED | MAP_FIXED, fd, (long)(offset * page)) == (long)at(puppet, from));
}

static void map_anon(struct puppet *puppet, size_t from, size_t to, int prot, int flags)
{
	require(TELL(puppet, SYS_mmap, (long)at(puppet, from), (long)((to - from) * page), prot,
		     MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0) == (long)at(puppet, from));
}

static void unmap(struct puppet *puppet, size_t from, size_t to)
{
	require(!TELL(puppet, SYS_munmap, (long)at(puppet, from), (long)((to - from) * page)));
}

static void protect(struct puppet *puppet, size_t from, size_t to, int prot)
{
	require(!TELL(puppet, SYS_mprotect, (long)at(puppet, from), (long)((to - from) * page),
		      prot));
}

/* ---- tables ---- */

static const struct {
	const char *name;
	uint32_t source, flags;
} modes[] = {
	{ "files", MF_SOURCE_AUTO, 0 },
	{ "stream", MF_SOURCE_AUTO, MF_ITER_STREAM },
	{ "all", MF_SOURCE_AUTO, MF_ITER_ALL },
	{ "all by query", MF_SOURCE_QUERY, MF_ITER_ALL },
	{ "maps", MF_SOURCE_MAPS, 0 },
	{ "stat", MF_SOURCE_AUTO, MF_ITER_ALL | MF_ITER_STAT },
};

#define N_MODES	 ((int)(sizeof(modes) / sizeof(*modes)))
#define MODE_ALL 2

/* NULL: this kernel has no such source. */
static struct mf_iter *open_iter(pid_t pid, int mode)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts),
					   .source = modes[mode].source,
					   .flags = modes[mode].flags };
	struct mf_iter *iter = NULL;
	const int r = mf_iter_open(pid, &opts, &iter);

	if (r == -EOPNOTSUPP)
		return NULL;
	ck_errno(r, 0);
	return iter;
}

static struct mf_table *open_table(struct mf_iter *iter)
{
	struct mf_table *table = NULL;

	ck_errno(CALL(mf_table_open(iter, 0, &table)), 0);
	return table;
}

static void check_row(const struct mf_mapping *m, const struct truth_mapping *t)
{
	ck_assert_uint_eq(m->start, t->start);
	ck_assert_uint_eq(m->end, t->end);
	ck_assert_uint_eq(m->offset, t->offset);
	ck_assert_uint_eq(m->inode, t->inode);
	ck_assert_uint_eq(m->dev_major, t->dev_major);
	ck_assert_uint_eq(m->dev_minor, t->dev_minor);
	ck_assert_uint_eq(m->prot, t->prot);
	ck_assert_int_eq((m->flags & MF_MAPPING_SHARED) != 0, t->shared);
	ck_assert_uint_eq(m->path_len, t->path_len);
	ck_assert(!m->path == !t->path);
	ck_assert(!m->path || (!memcmp(m->path, t->path, t->path_len) && !m->path[m->path_len]));
	ck_assert_int_eq(m->fd, -1);
	ck_assert(!(m->has & MF_HAS_STAT));
	ck_assert_uint_eq(m->st_ino + m->st_size + m->st_mode + m->st_nlink, 0);
}

static uint64_t find(const struct mf_table *table, uint64_t addr)
{
	uint64_t index = 77777777;
	const int r = CALL(mf_table_find(table, addr, &index));

	require(r == 1 || (!r && index == 77777777));
	return r ? index : UINT64_MAX;
}

/* The table is what the raw text says, in every row and at every edge. */
static void check_table(const struct mf_table *table, const struct truth *truth, bool all)
{
	uint64_t n = 0, prev_end = 0;
	struct mf_mapping m;

	for (size_t i = 0; i < truth->n; i++) {
		const struct truth_mapping *const t = &truth->list[i];

		if (!all && !t->file)
			continue;
		ck_errno(CALL(mf_table_get(table, n, &m, sizeof(m))), 1);
		check_row(&m, t);
		ck_assert_uint_eq(find(table, t->start), n);
		ck_assert_uint_eq(find(table, t->end - 1), n);
		ck_assert_uint_eq(find(table, t->start + (t->end - t->start) / 2), n);
		ck_assert_uint_eq(find(table, t->start - 1),
				  t->start == prev_end ? n - 1 : UINT64_MAX);
		prev_end = t->end;
		n++;
	}
	ck_assert_uint_eq(find(table, prev_end), UINT64_MAX);
	ck_assert_uint_eq(mf_table_count(table), n);
	ck_errno(CALL(mf_table_get(table, n, &m, sizeof(m))), 0);
}

static void check_against(const struct mf_table *table, pid_t pid, bool all)
{
	struct truth truth;

	truth_read(&truth, pid);
	check_table(table, &truth, all);
	truth_free(&truth);
}

START_TEST(a_table_holds_what_the_text_says)
{
	struct puppet puppet;
	struct mf_iter *iter;
	struct mf_table *table;

	puppet_start(&puppet);
	map_file(&puppet, 0, 3, PROT_READ, puppet.fds[0], 5);
	map_file(&puppet, 3, 4, PROT_READ | PROT_WRITE, puppet.fds[1], 0);
	map_anon(&puppet, 4, 6, PROT_READ, MAP_PRIVATE);
	map_file(&puppet, 9, 10, PROT_NONE, puppet.fds[0], 0);
	iter = open_iter(puppet.child.pid, _i);
	if (iter) {
		faults_start(NULL);
		table = open_table(iter);
		check_against(table, puppet.child.pid, modes[_i].flags & MF_ITER_ALL);
		/* Whatever became of the two. */
		mf_iter_close(iter);
		struct truth truth;

		truth_read(&truth, puppet.child.pid);
		child_kill_and_reap(&puppet.child);
		check_table(table, &truth, modes[_i].flags & MF_ITER_ALL);
		truth_free(&truth);
		CALL((mf_table_close(table), 0));
		require(!fault_account.live_blocks && !fault_account.live_bytes);
	}
	puppet_end(&puppet);
	if (!iter)
		skip("%s: this kernel has no such source", modes[_i].name);
}
END_TEST

START_TEST(addresses_where_nothing_can_be_are_not_found)
{
	static const uint64_t nowhere[] = {
		0, 1, 0x800000000000, 0x8000000000000000, 0xfffffffffffff000, UINT64_MAX
	};
	struct mf_iter *const iter = open_iter(0, MODE_ALL);
	struct mf_table *const table = open_table(iter);
	struct mf_mapping m;
	uint64_t gate;

	for (size_t i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++)
		ck_assert_uint_eq(find(table, nowhere[i]), UINT64_MAX);
	/* The gate area is above all of them but the last two. */
	gate = find(table, 0xffffffffff600000);
	if (gate != UINT64_MAX) {
		ck_errno(mf_table_get(table, gate, &m, sizeof(m)), 1);
		ck_assert_uint_eq(m.kind, MF_KIND_VSYSCALL);
		ck_assert_uint_eq(gate, mf_table_count(table) - 1);
	}
	mf_table_close(table);
	mf_iter_close(iter);
}
END_TEST

START_TEST(nothing_mapped_is_an_empty_table)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts), .from = 1, .to = 1 };
	const struct mf_change *change;
	struct mf_table *table;
	struct mf_iter *iter;
	struct mf_mapping m = { .has = MF_HAS_DEV | MF_HAS_OFFSET };
	uint64_t index;

	ck_errno(mf_iter_open(0, &opts, &iter), 0);
	table = open_table(iter);
	ck_assert_uint_eq(mf_table_count(table), 0);
	ck_assert_uint_eq(find(table, 0), UINT64_MAX);
	ck_errno(mf_table_find_object(table, &m, 0, &index), 0);
	ck_errno(mf_table_get(table, 0, &m, sizeof(m)), 0);
	ck_errno(mf_table_refresh(table, iter), 0);
	ck_errno(mf_table_next_change(table, &change), 0);
	mf_table_close(table);
	mf_iter_close(iter);
}
END_TEST

START_TEST(bad_arguments_are_refused_and_change_nothing)
{
	struct mf_iter *const iter = open_iter(0, MODE_ALL), *const files = open_iter(0, 0);
	struct mf_table *const table = open_table(iter), *untouched = table;
	const struct mf_change *change = (void *)iter;
	unsigned char bytes[5000];
	struct mf_mapping *const m = (void *)bytes, like = { .has = MF_HAS_DEV };
	uint64_t index = 99;

	ck_errno(mf_table_open(NULL, 0, &untouched), -EINVAL);
	ck_errno(mf_table_open(iter, 0, NULL), -EINVAL);
	ck_errno(mf_table_open(iter, 1, &untouched), -EINVAL);
	ck_errno(mf_table_get(NULL, 0, m, sizeof(*m)), -EINVAL);
	ck_errno(mf_table_get(table, 0, NULL, sizeof(*m)), -EINVAL);
	memset(bytes, 0xa5, sizeof(bytes));
	ck_errno(mf_table_get(table, 0, m, 0), -EINVAL);
	ck_errno(mf_table_get(table, 0, m, sizeof(*m) - 1), -EINVAL);
	ck_errno(mf_table_get(table, 0, m, 4097), -EINVAL);
	ck_errno(mf_table_get(table, UINT64_MAX, m, sizeof(*m)), 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		ck_assert_uint_eq(bytes[i], 0xa5);
	ck_errno(mf_table_find(NULL, 0, &index), -EINVAL);
	ck_errno(mf_table_find(table, 0, NULL), -EINVAL);
	ck_errno(mf_table_find_object(NULL, &like, 0, &index), -EINVAL);
	ck_errno(mf_table_find_object(table, NULL, 0, &index), -EINVAL);
	ck_errno(mf_table_find_object(table, &like, 0, NULL), -EINVAL);
	ck_errno(mf_table_find_object(table, &like, 0, &index), -EINVAL);
	like.has = MF_HAS_OFFSET;
	ck_errno(mf_table_find_object(table, &like, 0, &index), -EINVAL);
	ck_errno(mf_table_refresh(NULL, iter), -EINVAL);
	ck_errno(mf_table_refresh(table, NULL), -EINVAL);
	ck_errno(mf_table_refresh(table, files), -EINVAL);
	ck_errno(mf_table_next_change(NULL, &change), -EINVAL);
	ck_errno(mf_table_next_change(table, NULL), -EINVAL);
	ck_errno(mf_table_next_change(table, &change), 0);
	ck_assert_uint_eq(mf_table_count(NULL), 0);
	mf_table_close(NULL);
	ck_assert(index == 99 && untouched == table && change == (void *)iter);
	mf_table_close(table);
	mf_iter_close(files);
	mf_iter_close(iter);
}
END_TEST

START_TEST(a_caller_with_a_larger_struct_gets_zeroes)
{
	struct mf_iter *const iter = open_iter(0, 0);
	struct mf_table *const table = open_table(iter);
	unsigned char bytes[5000];

	memset(bytes, 0xa5, sizeof(bytes));
	ck_errno(mf_table_get(table, 0, (void *)bytes, 4096), 1);
	for (size_t i = sizeof(struct mf_mapping); i < sizeof(bytes); i++)
		ck_assert_uint_eq(bytes[i], i < 4096 ? 0 : 0xa5);
	mf_table_close(table);
	mf_iter_close(iter);
}
END_TEST

/* ---- by object ---- */

/* By brute force over the raw text: every mapping of that file that shows that byte. */
static void check_find_object(const struct mf_table *table, const struct truth *truth,
			      const struct truth_mapping *of, uint64_t byte)
{
	const struct mf_mapping like = { .dev_major = of->dev_major,
					 .dev_minor = of->dev_minor,
					 .inode = of->inode,
					 .offset = byte,
					 .has = MF_HAS_DEV | MF_HAS_OFFSET };
	uint64_t from = 0, index = 0;
	struct mf_mapping m;

	for (size_t i = 0; i < truth->n; i++) {
		const struct truth_mapping *const t = &truth->list[i];

		if (!t->file || t->inode != of->inode || t->dev_major != of->dev_major ||
		    t->dev_minor != of->dev_minor || byte < t->offset ||
		    byte - t->offset >= t->end - t->start)
			continue;
		ck_errno(CALL(mf_table_find_object(table, &like, from, &index)), 1);
		ck_errno(mf_table_get(table, index, &m, sizeof(m)), 1);
		ck_assert_uint_eq(m.start, t->start);
		from = index + 1;
	}
	index = 42;
	ck_errno(CALL(mf_table_find_object(table, &like, from, &index)), 0);
	ck_assert_uint_eq(index, 42);
}

START_TEST(all_that_show_a_byte_of_a_file_are_found)
{
	struct puppet puppet;
	struct mf_iter *iter;
	struct mf_table *table;
	struct truth truth;

	puppet_start(&puppet);
	srand(4711);
	/* Windows of all lengths over all of both files, gaps between them: they overlap in the file. */
	for (size_t i = 0; i + 5 < AREA_PAGES; i += 2 + (size_t)rand() % 5)
		map_file(&puppet, i, i + 1 + (size_t)rand() % 3, PROT_READ, puppet.fds[rand() % 2],
			 (size_t)rand() % 6);
	iter = open_iter(puppet.child.pid, _i);
	if (iter) {
		table = open_table(iter);
		truth_read(&truth, puppet.child.pid);
		for (size_t i = 0; i < truth.n; i++) {
			const struct truth_mapping *const t = &truth.list[i];

			if (!t->file)
				continue;
			for (uint64_t byte = 0; byte < 10 * page; byte += page / 2 - 1)
				check_find_object(table, &truth, t, byte);
			check_find_object(table, &truth, t, t->offset);
			check_find_object(table, &truth, t, t->offset + (t->end - t->start) - 1);
			check_find_object(table, &truth, t, t->offset + (t->end - t->start));
			check_find_object(table, &truth, t, UINT64_MAX);
		}
		truth_free(&truth);
		mf_table_close(table);
	}
	mf_iter_close(iter);
	puppet_end(&puppet);
	if (!iter)
		skip("%s: this kernel has no such source", modes[_i].name);
}
END_TEST

START_TEST(anonymous_memory_is_no_object)
{
	struct mf_iter *const iter = open_iter(0, MODE_ALL);
	struct mf_table *const table = open_table(iter);
	const struct mf_mapping like = { .has = MF_HAS_DEV | MF_HAS_OFFSET };
	uint64_t index;

	ck_errno(mf_table_find_object(table, &like, 0, &index), 0);
	mf_table_close(table);
	mf_iter_close(iter);
}
END_TEST

/* ---- differences ---- */

struct want {
	uint32_t type, what;
	uint64_t before[2], after[2]; /* start and end; 0: there is none */
};

struct scene {
	struct puppet puppet;
	struct mf_iter *iter;
	struct mf_table *table;
	bool all;
};

static bool scene_start(struct scene *scene, int mode)
{
	puppet_start(&scene->puppet);
	scene->all = modes[mode].flags & MF_ITER_ALL;
	scene->iter = open_iter(scene->puppet.child.pid, mode);
	if (scene->iter) {
		scene->table = open_table(scene->iter);
		return true;
	}
	puppet_end(&scene->puppet);
	return false;
}

#define SCENE(scene, mode)                                                 \
	do {                                                               \
		if (!scene_start(scene, mode))                             \
			skip("%s: no such source here", modes[mode].name); \
	} while (0)

static void scene_end(struct scene *scene)
{
	mf_table_close(scene->table);
	mf_iter_close(scene->iter);
	puppet_end(&scene->puppet);
}

static void check_side(const struct mf_mapping *m, const uint64_t *want)
{
	ck_assert_msg(!m == !want[1], "%s", m ? "unexpected" : "missing");
	if (!m)
		return;
	ck_assert_uint_eq(m->start, want[0]);
	ck_assert_uint_eq(m->end, want[1]);
}

/* These and no others, in this order. */
static void check_changes(struct mf_table *table, const struct want *want, size_t n)
{
	const struct mf_change *change;

	for (size_t i = 0; i < n; i++) {
		ck_errno(CALL(mf_table_next_change(table, &change)), 1);
		ck_assert_msg(change->action == want[i].type && change->differs == want[i].what,
			      "number %zu: action %u differs %#x, not %u and %#x", i,
			      change->action, change->differs, want[i].type, want[i].what);
		check_side(change->before, want[i].before);
		check_side(change->after, want[i].after);
	}
	ck_errno(CALL(mf_table_next_change(table, &change)), 0);
	ck_errno(CALL(mf_table_next_change(table, &change)), 0);
}

static void refresh_and_check(struct scene *scene, const struct want *want, size_t n)
{
	ck_errno(CALL(mf_table_refresh(scene->table, scene->iter)), 0);
	check_against(scene->table, scene->puppet.child.pid, scene->all);
	check_changes(scene->table, want, n);
	/* They are told once, and are no longer so. */
	ck_errno(CALL(mf_table_refresh(scene->table, scene->iter)), 0);
	check_changes(scene->table, NULL, 0);
	check_against(scene->table, scene->puppet.child.pid, scene->all);
}

#define REFRESH(scene, ...)                                            \
	refresh_and_check(scene, (const struct want[]){ __VA_ARGS__ }, \
			  sizeof((const struct want[]){ __VA_ARGS__ }) / sizeof(struct want))

#define RANGE(from, to)                                        \
	{                                                      \
		at(&scene.puppet, from), at(&scene.puppet, to) \
	}
#define NONE         \
	{            \
		0, 0 \
	}

START_TEST(nothing_changed_is_no_difference)
{
	struct scene scene;

	SCENE(&scene, _i);
	refresh_and_check(&scene, NULL, 0);
	scene_end(&scene);
}
END_TEST

START_TEST(mapping_and_unmapping_are_seen)
{
	struct scene scene;

	SCENE(&scene, _i);
	map_file(&scene.puppet, 4, 6, PROT_READ, scene.puppet.fds[0], 0);
	map_file(&scene.puppet, 1, 2, PROT_READ, scene.puppet.fds[1], 3);
	REFRESH(&scene, { MF_CHANGE_ADDED, 0, NONE, RANGE(1, 2) },
		{ MF_CHANGE_ADDED, 0, NONE, RANGE(4, 6) });
	unmap(&scene.puppet, 4, 6);
	REFRESH(&scene, { MF_CHANGE_REMOVED, 0, RANGE(4, 6), NONE });
	unmap(&scene.puppet, 1, 2);
	map_file(&scene.puppet, 7, 8, PROT_READ, scene.puppet.fds[1], 3);
	REFRESH(&scene, { MF_CHANGE_REMOVED, 0, RANGE(1, 2), NONE },
		{ MF_CHANGE_ADDED, 0, NONE, RANGE(7, 8) });
	scene_end(&scene);
}
END_TEST

START_TEST(another_file_in_the_same_place_is_another_mapping)
{
	struct scene scene;

	SCENE(&scene, _i);
	map_file(&scene.puppet, 2, 5, PROT_READ, scene.puppet.fds[0], 0);
	REFRESH(&scene, { MF_CHANGE_ADDED, 0, NONE, RANGE(2, 5) });
	map_file(&scene.puppet, 2, 5, PROT_READ, scene.puppet.fds[1], 0);
	REFRESH(&scene, { MF_CHANGE_REMOVED, 0, RANGE(2, 5), NONE },
		{ MF_CHANGE_ADDED, 0, NONE, RANGE(2, 5) });
	/* Shared memory has the same name each time. */
	map_anon(&scene.puppet, 2, 5, PROT_READ, MAP_SHARED);
	REFRESH(&scene, { MF_CHANGE_REMOVED, 0, RANGE(2, 5), NONE },
		{ MF_CHANGE_ADDED, 0, NONE, RANGE(2, 5) });
	map_anon(&scene.puppet, 2, 5, PROT_READ, MAP_SHARED);
	REFRESH(&scene, { MF_CHANGE_REMOVED, 0, RANGE(2, 5), NONE },
		{ MF_CHANGE_ADDED, 0, NONE, RANGE(2, 5) });
	scene_end(&scene);
}
END_TEST

/* A file in a file system of its own: the first inode number of each is the same. */
static int make_in_new_tmpfs(void)
{
	char dir[400], path[410];
	int fd;

	snprintf(dir, sizeof(dir), "%s/tmpfs", temp_dir());
	snprintf(path, sizeof(path), "%s/file", dir);
	require(!mkdir(dir, 0755) || errno == EEXIST);
	if (mount("tmpfs", dir, "tmpfs", 0, NULL))
		return -1;
	fd = make_file(path);
	require(!umount2(dir, MNT_DETACH));
	return fd;
}

START_TEST(the_same_inode_number_on_another_device_is_another_file)
{
	int a = make_in_new_tmpfs(), b = make_in_new_tmpfs();
	struct stat stat_a, stat_b;
	struct scene scene;

	if (a < 0 || b < 0)
		skip("no file system may be mounted");
	require(!fstat(a, &stat_a) && !fstat(b, &stat_b));
	require(stat_a.st_ino == stat_b.st_ino && stat_a.st_dev != stat_b.st_dev);
	if (!scene_start(&scene, _i)) {
		close(a);
		close(b);
		skip("%s: no such source here", modes[_i].name);
	}
	map_file(&scene.puppet, 2, 5, PROT_READ, a, 0);
	REFRESH(&scene, { MF_CHANGE_ADDED, 0, NONE, RANGE(2, 5) });
	map_file(&scene.puppet, 2, 5, PROT_READ, b, 0);
	REFRESH(&scene, { MF_CHANGE_REMOVED, 0, RANGE(2, 5), NONE },
		{ MF_CHANGE_ADDED, 0, NONE, RANGE(2, 5) });
	scene_end(&scene);
	close(a);
	close(b);
}
END_TEST

START_TEST(protection_sharing_and_offset_are_seen)
{
	struct scene scene;

	SCENE(&scene, _i);
	map_file(&scene.puppet, 2, 5, PROT_READ, scene.puppet.fds[0], 1);
	REFRESH(&scene, { MF_CHANGE_ADDED, 0, NONE, RANGE(2, 5) });
	protect(&scene.puppet, 2, 5, PROT_READ | PROT_WRITE);
	REFRESH(&scene, { MF_CHANGE_MODIFIED, MF_DIFFERS_PROT, RANGE(2, 5), RANGE(2, 5) });
	map_file(&scene.puppet, 2, 5, PROT_READ | PROT_WRITE, scene.puppet.fds[0], 2);
	REFRESH(&scene, { MF_CHANGE_MODIFIED, MF_DIFFERS_OFFSET, RANGE(2, 5), RANGE(2, 5) });
	require(TELL(&scene.puppet, SYS_mmap, (long)at(&scene.puppet, 2), (long)(2 * page),
		     PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, scene.puppet.fds[0],
		     (long)page) > 0);
	REFRESH(&scene,
		{ MF_CHANGE_MODIFIED, MF_DIFFERS_END | MF_DIFFERS_PROT | MF_DIFFERS_OFFSET,
		  RANGE(2, 5), RANGE(2, 4) },
		{ MF_CHANGE_ADDED, MF_DIFFERS_PART, RANGE(2, 5), RANGE(4, 5) });
	scene_end(&scene);
}
END_TEST

START_TEST(moving_growing_and_shrinking_are_seen)
{
	struct scene scene;

	SCENE(&scene, _i);
	map_file(&scene.puppet, 2, 5, PROT_READ, scene.puppet.fds[0], 0);
	REFRESH(&scene, { MF_CHANGE_ADDED, 0, NONE, RANGE(2, 5) });
	require(TELL(&scene.puppet, SYS_mremap, (long)at(&scene.puppet, 2), (long)(3 * page),
		     (long)(5 * page), 0) == (long)at(&scene.puppet, 2));
	REFRESH(&scene, { MF_CHANGE_MODIFIED, MF_DIFFERS_END, RANGE(2, 5), RANGE(2, 7) });
	require(TELL(&scene.puppet, SYS_mremap, (long)at(&scene.puppet, 2), (long)(5 * page),
		     (long)(1 * page), 0) == (long)at(&scene.puppet, 2));
	REFRESH(&scene, { MF_CHANGE_MODIFIED, MF_DIFFERS_END, RANGE(2, 7), RANGE(2, 3) });
	require(TELL(&scene.puppet, SYS_mremap, (long)at(&scene.puppet, 2), (long)page, (long)page,
		     MREMAP_MAYMOVE | MREMAP_FIXED,
		     (long)at(&scene.puppet, 9)) == (long)at(&scene.puppet, 9));
	REFRESH(&scene, { MF_CHANGE_REMOVED, 0, RANGE(2, 3), NONE },
		{ MF_CHANGE_ADDED, 0, NONE, RANGE(9, 10) });
	scene_end(&scene);
}
END_TEST

START_TEST(pieces_are_told_from_new_memory)
{
	struct scene scene;

	SCENE(&scene, _i);
	map_file(&scene.puppet, 0, 9, PROT_READ, scene.puppet.fds[0], 0);
	REFRESH(&scene, { MF_CHANGE_ADDED, 0, NONE, RANGE(0, 9) });
	/* Split in three. */
	protect(&scene.puppet, 3, 6, PROT_NONE);
	REFRESH(&scene, { MF_CHANGE_MODIFIED, MF_DIFFERS_END, RANGE(0, 9), RANGE(0, 3) },
		{ MF_CHANGE_ADDED, MF_DIFFERS_PART | MF_DIFFERS_PROT | MF_DIFFERS_END, RANGE(0, 9),
		  RANGE(3, 6) },
		{ MF_CHANGE_ADDED, MF_DIFFERS_PART, RANGE(0, 9), RANGE(6, 9) });
	/* And merged. */
	protect(&scene.puppet, 3, 6, PROT_READ);
	REFRESH(&scene, { MF_CHANGE_MODIFIED, MF_DIFFERS_END, RANGE(0, 3), RANGE(0, 9) },
		{ MF_CHANGE_REMOVED, MF_DIFFERS_PART | MF_DIFFERS_PROT | MF_DIFFERS_END,
		  RANGE(3, 6), RANGE(0, 9) },
		{ MF_CHANGE_REMOVED, MF_DIFFERS_PART, RANGE(6, 9), RANGE(0, 9) });
	/* A hole in the middle. */
	unmap(&scene.puppet, 4, 5);
	REFRESH(&scene, { MF_CHANGE_MODIFIED, MF_DIFFERS_END, RANGE(0, 9), RANGE(0, 4) },
		{ MF_CHANGE_ADDED, MF_DIFFERS_PART, RANGE(0, 9), RANGE(5, 9) });
	/* The first page is gone. */
	unmap(&scene.puppet, 0, 1);
	REFRESH(&scene, { MF_CHANGE_REMOVED, MF_DIFFERS_PART, RANGE(0, 4), RANGE(1, 4) },
		{ MF_CHANGE_ADDED, MF_DIFFERS_PART, RANGE(0, 4), RANGE(1, 4) });
	/* Filled with the very bytes: merged; with others: not. */
	map_file(&scene.puppet, 4, 5, PROT_READ, scene.puppet.fds[0], 4);
	REFRESH(&scene, { MF_CHANGE_MODIFIED, MF_DIFFERS_END, RANGE(1, 4), RANGE(1, 9) },
		{ MF_CHANGE_REMOVED, MF_DIFFERS_PART, RANGE(5, 9), RANGE(1, 9) });
	/* In the middle of it something else: what is around it is of the same object. */
	map_file(&scene.puppet, 4, 5, PROT_READ, scene.puppet.fds[1], 4);
	REFRESH(&scene, { MF_CHANGE_MODIFIED, MF_DIFFERS_END, RANGE(1, 9), RANGE(1, 4) },
		{ MF_CHANGE_ADDED, 0, NONE, RANGE(4, 5) },
		{ MF_CHANGE_ADDED, MF_DIFFERS_PART, RANGE(1, 9), RANGE(5, 9) });
	/* The same object, shifted: other bytes. */
	map_file(&scene.puppet, 6, 9, PROT_READ, scene.puppet.fds[0], 9);
	REFRESH(&scene, { MF_CHANGE_MODIFIED, MF_DIFFERS_END, RANGE(5, 9), RANGE(5, 6) },
		{ MF_CHANGE_ADDED, 0, NONE, RANGE(6, 9) });
	scene_end(&scene);
}
END_TEST

/* As a stack does. */
START_TEST(growing_downwards_is_no_new_memory)
{
	struct scene scene;

	SCENE(&scene, MODE_ALL);
	map_anon(&scene.puppet, 5, 9, PROT_READ, MAP_PRIVATE);
	REFRESH(&scene, { MF_CHANGE_ADDED, 0, NONE, RANGE(5, 9) });
	map_anon(&scene.puppet, 2, 5, PROT_READ, MAP_PRIVATE);
	REFRESH(&scene, { MF_CHANGE_ADDED, MF_DIFFERS_PART, RANGE(5, 9), RANGE(2, 9) },
		{ MF_CHANGE_REMOVED, MF_DIFFERS_PART, RANGE(5, 9), RANGE(2, 9) });
	scene_end(&scene);
}
END_TEST

START_TEST(the_heap_grows_and_shrinks)
{
	struct scene scene;
	long end;

	SCENE(&scene, MODE_ALL);
	end = TELL(&scene.puppet, SYS_brk, 0);
	end = (end + (long)page - 1) / (long)page * (long)page;
	/* A heap of its own: what it has of its parent's is not always merged with. */
	TELL(&scene.puppet, SYS_brk, end + (long)(2 * page));
	ck_errno(mf_table_refresh(scene.table, scene.iter), 0);
	require(TELL(&scene.puppet, SYS_brk, end + (long)(8 * page)) == end + (long)(8 * page));
	for (int i = 0; i < 2; i++) {
		const struct mf_change *change;

		ck_errno(mf_table_refresh(scene.table, scene.iter), 0);
		ck_errno(mf_table_next_change(scene.table, &change), 1);
		ck_assert_uint_eq(change->action, MF_CHANGE_MODIFIED);
		ck_assert_uint_eq(change->differs, MF_DIFFERS_END);
		ck_assert_uint_eq(change->after->kind, MF_KIND_HEAP);
		ck_assert_uint_eq(change->after->end, (uint64_t)end + (i ? 4 : 8) * page);
		ck_errno(mf_table_next_change(scene.table, &change), 0);
		check_against(scene.table, scene.puppet.child.pid, true);
		TELL(&scene.puppet, SYS_brk, end + (long)(4 * page));
	}
	scene_end(&scene);
}
END_TEST

static void check_name_change(struct scene *scene, const char *before, const char *after,
			      bool deleted)
{
	const struct mf_change *change;

	ck_errno(CALL(mf_table_refresh(scene->table, scene->iter)), 0);
	ck_errno(CALL(mf_table_next_change(scene->table, &change)), 1);
	ck_assert_uint_eq(change->action, MF_CHANGE_MODIFIED);
	ck_assert_uint_eq(change->differs, MF_DIFFERS_NAME);
	ck_assert(change->before->path ? !strcmp(change->before->path, before) : !before);
	ck_assert_str_eq(change->after->path, after);
	ck_assert_int_eq((change->after->flags & MF_MAPPING_DELETED) != 0, deleted);
	ck_errno(CALL(mf_table_next_change(scene->table, &change)), 0);
	check_against(scene->table, scene->puppet.child.pid, scene->all);
}

START_TEST(renaming_and_deleting_change_the_name)
{
	struct scene scene;
	char renamed[500], deleted[520];

	SCENE(&scene, _i);
	map_file(&scene.puppet, 2, 5, PROT_READ, scene.puppet.fds[0], 0);
	REFRESH(&scene, { MF_CHANGE_ADDED, 0, NONE, RANGE(2, 5) });
	snprintf(renamed, sizeof(renamed), "%s.new", scene.puppet.paths[0]);
	snprintf(deleted, sizeof(deleted), "%s (deleted)", renamed);
	require(!rename(scene.puppet.paths[0], renamed));
	check_name_change(&scene, scene.puppet.paths[0], renamed, false);
	require(!unlink(renamed));
	check_name_change(&scene, renamed, deleted, true);
	scene_end(&scene);
}
END_TEST

START_TEST(memory_that_gets_a_name_is_the_same_memory)
{
	static const char name[] = "a name";
	struct scene scene;
	long r;

	SCENE(&scene, MODE_ALL);
	map_anon(&scene.puppet, 2, 5, PROT_READ, MAP_PRIVATE);
	REFRESH(&scene, { MF_CHANGE_ADDED, 0, NONE, RANGE(2, 5) });
	/* The child is a fork: what is constant here is there too. */
	r = TELL(&scene.puppet, SYS_prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME,
		 (long)at(&scene.puppet, 2), (long)(3 * page), (long)name);
	if (!r)
		check_name_change(&scene, NULL, "[anon:a name]", false);
	scene_end(&scene);
	if (r)
		skip("this kernel gives anonymous memory no names");
}
END_TEST

/* ---- all or nothing ---- */

static void let_exec(struct puppet *puppet)
{
	static char *const argv[] = { "sleep", "1000", NULL };

	puppet->call->nr = SYS_execve;
	puppet->call->args[0] = (long)"/bin/sleep";
	puppet->call->args[1] = (long)argv;
	puppet->call->args[2] = 0;
	child_tell(&puppet->child);
	require(!child_hear(&puppet->child));
	wait_state(puppet->child.pid, 'S');
}

START_TEST(a_table_of_what_is_gone_stays_as_it_was)
{
	for (int exec = 0; exec < 2; exec++) {
		struct scene scene;
		struct truth truth;

		SCENE(&scene, _i);
		map_file(&scene.puppet, 2, 5, PROT_READ, scene.puppet.fds[0], 0);
		ck_errno(mf_table_refresh(scene.table, scene.iter), 0);
		truth_read(&truth, scene.puppet.child.pid);
		if (exec)
			let_exec(&scene.puppet);
		else
			child_kill_and_reap(&scene.puppet.child);
		ck_errno(CALL(mf_table_refresh(scene.table, scene.iter)), exec ? -ESTALE : -ESRCH);
		check_table(scene.table, &truth, scene.all);
		check_changes(scene.table, NULL, 0);
		truth_free(&truth);
		scene_end(&scene);
	}
}
END_TEST

/* An iterator on the new image: the difference is that of two programs. */
START_TEST(a_table_goes_on_with_another_iterator)
{
	struct scene scene;
	struct mf_iter *iter;

	SCENE(&scene, _i);
	let_exec(&scene.puppet);
	iter = open_iter(scene.puppet.child.pid, _i);
	ck_errno(CALL(mf_table_refresh(scene.table, iter)), 0);
	check_against(scene.table, scene.puppet.child.pid, scene.all);
	mf_iter_close(iter);
	scene_end(&scene);
}
END_TEST

static void map_some(struct puppet *puppet)
{
	for (size_t i = 0; i < AREA_PAGES; i += 2)
		map_file(puppet, i, i + 1, PROT_READ, puppet->fds[i / 2 % 2], i);
}

START_TEST(no_memory_leaves_all_as_it_was)
{
	struct truth before, after;
	unsigned int nth, injected = 0;

	for (nth = 1; nth < 100; nth++) {
		struct fault_plan plan = { .call = FAULT_ALLOC,
					   .mode = nth % 2 ? FAULT_ONCE : FAULT_FROM_THEN_ON,
					   .nth = nth / 2 + 1,
					   .error = ENOMEM };
		struct scene scene;
		int r;

		SCENE(&scene, 1);
		truth_read(&before, scene.puppet.child.pid);
		map_some(&scene.puppet);
		truth_read(&after, scene.puppet.child.pid);
		faults_start(&plan);
		r = CALL(mf_table_refresh(scene.table, scene.iter));
		injected = fault_account.injected;
		faults_start(NULL);
		if (r) {
			ck_errno(r, -ENOMEM);
			check_table(scene.table, &before, false);
			check_changes(scene.table, NULL, 0);
			ck_errno(CALL(mf_table_refresh(scene.table, scene.iter)), 0);
		}
		check_table(scene.table, &after, false);
		truth_free(&before);
		truth_free(&after);
		scene_end(&scene);
		if (!injected)
			break;
	}
	ck_assert_uint_gt(nth, 6);
	ck_assert(!injected);
}
END_TEST

START_TEST(no_memory_is_no_table)
{
	struct mf_iter *const iter = open_iter(0, 0);
	struct mf_table *const untouched = (void *)iter, *table;
	unsigned int nth;

	for (nth = 1; nth < 100; nth++) {
		struct fault_plan plan = { .call = FAULT_ALLOC,
					   .mode = FAULT_ONCE,
					   .nth = nth,
					   .error = ENOMEM };
		int r;

		table = untouched;
		faults_start(&plan);
		r = CALL(mf_table_open(iter, 0, &table));
		if (!fault_account.injected) {
			ck_errno(r, 0);
			CALL((mf_table_close(table), 0));
			break;
		}
		ck_errno(r, -ENOMEM);
		ck_assert_ptr_eq(table, untouched);
		ck_assert_int_eq(fault_account.live_blocks, 0);
	}
	ck_assert(nth > 6 && nth < 100);
	mf_iter_close(iter);
}
END_TEST

static void churn_for_a_while(struct child *child)
{
	struct puppet *const puppet = child->arg;

	child_tell(child);
	child_hear(child);
	for (;;) {
		for (size_t i = 0; i < AREA_PAGES; i++)
			mmap((void *)at(puppet, i), page, PROT_READ, MAP_SHARED | MAP_FIXED,
			     puppet->fds[i % 2], 0);
		munmap((void *)at(puppet, 0), AREA_PAGES * page);
	}
}

static struct mf_mapping *copy_rows(const struct mf_table *table, uint64_t *ret_n)
{
	struct mf_mapping *rows = calloc(mf_table_count(table) + 1, sizeof(*rows));

	require(rows);
	*ret_n = mf_table_count(table);
	for (uint64_t i = 0; i < *ret_n; i++)
		ck_errno(mf_table_get(table, i, &rows[i], sizeof(rows[i])), 1);
	return rows;
}

static void check_rows(const struct mf_table *table, const struct mf_mapping *rows, uint64_t n)
{
	ck_assert_uint_eq(mf_table_count(table), n);
	for (uint64_t i = 0; i < n; i++) {
		struct mf_mapping m;

		ck_errno(mf_table_get(table, i, &m, sizeof(m)), 1);
		ck_assert(m.start == rows[i].start && m.end == rows[i].end &&
			  m.inode == rows[i].inode && m.offset == rows[i].offset &&
			  m.prot == rows[i].prot && m.flags == rows[i].flags);
	}
}

/*
 * The list that a consumer keeps by start, from the differences alone: each must
 * fit what he has.
 */
#define MIRROR_MORE 1000 /* than there were, at most */

struct mirror {
	uint64_t *starts, *ends;
	size_t n;
};

static void mirror_load(struct mirror *mirror, const struct mf_table *table)
{
	const size_t room = mf_table_count(table) + MIRROR_MORE;
	struct mf_mapping m;

	mirror->n = 0;
	mirror->starts = calloc(room, sizeof(uint64_t));
	mirror->ends = calloc(room, sizeof(uint64_t));
	require(mirror->starts && mirror->ends);
	while (mf_table_get(table, mirror->n, &m, sizeof(m)) > 0) {
		mirror->starts[mirror->n] = m.start;
		mirror->ends[mirror->n++] = m.end;
	}
}

static void mirror_free(struct mirror *mirror)
{
	free(mirror->starts);
	free(mirror->ends);
}

static size_t mirror_place(const struct mirror *mirror, uint64_t start)
{
	size_t i = 0;

	while (i < mirror->n && mirror->starts[i] < start)
		i++;
	return i;
}

static void mirror_apply(struct mirror *mirror, const struct mf_change *change)
{
	const bool added = change->action == MF_CHANGE_ADDED;
	const uint64_t start = added ? change->after->start : change->before->start;
	const size_t i = mirror_place(mirror, start);
	const bool there = i < mirror->n && mirror->starts[i] == start;

	ck_assert(there == !added);
	if (change->action == MF_CHANGE_REMOVED) {
		ck_assert_uint_eq(mirror->ends[i], change->before->end);
		mirror->n--;
		memmove(mirror->starts + i, mirror->starts + i + 1, (mirror->n - i) * 8);
		memmove(mirror->ends + i, mirror->ends + i + 1, (mirror->n - i) * 8);
		return;
	}
	if (added) {
		memmove(mirror->starts + i + 1, mirror->starts + i, (mirror->n - i) * 8);
		memmove(mirror->ends + i + 1, mirror->ends + i, (mirror->n - i) * 8);
		mirror->n++;
	}
	mirror->starts[i] = start;
	mirror->ends[i] = change->after->end;
}

static void mirror_follow(struct mirror *mirror, struct mf_table *table)
{
	const struct mf_change *change;
	uint64_t last = 0;
	struct mf_mapping m;
	int r;

	while ((r = CALL(mf_table_next_change(table, &change))) > 0) {
		const struct mf_mapping *const of =
			change->action == MF_CHANGE_ADDED ? change->after : change->before;

		ck_assert_uint_ge(of->start, last);
		last = of->start;
		mirror_apply(mirror, change);
	}
	ck_errno(r, 0);
	ck_assert_uint_eq(mirror->n, mf_table_count(table));
	for (size_t i = 0; i < mirror->n; i++) {
		ck_errno(mf_table_get(table, i, &m, sizeof(m)), 1);
		ck_assert_uint_eq(m.start, mirror->starts[i]);
		ck_assert_uint_eq(m.end, mirror->ends[i]);
	}
}

/* It is killed whenever, while its table is refreshed again and again. */
START_TEST(a_process_that_dies_in_the_middle_leaves_the_last_whole_table)
{
	for (int round = 0; round < 20; round++) {
		struct puppet puppet;
		struct child child;
		struct mf_iter *iter;
		struct mf_table *table;
		int r = 0;

		puppet_start(&puppet);
		child_start(&child, churn_for_a_while, &puppet);
		require(child_hear(&child));
		iter = open_iter(child.pid, round % 3);
		table = open_table(iter);
		child_tell(&child);
		for (int i = 0; !r; i++) {
			struct mirror mirror;
			uint64_t n;
			struct mf_mapping *rows = copy_rows(table, &n);

			mirror_load(&mirror, table);
			if (i == round)
				kill(child.pid, SIGKILL);
			r = CALL(mf_table_refresh(table, iter));
			if (r)
				check_rows(table, rows, n);
			mirror_follow(&mirror, table);
			mirror_free(&mirror);
			free(rows);
		}
		ck_errno(r, -ESRCH);
		mf_table_close(table);
		mf_iter_close(iter);
		child_end(&child);
		puppet_end(&puppet);
	}
}
END_TEST

/* ---- saved trees: any list at all ---- */

struct line {
	uint64_t start, end, offset;
	unsigned int file, prot, name;
};

#define LINES_MOST 24

static char tree[300];
static int tree_fd = -1;

static struct mf_iter *open_saved(void)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts),
					   .flags = MF_ITER_ALL,
					   .proc_root = tree };
	char path[400];
	struct mf_iter *iter;

	snprintf(tree, sizeof(tree), "%s/tree", temp_dir());
	snprintf(path, sizeof(path), "%s/1", tree);
	require((!mkdir(tree, 0755) || errno == EEXIST) && (!mkdir(path, 0755) || errno == EEXIST));
	snprintf(path, sizeof(path), "%s/1/maps", tree);
	tree_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	require(tree_fd >= 0);
	ck_errno(mf_iter_open(1, &opts, &iter), 0);
	return iter;
}

static void close_saved(struct mf_iter *iter)
{
	mf_iter_close(iter);
	close(tree_fd);
}

static void save(const char *text)
{
	const size_t len = strlen(text);

	require(!ftruncate(tree_fd, 0) && pwrite(tree_fd, text, len, 0) == (ssize_t)len);
}

static void save_lines(const struct line *lines, size_t n)
{
	char text[LINES_MOST * 200 + 1] = "", *pos = text;

	for (size_t i = 0; i < n; i++) {
		const struct line *const l = &lines[i];

		pos += sprintf(pos,
			       "%" PRIx64 "-%" PRIx64 " %c%c-p %08" PRIx64 " %s %u /file %u.%u\n",
			       l->start, l->end, l->prot & 1 ? 'r' : '-', l->prot & 2 ? 'w' : '-',
			       l->offset, l->file ? "08:01" : "08:02", l->file + 40, l->file,
			       l->name);
	}
	save(text);
}

/* Ranges and the rest by chance, but such that much is as it was. */
static size_t make_lines(struct line *lines, const struct line *old, size_t n_old)
{
	uint64_t addr = 0x10000;
	size_t n = 0, i = 0;

	while (n < LINES_MOST - 1 && rand() % 16) {
		if (i < n_old && old[i].start >= addr && rand() % 3) {
			lines[n] = old[i++];
			if (!(rand() % 8))
				lines[n].prot ^= 1;
			if (!(rand() % 8))
				lines[n].name ^= 1;
		} else {
			const uint64_t start = addr + 0x1000 * (uint64_t)(rand() % 3);

			lines[n] =
				(struct line){ .start = start,
					       .end = start + 0x1000 * (uint64_t)(1 + rand() % 4),
					       .offset = rand() % 2 ? start : 0,
					       .file = (unsigned int)rand() % 3,
					       .prot = (unsigned int)rand() % 4 };
			while (i < n_old && old[i].start < lines[n].end)
				i++;
		}
		addr = lines[n++].end;
	}
	return n;
}

static bool same_line(const struct mf_mapping *m, const struct line *l)
{
	char path[64];

	snprintf(path, sizeof(path), "/file %u.%u", l->file, l->name);
	return m->start == l->start && m->end == l->end && m->offset == l->offset &&
	       m->prot == l->prot && m->inode == l->file + 40 && m->dev_major == 8 &&
	       m->dev_minor == (l->file ? 1 : 2) && !strcmp(m->path, path);
}

static const struct line *line_at(const struct line *lines, size_t n, uint64_t start)
{
	for (size_t i = 0; i < n; i++) {
		if (lines[i].start == start)
			return &lines[i];
	}
	return NULL;
}

/* Each difference by the rule in the header, from the two lists of lines. */
static size_t count_wanted(const struct line *old, size_t n_old, const struct line *new,
			   size_t n_new)
{
	size_t n = 0;

	for (size_t i = 0; i < n_old; i++) {
		const struct line *const l = line_at(new, n_new, old[i].start);

		n += !l || l->file != old[i].file;
	}
	for (size_t i = 0; i < n_new; i++) {
		const struct line *const l = line_at(old, n_old, new[i].start);

		n += !l || l->file != new[i].file || l->end != new[i].end ||
		     l->prot != new[i].prot || l->name != new[i].name || l->offset != new[i].offset;
	}
	return n;
}

static void check_change(const struct mf_change *change, const struct line *old, size_t n_old,
			 const struct line *new, size_t n_new)
{
	const struct line *l;

	if (change->before) {
		l = line_at(old, n_old, change->before->start);
		ck_assert(l && same_line(change->before, l));
	}
	if (change->after) {
		l = line_at(new, n_new, change->after->start);
		ck_assert(l && same_line(change->after, l));
	}
	if (change->action == MF_CHANGE_MODIFIED)
		ck_assert(change->before->start == change->after->start && change->differs);
	else
		ck_assert((change->before && change->after) == (change->differs != 0));
	if (change->before && change->after) {
		const struct mf_mapping *const a = change->before, *const b = change->after;
		uint32_t want = change->action == MF_CHANGE_MODIFIED ? 0 : MF_DIFFERS_PART;

		ck_assert_uint_eq(a->inode, b->inode);
		want |= a->end != b->end ? MF_DIFFERS_END : 0;
		want |= a->prot != b->prot ? MF_DIFFERS_PROT : 0;
		want |= a->offset - a->start != b->offset - b->start ? MF_DIFFERS_OFFSET : 0;
		want |= strcmp(a->path, b->path) != 0 ? MF_DIFFERS_NAME : 0;
		ck_assert_uint_eq(change->differs, want);
	}
}

START_TEST(any_two_lists_differ_as_they_should)
{
	struct line lists[2][LINES_MOST];
	struct mf_iter *const iter = open_saved();
	struct mf_table *table;
	size_t n[2] = { 0, 0 };

	srand(42);
	table = open_table(iter);
	for (int i = 0; i < 3000; i++) {
		struct line *const new = lists[i % 2], *const old = lists[1 - i % 2];
		size_t *const n_new = &n[i % 2], n_old = n[1 - i % 2], n_changes = 0;
		const struct mf_change *change;
		struct mirror mirror;

		*n_new = make_lines(new, old, n_old);
		save_lines(new, *n_new);
		mirror_load(&mirror, table);
		ck_errno(CALL(mf_table_refresh(table, iter)), 0);
		while (CALL(mf_table_next_change(table, &change)) > 0) {
			check_change(change, old, n_old, new, *n_new);
			mirror_apply(&mirror, change);
			n_changes++;
		}
		ck_assert_uint_eq(n_changes, count_wanted(old, n_old, new, *n_new));
		mirror_follow(&mirror, table);
		mirror_free(&mirror);
		ck_assert_uint_eq(mf_table_count(table), *n_new);
		for (size_t j = 0; j < *n_new; j++) {
			struct mf_mapping m;

			ck_errno(mf_table_get(table, j, &m, sizeof(m)), 1);
			ck_assert(same_line(&m, &new[j]));
		}
	}
	mf_table_close(table);
	close_saved(iter);
}
END_TEST

START_TEST(what_races_keeps_its_mark)
{
	static const char file[] = " r--s 00000000 08:01 42 /file\n";
	struct mf_iter *const iter = open_saved();
	struct mf_table *table;
	struct mf_mapping m;
	char text[200];

	snprintf(text, sizeof(text), "1000-2000%s1000-4000%s", file, file);
	save(text);
	table = open_table(iter);
	ck_assert_uint_eq(mf_table_count(table), 2);
	ck_errno(mf_table_get(table, 1, &m, sizeof(m)), 1);
	ck_assert_uint_eq(m.start, 0x2000);
	ck_assert_uint_eq(m.offset, 0x1000);
	ck_assert(m.flags & MF_MAPPING_RACED);
	/* The mark alone is no difference, but is no longer there. */
	snprintf(text, sizeof(text), "1000-2000%s2000-4000 r--s 00001000 08:01 42 /file\n", file);
	save(text);
	ck_errno(mf_table_refresh(table, iter), 0);
	check_changes(table, NULL, 0);
	ck_errno(mf_table_get(table, 1, &m, sizeof(m)), 1);
	ck_assert(!(m.flags & MF_MAPPING_RACED));
	mf_table_close(table);
	close_saved(iter);
}
END_TEST

/* A long one begins below many short ones: it must not be lost behind them. */
START_TEST(a_long_mapping_is_found_behind_short_ones)
{
	struct mf_iter *const iter = open_saved();
	struct mf_mapping like = { .inode = 42,
				   .dev_major = 8,
				   .dev_minor = 1,
				   .has = MF_HAS_DEV | MF_HAS_OFFSET };
	char text[64 * 80] = "100000-200000 r--s 00000000 08:01 42 /file\n", *pos = text;
	struct mf_table *table;
	uint64_t index;

	pos += strlen(pos);
	for (unsigned int i = 1; i < 60; i++)
		pos += sprintf(pos, "%x000-%x800 r--s %08x 08:01 42 /file\n", 0x300 + 2 * i,
			       0x300 + 2 * i, i * 0x1000);
	save(text);
	table = open_table(iter);
	for (unsigned int i = 1; i < 60; i++) {
		like.offset = i * 0x1000 + 0x900;
		ck_errno(mf_table_find_object(table, &like, 0, &index), 1);
		ck_assert_uint_eq(index, 0);
		ck_errno(mf_table_find_object(table, &like, 1, &index), 0);
		like.offset -= 0x900;
		ck_errno(mf_table_find_object(table, &like, 1, &index), 1);
		ck_assert_uint_eq(index, i);
	}
	mf_table_close(table);
	close_saved(iter);
}
END_TEST

START_TEST(anonymous_inodes_of_one_number_are_told_apart_by_name)
{
	struct mf_iter *const iter = open_saved();
	struct mf_table *table;
	struct mf_mapping m;

	save("1000-2000 rw-s 00000000 00:0e 9 anon_inode:[perf_event]\n");
	table = open_table(iter);
	ck_errno(mf_table_get(table, 0, &m, sizeof(m)), 1);
	ck_assert_uint_eq(m.kind, MF_KIND_ANON_INODE);
	save("1000-2000 rw-s 00000000 00:0e 9 anon_inode:[io_uring]\n");
	ck_errno(mf_table_refresh(table, iter), 0);
	check_changes(table,
		      (const struct want[]){ { MF_CHANGE_REMOVED, 0, { 0x1000, 0x2000 }, { 0, 0 } },
					     { MF_CHANGE_ADDED, 0, { 0, 0 }, { 0x1000, 0x2000 } } },
		      2);
	mf_table_close(table);
	close_saved(iter);
}
END_TEST

START_TEST(offsets_at_the_end_of_all_numbers_are_found)
{
	struct mf_iter *const iter = open_saved();
	const struct mf_mapping like = { .offset = UINT64_MAX,
					 .inode = 42,
					 .dev_major = 8,
					 .dev_minor = 1,
					 .has = MF_HAS_DEV | MF_HAS_OFFSET };
	struct mf_table *table;
	uint64_t index;

	save("1000-2000 r--s fffffffffffff000 08:01 42 /file\n"
	     "3000-5000 r--s fffffffffffff000 08:01 42 /file\n"
	     "6000-7000 r--s 00000000 08:01 42 /file\n"
	     "ffffffffff600000-ffffffffffffffff r--s 00000000 08:01 43 /file\n");
	table = open_table(iter);
	ck_errno(mf_table_find_object(table, &like, 0, &index), 1);
	ck_assert_uint_eq(index, 0);
	ck_errno(mf_table_find_object(table, &like, 1, &index), 1);
	ck_assert_uint_eq(index, 1);
	ck_errno(mf_table_find_object(table, &like, 2, &index), 0);
	ck_assert_uint_eq(find(table, UINT64_MAX - 1), 3);
	ck_assert_uint_eq(find(table, UINT64_MAX), UINT64_MAX);
	mf_table_close(table);
	close_saved(iter);
}
END_TEST

static long bytes_in_use(void)
{
	const struct mallinfo2 info = mallinfo2();

	return (long)(info.uordblks + info.hblkhd);
}

/* 20 000 times 200 bytes of new names are 4 MB. */
START_TEST(names_that_are_gone_do_not_pile_up)
{
	struct mf_iter *const iter = open_saved();
	const struct mf_change *change;
	struct mf_table *table;
	char text[600], before[300] = "", name[300];
	long first, most = 0;

	save("");
	table = open_table(iter);
	first = bytes_in_use();
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "/%0200d", i);
		snprintf(text, sizeof(text), "1000-2000 r--s 00000000 08:01 42 %s\n", name);
		save(text);
		ck_errno(mf_table_refresh(table, iter), 0);
		ck_errno(mf_table_next_change(table, &change), 1);
		/* The old name is there as long as the difference is. */
		ck_assert(!i || !strcmp(change->before->path, before));
		ck_assert_str_eq(change->after->path, name);
		memcpy(before, name, sizeof(before));
		if (bytes_in_use() - first > most)
			most = bytes_in_use() - first;
	}
	printf("20000 names: at most %ld bytes\n", most);
	ck_assert_int_lt(most, 1 << 20);
	mf_table_close(table);
	close_saved(iter);
}
END_TEST

/* ---- many ---- */

#define N_MANY	   60000
#define BYTES_MOST 40
#define ALLOC_MOST 20

static void map_many(struct child *child)
{
	const size_t room = 2 * N_MANY * page;
	char *base =
		mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int fd;
	size_t i;

	require(base != MAP_FAILED && !munmap(base, room));
	fd = memfd_create("many", MFD_CLOEXEC);
	require(fd >= 0);
	for (i = 0; i < N_MANY; i++) {
		/* The machine may allow fewer: vm.max_map_count. */
		if (mmap(base + 2 * i * page, page, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
			 (off_t)(i % 3 * page)) == MAP_FAILED)
			break;
	}
	child_tell(child);
	for (;;)
		kill(getpid(), SIGSTOP);
}

START_TEST(sixty_thousand_cost_forty_bytes_each)
{
	struct child child;
	struct mf_iter *iter;
	struct mf_table *table;
	struct truth truth;
	struct mf_mapping m = { 0 };
	uint64_t from = 0, n = 0;
	unsigned int allocations;
	long before, used;

	child_start(&child, map_many, NULL);
	require(child_hear(&child));
	wait_stopped(child.pid);
	iter = open_iter(child.pid, 1);
	before = bytes_in_use();
	faults_start(NULL);
	table = open_table(iter);
	allocations = fault_account.allocations;
	used = bytes_in_use() - before;
	printf("%" PRIu64 " mappings: %u allocations, %ld bytes\n", mf_table_count(table),
	       allocations, used);
	ck_assert_uint_le(allocations, ALLOC_MOST);
	if (!under_valgrind())
		ck_assert_int_le(used, (long)(BYTES_MOST * mf_table_count(table) + (128 << 10)));
	truth_read(&truth, child.pid);
	check_table(table, &truth, false);
	ck_errno(mf_table_get(table, mf_table_count(table) / 2, &m, sizeof(m)), 1);
	while (mf_table_find_object(table, &m, from, &from) > 0) {
		n++;
		from++;
	}
	ck_assert_uint_ge(n, mf_table_count(table) / 3 - 100);
	/* Nothing changed: nothing is allocated. */
	faults_start(NULL);
	for (int i = 0; i < 3; i++)
		ck_errno(CALL(mf_table_refresh(table, iter)), 0);
	ck_assert_uint_eq(fault_account.allocations, 0);
	check_changes(table, NULL, 0);
	truth_free(&truth);
	mf_table_close(table);
	mf_iter_close(iter);
	child_end(&child);
}
END_TEST

struct reader {
	pthread_t thread;
	const struct mf_table *table;
	bool failed;
};

static void *read_all(void *arg)
{
	struct reader *const reader = arg;
	struct mf_mapping m;
	uint64_t index;

	for (int round = 0; round < 200; round++) {
		for (uint64_t i = 0; mf_table_get(reader->table, i, &m, sizeof(m)) > 0; i++) {
			if (mf_table_find(reader->table, m.start, &index) <= 0 || index != i)
				reader->failed = true;
			if (m.inode &&
			    (mf_table_find_object(reader->table, &m, i, &index) <= 0 || index != i))
				reader->failed = true;
		}
	}
	return NULL;
}

START_TEST(any_number_of_threads_may_read)
{
	struct mf_iter *const iter = open_iter(0, 0);
	struct mf_table *const table = open_table(iter);
	struct reader readers[4];

	for (size_t i = 0; i < 4; i++) {
		readers[i] = (struct reader){ .table = table };
		require(!pthread_create(&readers[i].thread, NULL, read_all, &readers[i]));
	}
	for (size_t i = 0; i < 4; i++) {
		require(!pthread_join(readers[i].thread, NULL));
		ck_assert(!readers[i].failed);
	}
	mf_table_close(table);
	mf_iter_close(iter);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *const suite = suite_create("table");
	TCase *const t = guarded_tcase(suite, "table");
	TCase *const threads = fd_guarded_tcase(suite, "threads");

	page = (size_t)sysconf(_SC_PAGESIZE);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_table_holds_what_the_text_says, 0, N_MODES);
	tcase_add_test(t, addresses_where_nothing_can_be_are_not_found);
	tcase_add_test(t, nothing_mapped_is_an_empty_table);
	tcase_add_test(t, bad_arguments_are_refused_and_change_nothing);
	tcase_add_test(t, a_caller_with_a_larger_struct_gets_zeroes);
	tcase_add_loop_test(t, all_that_show_a_byte_of_a_file_are_found, 0, N_MODES);
	tcase_add_test(t, anonymous_memory_is_no_object);
	tcase_add_loop_test(t, nothing_changed_is_no_difference, 0, N_MODES);
	tcase_add_loop_test(t, mapping_and_unmapping_are_seen, 0, N_MODES);
	tcase_add_loop_test(t, another_file_in_the_same_place_is_another_mapping, 0, N_MODES);
	tcase_add_loop_test(t, the_same_inode_number_on_another_device_is_another_file, 0, N_MODES);
	tcase_add_loop_test(t, protection_sharing_and_offset_are_seen, 0, N_MODES);
	tcase_add_loop_test(t, moving_growing_and_shrinking_are_seen, 0, N_MODES);
	tcase_add_loop_test(t, pieces_are_told_from_new_memory, 0, N_MODES);
	tcase_add_test(t, growing_downwards_is_no_new_memory);
	tcase_add_test(t, the_heap_grows_and_shrinks);
	tcase_add_loop_test(t, renaming_and_deleting_change_the_name, 0, N_MODES);
	tcase_add_test(t, memory_that_gets_a_name_is_the_same_memory);
	tcase_add_loop_test(t, a_table_of_what_is_gone_stays_as_it_was, 0, N_MODES);
	tcase_add_loop_test(t, a_table_goes_on_with_another_iterator, 0, N_MODES);
	tcase_add_test(t, no_memory_leaves_all_as_it_was);
	tcase_add_test(t, no_memory_is_no_table);
	tcase_add_test(t, a_process_that_dies_in_the_middle_leaves_the_last_whole_table);
	tcase_add_test(t, any_two_lists_differ_as_they_should);
	tcase_add_test(t, what_races_keeps_its_mark);
	tcase_add_test(t, a_long_mapping_is_found_behind_short_ones);
	tcase_add_test(t, anonymous_inodes_of_one_number_are_told_apart_by_name);
	tcase_add_test(t, offsets_at_the_end_of_all_numbers_are_found);
	tcase_add_test(t, names_that_are_gone_do_not_pile_up);
	tcase_add_test(t, sixty_thousand_cost_forty_bytes_each);
	tcase_add_test(threads, any_number_of_threads_may_read);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
