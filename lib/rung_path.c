/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rung of the path. The name may lead anywhere by now, so what is found is
 * only looked at (O_PATH) until it is proven to be the mapped object.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "opening.h"
#include "sys.h"

/* The kernel's path has no symlink: one that is there now leads somewhere else. */
#define RESOLVE	     (MF_RESOLVE_IN_ROOT | MF_RESOLVE_NO_SYMLINKS | MF_RESOLVE_NO_MAGICLINKS)

/* A rename anywhere makes a cached look-up give up. */
#define CACHED_TRIES 8

static int check_device(int fd, const struct statx *device)
{
	struct statx st;
	const int error = mf_sys_statx(fd, "", 0, &st);

	if (error)
		return error;
	return st.stx_dev_major == device->stx_dev_major &&
			       st.stx_dev_minor == device->stx_dev_minor ?
		       0 :
		       -EXDEV;
}

/*
 * Without openat2(2), or forbidden by a sandbox: step by step, and no step
 * follows a symlink, nor leaves device if there is one.
 */
static int walk(int root_fd, const char *path, const struct statx *device)
{
	char name[NAME_MAX + 1];
	int fd = mf_sys_openat(root_fd, ".", O_PATH | O_DIRECTORY);

	while (fd >= 0 && *(path += strspn(path, "/"))) {
		const size_t len = strcspn(path, "/");
		int next_fd = -ENOENT, error;

		if (len <= NAME_MAX) {
			memcpy(name, path, len);
			name[len] = '\0';
			if (strcmp(name, ".."))
				next_fd = mf_sys_openat(fd, name, O_PATH | O_NOFOLLOW);
		}
		path += len;
		mf_sys_close(&fd);
		fd = next_fd;
		error = fd < 0 || !device ? 0 : check_device(fd, device);
		if (error) {
			mf_sys_close(&fd);
			return error;
		}
	}
	return fd;
}

static int resolve_freely(int root_fd, const char *path)
{
	const int fd = mf_sys_openat2(root_fd, path, O_PATH | O_NOFOLLOW, RESOLVE);

	/* EPERM: how older sandboxes refuse a call that they do not know. */
	return fd == -ENOSYS || fd == -EPERM || fd == -ENAMETOOLONG ? walk(root_fd, path, NULL) :
								      fd;
}

/*
 * What is mapped is in the directory cache, and so are all directories above
 * it: a cached look-up finds it and never waits for a server.
 */
static int resolve(struct mf_mounts *mounts, const struct mf_proc *proc, int root_fd,
		   const char *path, uint32_t flags)
{
	int tries, fd = -EAGAIN;

	for (tries = 0; fd == -EAGAIN && tries < CACHED_TRIES; tries++)
		fd = mf_sys_openat2(root_fd, path, O_PATH | O_NOFOLLOW,
				    RESOLVE | MF_RESOLVE_CACHED);
	/* EINVAL: Linux before 5.12 has no RESOLVE_CACHED. */
	if (fd != -EAGAIN && fd != -EINVAL && fd != -ENOSYS && fd != -EPERM && fd != -ENAMETOOLONG)
		return fd;
	if (!(flags & MF_OPEN_MAY_BLOCK) && mf_mount_path_may_block(mounts, proc, root_fd, path))
		return -EREMOTE;
	return resolve_freely(root_fd, path);
}

int mf_open_in_target(struct mf_iter *iter, const char *path, uint32_t flags)
{
	int root_fd, fd;

	if (!path || *path != '/')
		return -ENOENT;
	root_fd = mf_sys_openat(iter->proc.dir_fd, "root", O_PATH | O_DIRECTORY);
	if (root_fd < 0)
		return root_fd;
	fd = resolve(&iter->mounts, &iter->proc, root_fd, path, flags);
	mf_sys_close(&root_fd);
	return fd;
}

int mf_open_in_caller(struct mf_iter *iter, const char *path, uint32_t flags)
{
	int root_fd, fd;

	if (!path || *path != '/')
		return -ENOENT;
	root_fd = mf_sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	if (root_fd < 0)
		return root_fd;
	fd = resolve(&iter->mounts, NULL, root_fd, path, flags);
	mf_sys_close(&root_fd);
	return fd;
}

/* Nobody knows which mounts lie below it: so none but its own is entered, or what is cached. */
static int resolve_on_one_mount(struct mf_iter *iter, int root_fd, const char *path)
{
	struct mf_mount mount;
	struct statx st;
	int fd = mf_sys_openat2(root_fd, path, O_PATH | O_NOFOLLOW, RESOLVE | MF_RESOLVE_CACHED);

	if (fd >= 0)
		return fd;
	if (mf_sys_statx(root_fd, "", 0, &st) || !(st.stx_mask & STATX_MNT_ID) ||
	    mf_mount_by_id(&iter->mounts, &iter->proc, st.stx_mnt_id, &mount) || mount.may_block)
		return -EREMOTE;
	fd = mf_sys_openat2(root_fd, path, O_PATH | O_NOFOLLOW, RESOLVE | MF_RESOLVE_NO_XDEV);
	if (fd == -ENOSYS || fd == -EPERM || fd == -ENAMETOOLONG)
		fd = walk(root_fd, path, &st);
	return fd == -EXDEV ? -EREMOTE : fd;
}

int mf_open_below(struct mf_iter *iter, int root_fd, const char *path, uint32_t flags)
{
	if (!path || *path != '/')
		return -ENOENT;
	return flags & MF_OPEN_MAY_BLOCK ? resolve_freely(root_fd, path) :
					   resolve_on_one_mount(iter, root_fd, path);
}

typedef int (*open_path_fn)(struct mf_iter *iter, const char *path, uint32_t flags);

static int try_root(struct mf_opening *opening, open_path_fn open_path)
{
	const int fd = open_path(opening->iter, opening->now.m.path, opening->flags);

	return fd < 0 ? fd : mf_opening_check(opening, fd);
}

/*
 * The kernel prints a path as the caller's root sees it: that of a process in
 * a chroot starts at our root, that of one in another mount namespace at its.
 */
static int open_rung(struct mf_opening *opening)
{
	const int fd = try_root(opening, mf_open_in_target);
	int other_fd;

	if (fd >= 0)
		return fd;
	/* Checking asked anew, so the name is another string by now. */
	other_fd = mf_opening_ask_name(opening);
	if (!other_fd)
		other_fd = try_root(opening, mf_open_in_caller);
	return other_fd >= 0 || fd == -ENOENT ? other_fd : fd;
}

const struct mf_rung mf_rung_path = { .id = MF_RUNG_PATH, .open = open_rung };
