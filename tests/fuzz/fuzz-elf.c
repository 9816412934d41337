/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as an ELF file: no byte outside of them is asked for, and no build id is longer than its place. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "notes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

static ssize_t read_input(void *ctx, uint64_t at, void *buf, size_t n)
{
	const struct input *const input = ctx;

	if (at >= input->size)
		return 0;
	if (n > input->size - at)
		n = input->size - (size_t)at;
	memcpy(buf, input->data + at, n);
	return (ssize_t)n;
}

static void walk(const struct mf_bytes *bytes, const struct mf_elf *elf)
{
	struct mf_elf_segment segments[7];
	uint32_t first = 0;
	int n;

	while ((n = mf_elf_segments(bytes, elf, first, segments, 7)) > 0)
		first += (uint32_t)n;
	if (first > elf->phnum || (n && n != -ENODATA) || (!n && first != elf->phnum))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data + (size > 0), size - (size > 0) };
	const struct mf_bytes bytes = { read_input, &input };
	const uint64_t bias = size ? data[0] : 0;
	struct mf_build_id id = { 0 };
	struct mf_elf elf;
	int r = mf_elf_read(&bytes, bias & 3, &elf);

	if (r) {
		if (r != -EPROTO && r != -ENODATA)
			abort();
		return 0;
	}
	if (elf.phnum > MF_ELF_SEGMENTS_MOST || elf.class < 1 || elf.class > 2)
		abort();
	walk(&bytes, &elf);
	r = mf_build_id(&bytes, &elf, bias & 4 ? &bias : NULL, &id);
	if (r < 0 || r > 1 || id.len > MF_BUILD_ID_SIZE || r != !!id.len)
		abort();
	return 0;
}
