/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Completes a record: what its source could not tell, or left in doubt.
 */
#include <string.h>

#include "iter.h"
#include "look.h"
#include "opening.h"
#include "sys.h"

static void complete_stat(struct mf_iter *iter, struct mf_mapping *m)
{
	struct statx st;

	if (!iter->proc.live || !mf_file_backed(m))
		return;
	if (!mf_look_at_object(iter, m, &st))
		mf_take_stat(m, &st);
	if (!mf_look_at_link(iter, m, &m->open_mode))
		m->has |= MF_HAS_OPEN_MODE;
}

/*
 * A path that only looks like one of the kernel's own: its file system is
 * mounted, and the kernel's own mounts are not.
 */
static bool is_impostor(struct mf_iter *iter, const struct mf_mapping *m)
{
	struct mf_mount mount;

	if (m->kind == MF_KIND_FILE || !mf_file_backed(m) || !m->path || m->path[0] != '/')
		return false;
	if (!iter->proc.live || mf_on_kernel_fs(m, &iter->kernel_fs))
		return false;
	return !mf_mount_by_device(&iter->mounts, &iter->proc, m->dev_major, m->dev_minor, &mount);
}

/* Devices are in /dev, so a look there is cheap enough; elsewhere stat must be asked for. */
void mf_complete_kind(struct mf_iter *iter, struct mf_mapping *m)
{
	struct statx st;

	m->kind = mf_kind_of(m, &iter->kernel_fs);
	if (is_impostor(iter, m))
		m->kind = MF_KIND_FILE;
	if (m->kind != MF_KIND_FILE)
		return;
	if (m->has & MF_HAS_STAT)
		st.stx_mode = (uint16_t)m->st_mode;
	else if (m->path_len < 5 || memcmp(m->path, "/dev/", 5) || !iter->proc.live ||
		 mf_look_at_object(iter, m, &st))
		return;
	if (S_ISCHR(st.stx_mode) || S_ISBLK(st.stx_mode))
		m->kind = MF_KIND_DEVICE;
}

/*
 * The mark proves nothing: a file may be called so. No link left, and it is
 * deleted; else the name is looked up.
 */
static void complete_deleted(struct mf_iter *iter, struct mf_mapping *m)
{
	const bool in_file_system = m->kind == MF_KIND_FILE || m->kind == MF_KIND_DEVICE;
	struct statx st;
	bool has_stat;
	int leads;

	if (!mf_has_deleted_mark(m) || !in_file_system) {
		m->has |= MF_HAS_DELETED;
		if (mf_has_deleted_mark(m))
			m->name_len -= MF_DELETED_MARK_LEN;
		return;
	}
	if (!iter->proc.live)
		return;
	has_stat = !mf_look_at_object(iter, m, &st);
	leads = has_stat && !st.stx_nlink ? 0 :
					    mf_look_at_marked_name(iter, m, has_stat ? &st : NULL);
	if (leads < 0)
		return;
	m->has |= MF_HAS_DELETED;
	if (leads)
		return;
	m->flags |= MF_MAPPING_DELETED;
	m->name_len -= MF_DELETED_MARK_LEN;
}

/* The kind of what most mappings show, for which nothing need be asked; else MF_KIND_UNKNOWN. */
static inline uint32_t plain_kind(const struct mf_mapping *m)
{
	if (!m->path)
		return mf_file_backed(m) ? MF_KIND_UNKNOWN : MF_KIND_ANON;
	/* Of a device, a dma-buf, the kernel's own, what is marked as deleted: all that may need a look. */
	if (m->path[0] != '/' || m->path[1] == 'd' || m->path[m->path_len - 1] == ')')
		return MF_KIND_UNKNOWN;
	return mf_file_backed(m) ? MF_KIND_FILE : MF_KIND_UNKNOWN;
}

/* Nothing but the kind is missing, and that is plain to see. */
static inline bool complete_plainly(const struct mf_iter *iter, struct mf_record *record)
{
	struct mf_mapping *const m = &record->m;

	if (record->long_name || record->escaped || iter->core || !(m->has & MF_HAS_PATH) ||
	    iter->opts.flags & (MF_ITER_STAT | MF_ITER_OPEN_FDS))
		return false;
	m->kind = plain_kind(m);
	if (m->kind == MF_KIND_UNKNOWN)
		return false;
	m->has |= MF_HAS_DELETED;
	return true;
}

/* As long as its descriptor is there, the number of the mapping before is its file's alone. */
static bool is_of_file_before(struct mf_iter *iter, const struct mf_mapping *m)
{
	const struct mf_opened *const before = &iter->before;
	struct mf_mount mount;

	return before->fd >= 0 && before->sure == MF_SURE_EXACT && before->kind == MF_KIND_FILE &&
	       m->kind == MF_KIND_FILE && before->inode == m->inode &&
	       before->dev_major == m->dev_major && before->dev_minor == m->dev_minor &&
	       !mf_mount_by_device(&iter->mounts, &iter->proc, m->dev_major, m->dev_minor,
				   &mount) &&
	       mount.one_file_an_inode;
}

/* The descriptor was there before the kernel was asked; text is read ahead. */
static bool is_asked_since(const struct mf_iter *iter)
{
	return iter->proc.has_query && iter->source != &mf_source_maps && !iter->in_tail;
}

static void take_fd_before(struct mf_iter *iter, struct mf_mapping *m)
{
	m->fd = iter->before.fd;
	m->fd_rung = iter->before.rung;
	m->fd_sure = iter->before.sure;
	iter->before.fd = -1;
}

static void complete_fd(struct mf_iter *iter, struct mf_mapping *m)
{
	struct mf_opening opening = { .iter = iter, .want = m, .path_known = true };
	int fd;

	if (is_of_file_before(iter, m) && (is_asked_since(iter) || !mf_opening_ask(&opening))) {
		take_fd_before(iter, m);
		return;
	}
	/* It says no more: to hold both would be one descriptor more than a walk holds. */
	mf_sys_close(&iter->before.fd);
	fd = mf_opening_open(&opening);
	if (fd < 0) {
		m->fd_error = fd;
		return;
	}
	m->fd = fd;
	m->fd_rung = opening.info.rung;
	m->fd_sure = opening.info.sure;
}

void mf_complete(struct mf_iter *iter, struct mf_record *record)
{
	struct mf_mapping *const m = &record->m;

	record->plain = complete_plainly(iter, record);
	if (record->plain)
		return;
	mf_complete_name(iter, &iter->found, record);
	if (iter->opts.flags & MF_ITER_STAT && m->has & MF_HAS_DEV)
		complete_stat(iter, m);
	if (m->has & MF_HAS_PATH) {
		if (!iter->core)
			mf_complete_kind(iter, m);
		complete_deleted(iter, m);
	}
	if (iter->opts.flags & MF_ITER_OPEN_FDS)
		complete_fd(iter, m);
}
