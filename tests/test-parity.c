/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every source gives the same records of a target that stands still, and they
 * are what raw procfs, stat(2) and the maker of the target say. The library is
 * never compared with itself alone.
 */
#define _FILE_OFFSET_BITS 64
#include "harness.h"
#include "target.h"
#include "truth.h"

#include <mapfiles.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MARK	      " (deleted)"
#define HAS_ALWAYS    (MF_HAS_PROT | MF_HAS_DEV | MF_HAS_OFFSET | MF_HAS_PATH)
#define SMALLEST_PAGE 4096

struct walk {
	uint32_t source;
	uint32_t flags;
};

static const struct walk walks[] = {
	{ MF_SOURCE_AUTO, 0 },
	{ MF_SOURCE_AUTO, MF_ITER_STAT },
	{ MF_SOURCE_AUTO, MF_ITER_STREAM },
	{ MF_SOURCE_AUTO, MF_ITER_STREAM | MF_ITER_STAT },
	{ MF_SOURCE_AUTO, MF_ITER_ALL },
	{ MF_SOURCE_AUTO, MF_ITER_ALL | MF_ITER_STAT },
	{ MF_SOURCE_MAP_FILES, 0 },
	{ MF_SOURCE_MAP_FILES, MF_ITER_STAT },
	{ MF_SOURCE_QUERY, 0 },
	{ MF_SOURCE_QUERY, MF_ITER_STAT },
	{ MF_SOURCE_QUERY, MF_ITER_STREAM },
	{ MF_SOURCE_QUERY, MF_ITER_STREAM | MF_ITER_STAT },
	{ MF_SOURCE_QUERY, MF_ITER_ALL },
	{ MF_SOURCE_QUERY, MF_ITER_ALL | MF_ITER_STAT },
	{ MF_SOURCE_MAPS, 0 },
	{ MF_SOURCE_MAPS, MF_ITER_STAT },
	{ MF_SOURCE_MAPS, MF_ITER_STREAM },
	{ MF_SOURCE_MAPS, MF_ITER_STREAM | MF_ITER_STAT },
	{ MF_SOURCE_MAPS, MF_ITER_ALL },
	{ MF_SOURCE_MAPS, MF_ITER_ALL | MF_ITER_STAT },
};

#define N_WALKS ((int)(sizeof(walks) / sizeof(*walks)))

/* What a reader without the right to follow links is spared. */
struct reader {
	const struct target *target;
	const struct walk *walk;
	bool may_follow;
};

static struct target target;
static struct target nobody_target;

static void make_target(void)
{
	spawn_target(&target, 0);
}

static void drop_target(void)
{
	end_target(&target);
}

static void make_nobody_target(void)
{
	if (is_root())
		spawn_target(&nobody_target, TARGET_AS_NOBODY);
}

static void drop_nobody_target(void)
{
	if (nobody_target.pid)
		end_target(&nobody_target);
}

static struct mf_iter_opts options(const struct walk *walk)
{
	struct mf_iter_opts opts;

	memset(&opts, 0, sizeof(opts));
	opts.size = sizeof(opts);
	opts.source = walk->source;
	opts.flags = walk->flags;
	return opts;
}

static struct mf_iter *open_walk(pid_t pid, const struct walk *walk)
{
	struct mf_iter_opts opts = options(walk);
	struct mf_iter *iter = NULL;
	int ret = mf_iter_open(pid, &opts, &iter);

	if (walk->source == MF_SOURCE_QUERY && ret == -EOPNOTSUPP)
		return NULL;
	ck_errno(ret, 0);
	require(iter);
	if (walk->source)
		require(mf_iter_source(iter) == (int)walk->source);
	return iter;
}

static bool ends_in_mark(const char *path, size_t len)
{
	const size_t mark = strlen(MARK);

	return len >= mark && !memcmp(path + len - mark, MARK, mark);
}

static void check_stat(const struct mf_mapping *m, const struct truth_mapping *t)
{
	const dev_t dev = (dev_t)t->st_dev;

	require_msg(m->st_mode == t->st_mode, "%o, not %o", m->st_mode, t->st_mode);
	require(m->st_nlink == t->st_nlink);
	require(m->st_dev_major == major(dev) && m->st_dev_minor == minor(dev));
	require(m->st_ino == t->st_ino);
	require(m->st_size == t->st_size);
}

static void check_path(const struct mf_mapping *m, const struct truth_mapping *t)
{
	require_msg(!m->path == !t->path, "'%s', not '%s'", m->path, t->path);
	if (!m->path) {
		require(!m->path_len && !m->name_len);
		return;
	}
	require_msg(m->path_len == t->path_len && !memcmp(m->path, t->path, t->path_len + 1),
		    "'%s', not '%s'", m->path, t->path);
	require_msg(m->name_len == m->path_len || (m->name_len == m->path_len - strlen(MARK) &&
						   ends_in_mark(m->path, m->path_len)),
		    "%s", m->path);
}

static void check_truth(const struct reader *r, const struct mf_mapping *m,
			const struct truth_mapping *t)
{
	require_msg(m->start == t->start && m->end == t->end, "%s: %llx-%llx, not %llx-%llx",
		    t->text, (unsigned long long)m->start, (unsigned long long)m->end,
		    (unsigned long long)t->start, (unsigned long long)t->end);
	require_msg((m->has & HAS_ALWAYS) == HAS_ALWAYS, "%s: has %#x", t->text, m->has);
	require_msg(m->offset == t->offset, "%s: offset %llx, not %llx", t->text,
		    (unsigned long long)m->offset, (unsigned long long)t->offset);
	require_msg(m->inode == t->inode, "%s", t->text);
	require_msg(m->dev_major == t->dev_major && m->dev_minor == t->dev_minor, "%s", t->text);
	require_msg(m->prot == t->prot, "%s", t->text);
	require_msg(!(m->flags & MF_MAPPING_SHARED) == !t->shared, "%s", t->text);
	require_msg(!(m->flags & (MF_MAPPING_RACED | MF_MAPPING_NAME_AMBIGUOUS)), "%s: flags %#x",
		    t->text, m->flags);
	require_msg(m->fd == -1, "%s", t->text);
	check_path(m, t);

	bool want_stat = r->walk->flags & MF_ITER_STAT && t->file;

	if (r->may_follow || !want_stat)
		require_msg(!(m->has & MF_HAS_STAT) == !want_stat, "%s: has %#x", t->text, m->has);
	require_msg(!(m->has & MF_HAS_OPEN_MODE) == !want_stat, "%s: has %#x", t->text, m->has);
	if (m->has & MF_HAS_STAT && t->has_stat)
		check_stat(m, t);
	if (m->has & MF_HAS_OPEN_MODE)
		require_msg(m->open_mode == ((t->link_mode & 0400 ? MF_PROT_READ : 0U) |
					     (t->link_mode & 0200 ? MF_PROT_WRITE : 0U)),
			    "%s: open mode %u", t->text, m->open_mode);
	if (m->has & MF_HAS_PAGE_SIZE)
		require(m->page_size >= SMALLEST_PAGE);
}

static const struct target_entry *made_at(const struct target *tg, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < tg->n_entries; i++)
		if (!tg->entries[i].skipped[0] && tg->entries[i].start >= start &&
		    tg->entries[i].start < end)
			return &tg->entries[i];
	return NULL;
}

static void check_maker(const struct reader *r, const struct mf_mapping *m,
			const struct target_entry *e)
{
	bool deleted = e->name == TARGET_DELETED;
	bool marked = m->path && ends_in_mark(m->path, m->path_len) && e->name != TARGET_NAMED;

	require_msg(m->kind == e->kind, "%s: %s, not %s", e->label, mf_kind_name(m->kind),
		    mf_kind_name(e->kind));
	if (r->may_follow && e->file)
		require_msg(m->has & MF_HAS_DELETED, "%s", e->label);
	if (m->has & MF_HAS_DELETED)
		require_msg(!(m->flags & MF_MAPPING_DELETED) == !deleted, "%s: flags %#x", e->label,
			    m->flags);
	else
		require_msg(!(m->flags & MF_MAPPING_DELETED), "%s: flags %#x", e->label, m->flags);
	if (m->path && m->has & MF_HAS_DELETED)
		require_msg(m->name_len == m->path_len - (marked ? strlen(MARK) : 0),
			    "%s: %u of %u", e->label, m->name_len, m->path_len);
	if (m->has & MF_HAS_STAT && e->has_stat)
		require_msg(m->st_ino == e->st_ino && m->st_nlink == e->st_nlink, "%s", e->label);
	if (m->has & MF_HAS_OPEN_MODE && e->has_stat)
		require_msg(m->open_mode == e->open_mode, "%s", e->label);
}

/* Walk all of it; every record must be the next one of the truth. */
static void check_walk(const struct reader *r, pid_t pid, struct mf_iter *iter)
{
	const struct mf_mapping *m = NULL;
	struct truth truth;
	int ret;

	truth_read(&truth, pid);
	for (size_t i = 0; i < truth.n; i++) {
		const struct truth_mapping *t = &truth.list[i];
		const struct target_entry *e;

		if (!t->file && !(r->walk->flags & MF_ITER_ALL))
			continue;
		ret = mf_next(iter, &m);
		require_msg(ret == 1, "%s: %d", t->text, ret);
		check_truth(r, m, t);
		e = r->target ? made_at(r->target, t->start, t->end) : NULL;
		if (e)
			check_maker(r, m, e);
	}
	m = (const void *)&truth;
	ck_errno(mf_next(iter, &m), 0);
	ck_errno(mf_next(iter, &m), 0);
	require(m == (const void *)&truth);
	truth_free(&truth);
}

static bool may_follow(void)
{
	return is_root();
}

START_TEST(every_walk_gives_what_raw_proc_and_the_maker_say)
{
	struct reader reader = { &target, &walks[_i], may_follow() };
	struct mf_iter *iter = open_walk(target.pid, reader.walk);

	if (!iter)
		skip("PROCMAP_QUERY came with 6.11");
	check_walk(&reader, target.pid, iter);
	mf_iter_close(iter);
}
END_TEST

static void walk_as_nobody(void *arg)
{
	const struct reader *reader = arg;
	struct mf_iter *iter = open_walk(nobody_target.pid, reader->walk);

	if (!iter)
		return;
	check_walk(reader, nobody_target.pid, iter);
	mf_iter_close(iter);
}

START_TEST(a_reader_without_capabilities_gets_the_same_but_for_stat)
{
	struct reader reader = { &nobody_target, &walks[_i], false };

	if (!is_root())
		skip("needs root, to become nobody");
	in_child_as_nobody(walk_as_nobody, &reader);
}
END_TEST

/* The fields that only some sources know must not depend on anything else. */
struct summary {
	uint64_t start;
	uint32_t kind, flags, has, name_len;
};

static size_t summarize(const struct walk *walk, pid_t pid, struct summary *list, size_t room)
{
	struct mf_iter *iter = open_walk(pid, walk);
	const struct mf_mapping *m;
	size_t n = 0;

	if (!iter)
		return 0;
	while (mf_next(iter, &m) == 1) {
		require(n < room);
		list[n++] = (struct summary){ m->start, m->kind, m->flags,
					      m->has & ~(uint32_t)MF_HAS_PAGE_SIZE, m->name_len };
	}
	mf_iter_close(iter);
	return n;
}

static void compare_sources(void *arg)
{
	const struct reader *reader = arg;
	const struct walk reference = { MF_SOURCE_MAPS, reader->walk->flags };
	static struct summary want[1024], got[1024];
	size_t n_want = summarize(&reference, reader->target->pid, want, 1024);
	size_t n_got = summarize(reader->walk, reader->target->pid, got, 1024);

	if (!n_got)
		return;
	require(n_got == n_want);
	for (size_t i = 0; i < n_got; i++) {
		const struct target_entry *e =
			made_at(reader->target, got[i].start, got[i].start + 1);

		require_msg(!memcmp(&got[i], &want[i], sizeof(*got)),
			    "%llx %s: kind %u flags %#x has %#x, with maps %u %#x %#x",
			    (unsigned long long)got[i].start, e ? e->label : "", got[i].kind,
			    got[i].flags, got[i].has, want[i].kind, want[i].flags, want[i].has);
	}
}

START_TEST(kind_flags_and_has_do_not_depend_on_the_source)
{
	struct reader reader = { &target, &walks[_i], may_follow() };

	compare_sources(&reader);
}
END_TEST

START_TEST(kind_flags_and_has_do_not_depend_on_the_source_for_nobody)
{
	struct reader reader = { &nobody_target, &walks[_i], false };

	if (!is_root())
		skip("needs root, to become nobody");
	in_child_as_nobody(compare_sources, &reader);
}
END_TEST

/* ---- filters ---- */

static void check_filter(struct mf_iter_opts *opts)
{
	struct mf_iter *iter = NULL;
	const struct mf_mapping *m;
	struct truth truth;
	int ret = mf_iter_open(target.pid, opts, &iter);

	if (opts->source == MF_SOURCE_QUERY && ret == -EOPNOTSUPP)
		return;
	ck_errno(ret, 0);
	truth_read(&truth, target.pid);
	for (size_t i = 0; i < truth.n; i++) {
		const struct truth_mapping *t = &truth.list[i];
		bool touches = (!opts->from && !opts->to) ||
			       (t->start < opts->to && t->end > opts->from);

		if ((!t->file && !(opts->flags & MF_ITER_ALL)) || !touches ||
		    (t->prot & opts->prot) != opts->prot)
			continue;
		ck_errno(mf_next(iter, &m), 1);
		ck_assert_uint_eq(m->start, t->start);
		ck_assert_uint_eq(m->end, t->end);
		ck_assert_uint_eq(m->offset, t->offset);
	}
	ck_errno(mf_next(iter, &m), 0);
	truth_free(&truth);
	mf_iter_close(iter);
}

START_TEST(the_protection_filter_wants_all_its_bits)
{
	struct mf_iter_opts opts = options(&walks[_i]);

	for (opts.prot = 0; opts.prot <= 7; opts.prot++)
		check_filter(&opts);
}
END_TEST

START_TEST(the_range_filter_gives_whole_mappings_that_touch_it)
{
	struct mf_iter_opts opts = options(&walks[_i]);
	const struct target_entry *e = target_entry(&target, "private");
	const uint64_t start = e->start, end = e->start + e->len;
	const uint64_t ranges[][2] = {
		{ 0, 0 },
		{ 0, UINT64_MAX },
		{ start, end },
		{ start, start + 1 },
		{ end - 1, end },
		{ end, end + 1 },
		{ start - 1, start },
		{ start - 1, start + 1 },
		{ start + 1, start + 2 },
		{ start, start },
		{ start + 5, start + 5 },
		{ start + 1, end + 0x4000000 },
		{ 0, start },
		{ end, UINT64_MAX },
		{ UINT64_MAX, UINT64_MAX },
		{ 0, 1 },
		{ 1, 1 },
		{ 0xffffffffff600000, 0xffffffffff601000 },
		{ 0xffffffffff600fff, UINT64_MAX },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		opts.from = ranges[i][0];
		opts.to = ranges[i][1];
		/* An empty range touches nothing, also inside of a mapping. */
		if (opts.from == opts.to && opts.to)
			continue;
		check_filter(&opts);
	}
}
END_TEST

START_TEST(an_empty_range_that_is_not_0_0_gives_nothing)
{
	struct mf_iter_opts opts = options(&walks[_i]);
	const struct mf_mapping *m;
	struct mf_iter *iter;

	opts.from = opts.to = target_entry(&target, "private")->start + 5;

	int ret = mf_iter_open(target.pid, &opts, &iter);

	if (ret == -EOPNOTSUPP)
		skip("PROCMAP_QUERY came with 6.11");
	ck_errno(ret, 0);
	ck_errno(mf_next(iter, &m), 0);
	mf_iter_close(iter);
}
END_TEST

/* ---- others than the target ---- */

static void run_sleep(struct child *child)
{
	(void)child;
	exec_sleep();
}

/* In a 32-bit build this is a reader of a 64-bit process. */
START_TEST(a_program_that_shares_no_memory_with_the_reader_is_read_whole)
{
	struct reader reader = { NULL, &walks[_i], may_follow() };
	struct child child;

	child_start(&child, run_sleep, NULL);
	ck_assert(!child_hear(&child));
	wait_state(child.pid, 'S');
	kill(child.pid, SIGSTOP);
	wait_stopped(child.pid);

	struct mf_iter *iter = open_walk(child.pid, reader.walk);

	if (iter)
		check_walk(&reader, child.pid, iter);
	mf_iter_close(iter);
	child_end(&child);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("parity");
	TCase *tcase = guarded_tcase(suite, "target");

	tcase_add_unchecked_fixture(tcase, make_target, drop_target);
	tcase_add_loop_test(tcase, every_walk_gives_what_raw_proc_and_the_maker_say, 0, N_WALKS);
	tcase_add_loop_test(tcase, kind_flags_and_has_do_not_depend_on_the_source, 0, N_WALKS);
	tcase_add_loop_test(tcase, the_protection_filter_wants_all_its_bits, 0, N_WALKS);
	tcase_add_loop_test(tcase, the_range_filter_gives_whole_mappings_that_touch_it, 0, N_WALKS);
	tcase_add_loop_test(tcase, an_empty_range_that_is_not_0_0_gives_nothing, 0, N_WALKS);
	tcase_add_loop_test(tcase, a_program_that_shares_no_memory_with_the_reader_is_read_whole, 0,
			    N_WALKS);
	tcase = guarded_tcase(suite, "nobody");
	tcase_add_unchecked_fixture(tcase, make_nobody_target, drop_nobody_target);
	tcase_add_loop_test(tcase, a_reader_without_capabilities_gets_the_same_but_for_stat, 0,
			    N_WALKS);
	tcase_add_loop_test(tcase, kind_flags_and_has_do_not_depend_on_the_source_for_nobody, 0,
			    N_WALKS);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
