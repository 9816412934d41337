/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A mapping, for programs and for people: the same in all commands.
 */
#ifndef MAPFILES_MAPPING_H
#define MAPFILES_MAPPING_H

#include <json-c/json.h>

#include <mapfiles.h>

#include "opened.h"

/* docs/json/mapping.schema.json describes them. */
struct json_object *mapping_object(const struct mf_mapping *m);
struct json_object *opened_object(const struct opened *opened);

/*
 * Its name, escaped, and what is to be said of it: "/tmp/x (deleted)". The marks follow a
 * blank, which no escaped name holds: they cannot be faked. Malloc'ed.
 */
char *mapping_name(const struct mf_mapping *m);

#endif
