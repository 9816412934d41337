/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A target with one mapping of interest, and a caller that maps the same.
 */
#include "scene.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "opener.h"
#include "truth.h"

enum { MAKE, PEEK, POKE, ACT };

static long obey(void *arg, int cmd)
{
	struct scene *scene = arg;
	volatile unsigned char *memory;

	if (cmd == MAKE)
		scene->make(scene);
	if (cmd == ACT)
		scene->act(scene);
	memory = (volatile unsigned char *)(uintptr_t)scene->addr;
	if (cmd == POKE)
		memory[scene->at] = scene->value;
	return cmd == PEEK ? memory[scene->at] : 0;
}

struct scene *scene_start(const struct who *who, void (*make)(struct scene *),
			  void (*act)(struct scene *), const char *path)
{
	struct scene *scene = shared_memory(sizeof(*scene));

	scene->make = make;
	scene->act = act;
	scene->fd = -1;
	if (path)
		snprintf(scene->path, sizeof(scene->path), "%s", path);
	scene->victim = malloc(sizeof(*scene->victim));
	require(scene->victim);
	victim_start(scene->victim, who, obey, scene);
	scene->pid = scene->victim->pid;
	return scene;
}

void scene_end(struct scene *scene)
{
	victim_end(scene->victim);
	free(scene->victim);
	munmap(scene, sizeof(*scene));
}

unsigned char scene_peek(struct scene *scene, uint64_t at)
{
	scene->at = at;
	return (unsigned char)victim_do(scene->victim, PEEK);
}

void scene_poke(struct scene *scene, uint64_t at, unsigned char value)
{
	scene->at = at;
	scene->value = value;
	victim_do(scene->victim, POKE);
}

void scene_act(struct scene *scene)
{
	victim_do(scene->victim, ACT);
}

static void remap_found(struct mf_iter *iter, uint64_t at, uint32_t flags, uint64_t addr,
			struct remapped *out)
{
	const struct mf_remap_opts opts = { sizeof(opts), flags, addr };
	const struct mf_remap_plan *plan = NULL;
	const struct mf_mapping *found;
	struct mf_mapping copy;

	require(mf_find(iter, at, &found) == 1);
	/* A copy's path is not looked at. */
	copy = *found;
	copy.path = (const char *)1;
	errno = EXDEV;
	out->plan_ret = mf_remap_plan(iter, &copy, &opts, &plan);
	if (!out->plan_ret)
		out->plan = *plan;
	out->ret = mf_remap(iter, &copy, &opts, &out->addr);
	require(errno == EXDEV);
	require(!mf_remap_made(iter, &plan));
	out->made = *plan;
}

void remap_scene(struct scene *scene, uint32_t flags, uint64_t addr, struct remapped *out)
{
	struct mf_iter *iter;

	memset(out, 0, sizeof(*out));
	require(!mf_iter_open(scene->pid, NULL, &iter));
	remap_found(iter, scene->addr, flags, addr, out);
	mf_iter_close(iter);
	require(out->ret == out->made.error);
	require(!out->ret == !out->made.refusal);
	require(out->ret == 0 || !out->addr);
}

struct job {
	struct scene *scene;
	uint32_t flags;
	uint64_t addr;
	struct remapped out;
};

static void remap_job(void *arg)
{
	struct job *job = arg;

	remap_scene(job->scene, job->flags, job->addr, &job->out);
}

void remap_scene_as(const struct who *who, struct scene *scene, uint32_t flags, uint64_t addr,
		    struct remapped *out)
{
	struct job *job = shared_memory(sizeof(*job));

	job->scene = scene;
	job->flags = flags;
	job->addr = addr;
	require(run_as(who, remap_job, job));
	*out = job->out;
	munmap(job, sizeof(*job));
}

void remapped_end(struct remapped *remapped)
{
	if (remapped->addr)
		munmap(remapped->addr, remapped->made.length);
	remapped->addr = NULL;
}

static bool is_planned(const struct remapped *remapped)
{
	return !remapped->plan_ret &&
	       !memcmp(&remapped->plan, &remapped->made, sizeof(remapped->made));
}

void require_same(struct scene *scene, const struct remapped *remapped)
{
	const uint64_t addr = (uint64_t)(uintptr_t)remapped->addr;
	const struct truth_mapping *a, *b;
	struct truth theirs, ours;

	require_msg(!remapped->ret, "refused: %s", mf_refusal_text(remapped->made.refusal));
	require(is_planned(remapped));
	truth_read(&theirs, scene->pid);
	truth_read(&ours, getpid());
	a = truth_find(&theirs, scene->addr);
	b = truth_find(&ours, addr);
	require(a && b);
	require(a->inode == b->inode && a->dev_major == b->dev_major &&
		a->dev_minor == b->dev_minor);
	require(a->prot == b->prot && a->shared == b->shared);
	require(a->offset == b->offset + (addr - b->start));
	require(b->end >= addr + remapped->made.length);
	require(remapped->made.offset == a->offset && remapped->made.prot == a->prot);
	require(!(remapped->made.flags & MF_MAPPING_SHARED) == !a->shared);
	truth_free(&theirs);
	truth_free(&ours);
}

static bool maps_object_of(struct scene *scene)
{
	const struct truth_mapping *theirs;
	struct truth target, own;
	bool found = false;

	truth_read(&target, scene->pid);
	truth_read(&own, getpid());
	theirs = truth_find(&target, scene->addr);
	for (size_t i = 0; theirs && theirs->inode && i < own.n; i++)
		found = found || (own.list[i].inode == theirs->inode &&
				  own.list[i].dev_minor == theirs->dev_minor &&
				  own.list[i].dev_major == theirs->dev_major);
	truth_free(&target);
	truth_free(&own);
	return found;
}

void require_refused(struct scene *scene, const struct remapped *remapped, uint32_t refusal,
		     int error)
{
	require_msg(remapped->made.refusal == refusal && remapped->ret == error, "%d: %s",
		    remapped->ret, mf_refusal_text(remapped->made.refusal));
	require(!remapped->addr);
	if (refusal != MF_REFUSAL_TAKEN && refusal != MF_REFUSAL_NO_ROOM &&
	    refusal != MF_REFUSAL_NOT_MAPPED)
		require(is_planned(remapped));
	require(!maps_object_of(scene));
}

void require_shared(struct scene *scene, const struct remapped *remapped)
{
	volatile unsigned char *const ours = remapped->addr;
	const uint64_t last = remapped->made.length - 1;

	scene_poke(scene, 0, 0x11);
	scene_poke(scene, last, 0x22);
	require(ours[0] == 0x11 && ours[last] == 0x22);
	ours[0] = 0x33;
	ours[last] = 0x44;
	require(scene_peek(scene, 0) == 0x33 && scene_peek(scene, last) == 0x44);
}
