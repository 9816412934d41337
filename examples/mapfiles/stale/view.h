/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A view: a root directory in a mount namespace, in which the names of mapped files are
 * looked up. The kernel shows us a file's name from our own root, or, if it cannot be
 * reached from there, from the root of the mount namespace that it is in.
 */
#ifndef STALE_VIEW_H
#define STALE_VIEW_H

#include <sys/stat.h>

#include "../scan.h"
#include "mounts.h"

struct view {
	struct {
		uint64_t ns_dev, ns_ino, root_dev, root_ino, root_mount;
	} key;
	int root_fd; /* O_PATH */
	char *prefix; /* of the kernel's names: where the root is; "" for "/" */
	struct mounts mounts; /* when it was first seen */
	void *seen; /* of view_object() */
};

struct views {
	const struct scan *scan;
	bool may_block; /* servers may be asked that may never answer */
	struct view *ours;
	struct view **others;
	size_t n_others;
	bool knows_all; /* every process's was looked at */
	void *remembered; /* of view_remembered() */
};

/* What a name led to when it was first looked up. */
struct seen {
	const struct mf_object *object; /* NULL: to nothing, or to what nobody maps */
	struct statx_timestamp written; /* with object */
	char name[];
};

/* False with errno set if even our own root cannot be opened. */
bool views_open(struct views *views, const struct scan *scan, bool may_block);
void views_close(struct views *views);

/* What the process's root is; NULL with errno set. */
struct view *view_of(struct views *views, int pid);

/*
 * The view in which the name of a file on that mount means something: ours, the process's,
 * or anybody's, since a process may have gone to another namespace after it mapped the file.
 */
struct view *view_with_mount(struct views *views, int pid, uint64_t mount, const char *path);

/* Where the names of what it has mapped lead, as a rule: of our mount namespace, our own. */
struct view *view_of_names(struct views *views, int pid);

/* The same when it was first asked for: good enough to find that all is as it should be. */
struct view *view_remembered(struct views *views, int pid);

/* The name below the view's root; NULL if it is outside. */
const char *view_below(const struct view *view, const char *path);

/*
 * An O_PATH descriptor of what the kernel's name leads to, the last symlink followed too,
 * or -errno: -ENOENT nothing, -EXDEV outside of the root, -EAGAIN a server would have to be
 * asked.
 */
int view_open(const struct views *views, const struct view *view, const char *path);

/* What a name leads to: remembered, so that what many processes map is looked up once. */
const struct seen *view_seen(const struct views *views, struct view *view, const char *path);

#endif
