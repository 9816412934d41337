/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A target with one mapping of interest that reads, writes and changes it as it
 * is told, and a caller that maps the same and checks what it got against raw
 * /proc of both.
 */
#ifndef TESTS_FS_SCENE_H
#define TESTS_FS_SCENE_H

#include <mapfiles.h>

#include "victim.h"

struct scene {
	struct victim *victim; /* not for the target, which has other ends of the pipes */
	pid_t pid;
	void (*make)(struct scene *scene); /* in the target; sets addr and len, or absent */
	void (*act)(struct scene *scene); /* in the target, when it is told */
	uint64_t addr, len;
	const char *absent; /* why this machine cannot make it */
	char path[128]; /* for make and act, as they agree */
	int fd, id;
	/* What the target is told to do. */
	uint64_t at;
	unsigned char value;
};

/* The target keeps what make() moved to VICTIM_KEEP and above. */
struct scene *scene_start(const struct who *who, void (*make)(struct scene *),
			  void (*act)(struct scene *), const char *path);
void scene_end(struct scene *scene);
unsigned char scene_peek(struct scene *scene, uint64_t at);
void scene_poke(struct scene *scene, uint64_t at, unsigned char value);
void scene_act(struct scene *scene);

struct remapped {
	int ret;
	void *addr; /* NULL: nothing is mapped */
	struct mf_remap_plan made;
	int plan_ret;
	struct mf_remap_plan plan;
};

/* mf_remap_plan() and mf_remap() of the scene's mapping, by an iterator of its own. */
void remap_scene(struct scene *scene, uint32_t flags, uint64_t addr, struct remapped *out);
/* The same, as somebody else, who is gone when this returns. */
void remap_scene_as(const struct who *who, struct scene *scene, uint32_t flags, uint64_t addr,
		    struct remapped *out);
void remapped_end(struct remapped *remapped);

/* The caller's mapping is the target's, by raw maps of both; and what was planned was done. */
void require_same(struct scene *scene, const struct remapped *remapped);
/* Refused so, foreseen by the plan unless only an address or mmap(2) can tell, and nothing is left. */
void require_refused(struct scene *scene, const struct remapped *remapped, uint32_t refusal,
		     int error);
/* A write of either is seen by the other, at the first byte and the last. */
void require_shared(struct scene *scene, const struct remapped *remapped);

#endif
