/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a core: refused, or walked in order to an end; each mapping is
 * found at both its ends, the second walk is as the first, and nothing is
 * read that the core does not hold.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mapfiles.h"

#define LISTED 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int true)
{
	if (!true)
		abort();
}

static void check_mapping(const struct mf_mapping *m)
{
	check(m->start < m->end && m->fd == -1 && m->name_len <= m->path_len);
	check(!m->path == !m->path_len && (!m->path || strlen(m->path) == m->path_len));
	check(!m->path || m->has & MF_HAS_PATH);
}

struct range {
	uint64_t start, end;
};

static int walk(struct mf_iter *iter, struct range *list, size_t *ret_n)
{
	const struct mf_mapping *m;
	uint64_t end = 0;
	size_t n = 0;
	int r;

	while ((r = mf_next(iter, &m)) > 0) {
		check_mapping(m);
		check(m->start >= end && !(m->flags & MF_MAPPING_RACED));
		end = m->end;
		if (n < LISTED)
			list[n] = (struct range){ m->start, m->end };
		n++;
	}
	check(r == 0 || r == -EPROTO);
	*ret_n = n;
	return r;
}

static void look_at(struct mf_iter *iter, const struct range *range, size_t size)
{
	const struct mf_mapping *m;
	char bytes[5000];
	int64_t n;

	check(mf_find(iter, range->start, &m) == 1 && m->start == range->start);
	check(mf_find(iter, range->end - 1, &m) == 1 && m->end == range->end);
	check_mapping(m);
	memset(bytes, 'x', sizeof(bytes));
	n = mf_read(iter, range->start, bytes, sizeof(bytes) - 1);
	check(n >= 0 && (uint64_t)n < sizeof(bytes) && bytes[n] == 'x');
	/* Segments may share bytes of the core; one of them holds no more than there are. */
	check((uint64_t)n <= range->end - range->start ? (size_t)n <= size : 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_ALL };
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct range first[LISTED], second[LISTED];
	struct mf_iter *iter = NULL;
	size_t n, again, i;
	int r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	r = mf_iter_open_core(fd, &opts, &iter);
	close(fd);
	check(!r == !!iter && (!r || r == -EPROTO || r == -ENODATA));
	if (!iter)
		return 0;
	r = walk(iter, first, &n);
	for (i = 0; i < n && i < LISTED; i++)
		look_at(iter, &first[i], size);
	check(mf_iter_rewind(iter) == 0 && walk(iter, second, &again) == r && n == again);
	check(!memcmp(first, second, (n < LISTED ? n : LISTED) * sizeof(*first)));
	mf_iter_close(iter);
	return 0;
}
