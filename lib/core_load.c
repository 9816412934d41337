/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the headers of a core: segments and notes.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "notes.h"
#include "sys.h"

#define PIECE	  32u

/* A thread has some five; more than the most threads that Linux allows. */
#define NOTES	  (1u << 22)

/* The kernel has room for some thirty pairs. */
#define AUXV_SIZE 1024u

struct mf_core *mf_core_new(void)
{
	struct mf_core *const core = malloc(sizeof(*core));

	if (core)
		*core = (struct mf_core){ .fd = -1, .root_fd = -1 };
	return core;
}

void mf_core_free(struct mf_core *core)
{
	if (!core)
		return;
	mf_sys_close(&core->fd);
	mf_sys_close(&core->root_fd);
	mf_buf_free(&core->loads);
	mf_buf_free(&core->files);
	free(core);
}

static uint32_t prot_of(uint32_t flags)
{
	return (flags & PF_R ? MF_PROT_READ : 0) | (flags & PF_W ? MF_PROT_WRITE : 0) |
	       (flags & PF_X ? MF_PROT_EXEC : 0);
}

static int add_load(struct mf_core *core, const struct mf_elf_segment *segment)
{
	const struct mf_core_load *const last =
		core->n_loads ? &mf_core_loads(core)[core->n_loads - 1] : NULL;
	struct mf_core_load load = {
		.start = segment->vaddr,
		.at = segment->offset,
		.held = segment->filesz,
		.prot = prot_of(segment->flags),
	};
	uint64_t end;
	int error;

	if (!segment->memsz)
		return 0;
	/* ELF wants them in order of address. */
	if (__builtin_add_overflow(load.start, segment->memsz, &load.end) ||
	    __builtin_add_overflow(load.at, load.held, &end) || load.held > segment->memsz ||
	    (last && load.start < last->end))
		return -EPROTO;
	if (load.held && end > core->size) {
		core->cut = true;
		load.held = load.at < core->size ? core->size - load.at : 0;
	}
	error = mf_buf_reserve(&core->loads, (core->n_loads + 1) * sizeof(load));
	if (!error)
		((struct mf_core_load *)(void *)core->loads.data)[core->n_loads++] = load;
	return error;
}

static void take_auxv(struct mf_core_auxv *auxv, uint64_t type, uint64_t value)
{
	switch (type) {
	case AT_PHDR:
		auxv->phdr = value;
		break;
	case AT_BASE:
		auxv->base = value;
		break;
	case AT_ENTRY:
		auxv->entry = value;
		break;
	case AT_SYSINFO_EHDR:
		auxv->vdso = value;
		break;
	/* Both lie at the top of the initial stack, whichever thread crashed. */
	case AT_RANDOM:
	case AT_EXECFN:
		auxv->stack = value;
		break;
	default:
		break;
	}
}

static int load_auxv(struct mf_core *core, const struct mf_note *note)
{
	const size_t word = mf_elf_word_size(&core->elf);
	const size_t size = note->size < AUXV_SIZE ? (size_t)note->size : AUXV_SIZE;
	unsigned char bytes[AUXV_SIZE];
	size_t at;
	const int error = mf_bytes_get(&core->bytes, note->at, bytes, size);

	for (at = 0; !error && at + 2 * word <= size; at += 2 * word)
		take_auxv(&core->auxv, mf_elf_number(&core->elf, bytes + at, word),
			  mf_elf_number(&core->elf, bytes + at + word, word));
	return error;
}

/* What is looked for in the notes, and how many more of them are looked at. */
struct search {
	bool has_auxv;
	uint32_t left;
};

static int take_note(struct mf_core *core, struct search *search, const struct mf_note *note)
{
	if (note->type == NT_FILE && !core->has_files) {
		const int error = mf_core_load_files(core, note->at, note->size);

		core->has_files = true;
		core->files_cut = error == -ENODATA;
		return error;
	}
	if (note->type == NT_AUXV && !search->has_auxv) {
		search->has_auxv = true;
		return load_auxv(core, note);
	}
	return 0;
}

static int load_notes(struct mf_core *core, struct search *search,
		      const struct mf_elf_segment *segment)
{
	struct mf_notes notes;
	struct mf_note note;
	int r;

	mf_notes_start(&notes, &core->bytes, &core->elf, segment, segment->offset, search->left);
	while (!(core->has_files && search->has_auxv) && (r = mf_notes_next(&notes, &note)) > 0) {
		if (strcmp(note.name, "CORE"))
			continue;
		r = take_note(core, search, &note);
		if (r)
			return r;
	}
	/* An empty segment costs too. */
	search->left = notes.left ? notes.left - 1 : 0;
	return core->has_files && search->has_auxv ? 0 : r;
}

static int take_segment(struct mf_core *core, struct search *search,
			const struct mf_elf_segment *segment)
{
	int error = 0;

	if (segment->type == PT_LOAD)
		return add_load(core, segment);
	if (segment->type != PT_NOTE || !search->left)
		return 0;
	if (segment->filesz > UINT64_MAX - segment->offset)
		return -EPROTO;
	error = load_notes(core, search, segment);
	if (error != -ENODATA)
		return error;
	core->cut = true;
	return 0;
}

int mf_core_load(struct mf_core *core)
{
	struct mf_elf_segment segments[PIECE];
	struct search search = { .left = NOTES };
	uint32_t first = 0, want = PIECE;
	int n, i, error;

	core->bytes = mf_bytes_of_file(&core->fd);
	error = mf_elf_read(&core->bytes, 0, &core->elf);
	if (error)
		return error == -ENODATA ? -EPROTO : error;
	if (core->elf.type != ET_CORE)
		return -EPROTO;
	while ((n = mf_elf_segments(&core->bytes, &core->elf, first, segments, want))) {
		/* Cut off: those in front of the cut are whole. */
		if (n == -ENODATA && want > 1) {
			want = 1;
			continue;
		}
		if (n < 0)
			break;
		for (i = 0; i < n; i++) {
			error = take_segment(core, &search, &segments[i]);
			if (error)
				return error;
		}
		first += (uint32_t)n;
	}
	if (n < 0 && n != -ENODATA)
		return n;
	core->cut |= n < 0;
	return core->has_files || core->cut ? 0 : -ENODATA;
}
