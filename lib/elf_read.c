/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ELF headers of both classes and byte orders. No policy.
 */
#include "elf_read.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "sys.h"

_Static_assert(ELFCLASS32 == 1, "what mf_elf_word_size() compares with");

/* Program headers that are read at once. */
#define PIECE 32u

int mf_bytes_get(const struct mf_bytes *bytes, uint64_t at, void *buf, size_t n)
{
	const ssize_t got = bytes->read(bytes->ctx, at, buf, n);

	if (got < 0)
		return (int)got;
	return (size_t)got == n ? 0 : -ENODATA;
}

static ssize_t read_file(void *ctx, uint64_t at, void *buf, size_t n)
{
	const int fd = *(const int *)ctx;
	size_t done = 0;

	/* No file reaches there, and pread(2) takes it for a mistake. */
	if (at > (uint64_t)INT64_MAX - n)
		return 0;
	while (done < n) {
		const ssize_t got = mf_sys_pread(fd, (char *)buf + done, n - done, at + done);

		if (got < 0)
			return got;
		if (!got)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

struct mf_bytes mf_bytes_of_file(const int *fd)
{
	union {
		const int *from;
		void *to;
	} ctx = { fd };

	return (struct mf_bytes){ read_file, ctx.to };
}

uint64_t mf_elf_number(const struct mf_elf *elf, const void *bytes, size_t size)
{
	const unsigned char *const digits = bytes;
	const bool big = elf->data == ELFDATA2MSB;
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < size; i++)
		number = number << 8 | digits[big ? i : size - 1 - i];
	return number;
}

/* A header, read field by field. */
struct fields {
	const struct mf_elf *elf;
	const unsigned char *pos;
};

static uint64_t take(struct fields *fields, size_t size)
{
	const uint64_t number = mf_elf_number(fields->elf, fields->pos, size);

	fields->pos += size;
	return number;
}

static uint32_t half(struct fields *fields)
{
	return (uint32_t)take(fields, 2);
}

static uint32_t word(struct fields *fields)
{
	return (uint32_t)take(fields, 4);
}

/* 4 or 8 bytes, as the class has it: addresses, offsets, sizes. */
static uint64_t wide(struct fields *fields)
{
	return take(fields, mf_elf_word_size(fields->elf));
}

struct sections {
	uint64_t shoff;
	uint32_t shentsize;
};

static bool is_elf(const unsigned char *ident)
{
	return !memcmp(ident, ELFMAG, SELFMAG) &&
	       (ident[EI_CLASS] == ELFCLASS32 || ident[EI_CLASS] == ELFCLASS64) &&
	       (ident[EI_DATA] == ELFDATA2LSB || ident[EI_DATA] == ELFDATA2MSB);
}

static void parse_header(struct mf_elf *elf, const unsigned char *header, struct sections *ret)
{
	struct fields fields = { elf, header + EI_NIDENT };

	elf->type = half(&fields);
	elf->machine = half(&fields);
	word(&fields); /* e_version */
	elf->entry = wide(&fields);
	elf->phoff = wide(&fields);
	ret->shoff = wide(&fields);
	word(&fields); /* e_flags */
	half(&fields); /* e_ehsize */
	elf->phentsize = half(&fields);
	elf->phnum = half(&fields);
	ret->shentsize = half(&fields);
}

static size_t header_size(const struct mf_elf *elf)
{
	return elf->class == ELFCLASS32 ? sizeof(Elf32_Ehdr) : sizeof(Elf64_Ehdr);
}

static size_t segment_size(const struct mf_elf *elf)
{
	return elf->class == ELFCLASS32 ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr);
}

/* More segments than e_phnum can tell: the first section's header tells. */
static int read_true_phnum(const struct mf_bytes *bytes, struct mf_elf *elf,
			   const struct sections *sections)
{
	const bool narrow = elf->class == ELFCLASS32;
	const size_t info = narrow ? offsetof(Elf32_Shdr, sh_info) : offsetof(Elf64_Shdr, sh_info);
	unsigned char number[4];
	int error;

	if (sections->shentsize != (narrow ? sizeof(Elf32_Shdr) : sizeof(Elf64_Shdr)) ||
	    sections->shoff < header_size(elf) || sections->shoff > UINT64_MAX - elf->at - info)
		return -EPROTO;
	error = mf_bytes_get(bytes, elf->at + sections->shoff + info, number, sizeof(number));
	if (!error)
		elf->phnum = (uint32_t)mf_elf_number(elf, number, sizeof(number));
	return error;
}

static int check_table(const struct mf_elf *elf)
{
	if (!elf->phnum)
		return 0;
	if (elf->phnum > MF_ELF_SEGMENTS_MOST || elf->phentsize != segment_size(elf) ||
	    elf->phoff > UINT64_MAX - elf->at ||
	    (uint64_t)elf->phnum * elf->phentsize > UINT64_MAX - elf->at - elf->phoff)
		return -EPROTO;
	return 0;
}

int mf_elf_read(const struct mf_bytes *bytes, uint64_t at, struct mf_elf *ret)
{
	unsigned char header[sizeof(Elf64_Ehdr)];
	struct sections sections;
	struct mf_elf elf = { .at = at };
	int error = mf_bytes_get(bytes, at, header, EI_NIDENT);

	if (error)
		return error;
	if (!is_elf(header))
		return -EPROTO;
	elf.class = header[EI_CLASS];
	elf.data = header[EI_DATA];
	error = mf_bytes_get(bytes, at, header, header_size(&elf));
	if (error)
		return error;
	parse_header(&elf, header, &sections);
	if (elf.phnum == PN_XNUM)
		error = read_true_phnum(bytes, &elf, &sections);
	if (!error)
		error = check_table(&elf);
	if (!error)
		*ret = elf;
	return error;
}

static void parse_segment(const struct mf_elf *elf, const unsigned char *header,
			  struct mf_elf_segment *ret)
{
	const bool narrow = elf->class == ELFCLASS32;
	struct fields fields = { elf, header };

	ret->type = word(&fields);
	if (!narrow)
		ret->flags = word(&fields);
	ret->offset = wide(&fields);
	ret->vaddr = wide(&fields);
	wide(&fields); /* p_paddr */
	ret->filesz = wide(&fields);
	ret->memsz = wide(&fields);
	if (narrow)
		ret->flags = word(&fields);
	ret->align = wide(&fields);
}

int mf_elf_segments(const struct mf_bytes *bytes, const struct mf_elf *elf, uint32_t first,
		    struct mf_elf_segment *ret, uint32_t n)
{
	unsigned char headers[PIECE * sizeof(Elf64_Phdr)];
	uint32_t i;
	int error;

	if (first >= elf->phnum)
		return 0;
	if (n > elf->phnum - first)
		n = elf->phnum - first;
	if (n > PIECE)
		n = PIECE;
	error = mf_bytes_get(bytes, elf->at + elf->phoff + (uint64_t)first * elf->phentsize,
			     headers, n * elf->phentsize);
	if (error)
		return error;
	for (i = 0; i < n; i++)
		parse_segment(elf, headers + i * elf->phentsize, &ret[i]);
	return (int)n;
}
