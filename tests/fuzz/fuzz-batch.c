/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as what getdents64(2) gave of map_files: the ranges come sorted, or not at all. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "map_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + !size);
	const struct mf_range *ranges = (const struct mf_range *)(const void *)bytes;
	size_t n;

	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	if (mf_batch_parse(bytes, size, &n) == 0) {
		if (n * sizeof(*ranges) > size)
			abort();
		for (size_t i = 1; i < n; i++)
			if (ranges[i - 1].start > ranges[i].start)
				abort();
	}
	free(bytes);
	return 0;
}
