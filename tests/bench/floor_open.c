/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor of opening each distinct object: a walk by PROCMAP_QUERY without names, and for
 * each device and inode that is new an O_PATH descriptor by its link in map_files, and fstat.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contestant.h"
#include "distinct.h"
#include "raw.h"

#define MAX_FDS 4096

static int fds[MAX_FDS];

static int open_link(int dir_fd, const struct raw_query *query)
{
	char link[40];
	struct stat st;
	int fd;

	snprintf(link, sizeof(link), "%llx-%llx", (unsigned long long)query->vma_start,
		 (unsigned long long)query->vma_end);
	fd = openat(dir_fd, link, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return fd;
}

static int open_each(int maps_fd, int dir_fd, struct distinct *seen, struct tally *answer)
{
	struct raw_query query = { .flags = RAW_COVERING_OR_NEXT | RAW_FILE_BACKED };
	int ret;

	while ((ret = raw_query(maps_fd, &query)) == 0) {
		query.addr = query.vma_end;
		if (!distinct_add(seen, query.major, query.minor, query.inode))
			continue;
		if (answer->n == MAX_FDS)
			return -EMFILE;
		ret = open_link(dir_fd, &query);
		if (ret < 0)
			return ret;
		fds[answer->n++] = ret;
	}
	return ret == -ENOENT ? 0 : ret;
}

int raw_open_distinct(struct call *call)
{
	int maps_fd = raw_open(call->subject->pids[0], "maps", O_RDONLY);
	int dir_fd = raw_open(call->subject->pids[0], "map_files", O_RDONLY | O_DIRECTORY);
	struct distinct seen = { 0 };
	int ret = open_each(maps_fd, dir_fd, &seen, &call->answer);
	uint64_t i;

	for (i = 0; i < call->answer.n; i++)
		close(fds[i]);
	distinct_free(&seen);
	close(dir_fd);
	close(maps_fd);
	return ret;
}
