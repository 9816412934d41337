/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is promised in passing, and easily lost when a walk is made faster.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "mapfiles.h"

#define PAGE	  ((size_t)4096)
#define LINE_HEAD 73 /* what stands before a name in maps, for addresses of eight digits */

static struct mf_iter *open_iter(int pid, uint32_t flags, uint32_t source, const char *root)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts),
					   .flags = flags,
					   .source = source,
					   .proc_root = root };
	struct mf_iter *iter = NULL;

	require(!mf_iter_open(pid, &opts, &iter));
	return iter;
}

/* A name that leads nowhere is looked up, and that fails. */
START_TEST(no_step_changes_errno)
{
	char path[400], other[400];
	const struct mf_mapping *m;
	struct mf_iter *iter;
	void *memory;
	int fd, r;

	snprintf(path, sizeof(path), "%s/name", temp_dir());
	snprintf(other, sizeof(other), "%s/other", temp_dir());
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	ck_assert(fd >= 0 && !ftruncate(fd, PAGE) && !link(path, other) && !unlink(path));
	memory = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ck_assert(memory != MAP_FAILED);
	close(fd);
	iter = open_iter(0, MF_ITER_ALL, MF_SOURCE_MAPS, NULL);
	do {
		errno = 12345;
		r = mf_next(iter, &m);
		ck_assert_int_eq(errno, 12345);
	} while (r > 0);
	ck_errno(r, 0);
	mf_iter_close(iter);
	munmap(memory, PAGE);
}
END_TEST

START_TEST(zero_bytes_are_no_address)
{
	static const char text[] = "1000-2000 r--p 00000000 00:00 0 \n"
				   "\0\0\0\0\0\0\0\0"
				   "3000-4000 r--p 00000000 00:00 0 \n";
	char path[400];
	const struct mf_mapping *m;
	struct mf_iter *iter;
	FILE *file;

	snprintf(path, sizeof(path), "%s/7", temp_dir());
	ck_assert(!mkdir(path, 0755));
	strcat(path, "/maps");
	file = fopen(path, "we");
	ck_assert(file && fwrite(text, sizeof(text) - 1, 1, file) == 1 && !fclose(file));
	iter = open_iter(7, MF_ITER_ALL, MF_SOURCE_MAPS, temp_dir());
	ck_errno(mf_next(iter, &m), 1);
	ck_errno(mf_next(iter, &m), -EPROTO);
	mf_iter_close(iter);
}
END_TEST

static void open_in_chroot(void *arg)
{
	struct mf_iter *const iter = open_iter(0, 0, MF_SOURCE_AUTO, NULL);
	const struct mf_mapping *m;
	int fd;

	(void)arg;
	require(mf_next(iter, &m) == 1);
	require(!chroot(temp_dir()) && !chdir("/"));
	fd = mf_open_fd(iter, m, 0);
	require_msg(fd >= 3, "opened: %d", fd);
	close(fd);
	mf_iter_close(iter);
}

START_TEST(an_iterator_opens_where_proc_is_out_of_sight)
{
	if (!is_root())
		skip("not root");
	in_child(open_in_chroot, NULL);
}
END_TEST

/* A file whose line has so many bytes, at a page that begins with eight digits. */
static void map_long_line(uint64_t addr, size_t line)
{
	size_t left = line - LINE_HEAD - 1 - strlen(temp_dir());
	char name[256] = { 0 };
	int fd;

	require(!chdir(temp_dir()));
	for (; left > 250; left -= 201) {
		memset(name, 'd', 200);
		mkdir(name, 0755);
		require(!chdir(name));
	}
	memset(name, 'f', left - 1);
	name[left - 1] = '\0';
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	require(fd >= 0 && !ftruncate(fd, PAGE));
	require(mmap((char *)(uintptr_t)addr, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) !=
		MAP_FAILED);
	close(fd);
}

/* The first makes the kernel read 8 KiB at once from then on, which the others nearly fill. */
static void walk_long_lines(void *arg)
{
	static const size_t lines[] = { 4250, 4000, 4188 };
	static char memory[MF_ITER_MEMORY];
	const struct mf_iter_opts opts = { .size = sizeof(opts),
					   .flags = MF_ITER_ALL,
					   .source = MF_SOURCE_MAPS };
	const struct mf_mapping *m;
	struct mf_iter *iter;
	size_t i, n = 0;
	int r;

	(void)arg;
	for (i = 0; i < 3; i++)
		map_long_line(0x10000000 + 2 * i * PAGE, lines[i]);
	require(!mf_iter_open_in(memory, sizeof(memory), 0, &opts, &iter));
	while ((r = mf_next(iter, &m)) > 0) {
		for (i = 0; i < 3; i++)
			n += m->path_len + LINE_HEAD + 1 == lines[i];
	}
	require_msg(!r && n == 3, "%zu long lines, %d", n, r);
	mf_iter_close(iter);
}

START_TEST(fixed_memory_holds_what_the_kernel_gives_at_once)
{
	in_child(walk_long_lines, NULL);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *const suite = suite_create("small-print");
	TCase *tcase = guarded_tcase(suite, "promises");

	tcase_add_test(tcase, no_step_changes_errno);
	tcase_add_test(tcase, zero_bytes_are_no_address);
	tcase_add_test(tcase, an_iterator_opens_where_proc_is_out_of_sight);
	tcase_add_test(tcase, fixed_memory_holds_what_the_kernel_gives_at_once);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
