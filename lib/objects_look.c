/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an object itself says that tells it from others. Opens for data nothing
 * but memory of the kernel's own.
 */
#include <fcntl.h>
#include <string.h>

#include "identity.h"
#include "objects.h"
#include "opening.h"

/* Of a file system without handles of its own: 64 bits of inode number, 32 of generation. */
#define TYPE_INODE_GENERATION 0x81

/* hugetlbfs and others count no generations: such a handle says no more than the number does. */
static bool has_generation(const struct mf_handle *handle)
{
	uint32_t generation;

	if (handle->type != TYPE_INODE_GENERATION ||
	    handle->len != sizeof(uint64_t) + sizeof(generation))
		return true;
	memcpy(&generation, handle->bytes + sizeof(uint64_t), sizeof(generation));
	return generation != 0;
}

/* FUSE and NFS know it of a file or not, depending on who asked before. */
static bool birth_is_constant(struct mf_iter *iter, const struct mf_mapping *m)
{
	return iter && m && !mf_may_block(iter, m);
}

/*
 * An inode's number is given to another file at once when its own is gone. The
 * handle has a generation in it; where there is none, the time of birth must do.
 */
static int read_mark(const struct mf_objects *objects, struct mf_iter *iter, int fd,
		     const struct mf_mapping *m, struct mf_look *look)
{
	struct mf_handle handle;
	int error = objects->has_handles ? mf_sys_handle(fd, &handle) : -EOPNOTSUPP;

	if (error == -ENOMEM)
		return error;
	if (look->st.stx_mask & STATX_BTIME)
		look->born = mf_objects_hash(objects, &look->st.stx_btime,
					     offsetof(struct statx_timestamp, tv_nsec) +
						     sizeof(look->st.stx_btime.tv_nsec)) |
			     1;
	if (!error && handle.len <= sizeof(handle.bytes) && has_generation(&handle))
		look->mark = (mf_objects_hash(objects, handle.bytes, handle.len) ^
			      (uint64_t)(uint32_t)handle.type) |
			     1;
	else if (birth_is_constant(iter, m))
		look->mark = look->born;
	return 0;
}

/* Only an open for data can be asked. O_NONBLOCK: a memfd can have a lease, which would make it wait. */
static int read_seals(const struct mf_objects *objects, int fd, struct mf_look *look)
{
	int data_fd = mf_sys_reopen(objects->proc.root_fd, fd, O_RDONLY | O_NONBLOCK), seals;

	if (data_fd < 0)
		return mf_objects_fatal(data_fd) ? data_fd : 0;
	seals = fcntl(data_fd, F_GET_SEALS);
	mf_sys_close(&data_fd);
	look->has_seals = seals >= 0;
	look->seals = seals >= 0 ? (uint32_t)seals : 0;
	return 0;
}

static bool may_have_seals(struct mf_iter *iter, const struct mf_mapping *m)
{
	return m && (m->kind == MF_KIND_MEMFD || m->kind == MF_KIND_SHM_ANON) &&
	       mf_on_kernel_fs(m, &iter->kernel_fs);
}

int mf_objects_examine(const struct mf_objects *objects, struct mf_iter *iter, int fd,
		       const struct mf_mapping *m, struct mf_look *ret)
{
	int error = ret->has_st ? 0 : mf_sys_statx(fd, "", 0, &ret->st);

	ret->mark = ret->born = 0;
	ret->has_seals = false;
	if (!error)
		error = read_mark(objects, iter, fd, m, ret);
	if (!error && may_have_seals(iter, m))
		error = read_seals(objects, fd, ret);
	return error;
}

static int open_link(struct mf_iter *iter, const struct mf_mapping *m)
{
	const int links_fd = mf_proc_links(&iter->proc);
	char name[MF_LINK_NAME_SIZE];

	if (links_fd < 0)
		return links_fd;
	mf_link_name(name, m->start, m->end);
	return mf_sys_openat(links_fd, name, O_PATH);
}

bool mf_objects_still_stands(struct mf_iter *iter, const struct mf_mapping *m)
{
	struct mf_opening opening = { .iter = iter,
				      .want = m,
				      .look_only = true,
				      .path_known = true };

	return !mf_opening_ask(&opening) && opening.now.m.start == m->start &&
	       opening.now.m.end == m->end && opening.now.m.offset == m->offset;
}

/* What moves, and what has other numbers in maps than stat(2) gives, takes more than a look. */
static int open_slowly(struct mf_iter *iter, const struct mf_mapping *m)
{
	struct mf_opening opening = { .iter = iter,
				      .want = m,
				      .flags = MF_OPEN_PATH,
				      .look_only = true,
				      .path_known = true };

	return mf_rung_map_files.open(&opening);
}

/* An O_PATH descriptor of the object, or -errno. */
static int open_object(struct mf_iter *iter, const struct mf_mapping *m, struct mf_look *ret,
		       bool *ret_unlike)
{
	int fd = open_link(iter, m);
	struct statx *const st = &ret->st;

	if (fd == -EPERM || fd == -EACCES || mf_objects_fatal(fd))
		return fd;
	if (fd >= 0 && m->kind != MF_KIND_SYSV && !mf_sys_statx(fd, "", 0, st)) {
		ret->has_st = true;
		if (mf_same_numbers(st, m))
			return fd;
		*ret_unlike = true;
		/* btrfs: the device is the subvolume's own. The mapping still stands, so that was its link. */
		if (mf_same_inode(st, m) && mf_objects_still_stands(iter, m))
			return fd;
	}
	ret->has_st = false;
	mf_sys_close(&fd);
	return open_slowly(iter, m);
}

/* What became of a mapping that could not be looked at. */
static int judge(const struct mf_iter *iter, int error)
{
	if (error == -EACCES || error == -EPERM || error == -EOPNOTSUPP)
		return -EPERM;
	if (error == -ENOENT)
		return iter->proc.links_fd < 0 ? -EPERM : -ENOENT;
	return error == -ESTALE || error == -EAGAIN || error == -EREMOTE ? -ENOENT : error;
}

int mf_objects_look(const struct mf_objects *objects, struct mf_iter *iter,
		    const struct mf_mapping *m, struct mf_look *ret, bool *ret_unlike)
{
	int fd, error;

	ret->has_st = false;
	fd = open_object(iter, m, ret, ret_unlike);
	if (fd < 0)
		return judge(iter, fd);
	error = mf_objects_examine(objects, iter, fd, m, ret);
	if (error)
		mf_sys_close(&fd);
	return error ? error : fd;
}
