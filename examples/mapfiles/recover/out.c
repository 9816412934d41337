/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file that is made. It did not exist before, and does not afterwards if the program
 * is ended in the middle.
 */
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "../../common/ctrl_c.h"
#include "recover.h"

/* For a signal handler: only set while the file is written. */
static const char *unfinished;

static void remove_unfinished(void)
{
	if (unfinished)
		unlink(unfinished);
}

int out_begin(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		fail_errno(path);
		return -1;
	}
	unfinished = path;
	ctrl_c_begin(remove_unfinished);
	return fd;
}

/* A close or an fsync that fails loses data as a write that fails does. */
bool out_end(int fd, const char *path)
{
	bool ok = fsync(fd) == 0;

	ok = close(fd) == 0 && ok;
	if (!ok)
		fail_errno(path);
	ctrl_c_end();
	unfinished = NULL;
	return ok;
}
