/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The address space that a process's maps_fd pins: is it alive, and is the
 * process still in it.
 */
#include "space.h"

#include <errno.h>

#include "maps_query.h"
#include "maps_read.h"
#include "maps_text.h"
#include "sys.h"

/* How long an answer is believed: an exec is seen that much later at most. */
#define SETTLED_NS 10000000u

/* A mapping that is changing just now must not be taken for an exec. */
#define SAMPLE_TRIES 64

enum mf_space mf_space_look(int maps_fd, bool *ret_has_query)
{
	struct mf_record record;
	const int error = mf_query(maps_fd, 0, MF_QUERY_NEXT, NULL, &record);
	char byte;

	*ret_has_query = !mf_query_missing(error);
	if (*ret_has_query)
		return error == -ESRCH ? MF_SPACE_GONE : MF_SPACE_ALIVE;
	return mf_sys_pread(maps_fd, &byte, 1, 0) > 0 ? MF_SPACE_ALIVE : MF_SPACE_GONE_OR_EMPTY;
}

/* Where reading text does not disturb the walk: old kernels have both open from the start. */
static int idle_fd(const struct mf_proc *proc)
{
	return proc->spare_fd >= 0 ? proc->spare_fd : proc->maps_fd;
}

int mf_space_gone(struct mf_proc *proc)
{
	int maps_fd = mf_proc_open_maps(proc);
	enum mf_space space;
	bool has_query;

	/* It became another user's: what exec does to a set-user-ID program. */
	if (maps_fd == -EACCES || maps_fd == -EPERM)
		return mf_proc_is_dead(proc) ? -ESRCH : -ESTALE;
	if (maps_fd < 0)
		return maps_fd;
	space = mf_space_look(maps_fd, &has_query);
	mf_sys_close(&maps_fd);
	return space == MF_SPACE_ALIVE ? -ESTALE : -ESRCH;
}

int mf_space_alive(struct mf_proc *proc)
{
	bool has_query;
	int gone;

	if (!proc->live || proc->kthread)
		return 0;
	if (mf_space_look(idle_fd(proc), &has_query) == MF_SPACE_ALIVE)
		return 0;
	gone = mf_space_gone(proc);
	/* Text is silent for "nothing mapped" too. */
	if (gone == -ESRCH && !proc->has_query && !mf_proc_is_dead(proc))
		return 0;
	return gone;
}

/* What does not change while a process lives in an address space: no call compares two. */
struct sample {
	uint64_t start, inode;	/* of the first mapped file: the executable, or what was put below it */
	uint32_t dev_major, dev_minor;
	uint64_t stack_end;	/* random, and does not grow */
};

static void take(struct sample *sample, const struct mf_mapping *m, uint64_t stack)
{
	if (m->start <= stack && stack < m->end)
		sample->stack_end = m->end;
	if (sample->start || !mf_file_backed(m))
		return;
	sample->start = m->start;
	sample->inode = m->inode;
	sample->dev_major = m->dev_major;
	sample->dev_minor = m->dev_minor;
}

static void sample_by_query(int maps_fd, uint64_t stack, struct sample *ret)
{
	struct mf_record record;

	if (!mf_query(maps_fd, stack, 0, NULL, &record))
		take(ret, &record.m, stack);
	if (!mf_query(maps_fd, 0, MF_QUERY_NEXT | MF_QUERY_FILE_BACKED, NULL, &record))
		take(ret, &record.m, stack);
}

static void sample_by_text(int maps_fd, uint64_t stack, struct sample *ret)
{
	char bytes[8192], *line;
	struct mf_text text = { .buf = { .data = bytes, .size = sizeof(bytes), .fixed = true } };
	struct mf_record record;
	size_t len;

	mf_text_start(&text, maps_fd);
	while (mf_text_line(&text, &line, &len) > 0) {
		if (!mf_maps_text_parse(line, len, &record))
			take(ret, &record.m, stack);
	}
}

static struct sample take_sample(const struct mf_proc *proc, int maps_fd, uint64_t stack)
{
	struct sample sample = { 0 };

	if (proc->has_query)
		sample_by_query(maps_fd, stack, &sample);
	else
		sample_by_text(maps_fd, stack, &sample);
	return sample;
}

static bool is_same(const struct mf_proc *proc, int maps_fd, uint64_t stack)
{
	int tries;

	for (tries = 0; tries < SAMPLE_TRIES; tries++) {
		const struct sample a = take_sample(proc, idle_fd(proc), stack);
		const struct sample b = take_sample(proc, maps_fd, stack);

		if (a.stack_end != b.stack_end)
			return false;
		if (a.start == b.start && a.inode == b.inode && a.dev_major == b.dev_major &&
		    a.dev_minor == b.dev_minor)
			return true;
	}
	return false;
}

/* A descriptor of maps of the same address space, or -errno. */
static int open_same(struct mf_proc *proc)
{
	struct mf_proc_stat stat;
	int maps_fd, error;

	if (!proc->live)
		return mf_proc_open_maps(proc);
	error = mf_proc_stat(proc, &stat);
	if (!error && stat.dead)
		error = mf_proc_repin(proc) ? -ESRCH : mf_proc_stat(proc, &stat);
	if (error)
		return error;
	maps_fd = mf_proc_open_maps(proc);
	if (maps_fd == -EACCES || maps_fd == -EPERM)
		return mf_space_alive(proc) ? -ESTALE : maps_fd;
	if (maps_fd < 0)
		return maps_fd;
	if (is_same(proc, maps_fd, stat.stack)) {
		proc->settled_at = mf_now_ns();
		return maps_fd;
	}
	mf_sys_close(&maps_fd);
	return mf_proc_is_dead(proc) ? -ESRCH : -ESTALE;
}

int mf_space_same(struct mf_proc *proc)
{
	int maps_fd, error = mf_space_alive(proc);

	if (error || !proc->live || proc->kthread)
		return error;
	maps_fd = open_same(proc);
	if (maps_fd >= 0) {
		mf_sys_close(&maps_fd);
		return 0;
	}
	/* The caller may have dropped the rights it had: what is pinned still answers. */
	return maps_fd == -ESRCH || maps_fd == -ESTALE ? maps_fd : 0;
}

int mf_space_settled(struct mf_proc *proc)
{
	const uint64_t now = mf_now_ns();

	if (!proc->settled_at)
		proc->settled_at = now;
	if (now - proc->settled_at < SETTLED_NS)
		return 0;
	proc->settled_at = now;
	return mf_space_same(proc);
}

int mf_space_spare(struct mf_proc *proc)
{
	if (proc->spare_fd < 0)
		proc->spare_fd = open_same(proc);
	return proc->spare_fd;
}

int mf_space_revive(struct mf_proc *proc)
{
	bool has_query;
	int maps_fd;

	/* Only the ioctl asks the address space itself, whatever became of the thread. */
	if (!proc->has_query || mf_space_look(proc->maps_fd, &has_query) != MF_SPACE_ALIVE)
		return mf_space_gone(proc);
	maps_fd = open_same(proc);
	if (maps_fd < 0)
		return maps_fd;
	mf_sys_close(&proc->maps_fd);
	proc->maps_fd = maps_fd;
	return 0;
}
