/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The picture's contents, small enough to be looked at: objects that the same
 * processes map in the same way are one node, and so are processes of one name that
 * map the same.
 */
#ifndef SHARING_GRAPH_H
#define SHARING_GRAPH_H

#include "share.h"

/* The ways in which an object can be mapped, the one that says most first. */
enum way { WAY_WRITTEN, WAY_READ, WAY_PRIVATE, N_WAYS };

/* How one process maps what is in one node: bytes is 0 where it does not. */
struct edge {
	size_t process; /* index in graph::processes */
	struct {
		uint64_t bytes;
		uint32_t prot; /* MF_PROT_ bits of all together; not of private ones: each library has all */
	} ways[N_WAYS];
};

enum theme {
	THEME_ANON,
	THEME_MEMFD,
	THEME_SYSV,
	THEME_POSIX,
	THEME_HUGETLB,
	THEME_OTHER,
	THEME_FILE,
	N_THEMES,
};

/* Objects that the same processes map in the same way: a box on the right. */
struct group {
	const struct mf_object **objects; /* the largest first */
	size_t n_objects;
	enum theme theme;
	uint64_t size; /* of all together */
	struct edge *edges; /* by process */
	size_t n_edges;
};

/* Processes of one name that map the same: a box on the left. */
struct actor {
	const struct process **processes;
	size_t n_processes;
};

struct graph {
	struct group *groups; /* the largest first */
	size_t n_groups;
	struct actor *processes;
	size_t n_processes;
	size_t n_left_out_groups;
	size_t n_left_out_objects;
};

void graph_make(struct graph *graph, const struct view *view);
void graph_free(struct graph *graph);

/* 0: in the same ways, with the same protections, however many bytes. */
int compare_ways(const struct edge *a, const struct edge *b);
enum theme theme_of(const struct mf_object *o);

#endif
