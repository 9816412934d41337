/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Minimal example of finding what an address of a process belongs to, as a debugger
 * or a crash handler asks it: find PID ADDRESS prints the file and the offset in it.
 */
#include <stdio.h>
#include <stdlib.h>

#include <mapfiles.h>

int main(int argc, char **argv)
{
	const struct mf_mapping *m;
	struct mf_iter *iter;
	uint64_t addr;
	int ret;

	if (argc != 3) {
		fprintf(stderr, "usage: find PID ADDRESS\n");
		return 2;
	}
	addr = strtoull(argv[2], NULL, 16);
	ret = mf_iter_open(atoi(argv[1]), NULL, &iter);
	if (ret < 0) {
		fprintf(stderr, "find: process %s: %s\n", argv[1], mf_strerror(ret));
		return 1;
	}
	//! [find]
	ret = mf_find(iter, addr, &m); /* asks the kernel as it is now, each time */
	if (ret > 0 && m->has & MF_HAS_OFFSET)
		printf("%s +0x%llx\n", m->path ? m->path : mf_kind_name(m->kind),
		       (unsigned long long)(addr - m->start + m->offset));
	else if (ret > 0)
		printf("%s\n", m->path ? m->path : mf_kind_name(m->kind));
	else if (ret == 0)
		printf("nothing is mapped there\n");
	else
		fprintf(stderr, "find: process %s: %s\n", argv[1], mf_strerror(ret));
	//! [find]
	mf_iter_close(iter);
	return ret <= 0;
}
