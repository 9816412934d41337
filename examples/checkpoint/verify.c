/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel says of each restored mapping: it is as it was recorded, all users of
 * an object lead to one object, and no two objects have become one.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../common/text.h"
#include "restore.h"

struct identity {
	uint32_t dev_major, dev_minor;
	uint64_t inode;
	size_t object;
	bool known;
};

static void failure(struct restoring *r, const struct user *u, const char *what)
{
	r->n_failures++;
	complain("object %zu in process %d at %llx: %s", u->object, r->c.processes[u->process].pid,
		 (unsigned long long)u->start, what);
}

static bool is_as_recorded(const struct restoring *r, size_t user, const struct mf_mapping *m)
{
	const struct user *u = &r->c.users[user];
	uint64_t address = r->placed[user].address,
		 need = MF_HAS_STAT | MF_HAS_PROT | MF_HAS_OFFSET;

	return (m->has & need) == need && m->start <= address &&
	       m->end - address >= u->end - u->start &&
	       m->offset + (address - m->start) == u->offset && m->prot == u->prot &&
	       !(m->flags & MF_MAPPING_SHARED) == !u->shared;
}

/* The first user tells which object it is; a file by reference is the one of the dump. */
static bool is_same(const struct object *o, struct identity *identity, const struct mf_mapping *m)
{
	if (!identity->known) {
		*identity = (struct identity){ m->st_dev_major, m->st_dev_minor, m->st_ino,
					       identity->object, true };
		if (o->content == CONTENT_IMAGE)
			return m->st_size == o->size;
		return m->st_dev_major == o->dev_major && m->st_dev_minor == o->dev_minor &&
		       m->st_ino == o->inode;
	}
	return m->st_dev_major == identity->dev_major && m->st_dev_minor == identity->dev_minor &&
	       m->st_ino == identity->inode;
}

static void check_seals(struct restoring *r, struct mf_iter *iter, const struct mf_mapping *m,
			const struct user *u)
{
	const struct object *o = &r->c.objects[u->object];
	int fd = mf_open_fd(iter, m, MF_OPEN_DIRECT);

	if (fd < 0 || (uint32_t)fcntl(fd, F_GET_SEALS) != o->seals)
		failure(r, u, "its seals are others");
	if (fd >= 0)
		close(fd);
}

static void verify_user(struct restoring *r, struct mf_iter *iter, size_t user,
			struct identity *identities)
{
	const struct user *u = &r->c.users[user];
	const struct object *o = &r->c.objects[u->object];
	const struct mf_mapping *m;

	if (mf_find(iter, r->placed[user].address, &m) <= 0) {
		failure(r, u, "it is not mapped");
		return;
	}
	if (!is_as_recorded(r, user, m))
		failure(r, u, "it is mapped otherwise than in the dump");
	if (!is_same(o, &identities[u->object], m))
		failure(r, u, "another object is mapped there");
	if (user == o->first_user && has_own_seals(o))
		check_seals(r, iter, m, u);
	if (r->placed[user].differs)
		failure(r, u, "its bytes are not those of the image");
	if (r->placed[user].peeked && !r->placed[user].seen)
		failure(r, u, "it does not see what another writes");
}

/* by_process[at] is the first of its users; returns behind the last. */
static size_t verify_process(struct restoring *r, size_t process, size_t at,
			     struct identity *identities)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_STREAM | MF_ITER_STAT };
	struct mf_iter *iter = NULL;
	size_t user;
	int ret = mf_iter_open(r->pids[process], &opts, &iter);

	for (; at < r->c.n_users && r->c.users[r->by_process[at]].process == process; at++) {
		user = r->by_process[at];
		progress_step(&bar, at, r->c.n_users);
		if (ret < 0 && r->source[user] != NONE)
			failure(r, &r->c.users[user], mf_strerror(ret));
		else if (r->source[user] != NONE)
			verify_user(r, iter, user, identities);
	}
	mf_iter_close(iter);
	return at;
}

static int compare_identities(const void *pa, const void *pb)
{
	const struct identity *a = pa, *b = pb;

	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	if (a->dev_major != b->dev_major)
		return a->dev_major < b->dev_major ? -1 : 1;
	return a->dev_minor < b->dev_minor ? -1 : a->dev_minor > b->dev_minor;
}

static void verify_distinct(struct restoring *r, struct identity *identities)
{
	const struct identity *a, *b;
	size_t i;

	qsort(identities, r->c.n_objects, sizeof(*identities), compare_identities);
	for (i = 1; i < r->c.n_objects; i++) {
		a = &identities[i - 1];
		b = &identities[i];
		if (!a->known || !b->known || compare_identities(a, b) != 0)
			continue;
		r->n_failures++;
		complain("objects %zu and %zu have become one", a->object, b->object);
	}
}

void verify_all(struct restoring *r)
{
	struct identity *identities = not_null(calloc(r->c.n_objects + 1, sizeof(*identities)));
	size_t i, at = 0;

	for (i = 0; i < r->c.n_objects; i++)
		identities[i].object = i;
	progress_begin(&bar, "verifying");
	for (i = 0; i < r->c.n_processes; i++)
		at = verify_process(r, i, at, identities);
	progress_end(&bar);
	verify_distinct(r, identities);
	free(identities);
}
