/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of device and inode numbers: open addressing, at most half full.
 */
#include <err.h>
#include <stdlib.h>

#include "distinct.h"

static struct distinct_slot *slot_of(const struct distinct *set, uint64_t dev, uint64_t inode)
{
	size_t i = (size_t)((inode ^ dev << 40) * 0x9e3779b97f4a7c15 >> 20) & (set->n_slots - 1);

	while (set->slots[i].used && (set->slots[i].dev != dev || set->slots[i].inode != inode))
		i = (i + 1) & (set->n_slots - 1);
	return &set->slots[i];
}

static void grow(struct distinct *set)
{
	struct distinct old = *set;
	size_t i;

	set->n_slots = old.n_slots ? old.n_slots * 2 : 64;
	set->slots = calloc(set->n_slots, sizeof(*set->slots));
	if (!set->slots)
		err(1, "set");
	for (i = 0; i < old.n_slots; i++)
		if (old.slots[i].used)
			*slot_of(set, old.slots[i].dev, old.slots[i].inode) = old.slots[i];
	free(old.slots);
}

bool distinct_add(struct distinct *set, uint32_t major, uint32_t minor, uint64_t inode)
{
	uint64_t dev = (uint64_t)major << 32 | minor;
	struct distinct_slot *slot;

	if (set->n * 2 >= set->n_slots)
		grow(set);
	slot = slot_of(set, dev, inode);
	if (slot->used)
		return false;
	*slot = (struct distinct_slot){ dev, inode, true };
	set->n++;
	return true;
}

void distinct_free(struct distinct *set)
{
	free(set->slots);
	*set = (struct distinct){ 0 };
}
