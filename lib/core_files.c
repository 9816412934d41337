/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The note NT_FILE: how many, the size of a page, then start, end and offset
 * in pages of each, then the names, each with its NUL.
 */
#include <errno.h>
#include <string.h>

#include "core.h"

#define ENTRIES	  32u
#define WORD_MOST 8u

/* No path is nearly so long. */
#define NAME_MOST (1u << 20)

struct table {
	struct mf_core *core;
	uint64_t at, size; /* the note's content */
	size_t word;
	uint64_t count, page;
};

static uint64_t word_at(const struct table *table, const unsigned char *bytes, size_t index)
{
	return mf_elf_number(&table->core->elf, bytes + index * table->word, table->word);
}

static uint64_t entry_size(const struct table *table)
{
	return 3 * (uint64_t)table->word;
}

static int add_file(const struct table *table, const unsigned char *bytes)
{
	struct mf_core *const core = table->core;
	const struct mf_core_file *const last =
		core->n_files ? &mf_core_files(core)[core->n_files - 1] : NULL;
	struct mf_core_file file = { .start = word_at(table, bytes, 0),
				     .end = word_at(table, bytes, 1) };
	uint64_t offset_end;
	int error;

	if (file.start >= file.end || (last && file.start < last->end) ||
	    __builtin_mul_overflow(word_at(table, bytes, 2), table->page, &file.offset) ||
	    __builtin_add_overflow(file.offset, file.end - file.start, &offset_end))
		return -EPROTO;
	error = mf_buf_reserve(&core->files, (core->n_files + 1) * sizeof(file));
	if (!error)
		((struct mf_core_file *)(void *)core->files.data)[core->n_files++] = file;
	return error;
}

static int load_entries(const struct table *table)
{
	const uint64_t size = entry_size(table), first = table->at + 2 * table->word;
	unsigned char bytes[ENTRIES * 3 * WORD_MOST];
	uint64_t done = 0, n = ENTRIES, i;
	int error = 0;

	while (done < table->count && !error) {
		if (n > table->count - done)
			n = table->count - done;
		error = mf_bytes_get(&table->core->bytes, first + done * size, bytes,
				     (size_t)(n * size));
		/* Cut off: those in front of the cut are whole. */
		if (error == -ENODATA && n > 1) {
			n = 1;
			error = 0;
			continue;
		}
		for (i = 0; i < n && !error; i++)
			error = add_file(table, bytes + i * size);
		done += n;
	}
	return error;
}

/* Finds where each name ends. */
static int load_names(const struct table *table)
{
	struct mf_core *const core = table->core;
	struct mf_core_file *const files = (struct mf_core_file *)(void *)core->files.data;
	const uint64_t end = table->at + table->size;
	uint64_t pos = table->at + 2 * table->word + table->count * entry_size(table), begin = pos;
	char bytes[4096];
	size_t i = 0;

	while (i < core->n_files) {
		const size_t room = end - pos < sizeof(bytes) ? (size_t)(end - pos) : sizeof(bytes);
		const ssize_t n = core->bytes.read(core->bytes.ctx, pos, bytes, room);
		const char *from = bytes, *nul;

		if (n < 0)
			return (int)n;
		while (i < core->n_files &&
		       (nul = memchr(from, '\0', (size_t)(bytes + n - from)))) {
			const uint64_t name_end = pos + (uint64_t)(nul - bytes);

			if (name_end - begin > NAME_MOST)
				return -EPROTO;
			files[i].name = begin;
			files[i++].name_len = (uint32_t)(name_end - begin);
			begin = name_end + 1;
			from = nul + 1;
		}
		pos += (uint64_t)n;
		if (i == core->n_files)
			break;
		if (pos - begin > NAME_MOST || pos == end)
			return -EPROTO;
		if ((size_t)n < room)
			return -ENODATA;
	}
	return 0;
}

/* Room for the words, and for each name a byte at least. */
static bool fits(const struct table *table)
{
	const uint64_t room = table->size - 2 * table->word;

	return table->count <= room / (entry_size(table) + 1);
}

int mf_core_load_files(struct mf_core *core, uint64_t at, uint64_t size)
{
	struct table table = { .core = core,
			       .at = at,
			       .size = size,
			       .word = mf_elf_word_size(&core->elf) };
	unsigned char head[2 * WORD_MOST];
	int error;

	if (size < 2 * table.word)
		return -EPROTO;
	error = mf_bytes_get(&core->bytes, at, head, 2 * table.word);
	if (error)
		return error;
	table.count = word_at(&table, head, 0);
	table.page = word_at(&table, head, 1);
	if (!fits(&table) || (table.count && !table.page))
		return -EPROTO;
	error = load_entries(&table);
	return error ? error : load_names(&table);
}
