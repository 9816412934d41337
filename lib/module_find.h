/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which module an address belongs to.
 */
#ifndef MF_MODULE_FIND_H
#define MF_MODULE_FIND_H

#include "module_group.h"

struct mf_owned {
	uint64_t start, end;
	uint64_t owner;
};

/* Ranges that do not overlap, once they are sorted. */
struct mf_owned_list {
	struct mf_owned *ranges;
	size_t n, room;
};

/* 0 or -ENOMEM. */
int mf_owned_add(struct mf_owned_list *list, uint64_t start, uint64_t end, uint64_t owner);

/*
 * What the headers of a loaded image ask for and no file is mapped at: .bss, and
 * text that was moved to memory of its own. 0 or -ENOMEM.
 */
int mf_owned_add_gaps(struct mf_owned_list *list, const struct mf_list *mapped,
		      const struct mf_layout *layout, uint64_t bias, uint64_t owner);

void mf_owned_sort(struct mf_owned_list *list);
/* The range that holds addr, or NULL. */
const struct mf_owned *mf_owned_find(const struct mf_owned_list *list, uint64_t addr);
void mf_owned_free(struct mf_owned_list *list);

#endif
