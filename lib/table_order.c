/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table by object: which mappings show a byte of it.
 */
#include <errno.h>
#include <stdlib.h>
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

/* Those with an object, by device, inode, offset, address. */
struct mf_order {
	const struct mf_table *table;
	size_t n;
	uint32_t *rows;
	uint32_t *reach; /* up to here, which row of that object shows its highest byte */
	uint32_t room[]; /* for both */
};

/* Runs: the rows of a file lie together mostly. reach is not used yet, so there is room to merge. */
static void sort(struct mf_order *order)
{
	size_t n_runs;

	do {
		uint32_t *const merged = order->reach;

		n_runs = merge_runs(order->table, order->rows, order->n, merged);
		order->reach = order->rows;
		order->rows = merged;
	} while (n_runs > 2);
}

static bool same_object(const struct mf_table *table, uint32_t a, uint32_t b)
{
	const struct key key_a = key_of(table, a), key_b = key_of(table, b);

	return !compare_objects(&key_a, &key_b);
}

static void collect(struct mf_order *order)
{
	const struct mf_table *const table = order->table;
	struct mf_mapping m;
	size_t i;

	for (i = 0; i < table->n; i++) {
		mf_table_show(table, table->starts[i], &table->rows[i], &m);
		if (m.has & MF_HAS_DEV && m.has & MF_HAS_OFFSET && mf_file_backed(&m))
			order->rows[order->n++] = (uint32_t)i;
	}
}

static void find_reach(struct mf_order *order)
{
	const struct mf_table *const table = order->table;
	size_t i;

	for (i = 0; i < order->n; i++) {
		const uint32_t index = order->rows[i];

		order->reach[i] = i && same_object(table, order->reach[i - 1], index) &&
						  last_byte(table, order->reach[i - 1]) >=
							  last_byte(table, index) ?
					  order->reach[i - 1] :
					  index;
	}
}

static struct mf_order *make(const struct mf_table *table)
{
	struct mf_order *const order =
		malloc(sizeof(*order) + 2 * table->n * sizeof(order->room[0]));

	if (!order)
		return NULL;
	order->table = table;
	order->n = 0;
	order->rows = order->room;
	order->reach = order->room + table->n;
	collect(order);
	sort(order);
	find_reach(order);
	return order;
}

/* Whoever is first makes it for all; who was as fast throws his away. NULL: no memory. */
static const struct mf_order *get_order(const struct mf_table *table)
{
	/* What tables are made of is not const. */
	struct mf_order **const place = (struct mf_order **)(uintptr_t)&table->order;
	struct mf_order *there = __atomic_load_n(place, __ATOMIC_ACQUIRE), *made;

	if (there)
		return there;
	made = make(table);
	if (made && !__atomic_compare_exchange_n(place, &there, made, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE)) {
		free(made);
		return there;
	}
	/* Who had no memory may find what another made meanwhile. */
	return made ? made : __atomic_load_n(place, __ATOMIC_ACQUIRE);
}

void mf_table_drop_order(struct mf_table *table)
{
	free(table->order);
	table->order = NULL;
}

/* The first place in the order behind all that begin at this byte. */
static size_t place_behind(const struct mf_order *order, const struct key *key)
{
	size_t low = 0, high = order->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct key there = key_of(order->table, order->rows[middle]);

		if (compare_keys(&there, key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first place from which on rows of the object, or those before them, reach the byte. */
static size_t first_reaching(const struct mf_order *order, const struct key *key)
{
	size_t low = 0, high = order->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct key there = key_of(order->table, order->rows[middle]);
		const int r = compare_objects(&there, key);

		if (r < 0 || (!r && last_byte(order->table, order->reach[middle]) < key->offset))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* In [place, end), which begin at one offset and so are sorted by address: the first from index on. */
static size_t first_from(const struct mf_order *order, size_t place, size_t end, uint64_t index)
{
	while (place < end) {
		const size_t middle = place + (end - place) / 2;

		if (order->rows[middle] < index)
			place = middle + 1;
		else
			end = middle;
	}
	return place;
}

/* The lowest row from index on that shows the byte; UINT64_MAX if there is none. */
static uint64_t lowest(const struct mf_order *order, const struct key *byte, uint64_t index)
{
	const size_t end = place_behind(order, byte);
	size_t place = first_reaching(order, byte), next;
	uint64_t best = UINT64_MAX;

	for (; place < end; place = next) {
		const struct key key = key_of(order->table, order->rows[place]);
		size_t i;

		next = place_behind(order, &key);
		for (i = first_from(order, place, next, index); i < next; i++) {
			if (order->rows[i] >= best)
				break;
			if (last_byte(order->table, order->rows[i]) < byte->offset)
				continue;
			best = order->rows[i];
			break;
		}
	}
	return best;
}

int mf_table_find_object(const struct mf_table *table, const struct mf_mapping *like, uint64_t from,
			 uint64_t *ret_index)
{
	const struct mf_order *order;
	struct mf_mapping m;
	struct key byte;
	uint64_t index;

	if (!table || !like || !ret_index)
		return -EINVAL;
	m = mf_mapping_given(like);
	if (~m.has & (MF_HAS_DEV | MF_HAS_OFFSET))
		return -EINVAL;
	byte = (struct key){ m.inode, m.offset, m.dev_major, m.dev_minor };
	order = get_order(table);
	if (!order)
		return -ENOMEM;
	index = lowest(order, &byte, from);
	if (index == UINT64_MAX)
		return 0;
	*ret_index = index;
	return 1;
}
