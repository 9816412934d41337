/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Folding at the places where people would.
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "../common/text.h"
#include "fold.h"

/* The bytes of the first character, and its width; a byte that is none is one of width 1. */
static size_t next(const char *text, size_t *width)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t n = mbrtowc(&c, text, MB_CUR_MAX, &state);

	*width = 1;
	if (n == 0 || n > MB_CUR_MAX)
		return 1;
	if (wcwidth(c) >= 0)
		*width = (size_t)wcwidth(c);
	return n;
}

size_t width_of(const char *text)
{
	size_t width = 0, one;

	while (*text) {
		text += next(text, &one);
		width += one;
	}
	return width;
}

/* How many bytes of text the first line takes. */
static size_t line_len(const char *text, size_t width)
{
	size_t len = 0, good = 0, used = 0, one, n;

	while (text[len]) {
		n = next(text + len, &one);
		if (used + one > width)
			return good > 0 ? good : len > 0 ? len : n;
		used += one;
		len += n;
		/* A line of one short piece would waste more than it helps. */
		if (strchr("/ ,", text[len - 1]) && used * 2 > width)
			good = len;
	}
	return len;
}

char *fold(const char *text, size_t width)
{
	/* No line but the last is empty, so there are fewer newlines than bytes. */
	char *folded = not_null(malloc(2 * strlen(text) + 1)), *to = folded;
	size_t len;

	for (; *text; text += len) {
		len = line_len(text, width);
		to = mempcpy(to, text, len);
		if (text[len])
			*to++ = '\n';
	}
	*to = '\0';
	return folded;
}
