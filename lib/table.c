/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A list in memory: loads it, and answers by index and by address.
 */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "iter.h"

/* Few steps, for each moves what is there; what is not touched costs nothing, and the rest is given back. */
#define ROOM_FIRST	  ((size_t)256)
#define ROOM_FACTOR	  16

#define MAPPING_SIZE_MOST 4096

/* array: a pointer to the pointer, of whatever type. */
static int resize_array(void *array, size_t n, size_t size)
{
	void *memory, *old;

	memcpy(&old, array, sizeof(old));
	if (n > SIZE_MAX / size)
		return -ENOMEM;
	memory = realloc(old, (n ? n : 1) * size);
	if (!memory)
		return -ENOMEM;
	memcpy(array, &memory, sizeof(memory));
	return 0;
}

int mf_table_resize(struct mf_table *table, size_t n)
{
	int error = n < UINT32_MAX ? resize_array(&table->starts, n, sizeof(*table->starts)) :
				     -ENOMEM;

	return error ? error : resize_array(&table->rows, n, sizeof(*table->rows));
}

static bool is_object(const struct mf_table *table, const struct mf_table_object *object,
		      const struct mf_mapping *m)
{
	if (object->inode != m->inode || object->dev_minor != m->dev_minor ||
	    object->dev_major != m->dev_major || object->kind != m->kind ||
	    object->page_size != m->page_size || object->name_len != m->name_len)
		return false;
	if (!object->name || !m->path)
		return !object->name && !m->path;
	return mf_intern_len(&table->names, object->name) == m->path_len &&
	       !memcmp(mf_intern_get(&table->names, object->name), m->path, m->path_len);
}

static int intern_object(struct mf_table *table, const struct mf_mapping *m, uint32_t *ret)
{
	struct mf_table_object object = {
		.inode = m->inode,
		.page_size = m->page_size,
		.dev_major = m->dev_major,
		.dev_minor = m->dev_minor,
		.kind = m->kind,
		.name_len = m->name_len,
	};
	int error = 0;

	_Static_assert(sizeof(object) == 40, "there are no holes: it is compared as bytes");
	if (m->path)
		error = mf_intern_add(&table->names, m->path, m->path_len, &object.name);
	return error ? error : mf_intern_add(&table->objects, &object, sizeof(object), ret);
}

static struct mf_row row_of(const struct mf_mapping *m)
{
	return (struct mf_row){
		.end = m->end,
		.offset = m->offset,
		.prot = m->prot & 0xf,
		.open_mode = m->open_mode & 0xf,
		.flags = m->flags & 0xff,
		.has = m->has & 0xffff & ~(uint32_t)MF_HAS_STAT,
	};
}

int mf_table_make_row(struct mf_table *table, const struct mf_mapping *m, const struct mf_row *like,
		      struct mf_row *ret)
{
	*ret = row_of(m);
	if (!like || !is_object(table, mf_table_object(table, like), m))
		return intern_object(table, m, &ret->object);
	ret->object = like->object;
	return 0;
}

void mf_table_show(const struct mf_table *table, uint64_t start, const struct mf_row *row,
		   struct mf_mapping *ret)
{
	const struct mf_table_object *const object = mf_table_object(table, row);

	*ret = (struct mf_mapping){
		.start = start,
		.end = row->end,
		.offset = row->offset,
		.inode = object->inode,
		.dev_major = object->dev_major,
		.dev_minor = object->dev_minor,
		.prot = row->prot,
		.kind = object->kind,
		.flags = row->flags,
		.has = row->has,
		.fd = -1,
		.name_len = object->name_len,
		.open_mode = row->open_mode,
		.page_size = object->page_size,
	};
	if (!object->name)
		return;
	ret->path = mf_intern_get(&table->names, object->name);
	ret->path_len = mf_intern_len(&table->names, object->name);
}

/* again: it shows what the last one shows. */
static int append(struct mf_table *table, const struct mf_mapping *m, bool again, size_t *room)
{
	struct mf_row row;
	int error;

	if (table->n == *room) {
		const size_t more = *room ? *room * ROOM_FACTOR : ROOM_FIRST;

		error = mf_table_resize(table, more);
		if (error)
			return error;
		*room = more;
	}
	if (again && table->n) {
		row = row_of(m);
		row.object = table->rows[table->n - 1].object;
	} else {
		error = mf_table_make_row(table, m, table->n ? &table->rows[table->n - 1] : NULL,
					  &row);
		if (error)
			return error;
	}
	table->starts[table->n] = m->start;
	table->rows[table->n++] = row;
	return 0;
}

static int load(struct mf_table *table, struct mf_iter *iter)
{
	const struct mf_mapping *m;
	size_t room = 0;
	int r = mf_iter_rewind(iter);

	if (r)
		return r;
	while ((r = mf_next(iter, &m)) > 0) {
		r = append(table, m, iter->shown.again, &room);
		if (r)
			return r;
	}
	return r ? r : mf_table_resize(table, table->n);
}

static int open_table(struct mf_iter *iter, struct mf_table **ret_table)
{
	struct mf_table *const table = malloc(sizeof(*table));
	uint64_t seed;
	int error;

	if (!table)
		return -ENOMEM;
	*table = (struct mf_table){ .opts = iter->opts };
	/* Where the kernel puts memory is not known to the process that is looked at. */
	seed = (uintptr_t)table ^ mf_now_ns() << 16;
	mf_intern_init(&table->names, seed);
	mf_intern_init(&table->objects, seed);
	error = load(table, iter);
	if (error) {
		mf_table_close(table);
		return error;
	}
	table->collected = table->names.used + table->objects.used;
	*ret_table = table;
	return 0;
}

int mf_table_open(struct mf_iter *iter, uint32_t flags, struct mf_table **ret_table)
{
	const int saved_errno = errno;
	const int error = iter && !flags && ret_table ? open_table(iter, ret_table) : -EINVAL;

	errno = saved_errno;
	return error;
}

uint64_t mf_table_count(const struct mf_table *table)
{
	return table ? table->n : 0;
}

int mf_table_get(const struct mf_table *table, uint64_t index, struct mf_mapping *ret_mapping,
		 uint32_t size)
{
	struct mf_mapping m;

	if (!table || !ret_mapping || size < MF_MAPPING_SIZE_FIRST || size > MAPPING_SIZE_MOST)
		return -EINVAL;
	if (index >= table->n)
		return 0;
	mf_table_show(table, table->starts[index], &table->rows[index], &m);
	memcpy(ret_mapping, &m, size < sizeof(m) ? size : sizeof(m));
	/* The caller was compiled with fields that this library does not know. */
	if (size > sizeof(m))
		memset((char *)ret_mapping + sizeof(m), 0, size - sizeof(m));
	return 1;
}

/* The compiler makes a conditional move of the choice: which way it goes cannot be foreseen. */
static size_t last_at_or_below(const uint64_t *starts, size_t n, uint64_t addr)
{
	const uint64_t *base = starts;

	while (n > 1) {
		const size_t half = n / 2;
		const uint64_t *const middle = base + half;

		base = *middle <= addr ? middle : base;
		n -= half;
	}
	return (size_t)(base - starts);
}

int mf_table_find(const struct mf_table *table, uint64_t addr, uint64_t *ret_index)
{
	size_t i;

	if (!table || !ret_index)
		return -EINVAL;
	i = last_at_or_below(table->starts, table->n, addr);
	if (!table->n || addr < table->starts[i] || addr >= table->rows[i].end)
		return 0;
	*ret_index = i;
	return 1;
}

void mf_table_close(struct mf_table *table)
{
	const int saved_errno = errno;

	if (!table)
		return;
	mf_table_drop_edits(table);
	mf_intern_free(&table->names);
	mf_intern_free(&table->objects);
	free(table->starts);
	free(table->rows);
	mf_table_drop_order(table);
	free(table);
	errno = saved_errno;
}
