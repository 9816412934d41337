/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How each tool is called and how it ends: the numbers of processes, the version,
 * and output that is known to have been written.
 */
#ifndef COMMON_ARGUMENTS_H
#define COMMON_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

/* Each tool defines it: the exit status when something failed that is not the user's fault. */
extern const int status_of_failure;

/* Digits only. */
bool is_number(const char *text);
bool parse_pid(const char *text, int *pid);

/* What is wrong with a text that parse_pid() refuses. */
const char *why_no_pid(const char *text);

void print_version(void);

/* Returns status, or status_of_failure with a message if not all could be written. */
int finish_output(int status);

#endif
