/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What mountinfo says of a file system: which device it is, whether a call on
 * it may wait for somebody else, whether an inode number names one file.
 */
#ifndef MF_MOUNTINFO_H
#define MF_MOUNTINFO_H

#include "maps_read.h"
#include "proc.h"

#define MF_MOUNTS_CACHED 8

struct mf_mount {
	uint64_t id; /* 0 with absent */
	bool absent; /* mounted nowhere that can be seen */
	uint32_t dev_major, dev_minor; /* of the superblock: what maps prints */
	bool may_block; /* a server (FUSE, NFS) answers, or does not */
	bool one_file_an_inode; /* no subvolumes, no layers */
	bool in_memory; /* tmpfs and its like: a userfaultfd may serve it */
	bool layered; /* overlayfs: a file is that of a layer */
};

struct mf_mounts {
	struct mf_mount cached[MF_MOUNTS_CACHED];
	unsigned int n_cached;
	uint64_t cached_at; /* ns */
	struct mf_text text;
	struct mf_text layers; /* read while text is in use */
};

/* Searched in the target's mountinfo, then in the caller's: 0, -ENOENT, or -errno. */
int mf_mount_by_device(struct mf_mounts *mounts, const struct mf_proc *proc, uint32_t dev_major,
		       uint32_t dev_minor, struct mf_mount *ret);
int mf_mount_by_id(struct mf_mounts *mounts, const struct mf_proc *proc, uint64_t id,
		   struct mf_mount *ret);

/*
 * Whether looking up path below root_fd may wait for a server: root_fd is the
 * root directory of proc, or of the caller if proc is NULL. True if that
 * cannot be told.
 */
bool mf_mount_path_may_block(struct mf_mounts *mounts, const struct mf_proc *proc, int root_fd,
			     const char *path);

#endif
