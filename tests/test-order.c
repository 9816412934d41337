/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What no kernel should print, and what callers should not ask: text that goes
 * backwards, overlaps or breaks off, saved trees that are none, and arguments
 * out of range. Each has one documented answer, and no other effect.
 */
#define _FILE_OFFSET_BITS 64
#include <mapfiles.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define PID  4711
#define MARK 123456 /* an errno that no system call gives */

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static const char *tree_path(const char *name)
{
	static char path[400];

	snprintf(path, sizeof(path), "%s/tree%s", temp_dir(), name);
	return path;
}

static const char *process_path(void)
{
	char name[32];

	snprintf(name, sizeof(name), "/%d", PID);
	return tree_path(name);
}

static void make_tree(void)
{
	require(!mkdir(tree_path(""), 0755) || errno == EEXIST);
	require(!mkdir(process_path(), 0755) || errno == EEXIST);
}

static const char *maps_path(void)
{
	char name[32];

	snprintf(name, sizeof(name), "/%d/maps", PID);
	return tree_path(name);
}

/* A tree in which the process has this text. */
static void save_bytes(const char *text, size_t len)
{
	FILE *file;

	make_tree();
	file = fopen(maps_path(), "we");
	require(file);
	require(fwrite(text, 1, len, file) == len);
	require(!fclose(file));
}

static void save(const char *text)
{
	save_bytes(text, strlen(text));
}

static struct mf_iter_opts tree_opts(uint32_t flags)
{
	static char root[400];
	const struct mf_iter_opts opts = { .size = sizeof(opts),
					   .flags = flags,
					   .proc_root = root };

	snprintf(root, sizeof(root), "%s", tree_path(""));
	return opts;
}

static struct mf_iter *open_tree(uint32_t flags)
{
	const struct mf_iter_opts opts = tree_opts(flags);
	struct mf_iter *iter = NULL;

	ck_errno(mf_iter_open(PID, &opts, &iter), 0);
	ck_assert_int_eq(mf_iter_source(iter), MF_SOURCE_MAPS);
	return iter;
}

/* One mf_next() that must not touch errno. */
static int next(struct mf_iter *iter, const struct mf_mapping **ret_mapping)
{
	int r;

	errno = MARK;
	r = mf_next(iter, ret_mapping);
	ck_assert_int_eq(errno, MARK);
	return r;
}

static void expect_end(struct mf_iter *iter, int want)
{
	static const struct mf_mapping untouched;
	const struct mf_mapping *m = &untouched;

	/* The answer stays what it was. */
	for (int i = 0; i < 3; i++) {
		ck_errno(next(iter, &m), want);
		ck_assert_ptr_eq(m, &untouched);
	}
}

static void expect_report(struct mf_iter *iter, uint64_t n, uint64_t clamped, uint32_t flags)
{
	const struct mf_iter_report *report = NULL;

	ck_errno(mf_iter_report(iter, &report), 0);
	ck_assert_uint_eq(report->n_mappings, n);
	ck_assert_uint_eq(report->n_clamped, clamped);
	ck_assert_uint_eq(report->n_partial + report->n_vanished + report->n_retries, 0);
	ck_assert_uint_eq(report->source, MF_SOURCE_MAPS);
	ck_assert_uint_eq(report->flags, flags);
}

struct line {
	uint64_t start, end, offset;
	bool raced;
};

struct order {
	const char *text;
	size_t n;
	uint64_t clamped;
	struct line lines[6];
};

#define FILE_LINE(range, offset) range " r--s " offset " 08:01 42 /file\n"
#define ANON_LINE(range)	 range " rw-p 00000000 00:00 0 \n"

static const struct order orders[] = {
	/* In order: nothing is touched. */
	{ FILE_LINE("1000-2000", "5000") FILE_LINE("2000-3000", "9000") ANON_LINE("5000-6000"),
	  3,
	  0,
	  { { 0x1000, 0x2000, 0x5000, false },
	    { 0x2000, 0x3000, 0x9000, false },
	    { 0x5000, 0x6000, 0, false } } },
	/* Merged with what was printed before: only the rest is new. */
	{ FILE_LINE("1000-2000", "5000") FILE_LINE("1000-4000", "5000"),
	  2,
	  1,
	  { { 0x1000, 0x2000, 0x5000, false }, { 0x2000, 0x4000, 0x6000, true } } },
	/* It begins before all that was printed. */
	{ FILE_LINE("3000-4000", "3000") FILE_LINE("1000-6000", "1000"),
	  2,
	  1,
	  { { 0x3000, 0x4000, 0x3000, false }, { 0x4000, 0x6000, 0x4000, true } } },
	/* Anonymous memory has no offset to move. */
	{ ANON_LINE("1000-2000") ANON_LINE("1000-3000"),
	  2,
	  1,
	  { { 0x1000, 0x2000, 0, false }, { 0x2000, 0x3000, 0, true } } },
	/* Nothing new: the same again, a part of it, or something before it. */
	{ FILE_LINE("1000-3000", "0") FILE_LINE("1000-3000", "0") FILE_LINE("3000-4000", "2000"),
	  2,
	  1,
	  { { 0x1000, 0x3000, 0, false }, { 0x3000, 0x4000, 0x2000, false } } },
	{ FILE_LINE("1000-5000", "0") FILE_LINE("2000-3000", "1000") FILE_LINE("4000-5000", "3000"),
	  1,
	  2,
	  { { 0x1000, 0x5000, 0, false } } },
	{ FILE_LINE("7000-8000", "0") FILE_LINE("1000-2000", "0") FILE_LINE("9000-a000", "0"),
	  2,
	  1,
	  { { 0x7000, 0x8000, 0, false }, { 0x9000, 0xa000, 0, false } } },
	/* Again and again. */
	{ FILE_LINE("1000-2000", "0") FILE_LINE("1000-3000", "0") FILE_LINE("1000-4000", "0")
		  FILE_LINE("1000-5000", "0"),
	  4,
	  3,
	  { { 0x1000, 0x2000, 0, false },
	    { 0x2000, 0x3000, 0x1000, true },
	    { 0x3000, 0x4000, 0x2000, true },
	    { 0x4000, 0x5000, 0x3000, true } } },
	/* An empty range is none, wherever it stands; it goes back to nowhere. */
	{ FILE_LINE("1000-1000", "0") FILE_LINE("2000-3000", "0") FILE_LINE("2000-2000", "0")
		  FILE_LINE("3000-3000", "0"),
	  1,
	  0,
	  { { 0x2000, 0x3000, 0, false } } },
	{ ANON_LINE("0-0") ANON_LINE("0-1000"), 1, 0, { { 0, 0x1000, 0, false } } },
	/* The very last address. */
	{ ANON_LINE("fffffffffffff000-ffffffffffffffff") ANON_LINE("1000-ffffffffffffffff"),
	  1,
	  1,
	  { { 0xfffffffffffff000, 0xffffffffffffffff, 0, false } } },
	/* An offset that would pass the end of all numbers goes round, as in the kernel. */
	{ FILE_LINE("1000-2000", "ffffffffffffff00") FILE_LINE("1000-3000", "fffffffffffff000"),
	  2,
	  1,
	  { { 0x1000, 0x2000, 0xffffffffffffff00, false }, { 0x2000, 0x3000, 0, true } } },
};

START_TEST(text_that_overlaps_or_goes_back_is_cut_to_what_is_new)
{
	const struct order *order = &orders[_i];
	const struct mf_mapping *m;
	struct mf_iter *iter;

	save(order->text);
	iter = open_tree(MF_ITER_ALL);
	for (size_t i = 0; i < order->n; i++) {
		const struct line *line = &order->lines[i];

		ck_assert_int_eq(next(iter, &m), 1);
		ck_assert_uint_eq(m->start, line->start);
		ck_assert_uint_eq(m->end, line->end);
		ck_assert_uint_eq(m->offset, line->offset);
		ck_assert_int_eq((m->flags & MF_MAPPING_RACED) != 0, line->raced);
	}
	expect_end(iter, 0);
	expect_report(iter, order->n, order->clamped,
		      MF_REPORT_COMPLETE | (order->clamped ? MF_REPORT_RACED : 0));
	mf_iter_close(iter);
}
END_TEST

/* What the default leaves out must not clamp what it lists. */
START_TEST(anonymous_memory_that_is_left_out_does_not_count_as_listed)
{
	const struct mf_mapping *m;
	struct mf_iter *iter;

	save(ANON_LINE("1000-9000") FILE_LINE("2000-3000", "0") FILE_LINE("2000-4000", "0"));
	iter = open_tree(0);
	ck_assert_int_eq(next(iter, &m), 1);
	ck_assert_uint_eq(m->start, 0x2000);
	ck_assert(!(m->flags & MF_MAPPING_RACED));
	ck_assert_int_eq(next(iter, &m), 1);
	ck_assert_uint_eq(m->start, 0x3000);
	ck_assert_uint_eq(m->offset, 0x1000);
	ck_assert(m->flags & MF_MAPPING_RACED);
	expect_end(iter, 0);
	expect_report(iter, 2, 1, MF_REPORT_COMPLETE | MF_REPORT_RACED);
	mf_iter_close(iter);
}
END_TEST

/* A filter does not hide that what it passes was listed twice. */
START_TEST(filters_do_not_disturb_the_order)
{
	struct mf_iter_opts opts = tree_opts(MF_ITER_ALL);
	const struct mf_mapping *m;
	struct mf_iter *iter;

	save(FILE_LINE("1000-3000",
		       "0") "2000-4000 r-xs 1000 08:01 42 /file\n" FILE_LINE("4000-5000", "3000"));
	opts.prot = MF_PROT_EXEC;
	opts.from = 0x3800;
	opts.to = 0x4000;
	ck_errno(mf_iter_open(PID, &opts, &iter), 0);
	ck_assert_int_eq(next(iter, &m), 1);
	ck_assert_uint_eq(m->start, 0x3000);
	ck_assert_uint_eq(m->end, 0x4000);
	ck_assert_uint_eq(m->offset, 0x2000);
	expect_end(iter, 0);
	expect_report(iter, 1, 1, MF_REPORT_COMPLETE | MF_REPORT_RACED);
	mf_iter_close(iter);
}
END_TEST

#define GOOD FILE_LINE("1000-2000", "0")

struct bad_text {
	const char *text;
	size_t len; /* 0: as strlen() says */
	int n_before; /* mappings before the error */
};

/* With NULs in it. */
#define BYTES(string) string, sizeof(string) - 1

static const struct bad_text bad_texts[] = {
	/* Broken off in mid-line, everywhere. */
	{ GOOD "2000-3000 r--s 00000000 08:01 42 /file", 0, 1 },
	{ GOOD "2000-3000 r--s 00000000 08:01 42", 0, 1 },
	{ GOOD "2000-3000 r--s 000", 0, 1 },
	{ GOOD "2000-30", 0, 1 },
	{ GOOD "2", 0, 1 },
	{ "1000-2000 r--s 00000000 08:01 42 /fi", 0, 0 },
	{ "1", 0, 0 },
	/* A NUL in every field, and a line of nothing else. */
	{ BYTES(GOOD "20\0-3000 r--s 0 08:01 42 /file\n"), 1 },
	{ BYTES(GOOD "2000-3000 r\0-s 0 08:01 42 /file\n"), 1 },
	{ BYTES(GOOD "2000-3000 r--s 0 08:01 4\0 /file\n"), 1 },
	{ BYTES(GOOD "2000-3000 r--s 0 08:01 42 /fi\0e\n"), 1 },
	{ BYTES(GOOD "2000-3000 r--s 0 08:01 42 /file\0\n"), 1 },
	{ BYTES(GOOD "\0\0\0\0\n"), 1 },
	/* Empty lines, and lines of blanks. */
	{ "\n", 0, 0 },
	{ GOOD "\n" GOOD, 0, 1 },
	{ "   \n", 0, 0 },
	/* 17 digits, and what does not fit in 64 or 32 bits. */
	{ "10000000000000000-20000000000000000 r--s 0 08:01 42 /f\n", 0, 0 },
	{ "1000-10000000000000000 r--s 0 08:01 42 /f\n", 0, 0 },
	{ "1000-2000 r--s 10000000000000000 08:01 42 /f\n", 0, 0 },
	{ "1000-2000 r--s 0 100000000:01 42 /f\n", 0, 0 },
	{ "1000-2000 r--s 0 08:100000000 42 /f\n", 0, 0 },
	{ "1000-2000 r--s 0 08:01 18446744073709551616 /f\n", 0, 0 },
	{ "1000-2000 r--s 0 08:01 99999999999999999999999 /f\n", 0, 0 },
	/* Fields that are missing, doubled or of the wrong kind. */
	{ "2000-1000 r--s 0 08:01 42 /f\n", 0, 0 },
	{ "-2000 r--s 0 08:01 42 /f\n", 0, 0 },
	{ "1000- r--s 0 08:01 42 /f\n", 0, 0 },
	{ "1000 2000 r--s 0 08:01 42 /f\n", 0, 0 },
	{ "0x1000-0x2000 r--s 0 08:01 42 /f\n", 0, 0 },
	{ "ABC0-ABCD r--s 0 08:01 42 /f\n", 0, 0 },
	{ " 1000-2000 r--s 0 08:01 42 /f\n", 0, 0 },
	{ "1000-2000  r--s 0 08:01 42 /f\n", 0, 0 },
	{ "1000-2000 r--z 0 08:01 42 /f\n", 0, 0 },
	{ "1000-2000 w--s 0 08:01 42 /f\n", 0, 0 },
	{ "1000-2000 r-- 0 08:01 42 /f\n", 0, 0 },
	{ "1000-2000 r--s  08:01 42 /f\n", 0, 0 },
	{ "1000-2000 r--s 0 0801 42 /f\n", 0, 0 },
	{ "1000-2000 r--s 0 08:01  /f\n", 0, 0 },
	{ "1000-2000 r--s 0 08:01 42/f\n", 0, 0 },
	{ "1000-2000 r--s 0 08:01 -1 /f\n", 0, 0 },
	{ "1000-2000 r--s 0 08:01 4a /f\n", 0, 0 },
	{ "this is no text of maps\n", 0, 0 },
	{ "\x7f"
	  "ELF\x02\x01\x01\n\n\n",
	  0, 0 },
};

START_TEST(text_that_is_none_is_refused_for_good)
{
	const struct bad_text *bad = &bad_texts[_i];
	const struct mf_mapping *m;
	struct mf_iter *iter;

	save_bytes(bad->text, bad->len ? bad->len : strlen(bad->text));
	iter = open_tree(MF_ITER_ALL);
	for (int i = 0; i < bad->n_before; i++)
		ck_assert_int_eq(next(iter, &m), 1);
	expect_end(iter, -EPROTO);
	expect_report(iter, (uint64_t)bad->n_before, 0, 0);
	mf_iter_close(iter);
}
END_TEST

START_TEST(a_search_in_text_that_is_none_is_refused_too)
{
	static const struct mf_mapping untouched;
	const struct mf_mapping *m = &untouched;
	const struct bad_text *bad = &bad_texts[_i];
	struct mf_iter *iter;

	save_bytes(bad->text, bad->len ? bad->len : strlen(bad->text));
	iter = open_tree(MF_ITER_ALL);
	errno = MARK;
	ck_errno(mf_find(iter, 0xffff000000000000, &m), -EPROTO);
	ck_assert_int_eq(errno, MARK);
	ck_assert_ptr_eq(m, &untouched);
	if (bad->n_before) {
		ck_assert_int_eq(mf_find(iter, 0x1fff, &m), 1);
		ck_assert_uint_eq(m->start, 0x1000);
	}
	mf_iter_close(iter);
}
END_TEST

struct good_text {
	const char *text;
	struct mf_mapping want;
	const char *path;
};

static const struct good_text good_texts[] = {
	{ "1000-2000 r--s 0 08:01 18446744073709551615 /f\n",
	  { .start = 0x1000,
	    .end = 0x2000,
	    .inode = UINT64_MAX,
	    .dev_major = 8,
	    .dev_minor = 1,
	    .prot = MF_PROT_READ,
	    .flags = MF_MAPPING_SHARED,
	    .kind = MF_KIND_FILE },
	  "/f" },
	{ "1000-2000 rwxp ffffffffffffffff ffffffff:ffffffff 0 /f\n",
	  { .start = 0x1000,
	    .end = 0x2000,
	    .offset = UINT64_MAX,
	    .dev_major = UINT32_MAX,
	    .dev_minor = UINT32_MAX,
	    .prot = 7,
	    .kind = MF_KIND_FILE },
	  "/f" },
	{ "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n",
	  { .start = 0xffffffffff600000,
	    .end = 0xffffffffff601000,
	    .prot = MF_PROT_EXEC,
	    .kind = MF_KIND_VSYSCALL },
	  "[vsyscall]" },
	{ "0000000000001000-0000000000002000 ---p 0 00:00 0\n",
	  { .start = 0x1000, .end = 0x2000, .kind = MF_KIND_ANON },
	  NULL },
	/* 17 digits of which the first is no more than padding. */
	{ "00000000000001000-00000000000002000 ---p 0 00:00 0 \n",
	  { .start = 0x1000, .end = 0x2000, .kind = MF_KIND_ANON },
	  NULL },
	{ "1000-2000 ---p 0 00:00 0          \n",
	  { .start = 0x1000, .end = 0x2000, .kind = MF_KIND_ANON },
	  NULL },
	{ "1000-2000 r--p 0 08:01 42 /a b \t\r\x01\xff \n",
	  { .start = 0x1000,
	    .end = 0x2000,
	    .inode = 42,
	    .dev_major = 8,
	    .dev_minor = 1,
	    .prot = MF_PROT_READ,
	    .kind = MF_KIND_FILE },
	  "/a b \t\r\x01\xff " },
	{ "1000-2000 r--p 0 08:01 42 /nl\\012x\n",
	  { .start = 0x1000,
	    .end = 0x2000,
	    .inode = 42,
	    .dev_major = 8,
	    .dev_minor = 1,
	    .prot = MF_PROT_READ,
	    .flags = MF_MAPPING_NAME_AMBIGUOUS,
	    .kind = MF_KIND_FILE },
	  "/nl\\012x" },
};

START_TEST(numbers_and_names_at_their_limits_are_read_right)
{
	const struct good_text *good = &good_texts[_i];
	const struct mf_mapping *want = &good->want, *m;
	struct mf_iter *iter;

	save(good->text);
	iter = open_tree(MF_ITER_ALL);
	ck_assert_int_eq(next(iter, &m), 1);
	ck_assert_uint_eq(m->start, want->start);
	ck_assert_uint_eq(m->end, want->end);
	ck_assert_uint_eq(m->offset, want->offset);
	ck_assert_uint_eq(m->inode, want->inode);
	ck_assert_uint_eq(m->dev_major, want->dev_major);
	ck_assert_uint_eq(m->dev_minor, want->dev_minor);
	ck_assert_uint_eq(m->prot, want->prot);
	ck_assert_uint_eq(m->flags, want->flags);
	ck_assert_uint_eq(m->kind, want->kind);
	ck_assert_pstr_eq(m->path, good->path);
	ck_assert_uint_eq(m->path_len, good->path ? strlen(good->path) : 0);
	expect_end(iter, 0);
	mf_iter_close(iter);
}
END_TEST

/* Lines that fit in no first buffer, each after and before a short one. */
START_TEST(a_line_may_have_any_length)
{
	static const size_t lengths[] = { 4095, 4096, 8191, 8192, 8193, 16384, 100000, 3000000 };
	const size_t len = lengths[_i];
	const struct mf_mapping *m;
	char *name = malloc(len + 1);
	struct mf_iter *iter;
	FILE *file;

	ck_assert(name);
	for (size_t i = 0; i < len; i++)
		name[i] = (char)('a' + i % 26);
	name[0] = '/';
	name[len] = '\0';
	make_tree();
	file = fopen(maps_path(), "we");
	ck_assert(file);
	fprintf(file, GOOD "2000-3000 r--s 0 08:01 43 %s\n" FILE_LINE("3000-4000", "0"), name);
	ck_assert(!fclose(file));

	iter = open_tree(0);
	ck_assert_int_eq(next(iter, &m), 1);
	ck_assert_int_eq(next(iter, &m), 1);
	ck_assert_uint_eq(m->path_len, len);
	ck_assert(!memcmp(m->path, name, len + 1));
	ck_assert_int_eq(mf_find(iter, 0x2fff, &m), 1);
	ck_assert_uint_eq(m->path_len, len);
	ck_assert(!memcmp(m->path, name, len + 1));
	ck_assert_int_eq(next(iter, &m), 1);
	ck_assert_uint_eq(m->start, 0x3000);
	ck_assert_str_eq(m->path, "/file");
	expect_end(iter, 0);
	mf_iter_close(iter);
	free(name);
}
END_TEST

START_TEST(an_empty_file_is_a_process_with_nothing_mapped)
{
	static const struct mf_mapping untouched;
	const struct mf_mapping *m = &untouched;
	struct mf_iter *iter;

	save("");
	iter = open_tree(_i ? MF_ITER_ALL : 0);
	expect_report(iter, 0, 0, 0);
	expect_end(iter, 0);
	expect_report(iter, 0, 0, MF_REPORT_COMPLETE);
	ck_errno(mf_find(iter, 0, &m), 0);
	ck_assert_ptr_eq(m, &untouched);
	mf_iter_close(iter);
}
END_TEST

/* A call of mf_iter_open() that must fail, and leave everything as it was. */
static void expect_refusal(int pid, const struct mf_iter_opts *opts, int want)
{
	static _Alignas(64) char memory[MF_ITER_MEMORY + 4096];
	struct mf_iter *const untouched = (struct mf_iter *)(uintptr_t)&want;
	struct mf_iter *iter = untouched;
	const size_t n_fds = count_fds();

	errno = MARK;
	ck_errno(mf_iter_open(pid, opts, &iter), want);
	ck_assert_int_eq(errno, MARK);
	ck_assert_ptr_eq(iter, untouched);
	ck_assert_uint_eq(count_fds(), n_fds);

	errno = MARK;
	ck_errno(mf_iter_open_in(memory, sizeof(memory), pid, opts, &iter), want);
	ck_assert_int_eq(errno, MARK);
	ck_assert_ptr_eq(iter, untouched);
	ck_assert_uint_eq(count_fds(), n_fds);
}

static void expect_success(int pid, const struct mf_iter_opts *opts)
{
	struct mf_iter *iter = NULL;

	errno = MARK;
	ck_errno(mf_iter_open(pid, opts, &iter), 0);
	mf_iter_close(iter);
	ck_assert_int_eq(errno, MARK);
}

static void expect_root_refusal(const char *root, int want)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts), .proc_root = root };

	expect_refusal(PID, &opts, want);
}

static void make_directory(void)
{
	require(!mkdir(maps_path(), 0755));
}

static void make_fifo(void)
{
	require(!mkfifo(maps_path(), 0644));
}

static void make_device(void)
{
	require(!mknod(maps_path(), S_IFCHR | 0644, makedev(1, 5)));
}

static void make_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	require(fd >= 0);
	/* A socket's address has no room for the whole path. */
	strcpy(address.sun_path, "maps");
	require(!chdir(process_path()));
	require(!bind(fd, (struct sockaddr *)&address, sizeof(address)));
	require(!chdir("/"));
	close(fd);
}

static void link_to(const char *target)
{
	require(!symlink(target, maps_path()));
}

static void make_link_to_device(void)
{
	link_to("/dev/zero");
}

static void make_link_to_fifo(void)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/fifo", temp_dir());
	require(!mkfifo(path, 0644) || errno == EEXIST);
	link_to(path);
}

static void make_dangling_link(void)
{
	link_to("nowhere");
}

static void make_loop(void)
{
	link_to("maps");
}

static void make_nothing(void)
{
}

static void make_process_a_file(void)
{
	require(!rmdir(process_path()));
	close(open(process_path(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

static void make_no_process(void)
{
	require(!rmdir(process_path()));
}

struct bad_tree {
	const char *name;
	void (*make)(void);
	int want;
};

static const struct bad_tree bad_trees[] = {
	{ "maps is a directory", make_directory, -EPROTO },
	{ "maps is a FIFO", make_fifo, -EPROTO },
	{ "maps is a device", make_device, -EPROTO },
	{ "maps is a socket", make_socket, -EPROTO },
	{ "maps leads to a device", make_link_to_device, -EPROTO },
	{ "maps leads to a FIFO", make_link_to_fifo, -EPROTO },
	{ "maps leads nowhere", make_dangling_link, -ESRCH },
	{ "maps leads to itself", make_loop, -ELOOP },
	{ "there is no maps", make_nothing, -ESRCH },
	{ "the process is a file", make_process_a_file, -ENOTDIR },
	{ "there is no process", make_no_process, -ESRCH },
};

START_TEST(a_saved_tree_that_holds_something_else_is_refused)
{
	const struct bad_tree *bad = &bad_trees[_i];

	make_tree();
	unlink(maps_path());
	bad->make();
	expect_root_refusal(tree_path(""), bad->want);
	/* For the next one. */
	if (rmdir(maps_path()) && errno != ENOTDIR)
		unlink(maps_path());
	unlink(maps_path());
	unlink(process_path());
}
END_TEST

START_TEST(a_link_to_a_saved_file_is_followed)
{
	const struct mf_mapping *m;
	struct mf_iter *iter;
	char path[400];
	FILE *file;

	snprintf(path, sizeof(path), "%s/elsewhere", temp_dir());
	file = fopen(path, "we");
	ck_assert(file && fputs(GOOD, file) >= 0 && !fclose(file));
	make_tree();
	unlink(maps_path());
	link_to(path);
	iter = open_tree(0);
	ck_assert_int_eq(next(iter, &m), 1);
	expect_end(iter, 0);
	mf_iter_close(iter);
	unlink(maps_path());
}
END_TEST

START_TEST(a_proc_root_that_is_no_directory_is_refused)
{
	static char too_long[PATH_MAX + 100];
	char path[400], other[400];

	memset(too_long, 'x', sizeof(too_long) - 1);
	snprintf(path, sizeof(path), "%s/root", temp_dir());
	snprintf(other, sizeof(other), "%s/other", temp_dir());

	expect_root_refusal(path, -ENOENT);
	expect_root_refusal("", -ENOENT);
	expect_root_refusal(too_long, -ENAMETOOLONG);
	expect_root_refusal("/dev/null", -ENOTDIR);
	expect_root_refusal("/proc/self/maps", -ENOTDIR);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	expect_root_refusal(path, -ENOTDIR);
	unlink(path);
	require(!mkfifo(path, 0644));
	expect_root_refusal(path, -ENOTDIR);
	unlink(path);
	require(!symlink(other, path));
	expect_root_refusal(path, -ENOENT);
	require(!symlink(path, other));
	expect_root_refusal(path, -ELOOP);
	unlink(path);
	unlink(other);
	/* A directory, but without that process. */
	expect_root_refusal(temp_dir(), -ESRCH);
}
END_TEST

START_TEST(a_saved_tree_serves_text_only)
{
	struct mf_iter_opts opts = tree_opts(0);
	const struct mf_open_info *info;
	const struct mf_mapping *m;
	struct mf_iter *iter;

	save(GOOD);
	opts.source = MF_SOURCE_MAP_FILES;
	expect_refusal(PID, &opts, -EOPNOTSUPP);
	opts.source = MF_SOURCE_QUERY;
	expect_refusal(PID, &opts, -EOPNOTSUPP);
	opts.source = MF_SOURCE_MAPS;
	expect_success(PID, &opts);
	/* Of "self", a saved tree knows nothing. */
	expect_refusal(0, &opts, -ESRCH);

	iter = open_tree(MF_ITER_STAT | MF_ITER_OPEN_FDS);
	ck_assert_int_eq(next(iter, &m), 1);
	ck_assert_int_eq(m->fd, -1);
	ck_assert(!(m->has & (MF_HAS_STAT | MF_HAS_OPEN_MODE | MF_HAS_PAGE_SIZE)));
	errno = MARK;
	ck_errno(mf_open_fd(iter, m, 0), -ENOENT);
	ck_errno(mf_open_fd(iter, m, MF_OPEN_COPY), -ENOENT);
	ck_errno(mf_open_info(iter, &info), -ENOENT);
	ck_assert_int_eq(errno, MARK);
	mf_iter_close(iter);
}
END_TEST

START_TEST(options_that_are_not_known_are_refused)
{
	const uint32_t known_flags = MF_ITER_ALL | MF_ITER_STREAM | MF_ITER_STAT |
				     MF_ITER_OPEN_FDS | MF_ITER_SHARED | MF_ITER_RUN_NAMES;
	const struct mf_iter_opts fine = { .size = sizeof(fine) };
	struct mf_iter_opts opts;

	expect_success(0, NULL);
	expect_success(0, &fine);
	for (unsigned int bit = 0; bit < 32; bit++) {
		opts = fine;
		opts.flags = 1u << bit;
		if (!(opts.flags & known_flags))
			expect_refusal(0, &opts, -EINVAL);
		opts = fine;
		opts.prot = 1u << bit;
		if (bit > 2)
			expect_refusal(0, &opts, -EINVAL);
		opts = fine;
		opts.source = 1u << bit;
		if (bit > 1)
			expect_refusal(0, &opts, -EINVAL);
	}
	opts = fine;
	opts.source = UINT32_MAX;
	expect_refusal(0, &opts, -EINVAL);
	opts.source = MF_SOURCE_MAP_FILES;
	opts.flags = MF_ITER_ALL;
	expect_refusal(0, &opts, -EINVAL);
	opts.flags = MF_ITER_STREAM;
	expect_refusal(0, &opts, -EINVAL);
	opts.source = 0;
	opts.flags = MF_ITER_ALL | MF_ITER_STREAM;
	expect_refusal(0, &opts, -EINVAL);
	opts = fine;
	opts.from = 2;
	opts.to = 1;
	expect_refusal(0, &opts, -EINVAL);
	opts.from = 1;
	opts.to = 0;
	expect_refusal(0, &opts, -EINVAL);
	opts.from = UINT64_MAX;
	opts.to = UINT64_MAX;
	expect_success(0, &opts);
}
END_TEST

/* Of an age when the struct was smaller, or will be larger. */
START_TEST(option_structs_of_other_sizes_are_taken_as_far_as_they_are_understood)
{
	static union {
		struct mf_iter_opts opts;
		unsigned char bytes[8192];
	} large;
	const uint32_t size = sizeof(struct mf_iter_opts);

	memset(&large, 0, sizeof(large));
	for (uint32_t n = 0; n < size; n++) {
		large.opts.size = n;
		expect_refusal(0, &large.opts, -EINVAL);
	}
	for (uint32_t n = size; n <= 4096; n += n < size + 16 ? 1 : 509) {
		large.opts.size = n;
		expect_success(0, &large.opts);
	}
	large.opts.size = 4096;
	expect_success(0, &large.opts);
	for (uint32_t n = 4097; n && n <= 1u << 30; n *= 2) {
		large.opts.size = n;
		expect_refusal(0, &large.opts, -E2BIG);
	}
	large.opts.size = UINT32_MAX;
	expect_refusal(0, &large.opts, -E2BIG);
	/* Each byte behind what is known, alone. */
	for (uint32_t n = size; n < 4096; n += n < size + 16 ? 1 : 509) {
		large.bytes[n] = 0x80;
		large.opts.size = n;
		expect_success(0, &large.opts);
		large.opts.size = n + 1;
		expect_refusal(0, &large.opts, -E2BIG);
		large.opts.size = 4096;
		expect_refusal(0, &large.opts, -E2BIG);
		large.bytes[n] = 0;
	}
}
END_TEST

static pid_t reaped_pid(void)
{
	const pid_t pid = fork();

	require(pid >= 0);
	if (!pid)
		_exit(0);
	require(waitpid(pid, NULL, 0) == pid);
	return pid;
}

static void become_nothing(struct child *child)
{
	child_tell(child);
	for (;;)
		pause();
}

START_TEST(processes_that_are_not_there_are_told_apart_from_bad_numbers)
{
	struct child child;

	expect_refusal(-1, NULL, -EINVAL);
	expect_refusal(INT_MIN, NULL, -EINVAL);
	expect_refusal(INT_MAX, NULL, -ESRCH);
	expect_refusal(reaped_pid(), NULL, -ESRCH);

	child_start(&child, become_nothing, NULL);
	ck_assert(child_hear(&child));
	expect_success(child.pid, NULL);
	child_make_zombie(&child);
	expect_refusal(child.pid, NULL, -ESRCH);
	child_end(&child);
}
END_TEST

static void look_at_root(void *arg)
{
	static const uint32_t sources[] = { MF_SOURCE_AUTO, MF_SOURCE_QUERY, MF_SOURCE_MAPS,
					    MF_SOURCE_MAP_FILES };

	for (size_t i = 0; i < 4; i++) {
		const struct mf_iter_opts opts = { .size = sizeof(opts), .source = sources[i] };
		struct mf_iter *iter = NULL;

		errno = MARK;
		ck_errno(mf_iter_open(*(const pid_t *)arg, &opts, &iter), -EACCES);
		require(errno == MARK && !iter);
	}
}

START_TEST(the_process_of_another_user_is_refused)
{
	struct child child;

	if (!is_root())
		skip("needs root");
	child_start(&child, become_nothing, NULL);
	ck_assert(child_hear(&child));
	in_child_as_nobody(look_at_root, &child.pid);
	child_end(&child);
}
END_TEST

static void expect_pidfd_refusal(int pidfd, const struct mf_iter_opts *opts, int want)
{
	struct mf_iter *const untouched = (struct mf_iter *)(uintptr_t)&want;
	struct mf_iter *iter = untouched;
	const size_t n_fds = count_fds();

	errno = MARK;
	ck_errno(mf_iter_open_pidfd(pidfd, opts, &iter), want);
	ck_assert_int_eq(errno, MARK);
	ck_assert_ptr_eq(iter, untouched);
	ck_assert_uint_eq(count_fds(), n_fds);
}

START_TEST(a_pidfd_that_is_none_or_whose_process_is_gone_is_refused)
{
	const struct mf_iter_opts tree = tree_opts(0);
	struct mf_iter_opts unknown = { .size = sizeof(unknown), .flags = 0x80000000u };
	int fd, pidfd;
	struct child child;
	struct mf_iter *iter = NULL;

	if (under_valgrind())
		skip("valgrind does not know pidfd_open()");
	save(GOOD);
	child_start(&child, become_nothing, NULL);
	ck_assert(child_hear(&child));
	pidfd = (int)syscall(SYS_pidfd_open, child.pid, 0);
	ck_assert_int_ge(pidfd, 0);

	expect_pidfd_refusal(-1, NULL, -EBADF);
	expect_pidfd_refusal(INT_MIN, NULL, -EBADF);
	expect_pidfd_refusal(INT_MAX, NULL, -EBADF);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	expect_pidfd_refusal(fd, NULL, -EBADF);
	close(fd);
	fd = open("/proc/self", O_PATH | O_CLOEXEC);
	expect_pidfd_refusal(fd, NULL, -EBADF);
	close(fd);
	expect_pidfd_refusal(pidfd, &unknown, -EINVAL);
	expect_pidfd_refusal(pidfd, &tree, -EOPNOTSUPP);
	errno = MARK;
	ck_errno(mf_iter_open_pidfd(pidfd, NULL, NULL), -EINVAL);
	ck_errno(mf_iter_open_pidfd(pidfd, NULL, &iter), 0);
	mf_iter_close(iter);
	ck_assert_int_eq(errno, MARK);

	child_make_zombie(&child);
	expect_pidfd_refusal(pidfd, NULL, -ESRCH);
	child_end(&child);
	expect_pidfd_refusal(pidfd, NULL, -ESRCH);
	close(pidfd);
}
END_TEST

START_TEST(null_arguments_are_refused)
{
	const struct mf_iter_report *report;
	const struct mf_open_info *info;
	static char memory[MF_ITER_MEMORY];
	const struct mf_mapping *m;
	struct mf_iter *iter = NULL;

	errno = MARK;
	ck_errno(mf_iter_open(0, NULL, NULL), -EINVAL);
	ck_errno(mf_iter_open_in(NULL, MF_ITER_MEMORY, 0, NULL, &iter), -EINVAL);
	ck_errno(mf_iter_open_in(memory, sizeof(memory), 0, NULL, NULL), -EINVAL);
	ck_errno(mf_iter_open_in(memory, 0, 0, NULL, &iter), -ENOMEM);
	ck_errno(mf_iter_open_in(memory, 4096, 0, NULL, &iter), -ENOMEM);
	ck_assert_ptr_null(iter);
	ck_errno(mf_next(NULL, &m), -EINVAL);
	ck_errno(mf_find(NULL, 0, &m), -EINVAL);
	ck_errno(mf_iter_report(NULL, &report), -EINVAL);
	ck_errno(mf_iter_source(NULL), -EINVAL);
	ck_errno(mf_open_fd(NULL, NULL, 0), -EINVAL);
	ck_errno(mf_open_info(NULL, &info), -EINVAL);
	mf_iter_close(NULL);

	ck_errno(mf_iter_open(0, NULL, &iter), 0);
	ck_errno(mf_next(iter, NULL), -EINVAL);
	ck_errno(mf_find(iter, 0, NULL), -EINVAL);
	ck_errno(mf_iter_report(iter, NULL), -EINVAL);
	ck_errno(mf_open_fd(iter, NULL, 0), -EINVAL);
	ck_errno(mf_open_info(iter, NULL), -EINVAL);
	ck_errno(mf_open_info(iter, &info), -ENOENT);
	/* A bad argument is the call's fault, and not the end of the walk. */
	ck_assert_int_eq(mf_next(iter, &m), 1);
	for (unsigned int bit = 7; bit < 32; bit++)
		ck_errno(mf_open_fd(iter, m, 1u << bit), -EINVAL);
	mf_iter_close(iter);
	ck_assert_int_eq(errno, MARK);
}
END_TEST

START_TEST(a_kernel_thread_has_nothing_mapped_and_that_is_all)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = _i == 1 ? MF_ITER_ALL : 0 };
	const struct mf_iter_report *report;
	const struct mf_mapping *m;
	struct mf_iter *iter;
	char name[32] = "";
	int fd = open("/proc/2/comm", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	close(fd);
	if (strcmp(name, "kthreadd\n"))
		skip("no kernel thread in sight");
	opts.source = _i == 2 ? MF_SOURCE_MAP_FILES : MF_SOURCE_AUTO;
	ck_errno(mf_iter_open(2, &opts, &iter), 0);
	ck_errno(mf_next(iter, &m), 0);
	ck_errno(mf_find(iter, 0x1000, &m), 0);
	ck_errno(mf_iter_report(iter, &report), 0);
	ck_assert_uint_eq(report->n_mappings, 0);
	ck_assert(report->flags & MF_REPORT_COMPLETE);
	mf_iter_close(iter);
}
END_TEST

#define N(array) ((int)(sizeof(array) / sizeof(*(array))))

static Suite *make_suite(void)
{
	Suite *suite = suite_create("order");
	TCase *text = guarded_tcase(suite, "text");
	TCase *arguments = guarded_tcase(suite, "arguments");

	tcase_add_loop_test(text, text_that_overlaps_or_goes_back_is_cut_to_what_is_new, 0,
			    N(orders));
	tcase_add_test(text, anonymous_memory_that_is_left_out_does_not_count_as_listed);
	tcase_add_test(text, filters_do_not_disturb_the_order);
	tcase_add_loop_test(text, text_that_is_none_is_refused_for_good, 0, N(bad_texts));
	tcase_add_loop_test(text, a_search_in_text_that_is_none_is_refused_too, 0, N(bad_texts));
	tcase_add_loop_test(text, numbers_and_names_at_their_limits_are_read_right, 0,
			    N(good_texts));
	tcase_add_loop_test(text, a_line_may_have_any_length, 0, 8);
	tcase_add_loop_test(text, an_empty_file_is_a_process_with_nothing_mapped, 0, 2);
	tcase_add_loop_test(arguments, a_saved_tree_that_holds_something_else_is_refused, 0,
			    N(bad_trees));
	tcase_add_test(arguments, a_link_to_a_saved_file_is_followed);
	tcase_add_test(arguments, a_proc_root_that_is_no_directory_is_refused);
	tcase_add_test(arguments, a_saved_tree_serves_text_only);
	tcase_add_test(arguments, options_that_are_not_known_are_refused);
	tcase_add_test(arguments,
		       option_structs_of_other_sizes_are_taken_as_far_as_they_are_understood);
	tcase_add_test(arguments, processes_that_are_not_there_are_told_apart_from_bad_numbers);
	tcase_add_test(arguments, the_process_of_another_user_is_refused);
	tcase_add_test(arguments, a_pidfd_that_is_none_or_whose_process_is_gone_is_refused);
	tcase_add_test(arguments, null_arguments_are_refused);
	tcase_add_loop_test(arguments, a_kernel_thread_has_nothing_mapped_and_that_is_all, 0, 3);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
