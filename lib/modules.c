/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The modules of a process: the public calls. What is mapped is listed, each
 * file's headers are read, its mappings are grouped by them, and what was found
 * is put in order of address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "maps_query.h"
#include "module_auxv.h"
#include "module_find.h"
#include "module_image.h"
#include "space.h"

#define MODULES_FLAGS (MF_MODULES_KERNEL_BUILD_ID | MF_MODULES_NO_FILES)

/* What a module knows of its mappings; the rest of MF_HAS_ is about itself, or not kept. */
#define MAPPING_HAS   (MF_HAS_LINE | MF_HAS_DELETED)

/* Headers may have been written over in one mapping of a file and not in another. */
#define HEADERS_TRIED 8

/* Mappings that a loader makes of one ELF file inside an archive, at most. */
#define ARCHIVE_AREAS 64

/* What the caller sees, and where the rest of it is. */
struct entry {
	struct mf_module module;
	const struct mf_segment *segments;
};

struct mf_modules {
	struct entry *entries; /* by address */
	uint64_t n_modules;
	struct mf_segment *segments;
	uint8_t *build_ids;
	struct mf_owned_list owned; /* owner: 1 + the index of a module */
	char *names;
};

/* A module that was found, in the order of the files. */
struct draft {
	struct mf_module module;
	const struct mf_segment *segments;
	size_t path; /* in names */
	size_t build_id; /* in build_ids */
	uint64_t owner; /* the number it was found under, less 1 */
	uint64_t next; /* where its next segment goes */
};

struct builder {
	struct mf_iter *iter;
	uint32_t flags;
	struct mf_list list;
	struct mf_reader reader;

	/* The file that is grouped. */
	const struct mf_file *file;
	struct mf_image image;
	bool has_image; /* its headers could be read */
	uint64_t steps; /* that are left for it */

	struct draft *drafts;
	size_t n, room;
	struct mf_buf build_ids;
	size_t build_ids_len;
	struct mf_owned_list owned;
};

static int make_room(struct builder *b)
{
	const size_t room = b->room ? b->room * 2 : 64;
	struct draft *drafts;
	size_t size;
	int error = mf_buf_reserve(&b->build_ids, b->build_ids_len + MF_BUILD_ID_SIZE);

	if (error || b->n < b->room)
		return error;
	if (__builtin_mul_overflow(room, sizeof(*drafts), &size))
		return -ENOMEM;
	drafts = realloc(b->drafts, size);
	if (!drafts)
		return -ENOMEM;
	b->drafts = drafts;
	b->room = room;
	return 0;
}

static struct mf_module describe_file(const struct mf_file *file)
{
	return (struct mf_module){
		.inode = file->inode,
		.dev_major = file->dev_major,
		.dev_minor = file->dev_minor,
		.has = file->has & MAPPING_HAS,
		.kind = file->kind,
		.flags = file->flags & MF_MAPPING_DELETED ? MF_MODULE_DELETED : 0,
		.path_len = file->path_len,
		.name_len = file->name_len,
	};
}

static void describe_image(struct mf_module *module, const struct mf_image *image,
			   const struct mf_placed *placed)
{
	module->elf_offset = image->layout.elf_offset;
	module->has |= MF_HAS_ELF;
	module->elf_class = image->elf_class;
	module->elf_data = image->elf_data;
	module->elf_type = image->elf_type;
	module->elf_machine = image->elf_machine;
	if (placed->loaded) {
		module->has |= MF_HAS_BIAS;
		module->bias = placed->bias;
	} else {
		module->flags |= MF_MODULE_DATA;
	}
}

static int add_module(void *data, const struct mf_placed *placed)
{
	struct builder *const b = data;
	const struct mf_image *const image = &b->image;
	struct draft draft = { .module = describe_file(b->file),
			       .path = b->file->path,
			       .build_id = b->build_ids_len };
	int error = make_room(b);

	if (error)
		return error;
	if (b->has_image)
		describe_image(&draft.module, image, placed);
	draft.module.build_id_from = image->build_id_from;
	draft.module.build_id_len = image->build_id_len;
	memcpy(b->build_ids.data + b->build_ids_len, image->build_id, image->build_id_len);
	b->build_ids_len += image->build_id_len;
	b->drafts[b->n++] = draft;
	if (!b->has_image || !placed->loaded)
		return 0;
	return mf_owned_add_gaps(&b->owned, &b->list, &image->layout, placed->bias, b->n);
}

/* Text that a program moved to huge pages of its own. */
static int is_code(void *data, uint64_t addr)
{
	struct builder *const b = data;
	const struct mf_mapping *m;
	const int r = mf_find(b->iter, addr, &m);

	if (r <= 0)
		return r;
	switch (m->kind) {
	case MF_KIND_ANON:
	case MF_KIND_ANON_NAMED:
	case MF_KIND_HUGETLB:
	case MF_KIND_SHM_ANON:
		return m->prot & MF_PROT_EXEC ? 1 : 0;
	default:
		return 0;
	}
}

static int group(struct builder *b, struct mf_area *areas, size_t n_areas, bool data_too)
{
	struct mf_grouping grouping = {
		.areas = areas,
		.n_areas = n_areas,
		.layout = &b->image.layout,
		.n_modules = b->n,
		.steps = &b->steps,
		.data = b,
		.is_code = is_code,
		.add = add_module,
	};

	return mf_group(&grouping, data_too);
}

static bool has_code(const struct mf_file *file)
{
	size_t i;

	for (i = 0; i < file->n_areas; i++) {
		if (!file->areas[i].owner && file->areas[i].prot & MF_PROT_EXEC)
			return true;
	}
	return false;
}

/* Of a core that does not tell what is executable any of it may be. */
static bool may_have_code(const struct mf_file *file)
{
	return !(file->has & MF_HAS_PROT) || has_code(file);
}

static bool is_archive_area(const struct mf_area *area)
{
	return !area->owner && area->offset;
}

/*
 * ELF files inside an archive: only those that are loaded, so only where some
 * of it is executable; elsewhere each mapping would have to be looked into.
 */
static int group_archive(struct builder *b)
{
	const struct mf_file *const file = b->file;
	const bool code = has_code(file);
	size_t i;

	for (i = 0; i < file->n_areas && b->steps; i++) {
		const size_t left = file->n_areas - i;
		int r;

		if (!is_archive_area(&file->areas[i]))
			continue;
		mf_reader_file(&b->reader, file, i, !code);
		r = mf_image_read(&b->reader, file->areas[i].offset, &b->image);
		b->has_image = r > 0;
		if (r > 0)
			r = group(b, &file->areas[i], left < ARCHIVE_AREAS ? left : ARCHIVE_AREAS,
				  false);
		if (r < 0 && r != -ENODATA)
			return r;
	}
	return 0;
}

/* Mappings without owner, from index i on, whose offsets rise: 1 + the last one. */
static size_t rising_run(const struct mf_file *file, size_t i, bool *ret_has_code)
{
	uint64_t offset = file->areas[i].offset;

	*ret_has_code = file->areas[i].prot & MF_PROT_EXEC;
	for (i++; i < file->n_areas; i++) {
		const struct mf_area *const area = &file->areas[i];

		if (area->owner || area->offset <= offset)
			break;
		offset = area->offset;
		*ret_has_code |= !!(area->prot & MF_PROT_EXEC);
	}
	return i;
}

static void ask_build_id(struct builder *b)
{
	const struct mf_proc *const proc = &b->iter->proc;
	struct mf_image *const image = &b->image;
	int n;

	if (image->build_id_len || !(b->flags & MF_MODULES_KERNEL_BUILD_ID) || !proc->live ||
	    !proc->has_query)
		return;
	n = mf_query_build_id(proc->maps_fd, b->file->areas[0].start, image->build_id,
			      sizeof(image->build_id));
	if (n <= 0)
		return;
	image->build_id_len = (uint32_t)n;
	image->build_id_from = MF_BUILD_ID_KERNEL;
}

/* Of a file that nobody may read there is no more to say than that its code is mapped. */
static int group_unreadable(struct builder *b)
{
	const struct mf_file *const file = b->file;
	size_t i, end;
	bool code;
	int error = 0;

	if (!has_code(file))
		return 0;
	b->image = (struct mf_image){ 0 };
	b->has_image = false;
	ask_build_id(b);
	for (i = 0; i < file->n_areas && !error; i = end) {
		end = i + 1;
		if (file->areas[i].owner)
			continue;
		end = rising_run(file, i, &code);
		if (!code)
			continue;
		error = add_module(b, &(struct mf_placed){ .loaded = false });
		while (!error && i < end)
			file->areas[i++].owner = b->n;
	}
	return error;
}

/*
 * As mf_image_read(), of the ELF file that the file itself is. What is mapped as
 * data is not opened to see whether it is one.
 */
static int read_image(struct builder *b)
{
	const struct mf_file *const file = b->file;
	const bool code = has_code(file);
	size_t i, n = 0;
	int r = -ENODATA;

	for (i = 0; i < file->n_areas && n < HEADERS_TRIED && (!r || r == -ENODATA); i++) {
		if (file->areas[i].offset)
			continue;
		n++;
		mf_reader_file(&b->reader, file, i, !code);
		r = mf_image_read(&b->reader, 0, &b->image);
	}
	/* The page with the header may have been unmapped. */
	if (!n && code) {
		mf_reader_file(&b->reader, file, 0, false);
		r = mf_image_read(&b->reader, 0, &b->image);
	}
	return r;
}

static int group_file(struct builder *b, const struct mf_file *file)
{
	int read, error = 0;

	b->file = file;
	b->steps = mf_group_steps(file->n_areas);
	read = read_image(b);
	if (read < 0 && read != -ENODATA)
		return read;
	b->has_image = read > 0;
	if (b->has_image) {
		ask_build_id(b);
		error = group(b, file->areas, file->n_areas, true);
	}
	if (!error && may_have_code(file))
		error = group_archive(b);
	if (!error && read == -ENODATA)
		error = group_unreadable(b);
	return error;
}

static int group_all(struct builder *b)
{
	size_t i;
	int error = 0;

	for (i = 0; i < b->list.n_files && !error; i++)
		error = group_file(b, &b->list.files[i]);
	return error;
}

/* How many segments each has, and from where to where they reach. */
static void measure(struct builder *b)
{
	size_t i;

	for (i = 0; i < b->list.n_areas; i++) {
		const struct mf_area *const area = &b->list.areas[i];
		struct mf_module *module;

		if (!area->owner)
			continue;
		module = &b->drafts[area->owner - 1].module;
		/* The areas of one file are by address. */
		if (!module->n_segments++)
			module->start = area->start;
		module->end = area->end;
	}
}

static int compare_drafts(const void *a, const void *b)
{
	const struct draft *const x = a, *const y = b;

	return x->module.start < y->module.start ? -1 : x->module.start > y->module.start;
}

/* Owners become the numbers of modules by address: ret[owner - 1], ret for each draft. */
static void sort_drafts(struct builder *b, uint64_t *ret)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		b->drafts[i].owner = i;
	if (b->n)
		qsort(b->drafts, b->n, sizeof(*b->drafts), compare_drafts);
	for (i = 0; i < b->n; i++)
		ret[b->drafts[i].owner] = i + 1;
	for (i = 0; i < b->list.n_areas; i++) {
		if (b->list.areas[i].owner)
			b->list.areas[i].owner = ret[b->list.areas[i].owner - 1];
	}
	for (i = 0; i < b->owned.n; i++)
		b->owned.ranges[i].owner = ret[b->owned.ranges[i].owner - 1];
}

static void place_segments(struct builder *b, struct mf_segment *segments)
{
	size_t i, n = 0;

	for (i = 0; i < b->n; i++) {
		b->drafts[i].segments = segments + n;
		b->drafts[i].next = n;
		n += (size_t)b->drafts[i].module.n_segments;
	}
	for (i = 0; i < b->list.n_areas; i++) {
		const struct mf_area *const area = &b->list.areas[i];

		if (area->owner)
			segments[b->drafts[area->owner - 1].next++] = (struct mf_segment){
				.start = area->start,
				.end = area->end,
				.offset = area->offset,
				.prot = area->prot,
				.flags = area->flags,
				.has = area->prot_unknown ? 0 : MF_HAS_PROT,
				.kind = b->drafts[area->owner - 1].module.kind,
			};
	}
}

static int own_segments(struct builder *b)
{
	size_t i;
	int error = 0;

	for (i = 0; i < b->list.n_areas && !error; i++) {
		const struct mf_area *const area = &b->list.areas[i];

		if (area->owner)
			error = mf_owned_add(&b->owned, area->start, area->end, area->owner);
	}
	mf_owned_sort(&b->owned);
	return error;
}

/* The modules take over the names, the build ids and the ranges. */
static void hand_over(struct builder *b, struct mf_modules *modules)
{
	size_t i;

	modules->n_modules = b->n;
	modules->names = b->list.names;
	modules->build_ids = (uint8_t *)b->build_ids.data;
	modules->owned = b->owned;
	for (i = 0; i < b->n; i++) {
		const struct draft *const draft = &b->drafts[i];
		struct mf_module *const module = &modules->entries[i].module;

		*module = draft->module;
		modules->entries[i].segments = draft->segments;
		if (module->path_len)
			module->path = modules->names + draft->path;
		if (module->build_id_len)
			module->build_id = modules->build_ids + draft->build_id;
	}
	b->list.names = NULL;
	b->build_ids = (struct mf_buf){ 0 };
	b->owned = (struct mf_owned_list){ 0 };
}

static void mark(struct mf_modules *modules, uint64_t addr, uint32_t flag)
{
	const struct mf_owned *const found = addr ? mf_owned_find(&modules->owned, addr) : NULL;

	if (found)
		modules->entries[found->owner - 1].module.flags |= flag;
}

static void mark_program(struct builder *b, struct mf_modules *modules)
{
	struct mf_auxv auxv;

	if (mf_auxv_read(b->iter, &auxv))
		return;
	mark(modules, auxv.phdr, MF_MODULE_EXE);
	mark(modules, auxv.base, MF_MODULE_INTERPRETER);
}

static int assemble(struct builder *b, struct mf_modules *modules)
{
	/* One more than there are: none is no error. */
	uint64_t *const order = calloc(b->n + 1, sizeof(*order));
	int error = -ENOMEM;

	modules->entries = calloc(b->n + 1, sizeof(*modules->entries));
	modules->segments = calloc(b->list.n_areas + 1, sizeof(*modules->segments));
	if (order && modules->entries && modules->segments) {
		measure(b);
		sort_drafts(b, order);
		place_segments(b, modules->segments);
		error = own_segments(b);
	}
	free(order);
	if (error)
		return error;
	hand_over(b, modules);
	mark_program(b, modules);
	return 0;
}

static int find_modules(struct builder *b)
{
	int error = mf_list_read(b->iter, &b->list);

	if (error)
		return error;
	mf_reader_start(&b->reader, b->iter, &b->list, b->flags & MF_MODULES_NO_FILES);
	error = group_all(b);
	mf_reader_end(&b->reader);
	/* What was read since the walk must be of the same address space. */
	if (!error && b->iter->proc.live)
		error = mf_space_same(&b->iter->proc);
	return error;
}

static int open_modules(struct mf_iter *iter, uint32_t flags, struct mf_modules **ret_modules)
{
	struct builder b = { .iter = iter, .flags = flags };
	struct mf_modules *const modules = calloc(1, sizeof(*modules));
	int error = modules ? find_modules(&b) : -ENOMEM;

	if (!error)
		error = assemble(&b, modules);
	mf_list_free(&b.list);
	mf_buf_free(&b.build_ids);
	mf_owned_free(&b.owned);
	free(b.drafts);
	if (error) {
		mf_modules_close(modules);
		return error;
	}
	*ret_modules = modules;
	return 0;
}

/* Of a part of the mappings there would be a part of the modules, which nobody could tell from all. */
static bool is_filtered(const struct mf_iter_opts *opts)
{
	return opts->prot || opts->from || opts->to || opts->flags & MF_ITER_SHARED;
}

int mf_modules_open(struct mf_iter *iter, uint32_t flags, struct mf_modules **ret_modules)
{
	const int saved_errno = errno;
	int error;

	if (!iter || !ret_modules || flags & ~(uint32_t)MODULES_FLAGS || is_filtered(&iter->opts))
		return -EINVAL;
	error = open_modules(iter, flags, ret_modules);
	errno = saved_errno;
	return error;
}

uint64_t mf_modules_count(const struct mf_modules *modules)
{
	return modules ? modules->n_modules : 0;
}

int mf_modules_get(const struct mf_modules *modules, uint64_t index,
		   const struct mf_module **ret_module)
{
	if (!modules || !ret_module)
		return -EINVAL;
	if (index >= modules->n_modules)
		return 0;
	*ret_module = &modules->entries[index].module;
	return 1;
}

int mf_modules_find(const struct mf_modules *modules, uint64_t addr,
		    const struct mf_module **ret_module)
{
	const struct mf_owned *found;

	if (!modules || !ret_module)
		return -EINVAL;
	found = mf_owned_find(&modules->owned, addr);
	if (!found)
		return 0;
	*ret_module = &modules->entries[found->owner - 1].module;
	return 1;
}

/* NULL for a copy, or one of other modules. */
static const struct entry *entry_of(const struct mf_modules *modules,
				    const struct mf_module *module)
{
	const uintptr_t at = (uintptr_t)module - (uintptr_t)modules->entries;

	return at % sizeof(struct entry) || at / sizeof(struct entry) >= modules->n_modules ?
		       NULL :
		       &modules->entries[at / sizeof(struct entry)];
}

int mf_modules_segment(const struct mf_modules *modules, const struct mf_module *module,
		       uint64_t index, const struct mf_segment **ret_segment)
{
	const struct entry *const entry = modules && module ? entry_of(modules, module) : NULL;

	if (!entry || !ret_segment)
		return -EINVAL;
	if (index >= entry->module.n_segments)
		return 0;
	*ret_segment = &entry->segments[index];
	return 1;
}

static struct mf_mapping mapping_of(const struct mf_module *module,
				    const struct mf_segment *segment)
{
	return (struct mf_mapping){
		.start = segment->start,
		.end = segment->end,
		.offset = segment->offset,
		.inode = module->inode,
		.dev_major = module->dev_major,
		.dev_minor = module->dev_minor,
		.prot = segment->prot,
		.kind = module->kind,
		.flags = segment->flags,
		.has = (module->has & MAPPING_HAS & ~(uint32_t)MF_HAS_PROT) | segment->has,
		.fd = -1,
		.path = module->path,
		.path_len = module->path_len,
		.name_len = module->name_len,
	};
}

/* A segment may have been unmapped since, or overwritten; then another one leads there. */
int mf_module_open_fd(struct mf_iter *iter, const struct mf_module *module, uint32_t flags)
{
	const struct entry *const entry = (const struct entry *)module;
	int fd = -ESTALE;
	uint64_t i;

	if (!iter || !module)
		return -EINVAL;
	for (i = 0; i < module->n_segments && fd == -ESTALE; i++) {
		const struct mf_mapping m = mapping_of(module, &entry->segments[i]);

		fd = mf_open_fd(iter, &m, flags);
	}
	return fd;
}

void mf_modules_close(struct mf_modules *modules)
{
	const int saved_errno = errno;

	if (!modules)
		return;
	free(modules->entries);
	free(modules->segments);
	free(modules->build_ids);
	free(modules->names);
	mf_owned_free(&modules->owned);
	free(modules);
	errno = saved_errno;
}
