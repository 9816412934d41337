/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where everything is. Blocks stand below each other in columns, and what is mapped at a
 * higher address further down or to the right.
 */
#ifndef DRAW_LAYOUT_H
#define DRAW_LAYOUT_H

#include "picture.h"

/* In units of the picture, which are pixels when it is shown in its own size. */
enum {
	WIDTH = 1000,
	MARGIN = 22,
	LETTERS = 12, /* size of names */
	SMALL = 10, /* and of the rest */
	LOWEST = 16, /* a block of one page */
	HOLE = 15,
	ADDRESS = 80, /* room left of the rectangles */
	NAME = 176, /* room right of them */
	SIZE = 44,
	GAP = 8,
	NARROWEST = 3, /* a rectangle */
};

struct layout {
	size_t n_columns;
	double column; /* how wide it is with all that is beside the blocks */
	double bar; /* how wide the rectangles of a block are together */
	double slope; /* how much higher a block is that is twice as large */
	double bottom;
};

/* How many columns, and how high each block is: what the room allows. */
void layout_size(struct layout *layout, struct picture *p);

/* Then gives the blocks and rectangles their places, from top on. */
void layout_place(struct layout *layout, struct picture *p, double top);

/* What a block of that size is high. */
double layout_height(const struct layout *layout, uint64_t bytes);

/* Whether a hole is drawn in front of this block: none is at the top of the picture. */
bool has_hole(const struct picture *p, size_t index);

#endif
