/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a line of maps: nothing outside of it is touched, and what is accepted
 * says what scanf(3) reads of it.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mf_record record;
	ssize_t n;
	/* Not a byte more than promised, for the sanitizer to see. */
	char *line = calloc(1, size + 1 + MF_TEXT_SLACK);

	if (!line)
		return 0;
	memcpy(line, data, size);
	line[size] = '\n';
	memset(&record, 0, sizeof(record));
	n = mf_maps_text_parse(line, size + 1, NULL, &record);
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
	return 0;
}
