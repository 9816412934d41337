/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bounded number parsing and printing, and a buffer that grows. Knows nothing
 * of procfs; allocates only in mf_buf_reserve().
 */
#ifndef MF_UTIL_H
#define MF_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A cursor over bytes that need not end in a NUL. */
struct mf_span {
	const char *pos;
	const char *end;
};

/* At least one digit and no overflow, else false. Upper-case digits are refused: no kernel prints them. */
bool mf_span_hex(struct mf_span *span, uint64_t *ret);
bool mf_span_dec(struct mf_span *span, uint64_t *ret);
bool mf_span_char(struct mf_span *span, char wanted);

/* Room for any of the numbers below and a NUL. */
#define MF_NUMBER_SIZE 24

/* Both write a NUL and return where it stands. snprintf() is not async-signal-safe. */
char *mf_put_hex(char *out, uint64_t number);
char *mf_put_dec(char *out, uint64_t number);

struct mf_buf {
	char *data;
	size_t size;
	bool borrowed; /* not ours to free: the first growth moves away from it */
	bool fixed; /* must not grow */
};

/* Keeps what is there; 0 or -ENOMEM. */
int mf_buf_reserve(struct mf_buf *buf, size_t size);
void mf_buf_free(struct mf_buf *buf);

/* A clock for ages, cheap and coarse. */
uint64_t mf_now_ns(void);

static inline uint64_t mf_max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
