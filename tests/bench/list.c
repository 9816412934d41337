/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mapped files of processes, a line each, with what pmap(1) prints: what the commands of
 * others are compared with.
 * usage: bench-list PID...
 */
#include <stdio.h>
#include <stdlib.h>

#include <mapfiles.h>

static int list(int pid)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts),
					   .flags = MF_ITER_STREAM | MF_ITER_RUN_NAMES };
	const struct mf_mapping *m;
	struct mf_iter *iter;
	int ret = mf_iter_open(pid, &opts, &iter);

	if (ret < 0)
		return ret;
	while ((ret = mf_next(iter, &m)) > 0)
		printf("%016llx %6lluK %c%c%c%c %s\n", (unsigned long long)m->start,
		       (unsigned long long)(m->end - m->start) / 1024,
		       m->prot & MF_PROT_READ ? 'r' : '-', m->prot & MF_PROT_WRITE ? 'w' : '-',
		       m->prot & MF_PROT_EXEC ? 'x' : '-', m->flags & MF_MAPPING_SHARED ? 's' : '-',
		       m->path ? m->path : "");
	mf_iter_close(iter);
	return ret;
}

int main(int argc, char **argv)
{
	int i, ret = 0;

	for (i = 1; i < argc && ret == 0; i++) {
		printf("%s:\n", argv[i]);
		ret = list(atoi(argv[i]));
	}
	if (ret < 0)
		fprintf(stderr, "%s: %s\n", argv[i - 1], mf_strerror(ret));
	return ret < 0 || argc < 2;
}
