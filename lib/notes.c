/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The notes of a segment, and the build id among them.
 */
#include "notes.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

/* Three words: the lengths of name and content, and the type. */
#define HEAD	    12u

/* Programs have a handful. */
#define BUILD_NOTES 4096u
#define PIECE	    8u

void mf_notes_start(struct mf_notes *notes, const struct mf_bytes *bytes, const struct mf_elf *elf,
		    const struct mf_elf_segment *segment, uint64_t at, uint32_t most)
{
	const uint64_t size = segment->filesz < UINT64_MAX - at ? segment->filesz : UINT64_MAX - at;

	/* The kernel says 0, 1 or 4 for notes of words; 8 is that of .note.gnu.property. */
	*notes = (struct mf_notes){
		.bytes = bytes,
		.elf = elf,
		.pos = at,
		.end = at + size,
		.align = segment->align == 8 ? 8 : 4,
		.left = most,
	};
}

/* Lengths are of 32 bits: no sum of them wraps. */
static uint64_t align_up(const struct mf_notes *notes, uint64_t len)
{
	return (len + notes->align - 1) & ~(notes->align - 1);
}

static void take_name(struct mf_note *note, const unsigned char *name, uint32_t len)
{
	memset(note->name, 0, sizeof(note->name));
	memcpy(note->name, name, len < MF_NOTE_NAME_SIZE ? len : MF_NOTE_NAME_SIZE - 1);
}

int mf_notes_next(struct mf_notes *notes, struct mf_note *ret)
{
	unsigned char bytes[HEAD + MF_NOTE_NAME_SIZE];
	const uint64_t room = notes->end - notes->pos;
	uint32_t name_len, size;
	uint64_t content;
	ssize_t n;

	/* What is too short for a note is padding. */
	if (room < HEAD)
		return 0;
	if (!notes->left--)
		return notes->left = 0, -EPROTO;
	n = notes->bytes->read(notes->bytes->ctx, notes->pos, bytes,
			       room < sizeof(bytes) ? (size_t)room : sizeof(bytes));
	if (n < (ssize_t)HEAD)
		return n < 0 ? (int)n : -ENODATA;
	name_len = (uint32_t)mf_elf_number(notes->elf, bytes, 4);
	size = (uint32_t)mf_elf_number(notes->elf, bytes + 4, 4);
	content = align_up(notes, HEAD + (uint64_t)name_len);
	if (HEAD + (uint64_t)name_len > room || (size && (content > room || size > room - content)))
		return -EPROTO;
	if (n < (ssize_t)sizeof(bytes) && (size_t)n - HEAD < name_len)
		return -ENODATA;
	ret->type = (uint32_t)mf_elf_number(notes->elf, bytes + 8, 4);
	take_name(ret, bytes + HEAD, name_len);
	ret->at = notes->pos + content;
	ret->size = size;
	content = align_up(notes, content + size);
	/* The padding of the last one may be missing. */
	notes->pos += content < room ? content : room;
	return 1;
}

int mf_notes_find(struct mf_notes *notes, const char *name, uint32_t type, struct mf_note *ret)
{
	struct mf_note note;
	int r;

	while ((r = mf_notes_next(notes, &note)) > 0) {
		if (note.type == type && !strcmp(note.name, name)) {
			*ret = note;
			return 1;
		}
	}
	return r;
}

/* Where the content of a segment is; false if nowhere. */
static bool locate(const struct mf_elf *elf, const struct mf_elf_segment *segment,
		   const uint64_t *bias, uint64_t *ret)
{
	*ret = bias ? segment->vaddr + *bias : elf->at + segment->offset;
	return bias || *ret >= elf->at;
}

static int find_in_segment(const struct mf_bytes *bytes, struct mf_notes *notes,
			   struct mf_build_id *ret)
{
	struct mf_note note;
	int r;

	while ((r = mf_notes_find(notes, ELF_NOTE_GNU, NT_GNU_BUILD_ID, &note)) > 0) {
		if (!note.size || note.size > MF_BUILD_ID_SIZE)
			continue;
		r = mf_bytes_get(bytes, note.at, ret->bytes, (size_t)note.size);
		if (r)
			return r;
		ret->len = (uint32_t)note.size;
		return 1;
	}
	return r;
}

int mf_build_id(const struct mf_bytes *bytes, const struct mf_elf *elf, const uint64_t *bias,
		struct mf_build_id *ret)
{
	struct mf_elf_segment segments[PIECE];
	struct mf_build_id found = { 0 };
	uint32_t first = 0, left = BUILD_NOTES;
	int n, i;

	while ((n = mf_elf_segments(bytes, elf, first, segments, PIECE)) > 0) {
		for (i = 0; i < n; i++) {
			struct mf_notes notes;
			uint64_t at;
			int r;

			if (segments[i].type != PT_NOTE || !left ||
			    !locate(elf, &segments[i], bias, &at))
				continue;
			mf_notes_start(&notes, bytes, elf, &segments[i], at, left);
			r = find_in_segment(bytes, &notes, &found);
			if (r > 0) {
				*ret = found;
				return 1;
			}
			if (r < 0 && r != -EPROTO && r != -ENODATA)
				return r;
			/* An empty segment costs too. */
			left = notes.left ? notes.left - 1 : 0;
		}
		first += (uint32_t)n;
	}
	return n == -ENODATA ? 0 : n;
}
