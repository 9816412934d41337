/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of a process of which something was found.
 */
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/process.h"
#include "../../common/text.h"
#include "stale.h"

/* A process's begin has a resolution of 10 ms; a clock that was set may be off by more. */
enum { CLOCKS_DIFFER = 2 };

static const char *root_of(const struct report *report)
{
	return report->scan.proc_root ? report->scan.proc_root : "/proc";
}

static struct timespec since_boot(unsigned long long ticks)
{
	const long hz = sysconf(_SC_CLK_TCK);
	struct timespec now, up;
	long long ns;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	ns = (now.tv_sec - up.tv_sec + (long long)(ticks / (unsigned long long)hz)) * 1000000000LL +
	     now.tv_nsec - up.tv_nsec +
	     (long long)(ticks % (unsigned long long)hz) * (1000000000LL / hz);
	return (struct timespec){ .tv_sec = ns / 1000000000LL, .tv_nsec = ns % 1000000000LL };
}

/* Field 22 of stat; the second one, the name, may hold blanks and parentheses. */
static bool read_begin(const struct report *report, int pid, unsigned long long *ret_ticks)
{
	char *path = format("%s/%d/stat", root_of(report), pid), text[1024], *at;
	int fd = open(path, O_RDONLY | O_CLOEXEC), field;
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	free(path);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	at = strrchr(text, ')');
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at, "%llu", ret_ticks) == 1;
}

static bool is_before(const struct timespec *began, const struct statx_timestamp *time)
{
	return time->tv_sec > began->tv_sec + CLOCKS_DIFFER;
}

bool task_began_before(const struct task *task, const struct statx_timestamp *time)
{
	return is_before(&task->began, time);
}

struct begin {
	int pid;
	struct timespec began; /* far in the future: not known */
};

static int compare_begins(const void *one, const void *other)
{
	const struct begin *a = one, *b = other;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

bool pid_began_before(struct report *report, int pid, const struct statx_timestamp *time)
{
	struct begin *begin = not_null(calloc(1, sizeof(*begin))), **node;
	unsigned long long ticks;

	begin->pid = pid;
	node = not_null(tsearch(begin, &report->begins, compare_begins));
	if (*node != begin)
		free(begin);
	else if (read_begin(report, pid, &ticks))
		begin->began = since_boot(ticks);
	else
		begin->began.tv_sec = INT64_MAX / 2;
	return is_before(&(*node)->began, time);
}

/* The effective one, of the process itself: its directory is root's if it is not dumpable. */
static uint32_t read_uid(const struct report *report, int pid)
{
	char *path = format("%s/%d/status", root_of(report), pid), *line = NULL;
	FILE *from = fopen(path, "re");
	unsigned int uid = 0;
	size_t size = 0;

	free(path);
	while (from && getline(&line, &size, from) > 0)
		if (sscanf(line, "Uid: %*u %u", &uid) == 1)
			break;
	if (from)
		fclose(from);
	free(line);
	return uid;
}

static struct task *add_task(struct report *report, int pid, unsigned long long ticks)
{
	struct task *task = not_null(calloc(1, sizeof(*task)));

	*task = (struct task){
		.pid = pid,
		.ticks = ticks,
		.uid = read_uid(report, pid),
		.began = since_boot(ticks),
		.name = process_name(report->scan.proc_root, pid),
		.unit = unit_of(report->scan.proc_root, pid),
		.view = view_of(&report->views, pid),
	};
	if (!task->name)
		task->name = format("%s", "?");
	report->tasks = with_room(report->tasks, report->n_tasks, sizeof(task));
	report->tasks[report->n_tasks++] = task;
	return task;
}

/* A pid is given again; with the time at which it began it is one process's. */
struct task *task_of(struct report *report, int pid)
{
	unsigned long long ticks;
	size_t i;

	if (!read_begin(report, pid, &ticks))
		return NULL;
	for (i = report->n_tasks; i > 0; i--)
		if (report->tasks[i - 1]->pid == pid && report->tasks[i - 1]->ticks == ticks)
			return report->tasks[i - 1];
	return add_task(report, pid, ticks);
}

void tasks_free(struct report *report)
{
	size_t i;

	for (i = 0; i < report->n_tasks; i++) {
		free(report->tasks[i]->name);
		free(report->tasks[i]->unit.name);
		free(report->tasks[i]);
	}
	free(report->tasks);
	tdestroy(report->begins, free);
}
