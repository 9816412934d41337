/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether an object that was found is the one that is mapped. Must not open
 * an object for data unless nothing else can tell.
 */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "content.h"
#include "own.h"
#include "sys.h"

bool mf_same_inode(const struct statx *st, const struct mf_mapping *m)
{
	return st->stx_ino == m->inode;
}

static bool same_device(uint32_t major, uint32_t minor, const struct mf_mapping *m)
{
	return major == m->dev_major && minor == m->dev_minor;
}

bool mf_same_numbers(const struct statx *st, const struct mf_mapping *m)
{
	return same_device(st->stx_dev_major, st->stx_dev_minor, m) && mf_same_inode(st, m);
}

int mf_may_block(struct mf_iter *iter, const struct mf_mapping *m)
{
	struct mf_mount mount;
	int error;

	if (mf_on_kernel_fs(m, &iter->kernel_fs))
		return 0;
	error = mf_mount_by_device(&iter->mounts, &iter->proc, m->dev_major, m->dev_minor, &mount);
	if (!error)
		return mount.may_block;
	if (error == -EMFILE || error == -ENFILE || error == -ENOMEM)
		return error;
	/* Mounted where neither the target nor we can see it: a block device answers. */
	return !m->dev_major;
}

/*
 * Before Linux 6.8 a mapping of an overlayfs file shows the layer's device and
 * inode, which no stat(2) gives: only a mapping of our own can be compared.
 */
static int identify_by_own_mapping(struct mf_iter *iter, int fd, const struct mf_mapping *m)
{
	struct mf_record own;
	int error, data_fd = mf_sys_reopen(mf_proc_root(&iter->proc), fd, O_RDONLY | O_NONBLOCK);

	if (data_fd < 0)
		return data_fd;
	error = mf_own_look(data_fd, &own);
	mf_sys_close(&data_fd);
	if (error)
		return error;
	return same_device(own.m.dev_major, own.m.dev_minor, m) && own.m.inode == m->inode ?
		       MF_SURE_MATCHING :
		       -ESTALE;
}

static int identify_by_mount(struct mf_iter *iter, int fd, const struct statx *st,
			     const struct mf_claim *claim)
{
	const struct mf_mapping *const m = claim->want;
	struct mf_mount mount;

	if (!(st->stx_mask & STATX_MNT_ID) ||
	    mf_mount_by_id(&iter->mounts, &iter->proc, st->stx_mnt_id, &mount))
		return -ESTALE;
	if (same_device(mount.dev_major, mount.dev_minor, m) && mf_same_inode(st, m))
		return MF_SURE_MATCHING;
	if (!mount.layered || !S_ISREG(st->stx_mode) || claim->look_only ||
	    (mount.may_block && !claim->may_block))
		return -ESTALE;
	return identify_by_own_mapping(iter, fd, m);
}

static bool has_name(struct mf_iter *iter, int fd, const struct mf_mapping *m)
{
	char link[PATH_MAX];
	const ssize_t n =
		m->path ? mf_sys_read_own_link(mf_proc_root(&iter->proc), fd, link, sizeof(link)) :
			  0;

	return n > 0 && n < (ssize_t)sizeof(link) && m->path_len == (size_t)n &&
	       !memcmp(link, m->path, (size_t)n);
}

static int identify_by_numbers(struct mf_iter *iter, int fd, const struct mf_claim *claim)
{
	const struct mf_mapping *const m = claim->want;
	struct mf_mount mount;

	/* An inode's number is counted there, and a SysV segment's is its id: the name tells more. */
	if (mf_on_kernel_fs(m, &iter->kernel_fs))
		return has_name(iter, fd, claim->now) ? MF_SURE_MATCHING : -ESTALE;
	if (mf_mount_by_device(&iter->mounts, &iter->proc, m->dev_major, m->dev_minor, &mount))
		return MF_SURE_MATCHING;
	return mount.one_file_an_inode ? MF_SURE_EXACT : MF_SURE_MATCHING;
}

int mf_identify(struct mf_iter *iter, int fd, const struct mf_claim *claim)
{
	struct statx st;
	int sure = mf_sys_statx(fd, "", 0, &st);

	if (sure)
		return sure;
	/* eventfd, perf, io_uring and many more share one inode. */
	if (!(st.stx_mode & S_IFMT))
		return -ESTALE;
	sure = mf_same_numbers(&st, claim->want) ? identify_by_numbers(iter, fd, claim) :
						   identify_by_mount(iter, fd, &st, claim);
	if (sure != MF_SURE_MATCHING || claim->look_only || !S_ISREG(st.stx_mode))
		return sure;
	if (!claim->may_block && mf_may_block(iter, claim->want))
		return sure;
	/* Twins share the numbers; what is mapped tells them apart, where it can be read. */
	return mf_content_differs(iter, fd, claim->now) ? -ESTALE : sure;
}
