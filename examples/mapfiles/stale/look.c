/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A closer look at an object that one process maps.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/text.h"
#include "look.h"

static bool is_object(const struct mf_mapping *m, const struct mf_object *object)
{
	return m->kind == object->kind && m->has & object->has & MF_HAS_DEV && m->path &&
	       m->inode == object->inode && m->dev_major == object->dev_major &&
	       m->dev_minor == object->dev_minor;
}

/* Of several numbers that maps shows for twins, as on btrfs, only stat(2)'s are one file's. */
static bool is_same_inode(const struct look *look)
{
	const struct mf_object *o = look->object;

	return !(o->has & MF_HAS_STAT) ||
	       (look->st.stx_ino == o->st_ino && look->st.stx_dev_major == o->st_dev_major &&
		look->st.stx_dev_minor == o->st_dev_minor);
}

static bool open_object(struct look *look, const struct mf_mapping *m)
{
	const struct mf_open_info *info;

	look->fd = mf_open_fd(look->iter, m, MF_OPEN_PATH);
	/* Not allowed; or what else leads there is another file now. It is still mapped, if at all. */
	if (look->fd < 0) {
		look->fd = -1;
		return true;
	}
	/* Another way leads to the same object, but perhaps on another mount. */
	look->has_mount = mf_open_info(look->iter, &info) == 0 &&
			  (info->rung == MF_RUNG_MAP_FILES || info->rung == MF_RUNG_EXE);
	if (statx(look->fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
		  STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, &look->st) < 0)
		return false;
	look->has_mount = look->has_mount && look->st.stx_mask & STATX_MNT_ID;
	return is_same_inode(look);
}

static bool look_at(struct look *look, const struct mf_object_user *user)
{
	const struct mf_mapping *m;

	if (mf_find(look->iter, user->start, &m) <= 0 || !is_object(m, look->object))
		return false;
	look->start = m->start;
	look->path = not_null(strndup(m->path, m->path_len));
	look->path_len = m->path_len;
	look->name_len = m->name_len;
	look->for_writing = m->has & MF_HAS_OPEN_MODE && m->open_mode & MF_PROT_WRITE;
	if (open_object(look, m))
		return true;
	free(look->path);
	look->path = NULL;
	if (look->fd >= 0)
		close(look->fd);
	look->fd = -1;
	return false;
}

/* Where it was seen it may have been unmapped since: another mapping of the process will do. */
static bool find_mapping(struct look *look, const struct scan *scan,
			 const struct mf_object_user *user)
{
	uint64_t i;

	if (look_at(look, user))
		return true;
	for (i = 0; mf_objects_user(scan->objects, look->object, i, &user) > 0; i++)
		if (user->pid == look->pid && look_at(look, user))
			return true;
	return false;
}

int look_open(struct look *look, const struct scan *scan, const struct mf_object *object,
	      const struct mf_object_user *user)
{
	const struct mf_iter_opts opts = {
		.size = sizeof(opts),
		.flags = MF_ITER_STREAM | MF_ITER_STAT,
		.proc_root = scan->proc_root,
	};

	*look = (struct look){ .object = object, .pid = user->pid, .fd = -1 };
	if (mf_iter_open(user->pid, &opts, &look->iter) < 0)
		return -ESRCH;
	if (find_mapping(look, scan, user))
		return 0;
	look_close(look);
	return -ESRCH;
}

bool look_again(struct look *look)
{
	const struct mf_mapping *m;

	return mf_find(look->iter, look->start, &m) > 0 && is_object(m, look->object) &&
	       m->path_len == look->path_len && memcmp(m->path, look->path, m->path_len) == 0;
}

bool look_is_marked(const struct look *look)
{
	return look->name_len < look->path_len;
}

bool look_is_nameless(const struct look *look)
{
	return look->fd >= 0 && look->st.stx_nlink == 0;
}

void look_close(struct look *look)
{
	if (look->fd >= 0)
		close(look->fd);
	free(look->path);
	mf_iter_close(look->iter);
	*look = (struct look){ .fd = -1 };
}
