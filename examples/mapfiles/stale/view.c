/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Root directories in mount namespaces, and names that are looked up in them. Never
 * waits for a file server unless it was told that it may: what the kernel knows by heart
 * is asked first, and then only where no such server is on the way.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../common/arguments.h"
#include "../../common/text.h"
#include "view.h"

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

struct remembered {
	int pid;
	struct view *view;
};

static char *proc_path(const struct views *views, const char *who, const char *name)
{
	const char *root = strcmp(who, "self") != 0 ? views->scan->proc_root : NULL;

	return format("%s/%s/%s", root ? root : "/proc", who, name);
}

static bool identify(const struct views *views, const char *who, struct view *view)
{
	char *ns_path = proc_path(views, who, "ns/mnt");
	struct statx root;
	struct stat ns;
	bool done = stat(ns_path, &ns) == 0 &&
		    statx(view->root_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
			  STATX_INO | STATX_MNT_ID, &root) == 0;

	free(ns_path);
	if (!done)
		return false;
	memset(&view->key, 0, sizeof(view->key));
	view->key.ns_dev = ns.st_dev;
	view->key.ns_ino = ns.st_ino;
	view->key.root_dev = (uint64_t)root.stx_dev_major << 32 | root.stx_dev_minor;
	view->key.root_ino = root.stx_ino;
	view->key.root_mount = root.stx_mnt_id;
	return true;
}

/* As the names of files are: from our own root, or from that of its namespace. */
static char *where_root_is(const char *link)
{
	char text[PATH_MAX];
	ssize_t n = readlink(link, text, sizeof(text) - 1);

	if (n < 0)
		return NULL;
	text[n] = '\0';
	return format("%s", strcmp(text, "/") == 0 ? "" : text);
}

static void free_view(struct view *view)
{
	int error = errno;

	if (view->root_fd >= 0)
		close(view->root_fd);
	mounts_free(&view->mounts);
	tdestroy(view->seen, free);
	free(view->prefix);
	free(view);
	errno = error;
}

/* root is the directory's name, and what it is called in the kernel's names is read from it. */
static struct view *open_view(const struct views *views, const char *who, const char *root)
{
	struct view *view = not_null(calloc(1, sizeof(*view)));

	view->root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (view->root_fd >= 0 && identify(views, who, view))
		return view;
	free_view(view);
	return NULL;
}

static bool complete_view(const struct views *views, const char *who, const char *root,
			  struct view *view)
{
	view->prefix = where_root_is(root);
	return view->prefix && mounts_read(&view->mounts, views->scan->proc_root, who);
}

bool views_open(struct views *views, const struct scan *scan, bool may_block)
{
	*views = (struct views){ .scan = scan, .may_block = may_block };
	views->ours = open_view(views, "self", "/");
	if (!views->ours)
		return false;
	views->ours->prefix = format("%s", "");
	return mounts_read(&views->ours->mounts, NULL, "self");
}

void views_close(struct views *views)
{
	size_t i;

	for (i = 0; i < views->n_others; i++)
		free_view(views->others[i]);
	free(views->others);
	tdestroy(views->remembered, free);
	if (views->ours)
		free_view(views->ours);
}

static struct view *known_view(const struct views *views, const struct view *like)
{
	size_t i;

	if (memcmp(&views->ours->key, &like->key, sizeof(like->key)) == 0)
		return views->ours;
	for (i = 0; i < views->n_others; i++)
		if (memcmp(&views->others[i]->key, &like->key, sizeof(like->key)) == 0)
			return views->others[i];
	return NULL;
}

static struct view *keep_view(struct views *views, const char *who, const char *root,
			      struct view *view)
{
	struct view *known = known_view(views, view);

	if (known || !complete_view(views, who, root, view)) {
		free_view(view);
		return known;
	}
	views->others = with_room(views->others, views->n_others, sizeof(*views->others));
	views->others[views->n_others++] = view;
	return view;
}

struct view *view_of(struct views *views, int pid)
{
	char *who = format("%d", pid), *root = proc_path(views, who, "root");
	struct view *view = open_view(views, who, root);

	if (view)
		view = keep_view(views, who, root, view);
	free(root);
	free(who);
	return view;
}

/* mountinfo leaves out the mount that the root is in, unless the root is the mount's own. */
static bool shows(const struct view *view, uint64_t mount, const char *path)
{
	return view && (view->key.root_mount == mount || mounts_have(&view->mounts, mount)) &&
	       view_below(view, path);
}

static void look_at_all(struct views *views)
{
	const char *root = views->scan->proc_root;
	DIR *dir = opendir(root ? root : "/proc");
	struct dirent *entry;
	int pid;

	views->knows_all = true;
	while (dir && (entry = readdir(dir)))
		if (parse_pid(entry->d_name, &pid))
			view_of(views, pid);
	if (dir)
		closedir(dir);
}

static struct view *other_with_mount(const struct views *views, uint64_t mount, const char *path)
{
	size_t i;

	for (i = 0; i < views->n_others; i++)
		if (shows(views->others[i], mount, path))
			return views->others[i];
	return NULL;
}

struct view *view_with_mount(struct views *views, int pid, uint64_t mount, const char *path)
{
	struct view *view;

	if (shows(views->ours, mount, path))
		return views->ours;
	view = view_of(views, pid);
	if (shows(view, mount, path))
		return view;
	view = other_with_mount(views, mount, path);
	if (view || views->knows_all)
		return view;
	look_at_all(views);
	return other_with_mount(views, mount, path);
}

struct view *view_of_names(struct views *views, int pid)
{
	struct view *view = view_of(views, pid);

	if (view && view->key.ns_ino == views->ours->key.ns_ino &&
	    view->key.ns_dev == views->ours->key.ns_dev)
		return views->ours;
	return view;
}

const char *view_below(const struct view *view, const char *path)
{
	size_t len = strlen(view->prefix);

	if (strncmp(path, view->prefix, len) != 0 || path[len] != '/')
		return NULL;
	return path + len;
}

static int open_name(const struct view *view, const char *name, uint64_t resolve)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve,
	};
	int fd = (int)syscall(SYS_openat2, view->root_fd, name, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

int view_open(const struct views *views, const struct view *view, const char *path)
{
	const char *name = view_below(view, path);
	int fd = name ? open_name(view, name, RESOLVE_CACHED) : -EXDEV;

	/* -EINVAL: before Linux 5.12. */
	if (fd != -EAGAIN && fd != -EINVAL)
		return fd == -ENOTDIR ? -ENOENT : fd;
	if (!views->may_block && mounts_may_block(&view->mounts, name))
		return -EAGAIN;
	fd = open_name(view, name, RESOLVE_NO_SYMLINKS);
	/* The kernel's names have no symlinks: this one is new, and may lead to any mount. */
	if (fd == -ELOOP && (views->may_block || !mounts_may_block(&view->mounts, NULL)))
		fd = open_name(view, name, 0);
	else if (fd == -ELOOP)
		fd = -EAGAIN;
	return fd == -ENOTDIR ? -ENOENT : fd;
}

static int compare_remembered(const void *one, const void *other)
{
	const struct remembered *a = one, *b = other;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

struct view *view_remembered(struct views *views, int pid)
{
	struct remembered *r = not_null(malloc(sizeof(*r))), **node;

	r->pid = pid;
	node = not_null(tsearch(r, &views->remembered, compare_remembered));
	if (*node == r)
		r->view = view_of_names(views, pid);
	else
		free(r);
	return (*node)->view;
}

static int compare_seen(const void *one, const void *other)
{
	const struct seen *a = one, *b = other;

	return strcmp(a->name, b->name);
}

static void look_up(const struct views *views, const struct view *view, struct seen *seen)
{
	int fd = view_open(views, view, seen->name);
	struct statx st;

	seen->object = NULL;
	if (fd < 0)
		return;
	if (mf_objects_find_fd(views->scan->objects, fd, &seen->object) <= 0 ||
	    statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MTIME, &st) < 0)
		seen->object = NULL;
	else
		seen->written = st.stx_mtime;
	close(fd);
}

const struct seen *view_seen(const struct views *views, struct view *view, const char *path)
{
	size_t size = strlen(path) + 1;
	struct seen *seen = not_null(malloc(sizeof(*seen) + size)), **node;

	memcpy(seen->name, path, size);
	node = not_null(tsearch(seen, &view->seen, compare_seen));
	if (*node == seen)
		look_up(views, view, seen);
	else
		free(seen);
	return *node;
}
