/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A mapping, for programs and for people.
 */
#include <stdlib.h>

#include "../common/json.h"
#include "../common/text.h"
#include "mapping.h"

static void put_open_mode(struct json_object *to, uint32_t mode)
{
	static const char *const texts[] = { "", "r", "w", "rw" };

	put_text(to, "opened_for", texts[mode & (MF_PROT_READ | MF_PROT_WRITE)]);
}

static void put_stat(struct json_object *to, const struct mf_mapping *m)
{
	struct json_object *o = not_null(json_object_new_object());

	put_device(o, "dev", m->st_dev_major, m->st_dev_minor);
	put_number(o, "inode", m->st_ino);
	put_text(o, "type", type_name(m->st_mode));
	put_mode(o, m->st_mode);
	put_number(o, "links", m->st_nlink);
	put_number(o, "size", m->st_size);
	put(to, "stat", o);
}

struct json_object *mapping_object(const struct mf_mapping *m)
{
	struct json_object *o = not_null(json_object_new_object());

	put_address(o, "start", m->start);
	put_address(o, "end", m->end);
	if (m->has & MF_HAS_PROT)
		put_prot(o, m->prot, m->flags & MF_MAPPING_SHARED);
	if (m->has & MF_HAS_OFFSET)
		put_number(o, "offset", m->offset);
	if (m->has & MF_HAS_DEV) {
		put_device(o, "dev", m->dev_major, m->dev_minor);
		put_number(o, "inode", m->inode);
	}
	put_text(o, "kind", mf_kind_name(m->kind));
	if (m->has & MF_HAS_PATH)
		put_name(o, "path", m->path, m->name_len);
	if (m->flags & MF_MAPPING_NAME_AMBIGUOUS)
		put_bool(o, "ambiguous", true);
	if (m->has & MF_HAS_DELETED)
		put_bool(o, "deleted", m->flags & MF_MAPPING_DELETED);
	if (m->flags & MF_MAPPING_RACED)
		put_bool(o, "raced", true);
	if (m->has & MF_HAS_PAGE_SIZE)
		put_number(o, "page_size", m->page_size);
	if (m->has & MF_HAS_OPEN_MODE)
		put_open_mode(o, m->open_mode);
	if (m->has & MF_HAS_STAT)
		put_stat(o, m);
	return o;
}

struct json_object *opened_object(const struct opened *opened)
{
	struct json_object *o = not_null(json_object_new_object());

	put_bool(o, "ok", opened->error == 0);
	if (opened->error)
		put_error(o, opened->error);
	if (opened->looked_at) {
		put_text(o, "type", type_name(opened->st.st_mode));
		put(o, "size", json_object_new_int64(opened->st.st_size));
		put_text(o, "rung", mf_rung_name(opened->rung));
		put_text(o, "sure", mf_sure_name(opened->sure));
	}
	return o;
}

char *mapping_name(const struct mf_mapping *m)
{
	char *name = m->path ? escape_name(m->path, m->name_len) :
			       format(m->has & MF_HAS_PATH ? "-" : "?");
	char *marked = format("%s%s%s%s", name, m->flags & MF_MAPPING_DELETED ? " (deleted)" : "",
			      m->flags & MF_MAPPING_RACED ? " (raced)" : "",
			      m->flags & MF_MAPPING_NAME_AMBIGUOUS ? " (ambiguous)" : "");

	free(name);
	return marked;
}
