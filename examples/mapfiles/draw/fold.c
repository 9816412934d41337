/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process may have sixty thousand mappings, and nobody looks at as many rows: runs of
 * small neighbours become one, the smallest and most alike first, until few enough are
 * left. Nothing is dropped: what is folded is counted where it went.
 */
#include <stdlib.h>
#include <string.h>

#include "../../common/text.h"
#include "picture.h"

/* Rows that a picture has; rectangles in all of it, and in one block at least and at most. */
enum { MOST_ROWS = 300, MOST_PIECES = 1800, FEW_PIECES = 6, MANY_PIECES = 40 };

/* What may be folded together, from what is missed least on. */
enum alike {
	ALIKE_IN_NAME, /* neighbours of one kind and name: several memfds */
	ALIKE_MEMORY, /* memory of one kind */
	ALIKE_IN_HUE, /* files too */
	ALIKE_IN_NOTHING,
};

/* Up to which size things are small: of a run of one kind no hole above 1 GiB is a part. */
enum { FROM_BITS = 12, TO_BITS = 30, ALL_BITS = 63 };

static void add_name(struct block *to, char *name)
{
	size_t i = 0;

	while (i < to->n_names && strcmp(to->names[i], name) != 0)
		i++;
	if (i < to->n_names || i == TOLD) {
		to->has_more_names |= i == TOLD;
		free(name);
		return;
	}
	to->names = with_room(to->names, to->n_names, sizeof(*to->names));
	to->names[to->n_names++] = name;
}

static void take_names(struct block *to, struct block *from)
{
	size_t i;

	if (to->n_names == 0 && to->path)
		add_name(to, not_null(strdup(to->label)));
	if (from->n_names == 0 && from->path)
		add_name(to, not_null(strdup(from->label)));
	for (i = 0; i < from->n_names; i++)
		add_name(to, from->names[i]);
	from->n_names = 0;
	to->has_more_names |= from->has_more_names;
}

static bool is_called_alike(const struct block *a, const struct block *b)
{
	return a->label && b->label && strcmp(a->label, b->label) == 0;
}

static void add_pieces(struct block *to, const struct block *from)
{
	size_t i;

	if (from->start > to->end) {
		to->pieces = with_room(to->pieces, to->n_pieces, sizeof(*to->pieces));
		to->pieces[to->n_pieces++] = (struct piece){ .start = to->end, .end = from->start };
	}
	for (i = 0; i < from->n_pieces; i++) {
		to->pieces = with_room(to->pieces, to->n_pieces, sizeof(*to->pieces));
		to->pieces[to->n_pieces++] = from->pieces[i];
	}
}

/* from is gone then. */
static void join_blocks(struct block *to, struct block *from)
{
	if (!is_called_alike(to, from)) {
		take_names(to, from);
		free(to->label);
		to->label = NULL;
	}
	add_pieces(to, from);
	to->end = from->end;
	to->bytes += from->bytes;
	to->n_mappings += from->n_mappings;
	to->n_blocks += from->n_blocks;
	to->n_deleted += from->n_deleted;
	to->is_program |= from->is_program;
	if (to->hue != from->hue)
		to->hue = HUE_SEVERAL;
	block_free(from);
}

static bool is_small(uint64_t start, uint64_t end, int bits)
{
	return end - start <= (uint64_t)1 << bits;
}

static bool are_alike(const struct block *a, const struct block *b, enum alike alike)
{
	switch (alike) {
	case ALIKE_IN_NAME:
		return a->hue == b->hue && a->end == b->start && a->kind != MF_KIND_FILE &&
		       is_called_alike(a, b);
	case ALIKE_MEMORY:
		return a->hue == b->hue && a->hue != HUE_FILE;
	case ALIKE_IN_HUE:
		return a->hue == b->hue && !a->is_program && !b->is_program;
	default:
		return true;
	}
}

static bool may_join(const struct block *a, const struct block *b, enum alike alike, int bits)
{
	return are_alike(a, b, alike) && is_small(a->end, b->start, bits) &&
	       is_small(a->start, a->end, bits) && is_small(b->start, b->end, bits);
}

/* A hole between two blocks is a row too. */
static size_t count_rows(const struct picture *p)
{
	size_t n = p->n_blocks, i;

	for (i = 1; i < p->n_blocks; i++)
		n += p->blocks[i].start > p->blocks[i - 1].end;
	return n;
}

/* One pass, which ends its work as soon as there are few enough rows. */
static void fold_blocks(struct picture *p, enum alike alike, int bits, size_t most)
{
	size_t rows = count_rows(p), from, to = 0;
	struct block *a, *b;

	for (from = 1; from < p->n_blocks; from++) {
		a = &p->blocks[to];
		b = &p->blocks[from];
		if (rows > most && may_join(a, b, alike, bits)) {
			rows -= b->start > a->end ? 2 : 1;
			join_blocks(a, b);
		} else {
			p->blocks[++to] = *b;
		}
	}
	if (p->n_blocks > 0)
		p->n_blocks = to + 1;
}

/* A hole takes the colour of what it is joined to. */
static void join_pieces(struct piece *to, const struct piece *from)
{
	if (to->n_mappings == 0) {
		to->hue = from->hue;
		to->shade = from->shade;
		to->prot = from->prot;
		to->flags = from->flags;
	} else if (from->n_mappings > 0) {
		if (to->hue != from->hue)
			to->hue = HUE_SEVERAL;
		if (to->shade != from->shade || to->prot != from->prot ||
		    (to->flags ^ from->flags) & MF_MAPPING_SHARED)
			to->shade = SHADE_SEVERAL;
		to->flags &= from->flags;
	}
	to->end = from->end;
	to->bytes += from->bytes;
	to->n_mappings += from->n_mappings;
}

static void fold_pieces(struct block *b, int bits, size_t most)
{
	size_t n = b->n_pieces, from, to = 0;
	struct piece *a;

	for (from = 1; from < b->n_pieces; from++) {
		a = &b->pieces[to];
		if (n > most && is_small(a->start, a->end, bits) &&
		    is_small(b->pieces[from].start, b->pieces[from].end, bits)) {
			join_pieces(a, &b->pieces[from]);
			n--;
		} else {
			b->pieces[++to] = b->pieces[from];
		}
	}
	b->n_pieces = n;
}

static void limit_pieces(struct picture *p)
{
	size_t most = MOST_PIECES / (p->n_blocks + 1), before, i;
	int bits;

	most = most < FEW_PIECES ? FEW_PIECES : most > MANY_PIECES ? MANY_PIECES : most;
	for (i = 0; i < p->n_blocks; i++) {
		before = p->blocks[i].n_pieces;
		for (bits = FROM_BITS; bits <= ALL_BITS && p->blocks[i].n_pieces > most; bits++)
			fold_pieces(&p->blocks[i], bits, most);
		p->n_gone += before - p->blocks[i].n_pieces;
	}
}

void picture_fold(struct picture *p)
{
	enum alike alike;
	size_t before;
	int bits, to;

	/* Several memfds of one name, one behind the other, are one thing to look at. */
	fold_blocks(p, ALIKE_IN_NAME, ALL_BITS, 0);
	before = p->n_blocks;
	for (alike = ALIKE_MEMORY; alike <= ALIKE_IN_NOTHING; alike++) {
		to = alike == ALIKE_IN_NOTHING ? ALL_BITS : TO_BITS;
		for (bits = FROM_BITS; bits <= to && count_rows(p) > MOST_ROWS; bits++)
			fold_blocks(p, alike, bits, MOST_ROWS);
	}
	p->n_folded = before - p->n_blocks;
	limit_pieces(p);
}
