/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which module an address belongs to.
 */
#include "module_find.h"

#include <errno.h>
#include <stdlib.h>

/* A module has one, behind its data; text that was moved in pieces has some more. */
#define GAPS_MOST 32

int mf_owned_add(struct mf_owned_list *list, uint64_t start, uint64_t end, uint64_t owner)
{
	if (list->n == list->room) {
		const size_t room = list->room ? list->room * 2 : 64;
		struct mf_owned *ranges;
		size_t size;

		if (__builtin_mul_overflow(room, sizeof(*ranges), &size))
			return -ENOMEM;
		ranges = realloc(list->ranges, size);
		if (!ranges)
			return -ENOMEM;
		list->ranges = ranges;
		list->room = room;
	}
	list->ranges[list->n++] = (struct mf_owned){ start, end, owner };
	return 0;
}

/*
 * What a load asks for beyond its bytes in the file is memory that follows them:
 * it ends where another file is mapped, whatever the headers say.
 */
static int add_gaps_of(struct mf_owned_list *list, const struct mf_list *mapped,
		       const struct mf_load *load, uint64_t bias, uint64_t owner, size_t most)
{
	struct mf_range range;
	uint64_t addr, file_end;
	size_t i;
	int error = 0;

	if (!mf_load_range(load, bias, load->memsz, &range))
		return 0;
	file_end = range.start + load->filesz;
	addr = range.start;
	for (i = mf_list_span(mapped, addr); addr < range.end && list->n < most && !error; i++) {
		const bool last = i >= mapped->n_areas || mapped->spans[i].start >= range.end;
		const uint64_t end = last ? range.end : mapped->spans[i].start;

		if (end > addr)
			error = mf_owned_add(list, addr, end, owner);
		if (last || end >= file_end)
			break;
		addr = mapped->spans[i].end;
	}
	return error;
}

int mf_owned_add_gaps(struct mf_owned_list *list, const struct mf_list *mapped,
		      const struct mf_layout *layout, uint64_t bias, uint64_t owner)
{
	const size_t most = list->n + GAPS_MOST;
	int error = 0;
	size_t i;

	for (i = 0; i < layout->n_loads && !error; i++)
		error = add_gaps_of(list, mapped, &layout->loads[i], bias, owner, most);
	return error;
}

static int compare(const void *a, const void *b)
{
	const struct mf_owned *const x = a, *const y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->owner > y->owner) - (x->owner < y->owner);
}

/* Headers that contradict each other may ask for the same memory: the first one has it. */
void mf_owned_sort(struct mf_owned_list *list)
{
	uint64_t end = 0;
	size_t i, n = 0;

	if (list->n)
		qsort(list->ranges, list->n, sizeof(*list->ranges), compare);
	for (i = 0; i < list->n; i++) {
		struct mf_owned range = list->ranges[i];

		if (range.start < end)
			range.start = end;
		if (range.start >= range.end)
			continue;
		end = range.end;
		list->ranges[n++] = range;
	}
	list->n = n;
}

const struct mf_owned *mf_owned_find(const struct mf_owned_list *list, uint64_t addr)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (list->ranges[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low < list->n && list->ranges[low].start <= addr ? &list->ranges[low] : NULL;
}

void mf_owned_free(struct mf_owned_list *list)
{
	free(list->ranges);
	*list = (struct mf_owned_list){ 0 };
}
