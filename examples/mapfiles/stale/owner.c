/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which database of packages knows a file: that of the root directory that the process
 * lives in, a chroot's for instance, else that of where the file's name was looked up.
 */
#include <string.h>

#include "packages.h"
#include "stale.h"

static bool is_one_namespace(const struct view *a, const struct view *b)
{
	return a->key.ns_dev == b->key.ns_dev && a->key.ns_ino == b->key.ns_ino;
}

/* In the order in which they are asked. */
static size_t views_of(const struct finding *f, const struct view *views[2])
{
	size_t n = 0;

	if (!f->view)
		return 0;
	if (f->task->view && is_one_namespace(f->task->view, f->view) &&
	    view_below(f->task->view, f->path))
		views[n++] = f->task->view;
	if (f->view != f->task->view)
		views[n++] = f->view;
	return n;
}

void owner_want(struct report *report, const struct finding *f)
{
	const struct view *views[2];
	size_t n = views_of(f, views), i;
	const char *name;

	for (i = 0; i < n; i++) {
		name = view_below(views[i], f->path);
		if (name && packages_want(report->packages, views[i], name))
			return;
	}
}

void owner_get(struct report *report, struct finding *f)
{
	const struct view *views[2];
	size_t n = views_of(f, views), i;
	const char *name;

	for (i = 0; i < n && !f->package; i++) {
		name = view_below(views[i], f->path);
		if (name)
			f->package = packages_get(report->packages, views[i], name);
	}
}
