/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long what the library hands out lives, and how much of it is read when it
 * is given back.
 */
#define _FILE_OFFSET_BITS 64
#include "harness.h"

#include <mapfiles.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LEN 16384ul

static const struct walk {
	uint32_t source, flags;
} walks[] = {
	{ MF_SOURCE_AUTO, 0 },
	{ MF_SOURCE_AUTO, MF_ITER_ALL },
	{ MF_SOURCE_MAP_FILES, 0 },
	{ MF_SOURCE_QUERY, 0 },
	{ MF_SOURCE_MAPS, 0 },
	{ MF_SOURCE_MAPS, MF_ITER_ALL },
	{ MF_SOURCE_AUTO, MF_ITER_STAT },
	{ MF_SOURCE_AUTO, MF_ITER_OPEN_FDS },
};

#define N_WALKS ((int)(sizeof(walks) / sizeof(*walks)))

/* NULL if this kernel has no such source. */
static struct mf_iter *open_walk(const struct walk *walk)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts),
					   .source = walk->source,
					   .flags = walk->flags };
	struct mf_iter *iter = NULL;
	const int ret = mf_iter_open(0, &opts, &iter);

	if (ret == -EOPNOTSUPP && walk->source)
		return NULL;
	ck_errno(ret, 0);
	return iter;
}

static char *map_memfd(void)
{
	int fd = memfd_create("lifetime", MFD_CLOEXEC);
	char *p;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, LEN), 0);
	p = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert(p != MAP_FAILED);
	close(fd);
	return p;
}

/* The calls that leave a mapping alone, whatever comes of them. */
static void call_the_others(struct mf_iter *iter, const struct mf_mapping *m)
{
	static const uint32_t flags[] = { 0, MF_OPEN_PATH, MF_OPEN_AS_MAPPED, MF_OPEN_EXACT };
	const struct mf_remap_opts opts = { .size = sizeof(opts), .flags = MF_REMAP_MATCHING };
	const struct mf_iter_report *report;
	const struct mf_remap_plan *plan;
	const struct mf_open_info *info;
	void *addr;
	char byte;

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		int fd = mf_open_fd(iter, m, flags[i]);

		if (fd >= 0)
			close(fd);
		(void)mf_open_info(iter, &info);
	}
	(void)mf_read(iter, m->start, &byte, 1);
	ck_errno(mf_remap_plan(iter, m, &opts, &plan), 0);
	if (!mf_remap(iter, m, &opts, &addr)) {
		ck_errno(mf_remap_made(iter, &plan), 0);
		munmap(addr, plan->length);
	}
	ck_errno(mf_iter_report(iter, &report), 0);
	ck_assert_int_gt(mf_iter_source(iter), 0);
}

/* Its bytes, those of its name, and its descriptor. */
static void check_left_alone(struct mf_iter *iter, const struct mf_mapping *m)
{
	const struct mf_mapping before = *m;
	char *const name = m->path ? strdup(m->path) : NULL;
	off_t size = m->fd < 0 ? 0 : lseek(m->fd, 0, SEEK_END);

	call_the_others(iter, m);
	ck_assert(!memcmp(&before, m, sizeof(before)));
	ck_assert(!name || (strlen(name) == m->path_len && !strcmp(name, m->path)));
	ck_assert(m->fd < 0 || lseek(m->fd, 0, SEEK_END) == size);
	free(name);
}

START_TEST(what_the_walk_gave_lives_through_all_other_calls)
{
	struct mf_iter *const iter = open_walk(&walks[_i]);
	char *const p = map_memfd();
	const struct mf_mapping *m;
	int ret, n = 0;

	if (!iter)
		skip("no such source");
	ck_errno(mf_iter_rewind(iter), 0);
	while ((ret = mf_next(iter, &m)) > 0 && n++ < 40)
		check_left_alone(iter, m);
	ck_assert_int_gt(n, 3);
	ck_errno(mf_find(iter, (uintptr_t)p, &m), 1);
	check_left_alone(iter, m);
	mf_iter_close(iter);
	munmap(p, LEN);
}
END_TEST

START_TEST(the_walk_goes_on_after_all_other_calls)
{
	struct mf_iter *const iter = open_walk(&walks[_i]), *const alone = open_walk(&walks[_i]);
	const struct mf_mapping *m, *other;
	uint64_t start;

	if (!iter)
		skip("no such source");
	ck_errno(mf_next(iter, &m), 1);
	start = m->start;
	check_left_alone(iter, m);
	ck_errno(mf_next(alone, &other), 1);
	ck_assert_uint_eq(other->start, start);
	ck_errno(mf_next(iter, &m), 1);
	ck_assert_uint_gt(m->start, start);
	mf_iter_close(alone);
	mf_iter_close(iter);
}
END_TEST

/* A step closes what OPEN_FDS opened, mf_find() does too. */
START_TEST(the_descriptor_dies_with_its_mapping)
{
	const struct walk walk = { MF_SOURCE_AUTO, MF_ITER_OPEN_FDS };
	struct mf_iter *const iter = open_walk(&walk);
	const struct mf_mapping *m;
	size_t held;

	/* What it opens when it is needed for the first time is open then. */
	ck_errno(mf_find(iter, (uintptr_t)&walk, &m), 1);
	ck_assert_int_eq(m->fd, -1);
	do
		ck_errno(mf_next(iter, &m), 1);
	while (m->fd < 0);
	held = count_fds();
	ck_errno(mf_find(iter, (uintptr_t)&walk, &m), 1);
	ck_assert_uint_eq(count_fds(), held - 1);
	mf_iter_close(iter);
}
END_TEST

START_TEST(plans_live_until_their_own_next_call)
{
	struct mf_iter *const iter = open_walk(&walks[1]);
	const struct mf_remap_opts opts = { .size = sizeof(opts), .flags = MF_REMAP_MATCHING };
	const struct mf_remap_plan *plan, *made, *same;
	const struct mf_open_info *info;
	struct mf_remap_plan plan_then, made_then;
	struct mf_open_info info_then;
	const struct mf_mapping *m;
	char *const p = map_memfd();
	void *addr = NULL;
	int fd, ret;

	ck_errno(mf_find(iter, (uintptr_t)p, &m), 1);
	fd = mf_open_fd(iter, m, MF_OPEN_COPY);
	ck_assert_int_ge(fd, 3);
	close(fd);
	ck_errno(mf_open_info(iter, &info), 0);
	info_then = *info;
	ck_errno(mf_remap_plan(iter, m, &opts, &plan), 0);
	plan_then = *plan;
	ret = mf_remap(iter, m, &opts, &addr);
	ck_errno(mf_remap_made(iter, &made), 0);
	made_then = *made;
	if (!ret)
		munmap(addr, made->length);
	while (mf_next(iter, &m) > 0)
		;
	ck_errno(mf_find(iter, (uintptr_t)p, &m), 1);
	ck_errno(mf_remap_made(iter, &same), 0);
	ck_assert(same == made && !memcmp(made, &made_then, sizeof(made_then)));
	ck_assert(!memcmp(plan, &plan_then, sizeof(plan_then)));
	ck_assert(!memcmp(info, &info_then, sizeof(info_then)));
	ck_errno(mf_iter_rewind(iter), 0);
	ck_assert(!memcmp(made, &made_then, sizeof(made_then)));
	mf_iter_close(iter);
	munmap(p, LEN);
}
END_TEST

/* The copy of somebody whose header knew no more: behind it is nothing. */
START_TEST(of_a_copy_nothing_is_read_past_page_size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t size = offsetof(struct mf_mapping, page_size) + sizeof(uint64_t);
	const struct mf_remap_opts opts = { .size = sizeof(opts), .flags = MF_REMAP_MATCHING };
	struct mf_iter *const iter = open_walk(&walks[1]);
	char *const pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct mf_remap_plan *plan;
	const struct mf_mapping *m;
	char *const p = map_memfd();
	struct mf_mapping *copy;
	struct mf_table *table;
	uint64_t index;
	void *addr;
	int fd;

	ck_assert(pages != MAP_FAILED);
	ck_assert_int_eq(mprotect(pages + page, page, PROT_NONE), 0);
	copy = (struct mf_mapping *)(void *)(pages + page - size);
	ck_errno(mf_table_open(iter, 0, &table), 0);
	ck_errno(mf_find(iter, (uintptr_t)p, &m), 1);
	memcpy(copy, m, size);
	fd = mf_open_fd(iter, copy, MF_OPEN_COPY);
	ck_assert_int_ge(fd, 3);
	close(fd);
	ck_errno(mf_remap_plan(iter, copy, &opts, &plan), 0);
	if (!mf_remap(iter, copy, &opts, &addr))
		munmap(addr, LEN);
	ck_errno(mf_table_find_object(table, copy, 0, &index), 1);
	mf_table_close(table);
	mf_iter_close(iter);
	munmap(p, LEN);
	munmap(pages, 2 * page);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("lifetime");
	TCase *tcase = guarded_tcase(suite, "handed out");

	tcase_add_loop_test(tcase, what_the_walk_gave_lives_through_all_other_calls, 0, N_WALKS);
	tcase_add_loop_test(tcase, the_walk_goes_on_after_all_other_calls, 0, N_WALKS);
	tcase_add_test(tcase, the_descriptor_dies_with_its_mapping);
	tcase_add_test(tcase, plans_live_until_their_own_next_call);
	tcase = guarded_tcase(suite, "given back");
	tcase_add_test(tcase, of_a_copy_nothing_is_read_past_page_size);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
