/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The document: what it is called and shows, in words too, then the blocks.
 */
#include <stdlib.h>
#include <string.h>

#include "../../common/text.h"
#include "svg.h"
#include "words.h"

/* Blocks this high have a second line. */
enum { ROOM_FOR_TWO = 31 };

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text & 0x80)
			return false;
	return true;
}

/*
 * What is no ASCII may be wider than was thought, or have marks above marks without end:
 * it is cut off at the limits of its line.
 */
void svg_text(FILE *to, double x, double y, const char *class, char *text)
{
	bool cut = !is_ascii(text);

	if (cut)
		fprintf(to, "<svg x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"16\">", x, y - 12,
			text_width(text, 20));
	fprintf(to, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, cut ? 0 : x, cut ? 12 : y);
	svg_escaped(to, text);
	fprintf(to, "</text>%s", cut ? "</svg>" : "");
	free(text);
}

/* The kernel's half has more digits than there is room for. */
void svg_address(FILE *to, double x, double y, uint64_t addr)
{
	fprintf(to, "<text class=\"address%s faint\" x=\"%.1f\" y=\"%.1f\">%llx</text>",
		addr >> 48 ? " high" : "", x, y, (unsigned long long)addr);
}

static void put_title(FILE *to, const struct picture *p)
{
	char *size = size_text(p->all.bytes);
	enum hue hue;

	fputs("<title id=\"title\">", to);
	svg_escaped(to, p->title);
	fputs("</title>\n<desc id=\"desc\">What ", to);
	svg_escaped(to, p->title);
	fprintf(to, " has mapped: %llu mappings, %s.", (unsigned long long)p->all.n_mappings, size);
	for (hue = 0; hue < N_HUES; hue++) {
		free(size);
		size = size_text(p->hues[hue].bytes);
		if (p->hues[hue].n_mappings > 0)
			fprintf(to, " %s: %llu, %s.", hue_looks[hue].name,
				(unsigned long long)p->hues[hue].n_mappings, size);
	}
	fputs("</desc>\n", to);
	free(size);
}

static void put_hole(FILE *to, const struct layout *layout, const struct block *before,
		     const struct block *b)
{
	char *size = size_text(b->start - before->end);
	double y = b->y - HOLE;

	fprintf(to, "<g class=\"between\" data-hole=\"%llx-%llx\">",
		(unsigned long long)before->end, (unsigned long long)b->start);
	svg_address(to, b->x - GAP, y + 11, before->end);
	fprintf(to, "<path class=\"hole\" d=\"M%.1f %.1fV%.1fM%.1f %.1fV%.1f\"/>", b->x + 0.5,
		y + 1, y + HOLE - 1, b->x + layout->bar - 0.5, y + 1, y + HOLE - 1);
	fprintf(to, "<text class=\"between faint\" x=\"%.1f\" y=\"%.1f\">%s unmapped</text></g>\n",
		b->x + layout->bar / 2, y + 11, size);
	free(size);
}

/* What the block says when the pointer rests on its name. */
static void put_block_title(FILE *to, const struct block *b, const char *size)
{
	char *path, *name;
	size_t i;

	fputs("<title>", to);
	if (b->label) {
		path = b->n_blocks == 1 && b->path ? shown_path(b->path, b->path_len) :
						     told_name(b->label);
		svg_escaped(to, path);
		fputs("&#10;", to);
		free(path);
	}
	fprintf(to, "%llx-%llx&#10;%llu mapping%s, %s", (unsigned long long)b->start,
		(unsigned long long)b->end, (unsigned long long)b->n_mappings,
		b->n_mappings == 1 ? "" : "s", size);
	if (b->is_ambiguous)
		fputs("&#10;a \\012 in the name may be a newline", to);
	if (b->build_id && b->n_blocks == 1)
		fprintf(to, "&#10;build id %s", b->build_id);
	for (i = 0; i < b->n_names; i++) {
		name = told_name(b->names[i]);
		fputs("&#10;", to);
		svg_escaped(to, name);
		free(name);
	}
	if (b->has_more_names)
		fputs("&#10;and more", to);
	fputs("</title>", to);
}

static char *names_line(const struct block *b)
{
	char *line = NULL;
	size_t len, i;
	FILE *to = not_null(open_memstream(&line, &len));

	for (i = 0; i < b->n_names; i++)
		fprintf(to, "%s%s", i ? ", " : "", b->names[i]);
	return not_null(fclose(to) == 0 ? line : NULL);
}

static bool has_room_for_two(const struct block *b)
{
	return b->height >= ROOM_FOR_TWO;
}

static char *block_label(const struct block *b)
{
	char *names, *label;

	if (b->n_blocks == 1)
		return format("%s", b->label);
	if (b->label)
		return format("%s \xc3\x97%zu", b->label, b->n_blocks);
	if (has_room_for_two(b) || b->n_names == 0)
		return format("%llu mappings, folded", (unsigned long long)b->n_mappings);
	names = names_line(b);
	label = format("%llu folded: %s", (unsigned long long)b->n_mappings, names);
	free(names);
	return label;
}

/* Where a file is; what else is folded in it; or how many there are of what has no name. */
static char *second_line(const struct block *b)
{
	const char *slash = b->path ? memrchr(b->path, '/', b->path_len) : NULL;

	if (b->n_names > 0)
		return names_line(b);
	if (b->n_blocks == 1 && b->kind == MF_KIND_FILE && slash && slash > b->path)
		return escape_percent(b->path, (size_t)(slash - b->path));
	if (b->n_blocks == 1 && b->n_mappings > 1)
		return format("%llu mappings", (unsigned long long)b->n_mappings);
	return NULL;
}

static char *gone_mark(const struct block *b)
{
	if (b->n_deleted == 0)
		return NULL;
	return b->n_blocks == 1 ? format("deleted") : format("%zu deleted", b->n_deleted);
}

static void put_words(FILE *to, const struct layout *layout, const struct block *b,
		      const char *size)
{
	double x = b->x + layout->bar + GAP, room = NAME, width;
	char *gone = gone_mark(b), *line = second_line(b), *label;

	if (gone)
		room -= text_width(gone, SMALL * 1.15) + 6;
	label = fit_text(block_label(b), LETTERS * (b->is_program ? 1.12 : 1), room);
	width = text_width(label, LETTERS);
	svg_text(to, x, b->y + 12, b->is_program ? "program ink" : "name ink", label);
	if (gone)
		svg_text(to, x + width + 6, b->y + 12, "gone", gone);
	fprintf(to, "<text class=\"size faint\" x=\"%.1f\" y=\"%.1f\">%s</text>", x + NAME + SIZE,
		b->y + 12, size);
	if (line && has_room_for_two(b))
		svg_text(to, x, b->y + 25, "faint", fit_text(line, SMALL, NAME));
	else
		free(line);
}

static void put_block(FILE *to, const struct layout *layout, const struct block *b)
{
	char *size = size_text(b->bytes);
	size_t i;

	fprintf(to, "<g class=\"block\" data-blocks=\"%zu\">", b->n_blocks);
	put_block_title(to, b, size);
	svg_address(to, b->x - GAP, b->y + 12, b->start);
	put_words(to, layout, b, size);
	fputc('\n', to);
	for (i = 0; i < b->n_pieces; i++)
		svg_piece(to, b, &b->pieces[i]);
	fprintf(to,
		"<rect class=\"%s outline\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/></g>\n",
		hue_looks[b->hue].class, b->x + 0.5, b->y + 0.5, layout->bar - 1, b->height - 1);
	free(size);
}

void svg_write(FILE *to, const struct picture *p, const struct layout *layout)
{
	double height = layout->bottom + MARGIN;
	size_t i;

	fprintf(to,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
		"viewBox=\"0 0 %d %.0f\" role=\"img\" aria-labelledby=\"title desc\" "
		"data-mappings=\"%llu\">\n",
		WIDTH, height, WIDTH, height, (unsigned long long)p->all.n_mappings);
	put_title(to, p);
	svg_style(to);
	fprintf(to, "<rect class=\"paper\" width=\"%d\" height=\"%.0f\"/>\n", WIDTH, height);
	svg_legend(to, p, layout);
	for (i = 0; i < p->n_blocks; i++) {
		if (has_hole(p, i))
			put_hole(to, layout, &p->blocks[i - 1], &p->blocks[i]);
		put_block(to, layout, &p->blocks[i]);
	}
	fputs("</svg>\n", to);
}
