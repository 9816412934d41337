/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was found, for programs: docs/json/stale.schema.json says what there is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/json.h"
#include "../../common/text.h"
#include "stale.h"

static void put_optional(struct json_object *to, const char *key, const char *text)
{
	if (text)
		put_name(to, key, text, strlen(text));
}

static void put_unit(struct json_object *to, const struct task *task)
{
	put_text(to, "manager", manager_names[task->unit.manager]);
	put_optional(to, "unit", task->unit.name);
}

static struct json_object *finding_object(const struct finding *f)
{
	struct json_object *o = not_null(json_object_new_object());

	put(o, "pid", json_object_new_int(f->task->pid));
	put_optional(o, "name", f->task->name);
	put_number(o, "uid", f->task->uid);
	put_unit(o, f->task);
	put_text(o, "verdict", stale_verdict_names[f->verdict]);
	put_optional(o, "reason", f->reason);
	put_bool(o, "uncertain", f->uncertain);
	put_optional(o, "path", f->path);
	put_optional(o, "package", f->package);
	put_device(o, "dev", f->object->dev_major, f->object->dev_minor);
	put_number(o, "inode", f->object->inode);
	put_number(o, "ranges", f->n_ranges);
	return o;
}

static struct json_object *pids_of(const struct group *g)
{
	struct json_object *list = not_null(json_object_new_array());
	size_t i;

	for (i = 0; i < g->n; i++)
		if (i == 0 || g->list[i].task != g->list[i - 1].task)
			json_object_array_add(list, json_object_new_int(g->list[i].task->pid));
	return list;
}

static bool is_first_of_package(const struct group *g, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (g->list[k].package && strcmp(g->list[k].package, g->list[i].package) == 0)
			return false;
	return true;
}

static struct json_object *packages_of(const struct group *g)
{
	struct json_object *list = not_null(json_object_new_array());
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->list[i].package && is_first_of_package(g, i))
			json_object_array_add(list, json_object_new_string(g->list[i].package));
	return list;
}

static bool is_stale(const struct group *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (1 << g->list[i].verdict & STALE)
			return true;
	return false;
}

static struct json_object *group_object(const struct group *g)
{
	struct json_object *o = not_null(json_object_new_object());
	const struct task *task = g->list->task;
	char *text = advice(task);

	put_unit(o, task);
	put_optional(o, "name", task->name);
	put_number(o, "uid", task->unit.manager == USER_MANAGER ? task->unit.uid : task->uid);
	put(o, "pids", pids_of(g));
	put(o, "packages", packages_of(g));
	put_number(o, "files", g->n_files);
	put_optional(o, "restart", is_stale(g) ? text : NULL);
	free(text);
	return o;
}

static struct json_object *missing(const struct report *report)
{
	struct json_object *list = not_null(json_object_new_array()), *o;
	const struct mf_objects_process *p;
	uint64_t i;

	for (i = 0; mf_objects_process(report->scan.objects, i, &p) > 0; i++) {
		if (!p->error)
			continue;
		o = not_null(json_object_new_object());
		put(o, "pid", json_object_new_int(p->pid));
		put_error(o, p->error);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *counts(const struct report *report)
{
	struct json_object *o = not_null(json_object_new_object());
	int i;

	for (i = 0; i < N_VERDICTS; i++)
		put_number(o, stale_verdict_names[i], report->count[i]);
	return o;
}

void print_json_report(const struct report *report)
{
	struct json_object *o = not_null(json_object_new_object());
	struct json_object *units = not_null(json_object_new_array());
	struct json_object *findings = not_null(json_object_new_array());
	struct group group;
	size_t at = 0, i;

	put_bool(o, "complete", !report->incomplete);
	put_bool(o, "all_files", report->all_files);
	put_number(o, "processes", report->n_processes);
	put(o, "counts", counts(report));
	while (group_next(report, &at, &group))
		json_object_array_add(units, group_object(&group));
	put(o, "units", units);
	for (i = 0; i < report->n; i++)
		json_object_array_add(findings, finding_object(&report->list[i]));
	put(o, "findings", findings);
	put(o, "missing", missing(report));
	write_object(o);
	puts("");
}
