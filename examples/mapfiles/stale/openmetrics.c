/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was found, as metrics. The text is what OpenMetrics and Prometheus's older format
 * have in common: gauges only, and the end that the former wants is a comment in the latter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../common/text.h"
#include "stale.h"

static void family(const char *name, const char *help)
{
	printf("# HELP mapfiles_stale_%s %s\n# TYPE mapfiles_stale_%s gauge\n", name, help, name);
}

/* What is no text must be some, and no two names the same: one label twice spoils the file. */
static char *label_text(const char *name)
{
	char *escaped = escape_words(name, strlen(name)), *hex;

	if (is_utf8(escaped, strlen(escaped)))
		return escaped;
	free(escaped);
	hex = hex_bytes(name, strlen(name));
	escaped = format("hex:%s", hex);
	free(hex);
	return escaped;
}

static void print_label(const char *name, const char *value)
{
	printf("%s=\"", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			putchar('\\');
		putchar(*value);
	}
	putchar('"');
}

static void print_unit_labels(const struct task *task)
{
	const struct unit *unit = &task->unit;
	bool of_manager = unit->manager == SYSTEM_MANAGER || unit->manager == USER_MANAGER;
	char *name = of_manager ? format("%s", unit->name) :
				  label_text(unit->name ? unit->name : task->name);

	print_label("manager", manager_names[unit->manager]);
	putchar(',');
	print_label("unit", name);
	/* Of two users' units, or programs, that are called the same. */
	if (unit->manager == USER_MANAGER || unit->manager == NO_MANAGER)
		printf(",uid=\"%u\"", unit->manager == USER_MANAGER ? unit->uid : task->uid);
	free(name);
}

static bool is_counted(const struct finding *f)
{
	return 1 << f->verdict & STALE;
}

static size_t stale_tasks(const struct group *g)
{
	const struct task *last = NULL;
	size_t i, n = 0;

	for (i = 0; i < g->n; i++) {
		if (!is_counted(&g->list[i]) || g->list[i].task == last)
			continue;
		last = g->list[i].task;
		n++;
	}
	return n;
}

static void print_processes(const struct report *report)
{
	struct group group;
	size_t at = 0;

	family("processes", "Processes that map files which were replaced, deleted or masked.");
	while (group_next(report, &at, &group)) {
		if (stale_tasks(&group) == 0)
			continue;
		printf("mapfiles_stale_processes{");
		print_unit_labels(group.list->task);
		printf("} %zu\n", stale_tasks(&group));
	}
}

static const char *package_of(const struct finding *f)
{
	return f->package ? f->package : "";
}

static bool is_one_series(const struct finding *a, const struct finding *b)
{
	return a->verdict == b->verdict && strcmp(package_of(a), package_of(b)) == 0;
}

static bool is_one_file(const struct finding *a, const struct finding *b)
{
	return a->object == b->object && strcmp(a->path, b->path) == 0;
}

static bool is_first(const struct group *g, size_t i,
		     bool (*alike)(const struct finding *a, const struct finding *b))
{
	size_t k;

	for (k = 0; k < i; k++)
		if (is_one_series(&g->list[k], &g->list[i]) && alike(&g->list[k], &g->list[i]))
			return false;
	return true;
}

static size_t files_of_series(const struct group *g, size_t first)
{
	size_t i, n = 0;

	for (i = first; i < g->n; i++)
		n += is_one_series(&g->list[i], &g->list[first]) && is_first(g, i, is_one_file);
	return n;
}

static void print_group_files(const struct group *g)
{
	char *package;
	size_t i;

	for (i = 0; i < g->n; i++) {
		if (!is_counted(&g->list[i]) || !is_first(g, i, is_one_series))
			continue;
		package = label_text(package_of(&g->list[i]));
		printf("mapfiles_stale_files{");
		print_unit_labels(g->list->task);
		putchar(',');
		print_label("package", package);
		putchar(',');
		print_label("verdict", stale_verdict_names[g->list[i].verdict]);
		printf("} %zu\n", files_of_series(g, i));
		free(package);
	}
}

static void print_files_metric(const struct report *report)
{
	struct group group;
	size_t at = 0;

	family("files", "Files that processes map and that were replaced, deleted or masked.");
	while (group_next(report, &at, &group))
		print_group_files(&group);
}

static size_t stale_groups(const struct report *report)
{
	struct group group;
	size_t at = 0, n = 0;

	while (group_next(report, &at, &group))
		n += stale_tasks(&group) > 0;
	return n;
}

static void print_value(const char *name, const char *help, double value)
{
	family(name, help);
	printf("mapfiles_stale_%s %.15g\n", name, value);
}

void print_openmetrics(const struct report *report)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	print_processes(report);
	print_files_metric(report);
	print_value("units", "Units, containers and programs that should be restarted.",
		    (double)stale_groups(report));
	family("scan_processes", "Processes, by whether they could be looked at.");
	printf("mapfiles_stale_scan_processes{result=\"looked_at\"} %llu\n"
	       "mapfiles_stale_scan_processes{result=\"refused\"} %llu\n",
	       (unsigned long long)report->n_processes, (unsigned long long)report->n_refused);
	print_value("scan_unreachable_files", "Files of which nothing can be told.",
		    (double)report->count[UNREACHABLE]);
	print_value("scan_complete", "1 if all could be judged, else 0.", !report->incomplete);
	print_value("scan_duration_seconds", "How long it took to look.", report->seconds);
	print_value("scan_timestamp_seconds", "When that was, in seconds since 1970.",
		    (double)now.tv_sec);
	puts("# EOF");
}
