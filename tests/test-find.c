/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mf_find(): the mapping at an address as the kernel has it now, whatever the
 * list is about and wherever the walk stands, for every source.
 */
#define _FILE_OFFSET_BITS 64
#include "harness.h"
#include "target.h"
#include "truth.h"

#include <mapfiles.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const struct walk {
	uint32_t source;
	uint32_t flags;
} walks[] = {
	{ MF_SOURCE_AUTO, 0 },
	{ MF_SOURCE_AUTO, MF_ITER_ALL },
	{ MF_SOURCE_AUTO, MF_ITER_STAT },
	{ MF_SOURCE_MAP_FILES, 0 },
	{ MF_SOURCE_MAP_FILES, MF_ITER_STAT },
	{ MF_SOURCE_QUERY, 0 },
	{ MF_SOURCE_QUERY, MF_ITER_ALL | MF_ITER_STAT },
	{ MF_SOURCE_MAPS, 0 },
	{ MF_SOURCE_MAPS, MF_ITER_ALL | MF_ITER_STAT },
};

#define N_WALKS ((int)(sizeof(walks) / sizeof(*walks)))

static const struct mf_mapping *const no_mapping = (const void *)&walks;
static struct target target;

static void make_target(void)
{
	spawn_target(&target, 0);
}

static void drop_target(void)
{
	end_target(&target);
}

static struct mf_iter *open_walk(pid_t pid, const struct walk *walk)
{
	struct mf_iter_opts opts;
	struct mf_iter *iter = NULL;

	memset(&opts, 0, sizeof(opts));
	opts.size = sizeof(opts);
	opts.source = walk->source;
	opts.flags = walk->flags;

	int ret = mf_iter_open(pid, &opts, &iter);

	if (ret == -EOPNOTSUPP && walk->source == MF_SOURCE_QUERY)
		return NULL;
	ck_errno(ret, 0);
	return iter;
}

static void check_record(const struct walk *walk, const struct mf_mapping *m,
			 const struct truth_mapping *t)
{
	require_msg(m->start == t->start && m->end == t->end, "%s", t->text);
	require_msg(m->offset == t->offset && m->inode == t->inode, "%s", t->text);
	require_msg(m->dev_major == t->dev_major && m->dev_minor == t->dev_minor, "%s", t->text);
	require_msg(m->prot == t->prot, "%s", t->text);
	require_msg(!(m->flags & MF_MAPPING_SHARED) == !t->shared, "%s", t->text);
	require_msg(!(m->flags & (MF_MAPPING_RACED | MF_MAPPING_NAME_AMBIGUOUS)), "%s", t->text);
	require_msg(!m->path == !t->path, "%s", t->text);
	if (m->path)
		require_msg(m->path_len == t->path_len &&
				    !memcmp(m->path, t->path, t->path_len + 1),
			    "'%s', not '%s'", m->path, t->path);
	if (walk->flags & MF_ITER_STAT && t->has_stat)
		require_msg(m->has & MF_HAS_STAT && m->st_ino == t->st_ino &&
				    m->st_dev_major == major((dev_t)t->st_dev) &&
				    m->st_dev_minor == minor((dev_t)t->st_dev) &&
				    m->st_nlink == t->st_nlink,
			    "%s", t->text);
}

static void check_find(struct mf_iter *iter, const struct walk *walk, const struct truth *truth,
		       uint64_t addr)
{
	const struct truth_mapping *t = truth_find(truth, addr);
	const struct mf_mapping *m = no_mapping;
	int ret = mf_find(iter, addr, &m);

	require_msg(ret == (t ? 1 : 0), "%llx: %d, in truth %s", (unsigned long long)addr, ret,
		    !t	    ? "nothing" :
		    t->text ? t->text :
			      "anonymous");
	if (t)
		check_record(walk, m, t);
	else
		require(m == no_mapping);
}

START_TEST(each_first_and_last_byte_is_found_and_what_is_outside_is_not)
{
	struct mf_iter *iter = open_walk(target.pid, &walks[_i]);
	struct truth truth;

	if (!iter)
		skip("PROCMAP_QUERY came with 6.11");
	truth_read(&truth, target.pid);
	for (size_t i = 0; i < truth.n; i++) {
		const struct truth_mapping *t = &truth.list[i];

		check_find(iter, &walks[_i], &truth, t->start);
		check_find(iter, &walks[_i], &truth, t->end - 1);
		check_find(iter, &walks[_i], &truth, t->start - 1);
		check_find(iter, &walks[_i], &truth, t->end);
		check_find(iter, &walks[_i], &truth, t->start + (t->end - t->start) / 2 + 1);
	}
	check_find(iter, &walks[_i], &truth, 0);
	check_find(iter, &walks[_i], &truth, UINT64_MAX);
	check_find(iter, &walks[_i], &truth, (uint64_t)1 << 63);
	check_find(iter, &walks[_i], &truth, 0xffffffffff600000);
	check_find(iter, &walks[_i], &truth, 0xffffffffff600fff);
	check_find(iter, &walks[_i], &truth, 0xffffffffff601000);
	truth_free(&truth);
	mf_iter_close(iter);
}
END_TEST

static uint64_t random_64(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

START_TEST(random_addresses_are_found_as_in_maps)
{
	struct mf_iter *iter = open_walk(target.pid, &walks[_i]);
	uint64_t state = 88172645463325252U + (uint64_t)_i;
	struct truth truth;

	if (!iter)
		skip("PROCMAP_QUERY came with 6.11");
	truth_read(&truth, target.pid);
	for (int i = 0; i < 500; i++) {
		const struct truth_mapping *t = &truth.list[random_64(&state) % truth.n];
		uint64_t far = (t->end - t->start) * 2;

		/* Near a mapping one time, anywhere the next. */
		check_find(iter, &walks[_i], &truth,
			   i % 2 ? random_64(&state) >> (random_64(&state) % 64) :
				   t->start - far / 4 + random_64(&state) % far);
	}
	truth_free(&truth);
	mf_iter_close(iter);
}
END_TEST

/* Even a list of mapped files finds what is no file. */
START_TEST(a_list_of_files_finds_heap_stack_and_anonymous_memory)
{
	static const struct {
		const char *label;
		uint32_t kind;
	} wants[] = {
		{ "heap", MF_KIND_HEAP }, { "stack", MF_KIND_STACK },  { "vdso", MF_KIND_VDSO },
		{ "anon", MF_KIND_ANON }, { "private", MF_KIND_FILE }, { "memfd", MF_KIND_MEMFD },
	};
	struct mf_iter *iter = open_walk(target.pid, &walks[_i]);
	const struct mf_mapping *m;

	if (!iter)
		skip("PROCMAP_QUERY came with 6.11");
	if (under_valgrind()) {
		mf_iter_close(iter);
		skip("heap and stack are valgrind's");
	}
	for (size_t i = 0; i < sizeof(wants) / sizeof(*wants); i++) {
		const struct target_entry *e = target_entry(&target, wants[i].label);

		if (!e)
			continue;
		ck_errno(mf_find(iter, e->start, &m), 1);
		ck_assert_msg(m->kind == wants[i].kind, "%s: %s", e->label, mf_kind_name(m->kind));
	}
	mf_iter_close(iter);
}
END_TEST

START_TEST(filters_of_the_walk_do_not_bind_find)
{
	const struct target_entry *e = target_entry(&target, "private");
	struct mf_iter_opts opts = { .size = sizeof(opts), .source = walks[_i].source };
	const struct mf_mapping *m;
	struct mf_iter *iter;

	opts.flags = walks[_i].flags;
	opts.prot = MF_PROT_EXEC;
	opts.from = e->start + 0x10000000;
	opts.to = opts.from + 1;

	int ret = mf_iter_open(target.pid, &opts, &iter);

	if (ret == -EOPNOTSUPP)
		skip("PROCMAP_QUERY came with 6.11");
	ck_errno(ret, 0);
	ck_errno(mf_find(iter, e->start, &m), 1);
	ck_assert_uint_eq(m->start, e->start);
	mf_iter_close(iter);
}
END_TEST

START_TEST(find_in_the_middle_of_a_walk_does_not_disturb_it)
{
	struct mf_iter *iter = open_walk(target.pid, &walks[_i]);
	const struct mf_mapping *m;
	struct truth truth;
	uint64_t state = 42;

	if (!iter)
		skip("PROCMAP_QUERY came with 6.11");
	truth_read(&truth, target.pid);
	for (size_t i = 0; i < truth.n; i++) {
		const struct truth_mapping *t = &truth.list[i];

		if (!t->file && !(walks[_i].flags & MF_ITER_ALL))
			continue;
		for (int n = 0; n < 3; n++)
			check_find(iter, &walks[_i], &truth,
				   truth.list[random_64(&state) % truth.n].start -
					   (uint64_t)(n == 2));
		ck_errno(mf_next(iter, &m), 1);
		check_record(&walks[_i], m, t);
	}
	check_find(iter, &walks[_i], &truth, truth.list[0].start);
	ck_errno(mf_next(iter, &m), 0);
	check_find(iter, &walks[_i], &truth, truth.list[0].start);
	truth_free(&truth);
	mf_iter_close(iter);
}
END_TEST

/* ---- a target that changes ---- */

static void map_and_unmap(struct child *child)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char **shared = child->arg;
	int fd = memfd_create("later", MFD_CLOEXEC);

	require(fd >= 0);
	require(!ftruncate(fd, (off_t)page));
	child_tell(child);
	child_hear(child);
	*shared = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
	child_tell(child);
	child_hear(child);
	munmap(*shared, page);
	child_tell(child);
	child_hear(child);
	exec_sleep();
}

START_TEST(find_sees_what_was_mapped_and_unmapped_after_the_list_was_read)
{
	unsigned char **shared =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct mf_mapping *m = no_mapping;
	struct child child;

	child_start(&child, map_and_unmap, shared);
	ck_assert(child_hear(&child));

	struct mf_iter *iter = open_walk(child.pid, &walks[_i]);

	if (!iter) {
		child_end(&child);
		munmap(shared, 4096);
		skip("PROCMAP_QUERY came with 6.11");
	}
	ck_errno(mf_next(iter, &m), 1);
	child_tell(&child);
	ck_assert(child_hear(&child));
	ck_errno(mf_find(iter, (uintptr_t)*shared, &m), 1);
	ck_assert_uint_eq(m->start, (uintptr_t)*shared);
	ck_assert_int_eq((int)m->kind, MF_KIND_MEMFD);
	ck_assert_str_eq(m->path, "/memfd:later (deleted)");
	child_tell(&child);
	ck_assert(child_hear(&child));
	m = no_mapping;
	ck_errno(mf_find(iter, (uintptr_t)*shared, &m), 0);
	ck_assert_ptr_eq(m, no_mapping);
	mf_iter_close(iter);
	child_end(&child);
	munmap(shared, 4096);
}
END_TEST

static void exec_when_told(struct child *child)
{
	child_tell(child);
	if (child_hear(child))
		exec_sleep();
}

/* Addresses of the new image too: they must not be answered from it. */
static void check_gone(struct mf_iter *iter, pid_t pid, int want)
{
	const struct mf_mapping *m = no_mapping;
	struct truth truth = { NULL, 0 };

	if (pid)
		truth_read(&truth, pid);
	ck_errno(mf_find(iter, (uintptr_t)exec_when_told, &m), want);
	ck_errno(mf_find(iter, 0, &m), want);
	ck_errno(mf_find(iter, 0xffffffffff600000, &m), want);
	for (size_t i = 0; i < truth.n; i++)
		ck_errno(mf_find(iter, truth.list[i].start, &m), want);
	ck_assert_ptr_eq(m, no_mapping);
	truth_free(&truth);
}

START_TEST(after_an_exec_find_is_stale_and_after_an_exit_there_is_no_process)
{
	struct child child;

	child_start(&child, exec_when_told, NULL);
	ck_assert(child_hear(&child));

	struct mf_iter *iter = open_walk(child.pid, &walks[_i]);

	if (!iter) {
		child_end(&child);
		skip("PROCMAP_QUERY came with 6.11");
	}
	child_tell(&child);
	ck_assert(!child_hear(&child));
	wait_state(child.pid, 'S');
	check_gone(iter, child.pid, -ESTALE);
	child_make_zombie(&child);
	check_gone(iter, 0, -ESRCH);
	child_kill_and_reap(&child);
	check_gone(iter, 0, -ESRCH);
	mf_iter_close(iter);
	child_end(&child);
}
END_TEST

START_TEST(an_exit_in_the_middle_is_found_out_by_find)
{
	const struct mf_mapping *m;
	struct child child;

	child_start(&child, exec_when_told, NULL);
	ck_assert(child_hear(&child));

	struct mf_iter *iter = open_walk(child.pid, &walks[_i]);

	if (!iter) {
		child_end(&child);
		skip("PROCMAP_QUERY came with 6.11");
	}
	ck_errno(mf_next(iter, &m), 1);
	ck_errno(mf_find(iter, (uintptr_t)exec_when_told, &m), 1);
	child_make_zombie(&child);
	check_gone(iter, 0, -ESRCH);
	child_kill_and_reap(&child);
	check_gone(iter, 0, -ESRCH);
	mf_iter_close(iter);
	child_end(&child);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("find");
	TCase *tcase = guarded_tcase(suite, "target");

	tcase_add_unchecked_fixture(tcase, make_target, drop_target);
	tcase_add_loop_test(tcase, each_first_and_last_byte_is_found_and_what_is_outside_is_not, 0,
			    N_WALKS);
	tcase_add_loop_test(tcase, random_addresses_are_found_as_in_maps, 0, N_WALKS);
	tcase_add_loop_test(tcase, a_list_of_files_finds_heap_stack_and_anonymous_memory, 0,
			    N_WALKS);
	tcase_add_loop_test(tcase, filters_of_the_walk_do_not_bind_find, 0, N_WALKS);
	tcase_add_loop_test(tcase, find_in_the_middle_of_a_walk_does_not_disturb_it, 0, N_WALKS);
	tcase = guarded_tcase(suite, "changes");
	tcase_add_loop_test(tcase, find_sees_what_was_mapped_and_unmapped_after_the_list_was_read,
			    0, N_WALKS);
	tcase_add_loop_test(tcase,
			    after_an_exec_find_is_stale_and_after_an_exit_there_is_no_process, 0,
			    N_WALKS);
	tcase_add_loop_test(tcase, an_exit_in_the_middle_is_found_out_by_find, 0, N_WALKS);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
