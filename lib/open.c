/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens the object behind a mapping: tries the rungs of the ladder in turn,
 * and turns what was found into what the caller asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "by_name.h"
#include "core_copy.h"
#include "identity.h"
#include "look.h"
#include "opening.h"
#include "sys.h"

#define OPEN_FLAGS                                                                             \
	(MF_OPEN_AS_MAPPED | MF_OPEN_PATH | MF_OPEN_ANY_TYPE | MF_OPEN_DIRECT | MF_OPEN_COPY | \
	 MF_OPEN_MAY_BLOCK | MF_OPEN_EXACT)

/* In the order in which they are tried. */
static const struct mf_rung *const ladder[] = {
	&mf_rung_map_files, &mf_rung_exe, &mf_rung_fd, &mf_rung_path, &mf_rung_copy,
};

/* On the kernel's own mounts a SysV segment and a memfd may have one device and inode. */
static bool shares_numbers(const struct mf_mapping *m)
{
	return m->kind == MF_KIND_SYSV || m->kind == MF_KIND_MEMFD || m->kind == MF_KIND_SHM_ANON;
}

static bool is_same_kind(const struct mf_opening *opening)
{
	const struct mf_mapping *const now = &opening->now.m;

	if (!shares_numbers(opening->want) || !now->path)
		return true;
	return mf_kind_of(now, &opening->iter->kernel_fs) == opening->want->kind;
}

/*
 * Without the ioctl, asking by address reads all text before it. Where the link
 * of the range still leads to the object, or still has its name, that says as
 * much.
 */
static bool ask_link(struct mf_opening *opening)
{
	struct mf_iter *const iter = opening->iter;
	const struct mf_mapping *const want = opening->want;
	const int links_fd = iter->proc.has_query ? -1 : mf_proc_links(&iter->proc);
	char name[MF_LINK_NAME_SIZE], link[PATH_MAX];
	struct statx st;
	ssize_t n;

	if (links_fd < 0)
		return false;
	opening->now = (struct mf_record){ .m = *want };
	if (!opening->path_known)
		opening->now.m.path = NULL;
	mf_link_name(name, want->start, want->end);
	if (!iter->follow_refused && !mf_sys_statx(links_fd, name, 0, &st) &&
	    mf_same_numbers(&st, want) && !shares_numbers(want))
		return true;
	n = opening->path_known && want->path ? mf_sys_readlinkat(links_fd, name, link, PATH_MAX) :
						0;
	return n > 0 && n < PATH_MAX && want->path_len == (size_t)n &&
	       !memcmp(link, want->path, (size_t)n);
}

static int ask(struct mf_opening *opening)
{
	const struct mf_mapping *const want = opening->want, *const now = &opening->now.m;
	const int r =
		mf_find_record(opening->iter, want->start, &opening->iter->now, &opening->now);

	if (r <= 0)
		return r ? r : -ESTALE;
	if (now->dev_major != want->dev_major || now->dev_minor != want->dev_minor ||
	    now->inode != want->inode || !is_same_kind(opening))
		return -ESTALE;
	return 0;
}

int mf_opening_ask(struct mf_opening *opening)
{
	return ask_link(opening) ? 0 : ask(opening);
}

int mf_opening_ask_name(struct mf_opening *opening)
{
	int error = mf_opening_ask(opening);

	if (!error && !opening->now.m.path)
		error = ask(opening);
	if (!error)
		mf_complete_name(opening->iter, &opening->iter->now, &opening->now);
	return error;
}

int mf_opening_check(struct mf_opening *opening, int fd)
{
	const struct mf_claim claim = {
		.want = opening->want,
		.now = &opening->now.m,
		.look_only = opening->look_only,
		.may_block = opening->flags & MF_OPEN_MAY_BLOCK,
	};
	const int sure = mf_identify(opening->iter, fd, &claim);
	int error = sure < 0 ? sure : 0;

	/*
	 * Still mapped, so the inode was alive all the time and its number not
	 * given to another file.
	 */
	if (!error)
		error = mf_opening_ask(opening);
	if (error) {
		mf_sys_close(&fd);
		return error;
	}
	opening->info.sure = (uint32_t)sure;
	return fd;
}

/* O_RDONLY, O_WRONLY or O_RDWR. */
static int access_mode(const struct mf_opening *opening)
{
	const struct mf_mapping *const m = &opening->now.m;
	uint32_t mode = MF_PROT_READ;

	if (!(opening->flags & MF_OPEN_AS_MAPPED))
		return O_RDONLY;
	if (mf_look_at_link(opening->iter, m, &mode) && m->flags & MF_MAPPING_SHARED)
		mode |= m->prot & MF_PROT_WRITE;
	if (!(mode & MF_PROT_WRITE))
		return O_RDONLY;
	return mode & MF_PROT_READ ? O_RDWR : O_WRONLY;
}

/* 1, 0, or -errno. What is remembered of a device may be another machine's: the file's own counts. */
static int may_block(const struct mf_opening *opening, const struct statx *st)
{
	struct mf_iter *const iter = opening->iter;
	struct mf_mount mount;

	if (opening->flags & MF_OPEN_MAY_BLOCK)
		return 0;
	if (iter->proc.live)
		return mf_may_block(iter, opening->want);
	return !(st->stx_mask & STATX_MNT_ID) ||
	       mf_mount_by_id(&iter->mounts, &iter->proc, st->stx_mnt_id, &mount) ||
	       mount.may_block;
}

int mf_opening_data(const struct mf_opening *opening, int path_fd, int access)
{
	struct statx st;
	int fd, error = mf_sys_statx(path_fd, "", 0, &st);

	if (error)
		return error;
	/* Sockets, anonymous inodes, secret memory: nobody can open them. */
	if (!(st.stx_mode & S_IFMT) || S_ISSOCK(st.stx_mode) ||
	    opening->want->kind == MF_KIND_SECRETMEM)
		return -ENXIO;
	if (!S_ISREG(st.stx_mode) && !(opening->flags & MF_OPEN_ANY_TYPE))
		return -ENXIO;
	error = may_block(opening, &st);
	if (error)
		return error < 0 ? error : -EREMOTE;
	/* O_NONBLOCK: somebody's lease is an error, not a wait of 45 seconds; nor is a FIFO's other end waited for. */
	fd = mf_sys_reopen(mf_proc_root(&opening->iter->proc), path_fd, access | O_NONBLOCK);
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

static int hand_out(const struct mf_opening *opening, int path_fd)
{
	int fd;

	if (opening->flags & MF_OPEN_PATH)
		return path_fd;
	fd = mf_opening_data(opening, path_fd, access_mode(opening));
	mf_sys_close(&path_fd);
	return fd;
}

/* Not the target's fault, nor one that another way could mend. */
static bool is_final(uint32_t rung, int error)
{
	switch (error) {
	case -ESRCH:
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
		return true;
	case -ESTALE:
	case -EAGAIN:
		return rung == MF_RUNG_MAP_FILES;
	default:
		return false;
	}
}

/*
 * What the caller hears if no rung leads there, the least telling first: not
 * there, refused, may never answer, nothing to open, try again, another object
 * is there.
 */
static int telling(int error)
{
	switch (error) {
	case -ENOENT:
		return 0;
	case -EREMOTE:
		return 2;
	case -ENXIO:
		return 3;
	case -EAGAIN:
		return 4;
	case -ESTALE:
		return 5;
	default:
		return 1;
	}
}

static bool is_allowed(const struct mf_rung *rung, uint32_t flags)
{
	if (rung == &mf_rung_copy)
		return flags & MF_OPEN_COPY;
	return rung == &mf_rung_map_files || !(flags & MF_OPEN_DIRECT);
}

/* Closes it if more was asked for than it is proven to be. */
static int keep_if_sure(const struct mf_opening *opening, int fd)
{
	if (fd < 0 || !(opening->flags & MF_OPEN_EXACT) || opening->info.sure == MF_SURE_EXACT)
		return fd;
	mf_sys_close(&fd);
	return -ESTALE;
}

static int try_rung(struct mf_opening *opening, const struct mf_rung *rung)
{
	/* The lower rungs start from what is mapped now, and from its name. */
	const int error = rung == &mf_rung_map_files ? 0 : mf_opening_ask_name(opening);

	opening->info.rung = rung->id;
	return error ? error : keep_if_sure(opening, rung->open(opening));
}

/* A copy of what can be looked at but not opened: others' files. What is no file has none. */
static bool is_end(uint32_t flags, int fd)
{
	return fd >= 0 || !(flags & MF_OPEN_COPY) ||
	       (fd != -EACCES && fd != -EPERM && fd != -EAGAIN && fd != -EREMOTE);
}

static int climb(struct mf_opening *opening)
{
	const bool object = mf_file_backed(opening->want);
	int fd, error = object ? -ENOENT : -ENXIO;
	bool found = false;
	size_t i;

	for (i = 0; i < sizeof(ladder) / sizeof(*ladder); i++) {
		const struct mf_rung *const rung = ladder[i];

		if (!is_allowed(rung, opening->flags) ||
		    ((!object || found) && rung != &mf_rung_copy))
			continue;
		fd = try_rung(opening, rung);
		/* Of memory there is nothing but the copy, and its error is what there is to say. */
		if (rung == &mf_rung_copy && (fd >= 0 || !object))
			return fd;
		if (fd >= 0) {
			found = true;
			fd = hand_out(opening, fd);
			if (is_end(opening->flags, fd))
				return fd;
		} else if (is_final(rung->id, fd)) {
			return fd;
		}
		if (telling(fd) > telling(error))
			error = fd;
	}
	return error == -ENOENT ? -EOPNOTSUPP : error;
}

/* Of a process that is no more. */
static int open_remembered(struct mf_opening *opening)
{
	int fd = opening->flags & MF_OPEN_DIRECT ? -EOPNOTSUPP : mf_open_by_name(opening);

	fd = keep_if_sure(opening, fd);
	if (fd >= 0)
		fd = hand_out(opening, fd);
	if (fd >= 0 || !(opening->flags & MF_OPEN_COPY) || !opening->iter->core)
		return fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP ? -ENOENT : fd;
	return mf_copy_core(opening);
}

int mf_opening_open(struct mf_opening *opening)
{
	if (!opening->iter->proc.live)
		return open_remembered(opening);
	/* It was gone before anybody could see what it was. */
	if (!(opening->want->has & MF_HAS_DEV))
		return -ESTALE;
	return climb(opening);
}

int mf_open_exactly(struct mf_iter *iter, const struct mf_mapping *m)
{
	struct mf_opening opening = { .iter = iter,
				      .want = m,
				      .flags = MF_OPEN_PATH | MF_OPEN_EXACT,
				      .look_only = true,
				      .path_known = true };

	return mf_opening_open(&opening);
}

/* A copy is no object; an O_PATH descriptor has no mode. */
static int check_flags(uint32_t flags)
{
	if (flags & ~(uint32_t)OPEN_FLAGS)
		return -EINVAL;
	if (flags & MF_OPEN_COPY && flags & (MF_OPEN_DIRECT | MF_OPEN_PATH | MF_OPEN_EXACT))
		return -EINVAL;
	return flags & MF_OPEN_PATH && flags & MF_OPEN_AS_MAPPED ? -EINVAL : 0;
}

int mf_open_fd(struct mf_iter *iter, const struct mf_mapping *mapping, uint32_t flags)
{
	struct mf_opening opening = { .iter = iter, .flags = flags };
	const int saved_errno = errno;
	struct mf_mapping want;
	int fd;

	if (!iter || !mapping || check_flags(flags))
		return -EINVAL;
	want = mf_mapping_given(mapping);
	opening.want = &want;
	opening.path_known = mapping == &iter->shown.m;
	fd = mf_opening_open(&opening);
	if (fd >= 0)
		iter->open_info = opening.info;
	errno = saved_errno;
	return fd;
}

int mf_open_info(const struct mf_iter *iter, const struct mf_open_info **ret_info)
{
	if (!iter || !ret_info)
		return -EINVAL;
	if (!iter->open_info.rung)
		return -ENOENT;
	*ret_info = &iter->open_info;
	return 0;
}
