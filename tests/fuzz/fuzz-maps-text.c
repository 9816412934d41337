/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a line of maps: nothing outside of it is touched, and what is accepted
 * says what scanf(3) reads of it. Any bytes as lines of maps: what is remembered of one
 * changes nothing of what the next one says.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps_read.h"
#include "maps_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(const struct mf_mapping *m, const char *line, size_t len)
{
	if (!m->path)
		return;
	if (m->path < line || m->path + m->path_len != line + len || m->path[m->path_len] ||
	    m->name_len > m->path_len || m->path_len == 0)
		abort();
}

static void check_numbers(const struct mf_mapping *m, const char *line)
{
	uint64_t start, end, offset, inode;
	uint32_t major, minor;
	char prot[5];

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %" SCNx32 ":%" SCNx32 " %" SCNu64,
		   &start, &end, prot, &offset, &major, &minor, &inode) != 7)
		abort();
	if (start != m->start || end != m->end || offset != m->offset || inode != m->inode ||
	    major != m->dev_major || minor != m->dev_minor || m->start > m->end)
		abort();
	if ((prot[0] == 'r') != !!(m->prot & MF_PROT_READ) ||
	    (prot[1] == 'w') != !!(m->prot & MF_PROT_WRITE) ||
	    (prot[2] == 'x') != !!(m->prot & MF_PROT_EXEC) ||
	    (prot[3] == 's') != !!(m->flags & MF_MAPPING_SHARED))
		abort();
}

static void check_same(const struct mf_record *a, const struct mf_record *b)
{
	const struct mf_mapping *const m = &a->m, *const n = &b->m;

	if (m->start != n->start || m->end != n->end || m->offset != n->offset ||
	    m->inode != n->inode || m->dev_major != n->dev_major || m->dev_minor != n->dev_minor ||
	    m->prot != n->prot || m->flags != n->flags || m->has != n->has || m->fd != n->fd ||
	    a->escaped != b->escaped || m->path_len != n->path_len || m->name_len != n->name_len ||
	    !m->path != !n->path)
		abort();
	if (m->path && memcmp(m->path, n->path, m->path_len + 1) != 0)
		abort();
}

/* With a memory, going on in one record as a walk does, and without. */
static void check_lines(const uint8_t *data, size_t size)
{
	char *const text = calloc(2, size + MF_TEXT_SLACK), *const copy =
								    text + size + MF_TEXT_SLACK;
	struct mf_line_memo memo = { 0 };
	struct mf_record walked, alone;
	size_t pos = 0;
	ssize_t n;

	if (!text)
		return;
	memcpy(text, data, size);
	memcpy(copy, data, size);
	while ((n = mf_maps_text_parse(text + pos, size - pos, &memo, &walked)) > 0) {
		if (mf_maps_text_parse_alone(copy + pos, (size_t)n - 1, &alone))
			abort();
		check_same(&walked, &alone);
		memo.completed = &walked;
		pos += (size_t)n;
	}
	if (n && !memchr(copy + pos, '\n', size - pos))
		abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mf_line_memo none = { 0 };
	struct mf_record record;
	ssize_t n;
	/* Not a byte more than promised, for the sanitizer to see. */
	char *line = calloc(1, size + 1 + MF_TEXT_SLACK);

	if (!line)
		return 0;
	memcpy(line, data, size);
	line[size] = '\n';
	memset(&record, 0, sizeof(record));
	n = mf_maps_text_parse(line, size + 1, &none, &record);
	if (!n || n > (ssize_t)size + 1)
		abort();
	if (n > 0) {
		const size_t len = (size_t)n - 1;

		if (memcmp(line, data, len) != 0 || line[len] || (len < size && data[len] != '\n'))
			abort();
		check_path(&record.m, line, len);
		check_numbers(&record.m, line);
	}
	free(line);
	check_lines(data, size);
	return 0;
}
