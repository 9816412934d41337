/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a scan holds: objects by their numbers, users, and each name once. Must
 * not look at any process.
 */
#include <stdlib.h>
#include <string.h>

#include "objects.h"

#define HEADS_FIRST 256

struct mf_string {
	struct mf_string *next;
	uint64_t hash;
	size_t len;
	char bytes[];
};

int mf_objects_reserve(struct mf_buf *buf, size_t n, size_t size)
{
	size_t wanted;

	/* It doubles. */
	if (n == SIZE_MAX || __builtin_mul_overflow(n + 1, size, &wanted) || wanted > SIZE_MAX / 2)
		return -ENOMEM;
	return mf_buf_reserve(buf, wanted);
}

/* Whoever chooses inode numbers or names must not be able to choose one chain for all. */
static uint64_t mix(uint64_t hash, uint64_t number)
{
	hash = (hash ^ number) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

uint64_t mf_objects_hash(const struct mf_objects *objects, const void *bytes, size_t len)
{
	const char *pos = bytes;
	uint64_t hash = mix(objects->seed, len), word;

	for (; len >= sizeof(word); len -= sizeof(word), pos += sizeof(word)) {
		memcpy(&word, pos, sizeof(word));
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, pos, len);
	return mix(mix(hash, word), objects->seed);
}

static void link_string(struct mf_objects *objects, struct mf_string *string)
{
	struct mf_string **const head =
		&objects->strings[string->hash & (objects->n_string_heads - 1)];

	string->next = *head;
	*head = string;
}

static int grow_strings(struct mf_objects *objects)
{
	struct mf_string **const old = objects->strings, *string, *next;
	const size_t n_old = objects->n_string_heads, n = n_old ? n_old * 4 : HEADS_FIRST;
	struct mf_string **const heads = malloc(n * sizeof(*heads));
	size_t i;

	if (!heads)
		return -ENOMEM;
	memset(heads, 0, n * sizeof(*heads));
	objects->strings = heads;
	objects->n_string_heads = n;
	for (i = 0; i < n_old; i++) {
		for (string = old[i]; string; string = next) {
			next = string->next;
			link_string(objects, string);
		}
	}
	free(old);
	return 0;
}

int mf_objects_intern(struct mf_objects *objects, const char *path, uint32_t len, const char **ret)
{
	const uint64_t hash = mf_objects_hash(objects, path, len);
	struct mf_string *string;

	if (objects->n_strings >= objects->n_string_heads && grow_strings(objects))
		return -ENOMEM;
	string = objects->strings[hash & (objects->n_string_heads - 1)];
	while (string &&
	       (string->hash != hash || string->len != len || memcmp(string->bytes, path, len)))
		string = string->next;
	if (!string) {
		string = malloc(sizeof(*string) + len + 1);
		if (!string)
			return -ENOMEM;
		string->hash = hash;
		string->len = len;
		memcpy(string->bytes, path, len);
		string->bytes[len] = '\0';
		link_string(objects, string);
		objects->n_strings++;
	}
	*ret = string->bytes;
	return 0;
}

static uint32_t *heads_of(const struct mf_objects *objects)
{
	return (uint32_t *)(void *)objects->heads.data;
}

static uint32_t *head_of(const struct mf_objects *objects, uint32_t dev_major, uint32_t dev_minor,
			 uint64_t inode)
{
	const uint64_t device = (uint64_t)dev_major << 32 | dev_minor;
	const uint64_t hash = mix(mix(mix(objects->seed, device), inode), objects->seed);

	return &heads_of(objects)[hash >> 16 & (objects->n_heads - 1)];
}

static uint32_t *head_of_entry(const struct mf_objects *objects, const struct mf_entry *entry)
{
	const struct mf_key *const key = &entry->key;

	return head_of(objects, key->dev_major, key->dev_minor, key->inode);
}

/* In the order of the entries: so the last one of all is the first of its chain. */
static int grow_heads(struct mf_objects *objects)
{
	const size_t n = objects->n_heads ? objects->n_heads * 4 : HEADS_FIRST;
	uint32_t i;

	if (n > SIZE_MAX / 2 / sizeof(uint32_t) ||
	    mf_buf_reserve(&objects->heads, n * sizeof(uint32_t)))
		return -ENOMEM;
	objects->n_heads = n;
	memset(objects->heads.data, 0, n * sizeof(uint32_t));
	for (i = 0; i < objects->n_entries; i++) {
		struct mf_entry *const entry = mf_entry_at(objects, i);
		uint32_t *const head = head_of_entry(objects, entry);

		entry->next = *head;
		*head = i + 1;
	}
	return 0;
}

static bool has_numbers(const struct mf_key *key, uint32_t dev_major, uint32_t dev_minor,
			uint64_t inode)
{
	return key->inode == inode && key->dev_major == dev_major && key->dev_minor == dev_minor;
}

static uint32_t skip_others(const struct mf_objects *objects, uint32_t id, uint32_t dev_major,
			    uint32_t dev_minor, uint64_t inode)
{
	while (id && !has_numbers(&mf_entry_at(objects, id - 1)->key, dev_major, dev_minor, inode))
		id = mf_entry_at(objects, id - 1)->next;
	return id;
}

uint32_t mf_objects_first(const struct mf_objects *objects, uint32_t dev_major, uint32_t dev_minor,
			  uint64_t inode)
{
	if (!objects->n_heads)
		return 0;
	return skip_others(objects, *head_of(objects, dev_major, dev_minor, inode), dev_major,
			   dev_minor, inode);
}

uint32_t mf_objects_next(const struct mf_objects *objects, uint32_t id)
{
	const struct mf_entry *const entry = mf_entry_at(objects, id - 1);

	return skip_others(objects, entry->next, entry->key.dev_major, entry->key.dev_minor,
			   entry->key.inode);
}

static bool same_key(const struct mf_key *a, const struct mf_key *b)
{
	return a->basis == b->basis && a->basis != MF_BY_NOTHING && a->segment == b->segment &&
	       a->mark == b->mark;
}

int mf_objects_lookup(const struct mf_objects *objects, const struct mf_key *key, uint32_t *ret)
{
	uint32_t id = mf_objects_first(objects, key->dev_major, key->dev_minor, key->inode);

	while (id && !same_key(&mf_entry_at(objects, id - 1)->key, key))
		id = mf_objects_next(objects, id);
	if (id)
		*ret = id - 1;
	return id != 0;
}

int mf_objects_add(struct mf_objects *objects, const struct mf_key *key,
		   const struct mf_object *object, uint32_t *ret)
{
	struct mf_entry *entry;
	uint32_t *head;

	if (objects->n_entries >= UINT32_MAX - 1 ||
	    mf_objects_reserve(&objects->entries, objects->n_entries, sizeof(*entry)))
		return -ENOMEM;
	if (objects->n_entries >= objects->n_heads && grow_heads(objects))
		return -ENOMEM;
	entry = mf_entry_at(objects, objects->n_entries);
	*entry = (struct mf_entry){ .object = *object, .key = *key };
	head = head_of_entry(objects, entry);
	entry->next = *head;
	*ret = (uint32_t)objects->n_entries++;
	*head = *ret + 1;
	return 0;
}

int mf_objects_add_user(struct mf_objects *objects, uint32_t entry,
			const struct mf_object_user *user)
{
	const size_t n = objects->n_users;

	if (mf_objects_reserve(&objects->users, n, sizeof(*user)) ||
	    mf_objects_reserve(&objects->owners, n, sizeof(entry)))
		return -ENOMEM;
	*mf_user_at(objects, n) = *user;
	((uint32_t *)(void *)objects->owners.data)[n] = entry;
	objects->n_users = n + 1;
	return 0;
}

void mf_objects_roll_back(struct mf_objects *objects, size_t n_entries, size_t n_users)
{
	while (objects->n_entries > n_entries) {
		struct mf_entry *const entry = mf_entry_at(objects, --objects->n_entries);

		mf_sys_close(&entry->object.fd);
		*head_of_entry(objects, entry) = entry->next;
	}
	objects->n_users = n_users;
}

/* Users are in the order of the scan, so those of a process come together. */
static void count(struct mf_objects *objects)
{
	const uint32_t *const owners = (const uint32_t *)(const void *)objects->owners.data;
	size_t first = 0;
	size_t i;

	for (i = 0; i < objects->n_users; i++)
		mf_entry_at(objects, owners[i])->object.n_users++;
	for (i = 0; i < objects->n_entries; i++) {
		struct mf_entry *const entry = mf_entry_at(objects, i);

		entry->first_user = first;
		first += (size_t)entry->object.n_users;
		entry->object.n_users = 0;
	}
}

static void put_in_order(struct mf_objects *objects)
{
	const uint32_t *const owners = (const uint32_t *)(const void *)objects->owners.data;
	size_t *const order = (size_t *)(void *)objects->order.data;
	size_t i;

	for (i = 0; i < objects->n_users; i++) {
		struct mf_entry *const entry = mf_entry_at(objects, owners[i]);
		struct mf_object *const object = &entry->object;
		const size_t place = entry->first_user + (size_t)object->n_users;

		if (!object->n_users ||
		    mf_user_at(objects, order[place - 1])->pid != mf_user_at(objects, i)->pid)
			object->n_processes++;
		order[place] = i;
		object->n_users++;
	}
}

int mf_objects_finish(struct mf_objects *objects)
{
	if (mf_objects_reserve(&objects->order, objects->n_users, sizeof(size_t)))
		return -ENOMEM;
	count(objects);
	put_in_order(objects);
	mf_buf_free(&objects->owners);
	return 0;
}

static void free_strings(struct mf_objects *objects)
{
	struct mf_string *string, *next;
	size_t i;

	for (i = 0; i < objects->n_string_heads; i++) {
		for (string = objects->strings[i]; string; string = next) {
			next = string->next;
			free(string);
		}
	}
	free(objects->strings);
}

void mf_objects_free(struct mf_objects *objects)
{
	size_t i;

	for (i = 0; i < objects->n_entries; i++)
		mf_sys_close(&mf_entry_at(objects, i)->object.fd);
	mf_proc_close(&objects->proc);
	free_strings(objects);
	mf_buf_free(&objects->processes);
	mf_buf_free(&objects->entries);
	mf_buf_free(&objects->users);
	mf_buf_free(&objects->owners);
	mf_buf_free(&objects->order);
	mf_buf_free(&objects->heads);
	free(objects);
}
