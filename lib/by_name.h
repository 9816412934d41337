/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens what a core or a saved tree only has the name of.
 */
#ifndef MF_BY_NAME_H
#define MF_BY_NAME_H

#include "opening.h"

/* As a rung's open(): an O_PATH descriptor with info set, or -errno. */
int mf_open_by_name(struct mf_opening *opening);

#endif
