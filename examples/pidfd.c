/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Minimal example of listing a process through a pidfd, as a supervisor holds it: the
 * number may be given to another process one day, the pidfd never. pidfd PID
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mapfiles.h>

//! [pidfd]
static int count_mapped_files(int pidfd)
{
	const struct mf_mapping *m;
	struct mf_iter *iter;
	int n = 0, ret;

	ret = mf_iter_open_pidfd(pidfd, NULL, &iter);
	if (ret < 0)
		return ret;
	while ((ret = mf_next(iter, &m)) > 0)
		n++;
	mf_iter_close(iter);
	return ret < 0 ? ret : n;
}
//! [pidfd]

/* atoi() would take a word for 0, which is this process itself. */
static int parse_pid(const char *text)
{
	char *end;
	long long pid = strtoll(text, &end, 10);

	return end == text || *end || pid < 1 || pid > INT_MAX ? -1 : (int)pid;
}

int main(int argc, char **argv)
{
	int pid = argc == 2 ? parse_pid(argv[1]) : -1;
	int pidfd, n;

	if (pid < 0) {
		fprintf(stderr, "usage: pidfd PID\n");
		return 2;
	}
	/* By number: glibc has pidfd_open() only since 2.36. */
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		fprintf(stderr, "pidfd: process %s: ", argv[1]);
		perror("pidfd_open");
		return 1;
	}
	n = count_mapped_files(pidfd);
	close(pidfd);
	if (n < 0)
		fprintf(stderr, "pidfd: process %s: %s\n", argv[1], mf_strerror(n));
	else
		printf("%d mappings of files\n", n);
	if (fflush(stdout) || ferror(stdout)) {
		perror("pidfd: cannot write");
		return 1;
	}
	return n < 0;
}
