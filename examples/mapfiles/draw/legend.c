/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands above the blocks: whose memory it is, how much of which kind, and how the
 * picture is to be read.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/text.h"
#include "svg.h"
#include "words.h"

enum {
	TITLE_LINE = 34,
	SUM_LINE = 56,
	KEYS_LINE = 84,
	LINE = 24,
	KEY = 11, /* size of letters */
	SAMPLE = 30,
	BETWEEN = 12, /* two keys */
	SCALE = 236, /* room for the scale, on the right */
	SCALE_TOP = 20,
	STEP = 48,
	CAPTION = 13,
	LEFT = WIDTH - SCALE - 2 * MARGIN,
};

/* Keys follow each other like words, and lines are broken. to is NULL to measure only. */
struct pen {
	FILE *to;
	double x, y;
};

static void make_room(struct pen *pen, double width)
{
	if (pen->x > MARGIN && pen->x + width > MARGIN + LEFT) {
		pen->x = MARGIN;
		pen->y += LINE;
	}
}

static void put_key(struct pen *pen, enum hue hue, enum shade shade, bool shared, char *text,
		    const char *inside)
{
	double width = SAMPLE + 6 + text_width(text, KEY);

	make_room(pen, width);
	if (pen->to) {
		svg_sample(pen->to, pen->x, pen->y - 12, SAMPLE, 16, hue, shade);
		if (shared)
			svg_shared(pen->to, pen->x, pen->y + 4, SAMPLE);
		if (inside)
			fprintf(pen->to, "<text class=\"prot%s\" x=\"%.1f\" y=\"%.1f\">%s</text>",
				shade == SHADE_EXECUTE ? " on" : "", pen->x + SAMPLE / 2,
				pen->y - 0.5, inside);
		svg_text(pen->to, pen->x + SAMPLE + 6, pen->y, "key ink", text);
	} else {
		free(text);
	}
	pen->x += width + BETWEEN;
}

static void put_hues(struct pen *pen, const struct picture *p)
{
	enum hue hue;
	char *size;

	for (hue = 0; hue < N_HUES; hue++) {
		if (p->hues[hue].n_mappings == 0)
			continue;
		size = size_text(p->hues[hue].bytes);
		put_key(pen, hue, SHADE_WRITE, false, format("%s %s", hue_looks[hue].name, size),
			NULL);
		free(size);
	}
}

static const struct shade_key {
	enum shade shade;
	const char *inside, *name;
} shade_keys[] = {
	{ SHADE_NONE, "---", "no access" },
	{ SHADE_READ, "r--", "read" },
	{ SHADE_WRITE, "rw-", "write" },
	{ SHADE_EXECUTE, "r-x", "execute" },
	{ SHADE_WRITE_EXECUTE, NULL, "write and execute" },
	{ SHADE_SEVERAL, NULL, "several, folded" },
	{ SHADE_UNKNOWN, NULL, "not known" },
};

static bool has_shade(const struct picture *p, enum shade shade)
{
	size_t i, j;

	for (i = 0; i < p->n_blocks; i++)
		for (j = 0; j < p->blocks[i].n_pieces; j++)
			if (p->blocks[i].pieces[j].n_mappings > 0 &&
			    p->blocks[i].pieces[j].shade == shade)
				return true;
	return false;
}

static bool has_shared(const struct picture *p)
{
	size_t i, j;

	for (i = 0; i < p->n_blocks; i++)
		for (j = 0; j < p->blocks[i].n_pieces; j++)
			if (p->blocks[i].pieces[j].flags & MF_MAPPING_SHARED)
				return true;
	return false;
}

static void put_shades(struct pen *pen, const struct picture *p)
{
	const struct shade_key *key = shade_keys;

	for (; key < shade_keys + sizeof(shade_keys) / sizeof(shade_keys[0]); key++)
		if (has_shade(p, key->shade))
			put_key(pen, HUE_ANON, key->shade, false, format("%s", key->name),
				key->inside);
	if (has_shared(p))
		put_key(pen, HUE_ANON, SHADE_WRITE, true, format("shared"), "rw-s");
}

static void put_keys(struct pen *pen, const struct picture *p)
{
	pen->x = MARGIN;
	pen->y = KEYS_LINE;
	put_hues(pen, p);
	pen->x = MARGIN;
	pen->y += LINE;
	put_shades(pen, p);
}

/* Sizes that are drawn as high as blocks of these sizes are. */
static const struct scale_step {
	uint64_t bytes;
	const char *name;
} scale[] = {
	{ 4096, "4K" }, { 65536, "64K" }, { 1 << 20, "1M" }, { 16 << 20, "16M" }, { 1 << 30, "1G" },
};

enum { N_STEPS = sizeof(scale) / sizeof(scale[0]) };

static double scale_bottom(const struct layout *layout)
{
	return SCALE_TOP + layout_height(layout, scale[N_STEPS - 1].bytes);
}

static void put_scale(FILE *to, const struct layout *layout)
{
	double x = WIDTH - MARGIN - SCALE, y = scale_bottom(layout) + CAPTION;
	size_t i;

	fputs("<g class=\"scale\">\n", to);
	for (i = 0; i < N_STEPS; i++) {
		svg_sample(to, x + STEP * (double)i, SCALE_TOP, STEP - 6,
			   layout_height(layout, scale[i].bytes), HUE_ANON, SHADE_READ);
		fprintf(to, "<text class=\"middle ink\" x=\"%.1f\" y=\"%d\">%s</text>\n",
			x + STEP * (double)i + (STEP - 6) / 2.0, SCALE_TOP + 12, scale[i].name);
	}
	svg_text(to, x, y, "faint",
		 format("Height: log of the size, doubling adds %.1f.", layout->slope));
	svg_text(to, x, y + CAPTION, "faint", format("Width: the mapping's part of its block."));
	fputs("</g>\n", to);
}

static void put_note(struct pen *pen, char *text)
{
	pen->y += LINE;
	if (pen->to)
		svg_text(pen->to, MARGIN, pen->y, "key faint", fit_text(text, KEY, LEFT));
	else
		free(text);
}

/* What is not drawn as it is. */
static void put_notes(struct pen *pen, const struct picture *p)
{
	if (p->n_folded > 0)
		put_note(pen,
			 format("%zu small neighbours are folded into others and counted there; "
				"--from and --to show a part whole.",
				p->n_folded));
	if (p->n_gone > 0)
		put_note(pen, format("%zu narrow parts are folded into others of their block.",
				     p->n_gone));
	if (p->n_raced > 0)
		put_note(pen,
			 format("The address space changed while it was read, at %llu mappings.",
				(unsigned long long)p->n_raced));
}

double legend_height(const struct picture *p, const struct layout *layout)
{
	struct pen pen = { NULL, 0, 0 };

	put_keys(&pen, p);
	put_notes(&pen, p);
	return fmax(pen.y, scale_bottom(layout) + 2 * CAPTION) + LINE;
}

static char *sum_text(const struct picture *p, const struct layout *layout)
{
	char *size = size_text(p->all.bytes);
	char *text = format("%llu mapping%s, %s. Addresses grow downwards%s.",
			    (unsigned long long)p->all.n_mappings,
			    p->all.n_mappings == 1 ? "" : "s", size,
			    layout->n_columns > 1 ? ", then in the column on the right" : "");

	free(size);
	return text;
}

void svg_legend(FILE *to, const struct picture *p, const struct layout *layout)
{
	struct pen pen = { to, 0, 0 };
	char *title = fit_text(format("%s", p->title), 22, LEFT * 0.7);
	double width = text_width(title, 22);

	svg_text(to, MARGIN, TITLE_LINE, "title ink", title);
	if (p->role)
		svg_text(to, MARGIN + width + 8, TITLE_LINE, "line faint",
			 fit_text(format("%s", p->role), LETTERS, LEFT - width - 8));
	svg_text(to, MARGIN, SUM_LINE, "line faint", sum_text(p, layout));
	put_keys(&pen, p);
	put_notes(&pen, p);
	put_scale(to, layout);
}
