/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Minimal example of finding what an address of a process belongs to, as a debugger
 * or a crash handler asks it: find PID ADDRESS prints the file and the offset in it.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <mapfiles.h>

#include "common/address.h"

/* atoi() would take a word for 0, which is this process itself. */
static int parse_pid(const char *text)
{
	char *end;
	long long pid = strtoll(text, &end, 10);

	return end == text || *end || pid < 1 || pid > INT_MAX ? -1 : (int)pid;
}

//! [find]
/* Asks the kernel as it is now, each time. Returns as mf_find() does. */
static int print_place(struct mf_iter *iter, uint64_t addr)
{
	const struct mf_mapping *m;
	int ret = mf_find(iter, addr, &m);

	if (ret > 0 && m->has & MF_HAS_OFFSET)
		printf("%s +0x%llx\n", m->path ? m->path : mf_kind_name(m->kind),
		       (unsigned long long)(addr - m->start + m->offset));
	else if (ret > 0)
		printf("%s\n", m->path ? m->path : mf_kind_name(m->kind));
	else if (ret == 0)
		printf("nothing is mapped there\n");
	return ret;
}
//! [find]

int main(int argc, char **argv)
{
	struct mf_iter *iter = NULL;
	uint64_t addr;
	int pid, ret;

	pid = argc == 3 ? parse_pid(argv[1]) : -1;
	if (pid < 0 || !parse_address(argv[2], &addr)) {
		fprintf(stderr, "usage: find PID ADDRESS\n");
		return 2;
	}
	ret = mf_iter_open(pid, NULL, &iter);
	if (ret == 0)
		ret = print_place(iter, addr);
	if (ret < 0)
		fprintf(stderr, "find: process %s: %s\n", argv[1], mf_strerror(ret));
	mf_iter_close(iter);
	if (fflush(stdout) || ferror(stdout)) {
		perror("find: cannot write");
		return 1;
	}
	return ret <= 0;
}
