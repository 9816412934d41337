/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Before the tasks are there: from whom each user of an object maps it, and which bytes
 * are changed by whom to see that the others see it.
 */
#include <stdlib.h>

#include "../common/text.h"
#include "restore.h"

/* Of all who may write, so many are looked at for one that can change a byte. */
enum { MAX_CANDIDATES = 64 };

uint64_t user_bytes(const struct checkpoint *c, const struct user *u)
{
	uint64_t size = c->objects[u->object].size, len = u->end - u->start;
	uint64_t left = size > u->offset ? size - u->offset : 0;

	return len < left ? len : left;
}

static bool is_same_access(const struct user *a, const struct user *b)
{
	return a->prot == b->prot && a->shared == b->shared;
}

static bool is_within(const struct user *inner, const struct user *outer)
{
	return inner->offset >= outer->offset &&
	       inner->offset + (inner->end - inner->start) <=
		       outer->offset + (outer->end - outer->start);
}

/* Those that show the same part with the same access stand together, the first one first. */
static int compare_views(const void *pa, const void *pb, void *users)
{
	const size_t ia = *(const size_t *)pa, ib = *(const size_t *)pb;
	const struct user *a = (const struct user *)users + ia;
	const struct user *b = (const struct user *)users + ib;
	const uint64_t length_a = a->end - a->start, length_b = b->end - b->start;

	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	if (length_a != length_b)
		return length_a < length_b ? -1 : 1;
	if (a->prot != b->prot)
		return a->prot < b->prot ? -1 : 1;
	if (a->shared != b->shared)
		return a->shared < b->shared ? -1 : 1;
	return ia < ib ? -1 : ia > ib;
}

static bool is_same_view(const struct user *a, const struct user *b)
{
	return a->offset == b->offset && a->end - a->start == b->end - b->start &&
	       is_same_access(a, b);
}

/* The users of an object as indices, by view; malloc'ed. */
static size_t *sorted_users(const struct checkpoint *c, const struct object *o)
{
	size_t *sorted = not_null(calloc(o->n_users, sizeof(*sorted)));
	size_t i;

	for (i = 0; i < o->n_users; i++)
		sorted[i] = o->first_user + i;
	qsort_r(sorted, o->n_users, sizeof(*sorted), compare_views, c->users);
	return sorted;
}

/* mf_remap() refuses what is longer than its object: that is mapped by hand. */
static bool is_remappable(const struct checkpoint *c, const struct user *u)
{
	return user_bytes(c, u) > 0 && u->end - u->start - user_bytes(c, u) < 4096;
}

static void plan_object(struct restoring *r, const struct object *o)
{
	const struct user *users = r->c.users, *first = &users[o->first_user], *u;
	size_t *sorted = sorted_users(&r->c, o);
	size_t i, leader = NONE;

	for (i = 0; i < o->n_users; i++) {
		u = &users[sorted[i]];
		if (leader == NONE || !is_same_view(u, &users[leader]))
			leader = sorted[i];
		if (!is_remappable(&r->c, u))
			r->source[sorted[i]] = sorted[i];
		else if (is_same_access(u, first) && is_within(u, first))
			r->source[sorted[i]] = o->first_user;
		else
			r->source[sorted[i]] = leader;
	}
	free(sorted);
}

void plan_sources(struct restoring *r)
{
	size_t i;

	r->source = not_null(calloc(r->c.n_users + 1, sizeof(*r->source)));
	for (i = 0; i < r->c.n_users; i++)
		r->source[i] = NONE;
	for (i = 0; i < r->c.n_objects; i++)
		if (r->c.objects[i].content != CONTENT_NONE)
			plan_object(r, &r->c.objects[i]);
}

static bool may_write(const struct user *u)
{
	return u->shared && u->prot & MF_PROT_WRITE;
}

static bool covers(const struct checkpoint *c, const struct user *u, uint64_t offset)
{
	return offset >= u->offset && offset - u->offset < user_bytes(c, u);
}

/* Who changes that byte: best another process than the reader, then another mapping. */
static size_t find_writer(const struct checkpoint *c, const struct object *o, size_t reader)
{
	const struct user *users = c->users;
	size_t i, best = NONE, n = 0, end = o->first_user + o->n_users;

	for (i = o->first_user; i < end && n < MAX_CANDIDATES; i++) {
		if (!may_write(&users[i]))
			continue;
		n++;
		if (i == reader || !covers(c, &users[i], users[reader].offset))
			continue;
		if (users[i].process != users[reader].process)
			return i;
		best = i;
	}
	return best;
}

/* The users in sorted[] that begin at one offset share one poke. */
static void plan_poke(struct restoring *r, const struct object *o, const size_t *sorted, size_t n)
{
	size_t i, writer = NONE;

	for (i = 0; i < n; i++) {
		if (!r->c.users[sorted[i]].shared || user_bytes(&r->c, &r->c.users[sorted[i]]) == 0)
			continue;
		if (writer == NONE) {
			writer = find_writer(&r->c, o, sorted[i]);
			if (writer == NONE)
				continue;
			r->pokes[r->n_pokes++] =
				(struct poke){ writer, r->c.users[sorted[i]].offset };
		}
		if (sorted[i] != writer)
			r->peek[sorted[i]] = r->n_pokes - 1;
	}
}

static void plan_pokes_of(struct restoring *r, const struct object *o)
{
	size_t *sorted = sorted_users(&r->c, o);
	size_t i, start = 0;

	for (i = 1; i <= o->n_users; i++) {
		if (i < o->n_users &&
		    r->c.users[sorted[i]].offset == r->c.users[sorted[start]].offset)
			continue;
		plan_poke(r, o, sorted + start, i - start);
		start = i;
	}
	free(sorted);
}

/*
 * Nobody else may have the object: files by reference are the user's own, in which the
 * processes that were dumped may be at work. There the identity must do.
 */
void plan_pokes(struct restoring *r)
{
	size_t i;

	r->peek = not_null(calloc(r->c.n_users + 1, sizeof(*r->peek)));
	r->pokes = not_null(calloc(r->c.n_users + 1, sizeof(*r->pokes)));
	for (i = 0; i < r->c.n_users; i++)
		r->peek[i] = NONE;
	for (i = 0; i < r->c.n_objects; i++)
		if (r->c.objects[i].content == CONTENT_IMAGE)
			plan_pokes_of(r, &r->c.objects[i]);
}
