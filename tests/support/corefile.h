/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes ELF cores of either class and byte order, as they should be or not.
 */
#ifndef TEST_COREFILE_H
#define TEST_COREFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct corefile_load {
	uint64_t start, size;
	uint64_t held; /* bytes of it in the core: corefile_byte() of their addresses */
	uint32_t flags; /* PF_ */
	const void *bytes; /* or these, n_bytes, in front of those */
	size_t n_bytes;
};

struct corefile_file {
	uint64_t start, end;
	uint64_t page_offset;
	const char *name;
};

struct corefile {
	bool narrow; /* 32-bit */
	bool big; /* big-endian */
	uint16_t machine;
	uint64_t page;
	const struct corefile_load *loads;
	size_t n_loads;
	const struct corefile_file *files;
	size_t n_files;
	uint64_t vdso, random; /* what NT_AUXV says; both 0: there is none */
	bool no_file_note;
	bool many; /* PN_XNUM in the header, the number in a section's */
};

/** What is in memory at an address. */
unsigned char corefile_byte(uint64_t addr);

/** A descriptor of a new core; its size. */
int corefile_make(const struct corefile *core, uint64_t *ret_size);

#endif
