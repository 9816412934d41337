/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a mapping of our own shows in our own maps.
 */
#ifndef MF_OWN_H
#define MF_OWN_H

#include "record.h"

/* The last mapping that our own text lists; its path is that name, or NULL. 1, 0 if there is none, or -errno. */
int mf_own_last(struct mf_record *ret, const char *name);

/* Maps a page of fd for the time of a look. 0 or -errno. */
int mf_own_look(int fd, struct mf_record *ret);

/* The same with shared anonymous memory, on huge pages of 1 << shift bytes unless shift is 0. */
int mf_own_look_at_memory(unsigned int shift, struct mf_record *ret);

#endif
