/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See scan.h. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/kind.h"
#include "../common/process.h"
#include "../common/refusal.h"
#include "../common/text.h"
#include "checkpoint.h"
#include "freeze.h"
#include "scan.h"

static int scan_step(void *data, uint64_t done, uint64_t total)
{
	return interrupted() ? 1 : progress_scan(data, done, total);
}

//! [scan]
static int scan(const int32_t *pids, size_t n, uint32_t flags, const char *what,
		struct mf_objects **ret_objects)
{
	struct mf_objects_opts opts = {
		.size = sizeof(opts),
		.flags = flags,
		.progress = scan_step,
		.progress_data = &bar,
	};
	int ret;

	progress_begin(&bar, what);
	ret = mf_objects_open(pids, (uint32_t)n, &opts, ret_objects);
	progress_end(&bar);
	return ret;
}
//! [scan]

struct mf_objects *scan_everyone(void)
{
	struct mf_objects *everyone;
	int ret = scan(NULL, 0, MF_OBJECTS_EVERYONE | MF_OBJECTS_SHARED, "scanning others",
		       &everyone);

	if (ret == 0)
		return everyone;
	complain("who else shares the objects: %s",
		 ret == -ECANCELED ? "interrupted" : mf_strerror(ret));
	return NULL;
}

static struct name read_exe(int pid)
{
	char path[32], target[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, target, sizeof(target));
	return name_of(n < 0 ? NULL : target, n < 0 ? 0 : (size_t)n);
}

static void add_plain(struct process *p, const struct mf_mapping *m)
{
	size_t i = 0;

	while (i < p->n_plain && p->plain[i].kind != m->kind)
		i++;
	if (i == p->n_plain) {
		p->n_plain++;
		p->plain = not_null(reallocarray(p->plain, p->n_plain, sizeof(*p->plain)));
		p->plain[i] = (struct plain_memory){ .kind = m->kind };
	}
	p->plain[i].n_mappings++;
	p->plain[i].bytes += m->end - m->start;
}

static int count_plain_memory(struct process *p)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_ALL };
	const struct mf_mapping *m;
	struct mf_iter *iter;
	int ret = mf_iter_open(p->pid, &opts, &iter);

	if (ret < 0)
		return ret;
	/* mf_objects_open() says nothing of it. */
	while ((ret = mf_next(iter, &m)) > 0)
		if (is_plain_memory(m->kind))
			add_plain(p, m);
	mf_iter_close(iter);
	return ret;
}

static void leave_out(struct checkpoint *c, int pid, const char *why)
{
	struct left_out *left = add_left_out(c);

	left->pid = pid;
	left->reason = format("%s", why);
}

static const struct mf_objects_process *find_process(const struct mf_objects *objects, int pid)
{
	const struct mf_objects_process *p;
	uint64_t i;

	for (i = 0; mf_objects_process(objects, i, &p) > 0; i++)
		if (p->pid == pid)
			return p;
	return NULL;
}

static void take_process(struct checkpoint *c, const struct frozen *f)
{
	char *comm = process_name(NULL, f->pid);
	size_t parent = process_index(c, f->parent);
	struct process *p = add_process(c);
	int ret;

	p->pid = f->pid;
	p->parent_pid = f->parent;
	p->parent = parent;
	p->comm = name_of(comm, comm ? strlen(comm) : 0);
	p->exe = read_exe(f->pid);
	free(comm);
	ret = count_plain_memory(p);
	if (ret < 0)
		complain("the private memory of process %d: %s", f->pid, mf_strerror(ret));
}

static const char *why_missing(const struct mf_objects_process *p)
{
	int why;

	if (!p)
		return "it was stopped, but the scan did not meet it";
	why = why_refused(p->pid, NULL, MF_ACCESS_FOLLOW, p->error);
	return why == MF_WHY_ALLOWED ? mf_strerror(p->error) : mf_why_text((uint32_t)why);
}

/* In the order in which they were stopped: parents come before their children. */
static void take_processes(struct checkpoint *c, const struct mf_objects *objects)
{
	const struct mf_objects_process *p;
	const struct frozen *frozen;
	uint64_t i;
	size_t n;

	frozen = freeze_list(&n);
	for (i = 0; i < n; i++) {
		p = find_process(objects, frozen[i].pid);
		if (p && p->error == 0)
			take_process(c, &frozen[i]);
		else
			leave_out(c, frozen[i].pid, why_missing(p));
		if (p && p->error == 0 && p->n_vanished > 0)
			leave_out(c, frozen[i].pid,
				  "some of its mappings were gone before they could be looked at");
	}
	for (i = 0; mf_objects_process(objects, i, &p) > 0; i++)
		if (p->error == 0 && process_index(c, p->pid) == NO_PARENT)
			leave_out(c, p->pid, "it joined the tree while that was scanned");
}

static void take_users(struct checkpoint *c, const struct mf_objects *objects,
		       const struct mf_object *from, size_t object)
{
	const struct mf_object_user *u;
	size_t process;
	uint64_t i;

	for (i = 0; mf_objects_user(objects, from, i, &u) > 0; i++) {
		process = process_index(c, u->pid);
		if (process == NO_PARENT)
			continue;
		*add_user(c) = (struct user){
			.object = object,
			.process = process,
			.start = u->start,
			.end = u->end,
			.offset = u->offset,
			.prot = u->prot,
			.shared = u->flags & MF_MAPPING_SHARED,
		};
	}
}

static void describe(struct object *o, const struct mf_object *from)
{
	o->kind = from->kind;
	o->has_seals = from->has & MF_HAS_SEALS;
	o->seals = o->has_seals ? from->seals : 0;
	o->deleted = from->flags & MF_OBJECT_DELETED;
	o->uncertain = !(from->has & MF_HAS_STAT) ||
		       from->flags & (MF_OBJECT_UNCERTAIN | MF_OBJECT_APART);
	o->name = name_of(from->path, from->name_len);
	if (!(from->has & MF_HAS_STAT))
		return;
	o->mode = from->st_mode;
	o->links = from->st_nlink;
	o->dev_major = from->st_dev_major;
	o->dev_minor = from->st_dev_minor;
	o->inode = from->st_ino;
	o->size = from->st_size;
}

static void take_object(struct checkpoint *c, const struct mf_objects *objects,
			const struct mf_object *from)
{
	size_t first = c->n_users, index = c->n_objects;
	struct object *o;

	take_users(c, objects, from, index);
	if (c->n_users == first)
		return;
	o = add_object(c);
	describe(o, from);
	o->first_user = first;
	o->n_users = c->n_users - first;
}

static int32_t *frozen_pids(size_t *ret_n)
{
	const struct frozen *frozen = freeze_list(ret_n);
	int32_t *pids = not_null(calloc(*ret_n, sizeof(*pids)));
	size_t i;

	for (i = 0; i < *ret_n; i++)
		pids[i] = frozen[i].pid;
	return pids;
}

bool scan_tree(struct checkpoint *c)
{
	const struct mf_object *from;
	struct mf_objects *objects;
	uint64_t i;
	size_t n;
	int32_t *pids = frozen_pids(&n);
	int ret = scan(pids, n, MF_OBJECTS_TREE, "scanning", &objects);

	free(pids);
	if (ret < 0) {
		complain("the tree cannot be scanned: %s",
			 ret == -ECANCELED ? "interrupted" : mf_strerror(ret));
		return false;
	}
	take_processes(c, objects);
	for (i = 0; mf_objects_get(objects, i, &from) > 0; i++)
		take_object(c, objects, from);
	mf_objects_close(objects);
	return true;
}

static void add_outside(struct object *o, int pid)
{
	if (o->n_outside > 0 && o->outside[o->n_outside - 1] == pid)
		return;
	o->outside = not_null(reallocarray(o->outside, o->n_outside + 1, sizeof(*o->outside)));
	o->outside[o->n_outside++] = pid;
}

//! [outside]
void note_outside(const struct checkpoint *c, const struct mf_objects *everyone, int fd,
		  struct object *o)
{
	const struct mf_object *found;
	const struct mf_object_user *u;
	uint64_t i;

	if (!everyone || mf_objects_find_fd(everyone, fd, &found) <= 0)
		return;
	for (i = 0; mf_objects_user(everyone, found, i, &u) > 0; i++)
		if (process_index(c, u->pid) == NO_PARENT)
			add_outside(o, u->pid);
}
//! [outside]
