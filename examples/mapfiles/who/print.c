/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who maps the file: a table for people, JSON for programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "../../common/json.h"
#include "../../common/refusal.h"
#include "who.h"

const char *const verdict_names[N_VERDICTS] = {
	[SAME] = "same",
	[REPLACED] = "replaced",
	[MASKED] = "masked",
	[DELETED] = "deleted",
};

const struct column who_columns[WHO_N_COLUMNS] = {
	[WHO_PID] = { "PID", SCOLS_FL_RIGHT, 0, "the process" },
	[WHO_COMMAND] = { "COMMAND", 0, 2, "its name" },
	[WHO_VERDICT] = { "VERDICT", 0, 0, "same, replaced, masked or deleted" },
	[WHO_PROT] = { "PROT", 0, 1, "protection, s shared or p private" },
	[WHO_RANGES] = { "RANGES", SCOLS_FL_RIGHT, 3, "how many mappings" },
	[WHO_RANGE] = { "RANGE", SCOLS_FL_RIGHT, RANK_ASKED, "--ranges: its addresses" },
	[WHO_OFFSET] = { "OFFSET", SCOLS_FL_RIGHT, RANK_ASKED,
			 "--ranges: where in the file, hexadecimal" },
	[WHO_NAME] = { "NAME", SCOLS_FL_WRAP, 0, "what the process calls it" },
};

/* Whether both are about one process and one object: a row without --ranges. */
static bool is_same_row(const struct answer *a, const struct answer *b)
{
	return a->user->pid == b->user->pid && a->object == b->object;
}

static size_t end_of_row(const struct answers *answers, size_t from)
{
	size_t i = from + 1;

	while (i < answers->n && !answers->ranges &&
	       is_same_row(&answers->list[from], &answers->list[i]))
		i++;
	return i;
}

/* Of a file that had the name what is behind that is the kernel's mark, as in other tables. */
static char *shown_name(const struct answers *answers, const struct answer *a)
{
	bool deleted = a->verdict == REPLACED || a->verdict == DELETED;
	size_t len = deleted ? strlen(answers->file->path) : a->user->path_len;
	char *name = a->user->path ? escape_name(a->user->path, len) : format("-");
	char *marked = format("%s%s%s", name, deleted ? " (deleted)" : "",
			      a->object->flags & MF_OBJECT_UNCERTAIN ? " (uncertain)" : "");

	free(name);
	return marked;
}

/* All that the process may do with it, and whether one of its mappings is shared. */
static char *all_prot(const struct answers *answers, size_t from, size_t to)
{
	uint32_t prot = 0, flags = 0;

	for (; from < to; from++) {
		prot |= answers->list[from].user->prot;
		flags |= answers->list[from].user->flags;
	}
	return prot_text(prot, flags & MF_MAPPING_SHARED);
}

static char *comm_text(const struct answers *answers, int pid)
{
	const struct process *p = scan_process(answers->scan, pid);

	return p && p->name ? escape_name(p->name, strlen(p->name)) : format("?");
}

static void add_row(const struct answers *answers, struct grid *grid, size_t from, size_t to)
{
	const struct answer *a = &answers->list[from];

	grid_row(grid);
	grid_set(grid, WHO_PID, format("%d", a->user->pid));
	grid_set(grid, WHO_COMMAND, comm_text(answers, a->user->pid));
	grid_set(grid, WHO_VERDICT, format("%s", verdict_names[a->verdict]));
	grid_paint(grid, WHO_VERDICT, a->verdict == SAME ? PAINT_GOOD : PAINT_BAD);
	grid_set(grid, WHO_PROT, all_prot(answers, from, to));
	grid_set(grid, WHO_RANGES, format("%zu", to - from));
	grid_set(grid, WHO_RANGE,
		 format("%llx-%llx", (unsigned long long)a->user->start,
			(unsigned long long)a->user->end));
	grid_set(grid, WHO_OFFSET, format("%llx", (unsigned long long)a->user->offset));
	grid_set(grid, WHO_NAME, shown_name(answers, a));
}

void who_table(const struct answers *answers, const struct output *output)
{
	struct grid *grid = grid_new(output);
	size_t from, to;

	if (answers->ranges) {
		grid_rank(grid, WHO_RANGES, RANK_ASKED);
		grid_rank(grid, WHO_RANGE, 0);
		grid_rank(grid, WHO_OFFSET, 2);
	}
	for (from = 0; from < answers->n; from = to) {
		to = end_of_row(answers, from);
		add_row(answers, grid, from, to);
	}
	grid_print(grid);
}

static void put_user(struct json_object *list, const struct mf_object_user *user)
{
	struct json_object *o = not_null(json_object_new_object());

	put_address(o, "start", user->start);
	put_address(o, "end", user->end);
	put_number(o, "offset", user->offset);
	put_prot(o, user->prot, user->flags & MF_MAPPING_SHARED);
	put_name(o, "path", user->path, user->path_len);
	json_object_array_add(list, o);
}

static size_t write_process(const struct answers *answers, size_t from)
{
	const struct answer *a = &answers->list[from];
	const struct process *p = scan_process(answers->scan, a->user->pid);
	struct json_object *o = not_null(json_object_new_object());
	struct json_object *users = not_null(json_object_new_array());

	put(o, "pid", json_object_new_int(a->user->pid));
	put_name(o, "name", p ? p->name : NULL, p && p->name ? strlen(p->name) : 0);
	put_text(o, "verdict", verdict_names[a->verdict]);
	put_bool(o, "uncertain", a->object->flags & MF_OBJECT_UNCERTAIN);
	for (; from < answers->n && is_same_row(a, &answers->list[from]); from++)
		put_user(users, answers->list[from].user);
	put(o, "users", users);
	write_object(o);
	return from;
}

static void write_file(const struct file *file)
{
	struct json_object *o = not_null(json_object_new_object());

	put_name(o, "path", file->path, file->path ? strlen(file->path) : 0);
	put_bool(o, "exists", file->path_fd >= 0);
	if (file->path_fd >= 0) {
		put_device(o, "dev", major(file->st.st_dev), minor(file->st.st_dev));
		put_number(o, "inode", file->st.st_ino);
		put_number(o, "links", file->st.st_nlink);
	}
	write_object(o);
}

static void write_missing(const struct scan *scan)
{
	const struct mf_objects_process *p;
	struct json_object *o;
	bool later = false;
	uint64_t i;

	for (i = 0; mf_objects_process(scan->objects, i, &p) > 0; i++) {
		if (!p->error)
			continue;
		fputs(later ? ",\n" : "\n", stdout);
		later = true;
		o = not_null(json_object_new_object());
		put(o, "pid", json_object_new_int(p->pid));
		put_error(o, p->error);
		write_object(o);
	}
}

void who_json(const struct answers *answers)
{
	size_t i = 0;

	fputs("{\"file\":", stdout);
	write_file(answers->file);
	fputs(",\"processes\":[", stdout);
	while (i < answers->n) {
		fputs(i > 0 ? ",\n" : "\n", stdout);
		i = write_process(answers, i);
	}
	fputs("\n],\"missing\":[", stdout);
	write_missing(answers->scan);
	fputs("\n]}\n", stdout);
}
