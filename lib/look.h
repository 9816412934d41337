/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A look at the object behind a mapping, without opening it.
 */
#ifndef MF_LOOK_H
#define MF_LOOK_H

#include "iter.h"
#include "statx.h"

/* How the mapped file was opened, by the mode of the link: 0, or -errno. */
int mf_look_at_link(struct mf_iter *iter, const struct mf_mapping *m, uint32_t *ret_open_mode);

/* The object as stat(2) gives it: 0, or -errno if it is out of reach. */
int mf_look_at_object(struct mf_iter *iter, const struct mf_mapping *m, struct statx *ret);

/* Fills the st_ fields. */
void mf_take_stat(struct mf_mapping *m, const struct statx *st);

/*
 * Whether a name that the kernel marked " (deleted)" leads to the object all
 * the same, because that is how the file is called: 1, 0, or -errno if it
 * cannot be told. st is the object's, or NULL if unknown.
 */
int mf_look_at_marked_name(struct mf_iter *iter, const struct mf_mapping *m,
			   const struct statx *st);

#endif
