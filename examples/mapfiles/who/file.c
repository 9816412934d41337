/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file that is asked about: found once, by name, and held from then on. It is
 * never opened for data, so a FIFO or a device is asked nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "who.h"

/* The descriptor's own name, if it does lead to the file: the name of a deleted one does not. */
static char *name_of(const struct file *file)
{
	char *link = format("/proc/self/fd/%d", file->path_fd), *path;
	char text[PATH_MAX];
	ssize_t n = readlink(link, text, sizeof(text));
	struct stat st;

	free(link);
	if (n <= 0 || n == sizeof(text) || text[0] != '/')
		return NULL;
	path = not_null(strndup(text, (size_t)n));
	if (lstat(path, &st) == 0 && st.st_dev == file->st.st_dev && st.st_ino == file->st.st_ino)
		return path;
	free(path);
	return NULL;
}

/*
 * realpath(3) of a directory that may be gone, as that of a version before an upgrade: what
 * is there of the way to it is resolved, the rest is as given. NULL if that cannot be said.
 */
static char *real_directory(const char *name)
{
	char *path = realpath(name, NULL), *trimmed, *slash, *parent;
	struct stat st;
	size_t len = strlen(name);

	if (path || errno != ENOENT)
		return path;
	while (len > 1 && name[len - 1] == '/')
		len--;
	trimmed = not_null(strndup(name, len));
	slash = strrchr(trimmed, '/');
	parent = !slash ? format(".") : format("%.*s/", (int)(slash - trimmed), trimmed);
	slash = slash ? slash + 1 : trimmed;
	/* A symlink that leads nowhere; and what ".." is of a directory that is gone. */
	if (lstat(trimmed, &st) < 0 && *slash && strcmp(slash, ".") != 0 &&
	    strcmp(slash, "..") != 0)
		path = real_directory(parent);
	free(parent);
	if (path) {
		parent = path;
		path = format("%s/%s", strcmp(parent, "/") == 0 ? "" : parent, slash);
		free(parent);
	}
	free(trimmed);
	return path;
}

/* The directory that a name is in, without symlinks, and what it is called there. */
static char *directory_of(const char *name, const char **ret_last)
{
	const char *slash = strrchr(name, '/');
	char *directory, *path;

	*ret_last = slash ? slash + 1 : name;
	directory = !slash ? format(".") : format("%.*s/", (int)(slash - name), name);
	path = real_directory(directory);
	free(directory);
	return path;
}

/* One step along a symlink; NULL if the name is none. Takes name over. */
static char *follow(char *name, const char *directory)
{
	char target[PATH_MAX];
	ssize_t n = readlink(name, target, sizeof(target) - 1);

	free(name);
	if (n <= 0)
		return NULL;
	target[n] = '\0';
	return target[0] == '/' ? format("%s", target) : format("%s/%s", directory, target);
}

/* What the name of a file would be if it were there. */
static char *name_of_missing(const char *name)
{
	char *at = format("%s", name), *next = at, *directory, *path = NULL;
	const char *last;
	int i;

	for (i = 0; i < 40 && next; i++) {
		at = next;
		directory = directory_of(at, &last);
		if (!directory || !*last) {
			free(directory);
			free(at);
			return NULL;
		}
		path = format("%s/%s", strcmp(directory, "/") == 0 ? "" : directory, last);
		next = follow(at, directory);
		free(directory);
		if (next)
			free(path);
	}
	if (!next)
		return path;
	free(next);
	return NULL;
}

int find_file(struct file *file, const char *name)
{
	int error;

	*file = (struct file){ .path_fd = open(name, O_PATH | O_CLOEXEC) };
	if (file->path_fd >= 0) {
		if (fstat(file->path_fd, &file->st) < 0)
			return -errno;
		file->path = name_of(file);
		return 0;
	}
	error = -errno;
	if (error == -ENOENT)
		file->path = name_of_missing(name);
	return file->path ? 0 : error;
}

void forget_file(struct file *file)
{
	if (file->path_fd >= 0)
		close(file->path_fd);
	free(file->path);
}
