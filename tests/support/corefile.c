/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes ELF cores of either class and byte order, field by field.
 */
#define _FILE_OFFSET_BITS 64
#include "corefile.h"
#include "harness.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct out {
	const struct corefile *core;
	unsigned char *bytes;
	size_t len, room;
};

unsigned char corefile_byte(uint64_t addr)
{
	return (unsigned char)(addr * 13 + addr / 4096 + 5);
}

static void put_bytes(struct out *out, const void *bytes, size_t n)
{
	while (out->len + n > out->room) {
		out->room = out->room ? 2 * out->room : 4096;
		out->bytes = realloc(out->bytes, out->room);
		require(out->bytes);
	}
	if (n)
		memcpy(out->bytes + out->len, bytes, n);
	out->len += n;
}

static void put(struct out *out, uint64_t number, int size)
{
	unsigned char bytes[8];

	for (int i = 0; i < size; i++)
		bytes[i] = (unsigned char)(number >> 8 * (out->core->big ? size - 1 - i : i));
	put_bytes(out, bytes, (size_t)size);
}

static void put_wide(struct out *out, uint64_t number)
{
	put(out, number, out->core->narrow ? 4 : 8);
}

static void put_header(struct out *out, uint64_t n_segments, uint64_t shoff)
{
	const struct corefile *core = out->core;
	const unsigned char ident[EI_NIDENT] = {
		0x7f, 'E', 'L', 'F', core->narrow ? 1 : 2, core->big ? 2 : 1, 1
	};

	put_bytes(out, ident, sizeof(ident));
	put(out, ET_CORE, 2);
	put(out, core->machine, 2);
	put(out, 1, 4);
	put_wide(out, 0);
	put_wide(out, core->narrow ? 52 : 64);
	put_wide(out, shoff);
	put(out, 0, 4);
	put(out, core->narrow ? 52 : 64, 2);
	put(out, core->narrow ? 32 : 56, 2);
	put(out, core->many ? 0xffff : n_segments, 2);
	put(out, core->narrow ? 40 : 64, 2);
	put(out, core->many, 2);
	put(out, 0, 2);
}

static void put_segment(struct out *out, uint32_t type, uint32_t flags, uint64_t offset,
			uint64_t start, uint64_t held, uint64_t size)
{
	put(out, type, 4);
	if (!out->core->narrow)
		put(out, flags, 4);
	put_wide(out, offset);
	put_wide(out, start);
	put_wide(out, 0);
	put_wide(out, held);
	put_wide(out, size);
	if (out->core->narrow)
		put(out, flags, 4);
	put_wide(out, type == PT_NOTE ? 4 : 4096);
}

/* The first section: its sh_info is the number of segments. */
static void put_section(struct out *out, uint64_t n_segments)
{
	put(out, 0, 8);
	for (int i = 0; i < 4; i++)
		put_wide(out, 0);
	put(out, 0, 4);
	put(out, n_segments, 4);
	put_wide(out, 0);
	put_wide(out, 0);
}

static void put_note(struct out *out, uint32_t type, const char *name, const struct out *content)
{
	static const char zero[4];

	put(out, strlen(name) + 1, 4);
	put(out, content->len, 4);
	put(out, type, 4);
	put_bytes(out, name, strlen(name) + 1);
	put_bytes(out, zero, -out->len % 4);
	put_bytes(out, content->bytes, content->len);
	put_bytes(out, zero, -out->len % 4);
}

static void put_files(struct out *out)
{
	const struct corefile *core = out->core;
	struct out note = { .core = core };

	put_wide(&note, core->n_files);
	put_wide(&note, core->page);
	for (size_t i = 0; i < core->n_files; i++) {
		put_wide(&note, core->files[i].start);
		put_wide(&note, core->files[i].end);
		put_wide(&note, core->files[i].page_offset);
	}
	for (size_t i = 0; i < core->n_files; i++)
		put_bytes(&note, core->files[i].name, strlen(core->files[i].name) + 1);
	put_note(out, NT_FILE, "CORE", &note);
	free(note.bytes);
}

static void put_auxv(struct out *out)
{
	const uint64_t pairs[][2] = { { AT_PAGESZ, 4096 },
				      { AT_SYSINFO_EHDR, out->core->vdso },
				      { AT_RANDOM, out->core->random },
				      { AT_NULL, 0 } };
	struct out note = { .core = out->core };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		put_wide(&note, pairs[i][0]);
		put_wide(&note, pairs[i][1]);
	}
	put_note(out, NT_AUXV, "CORE", &note);
	free(note.bytes);
}

static struct out make_notes(const struct corefile *core)
{
	struct out out = { .core = core }, status = { .core = core };

	/* What does not matter stands in front, and something of another owner's. */
	put(&status, 11, 4);
	put(&status, 0, 4);
	put(&status, 7, 1);
	put_note(&out, NT_PRSTATUS, "CORE", &status);
	put_note(&out, NT_FILE, "OTHER", &status);
	if (core->vdso || core->random)
		put_auxv(&out);
	if (!core->no_file_note)
		put_files(&out);
	free(status.bytes);
	return out;
}

static void put_memory(struct out *out, const struct corefile_load *load)
{
	put_bytes(out, load->bytes, load->n_bytes);
	for (uint64_t i = load->n_bytes; i < load->held; i++) {
		const unsigned char byte = corefile_byte(load->start + i);

		put_bytes(out, &byte, 1);
	}
}

int corefile_make(const struct corefile *core, uint64_t *ret_size)
{
	const size_t head = core->narrow ? 52 : 64, segment = core->narrow ? 32 : 56;
	struct out out = { .core = core }, notes = make_notes(core);
	uint64_t at = head + (core->n_loads + 1) * segment, shoff = at;
	int fd = memfd_create("core", MFD_CLOEXEC);

	if (core->many)
		at += core->narrow ? 40 : 64;
	put_header(&out, core->n_loads + 1, core->many ? shoff : 0);
	put_segment(&out, PT_NOTE, 0, at, 0, notes.len, 0);
	at += notes.len;
	for (size_t i = 0; i < core->n_loads; i++) {
		const struct corefile_load *load = &core->loads[i];

		put_segment(&out, PT_LOAD, load->flags, at, load->start, load->held, load->size);
		at += load->held;
	}
	if (core->many)
		put_section(&out, core->n_loads + 1);
	put_bytes(&out, notes.bytes, notes.len);
	for (size_t i = 0; i < core->n_loads; i++)
		put_memory(&out, &core->loads[i]);
	require(out.len == at);
	require(fd >= 0 && write(fd, out.bytes, out.len) == (ssize_t)out.len);
	if (ret_size)
		*ret_size = out.len;
	free(notes.bytes);
	free(out.bytes);
	return fd;
}
