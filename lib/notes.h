/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The notes of a segment, and the build id among them.
 */
#ifndef MF_NOTES_H
#define MF_NOTES_H

#include "elf_read.h"

#define MF_NOTE_NAME_SIZE 16

struct mf_note {
	uint32_t type; /* NT_: means something together with the name only */
	char name[MF_NOTE_NAME_SIZE]; /* NUL-ended; a longer one is cut, and is none that is looked for */
	uint64_t at; /* where its content is in the bytes, and how long: within the segment */
	uint64_t size;
};

struct mf_notes {
	const struct mf_bytes *bytes;
	const struct mf_elf *elf;
	uint64_t pos, end;
	uint64_t align; /* 4 or 8 */
	uint32_t left; /* how many more are looked at: many small ones in a large file would take for ever */
};

/* Those of a segment whose content is at at in the bytes. */
void mf_notes_start(struct mf_notes *notes, const struct mf_bytes *bytes, const struct mf_elf *elf,
		    const struct mf_elf_segment *segment, uint64_t at, uint32_t most);

/*
 * 1 a note, 0 no more; -EPROTO if one reaches beyond the segment, or there are
 * more than were to be looked at; -ENODATA if they are cut off; or -errno.
 */
int mf_notes_next(struct mf_notes *notes, struct mf_note *ret);

/* The next one of that name and type: as mf_notes_next(). */
int mf_notes_find(struct mf_notes *notes, const char *name, uint32_t type, struct mf_note *ret);

/* Longer ones than anybody makes: the kernel knows of 20 bytes. */
#define MF_BUILD_ID_SIZE 64

struct mf_build_id {
	uint32_t len; /* 0: there is none */
	unsigned char bytes[MF_BUILD_ID_SIZE];
};

/*
 * The build id of an ELF file. bias: of the memory that it is loaded in, if the
 * bytes are that; NULL: the bytes are the file. 1, 0 if it has none or none that
 * can be understood, or -errno.
 */
int mf_build_id(const struct mf_bytes *bytes, const struct mf_elf *elf, const uint64_t *bias,
		struct mf_build_id *ret);

#endif
