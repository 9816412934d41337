/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether an object that was found is the one that is mapped.
 *
 * maps prints the superblock's device and the inode's number; stat(2) gives
 * what the file system makes of them. On btrfs and overlayfs they differ, and
 * what maps prints is not one file's alone.
 */
#ifndef MF_IDENTITY_H
#define MF_IDENTITY_H

#include <sys/stat.h>

#include "iter.h"

/* stat(2) and maps agree to the letter. */
bool mf_same_numbers(const struct statx *st, const struct mf_mapping *m);

/* As mf_same_numbers(), the inode alone. */
bool mf_same_inode(const struct statx *st, const struct mf_mapping *m);

/* Calls on the file system that m is on may wait for a server. */
bool mf_may_block(struct mf_iter *iter, const struct mf_mapping *m);

/*
 * Whether fd (O_PATH) is what m maps, though it was not reached through m's
 * link: MF_SURE_EXACT, MF_SURE_MATCHING, -ESTALE if it is another object, or
 * -errno. name is the kernel's, raw. Where only a look is wanted nothing is
 * opened for data, so less can be told.
 */
int mf_identify(struct mf_iter *iter, int fd, const struct mf_mapping *m, const char *name,
		bool look_only);

#endif
