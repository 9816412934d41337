/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See model.h. Memory that runs out ends the program. */
#include <stdlib.h>
#include <string.h>

#include "../common/text.h"
#include "model.h"

/* Room for one more, zeroed. The array grows when its length is a power of two. */
static void *grow(void *array, size_t *n, size_t size, void **ret_new)
{
	char *new_one;

	if ((*n & (*n - 1)) == 0)
		array = not_null(reallocarray(array, *n ? 2 * *n : 1, size));
	new_one = (char *)array + *n * size;
	memset(new_one, 0, size);
	(*n)++;
	*ret_new = new_one;
	return array;
}

struct process *add_process(struct checkpoint *c)
{
	void *p;

	c->processes = grow(c->processes, &c->n_processes, sizeof(*c->processes), &p);
	return p;
}

struct object *add_object(struct checkpoint *c)
{
	void *p;

	c->objects = grow(c->objects, &c->n_objects, sizeof(*c->objects), &p);
	return p;
}

struct user *add_user(struct checkpoint *c)
{
	void *p;

	c->users = grow(c->users, &c->n_users, sizeof(*c->users), &p);
	return p;
}

struct left_out *add_left_out(struct checkpoint *c)
{
	void *p;

	c->left_out = grow(c->left_out, &c->n_left_out, sizeof(*c->left_out), &p);
	return p;
}

struct name name_of(const char *bytes, size_t len)
{
	struct name name = { NULL, 0 };

	if (!bytes)
		return name;
	name.bytes = not_null(malloc(len + 1));
	memcpy(name.bytes, bytes, len);
	name.bytes[len] = '\0';
	name.len = len;
	return name;
}

char *name_text(const struct name *name)
{
	return name->bytes ? escape_name(name->bytes, name->len) : format("-");
}

size_t process_index(const struct checkpoint *c, int pid)
{
	size_t i;

	for (i = 0; i < c->n_processes; i++)
		if (c->processes[i].pid == pid)
			return i;
	return NO_PARENT;
}

size_t *users_by_process(const struct checkpoint *c)
{
	size_t *at = not_null(calloc(c->n_processes + 1, sizeof(*at)));
	size_t *sorted = not_null(calloc(c->n_users + 1, sizeof(*sorted)));
	size_t i;

	for (i = 0; i < c->n_users; i++)
		at[c->users[i].process + 1]++;
	for (i = 0; i < c->n_processes; i++)
		at[i + 1] += at[i];
	for (i = 0; i < c->n_users; i++)
		sorted[at[c->users[i].process]++] = i;
	free(at);
	return sorted;
}

bool is_incomplete(const struct checkpoint *c)
{
	size_t i;

	for (i = 0; i < c->n_objects; i++)
		if (c->objects[i].content == CONTENT_NONE)
			return true;
	return c->n_left_out > 0;
}

void checkpoint_free(struct checkpoint *c)
{
	size_t i;

	for (i = 0; i < c->n_processes; i++) {
		free(c->processes[i].comm.bytes);
		free(c->processes[i].exe.bytes);
		free(c->processes[i].plain);
	}
	for (i = 0; i < c->n_objects; i++) {
		free(c->objects[i].name.bytes);
		free(c->objects[i].image);
		free(c->objects[i].reason);
		free(c->objects[i].outside);
	}
	for (i = 0; i < c->n_left_out; i++)
		free(c->left_out[i].reason);
	free(c->processes);
	free(c->objects);
	free(c->users);
	free(c->left_out);
	*c = (struct checkpoint){ .root = 0 };
}
