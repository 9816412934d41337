/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parses one line of maps. Pure: no I/O, no allocation, no state.
 */
#ifndef MF_MAPS_TEXT_H
#define MF_MAPS_TEXT_H

#include <stddef.h>

#include "record.h"

/*
 * line[0..len) is a line without its newline; line[len] is readable and is
 * overwritten with the NUL that ends the path, which points into line.
 * 0, or -EPROTO with *ret undefined.
 */
int mf_maps_text_parse(char *line, size_t len, struct mf_record *ret);

#endif
