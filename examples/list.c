/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Minimal example of listing the files that a process has mapped: list [PID]. */
#include <stdio.h>
#include <stdlib.h>

#include <mapfiles.h>

int main(int argc, char **argv)
{
	int pid = argc > 1 ? atoi(argv[1]) : 0; /* 0 is this process itself */

	//! [list]
	const struct mf_mapping *m;
	struct mf_iter *iter;
	int ret = mf_iter_open(pid, NULL, &iter);

	if (ret < 0) {
		fprintf(stderr, "list: process %d: %s\n", pid, mf_strerror(ret));
		return 1;
	}
	while ((ret = mf_next(iter, &m)) > 0)
		printf("%llx-%llx %s %s\n", (unsigned long long)m->start,
		       (unsigned long long)m->end, mf_kind_name(m->kind), m->path ? m->path : "-");
	if (ret < 0) /* only 0 means that the list is complete */
		fprintf(stderr, "list: process %d: cut off: %s\n", pid, mf_strerror(ret));
	mf_iter_close(iter);
	//! [list]
	return ret < 0;
}
