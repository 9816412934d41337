/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floors of what lists map_files: the directory in one batch, alone, or with one exact
 * PROCMAP_QUERY or one open and fstat for each entry.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contestant.h"
#include "raw.h"

#define BATCH (4 << 20)

static char batch[BATCH] __attribute__((aligned(8)));
static char name[RAW_NAME_MAX];

/*
 * All entries in batch: their bytes, or -errno. Where there is room left, all were given: asking
 * again would be another walk through all mappings in the kernel.
 */
static int64_t list(int dir_fd)
{
	int64_t n = raw_getdents(dir_fd, batch, BATCH);

	return n > BATCH - 4096 ? -E2BIG : n;
}

static const struct dirent64 *entry_at(int64_t at)
{
	return (const struct dirent64 *)(const void *)(batch + at);
}

int raw_list(struct call *call)
{
	int dir_fd = raw_open(call->subject->pids[0], "map_files", O_RDONLY | O_DIRECTORY);
	int64_t n;

	if (dir_fd < 0)
		return dir_fd;
	n = list(dir_fd);
	close(dir_fd);
	return n < 0 ? (int)n : 0;
}

static int query_each(int maps_fd, int64_t n, const struct raw_asking *asking, struct tally *answer)
{
	struct raw_query query = { .name = asking->name_size ? (uintptr_t)name : 0 };
	int64_t at;
	int ret;

	for (at = 0; at < n; at += entry_at(at)->d_reclen) {
		if (entry_at(at)->d_name[0] == '.')
			continue;
		query.addr = strtoull(entry_at(at)->d_name, NULL, 16);
		query.name_size = asking->name_size;
		ret = raw_query(maps_fd, &query);
		if (ret < 0)
			return ret;
		answer->n++;
		answer->sum += query.vma_start + query.vma_end;
		answer->name_bytes += query.name_size ? query.name_size - 1 : 0;
	}
	return 0;
}

int raw_list_and_query(struct call *call)
{
	int dir_fd = raw_open(call->subject->pids[0], "map_files", O_RDONLY | O_DIRECTORY);
	int maps_fd = raw_open(call->subject->pids[0], "maps", O_RDONLY);
	int64_t n = list(dir_fd);
	int ret = n < 0 ? (int)n : query_each(maps_fd, n, call->how, &call->answer);

	close(maps_fd);
	close(dir_fd);
	return ret;
}

int raw_list_and_open(struct call *call)
{
	int dir_fd = raw_open(call->subject->pids[0], "map_files", O_RDONLY | O_DIRECTORY);
	int64_t n = list(dir_fd), at;
	struct stat st;

	for (at = 0; at < n; at += entry_at(at)->d_reclen) {
		int fd;

		if (entry_at(at)->d_name[0] == '.')
			continue;
		fd = openat(dir_fd, entry_at(at)->d_name, O_PATH | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st) < 0)
			return -errno;
		call->answer.n++;
		close(fd);
	}
	close(dir_fd);
	return n < 0 ? (int)n : 0;
}
