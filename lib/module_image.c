/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The headers of an ELF file that is mapped, and its build id. Whatever the
 * headers say is checked before it is used: anybody may have written them.
 */
#include "module_image.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

/* As many as the kernel reads of a program. */
#define PHDRS_MOST	1024
#define NOTES_MOST	16
#define NOTE_BYTES_MOST 65536

struct notes {
	uint64_t offset, size, align;
};

struct parser {
	struct mf_reader *reader;
	struct mf_image *image;
	bool is_64, is_big;
	bool file_only;
	uint64_t phoff;
	uint64_t n_phdrs, phdr_size;
	struct notes notes[NOTES_MOST];
	unsigned int n_notes;
};

static uint64_t number(const struct parser *p, const unsigned char *at, size_t size)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < size; i++)
		value = value << 8 | at[p->is_big ? i : size - 1 - i];
	return value;
}

/* A field of a header, whose place and size depend on the class. */
#define FIELD(p, at, type, name)                                     \
	((p)->is_64 ? number(p, (at) + offsetof(Elf64_##type, name), \
			     sizeof(((Elf64_##type *)0)->name)) :    \
		      number(p, (at) + offsetof(Elf32_##type, name), \
			     sizeof(((Elf32_##type *)0)->name)))

static int get(const struct parser *p, uint64_t offset, size_t size, const unsigned char **ret)
{
	uint64_t at;

	if (__builtin_add_overflow(p->image->layout.elf_offset, offset, &at))
		return 0;
	return mf_reader_get(p->reader, at, size, p->file_only, ret);
}

static bool take_ident(struct parser *p, const unsigned char *ident)
{
	struct mf_image *const image = p->image;

	if (memcmp(ident, ELFMAG, SELFMAG) || ident[EI_VERSION] != EV_CURRENT)
		return false;
	image->elf_class = ident[EI_CLASS];
	image->elf_data = ident[EI_DATA];
	p->is_64 = image->elf_class == ELFCLASS64;
	p->is_big = image->elf_data == ELFDATA2MSB;
	return (p->is_64 || image->elf_class == ELFCLASS32) &&
	       (p->is_big || image->elf_data == ELFDATA2LSB);
}

static bool take_header(struct parser *p, const unsigned char *at)
{
	struct mf_image *const image = p->image;

	image->elf_type = (uint32_t)FIELD(p, at, Ehdr, e_type);
	image->elf_machine = (uint32_t)FIELD(p, at, Ehdr, e_machine);
	p->phoff = FIELD(p, at, Ehdr, e_phoff);
	p->n_phdrs = FIELD(p, at, Ehdr, e_phnum);
	p->phdr_size = p->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	return (image->elf_type == ET_EXEC || image->elf_type == ET_DYN) &&
	       FIELD(p, at, Ehdr, e_phentsize) == p->phdr_size && p->n_phdrs &&
	       p->n_phdrs <= PHDRS_MOST;
}

static int read_header(struct parser *p)
{
	const unsigned char *at;
	int r = get(p, 0, EI_NIDENT, &at);

	if (r <= 0)
		return r;
	if (!take_ident(p, at))
		return 0;
	r = get(p, 0, p->is_64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr), &at);
	return r <= 0 ? r : take_header(p, at);
}

/* The PF_ bits in the order of ours. */
static uint32_t prot_of(uint64_t flags)
{
	return (flags & PF_R ? MF_PROT_READ : 0U) | (flags & PF_W ? MF_PROT_WRITE : 0U) |
	       (flags & PF_X ? MF_PROT_EXEC : 0U);
}

/* False: no loader would take such a header. */
static bool take_load(struct parser *p, const unsigned char *at)
{
	struct mf_layout *const layout = &p->image->layout;
	const struct mf_load load = {
		.offset = FIELD(p, at, Phdr, p_offset),
		.vaddr = FIELD(p, at, Phdr, p_vaddr),
		.filesz = FIELD(p, at, Phdr, p_filesz),
		.memsz = FIELD(p, at, Phdr, p_memsz),
		.prot = prot_of(FIELD(p, at, Phdr, p_flags)),
	};
	uint64_t end;

	if (layout->n_loads == MF_LOADS_MOST || load.filesz > load.memsz ||
	    __builtin_add_overflow(load.offset, load.filesz, &end) ||
	    __builtin_add_overflow(end, layout->elf_offset, &end) ||
	    __builtin_add_overflow(load.vaddr, load.memsz, &end))
		return false;
	layout->loads[layout->n_loads++] = load;
	return true;
}

static void take_note(struct parser *p, const unsigned char *at)
{
	if (p->n_notes == NOTES_MOST)
		return;
	p->notes[p->n_notes++] = (struct notes){
		.offset = FIELD(p, at, Phdr, p_offset),
		.size = FIELD(p, at, Phdr, p_filesz),
		.align = FIELD(p, at, Phdr, p_align) == 8 ? 8 : 4,
	};
}

static int read_phdrs(struct parser *p)
{
	uint64_t i, offset;

	for (i = 0; i < p->n_phdrs; i++) {
		const unsigned char *at;
		int r;

		if (__builtin_add_overflow(p->phoff, i * p->phdr_size, &offset))
			return 0;
		r = get(p, offset, p->phdr_size, &at);
		if (r <= 0)
			return r;
		switch (FIELD(p, at, Phdr, p_type)) {
		case PT_LOAD:
			if (!take_load(p, at))
				return 0;
			break;
		case PT_NOTE:
			take_note(p, at);
			break;
		default:
			break;
		}
	}
	return p->image->layout.n_loads > 0;
}

static int take_build_id(struct parser *p, uint64_t offset, uint64_t size)
{
	struct mf_image *const image = p->image;
	const unsigned char *at;
	int r;

	if (!size || size > MF_BUILD_ID_MOST)
		return 0;
	r = get(p, offset, (size_t)size, &at);
	if (r <= 0)
		return r;
	memcpy(image->build_id, at, (size_t)size);
	image->build_id_len = (uint32_t)size;
	image->build_id_from = p->reader->from_memory ? MF_BUILD_ID_MEMORY : MF_BUILD_ID_FILE;
	return 1;
}

static uint64_t round_up(uint64_t number, uint64_t align)
{
	return (number + align - 1) / align * align;
}

/* 1 if the build id was found, 0 if it is not among these notes. */
static int search_notes(struct parser *p, const struct notes *notes)
{
	uint64_t at = 0, start;
	Elf32_Nhdr note;

	if (notes->size > NOTE_BYTES_MOST ||
	    __builtin_add_overflow(notes->offset, notes->size, &start))
		return 0;
	while (at < notes->size && notes->size - at >= sizeof(note)) {
		const unsigned char *header;
		uint64_t name_len, len, next;
		const size_t wanted = sizeof(note) + sizeof(ELF_NOTE_GNU);
		bool is_ours;
		int r = get(p, notes->offset + at,
			    notes->size - at < wanted ? sizeof(note) : wanted, &header);

		if (r <= 0)
			return r;
		name_len = number(p, header + offsetof(Elf32_Nhdr, n_namesz), 4);
		len = number(p, header + offsetof(Elf32_Nhdr, n_descsz), 4);
		start = at + sizeof(note) + round_up(name_len, 4);
		start = round_up(start, notes->align);
		next = round_up(start + len, notes->align);
		is_ours = name_len == sizeof(ELF_NOTE_GNU) && notes->size - at >= wanted &&
			  !memcmp(header + sizeof(note), ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) &&
			  number(p, header + offsetof(Elf32_Nhdr, n_type), 4) == NT_GNU_BUILD_ID;
		/* Sizes are of 32 bits, so the sums above do not wrap. */
		if (is_ours && start + len <= notes->size)
			return take_build_id(p, notes->offset + start, len);
		at = next;
	}
	return 0;
}

static int read_build_id(struct parser *p)
{
	unsigned int i;
	int r = 0;

	for (i = 0; i < p->n_notes && r <= 0; i++) {
		r = search_notes(p, &p->notes[i]);
		if (r < 0 && r != -ENODATA)
			return r;
	}
	return 0;
}

int mf_image_read(struct mf_reader *reader, uint64_t elf_offset, struct mf_image *ret)
{
	struct parser p = { .reader = reader, .image = ret };
	bool from_memory;
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->layout.elf_offset = elf_offset;
	r = read_header(&p);
	from_memory = reader->from_memory;
	if (r > 0)
		r = read_phdrs(&p);
	if (r <= 0)
		return r;
	r = read_build_id(&p);
	/* The process may have written over what it has in memory. */
	if (!r && !ret->build_id_len && p.n_notes && from_memory) {
		p.file_only = true;
		r = read_build_id(&p);
	}
	return r ? r : 1;
}
