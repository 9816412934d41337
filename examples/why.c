/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Minimal example of telling a user why something is refused, and what to grant: why PID */
#include <stdio.h>
#include <stdlib.h>

#include <mapfiles.h>

#include "common/arguments.h"

const int status_of_failure = EXIT_FAILURE;

//! [why]
static int explain(int pid)
{
	static const struct {
		uint32_t access;
		const char *words;
	} asked[] = {
		{ MF_ACCESS_DETAILS, "what is mapped" },
		{ MF_ACCESS_LIST, "one instant's picture" },
		{ MF_ACCESS_FOLLOW, "the objects themselves" },
		{ MF_ACCESS_MEMORY, "its memory" },
	};
	size_t i;
	int why;

	for (i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		why = mf_explain(pid, asked[i].access, NULL);
		if (why < 0)
			return why;
		printf("%s: %s\n", asked[i].words, mf_why_text((uint32_t)why));
	}
	return 0;
}
//! [why]

int main(int argc, char **argv)
{
	int pid, ret;

	if (argc != 2 || !parse_pid(argv[1], &pid)) {
		fprintf(stderr, "usage: why PID\n");
		return 2;
	}
	ret = explain(pid);
	if (ret)
		fprintf(stderr, "why: process %d: %s\n", pid, mf_strerror(ret));
	return finish_output(ret ? EXIT_FAILURE : EXIT_SUCCESS);
}
