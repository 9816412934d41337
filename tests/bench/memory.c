/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one use of the library takes: resident memory beyond code and what there was before, at
 * its most, and calls that allocate. A program for itself, since what was freed before would be
 * used again.
 * usage: bench-memory CASE PID | --list
 * It prints numbers and their units, a line each.
 */
#include <err.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mapfiles.h>

#include "contestant.h"
#include "peer.h"

#define LOOK_EVERY 4096 /* mappings */

static unsigned long n_allocations;

/* libc's own, which it exports for those who put something before them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	n_allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	n_allocations++;
	return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	n_allocations++;
	return __libc_realloc(old, size);
}

void *mmap64(void *addr, size_t size, int prot, int flags, int fd, off64_t offset)
{
	n_allocations++;
	return (void *)syscall(SYS_mmap, addr, size, prot, flags, fd, offset); /* NOLINT */
}

/* The kernel's exact count; VmRSS of status is off by up to 256 KiB. Nothing here allocates. */
static long resident_kib(void)
{
	static char text[4096];
	int fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *line = n > 0 ? strstr(text, "Rss:") : NULL;

	close(fd);
	if (!line)
		errx(1, "smaps_rollup tells nothing");
	return strtol(line + 4, NULL, 10);
}

/* Code is everybody's, and comes in as it is used, in pieces of the kernel's choice. */
static int load_code(struct dl_phdr_info *info, size_t size, void *data)
{
	size_t i;

	(void)size;
	(void)data;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start = (info->dlpi_addr + segment->p_vaddr) & ~(uintptr_t)4095;

		if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W))
			madvise((void *)start, segment->p_filesz, MADV_POPULATE_READ); /* NOLINT */
	}
	return 0;
}

struct usage {
	long start_kib, most_kib;
	unsigned long n_before, n_opened, n_after; /* allocations */
	uint64_t n;
};

static void look(struct usage *usage)
{
	long kib = resident_kib();

	if (kib > usage->most_kib)
		usage->most_kib = kib;
}

static void check(int ret)
{
	if (ret < 0)
		errx(1, "%s", mf_strerror(ret));
}

static void walk(int pid, const struct mf_iter_opts *opts, struct usage *usage)
{
	const struct mf_mapping *m;
	struct mf_iter *iter;
	int ret;

	check(mf_iter_open(pid, opts, &iter));
	check(ret = mf_next(iter, &m));
	usage->n_opened = n_allocations;
	for (usage->n = 1; (ret = mf_next(iter, &m)) > 0; usage->n++)
		if (usage->n % LOOK_EVERY == 0)
			look(usage);
	check(ret);
	usage->n_after = n_allocations;
	look(usage);
	mf_iter_close(iter);
}

static size_t bytes_in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* Each name once: the mappings of one file lie behind each other in the targets. */
static size_t bytes_of_names(const struct mf_table *table)
{
	struct mf_mapping m;
	const char *last = NULL;
	size_t bytes = 0;
	uint64_t i;

	for (i = 0; mf_table_get(table, i, &m, sizeof(m)) > 0; i++) {
		if (m.path && (!last || strcmp(m.path, last) != 0))
			bytes += m.path_len + 1;
		last = m.path;
	}
	return bytes;
}

static void make_table(int pid, const struct mf_iter_opts *opts, struct usage *usage)
{
	struct mf_table *table;
	struct mf_iter *iter;
	size_t before, bytes;

	check(mf_iter_open(pid, opts, &iter));
	before = bytes_in_use();
	check(mf_table_open(iter, 0, &table));
	bytes = bytes_in_use() - before;
	usage->n_opened = usage->n_after = n_allocations;
	usage->n = mf_table_count(table);
	look(usage);
	printf("%.1f bytes a mapping\n",
	       (double)(bytes - bytes_of_names(table)) / (double)usage->n);
	mf_table_close(table);
	mf_iter_close(iter);
}

/* It cannot be looked at on its way: by the kernel's own memory of the most, to 256 KiB. */
static void walk_by_getline(int pid, const struct mf_iter_opts *opts, struct usage *usage)
{
	const struct workload workload = { .name = "one" };
	const struct subject subject = { .workload = &workload, .pids = &pid, .n_pids = 1 };
	struct call call = { .subject = &subject };
	struct rusage before, after;

	(void)opts;
	getrusage(RUSAGE_SELF, &before);
	check(getline_all(&call));
	getrusage(RUSAGE_SELF, &after);
	usage->n_after = n_allocations;
	usage->most_kib = usage->start_kib + after.ru_maxrss - before.ru_maxrss;
}

struct memory_case {
	const char *name;
	void (*use)(int pid, const struct mf_iter_opts *opts, struct usage *usage);
	uint32_t flags;
};

static const struct memory_case cases[] = {
	{ "mf all", walk, MF_ITER_ALL },
	{ "mf stream", walk, MF_ITER_STREAM },
	{ "mf default", walk, 0 },
	{ "mf table", make_table, MF_ITER_ALL },
#ifdef MF_ITER_RUN_NAMES
	{ "mf table, run names", make_table, MF_ITER_ALL | MF_ITER_RUN_NAMES },
#endif
	{ "getline + sscanf", walk_by_getline, 0 },
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static void measure(const struct memory_case *c, int pid)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts), .flags = c->flags };
	struct usage usage = { 0 };

	setvbuf(stdout, NULL, _IONBF, 0);
	dl_iterate_phdr(load_code, NULL);
	resident_kib();
	usage.start_kib = usage.most_kib = resident_kib();
	usage.n_before = n_allocations;
	c->use(pid, &opts, &usage);
	printf("%ld KiB resident\n", usage.most_kib - usage.start_kib);
	printf("%lu allocations\n", usage.n_after - usage.n_before);
	if (c->use == walk)
		printf("%lu allocations in steps\n", usage.n_after - usage.n_opened);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (i = 0; i < N_CASES; i++)
			puts(cases[i].name);
		return 0;
	}
	if (argc != 3)
		errx(2, "usage: %s CASE PID | --list", argv[0]);
	for (i = 0; i < N_CASES; i++)
		if (strcmp(cases[i].name, argv[1]) == 0) {
			measure(&cases[i], atoi(argv[2]));
			return 0;
		}
	errx(2, "no case is named %s", argv[1]);
}
