/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Minimal example of listing the files that a process has mapped: list [PID]. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <mapfiles.h>

/* atoi() would take a word for 0, which is this process itself. */
static int parse_pid(const char *text)
{
	char *end;
	long long pid = strtoll(text, &end, 10);

	return end == text || *end || pid < 1 || pid > INT_MAX ? -1 : (int)pid;
}

//! [list]
static int list(int pid)
{
	const struct mf_mapping *m;
	struct mf_iter *iter;
	int ret = mf_iter_open(pid, NULL, &iter);

	if (ret < 0)
		return ret;
	while ((ret = mf_next(iter, &m)) > 0)
		printf("%llx-%llx %s %s\n", (unsigned long long)m->start,
		       (unsigned long long)m->end, mf_kind_name(m->kind), m->path ? m->path : "-");
	mf_iter_close(iter);
	return ret; /* only 0 means that the list is complete */
}
//! [list]

int main(int argc, char **argv)
{
	int pid = argc > 1 ? parse_pid(argv[1]) : 0; /* 0 is this process itself */
	int ret;

	if (argc > 2 || pid < 0) {
		fprintf(stderr, "usage: list [PID]\n");
		return 2;
	}
	ret = list(pid);
	if (ret < 0)
		fprintf(stderr, "list: process %d: %s\n", pid, mf_strerror(ret));
	if (fflush(stdout) || ferror(stdout)) {
		perror("list: cannot write");
		return 1;
	}
	return ret < 0;
}
