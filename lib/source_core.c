/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walk of an ELF core.
 */
#include "source_core.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core.h"

#define VSYSCALL 0xffffffffff600000u

static void set_path(struct mf_mapping *m, const char *path, uint32_t len)
{
	m->path = path;
	m->path_len = m->name_len = len;
	m->has |= MF_HAS_PATH;
}

static uint32_t kind_by_name(struct mf_iter *iter, const struct mf_mapping *m)
{
	struct mf_mapping like = *m;

	/* No core tells of inodes; a file was mapped all the same. */
	like.inode = 1;
	return mf_kind_of(&like, &iter->kernel_fs);
}

/* What has no file is told by the addresses that the program was given at its start. */
static void name_memory(const struct mf_core *core, struct mf_mapping *m)
{
	static const struct {
		const char *name;
		uint32_t kind;
	} names[] = { { "[vdso]", MF_KIND_VDSO },
		      { "[stack]", MF_KIND_STACK },
		      { "[vsyscall]", MF_KIND_VSYSCALL } };
	const uint64_t places[] = { core->auxv.vdso, core->auxv.stack,
				    core->elf.machine == EM_X86_64 ? VSYSCALL : 0 };
	size_t i;

	m->kind = MF_KIND_ANON;
	/* Without a whole NT_FILE it may be a file's. */
	if (!core->has_files || core->files_cut) {
		m->kind = MF_KIND_UNKNOWN;
		return;
	}
	m->has |= MF_HAS_PATH | MF_HAS_DELETED;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!places[i] || m->start > places[i] || places[i] >= m->end)
			continue;
		m->kind = names[i].kind;
		set_path(m, names[i].name, (uint32_t)strlen(names[i].name));
		return;
	}
}

/* One that cannot be read is not known: no reason to give up the walk. */
static int name_file(struct mf_iter *iter, const struct mf_core_file *file, struct mf_buf *name,
		     struct mf_mapping *m)
{
	int error;

	m->offset = file->offset + (m->start - file->start);
	m->has |= MF_HAS_OFFSET;
	if (!file->name_len)
		return 0;
	error = mf_buf_reserve(name, (size_t)file->name_len + 1);
	if (error)
		return error;
	if (mf_bytes_get(&iter->core->bytes, file->name, name->data, file->name_len))
		return 0;
	name->data[file->name_len] = '\0';
	/* Shorter only if somebody writes into the core. */
	set_path(m, name->data, (uint32_t)strlen(name->data));
	m->kind = kind_by_name(iter, m);
	return 0;
}

static int fill(struct mf_iter *iter, const struct mf_core_piece *piece, struct mf_buf *name,
		struct mf_record *ret)
{
	struct mf_mapping *const m = &ret->m;

	*ret = (struct mf_record){ .m = { .start = piece->start, .end = piece->end, .fd = -1 } };
	if (piece->load) {
		m->prot = piece->load->prot;
		m->has |= MF_HAS_PROT;
	}
	if (piece->file)
		return name_file(iter, piece->file, name, m);
	name_memory(iter->core, m);
	return 0;
}

int mf_core_find_record(struct mf_iter *iter, uint64_t addr, bool next, struct mf_buf *name,
			struct mf_record *ret)
{
	struct mf_core_piece piece;
	int error;

	if (!mf_core_find(iter->core, addr, next, &piece))
		return 0;
	error = fill(iter, &piece, name, ret);
	return error ? error : 1;
}

static int start(struct mf_iter *iter)
{
	(void)iter;
	return 0;
}

static int next(struct mf_iter *iter, struct mf_record *ret)
{
	const bool all = iter->opts.flags & MF_ITER_ALL;
	struct mf_core_piece piece;
	uint64_t addr = iter->cursor;
	int error;

	if (addr < iter->opts.from)
		addr = iter->opts.from;
	while (mf_core_find(iter->core, addr, true, &piece)) {
		if (all || piece.file) {
			error = fill(iter, &piece, &iter->name, ret);
			return error ? error : 1;
		}
		addr = piece.end;
	}
	return iter->core->cut ? -EPROTO : 0;
}

const struct mf_source mf_source_core = {
	.id = MF_SOURCE_CORE,
	.start = start,
	.next = next,
};
