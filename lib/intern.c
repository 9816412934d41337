/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of byte strings, each kept once and named by a number.
 */
#include "intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN	    8
#define FIRST_BYTES ((size_t)16 << 10)
#define FIRST_SLOTS ((size_t)1 << 10)

struct entry {
	uint32_t len;
	uint32_t hash;
};

void mf_intern_init(struct mf_intern *intern, uint64_t seed)
{
	/* The place 0 is nobody's: so is the number. */
	*intern = (struct mf_intern){ .used = ALIGN, .seed = seed };
}

void mf_intern_free(struct mf_intern *intern)
{
	mf_buf_free(&intern->bytes);
	free(intern->slots);
	mf_intern_init(intern, intern->seed);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static uint32_t hash_of(const struct mf_intern *intern, const void *bytes, size_t len)
{
	uint64_t hash = mix(intern->seed, len), word;
	const char *pos = bytes;

	for (; len >= sizeof(word); len -= sizeof(word), pos += sizeof(word)) {
		memcpy(&word, pos, sizeof(word));
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, pos, len);
	return (uint32_t)mix(hash, word);
}

static struct entry *entry_of(const struct mf_intern *intern, uint32_t number)
{
	return (struct entry *)(void *)(intern->bytes.data + (size_t)number * ALIGN);
}

const void *mf_intern_get(const struct mf_intern *intern, uint32_t number)
{
	return entry_of(intern, number) + 1;
}

uint32_t mf_intern_len(const struct mf_intern *intern, uint32_t number)
{
	return entry_of(intern, number)->len;
}

static bool is_it(const struct mf_intern *intern, uint32_t number, const struct entry *wanted,
		  const void *bytes)
{
	const struct entry *const entry = entry_of(intern, number);

	return entry->hash == wanted->hash && entry->len == wanted->len &&
	       !memcmp(entry + 1, bytes, wanted->len);
}

/* Where these bytes are, or the free slot where they belong. */
static uint32_t *find(const struct mf_intern *intern, const struct entry *wanted, const void *bytes)
{
	size_t i = wanted->hash;

	for (;; i++) {
		uint32_t *const slot = &intern->slots[i & (intern->n_slots - 1)];

		if (!*slot || is_it(intern, *slot, wanted, bytes))
			return slot;
	}
}

/* At most half of the slots are taken, so that a free one is near. */
static int grow_slots(struct mf_intern *intern)
{
	struct mf_intern grown = *intern;
	size_t i;

	if ((intern->n + 1) * 2 <= intern->n_slots)
		return 0;
	grown.n_slots = intern->n_slots ? intern->n_slots * 4 : FIRST_SLOTS;
	if (grown.n_slots > SIZE_MAX / sizeof(*grown.slots))
		return -ENOMEM;
	grown.slots = malloc(grown.n_slots * sizeof(*grown.slots));
	if (!grown.slots)
		return -ENOMEM;
	memset(grown.slots, 0, grown.n_slots * sizeof(*grown.slots));
	for (i = 0; i < intern->n_slots; i++) {
		const uint32_t number = intern->slots[i];

		if (number)
			*find(&grown, entry_of(intern, number), mf_intern_get(intern, number)) =
				number;
	}
	free(intern->slots);
	*intern = grown;
	return 0;
}

static int append(struct mf_intern *intern, const struct entry *entry, const void *bytes,
		  uint32_t *ret)
{
	const size_t place = intern->used;
	const size_t size = (sizeof(*entry) + entry->len + 1 + ALIGN - 1) / ALIGN * ALIGN;
	char *pos;
	int error;

	if (size > SIZE_MAX - place || place / ALIGN > UINT32_MAX)
		return -ENOMEM;
	error = mf_buf_reserve(&intern->bytes,
			       intern->bytes.size ? place + size : FIRST_BYTES + place + size);
	if (error)
		return error;
	pos = intern->bytes.data + place;
	memset(pos + size - ALIGN, 0, ALIGN);
	memcpy(pos, entry, sizeof(*entry));
	memcpy(pos + sizeof(*entry), bytes, entry->len);
	intern->used += size;
	intern->n++;
	*ret = (uint32_t)(place / ALIGN);
	return 0;
}

int mf_intern_add(struct mf_intern *intern, const void *bytes, size_t len, uint32_t *ret)
{
	struct entry entry;
	uint32_t *slot;
	int error;

	if (len > UINT32_MAX - 2 * ALIGN)
		return -ENOMEM;
	error = grow_slots(intern);
	if (error)
		return error;
	entry = (struct entry){ (uint32_t)len, hash_of(intern, bytes, len) };
	slot = find(intern, &entry, bytes);
	if (!*slot)
		error = append(intern, &entry, bytes, slot);
	if (!error)
		*ret = *slot;
	return error;
}
