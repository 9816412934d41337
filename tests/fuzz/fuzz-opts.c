/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as options: refused with an error, or the walk of the own process
 * ends with 0. Nothing is left open.
 */
#include <dirent.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "mapfiles.h"

#define ENOUGH 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (!dir)
		abort();
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void walk(const struct mf_iter_opts *opts)
{
	const struct mf_mapping *m;
	struct mf_iter *iter = NULL;
	int r = mf_iter_open(0, opts, &iter);

	if (r < 0) {
		if (iter)
			abort();
		return;
	}
	while ((r = mf_next(iter, &m)) > 0) {
		if (m->start >= m->end)
			abort();
	}
	if (r)
		abort();
	mf_iter_close(iter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const roots[] = { NULL, "/proc", "/", "/dev/null" };
	/* As large as a size that is believed can say. */
	union {
		struct mf_iter_opts opts;
		uint8_t bytes[ENOUGH];
	} *const input = calloc(1, sizeof(*input));
	const int before = count_fds();

	if (!input)
		abort();
	if (size > 1)
		memcpy(input, data + 1, size - 1 < ENOUGH ? size - 1 : ENOUGH);
	/* The pointer is the caller's promise. */
	input->opts.proc_root = size ? roots[data[0] % 4] : NULL;
	walk(&input->opts);
	free(input);
	if (count_fds() != before)
		abort();
	return 0;
}
