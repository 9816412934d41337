/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is scanned. Only adds to the list of processes; what becomes of each is
 * for the scan to say.
 */
#include "processes.h"

/* A set of pids: open addressing, 0 is free. */
struct pids {
	struct mf_buf slots;
	size_t n, n_slots; /* n_slots: a power of two, or 0 */
};

#define SLOTS_FIRST 64

static int32_t *slot_of(const struct pids *pids, int32_t pid)
{
	int32_t *const slots = (int32_t *)(void *)pids->slots.data;
	size_t i = ((uint32_t)pid * 0x9e3779b1u) & (pids->n_slots - 1);

	while (slots[i] && slots[i] != pid)
		i = (i + 1) & (pids->n_slots - 1);
	return &slots[i];
}

static bool holds(const struct pids *pids, int32_t pid)
{
	return pids->n_slots && *slot_of(pids, pid);
}

static int grow(struct pids *pids)
{
	struct pids grown = { .n = pids->n,
			      .n_slots = pids->n_slots ? pids->n_slots * 2 : SLOTS_FIRST };
	const int32_t *const old = (const int32_t *)(const void *)pids->slots.data;
	size_t i;

	if (grown.n_slots > SIZE_MAX / sizeof(*old) / 2 ||
	    mf_buf_reserve(&grown.slots, grown.n_slots * sizeof(*old)))
		return -ENOMEM;
	for (i = 0; i < grown.n_slots; i++)
		((int32_t *)(void *)grown.slots.data)[i] = 0;
	for (i = 0; i < pids->n_slots; i++) {
		if (old[i])
			*slot_of(&grown, old[i]) = old[i];
	}
	mf_buf_free(&pids->slots);
	*pids = grown;
	return 0;
}

/* 1 if it is new, 0, or -ENOMEM. */
static int put(struct pids *pids, int32_t pid)
{
	int32_t *slot;

	if (pids->n >= pids->n_slots / 2 && grow(pids))
		return -ENOMEM;
	slot = slot_of(pids, pid);
	if (*slot)
		return 0;
	*slot = pid;
	pids->n++;
	return 1;
}

static int list(struct mf_objects *objects, int32_t pid, uint64_t start_time)
{
	const size_t n = objects->n_processes;

	if (mf_objects_reserve(&objects->processes, n, sizeof(struct mf_process)))
		return -ENOMEM;
	*mf_process_at(objects, n) =
		(struct mf_process){ .process.pid = pid, .start_time = start_time };
	objects->n_processes = n + 1;
	return 0;
}

int mf_processes_given(struct mf_objects *objects, const int32_t *pids, uint64_t n_pids)
{
	struct pids seen = { 0 };
	int error = 0;
	uint64_t i;

	for (i = 0; !error && i < n_pids; i++) {
		int pid = mf_proc_group_of(&objects->proc, pids[i]);

		if (mf_objects_fatal(pid)) {
			error = pid;
			break;
		}
		/* What is gone, or hidden, is found out when its turn comes. */
		if (pid < 0)
			pid = pids[i];
		error = put(&seen, pid);
		if (error > 0)
			error = list(objects, pid, 0);
	}
	mf_buf_free(&seen.slots);
	return error;
}

static int visit_anyone(int pid, void *data)
{
	return list(data, pid, 0);
}

int mf_processes_everyone(struct mf_objects *objects)
{
	return mf_proc_each(&objects->proc, visit_anyone, objects);
}

struct relative {
	int32_t pid, parent;
	uint64_t start_time;
};

/* Those of this moment that are not listed. */
struct census {
	const struct mf_objects *objects;
	struct pids listed;
	struct mf_buf relatives;
	size_t n_relatives;
};

static struct relative *relative_at(const struct census *census, size_t i)
{
	return (struct relative *)(void *)census->relatives.data + i;
}

static int visit_relative(int pid, void *data)
{
	struct census *const census = data;
	struct mf_proc_stat stat;
	int error;

	if (holds(&census->listed, pid))
		return 0;
	error = mf_proc_stat_of(&census->objects->proc, pid, &stat);
	if (error)
		return mf_objects_fatal(error) ? error : 0;
	if (mf_objects_reserve(&census->relatives, census->n_relatives, sizeof(struct relative)))
		return -ENOMEM;
	*relative_at(census, census->n_relatives++) =
		(struct relative){ pid, stat.parent, stat.start_time };
	return 0;
}

/* Whose parent is listed is listed, until none is left: 1 if there was one, 0, or -errno. */
static int adopt(struct mf_objects *objects, struct census *census)
{
	int found = 0, error = 0;
	size_t i;

	for (i = 0; !error && i < census->n_relatives; i++) {
		const struct relative *const relative = relative_at(census, i);

		if (!relative->parent || !holds(&census->listed, relative->parent))
			continue;
		error = put(&census->listed, relative->pid);
		if (error <= 0)
			continue;
		found = 1;
		error = list(objects, relative->pid, relative->start_time);
	}
	return error ? error : found;
}

int mf_processes_descendants(struct mf_objects *objects)
{
	struct census census = { .objects = objects };
	int r = 0;
	size_t i;

	for (i = 0; r >= 0 && i < objects->n_processes; i++)
		r = put(&census.listed, mf_process_at(objects, i)->process.pid);
	if (r >= 0)
		r = mf_proc_each(&objects->proc, visit_relative, &census);
	while (!r || r == 1) {
		r = adopt(objects, &census);
		if (r <= 0)
			break;
	}
	mf_buf_free(&census.relatives);
	mf_buf_free(&census.listed.slots);
	return r;
}
