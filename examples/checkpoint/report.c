/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a restore came to, for people and for programs. */
#include <stdio.h>
#include <stdlib.h>

#include "../common/json.h"
#include "../common/table.h"
#include "../common/text.h"
#include "restore.h"

struct sums {
	size_t n_objects, n_users, n_not_restored;
	size_t how[HOW_REMAPPED + 1];
	size_t n_moved, n_peeked, n_seen, n_differ;
	uint64_t bytes, compared;
};

static void sum_user(struct sums *s, const struct restoring *r, size_t user)
{
	const struct placed *p = &r->placed[user];

	s->n_users++;
	s->how[p->how]++;
	s->n_moved += p->how != HOW_NOT && p->moved;
	s->n_peeked += p->peeked;
	s->n_seen += p->seen;
	s->n_differ += p->differs;
	s->compared += p->compared;
}

static void sum_object(struct sums *s, const struct restoring *r, const struct object *o)
{
	size_t i;

	s->n_objects++;
	s->n_not_restored += o->content == CONTENT_NONE;
	s->bytes += o->content == CONTENT_NONE ? 0 : o->size;
	for (i = 0; i < o->n_users; i++)
		sum_user(s, r, o->first_user + i);
}

static void add_row(struct libscols_table *table, const char *what, const struct sums *s)
{
	struct libscols_line *line = not_null(scols_table_new_line(table, NULL));

	table_set(line, 0, format("%s", what));
	table_set(line, 1, format("%zu", s->n_objects - s->n_not_restored));
	table_set(line, 2, format("%zu", s->n_not_restored));
	table_set(line, 3, format("%llu", (unsigned long long)s->bytes));
	table_set(line, 4, format("%zu", s->how[HOW_CREATED]));
	table_set(line, 5, format("%zu", s->how[HOW_OPENED]));
	table_set(line, 6, format("%zu", s->how[HOW_REMAPPED]));
	table_set(line, 7, format("%zu", s->n_moved));
	table_set(line, 8, format("%llu", (unsigned long long)s->compared));
	table_set(line, 9, format("%zu", s->n_differ));
	table_set(line, 10, format("%zu/%zu", s->n_seen, s->n_peeked));
}

static const struct table_column columns[] = {
	{ "KIND", 0 },
	{ "OBJECTS", SCOLS_FL_RIGHT },
	{ "LEFT OUT", SCOLS_FL_RIGHT },
	{ "BYTES", SCOLS_FL_RIGHT },
	{ "FIRST", SCOLS_FL_RIGHT },
	{ "BY LINK", SCOLS_FL_RIGHT },
	{ "REMAPPED", SCOLS_FL_RIGHT },
	{ "MOVED", SCOLS_FL_RIGHT },
	{ "EQUAL BYTES", SCOLS_FL_RIGHT },
	{ "DIFFER", SCOLS_FL_RIGHT },
	{ "SEEN", SCOLS_FL_RIGHT },
};

static void print_tasks(const struct restoring *r)
{
	size_t i;

	printf("tasks (process in the dump: task):");
	for (i = 0; i < r->c.n_processes; i++)
		printf(" %d:%d", r->c.processes[i].pid, r->pids[i]);
	printf("\n");
}

void report_table(const struct restoring *r)
{
	struct libscols_table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	struct sums all = { 0 }, one;
	uint32_t kind;
	size_t i;

	for (kind = 0; kind <= MF_KIND_SPECIAL; kind++) {
		one = (struct sums){ 0 };
		for (i = 0; i < r->c.n_objects; i++)
			if (r->c.objects[i].kind == kind)
				sum_object(&one, r, &r->c.objects[i]);
		if (one.n_objects > 0)
			add_row(table, mf_kind_name(kind), &one);
	}
	for (i = 0; i < r->c.n_objects; i++)
		sum_object(&all, r, &r->c.objects[i]);
	add_row(table, "all", &all);
	table_print(table);
	printf("%zu tasks, %zu mappings; %s\n", r->c.n_processes, all.n_users - all.how[HOW_NOT],
	       r->n_failures ? "NOT all checks hold" : "all checks hold");
	if (r->options->keep)
		print_tasks(r);
}

static const char *how_text(uint8_t how)
{
	static const char *const texts[] = { "not", "created", "opened", "remapped" };

	return texts[how];
}

static struct json_object *of_user(const struct restoring *r, size_t user)
{
	const struct user *u = &r->c.users[user];
	const struct placed *p = &r->placed[user];
	struct json_object *o = not_null(json_object_new_object());

	put_number(o, "pid", (uint64_t)r->c.processes[u->process].pid);
	put_number(o, "task", (uint64_t)r->pids[u->process]);
	put_address(o, "start", u->start);
	put_address(o, "address", p->address);
	put_number(o, "length", u->end - u->start);
	put_number(o, "offset", u->offset);
	put_prot(o, u->prot, u->shared);
	put_text(o, "how", how_text(p->how));
	put_number(o, "compared", p->compared);
	put_bool(o, "equal", !p->differs);
	put_bool(o, "looked_for_write", p->peeked);
	put_bool(o, "saw_write", p->seen);
	return o;
}

static void print_object(const struct restoring *r, size_t id)
{
	const struct object *o = &r->c.objects[id];
	size_t i;

	printf("%s{\"id\":%zu,\"kind\":\"%s\",\"restored\":%s,\"users\":[", id ? ",\n" : "\n", id,
	       mf_kind_name(o->kind), o->content == CONTENT_NONE ? "false" : "true");
	for (i = 0; i < o->n_users; i++) {
		printf("%s", i ? ",\n" : "\n");
		write_object(of_user(r, o->first_user + i));
	}
	printf("]}");
}

void report_json(const struct restoring *r)
{
	size_t i;

	printf("{\"ok\":%s,\"complete\":%s,\"failures\":%zu,\n\"tasks\":[",
	       r->n_failures ? "false" : "true", is_incomplete(&r->c) ? "false" : "true",
	       r->n_failures);
	for (i = 0; i < r->c.n_processes; i++)
		printf("%s{\"pid\":%d,\"task\":%d}", i ? "," : "", r->c.processes[i].pid,
		       r->pids[i]);
	printf("],\n\"objects\":[");
	for (i = 0; i < r->c.n_objects; i++)
		print_object(r, i);
	printf("]}\n");
}
