/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object behind one address, opened.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/kind.h"
#include "../common/refusal.h"
#include "../common/text.h"
#include "command.h"
#include "mapping.h"
#include "object.h"

enum { AS_MAPPED = 0x400, ANY_TYPE, MAY_BLOCK };

static const struct argp_option options[] = {
	{ "copy", 'c', NULL, 0,
	  "where the object cannot be opened, a copy of what the process sees of it in memory", 0 },
	{ "as-mapped", AS_MAPPED, NULL, 0,
	  "open it for writing too, if it was opened so to be mapped", 0 },
	{ "any-type", ANY_TYPE, NULL, 0, "open a device or the like too, which may have effects",
	  0 },
	{ "may-block", MAY_BLOCK, NULL, 0,
	  "also on file systems whose server may never answer (FUSE, NFS)", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct object *object = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &object->subject;
		return 0;
	case 'c':
		object->flags |= MF_OPEN_COPY;
		return 0;
	case AS_MAPPED:
		object->flags |= MF_OPEN_AS_MAPPED;
		return 0;
	case ANY_TYPE:
		object->flags |= MF_OPEN_ANY_TYPE;
		return 0;
	case MAY_BLOCK:
		object->flags |= MF_OPEN_MAY_BLOCK;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp object_argp = {
	options,
	parse,
	NULL,
	NULL,
	(const struct argp_child[]){ { &subject_argp, 0, NULL, 0 }, { 0 } },
	NULL,
	NULL,
};

void object_take(struct object *object, struct argp_state *state)
{
	char **words = subject_take(&object->subject, state);

	if (!words[0] || words[1])
		argp_error(state, "give one process and one address of it");
	object->address = words[0];
}

/* The mapping lives until the next call on its iterator: what is told of it is kept. */
static void keep(struct object *object, const struct mf_mapping *m)
{
	object->start = m->start;
	object->end = m->end;
	object->offset = m->offset;
	object->has_offset = m->has & MF_HAS_OFFSET;
	object->has_deleted = m->has & MF_HAS_DELETED;
	object->deleted = m->flags & MF_MAPPING_DELETED;
	object->prot = m->prot;
	object->kind = m->kind;
	object->name = mapping_name(m);
	object->path = m->path ? not_null(strndup(m->path, m->name_len)) : NULL;
	object->path_len = m->name_len;
}

static void tell_why_not(const struct object *object, int error)
{
	const char *remedy = object->flags & MF_OPEN_COPY ? "" : "; --copy gives what is in memory";

	if (is_plain_memory((uint32_t)object->kind))
		complain("no object is behind %s, it is memory (%s)%s", object->address,
			 mf_kind_name((uint32_t)object->kind), remedy);
	else if (error == -ENXIO)
		complain("%s is no regular file (%s); --any-type opens it, which may have effects",
			 object->name, mf_kind_name((uint32_t)object->kind));
	else
		subject_complain(&object->subject, MF_ACCESS_FOLLOW, "the object cannot be opened",
				 error);
}

static int open_it(struct object *object, struct mf_iter *iter, const struct mf_mapping *m)
{
	const struct mf_open_info *info;

	object->fd = mf_open_fd(iter, m, object->flags);
	if (object->fd < 0) {
		tell_why_not(object, object->fd);
		return STATUS_FAILED;
	}
	if (fstat(object->fd, &object->st) < 0 || mf_open_info(iter, &info) < 0) {
		complain("the object cannot be looked at: %s", strerror(errno));
		return STATUS_FAILED;
	}
	object->rung = info->rung;
	object->sure = info->sure;
	return STATUS_OK;
}

int object_open(struct object *object)
{
	const struct mf_mapping *m;
	struct mf_iter *iter;
	int status;

	object->fd = -1;
	if (subject_open(&object->subject, MF_ITER_ALL, &iter) < 0)
		return STATUS_FAILED;
	status = subject_find(&object->subject, iter, object->address, &m);
	if (status == STATUS_OK) {
		keep(object, m);
		status = open_it(object, iter, m);
	}
	mf_iter_close(iter);
	return status;
}

int object_status(const struct object *object)
{
	switch (object->sure) {
	case MF_SURE_EXACT:
	case MF_SURE_BUILD_ID:
		return STATUS_OK;
	case MF_SURE_COPY:
		complain("this is a copy of what the process sees in memory, not the object");
		return STATUS_ATTENTION;
	default:
		complain("not proven to be the mapped object: %s",
			 object->sure == MF_SURE_NAME ?
				 "it has its name, and nothing speaks against it" :
				 "device and inode agree, which two files can share here");
		return STATUS_ATTENTION;
	}
}

void object_close(struct object *object)
{
	if (object->fd >= 0)
		close(object->fd);
	free(object->name);
	free(object->path);
}
