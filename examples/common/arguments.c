/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The numbers of processes, the version, and output that is known to have been
 * written.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mapfiles.h>

#include "arguments.h"

/* Digits only: strtol() alone would take " +1" and the empty word too. */
bool is_number(const char *text)
{
	return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

bool parse_pid(const char *text, int *pid)
{
	long value;

	if (!is_number(text))
		return false;
	errno = 0;
	value = strtol(text, NULL, 10);
	if (errno || value < 1 || value > INT_MAX)
		return false;
	*pid = (int)value;
	return true;
}

const char *why_no_pid(const char *text)
{
	return is_number(text) ? "the number of a process is out of range (1 to 2147483647)" :
				 "a process is given by its number (pidof finds it), not";
}

void print_version(void)
{
	uint32_t version = mf_version();

	printf("%s (libmapfiles) %u.%u.%u\n", program_invocation_short_name, version >> 16,
	       version >> 8 & 0xff, version & 0xff);
}

/* What is written may fail as late as here: a full disk, a closed standard output. */
int finish_output(int status)
{
	bool failed_before = ferror(stdout);

	errno = 0;
	if (fclose(stdout) == 0 && !failed_before)
		return status;
	fprintf(stderr, "%s: cannot write the output: %s\n", program_invocation_short_name,
		errno ? strerror(errno) : "an earlier write failed");
	return status_of_failure;
}
