/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Objects by libmapfiles: who shares what, and a descriptor of each.
 */
#include "contestant.h"
#include "ours.h"

static int scan(struct call *call, struct mf_objects **ret_objects)
{
	return mf_objects_open(call->subject->pids, call->subject->n_pids, call->how, ret_objects);
}

int ours_objects(struct call *call)
{
	struct mf_objects *objects;
	int ret = scan(call, &objects);

	if (ret < 0)
		return ret;
	call->answer.n = mf_objects_count(objects);
	mf_objects_close(objects);
	return 0;
}

static void add_users(const struct mf_objects *objects, const struct mf_object *object,
		      struct tally *answer)
{
	const struct mf_object_user *user;
	uint64_t i;

	for (i = 0; mf_objects_user(objects, object, i, &user) > 0; i++) {
		answer->sum += user->start + user->end;
		answer->name_bytes += user->path_len;
	}
}

int ours_objects_users(struct call *call)
{
	struct mf_objects *objects;
	const struct mf_object *object;
	uint64_t i;
	int ret = scan(call, &objects);

	if (ret < 0)
		return ret;
	for (i = 0; mf_objects_get(objects, i, &object) > 0; i++) {
		call->answer.n += object->n_users;
		if (call->verify)
			add_users(objects, object, &call->answer);
	}
	mf_objects_close(objects);
	return 0;
}
