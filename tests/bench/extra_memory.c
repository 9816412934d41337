/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory: bench-memory for each of its cases.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extra.h"

static void add_line(struct results *results, const char *subject, const struct workload *workload,
		     char *line)
{
	char *unit;
	double value = strtod(line, &unit);

	unit[strcspn(unit, "\n")] = '\0';
	if (unit == line || *unit != ' ')
		errx(1, "bench-memory says: %s", line);
	results_add_figure(results, &(struct figure){ .task = "memory",
						      .subject = strdup(subject),
						      .unit = strdup(unit + 1),
						      .workload = workload,
						      .value = value });
}

static void run_case(const char *name, const struct subject *subject, struct results *results)
{
	char command[4096], line[200];
	FILE *f;

	snprintf(command, sizeof(command), "'%s' '%s' %d", BENCH_MEMORY, name, subject->pids[0]);
	f = popen(command, "re");
	if (!f)
		err(1, "%s", command);
	while (fgets(line, sizeof(line), f))
		add_line(results, name, subject->workload, line);
	if (pclose(f) != 0)
		errx(1, "%s failed", command);
}

static void run(const struct extra *extra, const struct workload *workload, const char *dir,
		const struct plan *plan, struct results *results)
{
	struct subject subject;
	char name[100];
	FILE *f = popen("'" BENCH_MEMORY "' --list", "re");

	(void)extra;
	(void)plan;
	if (!f)
		err(1, "%s", BENCH_MEMORY);
	subject_start_unseen(&subject, workload, dir, NULL);
	while (fgets(name, sizeof(name), f)) {
		name[strcspn(name, "\n")] = '\0';
		run_case(name, &subject, results);
	}
	pclose(f);
	subject_end(&subject);
}

const struct extra extra_memory = {
	"memory",
	"memory of the caller, above what there was before",
	1U << W1 | 1U << W4,
	run,
};
