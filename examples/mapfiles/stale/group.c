/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was found, in groups of what is restarted together.
 */
#include <stdlib.h>
#include <string.h>

#include "stale.h"

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static const char *program_or_unit(const struct task *task)
{
	return task->unit.name ? task->unit.name : task->name;
}

static int compare_tasks(const struct task *a, const struct task *b)
{
	int order = compare_numbers(a->unit.manager, b->unit.manager);

	/* The system's units first, what is in none last. */
	if (order)
		return a->unit.manager == NO_MANAGER ? 1 :
		       b->unit.manager == NO_MANAGER ? -1 :
						       order;
	order = strcmp(program_or_unit(a), program_or_unit(b));
	if (!order && a->unit.manager == USER_MANAGER)
		order = compare_numbers(a->unit.uid, b->unit.uid);
	if (!order && a->unit.manager == NO_MANAGER)
		order = compare_numbers(a->uid, b->uid);
	return order;
}

static int compare_findings(const void *one, const void *other)
{
	const struct finding *a = one, *b = other;
	int order = compare_tasks(a->task, b->task);

	if (!order)
		order = compare_numbers((uint64_t)a->task->pid, (uint64_t)b->task->pid);
	if (!order)
		order = compare_numbers(a->verdict, b->verdict);
	if (!order)
		order = strcmp(a->path, b->path);
	return order ? order : compare_numbers((uintptr_t)a->object, (uintptr_t)b->object);
}

void report_sort(struct report *report)
{
	if (report->n > 0)
		qsort(report->list, report->n, sizeof(*report->list), compare_findings);
}

static bool is_first_of_file(const struct finding *list, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (list[k].object == list[i].object && strcmp(list[k].path, list[i].path) == 0)
			return false;
	return true;
}

bool group_next(const struct report *report, size_t *at, struct group *ret)
{
	const struct finding *list = report->list + *at;
	size_t left = report->n - *at, i;

	if (left == 0)
		return false;
	*ret = (struct group){ .list = list };
	for (i = 0; i < left && compare_tasks(list->task, list[i].task) == 0; i++) {
		ret->n_tasks += i == 0 || list[i].task != list[i - 1].task;
		ret->n_files += is_first_of_file(list, i);
	}
	ret->n = i;
	*at += i;
	return true;
}
