/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* checkpoint show: the manifest as tables. */
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/table.h"
#include "../common/text.h"
#include "checkpoint.h"
#include "manifest.h"

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

static const struct table_column process_columns[] = {
	{ "PID", SCOLS_FL_RIGHT },
	{ "PARENT", SCOLS_FL_RIGHT },
	{ "USES", SCOLS_FL_RIGHT },
	{ "NOT DUMPED", SCOLS_FL_RIGHT },
	{ "NAME", 0 },
	{ "PROGRAM", SCOLS_FL_WRAP },
};

static const struct table_column object_columns[] = {
	{ "ID", SCOLS_FL_RIGHT },      { "KIND", 0 },  { "SIZE", SCOLS_FL_RIGHT },
	{ "DATA", SCOLS_FL_RIGHT },    { "SEALS", 0 }, { "USES", SCOLS_FL_RIGHT },
	{ "OUTSIDE", SCOLS_FL_RIGHT }, { "IN", 0 },    { "NAME", SCOLS_FL_WRAP },
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t plain_bytes(const struct process *p)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < p->n_plain; i++)
		sum += p->plain[i].bytes;
	return sum;
}

static void add_process_row(struct libscols_table *table, const struct process *p, size_t n_uses)
{
	struct libscols_line *line = not_null(scols_table_new_line(table, NULL));

	table_set(line, 0, format("%d", p->pid));
	table_set(line, 1, p->parent == NO_PARENT ? format("-") : format("%d", p->parent_pid));
	table_set(line, 2, format("%zu", n_uses));
	table_set(line, 3, format("%llu", (unsigned long long)plain_bytes(p)));
	table_set(line, 4, name_text(&p->comm));
	table_set(line, 5, name_text(&p->exe));
}

static void show_processes(const struct checkpoint *c)
{
	struct libscols_table *table = table_new(process_columns, LENGTH(process_columns));
	size_t *uses = not_null(calloc(c->n_processes + 1, sizeof(*uses)));
	size_t i;

	for (i = 0; i < c->n_users; i++)
		uses[c->users[i].process]++;
	for (i = 0; i < c->n_processes; i++)
		add_process_row(table, &c->processes[i], uses[i]);
	free(uses);
	table_print(table);
}

static char *seals_text(const struct object *o)
{
	static const struct {
		uint32_t seal;
		const char *name;
	} names[] = {
		{ F_SEAL_SEAL, "seal" }, { F_SEAL_SHRINK, "shrink" },
		{ F_SEAL_GROW, "grow" }, { F_SEAL_WRITE, "write" },
		{ F_SEAL_EXEC, "exec" }, { F_SEAL_FUTURE_WRITE, "future-write" },
	};
	char *text = format("%s", ""), *longer;
	size_t i;

	for (i = 0; i < LENGTH(names); i++) {
		if (!o->has_seals || !(o->seals & names[i].seal))
			continue;
		longer = format("%s%s%s", text, *text ? "," : "", names[i].name);
		free(text);
		text = longer;
	}
	if (*text)
		return text;
	free(text);
	return format("-");
}

static char *content_text(const struct object *o)
{
	if (o->content == CONTENT_IMAGE)
		return format("%s", o->image);
	if (o->content == CONTENT_REFERENCE)
		return format("its path");
	return format("-");
}

static void add_object_row(struct libscols_table *table, const struct object *o, size_t id)
{
	struct libscols_line *line = not_null(scols_table_new_line(table, NULL));
	char *name = name_text(&o->name);

	table_set(line, 0, format("%zu", id));
	table_set(line, 1, format("%s", mf_kind_name(o->kind)));
	table_set(line, 2, format("%llu", (unsigned long long)o->size));
	table_set(line, 3,
		  o->content == CONTENT_IMAGE ? format("%llu", (unsigned long long)o->data) :
						format("-"));
	table_set(line, 4, seals_text(o));
	table_set(line, 5, format("%zu", o->n_users));
	table_set(line, 6, format("%zu", o->n_outside));
	table_set(line, 7, content_text(o));
	table_set(line, 8, format("%s%s", name, o->deleted ? " (deleted)" : ""));
	free(name);
}

static void show_objects(const struct checkpoint *c)
{
	struct libscols_table *table = table_new(object_columns, LENGTH(object_columns));
	size_t i;

	for (i = 0; i < c->n_objects; i++)
		add_object_row(table, &c->objects[i], i);
	table_print(table);
}

/* A sentence from the manifest, which anyone may have written; a blank may stay one. */
static void print_reason(const char *reason)
{
	const char *c;

	for (c = reason; *c; c++)
		putchar((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f ? '?' : *c);
	putchar('\n');
}

static void show_missing(const struct checkpoint *c)
{
	size_t i;

	for (i = 0; i < c->n_left_out; i++) {
		printf("process %d is not whole in the dump: ", c->left_out[i].pid);
		print_reason(c->left_out[i].reason);
	}
	for (i = 0; i < c->n_objects; i++) {
		if (c->objects[i].content != CONTENT_NONE)
			continue;
		printf("object %zu is not dumped: ", i);
		print_reason(c->objects[i].reason);
	}
	printf("Private pages are not dumped: those of anonymous memory, and those that a process\n"
	       "changed in a private mapping.\n");
}

enum status show(const char *directory)
{
	struct checkpoint c = { .root = 0 };
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return complain("%s: %s", directory, strerror(errno));
	ok = manifest_read(&c, fd);
	close(fd);
	if (ok) {
		show_processes(&c);
		putchar('\n');
		show_objects(&c);
		putchar('\n');
		show_missing(&c);
	}
	checkpoint_free(&c);
	return ok ? DONE : FAILED;
}
