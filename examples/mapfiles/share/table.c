/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table for people: one row for each object, or for each mapping of it. "?" is
 * not known, "-" is nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "share.h"

const struct column share_columns[SHARE_N_COLUMNS] = {
	[SHARE_KIND] = { "KIND", 0, 1, "file, memfd, sysv, shm, ..." },
	[SHARE_SIZE] = { "SIZE", SCOLS_FL_RIGHT, 0, "of the object" },
	[SHARE_SEALS] = { "SEALS", SCOLS_FL_WRAP, 5, "of a memfd" },
	[SHARE_LINKS] = { "LINKS", SCOLS_FL_RIGHT, 4, "hard links" },
	[SHARE_PROCS] = { "PROCS", SCOLS_FL_RIGHT, 2, "processes that map it" },
	[SHARE_USERS] = { "USERS", SCOLS_FL_RIGHT, 3, "mappings that show it" },
	[SHARE_WHO] = { "WHO", SCOLS_FL_WRAP, 0, "the processes; with --users the one" },
	[SHARE_RANGE] = { "RANGE", SCOLS_FL_RIGHT, RANK_ASKED, "--users: its addresses there" },
	[SHARE_PROT] = { "PROT", 0, RANK_ASKED, "--users: protection, s shared or p private" },
	[SHARE_OFFSET] = { "OFFSET", SCOLS_FL_RIGHT, RANK_ASKED,
			   "--users: where in the object, hexadecimal" },
	[SHARE_OBJECT] = { "OBJECT", 0, RANK_ASKED, "what tells it from others of its name" },
	[SHARE_NAME] = { "NAME", SCOLS_FL_WRAP, 0, "the kernel's name for it" },
};

bool share_wants_users(const struct output *output)
{
	return output_names(output, SHARE_RANGE) || output_names(output, SHARE_PROT) ||
	       output_names(output, SHARE_OFFSET);
}

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

/* What is the same in both kinds of row. */
static void add_row(const struct view *view, struct grid *grid, const struct mf_object *o)
{
	bool known = o->has & MF_HAS_STAT;

	grid_row(grid);
	grid_set(grid, SHARE_KIND, format("%s", mf_kind_name(o->kind)));
	grid_set(grid, SHARE_SIZE, shown_size(view, o));
	grid_set(grid, SHARE_SEALS, seals_text(o));
	grid_set(grid, SHARE_LINKS, known ? format("%u", o->st_nlink) : format("?"));
	grid_set(grid, SHARE_PROCS, format("%llu", (unsigned long long)o->n_processes));
	grid_set(grid, SHARE_USERS, format("%llu", (unsigned long long)o->n_users));
	grid_set(grid, SHARE_OBJECT, identity_text(o));
	grid_set(grid, SHARE_NAME, object_name(o));
	if (o->flags & MF_OBJECT_DELETED)
		grid_paint(grid, SHARE_NAME, PAINT_BAD);
}

static void add_object(const struct view *view, struct grid *grid, const struct mf_object *o)
{
	add_row(view, grid, o);
	grid_set(grid, SHARE_WHO, who_text(view, o));
}

static void add_users(const struct view *view, struct grid *grid, const struct mf_object *o)
{
	const struct mf_object_user *user;
	uint64_t i;

	for (i = 0; mf_objects_user(view->scan->objects, o, i, &user) > 0; i++) {
		add_row(view, grid, o);
		grid_set(grid, SHARE_WHO, process_text(view, user->pid));
		grid_set(grid, SHARE_RANGE,
			 format("%llx-%llx", (unsigned long long)user->start,
				(unsigned long long)user->end));
		grid_set(grid, SHARE_PROT, prot_text(user->prot, user->flags & MF_MAPPING_SHARED));
		grid_set(grid, SHARE_OFFSET, format("%llx", (unsigned long long)user->offset));
	}
}

static struct grid *new_grid(const struct view *view, const struct output *output)
{
	struct grid *grid = grid_new(output);

	if (!view->users)
		return grid;
	grid_rank(grid, SHARE_RANGE, 0);
	grid_rank(grid, SHARE_PROT, 1);
	grid_rank(grid, SHARE_OFFSET, 2);
	grid_rank(grid, SHARE_OBJECT, 3);
	grid_rank(grid, SHARE_SIZE, 4);
	grid_rank(grid, SHARE_SEALS, RANK_ASKED);
	grid_rank(grid, SHARE_LINKS, RANK_ASKED);
	grid_rank(grid, SHARE_PROCS, RANK_ASKED);
	grid_rank(grid, SHARE_USERS, RANK_ASKED);
	return grid;
}

void share_table(const struct view *view, const struct output *output)
{
	struct grid *grid = new_grid(view, output);
	size_t i;

	for (i = 0; i < view->n_objects; i++) {
		if (view->users)
			add_users(view, grid, view->objects[i]);
		else
			add_object(view, grid, view->objects[i]);
	}
	grid_print(grid);
}
