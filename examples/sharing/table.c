/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table for people: one row for each object, or for each mapping of it. "?" is
 * not known, "-" is nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/table.h"
#include "sharing.h"

/* As many processes are named in a row; --users and --json name all. */
enum { NAMED = 8 };

static char *shown_size(const struct view *view, const struct mf_object *o)
{
	if (!(o->has & MF_HAS_STAT))
		return format("?");
	return view->bytes ? format("%llu", (unsigned long long)o->st_size) : size_text(o->st_size);
}

static void write_process(FILE *to, const struct view *view, int pid, const char **last)
{
	const struct process *p = scan_process(view->scan, pid);
	const char *name = p && p->name ? p->name : "";
	char *escaped;

	if (*last && strcmp(*last, name) == 0) {
		fprintf(to, ",%d", pid);
		return;
	}
	escaped = escape_name(name, strlen(name));
	fprintf(to, "%s%s:%d", *last ? " " : "", escaped, pid);
	free(escaped);
	*last = name;
}

/* "postgres:812,813 psql:900 +3": users come by process, so each one's are together. */
static char *who_text(const struct view *view, const struct mf_object *o)
{
	const struct mf_object_user *user;
	const char *last = NULL;
	char *text = NULL;
	size_t len, n = 0;
	int32_t pid = 0;
	uint64_t i;
	FILE *to = not_null(open_memstream(&text, &len));

	for (i = 0; mf_objects_user(view->scan->objects, o, i, &user) > 0; i++) {
		if (user->pid != pid && n++ < NAMED)
			write_process(to, view, user->pid, &last);
		pid = user->pid;
	}
	if (n > NAMED)
		fprintf(to, " +%zu", n - NAMED);
	return not_null(fclose(to) == 0 ? text : NULL);
}

static void print_objects(const struct view *view)
{
	static const struct table_column columns[] = {
		{ "KIND", 0 },
		{ "SIZE", SCOLS_FL_RIGHT },
		{ "SEALS", SCOLS_FL_WRAP },
		{ "LINKS", SCOLS_FL_RIGHT },
		{ "PROCS", SCOLS_FL_RIGHT },
		{ "USERS", SCOLS_FL_RIGHT },
		{ "WHO", SCOLS_FL_WRAP },
		{ "NAME", SCOLS_FL_WRAP },
	};
	struct libscols_table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t i;

	for (i = 0; i < view->n_objects; i++) {
		const struct mf_object *o = view->objects[i];
		struct libscols_line *line = not_null(scols_table_new_line(table, NULL));
		bool known = o->has & MF_HAS_STAT;

		table_set(line, 0, format("%s", mf_kind_name(o->kind)));
		table_set(line, 1, shown_size(view, o));
		table_set(line, 2, seals_text(o));
		table_set(line, 3, known ? format("%u", o->st_nlink) : format("?"));
		table_set(line, 4, format("%llu", (unsigned long long)o->n_processes));
		table_set(line, 5, format("%llu", (unsigned long long)o->n_users));
		table_set(line, 6, who_text(view, o));
		table_set(line, 7, name_text(o));
	}
	table_print(table);
}

/* What tells two objects of one name apart. */
static char *identity_text(const struct mf_object *o)
{
	if (o->has & MF_HAS_STAT)
		return format("%02x:%02x:%llu", o->st_dev_major, o->st_dev_minor,
			      (unsigned long long)o->st_ino);
	if (o->has & MF_HAS_DEV)
		return format("%02x:%02x:%llu?", o->dev_major, o->dev_minor,
			      (unsigned long long)o->inode);
	return format("?");
}

static char *process_text(const struct view *view, int pid)
{
	const char *last = NULL;
	char *text = NULL;
	size_t len;
	FILE *to = not_null(open_memstream(&text, &len));

	write_process(to, view, pid, &last);
	return not_null(fclose(to) == 0 ? text : NULL);
}

static void add_user(const struct view *view, struct libscols_table *table,
		     const struct mf_object *o, const struct mf_object_user *user)
{
	struct libscols_line *line = not_null(scols_table_new_line(table, NULL));

	table_set(line, 0, process_text(view, user->pid));
	table_set(line, 1,
		  format("%llx-%llx", (unsigned long long)user->start,
			 (unsigned long long)user->end));
	table_set(line, 2, prot_text(user->prot, user->flags & MF_MAPPING_SHARED));
	table_set(line, 3, format("%llx", (unsigned long long)user->offset));
	table_set(line, 4, format("%s", mf_kind_name(o->kind)));
	table_set(line, 5, shown_size(view, o));
	table_set(line, 6, identity_text(o));
	table_set(line, 7, name_text(o));
}

static void print_users(const struct view *view)
{
	static const struct table_column columns[] = {
		{ "PROCESS", 0 }, { "RANGE", SCOLS_FL_RIGHT },
		{ "PROT", 0 },	  { "OFFSET", SCOLS_FL_RIGHT },
		{ "KIND", 0 },	  { "SIZE", SCOLS_FL_RIGHT },
		{ "OBJECT", 0 },  { "NAME", SCOLS_FL_WRAP },
	};
	struct libscols_table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	const struct mf_object_user *user;
	uint64_t j;
	size_t i;

	for (i = 0; i < view->n_objects; i++)
		for (j = 0; mf_objects_user(view->scan->objects, view->objects[i], j, &user) > 0;
		     j++)
			add_user(view, table, view->objects[i], user);
	table_print(table);
}

void print_table(const struct view *view)
{
	if (view->users)
		print_users(view);
	else
		print_objects(view);
}
