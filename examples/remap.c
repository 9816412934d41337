/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Minimal example of mapping here what another process maps, the same object: a text that is
 * written here is seen there. remap PID ADDRESS TEXT
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <mapfiles.h>

#include "common/address.h"
#include "common/arguments.h"

const int status_of_failure = EXIT_FAILURE;

//! [remap]
/* Returns 0, or -errno with the reason printed. The plan lives until the next mf_remap(). */
static int map_here(struct mf_iter *iter, const struct mf_mapping *m, void **ret_addr,
		    const struct mf_remap_plan **ret_plan)
{
	int ret = mf_remap(iter, m, NULL, ret_addr);

	if (mf_remap_made(iter, ret_plan) == 0 && ret < 0)
		fprintf(stderr, "remap: %s\n", mf_refusal_text((*ret_plan)->refusal));
	else if (ret < 0)
		fprintf(stderr, "remap: %s\n", mf_strerror(ret));
	return ret;
}
//! [remap]

static bool is_written_through(const struct mf_remap_plan *plan)
{
	return plan->flags & MF_MAPPING_SHARED && plan->prot & MF_PROT_WRITE;
}

static int write_text(struct mf_iter *iter, uint64_t addr, const char *text)
{
	const struct mf_remap_plan *plan;
	const struct mf_mapping *m;
	const size_t len = strlen(text);
	uint64_t at;
	void *ours;
	int ret = mf_find(iter, addr, &m);

	if (ret <= 0) {
		fprintf(stderr, "remap: %s\n", ret ? mf_strerror(ret) : "nothing is mapped there");
		return -1;
	}
	at = addr - m->start;
	if (map_here(iter, m, &ours, &plan))
		return -1;
	ret = is_written_through(plan) && len <= plan->length - at ? 0 : -1;
	if (!ret)
		memcpy((char *)ours + at, text, len);
	else
		fprintf(stderr, "remap: that mapping is not shared, not writable or too short\n");
	munmap(ours, plan->length);
	return ret;
}

int main(int argc, char **argv)
{
	struct mf_iter *iter;
	uint64_t addr;
	int pid, ret;

	if (argc != 4 || !parse_pid(argv[1], &pid) || !parse_address(argv[2], &addr)) {
		fprintf(stderr, "usage: remap PID ADDRESS TEXT\n");
		return 2;
	}
	ret = mf_iter_open(pid, NULL, &iter);
	if (ret) {
		fprintf(stderr, "remap: process %d: %s\n", pid, mf_strerror(ret));
		return EXIT_FAILURE;
	}
	ret = write_text(iter, addr, argv[3]);
	mf_iter_close(iter);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
