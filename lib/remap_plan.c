/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What it takes to map what another process maps, and what is refused: asks
 * the target anew, opens the object, and proves that its bytes are the
 * target's. Must not map it.
 */
#include "remap.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "content.h"
#include "identity.h"
#include "look.h"
#include "opening.h"
#include "own.h"
#include "private_pages.h"
#include "same_page.h"
#include "sys.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* Linux 5.1 */
#endif

#define WRITE_SEALS	(F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)
#define HUGETLBFS_MAGIC 0x958458f6

/* A mapping that madvise(2) or mlock(2) cut into more pieces since is to be listed anew. */
#define MOST_PIECES	64

int mf_remap_refuse(struct mf_remap *remap, uint32_t refusal, int error)
{
	remap->plan->refusal = refusal;
	remap->plan->error = error;
	return error;
}

int mf_remap_fail(struct mf_remap *remap, int error)
{
	const bool gone = error == -ESTALE || error == -ESRCH;

	return mf_remap_refuse(remap, gone ? MF_REFUSAL_CHANGED : MF_REFUSAL_NOT_OPENED, error);
}

/* On the kernel's own mounts a SysV segment and a memfd may have one device and inode. */
static bool is_same_kind(uint32_t a, uint32_t b)
{
	if (a == MF_KIND_UNKNOWN || b == MF_KIND_UNKNOWN)
		return true;
	return (a == MF_KIND_SYSV) == (b == MF_KIND_SYSV) &&
	       (a == MF_KIND_MEMFD) == (b == MF_KIND_MEMFD);
}

/* Nothing is different of m, which was asked before; what m does not know may be anything. */
static bool continues(const struct mf_mapping *piece, const struct mf_mapping *m)
{
	if (piece->dev_major != m->dev_major || piece->dev_minor != m->dev_minor ||
	    piece->inode != m->inode)
		return false;
	if (m->has & MF_HAS_OFFSET && mf_file_backed(m) &&
	    piece->offset - piece->start != m->offset - m->start)
		return false;
	return !(m->has & MF_HAS_PROT) ||
	       (piece->prot == m->prot && !((piece->flags ^ m->flags) & MF_MAPPING_SHARED));
}

/* The mapping that holds addr: 0 or -errno. Its path lives until the next ask. */
static int ask(struct mf_iter *iter, uint64_t addr, struct mf_record *ret)
{
	const int r = mf_find_record(iter, addr, &iter->now, ret);

	return r > 0 ? 0 : r ? r : -ESTALE;
}

/* The range may be in pieces by now, and each goes on as the first began. */
static int ask_pieces(const struct mf_remap *remap)
{
	uint64_t addr = remap->listed.start;
	struct mf_record piece;
	int n, error;

	for (n = 0; addr < remap->listed.end; n++) {
		error = n < MOST_PIECES ? ask(remap->iter, addr, &piece) : -ESTALE;
		if (error)
			return error;
		if (!continues(&piece.m, &remap->now) ||
		    !is_same_kind(mf_kind_of(&piece.m, &remap->iter->kernel_fs), remap->name_kind))
			return -ESTALE;
		addr = piece.m.end;
	}
	return 0;
}

int mf_remap_ask_again(struct mf_remap *remap)
{
	const int error = ask_pieces(remap);

	return error ? mf_remap_fail(remap, error) : 0;
}

static int ask_first(struct mf_remap *remap)
{
	struct mf_iter *const iter = remap->iter;
	struct mf_record now;
	int error = mf_space_settled(&iter->proc);

	/* It was gone before anybody could see what it was. */
	if (!error && !(remap->listed.has & MF_HAS_DEV))
		error = -ESTALE;
	if (!error)
		error = ask(iter, remap->listed.start, &now);
	if (error)
		return error;
	mf_complete_name(iter, &iter->now, &now);
	remap->name_kind = mf_kind_of(&now.m, &iter->kernel_fs);
	mf_complete_kind(iter, &now.m);
	now.m.path = NULL;
	now.m.path_len = now.m.name_len = 0;
	remap->now = now.m;
	return continues(&now.m, &remap->listed) && is_same_kind(now.m.kind, remap->listed.kind) ?
		       ask_pieces(remap) :
		       -ESTALE;
}

/* Of huge pages; no other number has a meaning. */
static void take_page_size(struct mf_remap_plan *plan, uint64_t size)
{
	if (size > plan->page_size && !(size % plan->page_size))
		plan->page_size = size;
}

static int look_at_target(struct mf_remap *remap)
{
	const struct mf_mapping *const now = &remap->now;
	struct mf_remap_plan *const plan = remap->plan;
	const int error = remap->iter->proc.live ? ask_first(remap) : -EOPNOTSUPP;

	if (error)
		return mf_remap_fail(remap, error);
	plan->offset = now->offset + (remap->listed.start - now->start);
	plan->length = remap->listed.end - remap->listed.start;
	plan->prot = now->prot;
	plan->flags = now->flags & MF_MAPPING_SHARED;
	plan->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	if (now->has & MF_HAS_PAGE_SIZE)
		take_page_size(plan, now->page_size);
	return 0;
}

/* Nothing is touched to see that. */
static int check_kind(struct mf_remap *remap)
{
	static const uint32_t refusals[] = {
		[MF_KIND_ANON_INODE] = MF_REFUSAL_ANON_INODE, [MF_KIND_SOCKET] = MF_REFUSAL_SOCKET,
		[MF_KIND_SECRETMEM] = MF_REFUSAL_SECRET,      [MF_KIND_AIO] = MF_REFUSAL_AIO,
		[MF_KIND_DMABUF] = MF_REFUSAL_ANON_INODE,     [MF_KIND_DEVICE] = MF_REFUSAL_DEVICE,
	};
	const uint32_t kind = remap->now.kind;
	uint32_t refusal = MF_REFUSAL_NO_OBJECT;

	if (mf_file_backed(&remap->now))
		refusal = kind < sizeof(refusals) / sizeof(*refusals) ? refusals[kind] :
									MF_REFUSAL_NONE;
	return refusal ? mf_remap_refuse(remap, refusal, -ENXIO) : 0;
}

static bool is_want_of_resources(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

/*
 * What is not writable is looked at too: it may have been, as what the dynamic
 * linker relocates is.
 */
static int check_private(struct mf_remap *remap)
{
	const struct mf_mapping *const m = &remap->listed;
	int r;

	if (remap->plan->flags & MF_MAPPING_SHARED || remap->opts.flags & MF_REMAP_OBJECT_ONLY)
		return 0;
	r = mf_private_pages(&remap->iter->proc, m->start, m->end);
	if (!r)
		return 0;
	if (r > 0)
		return mf_remap_refuse(remap, MF_REFUSAL_PRIVATE, -EOPNOTSUPP);
	if (r == -ESRCH || r == -ESTALE || is_want_of_resources(r))
		return mf_remap_fail(remap, r);
	return mf_remap_refuse(remap, MF_REFUSAL_PRIVATE_UNKNOWN, -EOPNOTSUPP);
}

/* What only the object itself tells: a device node may be anywhere. */
static int check_type(struct mf_remap *remap, int path_fd)
{
	struct statx st;
	const int error = mf_sys_statx(path_fd, "", 0, &st);

	if (error)
		return mf_remap_fail(remap, error);
	if (S_ISCHR(st.stx_mode) || S_ISBLK(st.stx_mode))
		return mf_remap_refuse(remap, MF_REFUSAL_DEVICE, -ENXIO);
	if (S_ISSOCK(st.stx_mode))
		return mf_remap_refuse(remap, MF_REFUSAL_SOCKET, -ENXIO);
	if (!S_ISREG(st.stx_mode))
		return mf_remap_refuse(remap, MF_REFUSAL_ANON_INODE, -ENXIO);
	return 0;
}

static int check_sure(struct mf_remap *remap)
{
	if (remap->plan->sure == MF_SURE_EXACT || remap->opts.flags & MF_REMAP_MATCHING)
		return 0;
	return mf_remap_refuse(remap, MF_REFUSAL_UNCERTAIN, -ESTALE);
}

static int write_seals(int fd)
{
	const int seals = fcntl(fd, F_GET_SEALS);

	return seals < 0 ? 0 : seals & WRITE_SEALS;
}

static bool must_write(const struct mf_remap *remap)
{
	return remap->plan->flags & MF_MAPPING_SHARED && remap->plan->prot & MF_PROT_WRITE;
}

/*
 * Not writable now, but the target may make it so. Before Linux 6.7 a
 * descriptor for writing cannot map what is sealed, not even to read.
 */
static int open_to_write_later(const struct mf_remap *remap, const struct mf_opening *opening,
			       int path_fd)
{
	uint32_t mode;
	int fd;

	if (!(remap->plan->flags & MF_MAPPING_SHARED) ||
	    mf_look_at_link(remap->iter, &remap->now, &mode) || !(mode & MF_PROT_WRITE))
		return -EACCES;
	fd = mf_opening_data(opening, path_fd, O_RDWR);
	if (fd >= 0 && write_seals(fd)) {
		mf_sys_close(&fd);
		return -EPERM;
	}
	return fd;
}

static int open_data(struct mf_remap *remap, const struct mf_opening *opening, int path_fd)
{
	struct mf_remap_plan *const plan = remap->plan;
	int fd = -EACCES;

	plan->open_mode = MF_PROT_READ | (must_write(remap) ? MF_PROT_WRITE : 0);
	if (!must_write(remap))
		fd = open_to_write_later(remap, opening, path_fd);
	if (fd >= 0)
		plan->open_mode |= MF_PROT_WRITE;
	else
		fd = mf_opening_data(opening, path_fd, must_write(remap) ? O_RDWR : O_RDONLY);
	if (fd < 0)
		return mf_remap_refuse(remap, MF_REFUSAL_NOT_OPENED, fd);
	remap->fd = fd;
	if (must_write(remap) && write_seals(fd))
		return mf_remap_refuse(remap, MF_REFUSAL_SEALED, -EPERM);
	return 0;
}

/* -ESTALE of the ladder may also mean that another file is at the path by now. */
static int fail_to_open(struct mf_remap *remap, int error)
{
	if (error == -ESTALE && !ask_pieces(remap))
		return mf_remap_refuse(remap, MF_REFUSAL_NOT_OPENED, error);
	return mf_remap_fail(remap, error);
}

static int open_object(struct mf_remap *remap)
{
	struct mf_opening opening = { .iter = remap->iter, .want = &remap->now };
	int error, path_fd;

	opening.flags = MF_OPEN_PATH;
	if (remap->opts.flags & MF_REMAP_MAY_BLOCK)
		opening.flags |= MF_OPEN_MAY_BLOCK;
	path_fd = mf_opening_open(&opening);
	if (path_fd < 0)
		return fail_to_open(remap, path_fd);
	remap->plan->rung = opening.info.rung;
	remap->plan->sure = opening.info.sure;
	error = check_type(remap, path_fd);
	if (!error)
		error = check_sure(remap);
	if (!error)
		error = open_data(remap, &opening, path_fd);
	mf_sys_close(&path_fd);
	return error;
}

/* Without the ioctl nothing but the file system tells of huge pages; a server is not asked. */
static int learn_page_size(struct mf_remap *remap)
{
	struct statfs fs;
	int r;

	if (remap->now.has & MF_HAS_PAGE_SIZE)
		return 0;
	r = mf_may_block(remap->iter, &remap->now);
	if (!r)
		r = mf_sys_fstatfs(remap->fd, &fs);
	if (r < 0)
		return mf_remap_fail(remap, r);
	if (!r && (uint32_t)fs.f_type == HUGETLBFS_MAGIC)
		take_page_size(remap->plan, (uint64_t)fs.f_bsize);
	return 0;
}

/* How the object is mapped is how the target's mapping shows: necessary on every file system. */
static int check_own_look(struct mf_remap *remap)
{
	const struct mf_mapping *const m = &remap->now;
	struct mf_record own;

	if (m->kind != MF_KIND_FILE || remap->plan->page_size > (uint64_t)sysconf(_SC_PAGESIZE))
		return 0;
	/* What cannot be looked at was compared by stat(2) before. */
	if (mf_own_look(remap->fd, &own))
		return 0;
	if (own.m.dev_major == m->dev_major && own.m.dev_minor == m->dev_minor &&
	    own.m.inode == m->inode)
		return 0;
	return mf_remap_refuse(remap, MF_REFUSAL_OTHER_BYTES, -ESTALE);
}

static bool is_layered(struct mf_remap *remap)
{
	struct mf_iter *const iter = remap->iter;
	struct mf_mount mount;
	struct statx st;

	return remap->now.kind == MF_KIND_FILE && !mf_sys_statx(remap->fd, "", 0, &st) &&
	       st.stx_mask & STATX_MNT_ID &&
	       !mf_mount_by_id(&iter->mounts, &iter->proc, st.stx_mnt_id, &mount) && mount.layered;
}

/*
 * An overlayfs file that is copied up keeps its numbers, and the target keeps
 * the old bytes. What was opened for writing was copied up before.
 */
static int check_layers(struct mf_remap *remap)
{
	struct mf_iter *const iter = remap->iter;
	uint32_t mode;

	if (!is_layered(remap) || must_write(remap) ||
	    (!mf_look_at_link(iter, &remap->now, &mode) && mode & MF_PROT_WRITE))
		return 0;
	if (mf_same_page(&iter->proc, remap->fd, &remap->now))
		return 0;
	if (mf_content_differs(iter, remap->fd, &remap->now))
		return mf_remap_refuse(remap, MF_REFUSAL_OTHER_BYTES, -ESTALE);
	remap->plan->sure = MF_SURE_MATCHING;
	return check_sure(remap);
}

int mf_remap_check_length(struct mf_remap *remap)
{
	struct mf_remap_plan *const plan = remap->plan;
	uint64_t end, object_end;
	int error = mf_sys_size(remap->fd, &plan->object_size);

	if (error)
		return mf_remap_fail(remap, error);
	/* The rest of the last page can be touched. */
	object_end = plan->object_size +
		     (plan->page_size - plan->object_size % plan->page_size) % plan->page_size;
	if (__builtin_add_overflow(plan->offset, plan->length, &end))
		return mf_remap_refuse(remap, MF_REFUSAL_TOO_SHORT, -ERANGE);
	if (end <= object_end)
		return 0;
	if (!(remap->opts.flags & MF_REMAP_CLIP) || plan->offset >= object_end)
		return mf_remap_refuse(remap, MF_REFUSAL_TOO_SHORT, -ERANGE);
	plan->length = object_end - plan->offset;
	return 0;
}

/* mf_remap() refuses what is no multiple of a page; those of this mapping may be huge. */
static int check_alignment(struct mf_remap *remap)
{
	if (remap->opts.flags & MF_REMAP_AT && remap->opts.addr % remap->plan->page_size)
		return mf_remap_refuse(remap, MF_REFUSAL_NO_ROOM, -EINVAL);
	return 0;
}

/* From what touches nothing to what opens the object. */
static int (*const steps[])(struct mf_remap *remap) = {
	look_at_target, check_kind,   check_private,	     open_object,     learn_page_size,
	check_own_look, check_layers, mf_remap_check_length, check_alignment, mf_remap_ask_again,
};

int mf_remap_prepare(struct mf_remap *remap)
{
	size_t i;
	int error = 0;

	for (i = 0; !error && i < sizeof(steps) / sizeof(*steps); i++)
		error = steps[i](remap);
	if (error)
		mf_sys_close(&remap->fd);
	return error;
}
