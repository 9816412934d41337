/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which objects are shown, and in which order: memory first, then what is largest.
 */
#include <stdlib.h>
#include <string.h>

#include "share.h"

/* shm_open(3) is a file there, by its definition. */
static bool is_posix_memory(const struct mf_object *o)
{
	static const char directory[] = "/dev/shm/";

	return o->path && strncmp(o->path, directory, sizeof(directory) - 1) == 0;
}

bool is_memory(const struct mf_object *o)
{
	switch (o->kind) {
	case MF_KIND_SHM_ANON:
	case MF_KIND_MEMFD:
	case MF_KIND_SYSV:
	case MF_KIND_HUGETLB:
	case MF_KIND_SECRETMEM:
	case MF_KIND_DMABUF:
		return true;
	default:
		return o->kind == MF_KIND_FILE && is_posix_memory(o);
	}
}

static bool is_shown(const struct view *view, const struct mf_object *o)
{
	if (view->memory)
		return is_memory(o);
	return view->all || o->n_processes > 1 || is_memory(o);
}

/* Where its true size is not known: what is mapped of it, at least. */
uint64_t size_of(const struct view *view, const struct mf_object *o)
{
	const struct mf_object_user *user;
	uint64_t size = 0, i, end;

	if (o->has & MF_HAS_STAT)
		return o->st_size;
	for (i = 0; mf_objects_user(view->scan->objects, o, i, &user) > 0; i++)
		if (!__builtin_add_overflow(user->offset, user->end - user->start, &end) &&
		    end > size)
			size = end;
	return size;
}

static int compare_names(const struct mf_object *a, const struct mf_object *b)
{
	return strcmp(a->path ? a->path : "", b->path ? b->path : "");
}

static int compare_shown(const void *one, const void *other, void *data)
{
	const struct mf_object *a = *(const struct mf_object *const *)one;
	const struct mf_object *b = *(const struct mf_object *const *)other;
	uint64_t a_size = size_of(data, a), b_size = size_of(data, b);

	if (is_memory(a) != is_memory(b))
		return is_memory(a) ? -1 : 1;
	if (a_size != b_size)
		return a_size > b_size ? -1 : 1;
	if (compare_names(a, b) != 0)
		return compare_names(a, b);
	return (a->st_ino > b->st_ino) - (a->st_ino < b->st_ino);
}

void select_objects(struct view *view)
{
	const struct mf_object *o;
	uint64_t i;

	for (i = 0; mf_objects_get(view->scan->objects, i, &o) > 0; i++) {
		if (!is_shown(view, o)) {
			view->n_left_out++;
			continue;
		}
		view->objects = with_room(view->objects, view->n_objects, sizeof(*view->objects));
		view->objects[view->n_objects++] = o;
	}
	if (view->n_objects > 0)
		qsort_r(view->objects, view->n_objects, sizeof(*view->objects), compare_shown,
			view);
}
