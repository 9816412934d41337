/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Heights grow with the logarithm of the size, so that the largest leaves room for the
 * smallest and still looks larger. In a block widths are in proportion, each with the
 * same addition: the larger is the wider there too.
 */
#include <math.h>

#include "layout.h"

/* Rows in one column; the height that small pictures are given, and the slopes for that. */
enum { FEW_ROWS = 30, ROOM = 1100 };
#define LEAST_SLOPE 1.6
#define MOST_SLOPE  5.0

static double doublings(uint64_t bytes)
{
	return bytes > 4096 ? log2((double)bytes / 4096) : 0;
}

double layout_height(const struct layout *layout, uint64_t bytes)
{
	return LOWEST + layout->slope * doublings(bytes);
}

bool has_hole(const struct picture *p, size_t index)
{
	return index > 0 && p->blocks[index].start > p->blocks[index - 1].end;
}

static double row_height(const struct picture *p, size_t index)
{
	return p->blocks[index].height + (has_hole(p, index) ? HOLE : 0);
}

static size_t count_rows(const struct picture *p)
{
	size_t n = p->n_blocks, i;

	for (i = 0; i < p->n_blocks; i++)
		n += has_hole(p, i);
	return n;
}

/* As steep as the room allows: where there is little to show, it is shown large. */
static void choose_slope(struct layout *layout, const struct picture *p)
{
	double flat = 0, steps = 0;
	size_t i;

	for (i = 0; i < p->n_blocks; i++) {
		flat += LOWEST + (has_hole(p, i) ? HOLE : 0);
		steps += doublings(p->blocks[i].bytes);
	}
	layout->slope = steps > 0 ? ((double)(ROOM * layout->n_columns) - flat) / steps : 0;
	layout->slope = fmin(fmax(layout->slope, LEAST_SLOPE), MOST_SLOPE);
}

/* The block that the second column begins with: the highest column is as low as can be. */
static size_t choose_break(const struct picture *p)
{
	double all = 0, left = 0, best = INFINITY;
	size_t i, at = p->n_blocks;

	for (i = 0; i < p->n_blocks; i++)
		all += row_height(p, i);
	for (i = 0; i < p->n_blocks; i++) {
		left += row_height(p, i);
		if (fmax(left, all - left) < best) {
			best = fmax(left, all - left);
			at = i + 1;
		}
	}
	return at;
}

static void place_pieces(struct block *b, double x, double width)
{
	double each = width > (double)b->n_pieces * NARROWEST ? NARROWEST :
								width / (double)b->n_pieces;
	double rest = width - each * (double)b->n_pieces;
	double whole = (double)(b->end - b->start);
	size_t i;

	for (i = 0; i < b->n_pieces; i++) {
		b->pieces[i].x = x;
		b->pieces[i].width =
			each + rest * ((double)(b->pieces[i].end - b->pieces[i].start) / whole);
		x += b->pieces[i].width;
	}
}

void layout_size(struct layout *layout, struct picture *p)
{
	size_t i;

	layout->n_columns = count_rows(p) > FEW_ROWS ? 2 : 1;
	layout->column = (double)(WIDTH - MARGIN) / (double)layout->n_columns;
	layout->bar = layout->column - MARGIN - ADDRESS - GAP - NAME - SIZE;
	choose_slope(layout, p);
	for (i = 0; i < p->n_blocks; i++)
		p->blocks[i].height = layout_height(layout, p->blocks[i].bytes);
}

void layout_place(struct layout *layout, struct picture *p, double top)
{
	size_t at = layout->n_columns == 2 ? choose_break(p) : p->n_blocks, i;
	double x = MARGIN + ADDRESS, y = top;

	layout->bottom = top;
	for (i = 0; i < p->n_blocks; i++) {
		if (i == at) {
			x += layout->column;
			y = top;
		}
		y += has_hole(p, i) ? HOLE : 0;
		p->blocks[i].x = x;
		p->blocks[i].y = y;
		place_pieces(&p->blocks[i], x, layout->bar);
		y += p->blocks[i].height;
		layout->bottom = fmax(layout->bottom, y);
	}
}
