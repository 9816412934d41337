/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Minimal example of reading an ELF core with the calls for a live process: what was mapped,
 * and whether the file of that name is still the one that was. core FILE
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mapfiles.h>

#include "common/arguments.h"

const int status_of_failure = EXIT_FAILURE;

//! [core]
static int open_core(const char *path, struct mf_iter **ret_iter)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = mf_iter_open_core(fd, NULL, ret_iter);
	close(fd); /* the iterator has its own */
	return ret;
}
//! [core]

//! [sure]
static const char *verdict(struct mf_iter *iter, const struct mf_mapping *m)
{
	const struct mf_open_info *info;
	int fd = mf_open_fd(iter, m, 0);

	if (fd < 0)
		return mf_strerror(fd); /* -ESTALE: it was replaced, by an upgrade say */
	close(fd);
	if (mf_open_info(iter, &info) < 0)
		return "?";
	return info->sure == MF_SURE_BUILD_ID ? "the same build id" : "the same name";
}
//! [sure]

int main(int argc, char **argv)
{
	struct mf_iter *iter = NULL;
	const struct mf_mapping *m;
	int ret;

	if (argc != 2) {
		fprintf(stderr, "usage: core FILE\n");
		return 2;
	}
	ret = open_core(argv[1], &iter);
	while (ret >= 0 && (ret = mf_next(iter, &m)) > 0)
		printf("%" PRIx64 "-%" PRIx64 " %s: %s\n", m->start, m->end,
		       m->path ? m->path : "-", verdict(iter, m));
	if (ret < 0)
		fprintf(stderr, "core: %s: %s\n", argv[1], mf_strerror(ret));
	mf_iter_close(iter);
	return finish_output(ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
