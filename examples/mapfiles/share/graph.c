/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a picture of sharing shows: hundreds of objects come down to a few nodes,
 * without a word that is not true of each object in a node.
 */
#include <stdlib.h>
#include <string.h>

#include "graph.h"

/* More nodes than these are too many to be looked at. */
enum { MANY_GROUPS = 24, MANY_PROCESSES = 12, MOST_GROUPS = 40 };

enum theme theme_of(const struct mf_object *o)
{
	switch (o->kind) {
	case MF_KIND_SHM_ANON:
		return THEME_ANON;
	case MF_KIND_MEMFD:
		return THEME_MEMFD;
	case MF_KIND_SYSV:
		return THEME_SYSV;
	case MF_KIND_HUGETLB:
		return THEME_HUGETLB;
	case MF_KIND_FILE:
		return is_memory(o) ? THEME_POSIX : THEME_FILE;
	default:
		return THEME_OTHER;
	}
}

static size_t index_of(const struct scan *scan, int pid)
{
	return (size_t)(scan_process(scan, pid) - scan->processes);
}

static enum way way_of(const struct mf_object_user *user)
{
	if (!(user->flags & MF_MAPPING_SHARED))
		return WAY_PRIVATE;
	return user->prot & MF_PROT_WRITE ? WAY_WRITTEN : WAY_READ;
}

/* Users come by process, so each one's mappings are together. */
static void add_user(struct group *group, size_t process, const struct mf_object_user *user)
{
	struct edge *edge;
	enum way way;

	if (group->n_edges == 0 || group->edges[group->n_edges - 1].process != process) {
		group->edges = with_room(group->edges, group->n_edges, sizeof(*group->edges));
		group->edges[group->n_edges++] = (struct edge){ .process = process };
	}
	edge = &group->edges[group->n_edges - 1];
	way = way_of(user);
	edge->ways[way].bytes += user->end - user->start;
	edge->ways[way].prot |= way == WAY_PRIVATE ? 0 : user->prot;
}

static void start_group(struct group *group, const struct view *view, const struct mf_object *o)
{
	const struct mf_object_user *user;
	uint64_t i;

	*group = (struct group){ .theme = theme_of(o), .size = size_of(view, o), .n_objects = 1 };
	group->objects = with_room(NULL, 0, sizeof(*group->objects));
	group->objects[0] = o;
	for (i = 0; mf_objects_user(view->scan->objects, o, i, &user) > 0; i++)
		add_user(group, index_of(view->scan, user->pid), user);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int compare_ways(const struct edge *a, const struct edge *b)
{
	enum way way;

	for (way = 0; way < N_WAYS; way++) {
		if (!a->ways[way].bytes != !b->ways[way].bytes)
			return a->ways[way].bytes ? -1 : 1;
		if (a->ways[way].prot != b->ways[way].prot)
			return compare_numbers(a->ways[way].prot, b->ways[way].prot);
	}
	return 0;
}

static int compare_edges(const struct edge *a, const struct edge *b, bool coarse)
{
	if (a->process != b->process || coarse)
		return compare_numbers(a->process, b->process);
	return compare_ways(a, b);
}

/* 0: the same processes map both, and unless coarse in the same way. */
static int compare_users(const struct group *a, const struct group *b, bool coarse)
{
	size_t i;
	int order;

	if (a->theme != b->theme)
		return (int)a->theme - (int)b->theme;
	if (a->n_edges != b->n_edges)
		return compare_numbers(b->n_edges, a->n_edges);
	for (i = 0; i < a->n_edges; i++) {
		order = compare_edges(&a->edges[i], &b->edges[i], coarse);
		if (order != 0)
			return order;
	}
	return 0;
}

static int compare_fine(const void *a, const void *b)
{
	return compare_users(a, b, false);
}

static int compare_coarse(const void *a, const void *b)
{
	return compare_users(a, b, true);
}

static int compare_sizes(const void *one, const void *other)
{
	const struct group *a = one, *b = other;

	if ((a->theme == THEME_FILE) != (b->theme == THEME_FILE))
		return a->theme == THEME_FILE ? 1 : -1;
	return compare_numbers(b->size, a->size);
}

static void free_group(struct group *group)
{
	free(group->objects);
	free(group->edges);
}

/* Joins other, which has the same users, to group. */
static void join(struct group *group, struct group *other)
{
	enum way way;
	size_t i;

	for (i = 0; i < other->n_objects; i++) {
		group->objects =
			with_room(group->objects, group->n_objects, sizeof(*group->objects));
		group->objects[group->n_objects++] = other->objects[i];
	}
	group->size += other->size;
	for (i = 0; i < other->n_edges; i++) {
		for (way = 0; way < N_WAYS; way++) {
			group->edges[i].ways[way].bytes += other->edges[i].ways[way].bytes;
			group->edges[i].ways[way].prot |= other->edges[i].ways[way].prot;
		}
	}
	free_group(other);
}

static void join_equal(struct graph *graph, int (*compare)(const void *, const void *))
{
	size_t from, to = 0;

	if (graph->n_groups == 0)
		return;
	qsort(graph->groups, graph->n_groups, sizeof(*graph->groups), compare);
	for (from = 1; from < graph->n_groups; from++) {
		if (compare(&graph->groups[to], &graph->groups[from]) == 0)
			join(&graph->groups[to], &graph->groups[from]);
		else
			graph->groups[++to] = graph->groups[from];
	}
	graph->n_groups = to + 1;
}

static int compare_objects(const void *one, const void *other, void *view)
{
	const struct mf_object *a = *(const struct mf_object *const *)one;
	const struct mf_object *b = *(const struct mf_object *const *)other;

	return compare_numbers(size_of(view, b), size_of(view, a));
}

static void order_groups(struct graph *graph, const struct view *view)
{
	size_t i;

	if (graph->n_groups > 0)
		qsort(graph->groups, graph->n_groups, sizeof(*graph->groups), compare_sizes);
	for (i = 0; i < graph->n_groups; i++)
		qsort_r(graph->groups[i].objects, graph->groups[i].n_objects,
			sizeof(*graph->groups[i].objects), compare_objects,
			(void *)(uintptr_t)view);
}

/* The smallest go, and are counted. */
static void limit_groups(struct graph *graph)
{
	while (graph->n_groups > MOST_GROUPS) {
		graph->n_groups--;
		graph->n_left_out_groups++;
		graph->n_left_out_objects += graph->groups[graph->n_groups].n_objects;
		free_group(&graph->groups[graph->n_groups]);
	}
}

static const struct edge *edge_of(const struct group *group, size_t process)
{
	size_t i;

	for (i = 0; i < group->n_edges; i++)
		if (group->edges[i].process == process)
			return &group->edges[i];
	return NULL;
}

static bool is_equal(const struct edge *a, const struct edge *b)
{
	enum way way;

	for (way = 0; way < N_WAYS; way++)
		if (a->ways[way].bytes != b->ways[way].bytes)
			return false;
	return compare_ways(a, b) == 0;
}

static bool map_alike(const struct graph *graph, size_t a, size_t b)
{
	const struct edge *of_a, *of_b;
	size_t i;

	for (i = 0; i < graph->n_groups; i++) {
		of_a = edge_of(&graph->groups[i], a);
		of_b = edge_of(&graph->groups[i], b);
		if (!of_a != !of_b)
			return false;
		if (of_a && !is_equal(of_a, of_b))
			return false;
	}
	return true;
}

static bool is_called_alike(const struct process *a, const struct process *b)
{
	return a->name && b->name && strcmp(a->name, b->name) == 0 && !a->role == !b->role &&
	       (!a->role || strcmp(a->role, b->role) == 0);
}

static bool maps_anything(const struct graph *graph, size_t process)
{
	size_t i;

	for (i = 0; i < graph->n_groups; i++)
		if (edge_of(&graph->groups[i], process))
			return true;
	return false;
}

/* The actor that this process is one of, if it is like those before it and they are many. */
static size_t actor_of(const struct graph *graph, const struct scan *scan, size_t process,
		       const size_t *actors, bool merge)
{
	size_t i;

	for (i = 0; merge && i < process; i++)
		if (actors[i] != SIZE_MAX &&
		    is_called_alike(&scan->processes[i], &scan->processes[process]) &&
		    map_alike(graph, i, process))
			return actors[i];
	return graph->n_processes;
}

static void add_process(struct graph *graph, size_t actor, const struct process *process)
{
	struct actor *a;

	if (actor == graph->n_processes) {
		graph->processes =
			with_room(graph->processes, graph->n_processes, sizeof(*graph->processes));
		graph->processes[graph->n_processes++] = (struct actor){ .processes = NULL };
	}
	a = &graph->processes[actor];
	a->processes = with_room(a->processes, a->n_processes, sizeof(struct process *));
	a->processes[a->n_processes++] = process;
}

/* Merged processes map alike: the first one's edge stands for all. */
static void point_edges_to_actors(struct graph *graph, const size_t *actors)
{
	size_t i, from, to, actor;
	struct group *group;
	bool *seen;

	for (i = 0; i < graph->n_groups; i++) {
		group = &graph->groups[i];
		seen = not_null(calloc(graph->n_processes, sizeof(*seen)));
		for (from = to = 0; from < group->n_edges; from++) {
			actor = actors[group->edges[from].process];
			if (seen[actor])
				continue;
			seen[actor] = true;
			group->edges[to] = group->edges[from];
			group->edges[to++].process = actor;
		}
		group->n_edges = to;
		free(seen);
	}
}

static void make_actors(struct graph *graph, const struct scan *scan)
{
	size_t *actors = not_null(calloc(scan->n_processes + 1, sizeof(*actors)));
	size_t i, n = 0;

	for (i = 0; i < scan->n_processes; i++) {
		actors[i] = maps_anything(graph, i) ? 0 : SIZE_MAX;
		n += actors[i] == 0;
	}
	for (i = 0; i < scan->n_processes; i++) {
		if (actors[i] == SIZE_MAX)
			continue;
		actors[i] = actor_of(graph, scan, i, actors, n > MANY_PROCESSES);
		add_process(graph, actors[i], &scan->processes[i]);
	}
	point_edges_to_actors(graph, actors);
	free(actors);
}

void graph_make(struct graph *graph, const struct view *view)
{
	size_t i;

	*graph = (struct graph){ .n_groups = view->n_objects };
	graph->groups = not_null(calloc(view->n_objects + 1, sizeof(*graph->groups)));
	for (i = 0; i < view->n_objects; i++)
		start_group(&graph->groups[i], view, view->objects[i]);
	join_equal(graph, compare_fine);
	if (graph->n_groups > MANY_GROUPS)
		join_equal(graph, compare_coarse);
	order_groups(graph, view);
	limit_groups(graph);
	make_actors(graph, view->scan);
}

void graph_free(struct graph *graph)
{
	size_t i;

	for (i = 0; i < graph->n_groups; i++)
		free_group(&graph->groups[i]);
	for (i = 0; i < graph->n_processes; i++)
		free(graph->processes[i].processes);
	free(graph->groups);
	free(graph->processes);
}
