/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names are bytes: this turns them into what a terminal can be given without harm
 * and, for JSON, tells text from bytes. No byte of a name reaches a terminal as a
 * control character.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include <mapfiles.h>

#include "arguments.h"
#include "text.h"

void *not_null(void *p)
{
	if (p)
		return p;
	fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
	exit(status_of_failure);
}

/* It doubles whenever n is a power of two: no capacity need be kept. */
void *with_room(void *array, size_t n, size_t size)
{
	if (n > 0 && (n & (n - 1)) != 0)
		return array;
	return not_null(reallocarray(array, n > 0 ? 2 * n : 1, size));
}

char *format(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return not_null(n < 0 ? NULL : s);
}

char *prot_text(uint32_t prot, bool shared)
{
	return format("%c%c%c%c", prot & MF_PROT_READ ? 'r' : '-', prot & MF_PROT_WRITE ? 'w' : '-',
		      prot & MF_PROT_EXEC ? 'x' : '-', shared ? 's' : 'p');
}

/* As ls -h does. */
char *size_text(uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	uint64_t unit = 1, tenths;
	int i = 0;

	for (; bytes / unit >= 1024; i++)
		unit *= 1024;
	if (i == 0)
		return format("%llu", (unsigned long long)bytes);
	tenths = bytes / unit * 10 + (bytes % unit * 10 + unit - 1) / unit;
	if (tenths < 100 && tenths % 10 != 0)
		return format("%llu.%llu%c", (unsigned long long)(tenths / 10),
			      (unsigned long long)(tenths % 10), units[i]);
	return format("%llu%c", (unsigned long long)((tenths + 9) / 10), units[i]);
}

/*
 * Characters that print as nothing or turn the direction of the text around: with
 * them a file can take on another file's looks, so they are escaped too.
 */
static bool is_deceptive(wchar_t c)
{
	return c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/* How many bytes at s are one character that this locale can print; 0 if none. */
static size_t printable_len(const char *s, size_t len)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t n = mbrtowc(&c, s, len, &state);

	if (n == 0 || n > len || !iswprint((wint_t)c) || is_deceptive(c))
		return 0;
	return n;
}

static size_t escape_byte(char *to, unsigned char c)
{
	static const char from_c[] = "\a\b\f\n\r\t\v \\";
	static const char letters[] = "abfnrtv \\";
	const char *at = c ? strchr(from_c, c) : NULL;

	if (at) {
		to[0] = '\\';
		to[1] = letters[at - from_c];
		return 2;
	}
	return (size_t)sprintf(to, "\\%03o", (unsigned int)c);
}

static size_t percent_byte(char *to, unsigned char c)
{
	return (size_t)sprintf(to, "%%%02X", (unsigned int)c);
}

static char *escape(const char *name, size_t len, const char *also,
		    size_t (*put)(char *to, unsigned char c))
{
	char *escaped = not_null(malloc(4 * len + 1));
	char *to = escaped;
	size_t i = 0, n;

	while (i < len) {
		n = name[i] && strchr(also, name[i]) ? 0 : printable_len(name + i, len - i);
		if (n == 0)
			to += put(to, (unsigned char)name[i++]);
		else
			to = mempcpy(to, name + i, n);
		i += n;
	}
	*to = '\0';
	return escaped;
}

/* As ls -b: a blank and a backslash are escaped too, so a name is always one word. */
char *escape_name(const char *name, size_t len)
{
	return escape(name, len, " \\", escape_byte);
}

char *escape_words(const char *text, size_t len)
{
	return escape(text, len, "\\", escape_byte);
}

char *escape_percent(const char *text, size_t len)
{
	return escape(text, len, "\\%", percent_byte);
}

char *hex_bytes(const char *bytes, size_t len)
{
	char *hex = not_null(malloc(2 * len + 1));
	size_t i;

	hex[0] = '\0';
	for (i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", (unsigned int)(unsigned char)bytes[i]);
	return hex;
}

/* How many bytes follow a first byte, and what the second one may be (RFC 3629, 4). */
static size_t utf8_tail(unsigned char first, unsigned char *low, unsigned char *high)
{
	*low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	*high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	return first >= 0xf0 && first <= 0xf4 ? 3 : 0;
}

bool is_utf8(const char *bytes, size_t len)
{
	const unsigned char *s = (const unsigned char *)bytes;
	unsigned char low, high;
	size_t tail;

	while (len > 0) {
		tail = *s < 0x80 ? 0 : utf8_tail(*s, &low, &high);
		if (*s >= 0x80 && (tail == 0 || tail >= len))
			return false;
		if (tail > 0 && (s[1] < low || s[1] > high))
			return false;
		if (tail > 1 && (s[2] & 0xc0) != 0x80)
			return false;
		if (tail > 2 && (s[3] & 0xc0) != 0x80)
			return false;
		s += tail + 1;
		len -= tail + 1;
	}
	return true;
}
