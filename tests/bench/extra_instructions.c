/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Instructions in user space, by instructions.py.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extra.h"

#ifdef BENCH_INSTRUCTIONS

static const char command[] = "/usr/bin/python3 '" BENCH_SOURCE_DIR
			      "/instructions.py' --print '" BENCH_INSTRUCTIONS "' '" BENCH_TARGET
			      "' ''";

static void run(const struct extra *extra, const struct workload *workload, const char *dir,
		const struct plan *plan, struct results *results)
{
	FILE *f = popen(command, "re");
	char line[200];

	(void)dir;
	(void)plan;
	if (!f)
		err(1, "%s", command);
	while (fgets(line, sizeof(line), f)) {
		char *tab = strchr(line, '\t');

		if (!tab)
			continue;
		*tab = '\0';
		results_add_figure(results, &(struct figure){ extra->name, strdup(line),
							      "instructions a mapping", workload,
							      strtod(tab + 1, NULL) });
	}
	if (pclose(f) != 0)
		printf("left out: instructions: needs valgrind and /usr/bin/python3\n");
}

#else

static void run(const struct extra *extra, const struct workload *workload, const char *dir,
		const struct plan *plan, struct results *results)
{
	(void)extra;
	(void)workload;
	(void)dir;
	(void)plan;
	(void)results;
	printf("left out: instructions: counted on x86-64, built by gcc 12\n");
}

#endif

const struct extra extra_instructions = {
	"instructions",
	"instructions in user space; a lookup counts as a mapping",
	1U << W2,
	run,
};
