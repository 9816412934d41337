/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens what a core or a saved tree only has the name of. The process is no
 * more, and the file may be another by now: a build id is the only proof.
 */
#include "by_name.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "core.h"
#include "notes.h"
#include "sys.h"

/* Mappings of one file that lie below each other; a library has five or so. */
#define NEIGHBOURS 64

/* Memory from where the file begins to where that mapping ends. */
struct image {
	const struct mf_core *core;
	uint64_t start, size;
};

static ssize_t read_image(void *ctx, uint64_t at, void *buf, size_t n)
{
	const struct image *const image = ctx;

	if (at >= image->size)
		return 0;
	if (n > image->size - at)
		n = (size_t)(image->size - at);
	return mf_core_read(image->core, image->start + at, buf, n);
}

/* The mapping of the file's first page that addr's one goes with: 1, 0, or -errno. */
static int find_image(const struct mf_core *core, uint64_t addr, struct image *ret)
{
	struct mf_core_piece piece;
	const struct mf_core_file *file, *first;
	int tries, same;

	if (!mf_core_find(core, addr, false, &piece) || !piece.file)
		return 0;
	file = first = piece.file;
	for (tries = 0; tries < NEIGHBOURS && file >= mf_core_files(core); tries++, file--) {
		same = mf_core_same_name(core, first, file);
		if (same < 0)
			return same;
		if (!same || file->offset)
			continue;
		*ret = (struct image){ core, file->start, file->end - file->start };
		return 1;
	}
	return 0;
}

/* What tells one ELF file from another. */
struct face {
	bool is_elf;
	struct mf_elf elf;
	struct mf_build_id id;
};

/* 0 or -errno; what is cut off or no ELF has no face. */
static int look(const struct mf_bytes *bytes, struct face *ret)
{
	int r = mf_elf_read(bytes, 0, &ret->elf);

	ret->id.len = 0;
	ret->is_elf = !r;
	if (r == -EPROTO || r == -ENODATA)
		return 0;
	if (!r)
		r = mf_build_id(bytes, &ret->elf, NULL, &ret->id);
	return r < 0 ? r : 0;
}

/* The core has a header: then a file with another one is another file. */
static int compare(const struct face *core, const struct face *file)
{
	if (!core->is_elf)
		return MF_SURE_NAME;
	if (core->id.len)
		return core->id.len == file->id.len &&
				       !memcmp(core->id.bytes, file->id.bytes, core->id.len) ?
			       MF_SURE_BUILD_ID :
			       -ESTALE;
	return file->is_elf && core->elf.class == file->elf.class &&
			       core->elf.data == file->elf.data &&
			       core->elf.type == file->elf.type &&
			       core->elf.machine == file->elf.machine &&
			       core->elf.entry == file->elf.entry &&
			       core->elf.phoff == file->elf.phoff &&
			       core->elf.phnum == file->elf.phnum ?
		       MF_SURE_NAME :
		       -ESTALE;
}

/* Reading it may wait for a server: -EREMOTE; or -errno. */
static int open_to_read(struct mf_opening *opening, int path_fd, const struct statx *st)
{
	struct mf_iter *const iter = opening->iter;
	struct mf_mount mount;

	if (!(opening->flags & MF_OPEN_MAY_BLOCK) &&
	    (!(st->stx_mask & STATX_MNT_ID) ||
	     mf_mount_by_id(&iter->mounts, &iter->proc, st->stx_mnt_id, &mount) || mount.may_block))
		return -EREMOTE;
	return mf_sys_reopen(-1, path_fd, O_RDONLY | O_NONBLOCK);
}

/* One of MF_SURE_, or -errno. */
static int prove(struct mf_opening *opening, int path_fd)
{
	const struct mf_core *const core = opening->iter->core;
	struct image image;
	const struct mf_bytes memory = { read_image, &image };
	struct face in_core, in_file;
	struct mf_bytes bytes;
	struct statx st;
	int fd, error = mf_sys_statx(path_fd, "", 0, &st);

	if (error)
		return error;
	/* The kernel's names have none. */
	if (S_ISLNK(st.stx_mode))
		return -ENOENT;
	if (!core || !S_ISREG(st.stx_mode))
		return MF_SURE_NAME;
	error = find_image(core, opening->want->start, &image);
	if (error <= 0)
		return error ? error : MF_SURE_NAME;
	error = look(&memory, &in_core);
	if (error || !in_core.is_elf)
		return error ? error : MF_SURE_NAME;
	fd = open_to_read(opening, path_fd, &st);
	if (fd < 0)
		return fd;
	bytes = mf_bytes_of_file(&fd);
	error = look(&bytes, &in_file);
	mf_sys_close(&fd);
	return error ? error : compare(&in_core, &in_file);
}

static int open_path(struct mf_opening *opening, const char *path)
{
	struct mf_iter *const iter = opening->iter;

	if (iter->core && iter->core->root_fd >= 0)
		return mf_open_below(iter, iter->core->root_fd, path, opening->flags);
	return mf_open_in_caller(iter, path, opening->flags);
}

static int try_path(struct mf_opening *opening, const char *path, bool name_will_do)
{
	int fd = open_path(opening, path), sure;

	if (fd < 0)
		return fd;
	sure = prove(opening, fd);
	if (sure == MF_SURE_NAME && !name_will_do)
		sure = -ESTALE;
	if (sure < 0) {
		mf_sys_close(&fd);
		return sure;
	}
	opening->info.rung = MF_RUNG_PATH;
	opening->info.sure = (uint32_t)sure;
	return fd;
}

/*
 * The kernel's mark says that the name led nowhere any more, or a file is
 * called so. What has one of the two names now is believed for its build id only.
 */
static int open_marked(struct mf_opening *opening)
{
	struct mf_mapping *const m = &opening->now.m;
	/* In a buffer of the iterator's, which nothing else uses now. */
	char *const mark = (char *)(uintptr_t)m->path + m->path_len - MF_DELETED_MARK_LEN;
	int fd, marked_fd;

	*mark = '\0';
	fd = try_path(opening, m->path, false);
	*mark = MF_DELETED_MARK[0];
	if (fd >= 0)
		return fd;
	marked_fd = try_path(opening, m->path, false);
	return marked_fd >= 0 || fd == -ENOENT ? marked_fd : fd;
}

int mf_open_by_name(struct mf_opening *opening)
{
	const uint32_t kind = opening->want->kind;
	int error;

	/* Memory has a name that leads nowhere, or to what somebody else put there. */
	if (kind != MF_KIND_FILE && kind != MF_KIND_DEVICE)
		return kind == MF_KIND_UNKNOWN ? -EOPNOTSUPP : -ENXIO;
	error = mf_opening_ask_name(opening);
	if (error)
		return error;
	if (!opening->now.m.path || opening->now.m.flags & MF_MAPPING_NAME_AMBIGUOUS)
		return -EOPNOTSUPP;
	if (mf_has_deleted_mark(&opening->now.m))
		return open_marked(opening);
	return try_path(opening, opening->now.m.path, true);
}
