/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The boxes of a picture: processes, and the objects that they map.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dot.h"

/* Names in a box, lines in its tooltip. */
enum { NAMED = 3, TOLD = 24 };

const struct theme_look looks[N_THEMES] = {
	[THEME_ANON] = { "shared anonymous memory", "shared anonymous memories", "#d6e6fb",
			 "#2b67b1" },
	[THEME_MEMFD] = { "memfd", "memfds", "#d8f0d8", "#2f7d32" },
	[THEME_SYSV] = { "SysV shared memory", "SysV shared memories", "#e9ddf7", "#6b46a3" },
	[THEME_POSIX] = { "POSIX shared memory", "POSIX shared memories", "#d2f1f1", "#1b7f82" },
	[THEME_HUGETLB] = { "huge pages", "huge page mappings", "#fbdfe8", "#ad3563" },
	[THEME_OTHER] = { "other object", "other objects", "#fde8cc", "#b06a12" },
	[THEME_FILE] = { "file", "files", "#f2f2f2", "#8c8c8c" },
};

const char *const colours[N_WAYS] = {
	[WAY_WRITTEN] = "#c0392b",
	[WAY_READ] = "#2b67b1",
	[WAY_PRIVATE] = "#a6a6a6",
};

static void put_pids(const struct actor *a)
{
	size_t i;

	for (i = 0; i < a->n_processes && i < 2 * NAMED; i++)
		printf("%s%d", i ? ", " : "", a->processes[i]->pid);
	if (i < a->n_processes)
		printf(" and %zu more", a->n_processes - i);
}

static size_t shown_len(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	return len > LONGEST ? LONGEST : len;
}

/* All as wide as the widest, so that their lines begin below each other. In inches. */
double process_width(const struct graph *graph)
{
	const struct process *p;
	size_t longest = 0, i;

	for (i = 0; i < graph->n_processes; i++) {
		p = graph->processes[i].processes[0];
		longest = shown_len(p->name) > longest ? shown_len(p->name) : longest;
		longest = shown_len(p->role) > longest ? shown_len(p->role) : longest;
	}
	return 0.3 + 0.085 * (double)longest;
}

void put_process(const struct graph *graph, size_t index)
{
	const struct actor *a = &graph->processes[index];
	const struct process *p = a->processes[0];

	printf("\tp%zu [label=<<table border=\"0\" cellspacing=\"0\" cellpadding=\"1\">"
	       "<tr><td><b>",
	       index);
	if (p->name)
		draw_bytes(p->name, strlen(p->name), LONGEST);
	else
		printf("(ended)");
	printf("</b>");
	if (a->n_processes > 1)
		printf(" &#215;&#8201;%zu", a->n_processes);
	printf("</td></tr>");
	if (p->role) {
		printf("<tr><td>");
		draw_bytes(p->role, strlen(p->role), LONGEST);
		printf("</td></tr>");
	}
	printf("<tr><td><font point-size=\"10\" color=\"#555555\">");
	put_pids(a);
	printf("</font></td></tr></table>>, tooltip=\"");
	put_pids(a);
	printf("\"];\n");
}

static void widen(struct row *row, const struct edge *edge)
{
	enum way way;

	for (way = 0; way < N_WAYS; way++) {
		if (edge->ways[way].bytes < row->least.ways[way].bytes)
			row->least.ways[way].bytes = edge->ways[way].bytes;
		if (edge->ways[way].bytes > row->most.ways[way].bytes)
			row->most.ways[way].bytes = edge->ways[way].bytes;
	}
}

size_t row_of(const struct row *rows, size_t n, const struct edge *edge)
{
	size_t i = 0;

	while (i < n && compare_ways(&rows[i].least, edge) != 0)
		i++;
	return i;
}

struct row *make_rows(const struct group *group, size_t *ret_n)
{
	struct row *rows = NULL;
	size_t n = 0, i, at;

	for (i = 0; i < group->n_edges; i++) {
		at = row_of(rows, n, &group->edges[i]);
		if (at == n) {
			rows = with_room(rows, n, sizeof(*rows));
			rows[n++] = (struct row){ group->edges[i], group->edges[i] };
		}
		widen(&rows[at], &group->edges[i]);
	}
	*ret_n = n;
	return rows;
}

enum way way_of(const struct edge *edge)
{
	if (edge->ways[WAY_WRITTEN].bytes)
		return WAY_WRITTEN;
	return edge->ways[WAY_READ].bytes ? WAY_READ : WAY_PRIVATE;
}

static void put_way(const struct row *row, enum way way)
{
	uint64_t least = row->least.ways[way].bytes, most = row->most.ways[way].bytes;

	printf("<font point-size=\"10\" color=\"%s\">",
	       way == WAY_PRIVATE ? "#555555" : colours[way]);
	draw_text(way == WAY_PRIVATE ? format("private") :
				       prot_text(row->least.ways[way].prot, true),
		  SIZE_MAX);
	putchar(' ');
	draw_size(least);
	if (most > least) {
		printf(" to ");
		draw_size(most);
	}
	printf("</font><br align=\"left\"/>");
}

static void put_row(const struct row *row, size_t index)
{
	enum way way;

	printf("<td port=\"r%zu\" align=\"left\" balign=\"left\" width=\"80\">", index);
	for (way = 0; way < N_WAYS; way++)
		if (row->least.ways[way].bytes)
			put_way(row, way);
	printf("</td>");
}

static void put_one(const struct group *group)
{
	const struct theme_look *look = &looks[group->theme];
	const struct mf_object *o = group->objects[0];

	printf("<b>");
	if (group->theme == THEME_ANON)
		printf("%s", look->one);
	else
		draw_short_name(o);
	printf("</b><br align=\"left\"/>");
	if (group->theme != THEME_ANON)
		printf("%s, ", group->theme == THEME_OTHER ? mf_kind_name(o->kind) : look->one);
	draw_size(group->size);
	printf("<br align=\"left\"/>");
}

/* How many are called as this one is; 0 if one before it is. */
static size_t count_alike(const struct group *group, size_t index)
{
	size_t n = 0, i;

	for (i = 0; i < group->n_objects; i++) {
		if (!is_called_alike(group->objects[i], group->objects[index]))
			continue;
		if (i < index)
			return 0;
		n++;
	}
	return n;
}

static void put_names(const struct group *group)
{
	size_t named = 0, told = 0, n, i;

	for (i = 0; i < group->n_objects && named < NAMED; i++) {
		n = count_alike(group, i);
		if (n == 0)
			continue;
		named++;
		told += n;
		draw_short_name(group->objects[i]);
		if (n > 1)
			printf(" &#215;&#8201;%zu", n);
		printf("<br align=\"left\"/>");
	}
	if (told < group->n_objects)
		printf("and %zu more<br align=\"left\"/>", group->n_objects - told);
}

static void put_several(const struct group *group)
{
	printf("<b>%zu %s</b>, ", group->n_objects, looks[group->theme].many);
	draw_size(group->size);
	printf("<br align=\"left\"/>");
	if (group->theme != THEME_ANON)
		put_names(group);
}

static void put_object_line(const struct view *view, const struct mf_object *o)
{
	draw_whole_name(o);
	printf(", %s, ", mf_kind_name(o->kind));
	draw_size(size_of(view, o));
	printf("&#10;");
}

static void put_objects_tooltip(const struct view *view, const struct group *group)
{
	size_t i;

	for (i = 0; i < group->n_objects && i < TOLD; i++)
		put_object_line(view, group->objects[i]);
	if (i < group->n_objects)
		printf("and %zu more", group->n_objects - i);
}

/* The largest of all memory: what to look for first. */
static bool is_main(const struct graph *graph, size_t index)
{
	return index == 0 && graph->groups[0].theme != THEME_FILE;
}

void put_group(const struct view *view, const struct graph *graph, size_t index)
{
	const struct group *group = &graph->groups[index];
	size_t n, i;
	struct row *rows = make_rows(group, &n);

	printf("\tg%zu [fillcolor=\"%s\", color=\"%s\"%s, label=<<table border=\"0\" "
	       "cellspacing=\"0\" cellpadding=\"3\" width=\"270\">",
	       index, looks[group->theme].fill, looks[group->theme].border,
	       is_main(graph, index) ? ", penwidth=3" : "");
	for (i = 0; i < n; i++) {
		printf("<tr>");
		put_row(&rows[i], i);
		if (i == 0) {
			printf("<td rowspan=\"%zu\" align=\"left\" balign=\"left\" width=\"190\">",
			       n);
			(group->n_objects == 1 ? put_one : put_several)(group);
			printf("</td>");
		}
		printf("</tr>");
	}
	printf("</table>>, tooltip=\"");
	put_objects_tooltip(view, group);
	printf("\"];\n");
	free(rows);
}
