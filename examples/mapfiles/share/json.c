/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer for programs: one JSON object, with all processes that were scanned
 * and the objects that were asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/json.h"
#include "../../common/refusal.h"
#include "share.h"

static void put_words(struct json_object *to, const char *key, const char *word)
{
	put_name(to, key, word, word ? strlen(word) : 0);
}

static void put_failure(struct json_object *to, const struct view *view, int pid, uint32_t access,
			int error)
{
	int why = why_refused(pid, view->scan->proc_root, access, error);

	put_error(to, error);
	if (why != MF_WHY_ALLOWED)
		put_text(to, "why", mf_why_text((uint32_t)why));
}

static void write_process(const struct view *view, const struct mf_objects_process *p)
{
	const struct process *named = scan_process(view->scan, p->pid);
	struct json_object *o = not_null(json_object_new_object());

	put(o, "pid", json_object_new_int(p->pid));
	put_words(o, "name", named ? named->name : NULL);
	put_bool(o, "listed", p->error == 0);
	put_bool(o, "uncertain", p->flags & MF_PROCESS_NUMBERS_ONLY);
	put_number(o, "users", p->n_users);
	put_number(o, "vanished", p->n_vanished);
	put_number(o, "retries", p->n_retries);
	if (p->error)
		put_failure(o, view, p->pid, MF_ACCESS_DETAILS, p->error);
	write_object(o);
}

static void put_stat(struct json_object *to, const struct mf_object *object)
{
	struct json_object *o = not_null(json_object_new_object());

	put_device(o, "dev", object->st_dev_major, object->st_dev_minor);
	put_number(o, "inode", object->st_ino);
	put_mode(o, object->st_mode);
	put_number(o, "links", object->st_nlink);
	put_number(o, "size", object->st_size);
	put(to, "stat", o);
}

static void put_seals(struct json_object *to, uint32_t seals)
{
	struct json_object *list = not_null(json_object_new_array());
	size_t i;

	for (i = 0; i < n_seal_names; i++)
		if (seals & seal_names[i].bit)
			json_object_array_add(list,
					      not_null(json_object_new_string(seal_names[i].name)));
	put(to, "seals", list);
}

static void put_user(struct json_object *list, const struct mf_object *object,
		     const struct mf_object_user *user)
{
	struct json_object *o = not_null(json_object_new_object());

	put(o, "pid", json_object_new_int(user->pid));
	put_address(o, "start", user->start);
	put_address(o, "end", user->end);
	put_number(o, "offset", user->offset);
	put_prot(o, user->prot, user->flags & MF_MAPPING_SHARED);
	if (user->flags & MF_MAPPING_RACED)
		put_bool(o, "raced", true);
	if (user->path && (!object->path || strcmp(user->path, object->path) != 0))
		put_name(o, "path", user->path, user->path_len);
	json_object_array_add(list, o);
}

static void write_shown(const struct view *view, const struct mf_object *object)
{
	struct json_object *o = not_null(json_object_new_object());
	struct json_object *users = not_null(json_object_new_array());
	const struct mf_object_user *user;
	uint64_t i;

	put_text(o, "kind", mf_kind_name(object->kind));
	if (object->has & MF_HAS_PATH)
		put_name(o, "path", object->path, object->name_len);
	put_bool(o, "deleted", object->flags & MF_OBJECT_DELETED);
	put_bool(o, "uncertain", object->flags & MF_OBJECT_UNCERTAIN);
	put_bool(o, "apart", object->flags & MF_OBJECT_APART);
	if (object->has & MF_HAS_DEV) {
		put_device(o, "dev", object->dev_major, object->dev_minor);
		put_number(o, "inode", object->inode);
	}
	if (object->has & MF_HAS_STAT)
		put_stat(o, object);
	if (object->has & MF_HAS_SEALS)
		put_seals(o, object->seals);
	put_number(o, "n_processes", object->n_processes);
	for (i = 0; mf_objects_user(view->scan->objects, object, i, &user) > 0; i++)
		put_user(users, object, user);
	put(o, "users", users);
	write_object(o);
}

void share_json(const struct view *view)
{
	const struct mf_objects_process *p;
	uint64_t i;

	fputs("{\"processes\":[", stdout);
	for (i = 0; mf_objects_process(view->scan->objects, i, &p) > 0; i++) {
		fputs(i > 0 ? ",\n" : "\n", stdout);
		write_process(view, p);
	}
	fputs("\n],\"objects\":[", stdout);
	for (i = 0; i < view->n_objects; i++) {
		fputs(i > 0 ? ",\n" : "\n", stdout);
		write_shown(view, view->objects[i]);
	}
	fputs("\n]}\n", stdout);
}
