/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that had the name of the one asked about. That a process shows the same
 * name is not enough: in another mount namespace it is another file's, and a file
 * may well be called "x (deleted)". What the name leads to now decides.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "who.h"

static const char mark[] = " (deleted)";

enum view { LEADS_TO_FILE, LEADS_NOWHERE, LEADS_ELSEWHERE };

/* A file of the process's directory in procfs; malloc'ed. */
static char *proc_path(const struct scan *scan, int pid, const char *name)
{
	return format("%s/%d/%s", scan->proc_root ? scan->proc_root : "/proc", pid, name);
}

/* Names are those of the mount namespace; of a chroot in it the kernel shows the whole. */
static bool is_our_namespace(const struct scan *scan, int pid)
{
	char *path = proc_path(scan, pid, "ns/mnt");
	struct stat theirs, ours;
	bool same = stat(path, &theirs) == 0 && stat("/proc/self/ns/mnt", &ours) == 0 &&
		    theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;

	free(path);
	return same;
}

/* O_PATH, of whatever has that name where the process lives; -errno. */
static int open_as_seen_by(const struct scan *scan, int pid, const char *name)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	char *path = is_our_namespace(scan, pid) ? format("/") : proc_path(scan, pid, "root");
	int root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), ret;

	free(path);
	if (root_fd < 0)
		return -errno;
	ret = (int)syscall(SYS_openat2, root_fd, name, &how, sizeof(how));
	ret = ret < 0 ? -errno : ret;
	close(root_fd);
	return ret;
}

static enum view what_is_seen(const struct answers *answers, int pid)
{
	const struct file *file = answers->file;
	enum view view = LEADS_ELSEWHERE;
	struct stat st;
	int path_fd;

	if (is_our_namespace(answers->scan, pid))
		return file->path_fd >= 0 ? LEADS_TO_FILE : LEADS_NOWHERE;
	path_fd = open_as_seen_by(answers->scan, pid, file->path);
	if (path_fd < 0)
		return path_fd == -ENOENT ? LEADS_NOWHERE : LEADS_ELSEWHERE;
	if (file->path_fd >= 0 && fstat(path_fd, &st) == 0 && st.st_dev == file->st.st_dev &&
	    st.st_ino == file->st.st_ino)
		view = LEADS_TO_FILE;
	close(path_fd);
	return view;
}

/* Whether a name that ends in the mark is a file's real one, which leads to it. */
static bool is_literal(const struct answers *answers, const struct mf_object *object,
		       const struct mf_object_user *user)
{
	struct stat st;
	int path_fd;
	bool same;

	if (!(object->has & MF_HAS_STAT))
		return !(object->flags & MF_OBJECT_DELETED);
	path_fd = open_as_seen_by(answers->scan, user->pid, user->path);
	if (path_fd < 0)
		return false;
	same = fstat(path_fd, &st) == 0 && major(st.st_dev) == object->st_dev_major &&
	       minor(st.st_dev) == object->st_dev_minor && st.st_ino == object->st_ino;
	close(path_fd);
	return same;
}

bool had_the_name(const struct answers *answers, const struct mf_object *object,
		  const struct mf_object_user *user, enum verdict *ret_verdict)
{
	const struct file *file = answers->file;
	size_t len = file->path ? strlen(file->path) : 0;
	bool marked;
	enum view view;

	if (object->kind != MF_KIND_FILE || !file->path || !user->path ||
	    strncmp(user->path, file->path, len) != 0)
		return false;
	marked = strcmp(user->path + len, mark) == 0;
	if (!marked && user->path[len] != '\0')
		return false;
	if (marked && is_literal(answers, object, user))
		return false;
	view = what_is_seen(answers, user->pid);
	if (view == LEADS_ELSEWHERE || (view == LEADS_NOWHERE && file->path_fd >= 0))
		return false;
	if (!marked)
		*ret_verdict = MASKED;
	else
		*ret_verdict = view == LEADS_NOWHERE ? DELETED : REPLACED;
	return true;
}
