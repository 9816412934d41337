/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mf_iter_open_core(): cores that the test writes itself, of each class and byte
 * order, cores that lie, and those of the kernel and of gdb compared with the
 * maps of the process that they are of.
 */
#define _FILE_OFFSET_BITS 64
#include "corefile.h"
#include "faults.h"
#include "harness.h"
#include "truth.h"

#include <mapfiles.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATTERN "/proc/sys/kernel/core_pattern"
#define MANY	70000

static const char long_name[] = "/a/long/name/with spaces,\nnewlines, \\012 and \xff bytes";

/* An executable, a library whose code was left out, memory, vdso and stack. */
static const struct corefile_load loads[] = {
	{ 0x10000, 0x2000, 0x1000, PF_R, NULL, 0 },
	{ 0x12000, 0x1000, 0x1000, PF_R | PF_W, NULL, 0 },
	{ 0x13000, 0x4000, 0x4000, PF_R | PF_W, NULL, 0 },
	{ 0x20000, 0x3000, 0, PF_R | PF_X, NULL, 0 },
	{ 0x40000, 0x1000, 0x1000, PF_R | PF_X, NULL, 0 },
	{ 0x50000, 0x2000, 0x800, PF_R | PF_W, NULL, 0 },
};

static const struct corefile_file files[] = {
	{ 0x10000, 0x12000, 0, "/bin/program" },
	{ 0x12000, 0x13000, 2, "/bin/program" },
	{ 0x20000, 0x23000, 5, long_name },
	/* Left out altogether, as gdb does; a part of it is a segment in no core that was seen. */
	{ 0x30000, 0x31000, 1, "/lib/gone (deleted)" },
	{ 0x31000, 0x32000, 0, "/memfd:x (deleted)" },
};

static const struct want {
	uint64_t start, end, offset;
	uint32_t prot, has, kind;
	const char *path;
	uint32_t name_len;
} wants[] = {
	{ 0x10000, 0x12000, 0, 1, MF_HAS_PROT | MF_HAS_OFFSET | MF_HAS_PATH | MF_HAS_DELETED,
	  MF_KIND_FILE, "/bin/program", 12 },
	{ 0x12000, 0x13000, 0x2000, 3, MF_HAS_PROT | MF_HAS_OFFSET | MF_HAS_PATH | MF_HAS_DELETED,
	  MF_KIND_FILE, "/bin/program", 12 },
	{ 0x13000, 0x17000, 0, 3, MF_HAS_PROT | MF_HAS_PATH | MF_HAS_DELETED, MF_KIND_ANON, NULL,
	  0 },
	{ 0x20000, 0x23000, 0x5000, 5, MF_HAS_PROT | MF_HAS_OFFSET | MF_HAS_PATH | MF_HAS_DELETED,
	  MF_KIND_FILE, long_name, sizeof(long_name) - 1 },
	/* A file may be called so: nobody can tell any more. */
	{ 0x30000, 0x31000, 0x1000, 0, MF_HAS_OFFSET | MF_HAS_PATH, MF_KIND_FILE,
	  "/lib/gone (deleted)", 19 },
	{ 0x31000, 0x32000, 0, 0, MF_HAS_OFFSET | MF_HAS_PATH | MF_HAS_DELETED, MF_KIND_MEMFD,
	  "/memfd:x (deleted)", 8 },
	{ 0x40000, 0x41000, 0, 5, MF_HAS_PROT | MF_HAS_PATH | MF_HAS_DELETED, MF_KIND_VDSO,
	  "[vdso]", 6 },
	{ 0x50000, 0x52000, 0, 3, MF_HAS_PROT | MF_HAS_PATH | MF_HAS_DELETED, MF_KIND_STACK,
	  "[stack]", 7 },
};

#define N_WANTS (sizeof(wants) / sizeof(*wants))
#define N(list) (sizeof(list) / sizeof(*(list)))

static struct mf_iter *const no_iter = (struct mf_iter *)&loads;

/* One of the four. */
static struct corefile plain_core(int i)
{
	return (struct corefile){
		.narrow = i & 1,
		.big = i & 2,
		.machine = i & 1 ? EM_ARM : EM_PPC64,
		.page = 4096,
		.loads = loads,
		.n_loads = N(loads),
		.files = files,
		.n_files = N(files),
		.vdso = 0x40000,
		.random = 0x51ff0,
	};
}

static int try_core(int fd, uint32_t flags, struct mf_iter **ret_iter)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = flags };

	return mf_iter_open_core(fd, &opts, ret_iter);
}

static struct mf_iter *open_core(int fd, uint32_t flags)
{
	struct mf_iter *iter = NULL;

	ck_errno(try_core(fd, flags, &iter), 0);
	require(iter);
	close(fd);
	return iter;
}

static void check_mapping(const struct mf_mapping *m, const struct want *want)
{
	ck_assert_uint_eq(m->start, want->start);
	ck_assert_uint_eq(m->end, want->end);
	ck_assert_uint_eq(m->offset, want->offset);
	ck_assert_uint_eq(m->prot, want->prot);
	ck_assert_uint_eq(m->has, want->has);
	ck_assert_uint_eq(m->flags, 0);
	ck_assert_uint_eq(m->kind, want->kind);
	ck_assert_uint_eq(m->name_len, want->name_len);
	ck_assert_int_eq(m->fd, -1);
	ck_assert_uint_eq(m->inode | m->dev_major | m->dev_minor, 0);
	ck_assert_int_eq(!m->path, !want->path);
	if (m->path) {
		ck_assert_str_eq(m->path, want->path);
		ck_assert_uint_eq(m->path_len, strlen(want->path));
	}
}

static void check_walk(struct mf_iter *iter, bool all)
{
	const struct mf_iter_report *report;
	const struct mf_mapping *m;
	size_t n = 0;

	for (size_t i = 0; i < N_WANTS; i++) {
		if (!all && !(wants[i].has & MF_HAS_OFFSET))
			continue;
		ck_errno(mf_next(iter, &m), 1);
		check_mapping(m, &wants[i]);
		n++;
	}
	ck_errno(mf_next(iter, &m), 0);
	ck_errno(mf_iter_report(iter, &report), 0);
	ck_assert_uint_eq(report->source, MF_SOURCE_CORE);
	ck_assert_uint_eq(report->flags, MF_REPORT_COMPLETE);
	ck_assert_uint_eq(report->n_mappings, n);
}

START_TEST(every_field_is_read_in_each_class_and_byte_order)
{
	const struct corefile core = plain_core(_i);

	for (int all = 0; all < 2; all++) {
		struct mf_iter *iter = open_core(corefile_make(&core, NULL), all ? MF_ITER_ALL : 0);

		ck_assert_int_eq(mf_iter_source(iter), MF_SOURCE_CORE);
		ck_errno(mf_iter_pid(iter), -ENODATA);
		check_walk(iter, all);
		ck_errno(mf_iter_rewind(iter), 0);
		check_walk(iter, all);
		mf_iter_close(iter);
	}
	ck_assert_str_eq(mf_source_name(MF_SOURCE_CORE), "core");
}
END_TEST

START_TEST(each_address_is_found_or_is_not)
{
	const struct corefile core = plain_core(_i);
	struct mf_iter *iter = open_core(corefile_make(&core, NULL), 0);

	for (uint64_t addr = 0xf800; addr < 0x60000; addr += 0x400) {
		const struct mf_mapping *m = NULL;
		const struct want *want = NULL;

		for (size_t i = 0; i < N_WANTS; i++)
			want = wants[i].start <= addr && addr < wants[i].end ? &wants[i] : want;
		ck_errno(mf_find(iter, addr, &m), want != NULL);
		if (want)
			check_mapping(m, want);
	}
	for (size_t i = 0; i < N_WANTS; i++) {
		const struct mf_mapping *m;

		ck_errno(mf_find(iter, wants[i].end - 1, &m), 1);
		check_mapping(m, &wants[i]);
	}
	mf_iter_close(iter);
}
END_TEST

/* What the core holds from addr on. */
static uint64_t held_from(uint64_t addr)
{
	uint64_t end = addr;

	for (size_t i = 0; i < N(loads); i++) {
		if (loads[i].start <= end && end < loads[i].start + loads[i].held)
			end = loads[i].start + loads[i].held;
	}
	return end - addr;
}

START_TEST(memory_is_read_as_far_as_the_core_holds_it)
{
	static unsigned char buf[0x10000];
	const struct corefile core = plain_core(_i);
	struct mf_iter *iter = open_core(corefile_make(&core, NULL), 0);

	for (uint64_t addr = 0xff00; addr < 0x53000; addr += 0x1f1) {
		const uint64_t want = held_from(addr);

		memset(buf, 0x5a, sizeof(buf));
		ck_errno(mf_read(iter, addr, buf, sizeof(buf)), (int)want);
		for (uint64_t i = 0; i < want; i++)
			ck_assert_uint_eq(buf[i], corefile_byte(addr + i));
		ck_assert_uint_eq(buf[want], 0x5a);
		if (want > 3)
			ck_errno(mf_read(iter, addr, buf, 3), 3);
	}
	/* Two segments in one count. */
	ck_errno(mf_read(iter, 0x12800, buf, sizeof(buf)), 0x4800);
	ck_errno(mf_read(iter, 0, buf, UINT64_MAX), 0);
	ck_errno(mf_read(iter, UINT64_MAX, buf, UINT64_MAX), 0);
	ck_errno(mf_read(iter, 0x12800, buf, 0), 0);
	ck_errno(mf_read(iter, 0x12800, NULL, 1), -EINVAL);
	mf_iter_close(iter);
}
END_TEST

static size_t count_filtered(int fd, const struct mf_iter_opts *opts)
{
	struct mf_iter *iter = NULL;
	const struct mf_mapping *m;
	size_t n = 0;
	int ret;

	ck_errno(mf_iter_open_core(fd, opts, &iter), 0);
	while ((ret = mf_next(iter, &m)) > 0) {
		ck_assert(!opts->to || (m->end > opts->from && m->start < opts->to));
		ck_assert(!(m->has & MF_HAS_PROT) || (m->prot & opts->prot) == opts->prot);
		n++;
	}
	ck_errno(ret, 0);
	mf_iter_close(iter);
	return n;
}

START_TEST(filters_hold)
{
	const struct corefile core = plain_core(0);
	const int fd = corefile_make(&core, NULL);
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_ALL };

	ck_assert_uint_eq(count_filtered(fd, &opts), N_WANTS);
	/* One byte of one, and of its neighbour. */
	opts.from = 0x12fff, opts.to = 0x13001;
	ck_assert_uint_eq(count_filtered(fd, &opts), 2);
	opts.from = 0x17000, opts.to = 0x20000;
	ck_assert_uint_eq(count_filtered(fd, &opts), 0);
	opts.from = 0x41000, opts.to = UINT64_MAX;
	ck_assert_uint_eq(count_filtered(fd, &opts), 1);
	opts.from = opts.to = 0x10000;
	ck_assert_uint_eq(count_filtered(fd, &opts), 0);
	opts.from = opts.to = 0;
	/* Two whose protection is not known are listed too. */
	opts.prot = MF_PROT_EXEC;
	ck_assert_uint_eq(count_filtered(fd, &opts), 2 + 2);
	close(fd);
}
END_TEST

START_TEST(more_segments_than_the_header_can_count)
{
	struct corefile_load *many = calloc(MANY, sizeof(*many));
	struct corefile_file *names = calloc(MANY, sizeof(*names));
	struct corefile core = plain_core(_i);
	const struct mf_mapping *m;
	struct mf_iter *iter;

	ck_assert(many && names);
	for (size_t i = 0; i < MANY; i++) {
		const uint64_t start = 0x10000 + i * 0x2000;

		many[i] = (struct corefile_load){ start, 0x1000, 0, PF_R, NULL, 0 };
		names[i] = (struct corefile_file){ start, start + 0x1000, i, "/x" };
	}
	core.loads = many;
	core.files = names;
	core.n_loads = core.n_files = MANY;
	core.many = true;
	iter = open_core(corefile_make(&core, NULL), MF_ITER_ALL);
	for (size_t i = 0; i < MANY; i++) {
		ck_errno(mf_next(iter, &m), 1);
		ck_assert_uint_eq(m->start, many[i].start);
		ck_assert_uint_eq(m->offset, i * 4096);
	}
	ck_errno(mf_next(iter, &m), 0);
	mf_iter_close(iter);
	free(many);
	free(names);
}
END_TEST

/* ---- cores that are cut off, or lie ---- */

static int copy_cut(int fd, uint64_t size)
{
	const int ret = memfd_create("cut", MFD_CLOEXEC);
	char *bytes = malloc(size + 1);

	require(ret >= 0 && bytes && pread(fd, bytes, size, 0) == (ssize_t)size);
	require(write(ret, bytes, size) == (ssize_t)size);
	free(bytes);
	return ret;
}

START_TEST(a_core_that_is_cut_off_is_walked_as_far_as_it_goes)
{
	const struct corefile core = plain_core(_i);
	uint64_t size;
	const int fd = corefile_make(&core, &size);

	for (uint64_t cut = 0; cut < size; cut += cut < 1000 ? 1 : 97) {
		const int part = copy_cut(fd, cut);
		const struct mf_iter_report *report;
		const struct mf_mapping *m;
		struct mf_iter *iter = no_iter;
		uint64_t end = 0;
		int ret = try_core(part, MF_ITER_ALL, &iter);

		close(part);
		if (ret) {
			/* Not even a header. */
			ck_errno(ret, -EPROTO);
			ck_assert_uint_lt(cut, core.narrow ? 52 : 64);
			ck_assert_ptr_eq(iter, no_iter);
			continue;
		}
		while ((ret = mf_next(iter, &m)) > 0) {
			const struct want *want = NULL;
			unsigned char byte;

			ck_assert_uint_ge(m->start, end);
			end = m->end;
			for (size_t i = 0; i < N_WANTS; i++)
				want = wants[i].start == m->start ? &wants[i] : want;
			/* What it says is right, and it says less. */
			ck_assert(want && m->end == want->end);
			ck_assert(!(m->has & ~want->has));
			ck_assert(!(m->has & MF_HAS_PROT) || m->prot == want->prot);
			ck_assert(!(m->has & MF_HAS_OFFSET) || m->offset == want->offset);
			ck_assert(!m->path == !want->path || !(m->has & MF_HAS_PATH));
			ck_assert(!m->path || !strcmp(m->path, want->path));
			if (mf_read(iter, m->start, &byte, 1) == 1)
				ck_assert_uint_eq(byte, corefile_byte(m->start));
		}
		ck_errno(ret, -EPROTO);
		ck_errno(mf_next(iter, &m), -EPROTO);
		ck_errno(mf_iter_report(iter, &report), 0);
		ck_assert_uint_eq(report->flags, 0);
		mf_iter_close(iter);
	}
	close(fd);
}
END_TEST

static void poke(int fd, uint64_t at, uint64_t number, int size)
{
	for (int i = 0; i < size; i++) {
		const unsigned char byte = (unsigned char)(number >> 8 * i);

		require(pwrite(fd, &byte, 1, (off_t)at + i) == 1);
	}
}

static uint64_t find_bytes(int fd, const void *bytes, size_t len)
{
	static char all[1 << 16];
	const ssize_t n = pread(fd, all, sizeof(all), 0);
	const char *at = n > 0 ? memmem(all, (size_t)n, bytes, len) : NULL;

	require(at);
	return (uint64_t)(at - all);
}

/* What is written where into a 64-bit little-endian core; relative to NT_FILE's content if note. */
static const struct lie {
	const char *what;
	bool note;
	uint64_t at;
	uint64_t number;
	int size;
	int want;
} lies[] = {
	{ "magic", false, 0, 0, 4, -EPROTO },
	{ "class", false, 4, 3, 1, -EPROTO },
	{ "byte order", false, 5, 0, 1, -EPROTO },
	{ "the other byte order", false, 5, 2, 1, -EPROTO },
	{ "type", false, 16, ET_DYN, 2, -EPROTO },
	{ "phoff beyond the file", false, 32, 1 << 30, 8, 0 },
	{ "phoff near 2^64", false, 32, UINT64_MAX - 8, 8, -EPROTO },
	{ "phentsize 0", false, 54, 0, 2, -EPROTO },
	{ "phentsize 32", false, 54, 32, 2, -EPROTO },
	{ "phnum 0", false, 56, 0, 2, -ENODATA },
	{ "phnum 0xffff without a section", false, 56, 0xffff, 2, -EPROTO },
	{ "notes near 2^64", false, 64 + 8, UINT64_MAX - 4, 8, -EPROTO },
	{ "no size of notes", false, 64 + 32, 0, 8, -ENODATA },
	{ "a note's size", false, 64 + 32, 100, 8, -EPROTO },
	{ "overlapping segments", false, 120 + 40, 0x2001, 8, -EPROTO },
	{ "segments backwards", false, 176 + 16, 0x1000, 8, -EPROTO },
	{ "a segment around the end", false, 176 + 40, UINT64_MAX - 100, 8, -EPROTO },
	{ "more in the file than in memory", false, 120 + 32, 0x2001, 8, -EPROTO },
	{ "a segment's offset near 2^64", false, 120 + 8, UINT64_MAX - 100, 8, -EPROTO },
	{ "a segment's offset beyond the file", false, 120 + 8, 1ull << 40, 8, 0 },
	{ "count 2^63", true, 0, 1ull << 63, 8, -EPROTO },
	{ "count 2^64-1", true, 0, UINT64_MAX, 8, -EPROTO },
	{ "one more than there are", true, 0, N(files) + 1, 8, -EPROTO },
	{ "one less than there are", true, 0, N(files) - 1, 8, 0 },
	{ "page size 0", true, 8, 0, 8, -EPROTO },
	{ "page size 2^63", true, 8, 1ull << 63, 8, -EPROTO },
	{ "an empty range", true, 16 + 8, 0x10000, 8, -EPROTO },
	{ "a range backwards", true, 16 + 8, 0x1000, 8, -EPROTO },
	{ "overlapping ranges", true, 16 + 8, 0x12001, 8, -EPROTO },
	{ "an offset near 2^64", true, 16 + 16, UINT64_MAX / 4096, 8, -EPROTO },
};

START_TEST(headers_that_lie_are_found_out)
{
	const struct lie *lie = &lies[_i];
	const struct corefile core = plain_core(0);
	const int fd = corefile_make(&core, NULL);
	const uint64_t head[] = { N(files), 4096, files[0].start };
	struct mf_iter *iter = no_iter;
	const struct mf_mapping *m;
	int ret;

	poke(fd, lie->at + (lie->note ? find_bytes(fd, head, sizeof(head)) : 0), lie->number,
	     lie->size);
	ret = try_core(fd, MF_ITER_ALL, &iter);
	close(fd);
	if (ret != lie->want)
		ck_abort_msg("%s: %d", lie->what, ret);
	if (ret) {
		ck_assert_ptr_eq(iter, no_iter);
		return;
	}
	while ((ret = mf_next(iter, &m)) > 0)
		;
	ck_assert(ret == 0 || ret == -EPROTO);
	mf_iter_close(iter);
}
END_TEST

START_TEST(names_without_an_end_are_found_out)
{
	const struct corefile core = plain_core(0);
	const int fd = corefile_make(&core, NULL);
	const char last[] = "/memfd:x (deleted)";
	struct mf_iter *iter = no_iter;

	/* The NUL, and the padding. */
	poke(fd, find_bytes(fd, last, sizeof(last)) + sizeof(last) - 1, 0x78, 1);
	ck_errno(try_core(fd, 0, &iter), -EPROTO);
	ck_assert_ptr_eq(iter, no_iter);
	close(fd);
}
END_TEST

START_TEST(a_core_without_the_note_of_files_has_no_data)
{
	struct corefile core = plain_core(_i);
	struct mf_iter *iter = no_iter;
	int fd;

	core.no_file_note = true;
	fd = corefile_make(&core, NULL);
	ck_errno(try_core(fd, 0, &iter), -ENODATA);
	ck_assert_ptr_eq(iter, no_iter);
	close(fd);
}
END_TEST

START_TEST(a_file_of_terabytes_costs_nothing)
{
	const struct corefile core = plain_core(0);
	const int fd = corefile_make(&core, NULL);
	struct mf_iter *iter = no_iter;
	int ret;

	/* A table of segments that are all zero; and notes that are. */
	ck_assert_int_eq(ftruncate(fd, (off_t)1 << 42), 0);
	poke(fd, 64 + 8, 1ull << 30, 8);
	poke(fd, 64 + 32, 1ull << 41, 8);
	ret = try_core(fd, 0, &iter);
	ck_assert(ret == -EPROTO || ret == -ENODATA);
	ck_assert_ptr_eq(iter, no_iter);
	close(fd);
}
END_TEST

START_TEST(what_is_no_core_is_refused)
{
	struct mf_iter *iter = no_iter;
	int fds[2], fd;

	ck_errno(mf_iter_open_core(-1, NULL, &iter), -EBADF);
	ck_errno(mf_iter_open_core(12345, NULL, &iter), -EBADF);
	fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	ck_errno(mf_iter_open_core(fd, NULL, &iter), -EBADF);
	close(fd);
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	ck_errno(mf_iter_open_core(fd, NULL, &iter), -EBADF);
	close(fd);
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ck_errno(mf_iter_open_core(fd, NULL, &iter), -EPROTO);
	ck_errno(mf_iter_open_core(fd, NULL, NULL), -EINVAL);
	close(fd);
	fd = open("/", O_RDONLY | O_CLOEXEC);
	ck_errno(mf_iter_open_core(fd, NULL, &iter), -EINVAL);
	close(fd);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_errno(mf_iter_open_core(fds[0], NULL, &iter), -EINVAL);
	close(fds[0]);
	close(fds[1]);
	ck_assert_ptr_eq(iter, no_iter);
}
END_TEST

START_TEST(options_that_make_no_sense_are_refused)
{
	const struct corefile core = plain_core(0);
	const int fd = corefile_make(&core, NULL);
	struct mf_iter_opts opts = { .size = sizeof(opts), .source = MF_SOURCE_MAPS };
	struct mf_iter *iter = no_iter;

	ck_errno(mf_iter_open_core(fd, &opts, &iter), -EINVAL);
	opts.source = MF_SOURCE_CORE;
	ck_errno(mf_iter_open_core(fd, &opts, &iter), -EINVAL);
	opts.source = 0;
	opts.flags = 0x80000000;
	ck_errno(mf_iter_open_core(fd, &opts, &iter), -EINVAL);
	opts.flags = 0;
	opts.proc_root = "/nonexistent";
	ck_errno(mf_iter_open_core(fd, &opts, &iter), -ENOENT);
	opts.proc_root = "/dev/null";
	ck_errno(mf_iter_open_core(fd, &opts, &iter), -ENOTDIR);
	ck_assert_ptr_eq(iter, no_iter);
	close(fd);
}
END_TEST

START_TEST(a_core_cannot_be_asked_for_of_a_process)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .source = MF_SOURCE_CORE };
	struct mf_iter *iter = no_iter;

	ck_errno(mf_iter_open(0, &opts, &iter), -EINVAL);
	ck_assert_ptr_eq(iter, no_iter);
}
END_TEST

/* ---- opening what was mapped ---- */

#define IMAGE_SIZE 4096
#define ID_SIZE	   20

/* A 64-bit little-endian ELF file of one page, with this build id if it is not 0. */
static void make_image(unsigned char image[IMAGE_SIZE], unsigned char id, uint64_t entry)
{
	const Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_AARCH64,
		.e_entry = entry,
		.e_phoff = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	};
	const Elf64_Phdr segment = { .p_type = id ? PT_NOTE : PT_NULL,
				     .p_offset = 512,
				     .p_filesz = 16 + ID_SIZE,
				     .p_align = 4 };
	const Elf64_Nhdr note = { .n_namesz = 4, .n_descsz = ID_SIZE, .n_type = NT_GNU_BUILD_ID };

	memset(image, 0, IMAGE_SIZE);
	memcpy(image, &header, sizeof(header));
	memcpy(image + sizeof(header), &segment, sizeof(segment));
	if (!id)
		return;
	memcpy(image + 512, &note, sizeof(note));
	memcpy(image + 512 + sizeof(note), "GNU", 4);
	memset(image + 512 + sizeof(note) + 4, id, ID_SIZE);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
}

static const char *path_in_temp(const char *name)
{
	static char path[600];

	snprintf(path, sizeof(path), "%s/%s", temp_dir(), name);
	return path;
}

/* A core with one file of two mappings, of which the first begins with these bytes, if any. */
static struct mf_iter *open_image_core(const char *name, const unsigned char *image,
				       const char *root, uint32_t flags)
{
	const struct corefile_load load[] = {
		{ 0x10000, IMAGE_SIZE, image ? IMAGE_SIZE : 0, PF_R, image,
		  image ? IMAGE_SIZE : 0 },
		{ 0x11000, IMAGE_SIZE, 0, PF_R | PF_X, NULL, 0 },
	};
	const struct corefile_file file[] = { { 0x10000, 0x11000, 0, name },
					      { 0x11000, 0x12000, 1, name } };
	const struct corefile core = { .machine = EM_AARCH64,
				       .page = 4096,
				       .loads = load,
				       .n_loads = 2,
				       .files = file,
				       .n_files = 2 };
	struct mf_iter_opts opts = { .size = sizeof(opts), .proc_root = root, .flags = flags };
	const int fd = corefile_make(&core, NULL);
	struct mf_iter *iter = NULL;

	ck_errno(mf_iter_open_core(fd, &opts, &iter), 0);
	require(iter);
	close(fd);
	return iter;
}

/* Both mappings must give this: one of MF_SURE_, or -errno. */
static void check_open(struct mf_iter *iter, const char *path, int want)
{
	for (uint64_t addr = 0x10000; addr < 0x12000; addr += 0x1000) {
		const struct mf_open_info *info;
		const struct mf_mapping *m;
		struct stat a, b;
		int fd;

		ck_errno(mf_find(iter, addr, &m), 1);
		fd = mf_open_fd(iter, m, 0);
		if (want < 0) {
			ck_errno(fd, want);
			continue;
		}
		ck_assert_int_ge(fd, 3);
		ck_errno(mf_open_info(iter, &info), 0);
		ck_assert_int_eq((int)info->sure, want);
		ck_assert_uint_eq(info->rung, MF_RUNG_PATH);
		ck_assert(!fstat(fd, &a) && !stat(path, &b));
		ck_assert(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
		ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		close(fd);
	}
	mf_iter_close(iter);
}

/* Build ids of core and file (0: none), their entries, what comes of it. -1: the core has left it out. */
static const struct match {
	int core_id, file_id;
	uint64_t core_entry, file_entry;
	int want, want_marked;
} matches[] = {
	{ 7, 7, 1, 1, MF_SURE_BUILD_ID, MF_SURE_BUILD_ID },
	{ 7, 8, 1, 1, -ESTALE, -ESTALE },
	{ 7, 0, 1, 1, -ESTALE, -ESTALE },
	{ 0, 7, 1, 2, -ESTALE, -ESTALE },
	{ 0, 0, 1, 1, MF_SURE_NAME, -ESTALE },
	{ 0, 0, 1, 2, -ESTALE, -ESTALE },
	{ -1, 7, 1, 1, MF_SURE_NAME, -ESTALE },
	{ -1, 0, 1, 1, MF_SURE_NAME, -ESTALE },
};

START_TEST(a_file_is_believed_by_its_build_id)
{
	const struct match *match = &matches[_i];
	const char *path = path_in_temp("image");
	unsigned char in_core[IMAGE_SIZE], in_file[IMAGE_SIZE];
	const unsigned char *held = match->core_id < 0 ? NULL : in_core;
	char marked[700];

	make_image(in_core, (unsigned char)(match->core_id > 0 ? match->core_id : 0),
		   match->core_entry);
	make_image(in_file, (unsigned char)match->file_id, match->file_entry);
	write_file(path, in_file, sizeof(in_file));
	check_open(open_image_core(path, held, NULL, 0), path, match->want);
	/* The name was gone; now something is there again. */
	snprintf(marked, sizeof(marked), "%s (deleted)", path);
	check_open(open_image_core(marked, held, NULL, 0), path, match->want_marked);
	/* Or that is how it was called. */
	ck_assert_int_eq(rename(path, marked), 0);
	check_open(open_image_core(marked, held, NULL, 0), marked, match->want_marked);
	unlink(marked);
	check_open(open_image_core(path, held, NULL, 0), path, -ENOENT);
}
END_TEST

START_TEST(a_file_that_is_no_program_is_only_a_name)
{
	static const unsigned char text[IMAGE_SIZE] = "no program";
	const char *path = path_in_temp("text");

	write_file(path, text, sizeof(text));
	check_open(open_image_core(path, text, NULL, 0), path, MF_SURE_NAME);
	unlink(path);
}
END_TEST

START_TEST(files_are_looked_for_below_another_root)
{
	unsigned char image[IMAGE_SIZE];
	char root[400], path[600];

	snprintf(root, sizeof(root), "%s/root", temp_dir());
	snprintf(path, sizeof(path), "%s/lib", root);
	make_image(image, 7, 1);
	ck_assert(!mkdir(root, 0700) && !mkdir(path, 0700));
	snprintf(path, sizeof(path), "%s/lib/x", root);
	write_file(path, image, sizeof(image));
	check_open(open_image_core("/lib/x", image, root, 0), path, MF_SURE_BUILD_ID);
	check_open(open_image_core("/lib/y", image, root, 0), path, -ENOENT);
	/* It must not lead out. */
	ck_assert_int_eq(rename(path, path_in_temp("outside")), 0);
	ck_assert_int_eq(symlink(path_in_temp("outside"), path), 0);
	check_open(open_image_core("/lib/x", image, root, 0), path, -ENOENT);
	check_open(open_image_core("/../outside", image, root, 0), path, -ENOENT);
	check_open(open_image_core("no/slash", image, root, 0), path, -ENXIO);
}
END_TEST

START_TEST(what_is_no_regular_file_is_not_touched)
{
	const char *path = path_in_temp("fifo");
	const struct mf_mapping *m;
	struct mf_iter *iter;
	struct stat st;
	int fd;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	iter = open_image_core(path, NULL, NULL, 0);
	ck_errno(mf_next(iter, &m), 1);
	ck_errno(mf_open_fd(iter, m, 0), -ENXIO);
	ck_errno(mf_open_fd(iter, m, MF_OPEN_DIRECT), -EOPNOTSUPP);
	fd = mf_open_fd(iter, m, MF_OPEN_PATH);
	ck_assert_int_ge(fd, 3);
	ck_assert(!fstat(fd, &st) && S_ISFIFO(st.st_mode));
	close(fd);
	check_open(iter, path, -ENXIO);
	unlink(path);
}
END_TEST

START_TEST(a_walk_opens_each_file_and_keeps_its_name)
{
	const char *path = path_in_temp("image");
	unsigned char image[IMAGE_SIZE];
	const struct mf_mapping *m;
	char marked[700];
	struct mf_iter *iter;
	int n = 0, ret;

	make_image(image, 7, 1);
	write_file(path, image, sizeof(image));
	snprintf(marked, sizeof(marked), "%s (deleted)", path);
	iter = open_image_core(marked, image, NULL, MF_ITER_OPEN_FDS | MF_ITER_ALL);
	while ((ret = mf_next(iter, &m)) > 0) {
		ck_assert_int_ge(m->fd, 3);
		ck_assert_str_eq(m->path, marked);
		n++;
	}
	ck_errno(ret, 0);
	ck_assert_int_eq(n, 2);
	mf_iter_close(iter);
	unlink(path);
}
END_TEST

START_TEST(a_copy_has_what_the_core_holds)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	const struct corefile core = plain_core(_i);
	struct mf_iter *iter = open_core(corefile_make(&core, NULL), MF_ITER_ALL);

	for (size_t i = 0; i < N_WANTS; i++) {
		const uint64_t size = wants[i].end - wants[i].start;
		const uint64_t held = held_from(wants[i].start) < size ? held_from(wants[i].start) :
									 size;
		const struct mf_open_info *info;
		const struct mf_mapping *m;
		struct stat st;
		int fd;

		ck_errno(mf_find(iter, wants[i].start, &m), 1);
		fd = mf_open_fd(iter, m, MF_OPEN_COPY);
		if (!held) {
			ck_errno(fd, -EIO);
			continue;
		}
		ck_assert_int_ge(fd, 3);
		ck_errno(mf_open_info(iter, &info), 0);
		ck_assert_uint_eq(info->rung, MF_RUNG_COPY);
		ck_assert_uint_eq(info->sure, MF_SURE_COPY);
		ck_assert_uint_eq(info->n_holes, held < size);
		if (held < size)
			ck_assert(info->holes[0].start == held && info->holes[0].end == size);
		ck_assert(!fstat(fd, &st) && st.st_size == (off_t)size);
		for (uint64_t at = 0; at < size; at++) {
			unsigned char byte;

			ck_assert_int_eq(pread(fd, &byte, 1, (off_t)at), 1);
			ck_assert_uint_eq(byte, at < held ? corefile_byte(wants[i].start + at) : 0);
		}
		ck_assert_int_eq(fcntl(fd, F_GET_SEALS) & seals, seals);
		close(fd);
	}
	mf_iter_close(iter);
}
END_TEST

START_TEST(memory_of_a_core_has_no_file)
{
	const struct corefile core = plain_core(0);
	struct mf_iter *iter = open_core(corefile_make(&core, NULL), MF_ITER_ALL);
	const struct mf_mapping *m;

	for (size_t i = 0; i < N_WANTS; i++) {
		if (wants[i].kind == MF_KIND_FILE)
			continue;
		ck_errno(mf_find(iter, wants[i].start, &m), 1);
		ck_errno(mf_open_fd(iter, m, 0), -ENXIO);
		ck_errno(mf_open_fd(iter, m, MF_OPEN_PATH | MF_OPEN_ANY_TYPE), -ENXIO);
	}
	mf_iter_close(iter);
}
END_TEST

START_TEST(a_saved_tree_opens_by_name)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .proc_root = temp_dir() };
	const struct mf_open_info *info;
	const struct mf_mapping *m;
	struct mf_iter *iter = NULL;
	char path[500], text[2000];
	struct stat a, b;
	int fd;

	snprintf(path, sizeof(path), "%s/mapped", temp_dir());
	write_file(path, "x", 1);
	ck_assert_int_eq(mkdir(path_in_temp("42"), 0700), 0);
	snprintf(text, sizeof(text),
		 "00010000-00011000 r--p 00000000 08:01 7          %s\n"
		 "00011000-00012000 r--p 00000000 08:01 7          %s (deleted)\n"
		 "00012000-00013000 r--p 00000000 08:01 7          %s/none\n"
		 "00013000-00014000 rw-p 00000000 00:00 0 \n",
		 path, path, temp_dir());
	write_file(path_in_temp("42/maps"), text, strlen(text));
	opts.flags = MF_ITER_ALL;
	ck_errno(mf_iter_open(42, &opts, &iter), 0);
	ck_errno(mf_next(iter, &m), 1);
	fd = mf_open_fd(iter, m, MF_OPEN_COPY);
	ck_assert_int_ge(fd, 3);
	ck_assert(!fstat(fd, &a) && !stat(path, &b) && a.st_ino == b.st_ino);
	close(fd);
	ck_errno(mf_open_info(iter, &info), 0);
	ck_assert(info->sure == MF_SURE_NAME && info->rung == MF_RUNG_PATH);
	ck_errno(mf_next(iter, &m), 1);
	ck_errno(mf_open_fd(iter, m, 0), -ESTALE);
	ck_errno(mf_next(iter, &m), 1);
	ck_errno(mf_open_fd(iter, m, 0), -ENOENT);
	ck_errno(mf_next(iter, &m), 1);
	ck_errno(mf_open_fd(iter, m, 0), -ENXIO);
	ck_errno(mf_next(iter, &m), 0);
	mf_iter_close(iter);
}
END_TEST

/* ---- when calls of libc fail ---- */

static void check_list(struct mf_iter *iter)
{
	const struct mf_mapping *m;
	size_t n = 0;
	int ret;

	while ((ret = CALL(mf_next(iter, &m))) > 0) {
		ck_assert_uint_lt(n, N_WANTS);
		ck_assert_uint_eq(m->start, wants[n].start);
		ck_assert_uint_eq(m->end, wants[n].end);
		ck_assert(!(m->has & ~wants[n].has));
		ck_assert(!(m->has & MF_HAS_PATH) || !m->path == !wants[n].path);
		ck_assert(!m->path || !strcmp(m->path, wants[n].path));
		n++;
	}
	ck_assert(ret || n == N_WANTS);
}

static void check_memory(struct mf_iter *iter)
{
	unsigned char buf[0x5000];
	const int64_t n = CALL(mf_read(iter, 0x12800, buf, sizeof(buf)));

	ck_assert(n < 0 || n == 0x4800);
	for (int64_t i = 0; i < n; i++)
		ck_assert_uint_eq(buf[i], corefile_byte(0x12800 + (uint64_t)i));
}

static void check_copy(struct mf_iter *iter)
{
	const struct mf_mapping *m;
	unsigned char buf[0x2000];
	int fd;

	if (CALL(mf_find(iter, 0x50000, &m)) <= 0)
		return;
	fd = CALL(mf_open_fd(iter, m, MF_OPEN_COPY));
	if (fd < 0)
		return;
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), sizeof(buf));
	for (uint64_t i = 0; i < sizeof(buf); i++)
		ck_assert_uint_eq(buf[i], i < 0x800 ? corefile_byte(0x50000 + i) : 0);
	close(fd);
}

static void check_plan(int fd, const struct fault_plan *plan)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_ALL };
	struct mf_iter *iter = no_iter;
	int ret;

	faults_start(plan);
	ret = CALL(mf_iter_open_core(fd, &opts, &iter));
	if (ret)
		ck_assert_ptr_eq(iter, no_iter);
	/* What was not injected is not said. */
	ck_assert(ret == 0 || ret == -plan->error);
	if (!ret) {
		check_list(iter);
		check_memory(iter);
		check_copy(iter);
		CALL((mf_iter_close(iter), 0));
	}
	ck_assert_int_eq(fault_account.live_blocks, 0);
}

static const struct {
	enum fault_call call;
	int error; /* 0: fewer bytes than asked for */
} faults[] = { { FAULT_ALLOC, ENOMEM },	  { FAULT_READ, EIO },	   { FAULT_READ, EINTR },
	       { FAULT_READ, 0 },	  { FAULT_STAT, ENOMEM },  { FAULT_FCNTL, EMFILE },
	       { FAULT_MEMFD, EMFILE },	  { FAULT_WRITE, ENOSPC }, { FAULT_WRITE, EINTR },
	       { FAULT_TRUNCATE, ENOSPC } };

START_TEST(no_fault_makes_a_core_lie)
{
	const struct corefile core = plain_core(0);
	const int fd = corefile_make(&core, NULL);

	for (int mode = FAULT_ONCE; mode <= FAULT_EVERY_OTHER; mode++) {
		struct fault_plan plan = { .call = faults[_i].call,
					   .mode = (enum fault_mode)mode,
					   .nth = 1,
					   .error = faults[_i].error,
					   .cut = 3 };

		/* An interruption for ever is none. */
		if (plan.error == EINTR && mode == FAULT_FROM_THEN_ON)
			continue;
		do
			check_plan(fd, &plan);
		while (fault_account.injected && ++plan.nth < 200);
		ck_assert_uint_gt(plan.nth, 1);
	}
	faults_start(NULL);
	close(fd);
}
END_TEST

/* ---- cores of real processes ---- */

struct real {
	unsigned char *bytes; /* memory that only the test knows */
	struct truth truth;
};

#define REAL_SIZE 10000

static void map_things(struct real *real)
{
	real->bytes =
		mmap(NULL, REAL_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	require(real->bytes != MAP_FAILED);
	for (size_t i = 0; i < REAL_SIZE; i++)
		real->bytes[i] = corefile_byte(i);
}

static bool is_file(const struct truth_mapping *t)
{
	return t->dev_major || t->dev_minor || t->inode;
}

static const struct truth_mapping *next_file(const struct truth *truth, size_t *pos)
{
	while (*pos < truth->n && !is_file(&truth->list[*pos]))
		++*pos;
	return *pos < truth->n ? &truth->list[(*pos)++] : NULL;
}

static void check_real(int fd, const struct real *real)
{
	unsigned char buf[REAL_SIZE];
	const struct truth_mapping *t;
	const struct mf_mapping *m;
	struct mf_iter *iter = open_core(fd, 0);
	size_t pos = 0;

	while ((t = next_file(&real->truth, &pos))) {
		ck_errno(mf_next(iter, &m), 1);
		ck_assert_uint_eq(m->start, t->start);
		ck_assert_uint_eq(m->end, t->end);
		ck_assert_uint_eq(m->offset, t->offset);
		ck_assert_str_eq(m->path, t->path);
		/* gdb leaves segments out, and with them their protection. */
		if (m->has & MF_HAS_PROT)
			ck_assert_uint_eq(m->prot, t->prot);
	}
	ck_errno(mf_next(iter, &m), 0);
	ck_errno(mf_read(iter, (uintptr_t)real->bytes, buf, REAL_SIZE), REAL_SIZE);
	for (size_t i = 0; i < REAL_SIZE; i++)
		ck_assert_uint_eq(buf[i], corefile_byte(i));
	for (size_t i = 0; i < real->truth.n; i++) {
		t = &real->truth.list[i];
		if (!t->text || strcmp(t->text, "[stack]"))
			continue;
		ck_errno(mf_find(iter, t->end - 1, &m), 1);
		ck_assert_uint_eq(m->kind, MF_KIND_STACK);
	}
	mf_iter_close(iter);
}

static void crash_when_told(struct child *child)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	require(!setrlimit(RLIMIT_CORE, &all) && !prctl(PR_SET_DUMPABLE, 1));
	signal(SIGSEGV, SIG_DFL);
	child_tell(child);
	child_hear(child);
	raise(SIGSEGV);
	_exit(0);
}

static bool write_pattern(const char *text)
{
	const int fd = open(PATTERN, O_WRONLY | O_CLOEXEC);
	const bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

START_TEST(a_core_of_the_kernel_tells_what_maps_told)
{
	char old[4096] = "", pattern[512], path[600];
	struct real real;
	struct child child;
	int fd = open(PATTERN, O_RDONLY | O_CLOEXEC), status = 0;

	if (fd < 0 || read(fd, old, sizeof(old) - 1) <= 0)
		skip("cannot read " PATTERN);
	close(fd);
	if (SANITIZED)
		skip("a sanitizer writes no core");
	map_things(&real);
	child_start(&child, crash_when_told, NULL);
	ck_assert(child_hear(&child));
	truth_read(&real.truth, child.pid);
	snprintf(pattern, sizeof(pattern), "%s/kernel.%%p", temp_dir());
	if (!write_pattern(pattern)) {
		child_end(&child);
		truth_free(&real.truth);
		munmap(real.bytes, REAL_SIZE);
		skip("cannot write " PATTERN);
	}
	child_tell(&child);
	waitpid(child.pid, &status, 0);
	ck_assert(write_pattern(old));
	ck_assert(WIFSIGNALED(status) && WCOREDUMP(status));
	snprintf(path, sizeof(path), "%s/kernel.%d", temp_dir(), child.pid);
	child.pid = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	check_real(fd, &real);
	child_end(&child);
	truth_free(&real.truth);
	munmap(real.bytes, REAL_SIZE);
}
END_TEST

static void wait_for_ever(struct child *child)
{
	child_tell(child);
	for (;;)
		pause();
}

START_TEST(a_core_of_gdb_tells_what_maps_told)
{
	char command[700], path[600];
	struct real real;
	struct child child;
	int fd;

	if (under_valgrind() || SANITIZED)
		skip("gdb would look at valgrind, or write a sanitizer's terabytes");
	if (system("gcore -h >/dev/null 2>&1; test $? -lt 3"))
		skip("there is no gcore");
	map_things(&real);
	child_start(&child, wait_for_ever, NULL);
	ck_assert(child_hear(&child));
	truth_read(&real.truth, child.pid);
	snprintf(command, sizeof(command),
		 "ulimit -f 1000000 && gcore -o %s/gdb %d >/dev/null 2>&1", temp_dir(), child.pid);
	ck_assert_int_eq(system(command), 0);
	snprintf(path, sizeof(path), "%s/gdb.%d", temp_dir(), child.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	check_real(fd, &real);
	child_end(&child);
	truth_free(&real.truth);
	munmap(real.bytes, REAL_SIZE);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("core");
	TCase *tcase = guarded_tcase(suite, "written");

	tcase_add_loop_test(tcase, every_field_is_read_in_each_class_and_byte_order, 0, 4);
	tcase_add_loop_test(tcase, each_address_is_found_or_is_not, 0, 4);
	tcase_add_loop_test(tcase, memory_is_read_as_far_as_the_core_holds_it, 0, 4);
	tcase_add_test(tcase, filters_hold);
	tcase_add_loop_test(tcase, more_segments_than_the_header_can_count, 0, 4);
	tcase = guarded_tcase(suite, "broken");
	tcase_add_loop_test(tcase, a_core_that_is_cut_off_is_walked_as_far_as_it_goes, 0, 4);
	tcase_add_loop_test(tcase, headers_that_lie_are_found_out, 0, (int)N(lies));
	tcase_add_test(tcase, names_without_an_end_are_found_out);
	tcase_add_loop_test(tcase, a_core_without_the_note_of_files_has_no_data, 0, 4);
	tcase_add_test(tcase, a_file_of_terabytes_costs_nothing);
	tcase_add_test(tcase, what_is_no_core_is_refused);
	tcase_add_test(tcase, options_that_make_no_sense_are_refused);
	tcase_add_test(tcase, a_core_cannot_be_asked_for_of_a_process);
	tcase = guarded_tcase(suite, "opened");
	tcase_add_loop_test(tcase, a_file_is_believed_by_its_build_id, 0, (int)N(matches));
	tcase_add_test(tcase, a_file_that_is_no_program_is_only_a_name);
	tcase_add_test(tcase, files_are_looked_for_below_another_root);
	tcase_add_test(tcase, what_is_no_regular_file_is_not_touched);
	tcase_add_test(tcase, a_walk_opens_each_file_and_keeps_its_name);
	tcase_add_loop_test(tcase, a_copy_has_what_the_core_holds, 0, 4);
	tcase_add_test(tcase, memory_of_a_core_has_no_file);
	tcase_add_test(tcase, a_saved_tree_opens_by_name);
	tcase = guarded_tcase(suite, "faults");
	tcase_add_loop_test(tcase, no_fault_makes_a_core_lie, 0, (int)N(faults));
	tcase = guarded_tcase(suite, "real");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_core_of_the_kernel_tells_what_maps_told);
	tcase_add_test(tcase, a_core_of_gdb_tells_what_maps_told);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
