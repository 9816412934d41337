/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one block of memory that an iterator lives in, with all its buffers.
 */
#include "block.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A read of procfs gives one page, or two once a line was longer. */
#define TEXT_SIZE  (8192 + MF_TEXT_SLACK)

/* Every name that the ioctl can give. */
#define NAME_SIZE  (PATH_MAX + 8)

#define N_TEXTS	   5
#define N_NAMES	   3

#define BLOCK_SIZE (sizeof(struct mf_iter) + N_TEXTS * TEXT_SIZE + N_NAMES * NAME_SIZE)

_Static_assert(BLOCK_SIZE + _Alignof(struct mf_iter) <= MF_ITER_MEMORY,
	       "what the header promises to be enough");

/* Every buffer of an iterator that the block holds. */
static void list_buffers(struct mf_iter *iter, struct mf_buf *ret_texts[N_TEXTS],
			 struct mf_buf *ret_names[N_NAMES])
{
	ret_texts[0] = &iter->text.buf;
	ret_texts[1] = &iter->found.text.buf;
	ret_texts[2] = &iter->now.text.buf;
	ret_texts[3] = &iter->mounts.text.buf;
	ret_texts[4] = &iter->mounts.layers.buf;
	ret_names[0] = &iter->name;
	ret_names[1] = &iter->found.name;
	ret_names[2] = &iter->now.name;
}

static char *carve(struct mf_buf *buf, char *memory, size_t size, bool fixed)
{
	*buf = (struct mf_buf){ .data = memory, .size = size, .borrowed = true, .fixed = fixed };
	return memory + size;
}

static char *lay_out(struct mf_iter *iter, bool fixed)
{
	struct mf_buf *texts[N_TEXTS], *names[N_NAMES];
	char *memory = (char *)(iter + 1);
	size_t i;

	*iter = (struct mf_iter){ .proc = MF_PROC_CLOSED, .state = 1, .fixed = fixed };
	iter->shown.m.fd = iter->before.fd = -1;
	list_buffers(iter, texts, names);
	for (i = 0; i < N_TEXTS; i++)
		memory = carve(texts[i], memory, TEXT_SIZE, fixed);
	/* Cleared: valgrind does not know that the ioctl writes there. */
	memset(memory, 0, N_NAMES * NAME_SIZE);
	for (i = 0; i < N_NAMES; i++)
		memory = carve(names[i], memory, NAME_SIZE, fixed);
	return memory;
}

struct mf_iter *mf_block_new(void)
{
	struct mf_iter *const iter = malloc(BLOCK_SIZE);

	if (iter)
		lay_out(iter, false);
	return iter;
}

struct mf_iter *mf_block_place(void *memory, size_t size)
{
	const size_t misfit = (uintptr_t)memory % _Alignof(struct mf_iter);
	const size_t skip = misfit ? _Alignof(struct mf_iter) - misfit : 0;
	struct mf_iter *const iter = (struct mf_iter *)(void *)((char *)memory + skip);
	char *rest;

	if (size < skip + BLOCK_SIZE)
		return NULL;
	rest = lay_out(iter, true);
	/* What is left is room for the list of map_files. */
	mf_batch_place(&iter->batch, rest, size - skip - BLOCK_SIZE);
	return iter;
}

void mf_block_free(struct mf_iter *iter)
{
	struct mf_buf *texts[N_TEXTS], *names[N_NAMES];
	size_t i;

	mf_batch_free(&iter->batch);
	if (iter->fixed)
		return;
	list_buffers(iter, texts, names);
	for (i = 0; i < N_TEXTS; i++)
		mf_buf_free(texts[i]);
	for (i = 0; i < N_NAMES; i++)
		mf_buf_free(names[i]);
	free(iter->holes);
	free(iter);
}
