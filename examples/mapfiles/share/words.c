/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What people read of an object: its size, its seals, its name.
 */
#include <fcntl.h>
#include <stdlib.h>

#include "share.h"

const struct seal seal_names[] = {
	{ F_SEAL_SEAL, "seal" },   { F_SEAL_SHRINK, "shrink" }, { F_SEAL_GROW, "grow" },
	{ F_SEAL_WRITE, "write" }, { 0x10, "future-write" },	{ 0x20, "exec" },
};
const size_t n_seal_names = sizeof(seal_names) / sizeof(seal_names[0]);

char *seals_text(const struct mf_object *o)
{
	char *text, *longer;
	size_t i;

	if (!(o->has & MF_HAS_SEALS))
		return format(o->kind == MF_KIND_MEMFD ? "?" : "-");
	text = format("%s", o->seals ? "" : "none");
	for (i = 0; i < n_seal_names; i++) {
		if (!(o->seals & seal_names[i].bit))
			continue;
		longer = format("%s%s%s", text, *text ? "," : "", seal_names[i].name);
		free(text);
		text = longer;
	}
	return text;
}

/* The marks follow an unescaped blank, which no escaped name holds: they cannot be faked. */
char *object_name(const struct mf_object *o)
{
	char *name = o->path ? escape_name(o->path, o->name_len) :
			       format(o->has & MF_HAS_PATH ? "-" : "?");
	char *marked = format("%s%s%s%s", name, o->flags & MF_OBJECT_DELETED ? " (deleted)" : "",
			      o->flags & MF_OBJECT_UNCERTAIN ? " (uncertain)" : "",
			      o->flags & MF_OBJECT_APART ? " (apart)" : "");

	free(name);
	return marked;
}
