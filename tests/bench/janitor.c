/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that holds one end of a pipe, and cleans up when nobody holds the other.
 */
#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "janitor.h"

static char dir[4096];
static int ours_fd;
static pid_t janitor;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Not hit by what is typed at the terminal: it ends after all others. */
static void clean_up_after(int fd)
{
	char byte;

	setpgid(0, 0);
	signal(SIGPIPE, SIG_IGN);
	while (read(fd, &byte, 1) > 0) {
	}
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	_exit(0);
}

const char *temp_dir_in(const char *parent)
{
	int ends[2];

	snprintf(dir, sizeof(dir), "%s/t.XXXXXX", parent);
	if (!mkdtemp(dir) || pipe2(ends, O_CLOEXEC) < 0)
		err(1, "%s", dir);
	janitor = fork();
	if (janitor < 0)
		err(1, "fork");
	if (janitor == 0) {
		close(ends[1]);
		clean_up_after(ends[0]);
	}
	close(ends[0]);
	ours_fd = ends[1];
	return dir;
}

void temp_dir_end(void)
{
	close(ours_fd);
	waitpid(janitor, NULL, 0);
}
