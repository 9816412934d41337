/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of mapfiles stale share: what was found, of which process, and the
 * ways of printing it. Nothing here is part of the library.
 */
#ifndef STALE_H
#define STALE_H

#include <time.h>

#include "../output.h"
#include "unit.h"
#include "view.h"

enum verdict {
	REPLACED, /* its name leads to another file now */
	DELETED, /* its name leads nowhere */
	MASKED, /* a mount hides it: its name leads to what is mounted there */
	UNREACHABLE, /* cannot be told: see the reason */
	TEMPORARY, /* deleted, and never meant to stay: see the reason */
	WRITTEN, /* its name leads to it, but it was written since the process began */
	SAME, /* its name leads to it */
	N_VERDICTS,
};

extern const char *const stale_verdict_names[N_VERDICTS];

/* What restarting would mend. */
enum { STALE = 1 << REPLACED | 1 << DELETED | 1 << MASKED };

/* A process of which something was found. */
struct task {
	int pid;
	uint32_t uid;
	unsigned long long ticks; /* from boot to its begin */
	struct timespec began;
	char *name;
	struct unit unit;
	struct view *view; /* its root; NULL: may not be seen */
};

/* An object, and one process that maps it. */
struct finding {
	enum verdict verdict;
	const char *reason; /* a static text; NULL: the verdict says all */
	bool uncertain; /* by the numbers in maps alone */
	const struct mf_object *object;
	struct task *task;
	const struct view *view; /* in which its name was looked up; NULL: none */
	char *path; /* its name, without the kernel's mark */
	uint64_t n_ranges;
	const char *package; /* of packages; NULL: none is known */
};

struct report {
	struct scan scan;
	struct views views;
	struct packages *packages;
	bool all_files; /* data too, not programs and libraries alone */
	unsigned int wanted; /* bits of enum verdict: what is kept */
	struct task **tasks; /* in the order in which they were met */
	size_t n_tasks;
	void *begins; /* of pid_began_before() */
	struct finding *list; /* by unit, process and name */
	size_t n;
	uint64_t count[N_VERDICTS]; /* all, kept or not */
	const char *unreachable; /* the first reason */
	uint64_t n_processes, n_refused; /* looked at; not allowed to */
	bool incomplete; /* nothing stale among what could be judged is all that can be said */
	double seconds; /* that the scan took */
};

/* judge.c: the verdict on what a mapping shows; false: its process no longer maps that. */
bool judge(struct report *report, const struct mf_object *object, const struct mf_object_user *user,
	   struct finding *ret);

/* temporary.c: why a deleted file was never meant to stay; NULL if it was. */
struct look;
const char *why_temporary(const struct report *report, const struct view *view,
			  const struct look *look, const struct task *task);

/* task.c: NULL if the process is gone. That it is the one meant, the caller's look tells. */
struct task *task_of(struct report *report, int pid);
void tasks_free(struct report *report);

/* By more than what clocks differ. */
bool task_began_before(const struct task *task, const struct statx_timestamp *time);

/* The same of a process that may not be worth a task; remembered, so the pid may be another's. */
bool pid_began_before(struct report *report, int pid, const struct statx_timestamp *time);

/* owner.c: which package a file is of. All is asked for before the first is got. */
void owner_want(struct report *report, const struct finding *finding);
void owner_get(struct report *report, struct finding *finding);

/* One unit, or of what is in none one program of one user: what is restarted together. */
struct group {
	const struct finding *list; /* n in sequence */
	size_t n;
	size_t n_tasks;
	size_t n_files;
};

/* group.c: the next group behind *at, which begins at 0; false: there is none. */
bool group_next(const struct report *report, size_t *at, struct group *ret);
void report_sort(struct report *report);

/* advice.c: what to do about a group, malloc'ed; and what to call it. */
char *advice(const struct task *task);
char *unit_title(const struct task *task);

/* table.c, json.c, openmetrics.c: to standard output. */
enum { UNIT, PROCESS, USER, VERDICT, PACKAGE, FILES, RESTART, N_COLUMNS };
extern const struct column stale_columns[N_COLUMNS];
void print_units(const struct report *report, const struct output *output);
void print_files(const struct report *report, const struct output *output);
void print_json_report(const struct report *report);
void print_openmetrics(const struct report *report);

#endif
