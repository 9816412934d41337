/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any program headers and any mappings of one file: each mapping gets one owner at most,
 * each module has one, and what is found by address never overlaps.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "module_find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define AREAS_MOST 256

struct input {
	const uint8_t *data;
	size_t size;
};

struct state {
	struct mf_owned_list owned;
	struct mf_list list;
	const struct mf_layout *layout;
	uint64_t n;
};

static uint64_t take(struct input *in, size_t size)
{
	uint64_t value = 0;

	if (size > in->size)
		size = in->size;
	memcpy(&value, in->data, size);
	in->data += size;
	in->size -= size;
	return value;
}

/* Pages mostly, and now and then any number. */
static uint64_t take_number(struct input *in)
{
	const uint64_t how = take(in, 1);

	return how & 1 ? take(in, 8) : how & 2 ? take(in, 1) << 12 : take(in, 2);
}

static void take_layout(struct input *in, struct mf_layout *layout)
{
	size_t i;

	memset(layout, 0, sizeof(*layout));
	layout->n_loads = take(in, 1) % (MF_LOADS_MOST + 1);
	layout->elf_offset = take(in, 1) & 1 ? take_number(in) : 0;
	for (i = 0; i < layout->n_loads; i++)
		layout->loads[i] = (struct mf_load){
			.offset = take_number(in),
			.vaddr = take_number(in),
			.filesz = take_number(in),
			.memsz = take_number(in),
			.prot = take(in, 1) & 7,
		};
}

/* In order of address, and none overlaps another: so much the walk promises. */
static size_t take_areas(struct input *in, struct mf_area *areas, struct mf_range *spans)
{
	uint64_t addr = 0;
	size_t n = 0;

	while (in->size && n < AREAS_MOST) {
		struct mf_area *const area = &areas[n];

		memset(area, 0, sizeof(*area));
		if (__builtin_add_overflow(addr, take_number(in) & ~0xfffull, &area->start) ||
		    __builtin_add_overflow(area->start, 4096 + (take_number(in) & ~0xfffull),
					   &area->end))
			break;
		area->offset = take_number(in) & ~0xfffull;
		area->prot = take(in, 1) & 7;
		addr = area->end;
		spans[n++] = (struct mf_range){ area->start, area->end };
	}
	return n;
}

static int is_code(void *data, uint64_t addr)
{
	(void)data;
	return addr >> 12 & 1;
}

static int add(void *data, const struct mf_placed *placed)
{
	struct state *const state = data;

	state->n++;
	return placed->loaded ? mf_owned_add_gaps(&state->owned, &state->list, state->layout,
						  placed->bias, state->n) :
				0;
}

static void check(const struct state *state)
{
	bool seen[2 * AREAS_MOST] = { false };
	uint64_t end = 0;
	size_t i;

	for (i = 0; i < state->list.n_areas; i++) {
		const uint64_t owner = state->list.areas[i].owner;

		if (owner > state->n)
			abort();
		seen[owner] = true;
	}
	for (i = 1; i <= state->n; i++) {
		if (!seen[i])
			abort();
	}
	for (i = 0; i < state->owned.n; i++) {
		const struct mf_owned *const range = &state->owned.ranges[i];

		if (range->start < end || range->end <= range->start ||
		    mf_owned_find(&state->owned, range->start) != range ||
		    mf_owned_find(&state->owned, range->end - 1) != range)
			abort();
		end = range->end;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct mf_area areas[AREAS_MOST];
	struct mf_range spans[AREAS_MOST];
	struct mf_layout layout;
	struct state state = { .layout = &layout };
	struct mf_grouping grouping;
	uint64_t steps;
	size_t i;

	take_layout(&in, &layout);
	state.list = (struct mf_list){ .areas = areas, .spans = spans };
	state.list.n_areas = take_areas(&in, areas, spans);
	steps = mf_group_steps(state.list.n_areas);
	grouping = (struct mf_grouping){ .areas = areas,
					 .n_areas = state.list.n_areas,
					 .layout = &layout,
					 .steps = &steps,
					 .data = &state,
					 .is_code = is_code,
					 .add = add };
	if (mf_group(&grouping, true) || grouping.n_modules != state.n)
		abort();
	for (i = 0; i < state.list.n_areas; i++) {
		if (areas[i].owner &&
		    mf_owned_add(&state.owned, areas[i].start, areas[i].end, areas[i].owner))
			abort();
	}
	mf_owned_sort(&state.owned);
	check(&state);
	mf_owned_free(&state.owned);
	return 0;
}
