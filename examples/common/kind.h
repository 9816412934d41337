/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kinds of mappings, by what the tools can do with them.
 */
#ifndef COMMON_KIND_H
#define COMMON_KIND_H

#include <stdbool.h>
#include <stdint.h>

/* Memory that no object is behind: nothing to open, nor to ask stat(2) about. */
bool is_plain_memory(uint32_t kind);

#endif
