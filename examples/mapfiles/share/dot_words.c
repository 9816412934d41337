/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words in a picture. Names are bytes of strangers: nothing of them is left to
 * Graphviz to interpret.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dot.h"

/* In HTML and in quoted strings alike: both know entities. Of a backslash neither is safe. */
static void put_char(char c)
{
	if (strchr("&<>\"{}[]|", c))
		printf("&#%d;", c);
	else
		putchar(c);
}

/* Takes text over. What is too long loses its middle, at the limits of characters. */
void draw_text(char *text, size_t most)
{
	size_t len = strlen(text), from = len, to = len, i;

	if (len > most) {
		from = most / 2;
		to = len - most / 2;
	}
	while (from < len && (text[from] & 0xc0) == 0x80)
		from++;
	while (to < len && (text[to] & 0xc0) == 0x80)
		to++;
	for (i = 0; i < from; i++)
		put_char(text[i]);
	if (to > from)
		printf("...");
	for (i = to; i < len; i++)
		put_char(text[i]);
	free(text);
}

void draw_bytes(const char *name, size_t len, size_t most)
{
	draw_text(escape_percent(name, len), most);
}

/* The last part of a path, or what a memfd was named. */
static const char *short_name(const struct mf_object *o, size_t *len)
{
	const char *end = o->path ? o->path + o->name_len : NULL;
	const char *slash = o->path ? memrchr(o->path, '/', o->name_len) : NULL;
	const char *from = slash ? slash + 1 : o->path;
	const char *colon = from ? memchr(from, ':', (size_t)(end - from)) : NULL;

	if (o->kind == MF_KIND_MEMFD && colon)
		from = colon + 1;
	*len = (size_t)(end - from);
	return from;
}

bool is_called_alike(const struct mf_object *a, const struct mf_object *b)
{
	size_t a_len, b_len;
	const char *of_a = short_name(a, &a_len), *of_b = short_name(b, &b_len);

	return a_len == b_len && (a_len == 0 || memcmp(of_a, of_b, a_len) == 0) &&
	       a->flags == b->flags;
}

static void put_name(const struct mf_object *o, const char *name, size_t len, size_t most)
{
	if (len > 0)
		draw_bytes(name, len, most);
	else
		printf("(no name)");
	if (o->flags & MF_OBJECT_DELETED)
		printf(" (deleted)");
	if (o->flags & MF_OBJECT_UNCERTAIN)
		printf(" (uncertain)");
}

void draw_short_name(const struct mf_object *o)
{
	size_t len;
	const char *name = short_name(o, &len);

	put_name(o, name, len, LONGEST);
}

void draw_whole_name(const struct mf_object *o)
{
	put_name(o, o->path, o->path ? o->name_len : 0, SIZE_MAX);
}

void draw_size(uint64_t bytes)
{
	draw_text(size_text(bytes), SIZE_MAX);
	if (bytes < 1024)
		putchar('B');
}
