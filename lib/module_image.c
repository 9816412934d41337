/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The headers of an ELF file that is mapped, and its build id. Whatever the
 * headers say is checked before it is used: anybody may have written them.
 */
#include "module_image.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "notes.h"

/* As many as the kernel reads of a program. */
#define SEGMENTS_MOST  1024

#define SEGMENTS_PIECE 16

/* An ELF file whose bytes a reader has. */
struct parser {
	struct mf_reader *reader;
	struct mf_bytes bytes;
	struct mf_elf elf;
	bool file_only; /* not from memory */
	bool unreadable; /* some bytes could be had neither here nor there */
	bool has_notes;
};

static ssize_t read_bytes(void *ctx, uint64_t at, void *buf, size_t n)
{
	struct parser *const p = ctx;
	const unsigned char *bytes;
	const int r = mf_reader_get(p->reader, at, n, p->file_only, &bytes);

	if (r == -ENODATA)
		p->unreadable = true;
	if (r <= 0)
		return r == -ENODATA ? 0 : r;
	memcpy(buf, bytes, n);
	return (ssize_t)n;
}

/* What an error of elf_read.h means here: 0 it is no ELF file, -ENODATA nobody can tell, or -errno. */
static int judge(const struct parser *p, int error)
{
	if (error == -ENODATA && p->unreadable)
		return -ENODATA;
	return error == -ENODATA || error == -EPROTO ? 0 : error;
}

static int read_header(struct parser *p, uint64_t elf_offset, struct mf_image *ret)
{
	const struct mf_elf *const elf = &p->elf;
	const int error = mf_elf_read(&p->bytes, elf_offset, &p->elf);

	if (error)
		return judge(p, error);
	ret->elf_class = elf->class;
	ret->elf_data = elf->data;
	ret->elf_type = elf->type;
	ret->elf_machine = elf->machine;
	return (elf->type == ET_EXEC || elf->type == ET_DYN) && elf->phnum <= SEGMENTS_MOST;
}

static uint32_t prot_of(uint32_t flags)
{
	return (flags & PF_R ? MF_PROT_READ : 0U) | (flags & PF_W ? MF_PROT_WRITE : 0U) |
	       (flags & PF_X ? MF_PROT_EXEC : 0U);
}

/* False: no loader would take such a header. */
static bool take_load(struct mf_layout *layout, const struct mf_elf_segment *segment)
{
	uint64_t end;

	if (layout->n_loads == MF_LOADS_MOST || segment->filesz > segment->memsz ||
	    __builtin_add_overflow(segment->offset, segment->filesz, &end) ||
	    __builtin_add_overflow(end, layout->elf_offset, &end) ||
	    __builtin_add_overflow(segment->vaddr, segment->memsz, &end))
		return false;
	layout->loads[layout->n_loads++] = (struct mf_load){
		.offset = segment->offset,
		.vaddr = segment->vaddr,
		.filesz = segment->filesz,
		.memsz = segment->memsz,
		.prot = prot_of(segment->flags),
	};
	return true;
}

static int read_loads(struct parser *p, struct mf_layout *layout)
{
	struct mf_elf_segment segments[SEGMENTS_PIECE];
	uint32_t first = 0;
	int n, i;

	while ((n = mf_elf_segments(&p->bytes, &p->elf, first, segments, SEGMENTS_PIECE)) > 0) {
		for (i = 0; i < n; i++) {
			p->has_notes |= segments[i].type == PT_NOTE;
			if (segments[i].type == PT_LOAD && !take_load(layout, &segments[i]))
				return 0;
		}
		first += (uint32_t)n;
	}
	return n < 0 ? judge(p, n) : layout->n_loads > 0;
}

static int read_build_id(struct parser *p, struct mf_image *image)
{
	struct mf_build_id id;
	const int r = mf_build_id(&p->bytes, &p->elf, NULL, &id);

	if (r <= 0)
		return r < 0 ? judge(p, r) : 0;
	memcpy(image->build_id, id.bytes, id.len);
	image->build_id_len = id.len;
	image->build_id_from = p->reader->from_memory ? MF_BUILD_ID_MEMORY : MF_BUILD_ID_FILE;
	return 0;
}

int mf_image_read(struct mf_reader *reader, uint64_t elf_offset, struct mf_image *ret)
{
	struct parser p = { .reader = reader };
	bool from_memory;
	int r;

	p.bytes = (struct mf_bytes){ .read = read_bytes, .ctx = &p };
	memset(ret, 0, sizeof(*ret));
	ret->layout.elf_offset = elf_offset;
	r = read_header(&p, elf_offset, ret);
	from_memory = reader->from_memory;
	if (r > 0)
		r = read_loads(&p, &ret->layout);
	if (r <= 0)
		return r;
	r = read_build_id(&p, ret);
	/* The process may have written over what it has in memory. */
	if (!ret->build_id_len && p.has_notes && from_memory && (!r || r == -ENODATA)) {
		p.file_only = true;
		r = read_build_id(&p, ret);
	}
	return r && r != -ENODATA ? r : 1;
}
