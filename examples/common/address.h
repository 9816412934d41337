/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An address of a process, as /proc/PID/maps writes it. */
#ifndef COMMON_ADDRESS_H
#define COMMON_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Hexadecimal digits only, with or without "0x". */
bool parse_address(const char *text, uint64_t *addr);

#endif
