/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads a table anew and keeps the difference. The walk is compared with the
 * old rows in step; only what differs is written down, and is put into the
 * table when nothing can fail any more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "iter.h"
#include "table.h"

/* What nobody uses is thrown away when it is more than what was used the last time, and this. */
#define GARBAGE_MOST ((size_t)64 << 10)

#define EDITS_FIRST  64

struct refresh {
	struct mf_table *table;
	struct mf_buf edits, fresh; /* arrays of struct mf_edit and struct fresh */
	size_t n_edits, n_fresh;
	size_t old; /* the row that the walk has come to */
	size_t n_added, n_removed;
};

struct fresh {
	uint64_t start;
	struct mf_row row;
};

static struct mf_edit *edits_of(const struct refresh *refresh)
{
	return (struct mf_edit *)(void *)refresh->edits.data;
}

static struct fresh *fresh_of(const struct refresh *refresh)
{
	return (struct fresh *)(void *)refresh->fresh.data;
}

void mf_table_drop_edits(struct mf_table *table)
{
	free(table->edits);
	table->edits = NULL;
	table->n_edits = table->next_edit = 0;
}

/* What is compared, and only as far as both sides know it. */
static bool both_have(const struct mf_mapping *a, const struct mf_mapping *b, uint32_t has)
{
	return a->has & b->has & has;
}

static bool same_path(const struct mf_mapping *a, const struct mf_mapping *b)
{
	if (!a->path || !b->path)
		return a->path == b->path;
	return a->path_len == b->path_len && !memcmp(a->path, b->path, a->path_len);
}

static bool is_file(const struct mf_mapping *m)
{
	return m->kind == MF_KIND_FILE || m->kind == MF_KIND_DEVICE;
}

static bool is_private_memory(const struct mf_mapping *m)
{
	return m->kind == MF_KIND_ANON || m->kind == MF_KIND_ANON_NAMED ||
	       m->kind == MF_KIND_HEAP || m->kind == MF_KIND_STACK;
}

/* A device is told from a file only where it can be looked at; nothing else changes its kind. */
static bool same_kind(const struct mf_mapping *a, const struct mf_mapping *b)
{
	return a->kind == b->kind || (is_file(a) && is_file(b)) ||
	       (is_private_memory(a) && is_private_memory(b));
}

static bool same_object(const struct mf_mapping *a, const struct mf_mapping *b)
{
	/* A core knows no numbers; and of a range that vanished nothing is known. */
	if (!both_have(a, b, MF_HAS_DEV))
		return !((a->has | b->has) & MF_HAS_DEV) && both_have(a, b, MF_HAS_PATH) &&
		       same_kind(a, b) && (is_private_memory(a) || same_path(a, b));
	if (a->inode != b->inode || a->dev_major != b->dev_major || a->dev_minor != b->dev_minor ||
	    !same_kind(a, b))
		return false;
	/* Several of these share an inode, and none is ever renamed. */
	return a->kind != MF_KIND_ANON_INODE || same_path(a, b);
}

static uint32_t differences(const struct mf_mapping *a, const struct mf_mapping *b)
{
	uint32_t what = a->end != b->end ? MF_DIFFERS_END : 0;
	const uint32_t flags = a->flags ^ b->flags;

	if (both_have(a, b, MF_HAS_PROT) && (a->prot != b->prot || flags & MF_MAPPING_SHARED))
		what |= MF_DIFFERS_PROT;
	/* Private memory has none: 0 says nothing. */
	if (both_have(a, b, MF_HAS_OFFSET) && !is_private_memory(a) &&
	    a->offset - a->start != b->offset - b->start)
		what |= MF_DIFFERS_OFFSET;
	if (both_have(a, b, MF_HAS_PATH) && (a->kind != b->kind || !same_path(a, b)))
		what |= MF_DIFFERS_NAME;
	if (both_have(a, b, MF_HAS_DELETED) && flags & MF_MAPPING_DELETED)
		what |= MF_DIFFERS_NAME;
	return what;
}

/* They have an address in common, and show the same byte there. */
static bool same_bytes(const struct mf_mapping *a, const struct mf_mapping *b)
{
	if (a->end <= b->start || b->end <= a->start || !same_object(a, b))
		return false;
	return !(differences(a, b) & MF_DIFFERS_OFFSET);
}

/* Nothing to write down: not even what is not worth telling. */
static bool is_same(const struct mf_mapping *old, const struct mf_mapping *m)
{
	return old->end == m->end && old->offset == m->offset && old->prot == m->prot &&
	       old->flags == m->flags && old->has == (m->has & ~(uint32_t)MF_HAS_STAT) &&
	       old->kind == m->kind && old->name_len == m->name_len && old->inode == m->inode &&
	       old->dev_major == m->dev_major && old->dev_minor == m->dev_minor &&
	       old->open_mode == m->open_mode && old->page_size == m->page_size &&
	       same_path(old, m);
}

static void show_row(const struct mf_table *table, uint64_t i, struct mf_mapping *ret)
{
	mf_table_show(table, table->starts[i], &table->rows[i], ret);
}

/* A row that shows the first or the last byte of a mapping of another state. */
static bool find_relative(const struct mf_table *table, const struct mf_mapping *m,
			  uint64_t *ret_index, struct mf_mapping *ret)
{
	const uint64_t ends[] = { m->start, m->end - 1 };
	size_t i;

	for (i = 0; i < 2; i++) {
		if (mf_table_find(table, ends[i], ret_index) <= 0)
			continue;
		show_row(table, *ret_index, ret);
		if (same_bytes(ret, m))
			return true;
	}
	return false;
}

/* Room for one more; the entry is cleared. */
static int push(struct mf_buf *buf, size_t n, size_t size, void **ret)
{
	int error;

	if (n >= UINT32_MAX)
		return -ENOMEM;
	error = mf_buf_reserve(buf, (n < EDITS_FIRST ? EDITS_FIRST : n + 1) * size);
	if (error)
		return error;
	*ret = memset(buf->data + n * size, 0, size);
	return 0;
}

static int push_edit(struct refresh *refresh, uint32_t type, struct mf_edit **ret)
{
	void *memory;
	const int error = push(&refresh->edits, refresh->n_edits, sizeof(**ret), &memory);

	if (error)
		return error;
	refresh->n_edits++;
	*ret = memory;
	(*ret)->type = type;
	(*ret)->at = (uint32_t)refresh->old;
	(*ret)->fresh = (uint32_t)refresh->n_fresh;
	return 0;
}

static void keep_before(const struct mf_table *table, uint64_t old, struct mf_edit *edit)
{
	edit->has_before = true;
	edit->before_start = table->starts[old];
	edit->before = table->rows[old];
}

static int push_fresh(struct refresh *refresh, const struct mf_mapping *m)
{
	struct mf_table *const table = refresh->table;
	const size_t near = refresh->old < table->n ? refresh->old : table->n - 1;
	struct fresh *fresh;
	struct mf_row row;
	void *memory;
	int error = mf_table_make_row(table, m, table->n ? &table->rows[near] : NULL, &row);

	if (!error)
		error = push(&refresh->fresh, refresh->n_fresh, sizeof(*fresh), &memory);
	if (error)
		return error;
	refresh->n_fresh++;
	fresh = memory;
	fresh->start = m->start;
	fresh->row = row;
	return 0;
}

static int remove_old(struct refresh *refresh)
{
	struct mf_edit *edit;
	const int error = push_edit(refresh, MF_CHANGE_REMOVED, &edit);

	if (error)
		return error;
	keep_before(refresh->table, refresh->old++, edit);
	refresh->n_removed++;
	return 0;
}

static int change_old(struct refresh *refresh, const struct mf_mapping *m, uint32_t what)
{
	struct mf_edit *edit;
	const int error = push_edit(refresh, MF_CHANGE_MODIFIED, &edit);

	if (error)
		return error;
	edit->what = what;
	edit->has_after = true;
	keep_before(refresh->table, refresh->old++, edit);
	return push_fresh(refresh, m);
}

/* Its bytes may have been there, in a mapping that was split or began elsewhere. */
static int add(struct refresh *refresh, const struct mf_mapping *m)
{
	struct mf_table *const table = refresh->table;
	struct mf_edit *edit;
	struct mf_mapping old;
	uint64_t index;
	const int error = push_edit(refresh, MF_CHANGE_ADDED, &edit);

	if (error)
		return error;
	edit->has_after = true;
	refresh->n_added++;
	if (find_relative(table, m, &index, &old)) {
		keep_before(table, index, edit);
		edit->what = MF_DIFFERS_PART | differences(&old, m);
	}
	return push_fresh(refresh, m);
}

static int see(struct refresh *refresh, const struct mf_mapping *m)
{
	struct mf_table *const table = refresh->table;
	struct mf_mapping old;
	int error;

	while (refresh->old < table->n && table->starts[refresh->old] < m->start) {
		error = remove_old(refresh);
		if (error)
			return error;
	}
	if (refresh->old == table->n || table->starts[refresh->old] > m->start)
		return add(refresh, m);
	show_row(table, refresh->old, &old);
	if (is_same(&old, m)) {
		refresh->old++;
		return 0;
	}
	if (same_object(&old, m))
		return change_old(refresh, m, differences(&old, m));
	error = remove_old(refresh);
	return error ? error : add(refresh, m);
}

static int walk(struct refresh *refresh, struct mf_iter *iter)
{
	const struct mf_mapping *m;
	int r = mf_iter_rewind(iter);

	if (r)
		return r;
	while ((r = mf_next(iter, &m)) > 0) {
		r = see(refresh, m);
		if (r)
			return r;
	}
	while (!r && refresh->old < refresh->table->n)
		r = remove_old(refresh);
	return r;
}

/* Takes out what was removed, overwrites what was changed. */
static void take_out(const struct refresh *refresh)
{
	struct mf_table *const table = refresh->table;
	const struct fresh *const fresh = fresh_of(refresh);
	size_t from = 0, to = 0, i;

	for (i = 0; i <= refresh->n_edits; i++) {
		const struct mf_edit *const edit = i < refresh->n_edits ? &edits_of(refresh)[i] :
									  NULL;
		const size_t n = (edit ? edit->at : table->n) - from;

		memmove(table->starts + to, table->starts + from, n * sizeof(*table->starts));
		memmove(table->rows + to, table->rows + from, n * sizeof(*table->rows));
		from += n;
		to += n;
		if (!edit || edit->type == MF_CHANGE_ADDED)
			continue;
		from++;
		if (edit->type == MF_CHANGE_REMOVED)
			continue;
		table->starts[to] = fresh[edit->fresh].start;
		table->rows[to++] = fresh[edit->fresh].row;
	}
}

/* From the end, so that each row is moved once; table->n rows are there, in room for n. */
static void put_in(const struct refresh *refresh, size_t n)
{
	struct mf_table *const table = refresh->table;
	size_t kept = table->n, i;

	for (i = refresh->n_edits; i-- > 0 && n > kept;) {
		const struct mf_edit *const edit = &edits_of(refresh)[i];
		const struct fresh *const fresh = &fresh_of(refresh)[edit->fresh];

		if (edit->type != MF_CHANGE_ADDED)
			continue;
		while (kept && table->starts[kept - 1] > fresh->start) {
			table->starts[--n] = table->starts[--kept];
			table->rows[n] = table->rows[kept];
		}
		table->starts[--n] = fresh->start;
		table->rows[n] = fresh->row;
	}
}

/* Where in the new table each new mapping is. */
static void number(const struct refresh *refresh)
{
	size_t n_added = 0, n_removed = 0, i;

	for (i = 0; i < refresh->n_edits; i++) {
		struct mf_edit *const edit = &edits_of(refresh)[i];

		edit->after = (uint32_t)(edit->at + n_added - n_removed);
		n_added += edit->type == MF_CHANGE_ADDED;
		n_removed += edit->type == MF_CHANGE_REMOVED;
	}
}

/* What was removed may live on in a mapping that it was merged with, or that begins above. */
static void find_heir(const struct mf_table *table, struct mf_edit *edit)
{
	struct mf_mapping before, after;
	uint64_t index;

	mf_table_show(table, edit->before_start, &edit->before, &before);
	if (!find_relative(table, &before, &index, &after))
		return;
	edit->what = MF_DIFFERS_PART | differences(&before, &after);
	edit->has_after = true;
	edit->after = (uint32_t)index;
}

static int commit(struct refresh *refresh)
{
	struct mf_table *const table = refresh->table;
	const size_t n = table->n + refresh->n_added - refresh->n_removed;
	const int error = n > table->n ? mf_table_resize(table, n) : 0;
	size_t i;

	if (error)
		return error;
	mf_table_drop_order(table);
	take_out(refresh);
	number(refresh);
	table->n -= refresh->n_removed;
	put_in(refresh, n);
	if (n < table->n + refresh->n_removed)
		mf_table_resize(table, n);
	table->n = n;
	table->edits = edits_of(refresh);
	table->n_edits = refresh->n_edits;
	refresh->edits.data = NULL;
	for (i = 0; i < table->n_edits; i++) {
		if (table->edits[i].type == MF_CHANGE_REMOVED)
			find_heir(table, &table->edits[i]);
	}
	return 0;
}

/* Names and objects that no row uses any more: 0, or -ENOMEM and they stay. */
static int collect(struct mf_table *table)
{
	struct mf_table clean = *table;
	struct mf_mapping m;
	int error = 0;
	size_t i;

	clean.rows = malloc((table->n ? table->n : 1) * sizeof(*clean.rows));
	if (!clean.rows)
		return -ENOMEM;
	mf_intern_init(&clean.names, table->names.seed);
	mf_intern_init(&clean.objects, table->objects.seed);
	for (i = 0; !error && i < table->n; i++) {
		show_row(table, i, &m);
		error = mf_table_make_row(&clean, &m, i ? &clean.rows[i - 1] : NULL,
					  &clean.rows[i]);
	}
	if (error) {
		mf_intern_free(&clean.names);
		mf_intern_free(&clean.objects);
		free(clean.rows);
		return error;
	}
	mf_intern_free(&table->names);
	mf_intern_free(&table->objects);
	free(table->rows);
	*table = clean;
	table->collected = table->names.used + table->objects.used;
	return 0;
}

static bool same_opts(const struct mf_iter_opts *a, const struct mf_iter_opts *b)
{
	return a->flags == b->flags && a->source == b->source && a->prot == b->prot &&
	       a->from == b->from && a->to == b->to;
}

static int refresh_table(struct mf_table *table, struct mf_iter *iter)
{
	struct refresh refresh = { .table = table };
	int error;

	if (!same_opts(&table->opts, &iter->opts))
		return -EINVAL;
	mf_table_drop_edits(table);
	if (table->names.used + table->objects.used > 2 * table->collected + GARBAGE_MOST)
		collect(table);
	error = walk(&refresh, iter);
	if (!error && refresh.n_edits)
		error = commit(&refresh);
	mf_buf_free(&refresh.edits);
	mf_buf_free(&refresh.fresh);
	return error;
}

int mf_table_refresh(struct mf_table *table, struct mf_iter *iter)
{
	const int saved_errno = errno;
	const int error = table && iter ? refresh_table(table, iter) : -EINVAL;

	errno = saved_errno;
	return error;
}

int mf_table_next_change(struct mf_table *table, const struct mf_change **ret_change)
{
	const struct mf_edit *edit;

	if (!table || !ret_change)
		return -EINVAL;
	do {
		if (table->next_edit == table->n_edits)
			return 0;
		edit = &table->edits[table->next_edit++];
	} while (edit->type == MF_CHANGE_MODIFIED && !edit->what);

	table->change = (struct mf_change){ .action = edit->type, .differs = edit->what };
	if (edit->has_before) {
		mf_table_show(table, edit->before_start, &edit->before, &table->before);
		table->change.before = &table->before;
	}
	if (edit->has_after) {
		show_row(table, edit->after, &table->after);
		table->change.after = &table->after;
	}
	*ret_change = &table->change;
	return 1;
}
