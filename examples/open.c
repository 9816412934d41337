/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Minimal example of opening the file behind each executable mapping: open PID. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mapfiles.h>

/*
 * The descriptor leads to the very file that is mapped, also when its name is gone
 * or leads to another file by now.
 */
//! [open]
static int print_size(struct mf_iter *iter, const struct mf_mapping *m)
{
	struct stat st;
	int fd, ret;

	printf("%s: ", m->path ? m->path : "-");
	fd = mf_open_fd(iter, m, 0);
	if (fd < 0) {
		printf("%s\n", mf_strerror(fd));
		return fd;
	}
	ret = fstat(fd, &st);
	if (ret < 0)
		perror("fstat");
	else
		printf("%lld bytes\n", (long long)st.st_size);
	close(fd);
	return ret;
}
//! [open]

//! [options]
/* Returns how many could not be opened, or -errno: then the list is cut off. */
static int print_sizes(int pid)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts), .prot = MF_PROT_EXEC };
	const struct mf_mapping *m;
	struct mf_iter *iter;
	int n_failed = 0, ret;

	ret = mf_iter_open(pid, &opts, &iter);
	if (ret < 0)
		return ret;
	while ((ret = mf_next(iter, &m)) > 0)
		n_failed += print_size(iter, m) < 0;
	mf_iter_close(iter);
	return ret < 0 ? ret : n_failed;
}
//! [options]

/* atoi() would take a word for 0, which is this process itself. */
static int parse_pid(const char *text)
{
	char *end;
	long long pid = strtoll(text, &end, 10);

	return end == text || *end || pid < 1 || pid > INT_MAX ? -1 : (int)pid;
}

int main(int argc, char **argv)
{
	int pid = argc == 2 ? parse_pid(argv[1]) : -1, ret;

	if (pid < 0) {
		fprintf(stderr, "usage: open PID\n");
		return 2;
	}
	ret = print_sizes(pid);
	if (ret < 0)
		fprintf(stderr, "open: process %s: %s\n", argv[1], mf_strerror(ret));
	if (fflush(stdout) || ferror(stdout)) {
		perror("open: cannot write");
		return 1;
	}
	return ret != 0;
}
