/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deleted files that no upgrade removed: programs map code and data of their own making
 * and delete the file at once, so that nobody else sees it and it is gone with them.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/text.h"
#include "look.h"
#include "stale.h"

/* Where packages put programs and no program puts files at run time. */
static const char *const program_directories[] = {
	"/usr/",   "/bin/",    "/sbin/", "/lib/", "/lib32/",
	"/lib64/", "/libx32/", "/opt/",	 "/nix/", "/gnu/",
};

static bool is_in_program_directory(const char *name)
{
	size_t n = sizeof(program_directories) / sizeof(program_directories[0]), i;

	for (i = 0; i < n; i++)
		if (strncmp(name, program_directories[i], strlen(program_directories[i])) == 0)
			return true;
	return false;
}

/* open(2) with O_TMPFILE: the kernel's name for it is "#" and the inode's number. */
static bool never_had_a_name(const struct look *look, const char *name)
{
	const char *last = strrchr(name, '/');
	char *wanted;
	bool same;

	if (!last || look->fd < 0)
		return false;
	wanted = format("/#%llu", (unsigned long long)look->st.stx_ino);
	same = strcmp(last, wanted) == 0;
	free(wanted);
	return same;
}

/* Whether everybody may make files in the directory, as in /tmp; not what is mounted over it. */
static bool is_public(const struct report *report, const struct view *view, const struct look *look,
		      const char *directory)
{
	int fd = view_open(&report->views, view, directory);
	struct statx st;
	bool is = fd >= 0 &&
		  statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MODE | STATX_MNT_ID,
			&st) == 0 &&
		  st.stx_mode & S_IWOTH &&
		  (!look->has_mount || st.stx_mnt_id == look->st.stx_mnt_id);

	if (fd >= 0)
		close(fd);
	return is;
}

static bool is_below_public(const struct report *report, const struct view *view,
			    const struct look *look, const char *name)
{
	char *directory = not_null(strdup(name)), *slash;
	bool is = false;

	while (!is && (slash = strrchr(directory, '/')) && slash != directory) {
		*slash = '\0';
		is = is_public(report, view, look, directory);
	}
	free(directory);
	return is;
}

static bool is_younger(const struct look *look, const struct task *task)
{
	const struct statx_timestamp *born = look->st.stx_mask & STATX_BTIME ? &look->st.stx_btime :
									       &look->st.stx_mtime;

	return look->fd >= 0 && task_began_before(task, born);
}

const char *why_temporary(const struct report *report, const struct view *view,
			  const struct look *look, const struct task *task)
{
	char *path = not_null(strndup(look->path, look->name_len));
	const char *name = task->view ? view_below(task->view, path) : NULL, *why = NULL;

	if (never_had_a_name(look, path))
		why = "it never had a name (O_TMPFILE)";
	else if (look->for_writing)
		why = "the process opened it for writing: a file of its own";
	else if (is_younger(look, task) && !is_in_program_directory(name ? name : path))
		why = "it is younger than the process, and was in no directory of programs";
	else if (!view && look->has_mount)
		why = "it was on a mount that is gone, as an initramfs's is";
	else if (view && is_below_public(report, view, look, path))
		why = "it was below a directory that everybody may write to";
	free(path);
	return why;
}
