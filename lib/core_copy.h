/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A sealed memfd with the bytes of a mapping that a core holds.
 */
#ifndef MF_CORE_COPY_H
#define MF_CORE_COPY_H

#include "opening.h"

/* The descriptor with info set, -EIO if the core holds none of it, or -errno. */
int mf_copy_core(struct mf_opening *opening);

#endif
