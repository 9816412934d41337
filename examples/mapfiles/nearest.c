/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Did you mean": names at a small edit distance, or that begin with the word.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../common/text.h"
#include "nearest.h"

enum { LONGEST = 32 };

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's, by rows; what is too long is at any distance. */
static size_t distance(const char *a, const char *b)
{
	size_t row[LONGEST + 1], i, j, diagonal, above;
	size_t b_len = strlen(b);

	if (strlen(a) > LONGEST || b_len > LONGEST)
		return LONGEST;
	for (j = 0; j <= b_len; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= b_len; j++) {
			above = row[j];
			row[j] = least(row[j] + 1, row[j - 1] + 1,
				       diagonal + (strncasecmp(&a[i - 1], &b[j - 1], 1) != 0));
			diagonal = above;
		}
	}
	return row[b_len];
}

static size_t how_far(const char *word, const char *name)
{
	size_t len = strlen(word);

	if (len > 0 && strncasecmp(name, word, len) == 0)
		return 1;
	return distance(word, name);
}

char *nearest_names(const char *word, const char *const *names, size_t n)
{
	size_t nearest = LONGEST, i;
	char *text = NULL, *longer;

	for (i = 0; i < n; i++)
		if (how_far(word, names[i]) < nearest)
			nearest = how_far(word, names[i]);
	/* A third of the word wrong, and one letter of a short one. */
	if (nearest > 1 && nearest * 3 > strlen(word) + 1)
		return NULL;
	for (i = 0; i < n; i++) {
		/* "x" is one letter from every name of one; nothing of it is right. */
		if (how_far(word, names[i]) != nearest || nearest >= strlen(names[i]))
			continue;
		longer = text ? format("%s or %s", text, names[i]) : format("%s", names[i]);
		free(text);
		text = longer;
	}
	return text;
}
