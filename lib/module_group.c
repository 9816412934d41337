/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which mappings of a file are one loaded ELF image.
 *
 * In a mapping that shows a part of a load, address minus offset is the same
 * as in the headers, plus the bias: whatever the page size is, and however the
 * kernel split or merged mappings. So one mapping that the loader made tells the
 * bias, and that tells where the others are.
 */
#include "module_group.h"

/* Pages are larger, never smaller. */
#define PAGE_LEAST 4096

/* Address minus offset in the mapped file, where the load is in place. */
static uint64_t delta_of(const struct mf_layout *layout, const struct mf_load *load, uint64_t bias)
{
	return bias + load->vaddr - (layout->elf_offset + load->offset);
}

static uint64_t bias_by(const struct mf_layout *layout, const struct mf_load *load,
			const struct mf_area *area)
{
	return area->start - area->offset - delta_of(layout, load, 0);
}

/* The area shows bytes of the load, wherever it is. */
static bool shows(const struct mf_layout *layout, const struct mf_load *load,
		  const struct mf_area *area)
{
	uint64_t start, end;

	if (__builtin_add_overflow(layout->elf_offset, load->offset, &start) ||
	    __builtin_add_overflow(start, load->filesz, &end))
		return false;
	return area->offset < end && area->end - area->start + area->offset > start && start < end;
}

bool mf_load_range(const struct mf_load *load, uint64_t bias, uint64_t size, struct mf_range *ret)
{
	ret->start = bias + load->vaddr;
	return size && !__builtin_add_overflow(ret->start, size, &ret->end);
}

/* The first area that ends above addr. */
static size_t first_above(const struct mf_grouping *g, uint64_t addr)
{
	size_t low = 0, high = g->n_areas;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (g->areas[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool take_step(const struct mf_grouping *g)
{
	return *g->steps && (*g->steps)--;
}

/* The next area without owner, from index i on, that is in its place for the load; or NULL. */
static struct mf_area *next_in_place(const struct mf_grouping *g, const struct mf_load *load,
				     uint64_t bias, size_t *i)
{
	const uint64_t delta = delta_of(g->layout, load, bias);
	struct mf_range range;

	if (!mf_load_range(load, bias, load->filesz, &range) || !take_step(g))
		return NULL;
	if (!*i)
		*i = first_above(g, range.start);
	for (; *i < g->n_areas && g->areas[*i].start < range.end && take_step(g); ++*i) {
		struct mf_area *const area = &g->areas[*i];

		if (!area->owner && area->start - area->offset == delta &&
		    shows(g->layout, load, area)) {
			++*i;
			return area;
		}
	}
	return NULL;
}

static bool is_in_place(const struct mf_grouping *g, const struct mf_load *load, uint64_t bias)
{
	size_t i = 0;

	return next_in_place(g, load, bias, &i);
}

/* Of how many loads something is in its place. */
static size_t count_in_place(const struct mf_grouping *g, uint64_t bias)
{
	size_t i, n = 0;

	for (i = 0; i < g->layout->n_loads; i++)
		n += is_in_place(g, &g->layout->loads[i], bias);
	return n;
}

/*
 * Loaders map the whole span first, and take all rights from what is left
 * between the segments.
 */
static void claim_rest(struct mf_grouping *g, uint64_t delta, uint64_t start, uint64_t end)
{
	size_t i;

	for (i = first_above(g, start); i < g->n_areas && g->areas[i].end <= end && take_step(g);
	     i++) {
		struct mf_area *const area = &g->areas[i];

		if (!area->owner && !area->prot && area->start - area->offset == delta)
			area->owner = g->n_modules;
	}
}

static int claim(struct mf_grouping *g, uint64_t bias)
{
	const struct mf_layout *const layout = g->layout;
	uint64_t start = UINT64_MAX, end = 0;
	size_t i;

	g->n_modules++;
	for (i = 0; i < layout->n_loads; i++) {
		struct mf_area *area;
		size_t at = 0;

		while ((area = next_in_place(g, &layout->loads[i], bias, &at))) {
			area->owner = g->n_modules;
			start = area->start < start ? area->start : start;
			end = area->end > end ? area->end : end;
		}
	}
	/* No step was left. */
	if (!end) {
		g->n_modules--;
		return 0;
	}
	for (i = 0; i < layout->n_loads; i++)
		claim_rest(g, delta_of(layout, &layout->loads[i], bias), start, end);
	return g->add(g->data, &(struct mf_placed){ .bias = bias, .loaded = true });
}

/* Something else than this area is in its place, too. */
static bool has_company(const struct mf_grouping *g, const struct mf_area *area, uint64_t bias)
{
	size_t i;

	for (i = 0; i < g->layout->n_loads; i++) {
		const struct mf_area *other;
		size_t at = 0;

		while ((other = next_in_place(g, &g->layout->loads[i], bias, &at))) {
			if (other != area)
				return true;
		}
	}
	return false;
}

/*
 * The bias that most loads agree with, if area is code of one of them. gdb's
 * cores do not tell of code that it is: one piece alone may be mapped as data.
 */
static bool best_bias(const struct mf_grouping *g, const struct mf_area *area, uint64_t *ret)
{
	size_t i, n, best = 0;

	for (i = 0; i < g->layout->n_loads; i++) {
		const struct mf_load *const load = &g->layout->loads[i];
		const uint64_t bias = bias_by(g->layout, load, area);

		if (!(load->prot & MF_PROT_EXEC) || bias % PAGE_LEAST ||
		    !shows(g->layout, load, area))
			continue;
		n = count_in_place(g, bias);
		if (n > best && (!area->prot_unknown || has_company(g, area, bias))) {
			best = n;
			*ret = bias;
		}
	}
	return best;
}

/* Code that is where the headers want it. */
static int group_code(struct mf_grouping *g)
{
	size_t i;

	for (i = 0; i < g->n_areas && *g->steps; i++) {
		const struct mf_area *const area = &g->areas[i];
		uint64_t bias;
		int error;

		if (area->owner || !(area->prot & MF_PROT_EXEC || area->prot_unknown) ||
		    !best_bias(g, area, &bias))
			continue;
		error = claim(g, bias);
		if (error)
			return error;
	}
	return 0;
}

/*
 * Whether the image is loaded, though no code of the file is mapped: a program
 * may have moved its text to anonymous huge pages, and a library may have none.
 * One load alone looks as the file does when it is mapped as data.
 */
static int is_loaded_without_code(const struct mf_grouping *g, uint64_t bias)
{
	const struct mf_layout *const layout = g->layout;
	const size_t n = count_in_place(g, bias);
	size_t i, n_code = 0;

	if (n < 2)
		return 0;
	for (i = 0; i < layout->n_loads; i++) {
		const struct mf_load *const load = &layout->loads[i];
		int r;

		if (!(load->prot & MF_PROT_EXEC))
			continue;
		n_code++;
		if (is_in_place(g, load, bias))
			continue;
		r = g->is_code(g->data, bias + load->vaddr);
		if (r)
			return r;
	}
	return !n_code && n == layout->n_loads;
}

/* The load that the ELF header is in, or else the first one in the file. */
static const struct mf_load *first_load(const struct mf_layout *layout)
{
	const struct mf_load *first = NULL;
	size_t i;

	for (i = 0; i < layout->n_loads; i++) {
		if (layout->loads[i].filesz && (!first || layout->loads[i].offset < first->offset))
			first = &layout->loads[i];
	}
	return first;
}

/* One piece of the file, however it was split. */
static int claim_data(struct mf_grouping *g, size_t i)
{
	const uint64_t delta = g->areas[i].start - g->areas[i].offset;
	uint64_t end = g->areas[i].start;

	g->n_modules++;
	for (; i < g->n_areas && g->areas[i].start == end &&
	       g->areas[i].start - g->areas[i].offset == delta && !g->areas[i].owner;
	     i++) {
		g->areas[i].owner = g->n_modules;
		end = g->areas[i].end;
	}
	return g->add(g->data, &(struct mf_placed){ .loaded = false });
}

static bool has_header(const struct mf_layout *layout, const struct mf_area *area)
{
	return area->offset <= layout->elf_offset &&
	       layout->elf_offset - area->offset < area->end - area->start;
}

/* What begins with the ELF header, and of which no code was found. */
static int group_header(struct mf_grouping *g, size_t i, bool data_too)
{
	const struct mf_load *const first = first_load(g->layout);
	const uint64_t bias = first ? bias_by(g->layout, first, &g->areas[i]) : 1;
	int r = 0;

	if (bias % PAGE_LEAST == 0 && shows(g->layout, first, &g->areas[i]))
		r = is_loaded_without_code(g, bias);
	if (r < 0)
		return r;
	if (r)
		return claim(g, bias);
	return data_too ? claim_data(g, i) : 0;
}

int mf_group(struct mf_grouping *g, bool data_too)
{
	int error = group_code(g);
	size_t i;

	for (i = 0; i < g->n_areas && !error; i++) {
		if (!g->areas[i].owner && has_header(g->layout, &g->areas[i]))
			error = group_header(g, i, data_too);
	}
	return error;
}
