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

#include "iter.h"
#include "statx.h"

/* stat(2) and maps agree to the letter. */
bool mf_same_numbers(const struct statx *st, const struct mf_mapping *m);

/* As mf_same_numbers(), the inode alone. */
bool mf_same_inode(const struct statx *st, const struct mf_mapping *m);

/* 1 if calls on the file system that m is on may wait for a server, 0, or -errno if it cannot be told. */
int mf_may_block(struct mf_iter *iter, const struct mf_mapping *m);

/* What an object is held against. */
struct mf_claim {
	const struct mf_mapping *want; /* as it was listed: device and inode */
	const struct mf_mapping
		*now; /* what is mapped there, as last asked: the bytes, and the raw name */
	bool look_only; /* nothing may be opened for data, so less can be told */
	bool may_block; /* the caller is ready to wait for a server */
};

/*
 * Whether fd (O_PATH), which was not reached through the mapping's link, is
 * what is mapped: MF_SURE_EXACT, MF_SURE_MATCHING, -ESTALE if it is another
 * object, or -errno.
 */
int mf_identify(struct mf_iter *iter, int fd, const struct mf_claim *claim);

#endif
