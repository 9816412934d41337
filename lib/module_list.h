/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process has mapped that an ELF file can be behind, sorted by object.
 */
#ifndef MF_MODULE_LIST_H
#define MF_MODULE_LIST_H

#include "iter.h"

/* One mapping of an object. */
struct mf_area {
	uint64_t start, end, offset;
	uint32_t prot, flags;
	bool prot_unknown; /* of a core that left it out */
	uint64_t owner; /* 1 + the index of the module that it belongs to; 0: none */
};

/*
 * Mappings with one name, device and inode. The numbers alone are not enough:
 * on btrfs and overlayfs several files have the same.
 */
struct mf_file {
	uint64_t inode;
	uint32_t dev_major, dev_minor;
	uint32_t has, kind; /* has: what all of its areas have */
	uint32_t flags; /* MF_MAPPING_ bits that one of its areas has */
	uint32_t path_len, name_len;
	size_t path; /* in names */
	struct mf_area *areas; /* by address */
	size_t n_areas;
};

struct mf_list {
	struct mf_area *areas; /* by file, then address */
	struct mf_file *files;
	struct mf_range *spans; /* of all areas, by address */
	size_t n_areas, n_files;
	char *names; /* each ends in a NUL */
};

/* Walks iter from its start. 0 or -errno. */
int mf_list_read(struct mf_iter *iter, struct mf_list *ret);
void mf_list_free(struct mf_list *list);

/* As the walk gave it, for who opens or asks it. Its path is list's. */
struct mf_mapping mf_list_mapping(const struct mf_list *list, const struct mf_file *file,
				  const struct mf_area *area);

/* The first span that ends above addr; n_areas if there is none. */
size_t mf_list_span(const struct mf_list *list, uint64_t addr);

#endif
