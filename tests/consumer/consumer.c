/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stranger's program: count what a process has mapped, and what of it can be opened. */
#include <mapfiles.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const struct mf_mapping *mapping;
	struct mf_iter *iter;
	int listed = 0, opened = 0, fd,
	    ret = mf_iter_open(argc > 1 ? atoi(argv[1]) : 0, NULL, &iter);

	while (ret >= 0 && (ret = mf_next(iter, &mapping)) > 0) {
		listed++;
		if ((fd = mf_open_fd(iter, mapping, 0)) >= 0)
			opened += !close(fd);
	}
	printf("%d listed, %d opened: %s\n", listed, opened, ret ? mf_strerror(ret) : "complete");
	return ret ? 1 : 0;
}
