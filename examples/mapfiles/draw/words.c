/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names are bytes of strangers, and a picture has little room: what is shown prints, is
 * as wide as there is room for, and is valid in XML.
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "../../common/text.h"
#include "words.h"

/* In a tooltip, in letters as wide as they are high. */
enum { LONGEST_PATH = 200, LONGEST_NAME = 40 };

static const char ellipsis[] = "\xe2\x80\xa6";

/* The last part of a path, or what a memfd was named. */
static char *file_label(const struct mf_mapping *m)
{
	const char *end = m->path + m->name_len;
	const char *slash = memrchr(m->path, '/', m->name_len);
	const char *from = slash ? slash + 1 : m->path;
	const char *colon = memchr(from, ':', (size_t)(end - from));

	if (m->kind == MF_KIND_MEMFD && colon)
		from = colon + 1;
	if (from == end)
		return format("(no name)");
	return escape_percent(from, (size_t)(end - from));
}

char *mapping_label(const struct mf_mapping *m)
{
	switch (m->kind) {
	case MF_KIND_ANON:
		return format("anonymous");
	case MF_KIND_SHM_ANON:
		return format("shared anonymous");
	case MF_KIND_HUGETLB:
		return format("huge pages");
	default:
		return m->path ? file_label(m) : format("%s", mf_kind_name(m->kind));
	}
}

/* Of DejaVu Sans, in hundredths of its size; the others that are asked for are narrower. */
static const unsigned char widths[] = {
	32,  41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34, /* from the blank on */
	64,  64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 54, /* 0 */
	100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79, /* @ */
	61,  79, 70, 64, 62, 74, 69, 99, 69, 62, 69, 40, 34, 40, 84, 50, /* P */
	50,  62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 28, 98, 64, 62, /* ` */
	64,  64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84, /* p */
};

static double letter_width(wchar_t c)
{
	if (c >= ' ' && c < 0x7f)
		return widths[c - ' '] / 100.0;
	return wcwidth(c) == 1 ? 1.0 : 1.2;
}

/* The letter at text, and its bytes: one byte where the locale cannot tell. */
static size_t next_letter(const char *text, wchar_t *c)
{
	mbstate_t state = { 0 };
	size_t n = mbrtowc(c, text, strlen(text), &state);

	if (n > 0 && n <= strlen(text))
		return n;
	*c = L'@';
	return 1;
}

double text_width(const char *text, double size)
{
	double width = 0;
	wchar_t c;

	while (*text) {
		text += next_letter(text, &c);
		width += letter_width(c) * size;
	}
	return width;
}

/* Bytes of as many letters from the start as fit. */
static size_t head_len(const char *text, double size, double width)
{
	size_t len = 0, n;
	wchar_t c;

	while (text[len]) {
		n = next_letter(text + len, &c);
		width -= letter_width(c) * size;
		if (width < 0)
			break;
		len += n;
	}
	return len;
}

/* Where as many letters as fit begin, up to the end. */
static const char *tail_start(const char *text, double size, double width)
{
	double whole = text_width(text, size);
	wchar_t c;

	while (*text && whole > width) {
		text += next_letter(text, &c);
		whole -= letter_width(c) * size;
	}
	return text;
}

char *fit_text(char *text, double size, double width)
{
	double room = width - size;
	char *fitting;

	if (text_width(text, size) <= width)
		return text;
	fitting = format("%.*s%s%s", (int)head_len(text, size, room * 0.6), text, ellipsis,
			 tail_start(text, size, room * 0.4));
	free(text);
	return fitting;
}

char *shown_path(const char *path, size_t len)
{
	return fit_text(escape_percent(path, len), 1, LONGEST_PATH);
}

char *told_name(const char *name)
{
	return fit_text(format("%s", name), 1, LONGEST_NAME);
}

void svg_escaped(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (strchr("&<>\"'", *text))
			fprintf(to, "&#%d;", *text);
		else
			putc(*text, to);
	}
}
