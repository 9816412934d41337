/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rung of map_files: the link is the mapped object, whatever became of its
 * name. Only the link's own name, the range, can be out of date.
 */
#include <errno.h>
#include <fcntl.h>

#include "identity.h"
#include "opening.h"
#include "space.h"
#include "sys.h"

/* A target that splits and merges in a tight loop is missed by every second try. */
#define TRIES	 256

/* How often in a row the same object must answer where its numbers cannot be compared. */
#define AGREEING 8

static int open_link(struct mf_opening *opening, const struct mf_range *range)
{
	const int links_fd = mf_proc_links(&opening->iter->proc);
	char name[MF_LINK_NAME_SIZE];

	if (links_fd < 0)
		return links_fd;
	mf_link_name(name, range->start, range->end);
	return mf_sys_openat(links_fd, name, O_PATH);
}

/* No such link: where does the mapping stand now? 0 to go on with *range. */
static int ask_range(struct mf_opening *opening, struct mf_range *range)
{
	struct mf_proc *const proc = &opening->iter->proc;
	const struct mf_mapping *const now = &opening->now.m;
	int error = mf_opening_ask(opening);

	if (error)
		return error;
	/* The main thread left: the mapping is there, its directory is empty. */
	if (mf_proc_is_dead(proc))
		return mf_proc_repin(proc);
	/* It is where there is no link: the directory may be another address space's, after an exec. */
	if (now->start == range->start && now->end == range->end)
		error = mf_space_same(proc);
	*range = (struct mf_range){ now->start, now->end };
	return error;
}

/* stat(2) and maps need not agree: overlayfs, whose layers have numbers of their own; btrfs, in the device. */
static bool may_differ(struct mf_iter *iter, const struct statx *st, const struct mf_mapping *m)
{
	struct mf_mount mount;

	if (mf_same_inode(st, m))
		return true;
	return st->stx_mask & STATX_MNT_ID &&
	       !mf_mount_by_id(&iter->mounts, &iter->proc, st->stx_mnt_id, &mount) && mount.layered;
}

/*
 * Between two looks at the range another file may have been there and gone,
 * and it is that one's link which was opened. 1 if fd is the mapped object, 0
 * if it must be tried again, or -errno.
 */
static int check(struct mf_opening *opening, int fd, struct statx *last, int *agreeing)
{
	struct statx st;
	int error = mf_sys_statx(fd, "", 0, &st);

	if (!error)
		error = mf_opening_ask(opening);
	if (error)
		return error;
	if (mf_same_numbers(&st, opening->want))
		return 1;
	if (!may_differ(opening->iter, &st, opening->want)) {
		*agreeing = 0;
		return 0;
	}
	*agreeing = *agreeing && mf_same_object(&st, last) ? *agreeing + 1 : 1;
	*last = st;
	return *agreeing >= AGREEING;
}

static int open_rung(struct mf_opening *opening)
{
	struct mf_range range = { opening->want->start, opening->want->end };
	struct statx last;
	int tries, fd, r, agreeing = 0;

	opening->info.sure = MF_SURE_EXACT;
	for (tries = 0; tries < TRIES; tries++) {
		fd = open_link(opening, &range);
		if (fd == -ENOENT && opening->iter->proc.links_fd < 0)
			return -ENOENT;
		if (fd == -ENOENT || fd == -ESRCH) {
			r = ask_range(opening, &range);
			opening->info.n_retries++;
		} else {
			r = fd < 0 ? fd : check(opening, fd, &last, &agreeing);
			if (r > 0)
				return fd;
			mf_sys_close(&fd);
		}
		if (r < 0)
			return r;
	}
	return -EAGAIN;
}

const struct mf_rung mf_rung_map_files = { .id = MF_RUNG_MAP_FILES, .open = open_rung };
