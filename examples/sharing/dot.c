/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The picture, in Graphviz's language: processes on the left, what they share on the
 * right. How a process maps a box is written once, at the edge of the box where all
 * its lines arrive, not once for each line. Names are bytes of strangers: nothing
 * of them is left to Graphviz to interpret.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

/* Names in a box, lines in a tooltip, letters in a name. */
enum { NAMED = 3, TOLD = 40, LONGEST = 44 };

/* Boxes in a column that are put in order. */
enum { FEW = 12 };

static const struct theme_look {
	const char *one, *many; /* what it is called, of one object and of several */
	const char *fill, *border;
} looks[N_THEMES] = {
	[THEME_ANON] = { "shared anonymous memory", "shared anonymous memories", "#d6e6fb",
			 "#2b67b1" },
	[THEME_MEMFD] = { "memfd", "memfds", "#d8f0d8", "#2f7d32" },
	[THEME_SYSV] = { "SysV shared memory", "SysV shared memories", "#e9ddf7", "#6b46a3" },
	[THEME_POSIX] = { "POSIX shared memory", "POSIX shared memories", "#d2f1f1", "#1b7f82" },
	[THEME_HUGETLB] = { "huge pages", "huge page mappings", "#fbdfe8", "#ad3563" },
	[THEME_OTHER] = { "other object", "other objects", "#fde8cc", "#b06a12" },
	[THEME_FILE] = { "file", "files", "#f2f2f2", "#8c8c8c" },
};

static const char *const colours[N_WAYS] = {
	[WAY_WRITTEN] = "#c0392b",
	[WAY_READ] = "#2b67b1",
	[WAY_PRIVATE] = "#a6a6a6",
};

/* In HTML and in quoted strings alike: both know entities. Of a backslash neither is safe. */
static void put_char(char c)
{
	if (strchr("&<>\"{}[]|", c))
		printf("&#%d;", c);
	else
		putchar(c);
}

/* Takes text over. What is too long loses its middle, at the limits of characters. */
static void put_text(char *text, size_t most)
{
	size_t len = strlen(text), from = len, to = len, i;

	if (len > most) {
		from = most / 2;
		to = len - most / 2;
	}
	while (from < len && (text[from] & 0xc0) == 0x80)
		from++;
	while (to < len && (text[to] & 0xc0) == 0x80)
		to++;
	for (i = 0; i < from; i++)
		put_char(text[i]);
	if (to > from)
		printf("...");
	for (i = to; i < len; i++)
		put_char(text[i]);
	free(text);
}

static void put_bytes(const char *name, size_t len, size_t most)
{
	put_text(escape_percent(name, len), most);
}

/* The last part of a path, or what a memfd was named. */
static const char *short_name(const struct mf_object *o, size_t *len)
{
	const char *from = o->path ? memrchr(o->path, '/', o->name_len) : NULL;

	if (from && o->kind == MF_KIND_MEMFD && memchr(from, ':', o->name_len))
		from = strchr(from, ':');
	from = from ? from + 1 : o->path;
	*len = from ? o->name_len - (size_t)(from - o->path) : 0;
	return from;
}

static bool is_called_alike(const struct mf_object *a, const struct mf_object *b)
{
	size_t a_len, b_len;
	const char *of_a = short_name(a, &a_len), *of_b = short_name(b, &b_len);

	return a_len == b_len && (a_len == 0 || memcmp(of_a, of_b, a_len) == 0) &&
	       a->flags == b->flags;
}

static void put_name(const struct mf_object *o, const char *name, size_t len, size_t most)
{
	if (len > 0)
		put_bytes(name, len, most);
	else
		printf("(no name)");
	if (o->flags & MF_OBJECT_DELETED)
		printf(" (deleted)");
	if (o->flags & MF_OBJECT_UNCERTAIN)
		printf(" (uncertain)");
}

static void put_short_name(const struct mf_object *o)
{
	size_t len;
	const char *name = short_name(o, &len);

	put_name(o, name, len, LONGEST);
}

static void put_whole_name(const struct mf_object *o)
{
	put_name(o, o->path, o->path ? o->name_len : 0, SIZE_MAX);
}

static void put_size(uint64_t bytes)
{
	put_text(size_text(bytes), SIZE_MAX);
	if (bytes < 1024)
		putchar('B');
}

/* --- processes --- */

static void put_pids(const struct actor *a)
{
	size_t i;

	for (i = 0; i < a->n_processes && i < 2 * NAMED; i++)
		printf("%s%d", i ? ", " : "", a->processes[i]->pid);
	if (i < a->n_processes)
		printf(" and %zu more", a->n_processes - i);
}

static void put_process(const struct graph *graph, size_t index)
{
	const struct actor *a = &graph->processes[index];
	const struct process *p = a->processes[0];

	printf("\tp%zu [label=<<table border=\"0\" cellspacing=\"0\" cellpadding=\"1\">"
	       "<tr><td><b>",
	       index);
	if (p->name)
		put_bytes(p->name, strlen(p->name), LONGEST);
	else
		printf("(ended)");
	printf("</b>");
	if (a->n_processes > 1)
		printf(" &#215;&#8201;%zu", a->n_processes);
	printf("</td></tr>");
	if (p->role) {
		printf("<tr><td>");
		put_bytes(p->role, strlen(p->role), LONGEST);
		printf("</td></tr>");
	}
	printf("<tr><td><font point-size=\"10\" color=\"#555555\">");
	put_pids(a);
	printf("</font></td></tr></table>>, tooltip=\"");
	put_pids(a);
	printf("\"];\n");
}

/* --- objects --- */

/* How some of the processes map what is in a group: a line of its box. */
struct row {
	struct edge least, most; /* bytes that each of them maps */
};

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

static size_t row_of(const struct row *rows, size_t n, const struct edge *edge)
{
	size_t i = 0;

	while (i < n && compare_ways(&rows[i].least, edge) != 0)
		i++;
	return i;
}

/* Malloc'ed. */
static struct row *make_rows(const struct group *group, size_t *ret_n)
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

/* The way that a line is coloured by. */
static enum way way_of(const struct edge *edge)
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
	put_text(way == WAY_PRIVATE ? format("private") :
				      prot_text(row->least.ways[way].prot, true),
		 SIZE_MAX);
	putchar(' ');
	put_size(least);
	if (most > least) {
		printf(" to ");
		put_size(most);
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
		put_short_name(o);
	printf("</b><br align=\"left\"/>");
	if (group->theme != THEME_ANON)
		printf("%s, ", group->theme == THEME_OTHER ? mf_kind_name(o->kind) : look->one);
	put_size(group->size);
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
		put_short_name(group->objects[i]);
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
	put_size(group->size);
	printf("<br align=\"left\"/>");
	if (group->theme != THEME_ANON)
		put_names(group);
}

static void put_object_line(const struct view *view, const struct mf_object *o)
{
	put_whole_name(o);
	printf(", %s, ", mf_kind_name(o->kind));
	put_size(size_of(view, o));
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

static void put_group(const struct view *view, const struct graph *graph, size_t index)
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

/* --- lines --- */

static void put_range(const struct mf_object *o, const struct mf_object_user *user)
{
	printf("%llx-%llx ", (unsigned long long)user->start, (unsigned long long)user->end);
	put_text(prot_text(user->prot, user->flags & MF_MAPPING_SHARED), SIZE_MAX);
	printf(" at %llx of ", (unsigned long long)user->offset);
	put_whole_name(o);
	printf("&#10;");
}

static void put_ranges(const struct view *view, const struct group *group, int pid)
{
	const struct mf_object_user *user;
	size_t i, n = 0;
	uint64_t j;

	for (i = 0; i < group->n_objects; i++)
		for (j = 0; mf_objects_user(view->scan->objects, group->objects[i], j, &user) > 0;
		     j++)
			if (user->pid == pid && n++ < TOLD)
				put_range(group->objects[i], user);
	if (n > TOLD)
		printf("and %zu more", n - TOLD);
}

static void put_edge(const struct view *view, const struct graph *graph, size_t index,
		     const struct edge *edge)
{
	const struct group *group = &graph->groups[index];
	int pid = graph->processes[edge->process].processes[0]->pid;
	size_t n;
	struct row *rows = make_rows(group, &n);
	enum way way = way_of(edge);

	printf("\tp%zu:e -> g%zu:r%zu:w [color=\"%s\"%s, tooltip=\"%d: ", edge->process, index,
	       row_of(rows, n, edge), colours[way], way == WAY_WRITTEN ? ", penwidth=1.6" : "",
	       pid);
	free(rows);
	put_ranges(view, group, pid);
	printf("\"];\n");
}

/* So few that their lines may cross: the most important on top, processes by number. */
static void put_order(const struct graph *graph)
{
	size_t i;

	if (graph->n_groups > FEW || graph->n_processes > FEW)
		return;
	printf("\tedge [style=invis];\n\t{ rank=same");
	for (i = 0; i < graph->n_processes; i++)
		printf("%s p%zu", i ? " ->" : ";", i);
	printf(" }\n\t{ rank=same");
	for (i = 0; i < graph->n_groups; i++)
		printf("%s g%zu", i ? " ->" : ";", i);
	printf(" }\n");
}

static void put_edges(const struct view *view, const struct graph *graph)
{
	size_t i, j;

	for (i = 0; i < graph->n_groups; i++)
		for (j = 0; j < graph->groups[i].n_edges; j++)
			put_edge(view, graph, i, &graph->groups[i].edges[j]);
}

/* --- the whole --- */

static bool has_theme(const struct graph *graph, enum theme theme)
{
	size_t i;

	for (i = 0; i < graph->n_groups; i++)
		if (graph->groups[i].theme == theme)
			return true;
	return false;
}

static void put_legend(const struct graph *graph)
{
	enum theme theme;

	printf("<tr><td><table border=\"0\" cellborder=\"0\" cellspacing=\"6\" cellpadding=\"4\">"
	       "<tr>");
	for (theme = 0; theme < N_THEMES; theme++)
		if (has_theme(graph, theme))
			printf("<td bgcolor=\"%s\">%s</td>", looks[theme].fill, looks[theme].one);
	printf("<td><font color=\"%s\">&#8212; may write</font></td>"
	       "<td><font color=\"%s\">&#8212; reads only</font></td>"
	       "<td><font color=\"#777777\">&#8212; private mapping</font></td></tr></table></td></tr>",
	       colours[WAY_WRITTEN], colours[WAY_READ]);
}

static void put_caption(const struct view *view, const struct graph *graph)
{
	size_t n = 0, i;

	for (i = 0; i < graph->n_processes; i++)
		n += graph->processes[i].n_processes;
	printf("<tr><td>%zu processes, %zu objects", n,
	       view->n_objects - graph->n_left_out_objects);
	if (view->n_left_out > 0)
		printf("; %zu that one process maps alone are left out", view->n_left_out);
	if (graph->n_left_out_objects > 0)
		printf("; %zu more, the smallest, are left out", graph->n_left_out_objects);
	printf("</td></tr>");
}

static void put_head(const struct view *view, const struct graph *graph)
{
	printf("digraph sharing {\n"
	       "\tgraph [rankdir=LR, charset=\"UTF-8\", bgcolor=\"white\", fontsize=11,\n"
	       "\t\tfontname=\"Helvetica,Arial,sans-serif\", nodesep=0.16, ranksep=3.6,\n"
	       "\t\tlabelloc=b, tooltip=\"sharing\", label=<<table border=\"0\" cellspacing=\"0\">");
	put_legend(graph);
	put_caption(view, graph);
	printf("</table>>];\n"
	       "\tnode [shape=box, style=\"filled,rounded\", fillcolor=\"white\", fontsize=12,\n"
	       "\t\tfontname=\"Helvetica,Arial,sans-serif\", fontcolor=\"#1c1c1c\",\n"
	       "\t\tcolor=\"#444444\", margin=\"0.06,0.03\"];\n"
	       "\tedge [arrowhead=none];\n");
}

void print_dot(const struct view *view)
{
	struct graph graph;
	size_t i;

	/* Graphviz takes UTF-8 or nothing, whatever the terminal speaks. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "C");
	graph_make(&graph, view);
	put_head(view, &graph);
	for (i = 0; i < graph.n_processes; i++)
		put_process(&graph, i);
	for (i = 0; i < graph.n_groups; i++)
		put_group(view, &graph, i);
	put_edges(view, &graph);
	put_order(&graph);
	printf("}\n");
	graph_free(&graph);
}
