/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The differences of a table, by addresses. Mappings are split and merged without a byte
 * of them changing, so this compares what was at each address with what is.
 */
#include <stdlib.h>
#include <string.h>

#include "../../common/text.h"
#include "watch.h"

/* Mappings in address order. */
struct side {
	struct mf_mapping *list;
	size_t n;
};

static int by_start(const void *a, const void *b)
{
	const struct mf_mapping *const m = a, *const other = b;

	return m->start < other->start ? -1 : m->start > other->start;
}

/* The names are the table's, until the next refresh; the structs are not. */
static void add(struct side *side, const struct mf_mapping *m)
{
	if (!m)
		return;
	side->list = not_null(reallocarray(side->list, side->n + 1, sizeof(*m)));
	side->list[side->n++] = *m;
}

/* A mapping that was split is one side of several differences. */
static void sort(struct side *side)
{
	size_t i, n = 0;

	if (side->n)
		qsort(side->list, side->n, sizeof(*side->list), by_start);
	for (i = 0; i < side->n; i++) {
		if (!n || side->list[n - 1].start != side->list[i].start)
			side->list[n++] = side->list[i];
	}
	side->n = n;
}

static bool is_file_backed(const struct mf_mapping *m)
{
	return m->dev_major || m->dev_minor || m->inode;
}

static bool same_bytes(const struct mf_mapping *a, const struct mf_mapping *b)
{
	if (!is_file_backed(a) && !is_file_backed(b))
		return true;
	return a->dev_major == b->dev_major && a->dev_minor == b->dev_minor &&
	       a->inode == b->inode && a->offset - a->start == b->offset - b->start;
}

static bool same_name(const struct mf_mapping *a, const struct mf_mapping *b)
{
	if (a->kind != b->kind || (a->flags ^ b->flags) & MF_MAPPING_DELETED ||
	    !a->path != !b->path)
		return false;
	return !a->path || (a->path_len == b->path_len && !memcmp(a->path, b->path, a->path_len));
}

static bool same_prot(const struct mf_mapping *a, const struct mf_mapping *b)
{
	return a->prot == b->prot && !((a->flags ^ b->flags) & MF_MAPPING_SHARED);
}

typedef void print_fn(const struct event *event);

static void give(print_fn *print, enum change change, uint64_t start, uint64_t end,
		 const struct mf_mapping *before, const struct mf_mapping *after)
{
	const struct mf_mapping *m = after ? after : before;
	const struct event event = {
		.change = change,
		.start = start,
		.end = end,
		.offset = is_file_backed(m) ? m->offset + (start - m->start) : 0,
		.before = before,
		.after = after,
	};

	print(&event);
}

/* What happened to [start, end), which one mapping held before and one holds now, or none. */
static void tell(print_fn *print, uint64_t start, uint64_t end, const struct mf_mapping *before,
		 const struct mf_mapping *after)
{
	if (before && after && same_bytes(before, after)) {
		if (!same_prot(before, after))
			give(print, CHANGE_MPROTECT, start, end, before, after);
		if (!same_name(before, after))
			give(print, CHANGE_RENAME, start, end, before, after);
		return;
	}
	if (before)
		give(print, CHANGE_MUNMAP, start, end, before, NULL);
	if (after)
		give(print, CHANGE_MMAP, start, end, NULL, after);
}

/* The mapping that holds addr, and *end lowered to where that changes. */
static const struct mf_mapping *at(const struct side *side, size_t *pos, uint64_t addr,
				   uint64_t *end)
{
	const struct mf_mapping *m;

	while (*pos < side->n && side->list[*pos].end <= addr)
		++*pos;
	if (*pos == side->n)
		return NULL;
	m = &side->list[*pos];
	if (m->start > addr) {
		*end = m->start < *end ? m->start : *end;
		return NULL;
	}
	*end = m->end < *end ? m->end : *end;
	return m;
}

static void compare(const struct side *old, const struct side *now, print_fn *print)
{
	size_t i = 0, j = 0;
	uint64_t addr = 0;

	while (i < old->n || j < now->n) {
		uint64_t end = UINT64_MAX;
		const struct mf_mapping *const before = at(old, &i, addr, &end);
		const struct mf_mapping *const after = at(now, &j, addr, &end);

		tell(print, addr, end, before, after);
		addr = end;
	}
}

void watch_changes(struct mf_table *table, void (*print)(const struct event *event))
{
	struct side old = { 0 }, now = { 0 };
	const struct mf_change *change;

	while (mf_table_next_change(table, &change) > 0) {
		add(&old, change->before);
		add(&now, change->after);
	}
	sort(&old);
	sort(&now);
	compare(&old, &now, print);
	free(old.list);
	free(now.list);
}
