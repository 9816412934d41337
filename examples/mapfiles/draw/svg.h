/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing the picture.
 */
#ifndef DRAW_SVG_H
#define DRAW_SVG_H

#include "layout.h"

/* legend.c: what stands above the blocks; returns where it ends. */
double legend_height(const struct picture *p, const struct layout *layout);
void svg_legend(FILE *to, const struct picture *p, const struct layout *layout);

/* svg.c: one document. */
void svg_write(FILE *to, const struct picture *p, const struct layout *layout);

/* pieces.c: the rectangles of a block. */
void svg_piece(FILE *to, const struct block *b, const struct piece *piece);
void svg_sample(FILE *to, double x, double y, double width, double height, enum hue hue,
		enum shade shade);
void svg_shared(FILE *to, double x, double bottom, double width);
extern const char *const shade_classes[N_SHADES];

/* style.c: colours on light and on dark paper. */
void svg_style(FILE *to);

/* Text at its baseline, in a class; long ones must have been fitted. Takes text over. */
void svg_text(FILE *to, double x, double y, const char *class, char *text);

/* Right-aligned at x. */
void svg_address(FILE *to, double x, double y, uint64_t addr);

#endif
