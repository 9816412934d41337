/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor of what asks the ioctl: one PROCMAP_QUERY a mapping.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "contestant.h"
#include "raw.h"

static char name[RAW_NAME_MAX];

static int query_one(pid_t pid, const struct raw_asking *asking, struct tally *answer)
{
	struct raw_query query = { .flags = asking->flags | RAW_COVERING_OR_NEXT,
				   .name = asking->name_size ? (uintptr_t)name : 0 };
	int fd = raw_open(pid, "maps", O_RDONLY), ret;

	if (fd < 0)
		return fd;
	for (;;) {
		query.name_size = asking->name_size;
		ret = raw_query(fd, &query);
		if (ret < 0)
			break;
		answer->n++;
		answer->sum += query.vma_start + query.vma_end;
		answer->name_bytes += query.name_size ? query.name_size - 1 : 0;
		query.addr = query.vma_end;
	}
	close(fd);
	return ret == -ENOENT ? 0 : ret;
}

int raw_query_all(struct call *call)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < call->subject->n_pids && ret == 0; i++)
		ret = query_one(call->subject->pids[i], call->how, &call->answer);
	return ret;
}
