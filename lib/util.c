/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bounded number parsing and printing, and a buffer that grows.
 */
#include "util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool mf_span_hex(struct mf_span *span, uint64_t *ret)
{
	const char *const first = span->pos;
	uint64_t number = 0;
	int digit;

	while (span->pos < span->end && (digit = hex_value(*span->pos)) >= 0) {
		if (number >> 60)
			return false;
		number = number << 4 | (uint64_t)digit;
		span->pos++;
	}
	*ret = number;
	return span->pos > first;
}

bool mf_span_dec(struct mf_span *span, uint64_t *ret)
{
	const char *const first = span->pos;
	uint64_t number = 0;

	while (span->pos < span->end && *span->pos >= '0' && *span->pos <= '9') {
		const uint64_t digit = (uint64_t)(*span->pos - '0');

		if (number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
		span->pos++;
	}
	*ret = number;
	return span->pos > first;
}

bool mf_span_char(struct mf_span *span, char wanted)
{
	if (span->pos >= span->end || *span->pos != wanted)
		return false;
	span->pos++;
	return true;
}

static char *put_number(char *out, uint64_t number, unsigned int base)
{
	char digits[MF_NUMBER_SIZE];
	size_t n = 0;

	do {
		digits[n++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	while (n)
		*out++ = digits[--n];
	*out = '\0';
	return out;
}

char *mf_put_hex(char *out, uint64_t number)
{
	return put_number(out, number, 16);
}

char *mf_put_dec(char *out, uint64_t number)
{
	return put_number(out, number, 10);
}

int mf_buf_reserve(struct mf_buf *buf, size_t size)
{
	size_t grown = buf->size * 2;
	char *data;

	if (size <= buf->size)
		return 0;
	if (buf->fixed)
		return -ENOMEM;
	if (grown < size)
		grown = size;
	data = realloc(buf->borrowed ? NULL : buf->data, grown);
	if (!data)
		return -ENOMEM;
	if (buf->borrowed && buf->size)
		memcpy(data, buf->data, buf->size);
	*buf = (struct mf_buf){ .data = data, .size = grown };
	return 0;
}

void mf_buf_free(struct mf_buf *buf)
{
	if (!buf->borrowed)
		free(buf->data);
	*buf = (struct mf_buf){ 0 };
}

uint64_t mf_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
