/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A look at the object behind a mapping, without opening it.
 */
#include "look.h"

#include <errno.h>
#include <fcntl.h>

#include "identity.h"
#include "opening.h"
#include "sys.h"

void mf_take_stat(struct mf_mapping *m, const struct statx *st)
{
	m->st_mode = st->stx_mode;
	m->st_nlink = st->stx_nlink;
	m->st_dev_major = st->stx_dev_major;
	m->st_dev_minor = st->stx_dev_minor;
	m->st_ino = st->stx_ino;
	m->st_size = st->stx_size;
	m->has |= MF_HAS_STAT;
}

int mf_look_at_link(struct mf_iter *iter, const struct mf_mapping *m, uint32_t *ret_open_mode)
{
	const int links_fd = mf_proc_links(&iter->proc);
	char name[MF_LINK_NAME_SIZE];
	struct mf_opening opening = { .iter = iter,
				      .want = m,
				      .look_only = true,
				      .path_known = true };
	struct statx st;
	int error;

	if (links_fd < 0)
		return links_fd;
	mf_link_name(name, m->start, m->end);
	error = mf_sys_statx(links_fd, name, AT_SYMLINK_NOFOLLOW, &st);
	/* Another file may be mapped there by now. */
	if (!error)
		error = mf_opening_ask(&opening);
	if (error)
		return error;
	*ret_open_mode = (st.stx_mode & 0400 ? MF_PROT_READ : 0) |
			 (st.stx_mode & 0200 ? MF_PROT_WRITE : 0);
	return 0;
}

/* One call, where it is allowed and nothing moves. */
static int look_by_name(struct mf_iter *iter, const struct mf_mapping *m, struct statx *ret)
{
	const int links_fd = iter->follow_refused ? -EPERM : mf_proc_links(&iter->proc);
	char name[MF_LINK_NAME_SIZE];
	int error;

	if (links_fd < 0)
		return links_fd;
	mf_link_name(name, m->start, m->end);
	error = mf_sys_statx(links_fd, name, 0, ret);
	if (error == -EPERM)
		iter->follow_refused = true;
	if (!error && !mf_same_numbers(ret, m))
		return -ESTALE;
	return error;
}

int mf_look_at_object(struct mf_iter *iter, const struct mf_mapping *m, struct statx *ret)
{
	int fd, error = look_by_name(iter, m, ret);

	if (!error)
		return 0;
	/* A twin's numbers would be somebody else's. */
	fd = mf_open_exactly(iter, m);
	if (fd < 0)
		return fd;
	error = mf_sys_statx(fd, "", 0, ret);
	mf_sys_close(&fd);
	return error;
}

/* fd: what was found by the name, closed here. */
static int leads_to(struct mf_iter *iter, const struct mf_mapping *m, const struct statx *st,
		    int fd)
{
	struct statx found;
	int r;

	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
		return 0;
	if (fd < 0)
		return fd;
	r = mf_sys_statx(fd, "", 0, &found);
	if (!r && st)
		r = mf_same_object(st, &found);
	else if (!r)
		r = mf_identify(iter, fd,
				&(struct mf_claim){ .want = m, .now = m, .look_only = true });
	mf_sys_close(&fd);
	if (r == -ESTALE)
		return 0;
	return r < 0 ? r : r > 0;
}

int mf_look_at_marked_name(struct mf_iter *iter, const struct mf_mapping *m, const struct statx *st)
{
	const int r = leads_to(iter, m, st, mf_open_in_target(iter, m->path, 0));

	/* The name of a process in a chroot starts at our root. */
	return r ? r : leads_to(iter, m, st, mf_open_in_caller(iter, m->path, 0));
}
