/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process has mapped that an ELF file can be behind, sorted by object.
 * Reads no memory and opens no file.
 */
#include "module_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "module_auxv.h"
#include "space.h"

/* An area, and the file it is of, while the files are not yet known. */
struct entry {
	struct mf_area area;
	struct mf_file file;
};

struct walk {
	struct mf_iter *iter;
	struct entry *entries;
	size_t n, room;
	struct mf_buf names;
	size_t names_len;
};

/* Not devices, rings and the like: their memory is not to be looked at. */
static bool may_be_elf(const struct mf_mapping *m)
{
	switch (m->kind) {
	case MF_KIND_FILE:
	case MF_KIND_MEMFD:
	case MF_KIND_SHM_ANON:
	case MF_KIND_VDSO:
		return true;
	default:
		return false;
	}
}

/* The name's place in names. Mappings of one file mostly follow each other: its name is kept once. */
static int keep_name(struct walk *walk, const struct mf_mapping *m, size_t *ret)
{
	const struct mf_file *const last = walk->n ? &walk->entries[walk->n - 1].file : NULL;
	const char *const path = m->path ? m->path : "";
	const size_t len = m->path ? m->path_len : 0;
	int error;

	if (last && last->path_len == len && !memcmp(walk->names.data + last->path, path, len)) {
		*ret = last->path;
		return 0;
	}
	error = mf_buf_reserve(&walk->names, walk->names_len + len + 1);
	if (error)
		return error;
	memcpy(walk->names.data + walk->names_len, path, len);
	walk->names.data[walk->names_len + len] = '\0';
	*ret = walk->names_len;
	walk->names_len += len + 1;
	return 0;
}

static int make_room(struct walk *walk)
{
	const size_t room = walk->room ? walk->room * 2 : 256;
	struct entry *entries;
	size_t size;

	if (walk->n < walk->room)
		return 0;
	if (__builtin_mul_overflow(room, sizeof(*entries), &size))
		return -ENOMEM;
	entries = realloc(walk->entries, size);
	if (!entries)
		return -ENOMEM;
	walk->entries = entries;
	walk->room = room;
	return 0;
}

static int add(struct walk *walk, const struct mf_mapping *m)
{
	size_t path;
	int error = make_room(walk);

	if (!error)
		error = keep_name(walk, m, &path);
	if (error)
		return error;
	walk->entries[walk->n++] = (struct entry){
		.area = { .start = m->start,
			  .end = m->end,
			  .offset = m->offset,
			  .prot = m->prot,
			  .flags = m->flags,
			  .prot_unknown = !(m->has & MF_HAS_PROT) },
		.file = { .inode = m->inode,
			  .dev_major = m->dev_major,
			  .dev_minor = m->dev_minor,
			  .has = m->has,
			  .kind = m->kind,
			  .flags = m->flags,
			  .path_len = m->path_len,
			  .name_len = m->name_len,
			  .path = path },
	};
	return 0;
}

static int add_all(struct walk *walk)
{
	const struct mf_mapping *m;
	int r = mf_iter_rewind(walk->iter), error;

	if (r)
		return r;
	while ((r = mf_next(walk->iter, &m)) > 0) {
		if (!may_be_elf(m))
			continue;
		error = add(walk, m);
		if (error)
			return error;
	}
	return r;
}

static bool is_listed(const struct walk *walk, uint64_t addr)
{
	size_t i;

	for (i = 0; i < walk->n; i++) {
		if (walk->entries[i].area.start <= addr && addr < walk->entries[i].area.end)
			return true;
	}
	return false;
}

/* A walk of the mapped files has all but the vdso. */
static int add_vdso(struct walk *walk)
{
	const struct mf_mapping *m;
	struct mf_auxv auxv;
	int r;

	if (mf_auxv_read(walk->iter, &auxv) || !auxv.vdso || is_listed(walk, auxv.vdso))
		return 0;
	r = mf_find(walk->iter, auxv.vdso, &m);
	/* A checkpoint that was restored may have put it elsewhere. */
	if (r <= 0 || m->kind != MF_KIND_VDSO)
		return r < 0 ? r : 0;
	return add(walk, m);
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/*
 * The mark of a deleted file is no part of the name: the file may be deleted
 * while the walk is in its midst.
 */
static int compare_names(const struct mf_file *a, const struct mf_file *b, const char *names)
{
	const uint32_t least = a->name_len < b->name_len ? a->name_len : b->name_len;
	const int r = memcmp(names + a->path, names + b->path, least);

	return r ? r : compare_u64(a->name_len, b->name_len);
}

static int compare_files(const struct mf_file *a, const struct mf_file *b, const char *names)
{
	int r = compare_u64(a->dev_major, b->dev_major);

	if (!r)
		r = compare_u64(a->dev_minor, b->dev_minor);
	if (!r)
		r = compare_u64(a->inode, b->inode);
	if (!r)
		r = compare_u64(a->kind, b->kind);
	return r ? r : compare_names(a, b, names);
}

static int compare_entries(const void *a, const void *b, void *names)
{
	const struct entry *const x = a, *const y = b;
	const int r = compare_files(&x->file, &y->file, names);

	return r ? r : compare_u64(x->area.start, y->area.start);
}

static int compare_spans(const void *a, const void *b)
{
	return compare_u64(((const struct mf_range *)a)->start,
			   ((const struct mf_range *)b)->start);
}

static void list_files(const struct walk *walk, struct mf_list *ret)
{
	struct mf_file *file = NULL;
	size_t i;

	for (i = 0; i < walk->n; i++) {
		const struct entry *const entry = &walk->entries[i];

		if (!file || compare_files(file, &entry->file, ret->names)) {
			file = &ret->files[ret->n_files++];
			*file = entry->file;
			file->areas = &ret->areas[i];
		}
		file->flags |= entry->file.flags;
		file->has &= entry->file.has;
		file->n_areas++;
		ret->areas[i] = entry->area;
		ret->spans[i] = (struct mf_range){ entry->area.start, entry->area.end };
	}
	ret->n_areas = walk->n;
	if (walk->n)
		qsort(ret->spans, walk->n, sizeof(*ret->spans), compare_spans);
}

/* The names become the list's. */
static int make_list(struct walk *walk, struct mf_list *ret)
{
	const size_t room = walk->n ? walk->n : 1;
	struct mf_list list = {
		.areas = calloc(room, sizeof(*list.areas)),
		.files = calloc(room, sizeof(*list.files)),
		.spans = calloc(room, sizeof(*list.spans)),
	};

	if (!list.areas || !list.files || !list.spans) {
		mf_list_free(&list);
		return -ENOMEM;
	}
	list.names = walk->names.data;
	walk->names = (struct mf_buf){ 0 };
	if (walk->n)
		qsort_r(walk->entries, walk->n, sizeof(*walk->entries), compare_entries,
			list.names);
	list_files(walk, &list);
	*ret = list;
	return 0;
}

int mf_list_read(struct mf_iter *iter, struct mf_list *ret)
{
	struct walk walk = { .iter = iter };
	int error = add_all(&walk);

	if (!error)
		error = add_vdso(&walk);
	if (!error)
		error = make_list(&walk, ret);
	mf_buf_free(&walk.names);
	free(walk.entries);
	return error;
}

void mf_list_free(struct mf_list *list)
{
	free(list->areas);
	free(list->files);
	free(list->spans);
	free(list->names);
	*list = (struct mf_list){ 0 };
}

struct mf_mapping mf_list_mapping(const struct mf_list *list, const struct mf_file *file,
				  const struct mf_area *area)
{
	return (struct mf_mapping){
		.start = area->start,
		.end = area->end,
		.offset = area->offset,
		.inode = file->inode,
		.dev_major = file->dev_major,
		.dev_minor = file->dev_minor,
		.prot = area->prot,
		.kind = file->kind,
		.flags = area->flags,
		.has = file->has,
		.fd = -1,
		.path = file->path_len ? list->names + file->path : NULL,
		.path_len = file->path_len,
		.name_len = file->name_len,
	};
}

size_t mf_list_span(const struct mf_list *list, uint64_t addr)
{
	size_t low = 0, high = list->n_areas;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (list->spans[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
