/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rectangles of a block: their colour says what they are, its strength and the
 * letters what may be done with them.
 */
#include <stdlib.h>
#include <string.h>

#include "../../common/text.h"
#include "svg.h"

const char *const shade_classes[N_SHADES] = {
	[SHADE_NONE] = "none",	     [SHADE_READ] = "read",	   [SHADE_WRITE] = "write",
	[SHADE_EXECUTE] = "exec",    [SHADE_WRITE_EXECUTE] = "wx", [SHADE_SEVERAL] = "some",
	[SHADE_UNKNOWN] = "unknown",
};

/* How high the mark of what is shared is. */
enum { BAR = 3 };

/* Letters of one width: what they are of their size. */
static double prot_width(const char *prot)
{
	return 0.61 * SMALL * (double)strlen(prot) + 2;
}

/* "rw-s", or what else there is to say. */
static char *prot_label(const struct piece *piece)
{
	if (piece->shade == SHADE_SEVERAL)
		return format("several");
	if (piece->shade == SHADE_UNKNOWN)
		return format("?");
	return prot_text(piece->prot, piece->flags & MF_MAPPING_SHARED);
}

/* Stripes of paper, over what is folded or may be both written and executed. */
static bool is_striped(enum shade shade)
{
	return shade == SHADE_WRITE_EXECUTE || shade == SHADE_SEVERAL;
}

static void put_rect(FILE *to, double x, double y, double width, double height)
{
	fprintf(to, "x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"", x, y, width, height);
}

void svg_sample(FILE *to, double x, double y, double width, double height, enum hue hue,
		enum shade shade)
{
	fprintf(to, "<rect class=\"%s %s\" ", hue_looks[hue].class, shade_classes[shade]);
	put_rect(to, x + 0.5, y + 0.5, width - 1, height - 1);
	fputs("/>", to);
	if (!is_striped(shade))
		return;
	fputs("<rect fill=\"url(#stripes)\" ", to);
	put_rect(to, x + 1, y + 1, width - 2, height - 2);
	fputs("/>", to);
}

/* The mark of what is shared: a bar at the bottom. */
void svg_shared(FILE *to, double x, double bottom, double width)
{
	fputs("<rect class=\"shared\" ", to);
	put_rect(to, x, bottom - BAR, width, BAR);
	fputs("/>", to);
}

/* A newline of the title would be a blank; a reference to one is not. */
static void put_tooltip(FILE *to, const struct piece *piece, const char *prot)
{
	char *size = size_text(piece->bytes);

	fprintf(to, "<title>%llx-%llx", (unsigned long long)piece->start,
		(unsigned long long)piece->end);
	if (piece->n_mappings > 1 || piece->bytes < piece->end - piece->start)
		fprintf(to, "&#10;%llu mappings folded, %s", (unsigned long long)piece->n_mappings,
			size);
	else
		fprintf(to, " %s %s", prot, size);
	if (piece->n_mappings == 1 && piece->has & MF_HAS_OFFSET && piece->offset > 0)
		fprintf(to, " at offset %llx", (unsigned long long)piece->offset);
	fputs("</title>", to);
	free(size);
}

/* Nothing is mapped there, inside of a block. */
static void put_gap(FILE *to, const struct block *b, const struct piece *piece)
{
	fprintf(to, "<path class=\"hole\" d=\"M%.1f %.1fh%.1f\"/>\n", piece->x,
		b->y + b->height / 2, piece->width);
}

/* In the middle; on stripes with paper behind it. */
static void put_prot(FILE *to, const struct block *b, const struct piece *piece, const char *prot)
{
	double x = piece->x + piece->width / 2, y = b->y + b->height / 2;
	double width = prot_width(prot);
	const char *on = piece->shade != SHADE_EXECUTE ? "" :
			 piece->hue == HUE_FILE	       ? " file on" :
							 " on";

	if (is_striped(piece->shade)) {
		fputs("<rect class=\"paper\" ", to);
		put_rect(to, x - width / 2, y - 6, width, 12);
		fputs("/>", to);
	}
	fprintf(to, "<text class=\"prot%s\" x=\"%.1f\" y=\"%.1f\">%s</text>", on, x, y + 3.5, prot);
}

static void put_mapped(FILE *to, const struct block *b, const struct piece *piece)
{
	char *prot = prot_label(piece);

	/* With what tells a reader that is a program which mappings are in it. */
	fprintf(to,
		"<g data-start=\"%llx\" data-end=\"%llx\" data-mappings=\"%llu\" data-bytes=\"%llu\"",
		(unsigned long long)piece->start, (unsigned long long)piece->end,
		(unsigned long long)piece->n_mappings, (unsigned long long)piece->bytes);
	fprintf(to, " data-prot=\"%s\">", prot);
	put_tooltip(to, piece, prot);
	svg_sample(to, piece->x, b->y, piece->width, b->height, piece->hue, piece->shade);
	if (piece->flags & MF_MAPPING_SHARED)
		svg_shared(to, piece->x, b->y + b->height, piece->width);
	if (piece->width >= prot_width(prot) + 2)
		put_prot(to, b, piece, prot);
	fputs("</g>\n", to);
	free(prot);
}

void svg_piece(FILE *to, const struct block *b, const struct piece *piece)
{
	if (piece->n_mappings > 0)
		put_mapped(to, b, piece);
	else
		put_gap(to, b, piece);
}
