/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table by object: which mappings show a byte of it.
 */
#include <errno.h>
#include <string.h>

#include "record.h"
#include "table.h"

/* A byte of an object. */
struct key {
	uint64_t inode, offset;
	uint32_t dev_major, dev_minor;
};

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_objects(const struct key *a, const struct key *b)
{
	int r = compare(a->dev_major, b->dev_major);

	if (!r)
		r = compare(a->dev_minor, b->dev_minor);
	return r ? r : compare(a->inode, b->inode);
}

static int compare_keys(const struct key *a, const struct key *b)
{
	const int r = compare_objects(a, b);

	return r ? r : compare(a->offset, b->offset);
}

static struct key key_of(const struct mf_table *table, uint32_t index)
{
	const struct mf_row *const row = &table->rows[index];
	const struct mf_table_object *const object = mf_table_object(table, row);

	return (struct key){ object->inode, row->offset, object->dev_major, object->dev_minor };
}

/* The last byte that a row shows of its object. */
static uint64_t last_byte(const struct mf_table *table, uint32_t index)
{
	const struct mf_row *const row = &table->rows[index];
	const uint64_t len = row->end - table->starts[index] - 1;

	return len > UINT64_MAX - row->offset ? UINT64_MAX : row->offset + len;
}

/* Two sorted parts to one; equal ones stay in order of address. */
static void merge(const struct mf_table *table, const uint32_t *from, size_t middle, size_t n,
		  uint32_t *to)
{
	size_t a = 0, b = middle;
	struct key key_a = key_of(table, from[a]), key_b = key_of(table, from[b]);

	for (;;) {
		if (compare_keys(&key_a, &key_b) <= 0) {
			*to++ = from[a++];
			if (a == middle)
				break;
			key_a = key_of(table, from[a]);
		} else {
			*to++ = from[b++];
			if (b == n)
				break;
			key_b = key_of(table, from[b]);
		}
	}
	memcpy(to, from + a, (middle - a) * sizeof(*to));
	memcpy(to + (middle - a), from + b, (n - b) * sizeof(*to));
}

/* How many from i on are in order already. */
static size_t run(const struct mf_table *table, const uint32_t *list, size_t i, size_t n)
{
	struct key last = key_of(table, list[i]);
	size_t j;

	for (j = i + 1; j < n; j++) {
		const struct key key = key_of(table, list[j]);

		if (compare_keys(&last, &key) > 0)
			break;
		last = key;
	}
	return j - i;
}

/* Merges neighbouring runs once; how many there were. */
static size_t merge_runs(const struct mf_table *table, const uint32_t *from, size_t n, uint32_t *to)
{
	size_t i = 0, n_runs = 0;

	while (i < n) {
		const size_t first = run(table, from, i, n);
		const size_t second = i + first < n ? run(table, from, i + first, n) : 0;

		if (second)
			merge(table, from + i, first, first + second, to + i);
		else
			memcpy(to + i, from + i, first * sizeof(*to));
		i += first + second;
		n_runs += second ? 2 : 1;
	}
	return n_runs;
}

/* Runs: the rows of a file lie together mostly. reach is not used yet, so there is room to merge. */
static void sort(struct mf_table *table)
{
	size_t n_runs;

	do {
		uint32_t *const merged = table->reach;

		n_runs = merge_runs(table, table->order, table->n_ordered, merged);
		table->reach = table->order;
		table->order = merged;
	} while (n_runs > 2);
}

static bool same_object(const struct mf_table *table, uint32_t a, uint32_t b)
{
	const struct key key_a = key_of(table, a), key_b = key_of(table, b);

	return !compare_objects(&key_a, &key_b);
}

void mf_table_sort(struct mf_table *table)
{
	size_t i;

	table->n_ordered = 0;
	for (i = 0; i < table->n; i++) {
		struct mf_mapping m;

		mf_table_show(table, table->starts[i], &table->rows[i], &m);
		if (m.has & MF_HAS_DEV && m.has & MF_HAS_OFFSET && mf_file_backed(&m))
			table->order[table->n_ordered++] = (uint32_t)i;
	}
	sort(table);
	for (i = 0; i < table->n_ordered; i++) {
		const uint32_t index = table->order[i];

		table->reach[i] = i && same_object(table, table->reach[i - 1], index) &&
						  last_byte(table, table->reach[i - 1]) >=
							  last_byte(table, index) ?
					  table->reach[i - 1] :
					  index;
	}
}

/* The first place in the order behind all that begin at this byte. */
static size_t place_behind(const struct mf_table *table, const struct key *key)
{
	size_t low = 0, high = table->n_ordered;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct key there = key_of(table, table->order[middle]);

		if (compare_keys(&there, key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first place from which on rows of the object, or those before them, reach the byte. */
static size_t first_reaching(const struct mf_table *table, const struct key *key)
{
	size_t low = 0, high = table->n_ordered;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct key there = key_of(table, table->order[middle]);
		const int r = compare_objects(&there, key);

		if (r < 0 || (!r && last_byte(table, table->reach[middle]) < key->offset))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* In [place, end), which begin at one offset and so are sorted by address: the first from index on. */
static size_t first_from(const struct mf_table *table, size_t place, size_t end, uint64_t index)
{
	while (place < end) {
		const size_t middle = place + (end - place) / 2;

		if (table->order[middle] < index)
			place = middle + 1;
		else
			end = middle;
	}
	return place;
}

/* The lowest row from index on that shows the byte; UINT64_MAX if there is none. */
static uint64_t lowest(const struct mf_table *table, const struct key *byte, uint64_t index)
{
	const size_t end = place_behind(table, byte);
	size_t place = first_reaching(table, byte), next;
	uint64_t best = UINT64_MAX;

	for (; place < end; place = next) {
		const struct key key = key_of(table, table->order[place]);
		size_t i;

		next = place_behind(table, &key);
		for (i = first_from(table, place, next, index); i < next; i++) {
			if (table->order[i] >= best)
				break;
			if (last_byte(table, table->order[i]) < byte->offset)
				continue;
			best = table->order[i];
			break;
		}
	}
	return best;
}

int mf_table_find_object(const struct mf_table *table, const struct mf_mapping *like, uint64_t from,
			 uint64_t *ret_index)
{
	struct key byte;
	uint64_t index;

	if (!table || !like || !ret_index || ~like->has & (MF_HAS_DEV | MF_HAS_OFFSET))
		return -EINVAL;
	byte = (struct key){ like->inode, like->offset, like->dev_major, like->dev_minor };
	index = lowest(table, &byte, from);
	if (index == UINT64_MAX)
		return 0;
	*ret_index = index;
	return 1;
}
