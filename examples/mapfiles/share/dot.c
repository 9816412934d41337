/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The picture, in Graphviz's language: processes on the left, what they share on the
 * right. How a process maps a box is written once, at the edge of the box where all
 * its lines arrive, not once for each line.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "dot.h"

/* Lines in a tooltip; boxes in a column that are put in order. */
enum { TOLD = 24, FEW = 12 };

static void put_range(const struct mf_object *o, const struct mf_object_user *user)
{
	printf("%llx-%llx ", (unsigned long long)user->start, (unsigned long long)user->end);
	draw_text(prot_text(user->prot, user->flags & MF_MAPPING_SHARED), SIZE_MAX);
	printf(" at %llx of ", (unsigned long long)user->offset);
	draw_whole_name(o);
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

void share_dot(const struct view *view)
{
	struct graph graph;
	size_t i;

	/* Graphviz takes UTF-8 or nothing, whatever the terminal speaks. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "C");
	graph_make(&graph, view);
	put_head(view, &graph);
	printf("\tnode [width=%.2f];\n", process_width(&graph));
	for (i = 0; i < graph.n_processes; i++)
		put_process(&graph, i);
	printf("\tnode [width=0];\n");
	for (i = 0; i < graph.n_groups; i++)
		put_group(view, &graph, i);
	put_edges(view, &graph);
	put_order(&graph);
	printf("}\n");
	graph_free(&graph);
}
