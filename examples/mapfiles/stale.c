/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles stale: which processes still map files that were replaced or deleted since, by
 * an upgrade for instance, and what to restart. This file reads the options and collects;
 * what became of a file, whose it is and how it is printed is in stale/.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../common/ctrl_c.h"
#include "../common/progress.h"
#include "../common/text.h"
#include "command.h"
#include "nearest.h"
#include "stale/file.h"
#include "stale/packages.h"
#include "stale/stale.h"

struct options {
	struct output output;
	struct report report;
	bool files;
	bool openmetrics;
	bool may_block;
	const char *output_name;
	char **words;
};

enum { OPENMETRICS = 0x300, MAY_BLOCK };

static const struct argp_option argp_options[] = {
	{ "files", 'f', NULL, 0, "one row for each file of each process", 0 },
	{ "all", 'a', NULL, 0, "data too, not programs and libraries alone", 0 },
	{ "verdicts", 'v', "LIST", 0, "which to list: replaced,deleted,masked; or all", 0 },
	{ "openmetrics", OPENMETRICS, NULL, 0, "metrics for Prometheus's node exporter", 0 },
	{ "output", 'O', "FILE", 0, "write to FILE, which is replaced as a whole", 0 },
	{ "may-block", MAY_BLOCK, NULL, 0, "ask file servers too, which may never answer", 0 },
	{ 0 },
};

static unsigned int parse_verdict(struct argp_state *state, const char *word)
{
	char *escaped, *nearest;
	unsigned int i;

	if (strcmp(word, "all") == 0)
		return (1u << N_VERDICTS) - 1;
	for (i = 0; i < N_VERDICTS; i++)
		if (strcmp(word, stale_verdict_names[i]) == 0)
			return 1u << i;
	escaped = escape_name(word, strlen(word));
	nearest = nearest_names(word, stale_verdict_names, N_VERDICTS);
	argp_error(state, "there is no verdict %s%s%s%s", escaped, nearest ? "; did you mean " : "",
		   nearest ? nearest : "", nearest ? "?" : "");
	return 0;
}

static unsigned int parse_verdicts(struct argp_state *state, const char *words)
{
	char *list = not_null(strdup(words)), *at = list, *word;
	unsigned int verdicts = 0;

	while ((word = strsep(&at, ",")))
		verdicts |= parse_verdict(state, word);
	free(list);
	return verdicts;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->report.scan;
		state->child_inputs[1] = &o->output;
		return 0;
	case 'f':
		o->files = true;
		return 0;
	case 'a':
		o->report.all_files = true;
		return 0;
	case 'v':
		o->report.wanted = parse_verdicts(state, arg);
		return 0;
	case OPENMETRICS:
		o->openmetrics = true;
		return 0;
	case 'O':
		o->output_name = arg;
		return 0;
	case MAY_BLOCK:
		o->may_block = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->words = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		if (o->openmetrics && o->output.json)
			argp_error(state, "--json or --openmetrics, not both");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options,
	parse,
	NULL,
	"Which processes still map programs and libraries that were replaced or deleted, as by an "
	"upgrade, and what to restart: all processes, or those that are given."
	"\v"
	"What a file's name leads to now, where the process lives, decides, and whether\n"
	"that is the very file that is mapped:\n"
	"  replaced     another file\n"
	"  deleted      nothing\n"
	"  masked       what is mounted over it\n"
	"and, listed only with --verdicts:\n"
	"  unreachable  cannot be told; --files says why\n"
	"  temporary    deleted, but never meant to stay: made by the program itself,\n"
	"               or in a directory that everybody may write to\n"
	"  written      the file itself, but written to since the process began\n"
	"  same         the file itself\n"
	"A ? behind it: told by device and inode numbers alone.\n"
	"\n"
	"Exit status: 0 nothing is stale; 4 something is replaced, deleted or masked;\n"
	"3 nothing that could be judged is, but not all could; or another failure;\n"
	"2 wrong usage.\n"
	"\n"
	"Examples:\n"
	"  sudo mapfiles stale                   what to restart\n"
	"  sudo mapfiles stale --files nginx     which files, of which processes\n",
	(const struct argp_child[]){ { &scan_argp, 0, NULL, 0 },
				     { &output_argp, 0, NULL, 0 },
				     { 0 } },
	NULL,
	NULL,
};

static void add_finding(struct report *report, const struct finding *finding)
{
	report->count[finding->verdict]++;
	if (!(report->wanted & 1u << finding->verdict)) {
		free(finding->path);
		return;
	}
	report->list = with_room(report->list, report->n, sizeof(*report->list));
	report->list[report->n++] = *finding;
}

static void judge_users(struct report *report, const struct mf_object *object,
			const struct mf_object_user *user, uint64_t n_ranges)
{
	struct finding finding;

	if (!judge(report, object, user, &finding))
		return;
	finding.n_ranges = n_ranges;
	if (finding.verdict == UNREACHABLE && !report->unreachable)
		report->unreachable = finding.reason;
	add_finding(report, &finding);
}

static bool was_judged(const struct report *report, const struct mf_object *object, uint64_t from,
		       uint64_t at, const char *path)
{
	const struct mf_object_user *user;

	for (; from < at && mf_objects_user(report->scan.objects, object, from, &user) > 0; from++)
		if (user->path && strcmp(user->path, path) == 0)
			return true;
	return false;
}

/* One verdict for each name: a process may map a file by two of its links. */
static void judge_names(struct report *report, const struct mf_object *object, uint64_t from,
			uint64_t to)
{
	const struct mf_object_user *user;
	uint64_t i;

	for (i = from; i < to && mf_objects_user(report->scan.objects, object, i, &user) > 0; i++)
		if (user->path && !was_judged(report, object, from, i, user->path))
			judge_users(report, object, user, to - from);
}

/* The mappings of one process, from the one at *at on; *at is behind them then. */
static void judge_process(struct report *report, const struct mf_object *object, uint64_t *at)
{
	const struct mf_object_user *first, *user;
	bool wanted = report->all_files;
	uint64_t from = *at;

	mf_objects_user(report->scan.objects, object, from, &first);
	while (mf_objects_user(report->scan.objects, object, *at, &user) > 0 &&
	       user->pid == first->pid) {
		wanted = wanted || user->prot & MF_PROT_EXEC;
		++*at;
	}
	if (wanted)
		judge_names(report, object, from, *at);
}

/* Memory that a driver made has a name like a file's, on the kernel's own mount. */
static bool is_memory(const struct mf_object *object)
{
	static uint32_t major, minor;
	struct statx st;
	int fd;

	if (!minor) {
		fd = memfd_create("", MFD_CLOEXEC);
		if (fd >= 0 && statx(fd, "", AT_EMPTY_PATH, STATX_INO, &st) == 0) {
			major = st.stx_dev_major;
			minor = st.stx_dev_minor;
		}
		if (fd >= 0)
			close(fd);
	}
	return minor && object->dev_major == major && object->dev_minor == minor;
}

static struct progress progress;

static void wipe_bar(void)
{
	progress_end(&progress);
}

static void judge_all(struct report *report)
{
	const struct mf_objects *objects = report->scan.objects;
	const uint64_t n = mf_objects_count(objects);
	const struct mf_object *o;
	uint64_t i, at;

	progress_begin_late(&progress, "judging");
	ctrl_c_begin(wipe_bar);
	for (i = 0; mf_objects_get(objects, i, &o) > 0; i++) {
		progress_step(&progress, i, n);
		if (o->kind != MF_KIND_FILE || is_memory(o))
			continue;
		for (at = 0; at < o->n_users;)
			judge_process(report, o, &at);
	}
	progress_end(&progress);
	ctrl_c_end();
}

static void find_packages(struct report *report)
{
	size_t i;

	report->packages = packages_new(&report->views);
	for (i = 0; i < report->n; i++)
		owner_want(report, &report->list[i]);
	for (i = 0; i < report->n; i++)
		owner_get(report, &report->list[i]);
}

static void count_processes(struct report *report)
{
	const struct mf_objects_process *p;
	uint64_t i;

	for (i = 0; mf_objects_process(report->scan.objects, i, &p) > 0; i++) {
		report->n_processes += p->error == 0;
		report->n_refused += p->error != 0 && p->error != -ESRCH;
	}
	report->incomplete = report->n_refused > 0 || report->count[UNREACHABLE] > 0;
}

static void print(const struct options *o)
{
	if (o->openmetrics)
		print_openmetrics(&o->report);
	else if (o->output.json)
		print_json_report(&o->report);
	else if (o->files)
		print_files(&o->report, &o->output);
	else
		print_units(&o->report, &o->output);
}

static bool print_to_file(const struct options *o)
{
	struct new_file file;
	int error = new_file_begin(&file, o->output_name);
	char *escaped;

	if (!error) {
		print(o);
		error = new_file_end(&file);
	}
	if (error) {
		escaped = escape_words(o->output_name, strlen(o->output_name));
		complain("%s: cannot be written: %s", escaped,
			 error == -EEXIST ? "it is there and no regular file" : strerror(-error));
		free(escaped);
	}
	return !error;
}

/* What is not listed, each once: whether somebody should look. */
static void tell(const struct options *o)
{
	const uint64_t *count = o->report.count;

	if (count[UNREACHABLE] > 0)
		complain("%llu files cannot be judged (--verdicts unreachable lists them), the "
			 "first: %s",
			 (unsigned long long)count[UNREACHABLE], o->report.unreachable);
	if (count[WRITTEN] > 0)
		complain("%llu files were written to since the processes that map them began, "
			 "which may run a mixture (--verdicts written lists them)",
			 (unsigned long long)count[WRITTEN]);
	if (isatty(STDOUT_FILENO) && o->report.n == 0)
		complain("of %llu processes none maps a file that is to be listed",
			 (unsigned long long)o->report.n_processes);
}

static int status_of(const struct report *report)
{
	if (report->count[REPLACED] + report->count[DELETED] + report->count[MASKED] > 0)
		return STATUS_ATTENTION;
	return report->incomplete ? STATUS_FAILED : STATUS_OK;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int look(struct options *o)
{
	struct report *report = &o->report;
	bool done;

	if (scan_open(&report->scan) < 0)
		return STATUS_FAILED;
	if (!views_open(&report->views, &report->scan, o->may_block)) {
		complain("/ cannot be looked into: %m");
		return STATUS_FAILED;
	}
	judge_all(report);
	find_packages(report);
	count_processes(report);
	report_sort(report);
	report->seconds += seconds();
	done = print_to_file(o);
	done = !scan_tell_missing(&report->scan) && done;
	tell(o);
	return done ? status_of(report) : STATUS_FAILED;
}

static void release(struct report *report)
{
	size_t i;

	for (i = 0; i < report->n; i++)
		free(report->list[i].path);
	free(report->list);
	tasks_free(report);
	if (report->packages)
		packages_free(report->packages);
	views_close(&report->views);
	scan_close(&report->scan);
}

int cmd_stale(int argc, char **argv)
{
	struct options o = {
		.output = { .columns = stale_columns, .n_columns = N_COLUMNS },
		.report = { .wanted = STALE, .seconds = -seconds() },
		.words = argv + argc,
	};
	int status;
	bool all;

	command_parse(&argp, argc, argv, &o);
	o.report.scan.ends_are_no_news = true;
	all = scan_targets(&o.report.scan, o.words);
	status = all || o.report.scan.targets.n > 0 ? look(&o) : STATUS_FAILED;
	release(&o.report);
	return all ? status : STATUS_FAILED;
}
