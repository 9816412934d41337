/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How fast libmapfiles is, next to the kernel calls that it cannot do without and to what users
 * would pick instead, on targets of its own making.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <common/text.h>

#include "extra.h"
#include "janitor.h"
#include "report.h"

/* Of common/text.h: memory ran out. */
const int status_of_failure = 1;

static const struct task *const tasks[] = {
	&task_all,     &task_files,    &task_find,    &task_open,
	&task_sharing, &task_everyone, &task_command, &task_commands,
};
#define N_TASKS (sizeof(tasks) / sizeof(tasks[0]))

static const struct extra *const extras[] = {
	&extra_cold, &extra_memory, &extra_kernel_memory, &extra_felt, &extra_instructions,
};
#define N_EXTRAS (sizeof(extras) / sizeof(extras[0]))

struct options {
	struct plan plan;
	const char *only, *workloads; /* names with commas in between; NULL: all */
	const char *json, *svg, *dir;
};

static void usage(FILE *to)
{
	fputs("usage: bench [OPTION...]\n"
	      "  -r, --rounds N           rounds of each measurement (default 9, at least 7)\n"
	      "  -q, --quick              few and short rounds, on W1: only to see that it works\n"
	      "  -o, --only TASK,...      these tasks only\n"
	      "  -w, --workload W1,...    these targets only\n"
	      "  -c, --contestant TEXT    only contestants with this in their name, and the floor\n"
	      "  -j, --json FILE          write all that was found there\n"
	      "  -s, --svg FILE           write a picture there\n"
	      "  -d, --dir DIR            where the mapped files are made\n"
	      "  -l, --list               list tasks, targets and contestants\n"
	      "  -h, --help               this\n",
	      to);
}

static void list(void)
{
	size_t i, j;

	for (i = 0; i < N_WORKLOADS; i++)
		printf("%s: %s\n", workloads[i].name, workloads[i].title);
	for (i = 0; i < N_TASKS; i++) {
		printf("\n%s: %s\n", tasks[i]->name, tasks[i]->title);
		for (j = 0; j < tasks[i]->n; j++)
			printf("  %s\n", tasks[i]->contestants[j].name);
	}
	puts("");
	for (i = 0; i < N_EXTRAS; i++)
		printf("%s: %s\n", extras[i]->name, extras[i]->title);
}

/* Whether a name is one of those in a list, which may be NULL for all. */
static bool is_in(const char *list_text, const char *name)
{
	size_t len = strlen(name);
	const char *at = list_text;

	if (!list_text)
		return true;
	while ((at = strstr(at, name))) {
		if ((at == list_text || at[-1] == ',') && (at[len] == ',' || !at[len]))
			return true;
		at += len;
	}
	return false;
}

static bool is_task(const char *name)
{
	size_t i;

	for (i = 0; i < N_TASKS; i++)
		if (strcmp(tasks[i]->name, name) == 0)
			return true;
	for (i = 0; i < N_EXTRAS; i++)
		if (strcmp(extras[i]->name, name) == 0)
			return true;
	return false;
}

static bool is_workload(const char *name)
{
	size_t i;

	for (i = 0; i < N_WORKLOADS; i++)
		if (strcmp(workloads[i].name, name) == 0)
			return true;
	return false;
}

static void check_names(const char *names, bool (*is_one)(const char *name), const char *what)
{
	char *text = names ? strdup(names) : NULL, *rest = text, *word;

	while (rest && (word = strsep(&rest, ",")))
		if (!is_one(word))
			errx(2, "no %s is named %s; see --list", what, word);
	free(text);
}

static unsigned int rounds(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || n < 7 || n > MAX_ROUNDS)
		errx(2, "--rounds takes a number from 7 to %d", MAX_ROUNDS);
	return (unsigned int)n;
}

static const struct option longs[] = {
	{ "rounds", required_argument, NULL, 'r' },
	{ "quick", no_argument, NULL, 'q' },
	{ "only", required_argument, NULL, 'o' },
	{ "workload", required_argument, NULL, 'w' },
	{ "contestant", required_argument, NULL, 'c' },
	{ "json", required_argument, NULL, 'j' },
	{ "svg", required_argument, NULL, 's' },
	{ "dir", required_argument, NULL, 'd' },
	{ "list", no_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void be_quick(struct options *options)
{
	options->plan.rounds = 2;
	options->plan.passes = 1;
	options->plan.turn_ns = 1000000;
	if (!options->workloads)
		options->workloads = "W1,S1,S2,P200,busy";
}

/* Where the option's text goes, or NULL: it has none, or is more than a text. */
static const char **text_of(struct options *options, int letter)
{
	switch (letter) {
	case 'o':
		return &options->only;
	case 'w':
		return &options->workloads;
	case 'c':
		return &options->plan.contestants;
	case 'j':
		return &options->json;
	case 's':
		return &options->svg;
	case 'd':
		return &options->dir;
	default:
		return NULL;
	}
}

static struct options parse(int argc, char **argv)
{
	struct options options = {
		.plan = { .rounds = 9, .passes = MAX_PASSES, .turn_ns = 14000000 },
		.dir = BENCH_DIR
	};
	bool quick = false;
	int c;

	while ((c = getopt_long(argc, argv, "r:qo:w:c:j:s:d:lh", longs, NULL)) != -1) {
		if (text_of(&options, c)) {
			*text_of(&options, c) = optarg;
		} else if (c == 'r') {
			options.plan.rounds = rounds(optarg);
		} else if (c == 'q') {
			quick = true;
		} else if (c == 'l') {
			list();
			exit(0);
		} else {
			usage(c == 'h' ? stdout : stderr);
			exit(c == 'h' ? 0 : 2);
		}
	}
	if (optind < argc)
		errx(2, "what is %s? See --help", argv[optind]);
	if (quick)
		be_quick(&options);
	check_names(options.only, is_task, "task");
	check_names(options.workloads, is_workload, "workload");
	return options;
}

/* A descriptor for each mapped file, and more. */
static void allow_many_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

const char *machine(void)
{
	static char text[300];
	char line[200], model[150] = "unknown processor";
	struct utsname uts;
	FILE *f = fopen("/proc/cpuinfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "model name : %149[^\n]", model) == 1)
			break;
	if (f)
		fclose(f);
	uname(&uts);
	snprintf(text, sizeof(text), "Linux %s, %s, %ld processors", uts.release, model,
		 sysconf(_SC_NPROCESSORS_ONLN));
	return text;
}

/* All tasks on one kind of target, which is made once for all of them. */
static size_t measure_on(enum workload_number number, const struct options *options,
			 const char *dir, struct results *results)
{
	struct subject subject;
	bool started = false;
	size_t i, n_wrong = 0;

	for (i = 0; i < N_TASKS; i++) {
		struct contest *contest;

		if (!(tasks[i]->workloads & 1U << number) || !is_in(options->only, tasks[i]->name))
			continue;
		if (!started)
			subject_start(&subject, &workloads[number], dir);
		started = true;
		contest = results_add_contest(results);
		contest_run(contest, tasks[i], &subject, &options->plan);
		report_contest(contest);
		n_wrong += contest->n_wrong;
	}
	if (started)
		subject_end(&subject);
	return n_wrong;
}

static void measure_extra(const struct extra *extra, const struct options *options, const char *dir,
			  struct results *results)
{
	size_t i;

	if (!is_in(options->only, extra->name))
		return;
	for (i = 0; i < N_WORKLOADS; i++)
		if (extra->workloads & 1U << i && is_in(options->workloads, workloads[i].name))
			extra->run(extra, &workloads[i], dir, &options->plan, results);
	report_figures(results, extra->name, extra->title);
}

int main(int argc, char **argv)
{
	struct options options = parse(argc, argv);
	struct results results = { 0 };
	const char *dir;
	size_t i, n_wrong = 0;

	allow_many_descriptors();
	srandom(1);
	printf("%s\n", machine());
	dir = temp_dir_in(options.dir);
	for (i = 0; i < N_WORKLOADS; i++)
		if (is_in(options.workloads, workloads[i].name))
			n_wrong += measure_on((enum workload_number)i, &options, dir, &results);
	for (i = 0; i < N_EXTRAS; i++)
		measure_extra(extras[i], &options, dir, &results);
	temp_dir_end();
	report_summary(&results);
	if (options.json)
		report_json(&results, options.json);
	if (options.svg)
		report_svg(&results, options.svg);
	results_free(&results);
	if (n_wrong)
		errx(1, "%zu contestants found something else than the truth: see above", n_wrong);
	return 0;
}
