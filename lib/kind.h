/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which kind of object a mapping shows, from its name and device.
 */
#ifndef MF_KIND_H
#define MF_KIND_H

#include <stdbool.h>

#include "mapfiles.h"

#define MF_HUGETLB_SIZES 8

/*
 * The devices of the kernel's own mounts: a file of any file system may be
 * called "/memfd:x", but not on these.
 */
struct mf_kernel_fs {
	bool live; /* this kernel's processes, not a saved tree: the devices can be learnt */
	bool known; /* shmem is */
	bool known_hugetlb; /* hugetlb is, which takes a system call for each size */
	uint32_t shmem[2]; /* major, minor */
	uint32_t hugetlb[MF_HUGETLB_SIZES][2];
	unsigned int n_hugetlb;
};

/* All of it is learnt when it is first needed, unless it was before. 0; or -errno: not now. */
int mf_kernel_fs_learn(struct mf_kernel_fs *fs);

#define MF_DELETED_MARK	    " (deleted)"
#define MF_DELETED_MARK_LEN ((uint32_t)sizeof(MF_DELETED_MARK) - 1)

bool mf_has_deleted_mark(const struct mf_mapping *m);

/* m has path, device and inode. A device node in a file system is MF_KIND_FILE here. */
uint32_t mf_kind_of(const struct mf_mapping *m, struct mf_kernel_fs *fs);

/*
 * Proven to be on a mount of the kernel's own: memfd, SysV, anonymous shared or
 * huge pages. An inode's number is not one object's alone there: that of a SysV
 * segment is its id, and those of the others are counted.
 */
bool mf_on_kernel_fs(const struct mf_mapping *m, struct mf_kernel_fs *fs);

#endif
