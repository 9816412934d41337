/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An address of a process, as /proc/PID/maps writes it. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "address.h"

/* strtoull() alone would take a word for 0, and -1 for the highest address. */
bool parse_address(const char *text, uint64_t *addr)
{
	char *end;

	errno = 0;
	*addr = strtoull(text, &end, 16);
	return isxdigit((unsigned char)text[0]) && *end == '\0' && errno == 0;
}
