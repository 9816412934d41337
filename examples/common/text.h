/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names are bytes: what the tools need to print them, on a terminal and in JSON.
 * What returns text returns it malloc'ed, never NULL.
 */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One word, as ls -b prints it: nothing in it that a terminal obeys. */
char *escape_name(const char *name, size_t len);
/* The same for text that may be several words: blanks stand. */
char *escape_words(const char *text, size_t len);
/* As in a URL, for readers to whom a backslash is an order: there is none in it. */
char *escape_percent(const char *text, size_t len);
char *hex_bytes(const char *bytes, size_t len);
bool is_utf8(const char *bytes, size_t len);

char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "r-xp", as maps prints it. */
char *prot_text(uint32_t prot, bool shared);

/* "5.1M": rounded up, so that nothing is ever shown smaller than it is. */
char *size_text(uint64_t bytes);

/* The array with room for one element more than its n. */
void *with_room(void *array, size_t n, size_t size);

/* p, or an end with a message that memory has run out. */
void *not_null(void *p);

#endif
