/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What instructions.py runs under callgrind, which counts what happens in measured() alone.
 * usage: bench-instructions CASE PROC_ROOT PID
 * It prints how many mappings, or lookups, there were.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mapfiles.h>

#define LOOKUPS 1000

struct measured_case {
	const char *name;
	long (*run)(int pid, const struct mf_iter_opts *opts); /* how many, or -errno */
	uint32_t flags, source;
};

static uint64_t sum; /* what is found is looked at */

static long walk(int pid, const struct mf_iter_opts *opts)
{
	const struct mf_mapping *m;
	struct mf_iter *iter;
	long n = 0;
	int ret = mf_iter_open(pid, opts, &iter);

	if (ret < 0)
		return ret;
	while ((ret = mf_next(iter, &m)) > 0) {
		sum += m->start + m->end + m->path_len;
		n++;
	}
	mf_iter_close(iter);
	return ret < 0 ? ret : n;
}

static long make_table(int pid, const struct mf_iter_opts *opts)
{
	struct mf_table *table = NULL;
	struct mf_iter *iter;
	int ret = mf_iter_open(pid, opts, &iter);
	long n;

	if (ret < 0)
		return ret;
	ret = mf_table_open(iter, 0, &table);
	n = ret < 0 ? ret : (long)mf_table_count(table);
	mf_table_close(table);
	mf_iter_close(iter);
	return n;
}

/* The same address again and again: of a saved tree it is the text up to there that is read. */
static long find(int pid, const struct mf_iter_opts *opts)
{
	const struct mf_mapping *m;
	struct mf_iter *iter;
	uint64_t addr = 0;
	int ret = mf_iter_open(pid, opts, &iter), i;

	if (ret < 0)
		return ret;
	if (mf_next(iter, &m) > 0)
		addr = m->start;
	for (i = 0, ret = 1; i < LOOKUPS && ret > 0; i++)
		ret = mf_find(iter, addr, &m);
	mf_iter_close(iter);
	return ret < 0 ? ret : LOOKUPS;
}

/*
 * A table is made of the saved text alone: the live target's inode numbers change from run to
 * run, and how they fall into its hash with them.
 */
static const struct measured_case cases[] = {
	{ "mf all, maps", walk, MF_ITER_ALL, MF_SOURCE_MAPS },
	{ "mf table, maps", make_table, MF_ITER_ALL, MF_SOURCE_MAPS },
	{ "mf find, maps", find, MF_ITER_ALL, MF_SOURCE_MAPS },
	{ "mf stream, maps", walk, MF_ITER_STREAM, MF_SOURCE_MAPS },
	{ "mf all, query", walk, MF_ITER_ALL, MF_SOURCE_QUERY },
	{ "mf find, query", find, MF_ITER_ALL, MF_SOURCE_QUERY },
	{ "mf stream, query", walk, MF_ITER_STREAM, MF_SOURCE_QUERY },
	{ "mf default", walk, 0, MF_SOURCE_MAP_FILES },
#ifdef MF_ITER_RUN_NAMES
	{ "mf all, query, run names", walk, MF_ITER_ALL | MF_ITER_RUN_NAMES, MF_SOURCE_QUERY },
	{ "mf stream, query, run names", walk, MF_ITER_STREAM | MF_ITER_RUN_NAMES,
	  MF_SOURCE_QUERY },
#endif
};

/* By this name callgrind knows what to count. */
__attribute__((noinline)) long measured(const struct measured_case *c, int pid, const char *root);

long measured(const struct measured_case *c, int pid, const char *root)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts),
					   .flags = c->flags,
					   .source = c->source,
					   .proc_root = root };

	return c->run(pid, &opts);
}

int main(int argc, char **argv)
{
	size_t i;
	long n;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			puts(cases[i].name);
		return 0;
	}
	if (argc != 4)
		errx(2, "usage: %s CASE PROC_ROOT PID | --list", argv[0]);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(cases[i].name, argv[1]) == 0)
			break;
	if (i == sizeof(cases) / sizeof(cases[0]))
		errx(2, "no case is named %s", argv[1]);
	n = measured(&cases[i], atoi(argv[3]), argv[2]);
	if (n < 0)
		errx(n == -EOPNOTSUPP ? 77 : 1, "%s", mf_strerror((int)n));
	printf("%ld\n", n);
	return 0;
}
