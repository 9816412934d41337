/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor of finding the mapping at an address: one ioctl, maps open already or not.
 */
#include <fcntl.h>
#include <unistd.h>

#include "contestant.h"
#include "raw.h"

static char name[RAW_NAME_MAX];

int raw_find_begin(struct call *call)
{
	int fd = raw_open(call->subject->pids[0], "maps", O_RDONLY);

	call->state = (void *)(intptr_t)fd; /* NOLINT */
	return fd < 0 ? fd : 0;
}

void raw_find_end(struct call *call)
{
	close((int)(intptr_t)call->state);
}

static int find_one(int fd, uint64_t addr, const struct raw_asking *asking, struct tally *answer)
{
	struct raw_query query = { .addr = addr,
				   .name = asking->name_size ? (uintptr_t)name : 0,
				   .name_size = asking->name_size };
	int ret = raw_query(fd, &query);

	answer->n++;
	answer->sum += query.vma_start + query.vma_end;
	answer->name_bytes += query.name_size ? query.name_size - 1 : 0;
	return ret;
}

int raw_find(struct call *call)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < N_ADDRESSES && ret == 0; i++)
		ret = find_one((int)(intptr_t)call->state, call->subject->addresses[i], call->how,
			       &call->answer);
	return ret;
}

int raw_find_from_nothing(struct call *call)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < N_ADDRESSES && ret == 0; i++) {
		int fd = raw_open(call->subject->pids[0], "maps", O_RDONLY);

		ret = find_one(fd, call->subject->addresses[i], call->how, &call->answer);
		close(fd);
	}
	return ret;
}
