/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which mappings of a file are one loaded ELF image: arithmetic alone, with
 * headers that are not trusted.
 */
#ifndef MF_MODULE_GROUP_H
#define MF_MODULE_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "module_list.h"

/* More than any linker makes; what has more is taken for no ELF file. */
#define MF_LOADS_MOST 64

/* A PT_LOAD header. */
struct mf_load {
	uint64_t offset, vaddr, filesz, memsz;
	uint32_t prot;
};

struct mf_layout {
	uint64_t elf_offset; /* where the ELF file begins in the mapped file */
	struct mf_load loads[MF_LOADS_MOST];
	size_t n_loads;
};

/* Where an image was found. */
struct mf_placed {
	uint64_t bias;
	bool loaded; /* its headers fit; else it is mapped as data, and has no bias */
};

struct mf_grouping {
	struct mf_area *areas; /* of one file, by address */
	size_t n_areas;
	const struct mf_layout *layout;
	uint64_t n_modules; /* before; owners are numbered from there on */
	uint64_t *steps; /* how much more may be looked at: see mf_group_steps() */
	void *data;
	/* Whether executable memory that is no file's is at addr: 1, 0, or -errno. */
	int (*is_code)(void *data, uint64_t addr);
	/* Takes an image whose areas are now owned by n_modules: 0 or -errno. */
	int (*add)(void *data, const struct mf_placed *placed);
};

/*
 * Finds every image of the layout in areas that have no owner, and gives them
 * one. data_too: also what is mapped as data. 0 or what a callback returned.
 */
int mf_group(struct mf_grouping *grouping, bool data_too);

/*
 * Enough for a file with so many areas, many times over. Headers that were made to
 * fit everything would cost the product of areas, loads and modules; of such a
 * file not all is found.
 */
static inline uint64_t mf_group_steps(size_t n_areas)
{
	return ((uint64_t)n_areas + 256) * 512;
}

/* The address that the headers want a load at, or false if that is beyond all addresses. */
bool mf_load_range(const struct mf_load *load, uint64_t bias, uint64_t size, struct mf_range *ret);

#endif
