/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of functions, where elfutils' libdw was there when this was built. */
#ifndef SYMBOLIZE_FUNCTION_H
#define SYMBOLIZE_FUNCTION_H

#include <stdint.h>

#include <mapfiles.h>

struct functions;

/* NULL if the module's file cannot be read; then there are no names. */
struct functions *functions_open(struct mf_iter *iter, const struct mf_module *module);
/* The function that holds addr, and how far behind its start that is; NULL if unknown. */
const char *functions_find(struct functions *functions, uint64_t addr, uint64_t *ret_offset);
void functions_close(struct functions *functions);

#endif
