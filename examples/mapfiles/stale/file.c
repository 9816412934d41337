/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that is written whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/text.h"
#include "file.h"

/* Node exporter, which reads it, is another user. */
enum { MODE = 0644 };

/* A device or a link would be replaced by a file: that is nobody's wish. */
static int check_name(const char *name)
{
	struct stat st;

	if (lstat(name, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	return S_ISREG(st.st_mode) ? 0 : -EEXIST;
}

/* Beside it, since rename(2) crosses no mount; without its ending, by which readers know theirs. */
static char *temporary_name(const char *name)
{
	const char *slash = strrchr(name, '/');
	int directory_len = slash ? (int)(slash - name) + 1 : 0;

	return format("%.*s.mapfiles-stale.XXXXXX", directory_len, name);
}

int new_file_begin(struct new_file *file, const char *name)
{
	int error, fd;

	*file = (struct new_file){ .name = name, .stdout_fd = -1 };
	if (!name)
		return 0;
	error = check_name(name);
	if (error)
		return error;
	file->temporary = temporary_name(name);
	fd = mkostemp(file->temporary, O_CLOEXEC);
	if (fd < 0) {
		error = -errno;
		free(file->temporary);
		return error;
	}
	fflush(stdout);
	file->stdout_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (file->stdout_fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		error = -errno;
	close(fd);
	if (error) {
		unlink(file->temporary);
		free(file->temporary);
	}
	return error;
}

static int write_out(void)
{
	if (fflush(stdout) != 0 || fchmod(STDOUT_FILENO, MODE) < 0 || fsync(STDOUT_FILENO) < 0)
		return -errno;
	return ferror(stdout) ? -EIO : 0;
}

int new_file_end(struct new_file *file)
{
	int error;

	if (!file->name)
		return 0;
	error = write_out();
	if (dup2(file->stdout_fd, STDOUT_FILENO) < 0 && !error)
		error = -errno;
	close(file->stdout_fd);
	if (!error && rename(file->temporary, file->name) < 0)
		error = -errno;
	if (error)
		unlink(file->temporary);
	clearerr(stdout);
	free(file->temporary);
	return error;
}
