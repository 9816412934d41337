/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MF_ITER_RUN_NAMES, and the walk that goes over between text and ioctl: the
 * same mappings with the same values as raw /proc, whichever serves; what is
 * carried is marked; and what the flag trades happens, so that it is known.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness.h"
#include "mapfiles.h"
#include "truth.h"

#define PAGE	  ((size_t)4096)
#define N_FILES	  60
#define N_PARTS	  5
#define N_ANON	  700
#define N_ROUNDS  3
#define PATH_SIZE 400

static void name_file(char *path, int i)
{
	snprintf(path, PATH_SIZE, "%s/a-library-with-a-name-of-common-length-%04d.so", temp_dir(),
		 i);
}

static int make_file(const char *path)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	require(fd >= 0 && !ftruncate(fd, (off_t)(N_PARTS * PAGE)));
	return fd;
}

/* Parts of one file that the kernel does not merge, one behind the other. */
static char *map_some(char *place, int fd, int n)
{
	for (int i = 0; i < n; i++) {
		require(mmap(place, PAGE, i & 1 ? PROT_READ : PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_FIXED, fd, (off_t)((size_t)i * PAGE)) == place);
		place += PAGE;
	}
	return place;
}

static char *map_parts(char *place, int fd)
{
	return map_some(place, fd, N_PARTS);
}

static char *map_anon(char *place, int n)
{
	for (int i = 0; i < n; i++) {
		require(mmap(place, PAGE, i & 1 ? PROT_NONE : PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == place);
		place += PAGE;
	}
	return place;
}

/* Clusters of files, then of memory: each long enough for the walk to go over. */
static void map_clusters(struct child *child)
{
	const size_t size = (N_ROUNDS * N_FILES * N_PARTS + (N_ANON << N_ROUNDS)) * PAGE;
	char *place = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char path[PATH_SIZE];

	require(place != MAP_FAILED);
	for (int round = 0; round < N_ROUNDS; round++) {
		for (int i = 0; i < N_FILES; i++) {
			name_file(path, i);
			const int fd = make_file(path);

			place = map_parts(place, fd);
			close(fd);
		}
		place = map_anon(place, N_ANON << round);
	}
	child_tell(child);
	child_hear(child);
}

static const struct walk {
	uint32_t source, flags;
} walks[] = {
	{ MF_SOURCE_AUTO, 0 },
	{ MF_SOURCE_AUTO, MF_ITER_STREAM },
	{ MF_SOURCE_AUTO, MF_ITER_ALL },
	{ MF_SOURCE_QUERY, 0 },
	{ MF_SOURCE_QUERY, MF_ITER_ALL },
	{ MF_SOURCE_MAPS, MF_ITER_ALL },
	{ MF_SOURCE_MAP_FILES, 0 },
};

#define N_WALKS ((int)(sizeof(walks) / sizeof(*walks)))

/* NULL: this kernel has no such source. */
static struct mf_iter *open_walk(pid_t pid, const struct walk *walk, uint32_t more)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts),
					   .source = walk->source,
					   .flags = walk->flags | more };
	struct mf_iter *iter = NULL;
	const int r = mf_iter_open(pid, &opts, &iter);

	if (r == -EOPNOTSUPP)
		return NULL;
	ck_errno(r, 0);
	return iter;
}

static void check_mapping(const struct mf_mapping *m, const struct truth_mapping *t)
{
	ck_assert_uint_eq(m->start, t->start);
	ck_assert_uint_eq(m->end, t->end);
	ck_assert_uint_eq(m->offset, t->offset);
	ck_assert_uint_eq(m->inode, t->inode);
	ck_assert_uint_eq(m->dev_major, t->dev_major);
	ck_assert_uint_eq(m->dev_minor, t->dev_minor);
	ck_assert_uint_eq(m->prot, t->prot);
	ck_assert_int_eq(!!(m->flags & MF_MAPPING_SHARED), t->shared);
	ck_assert_int_eq(!m->path, !t->path);
	if (!t->path)
		return;
	ck_assert_uint_eq(m->path_len, t->path_len);
	ck_assert(!memcmp(m->path, t->path, t->path_len + 1));
}

struct seen {
	size_t n_carried;
	bool source[MF_SOURCE_CORE + 1];
};

static struct seen check_walk(struct mf_iter *iter, pid_t pid, bool all)
{
	const struct mf_mapping *m;
	struct seen seen = { 0 };
	struct truth truth;

	truth_read(&truth, pid);
	for (size_t i = 0; i < truth.n; i++) {
		if (!all && !truth.list[i].file)
			continue;
		ck_errno(mf_next(iter, &m), 1);
		check_mapping(m, &truth.list[i]);
		seen.n_carried += !!(m->flags & MF_MAPPING_NAME_CARRIED);
		seen.source[mf_iter_source(iter)] = true;
	}
	ck_errno(mf_next(iter, &m), 0);
	truth_free(&truth);
	return seen;
}

static bool has_query(void)
{
	struct mf_iter *const iter =
		open_walk(0, &(struct walk){ MF_SOURCE_QUERY, MF_ITER_STREAM }, 0);

	mf_iter_close(iter);
	return iter;
}

START_TEST(every_walk_gives_what_raw_proc_says_and_marks_what_it_carries)
{
	const struct walk *const walk = &walks[_i];
	const bool all = walk->flags & MF_ITER_ALL;
	const bool text = walk->source == MF_SOURCE_MAPS || !has_query();
	struct child child;
	struct mf_iter *iter;
	struct seen seen;

	child_start(&child, map_clusters, NULL);
	ck_assert(child_hear(&child));
	for (uint32_t flag = 0; flag <= MF_ITER_RUN_NAMES; flag += MF_ITER_RUN_NAMES) {
		iter = open_walk(child.pid, walk, flag);
		if (!iter)
			continue;
		/* Again, from where it ended. */
		for (int round = 0; round < 2; round++) {
			ck_errno(mf_iter_rewind(iter), 0);
			seen = check_walk(iter, child.pid, all);
			ck_assert_msg(!seen.n_carried == (!flag || text), "%zu names were carried",
				      seen.n_carried);
		}
		mf_iter_close(iter);
	}
	child_end(&child);
}
END_TEST

START_TEST(a_walk_of_all_goes_over_to_the_ioctl_and_back)
{
	struct child child;
	struct mf_iter *iter;
	struct seen seen;

	if (!has_query())
		skip("PROCMAP_QUERY came with Linux 6.11");
	child_start(&child, map_clusters, NULL);
	ck_assert(child_hear(&child));
	iter = open_walk(child.pid, &(struct walk){ MF_SOURCE_AUTO, MF_ITER_ALL },
			 MF_ITER_RUN_NAMES);
	seen = check_walk(iter, child.pid, true);
	ck_assert(seen.source[MF_SOURCE_MAPS] && seen.source[MF_SOURCE_QUERY]);
	mf_iter_close(iter);
	child_end(&child);
}
END_TEST

START_TEST(what_is_opened_once_for_a_run_is_the_file_of_each)
{
	const struct mf_mapping *m;
	struct child child;
	struct mf_iter *iter;
	struct truth truth;
	size_t n_opened = 0, n = 0;

	if (!is_root())
		skip("not root");
	child_start(&child, map_clusters, NULL);
	ck_assert(child_hear(&child));
	truth_read(&truth, child.pid);
	iter = open_walk(child.pid, &(struct walk){ MF_SOURCE_AUTO, MF_ITER_STREAM },
			 MF_ITER_OPEN_FDS);
	while (mf_next(iter, &m) > 0) {
		const struct truth_mapping *const t = truth_find(&truth, m->start);
		struct stat st;

		if (m->kind != MF_KIND_FILE)
			continue;
		ck_assert_int_ge(m->fd, 3);
		ck_assert(!fstat(m->fd, &st));
		ck_assert_uint_eq(st.st_ino, t->st_ino);
		ck_assert_uint_eq(st.st_dev, t->st_dev);
		ck_assert_uint_eq(m->fd_sure, MF_SURE_EXACT);
		/* Its position says whether it was opened for this mapping. */
		n_opened += lseek(m->fd, 0, SEEK_CUR) == 0;
		ck_assert_int_eq(lseek(m->fd, 1, SEEK_SET), 1);
		n++;
	}
	ck_assert_uint_lt(n_opened, n / 2);
	ck_assert_uint_ge(n_opened, N_FILES);
	truth_free(&truth);
	mf_iter_close(iter);
	child_end(&child);
}
END_TEST

/* Two names of one file, side by side and apart. */
static void map_links(struct child *child)
{
	char *place = mmap(NULL, 6 * N_PARTS * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char a[PATH_SIZE], b[PATH_SIZE], other[PATH_SIZE];
	int fd_a, fd_b;

	require(place != MAP_FAILED);
	snprintf(a, sizeof(a), "%s/first", temp_dir());
	snprintf(b, sizeof(b), "%s/second", temp_dir());
	fd_a = make_file(a);
	require(!link(a, b));
	fd_b = open(b, O_RDWR | O_CLOEXEC);
	require(fd_b >= 0);
	/* A run of another length: else the end of the next one would be foreseen. */
	name_file(other, 0);
	place = map_some(place, make_file(other), 2);
	*(char **)child->arg = place;
	place = map_parts(place, fd_a);
	place = map_parts(place, fd_b);
	/* A hole, and another pair that is not adjacent. */
	place = map_parts(place + PAGE, fd_a);
	map_parts(place + PAGE, fd_b);
	child_tell(child);
	child_hear(child);
}

static bool ends_in(const struct mf_mapping *m, const char *name)
{
	const size_t len = strlen(name);

	return m->path_len > len && !strcmp(m->path + m->path_len - len, name);
}

/* The names of the four runs, by the letter of their first mapping; upper case if it was carried. */
static void read_runs(pid_t pid, uint64_t start, uint32_t flag, char ret[5])
{
	const uint64_t run = N_PARTS * PAGE;
	const uint64_t starts[] = { start, start + run, start + 2 * run + PAGE,
				    start + 3 * run + 2 * PAGE };
	struct mf_iter *const iter =
		open_walk(pid, &(struct walk){ MF_SOURCE_AUTO, MF_ITER_STREAM }, flag);
	const struct mf_mapping *m;

	strcpy(ret, "....");
	while (mf_next(iter, &m) > 0) {
		for (size_t i = 0; i < 4; i++) {
			if (m->start != starts[i])
				continue;
			ret[i] = ends_in(m, "/first") ? 'a' : ends_in(m, "/second") ? 'b' : '?';
			if (m->flags & MF_MAPPING_NAME_CARRIED)
				ret[i] = (char)(ret[i] - 'a' + 'A');
		}
	}
	mf_iter_close(iter);
}

START_TEST(two_links_side_by_side_get_one_name_and_the_mark)
{
	char **const place =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child child;
	char names[5];

	child_start(&child, map_links, place);
	ck_assert(child_hear(&child));
	read_runs(child.pid, (uint64_t)(uintptr_t)*place, 0, names);
	ck_assert_str_eq(names, "abab");
	read_runs(child.pid, (uint64_t)(uintptr_t)*place, MF_ITER_RUN_NAMES, names);
	ck_assert_str_eq(names, has_query() ? "aAab" : "abab");
	child_end(&child);
	munmap(place, PAGE);
}
END_TEST

/* Shared memory may have a name for each mapping, though its file is one. */
static void map_memory(struct child *child)
{
	const int fd = memfd_create("shared", MFD_CLOEXEC);
	char *place = mmap(NULL, 4 * N_PARTS * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *zero = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	require(fd >= 0 && !ftruncate(fd, (off_t)(N_PARTS * PAGE)));
	map_parts(place, fd);
	require(zero != MAP_FAILED && !mprotect(zero + PAGE, PAGE, PROT_READ | PROT_WRITE));
	child_tell(child);
	child_hear(child);
}

START_TEST(names_that_are_no_files_are_not_carried)
{
	const struct mf_mapping *m;
	struct child child;
	struct mf_iter *iter;

	child_start(&child, map_memory, NULL);
	ck_assert(child_hear(&child));
	iter = open_walk(child.pid, &(struct walk){ MF_SOURCE_AUTO, MF_ITER_STREAM },
			 MF_ITER_RUN_NAMES);
	while (mf_next(iter, &m) > 0)
		ck_assert(m->kind != MF_KIND_SHM_ANON || !(m->flags & MF_MAPPING_NAME_CARRIED));
	ck_errno(mf_iter_rewind(iter), 0);
	check_walk(iter, child.pid, false);
	mf_iter_close(iter);
	child_end(&child);
}
END_TEST

/* The kernel gives out that id next, if it is told so: root's, since Linux 3.8. */
static int make_segment(uint64_t id)
{
	FILE *const file = fopen("/proc/sys/kernel/shm_next_id", "we");
	int got;

	if (!file)
		return -1;
	fprintf(file, "%" PRIu64, id);
	if (fclose(file))
		return -1;
	got = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	if (got >= 0 && (uint64_t)got != id)
		shmctl(got, IPC_RMID, NULL);
	return got >= 0 && (uint64_t)got == id ? got : -1;
}

START_TEST(a_segment_behind_a_memfd_with_its_number_keeps_its_name)
{
	char *const place = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct mf_objects_opts opts = { .size = sizeof(opts), .flags = MF_OBJECTS_RUN_NAMES };
	const int fd = memfd_create("twin", MFD_CLOEXEC);
	const int32_t pid = getpid();
	struct mf_objects *objects;
	const struct mf_object *object;
	const struct mf_mapping *m;
	struct mf_iter *iter;
	struct stat st;
	int id, n = 0;

	ck_assert(place != MAP_FAILED && fd >= 0 && !ftruncate(fd, PAGE) && !fstat(fd, &st));
	id = make_segment(st.st_ino);
	if (id < 0)
		skip("no segment with an id of the own choice");
	ck_assert(mmap(place, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == place);
	ck_assert(shmat(id, place + PAGE, SHM_REMAP) == place + PAGE);
	shmctl(id, IPC_RMID, NULL);
	iter = open_walk(0, &(struct walk){ MF_SOURCE_AUTO, MF_ITER_STREAM }, MF_ITER_RUN_NAMES);
	while (mf_next(iter, &m) > 0) {
		if (m->start == (uintptr_t)(place + PAGE))
			ck_assert_uint_eq(m->kind, MF_KIND_SYSV);
	}
	mf_iter_close(iter);
	ck_errno(mf_objects_open(&pid, 1, &opts, &objects), 0);
	for (uint64_t i = 0; mf_objects_get(objects, i, &object) > 0; i++)
		n += object->inode == st.st_ino && object->dev_minor == minor(st.st_dev) &&
		     object->n_users == 1;
	ck_assert_int_eq(n, 2);
	mf_objects_close(objects);
	munmap(place, PAGE);
	shmdt(place + PAGE);
	close(fd);
}
END_TEST

/* A new file with that number, once its file is gone; -1 if the file system counts. */
static int reuse_number(ino_t number, char *path)
{
	int held[200], n = 0, found = -1;
	struct stat st;

	while (found < 0 && n < 200) {
		snprintf(path, PATH_SIZE, "%s/again-%d", temp_dir(), n);
		const int fd = make_file(path);

		if (!fstat(fd, &st) && st.st_ino == number) {
			found = fd;
		} else {
			held[n++] = fd;
			unlink(path);
		}
	}
	while (n)
		close(held[--n]);
	return found;
}

START_TEST(what_text_listed_long_ago_gets_no_descriptor_of_another_file)
{
	char path[PATH_SIZE], *const place = mmap(NULL, 4 * PAGE, PROT_NONE,
						  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct mf_mapping *m;
	struct mf_iter *iter;
	struct stat st;
	int fd, fresh, r;

	if (!is_root())
		skip("not root");
	name_file(path, 0);
	fd = make_file(path);
	/* Three lines of one read: where the walk stands, and two of the file. */
	ck_assert(mprotect(place, PAGE, PROT_READ) == 0);
	map_some(place + PAGE, fd, 2);
	ck_assert(!fstat(fd, &st));
	close(fd);
	iter = open_walk(0, &(struct walk){ MF_SOURCE_MAPS, MF_ITER_ALL }, MF_ITER_OPEN_FDS);
	while ((r = mf_next(iter, &m)) > 0 && m->end != (uintptr_t)(place + PAGE))
		;
	ck_assert_int_eq(r, 1);
	ck_assert(!munmap(place + PAGE, 2 * PAGE) && !unlink(path));
	fresh = reuse_number(st.st_ino, path);
	if (fresh >= 0) {
		map_some(place + PAGE, fresh, 1);
		ck_errno(mf_next(iter, &m), 1);
		ck_errno(mf_next(iter, &m), 1);
		ck_assert_uint_eq(m->start, (uintptr_t)(place + 2 * PAGE));
		ck_assert_int_eq(m->fd, -1);
		ck_errno(m->fd_error, -ESTALE);
		close(fresh);
		unlink(path);
	}
	mf_iter_close(iter);
	munmap(place, 4 * PAGE);
	if (fresh < 0)
		skip("the file system gives no number out again");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *const suite = suite_create("run-names");
	TCase *tcase = guarded_tcase(suite, "runs");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, every_walk_gives_what_raw_proc_says_and_marks_what_it_carries, 0,
			    N_WALKS);
	tcase_add_test(tcase, a_walk_of_all_goes_over_to_the_ioctl_and_back);
	tcase_add_test(tcase, what_is_opened_once_for_a_run_is_the_file_of_each);
	tcase_add_test(tcase, two_links_side_by_side_get_one_name_and_the_mark);
	tcase_add_test(tcase, names_that_are_no_files_are_not_carried);
	tcase_add_test(tcase, a_segment_behind_a_memfd_with_its_number_keeps_its_name);
	tcase_add_test(tcase, what_text_listed_long_ago_gets_no_descriptor_of_another_file);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
