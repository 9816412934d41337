/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ELF headers of both classes and byte orders, from a file, a core or a
 * process's memory. Nothing that they say is trusted: what is returned fits
 * its bounds, and no loop is longer than the bytes that are there.
 */
#ifndef MF_ELF_READ_H
#define MF_ELF_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes that are read by offset or address. */
struct mf_bytes {
	/* How many of n bytes from at on: fewer only in front of what is not there; or -errno. */
	ssize_t (*read)(void *ctx, uint64_t at, void *buf, size_t n);
	void *ctx;
};

/* All n bytes: 0, -ENODATA if they are not all there, or -errno. */
int mf_bytes_get(const struct mf_bytes *bytes, uint64_t at, void *buf, size_t n);

/* bytes that are an open file; fd must live as long. */
struct mf_bytes mf_bytes_of_file(const int *fd);

/* More than any process can map with vm.max_map_count at its default, many times. */
#define MF_ELF_SEGMENTS_MOST (1u << 24)

struct mf_elf {
	uint64_t at; /* where it begins in the bytes */
	uint32_t class; /* ELFCLASS32, ELFCLASS64 */
	uint32_t data; /* ELFDATA2LSB, ELFDATA2MSB */
	uint32_t type; /* ET_ */
	uint32_t machine; /* EM_ */
	uint64_t entry;
	uint64_t phoff; /* from at; the whole table does not wrap */
	uint32_t phnum; /* the true one where e_phnum is PN_XNUM; at most MF_ELF_SEGMENTS_MOST */
	uint32_t phentsize;
};

struct mf_elf_segment {
	uint32_t type; /* PT_ */
	uint32_t flags; /* PF_ */
	uint64_t offset, vaddr, filesz, memsz, align; /* as they stand there: sums may wrap */
};

/*
 * The header that begins at at: 0; -EPROTO if it is none, or says what cannot
 * be; -ENODATA if it is cut off; or -errno.
 */
int mf_elf_read(const struct mf_bytes *bytes, uint64_t at, struct mf_elf *ret);

/*
 * Up to n program headers from index first on: how many, 0 behind the last;
 * -ENODATA if the table is cut off; or -errno.
 */
int mf_elf_segments(const struct mf_bytes *bytes, const struct mf_elf *elf, uint32_t first,
		    struct mf_elf_segment *ret, uint32_t n);

/* A number of 1, 2, 4 or 8 bytes in the byte order of elf. */
uint64_t mf_elf_number(const struct mf_elf *elf, const void *bytes, size_t size);

static inline size_t mf_elf_word_size(const struct mf_elf *elf)
{
	return elf->class == 1 ? 4 : 8;
}

#endif
