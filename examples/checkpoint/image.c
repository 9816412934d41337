/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See image.h. */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../common/sparse.h"
#include "image.h"

enum { BLOCK = 4096, CHUNK = 256 * BLOCK };

static uint64_t step(uint64_t h, uint64_t value)
{
	h = (h ^ value) * 0x100000001b3u;
	return h ^ h >> 32;
}

static uint64_t hash_block(uint64_t h, uint64_t number, const char *block)
{
	uint64_t word;
	size_t i;

	h = step(h, number);
	for (i = 0; i < BLOCK; i += sizeof(word)) {
		memcpy(&word, block + i, sizeof(word));
		h = step(h, le64toh(word));
	}
	return h;
}

static bool is_zero(const char *block)
{
	return block[0] == 0 && memcmp(block, block + 1, BLOCK - 1) == 0;
}

static int write_all(int fd, const char *data, size_t len, uint64_t at)
{
	ssize_t n;

	while (len > 0) {
		n = pwrite(fd, data, len, (off_t)at);
		if (n < 0 && errno != EINTR)
			return -errno;
		n = n < 0 ? 0 : n;
		data += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int put_run(struct copy *copy, const char *data, size_t len, uint64_t at)
{
	copy->n_data += len;
	if (copy->memory)
		memcpy(copy->memory + at, data, len);
	return copy->out < 0 ? 0 : write_all(copy->out, data, len, at);
}

/* What len leaves of the last block is zero. Runs of blocks with data are written at once. */
static int put_chunk(struct copy *copy, const char *chunk, size_t len, uint64_t at)
{
	size_t i, run = 0;
	int ret = 0;

	for (i = 0; i < len && ret == 0; i += BLOCK) {
		if (!is_zero(chunk + i)) {
			copy->hash = hash_block(copy->hash, (at + i) / BLOCK, chunk + i);
			continue;
		}
		if (i > run)
			ret = put_run(copy, chunk + run, i - run, at + run);
		run = i + BLOCK;
	}
	return ret == 0 && len > run ? put_run(copy, chunk + run, len - run, at + run) : ret;
}

static int read_chunk(int fd, char *chunk, size_t len, uint64_t at)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pread(fd, chunk + done, len - done, (off_t)(at + done));
		if (n == 0)
			return -ENODATA;
		if (n < 0 && errno != EINTR)
			return -errno;
		done += n < 0 ? 0 : (size_t)n;
	}
	memset(chunk + len, 0, (BLOCK - len % BLOCK) % BLOCK);
	return 0;
}

static int copy_extent(struct copy *copy, uint64_t at, uint64_t end)
{
	static char chunk[CHUNK];
	uint64_t len;
	int ret = 0;

	for (; at < end && ret == 0; at += len) {
		len = end - at < CHUNK ? end - at : CHUNK;
		if (copy->go_on && !copy->go_on(copy->data, at))
			return -ECANCELED;
		ret = read_chunk(copy->in, chunk, (size_t)len, at);
		if (ret == 0)
			ret = put_chunk(copy, chunk, (size_t)len, at);
	}
	return ret;
}

int copy_image(struct copy *copy)
{
	struct extent extent = { 0, 0 };
	uint64_t at, end = 0;
	int ret = 0;

	copy->hash = 0xcbf29ce484222325u;
	copy->n_data = 0;
	if (copy->out >= 0 && ftruncate(copy->out, (off_t)copy->size) < 0)
		return -errno;
	/* Extents need not begin or end with a block, and two may share one. */
	while (ret == 0 && end < copy->size &&
	       next_extent(copy->in, (off_t)end, (off_t)copy->size, &extent)) {
		at = (uint64_t)extent.start / BLOCK * BLOCK;
		end = ((uint64_t)extent.end + BLOCK - 1) / BLOCK * BLOCK;
		end = end < copy->size ? end : copy->size;
		ret = copy_extent(copy, at, end);
	}
	return ret;
}
