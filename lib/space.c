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
#define SETTLED_NS   10000000u

/* A mapping that is changing just now must not be taken for an exec. */
#define SAMPLE_TRIES 64

int mf_space_look(int maps_fd, bool *ret_has_query)
{
	struct mf_record record;
	const int error = mf_query(maps_fd, 0, MF_QUERY_NEXT, NULL, &record);
	char byte;
	ssize_t n;

	*ret_has_query = !mf_query_missing(error);
	if (!error || error == -ENOENT)
		return MF_SPACE_ALIVE;
	if (*ret_has_query)
		return error == -ESRCH ? MF_SPACE_GONE : error;
	n = mf_sys_pread(maps_fd, &byte, 1, 0);
	if (n < 0)
		return n == -ESRCH ? MF_SPACE_GONE : (int)n;
	return n ? MF_SPACE_ALIVE : MF_SPACE_GONE_OR_EMPTY;
}

/* Where reading text does not disturb the walk: old kernels have both open from the start. */
static int idle_fd(const struct mf_proc *proc)
{
	return proc->spare_fd >= 0 ? proc->spare_fd : proc->maps_fd;
}

/* As the process is now: one of enum mf_space, -ESRCH, -ESTALE, or -errno. */
static int look_anew(struct mf_proc *proc)
{
	int maps_fd = mf_proc_open_maps(proc), r;
	struct mf_proc_stat stat;
	bool has_query;

	/* A thread that execs takes its dead leader's place: its own directory is gone. */
	if (maps_fd == -ESRCH && proc->dir_fd != proc->group_fd && !mf_proc_repin(proc))
		maps_fd = mf_proc_open_maps(proc);
	/* It became another user's: what exec does to a set-user-ID program. */
	if (maps_fd == -EACCES || maps_fd == -EPERM) {
		r = mf_proc_stat(proc, &stat);
		return r ? r : stat.dead ? -ESRCH : -ESTALE;
	}
	if (maps_fd < 0)
		return maps_fd;
	r = mf_space_look(maps_fd, &has_query);
	mf_sys_close(&maps_fd);
	return r;
}

/* What became of a process whose address space is gone: -ESRCH, -ESTALE, or -errno. */
static int fate(struct mf_proc *proc, int *ret_anew)
{
	struct mf_proc_stat stat;
	int error;

	*ret_anew = look_anew(proc);
	if (*ret_anew < 0)
		return *ret_anew;
	if (*ret_anew == MF_SPACE_ALIVE)
		return -ESTALE;
	/* Another exec while we looked leaves no address space behind either. */
	error = mf_proc_stat(proc, &stat);
	return error ? error : stat.dead ? -ESRCH : -ESTALE;
}

int mf_space_gone(struct mf_proc *proc)
{
	int anew;

	return fate(proc, &anew);
}

int mf_space_alive(struct mf_proc *proc)
{
	bool has_query;
	int r, anew;

	if (!proc->live || proc->kthread)
		return 0;
	r = mf_space_look(idle_fd(proc), &has_query);
	if (r == MF_SPACE_ALIVE || r < 0)
		return r < 0 ? r : 0;
	r = fate(proc, &anew);
	/* Text is silent for "nothing mapped" too. */
	return r == -ESTALE && anew == MF_SPACE_GONE_OR_EMPTY ? 0 : r;
}

/* What does not change while a process lives in an address space: no call compares two. */
struct sample {
	uint64_t start,
		inode; /* of the first mapped file: the executable, or what was put below it */
	uint32_t dev_major, dev_minor;
	uint64_t stack_end; /* random, and does not grow */
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

static int sample_by_query(int maps_fd, uint64_t stack, struct sample *ret)
{
	struct mf_record record;
	int error = mf_query(maps_fd, stack, 0, NULL, &record);

	if (!error)
		take(ret, &record.m, stack);
	else if (error != -ENOENT)
		return error;
	error = mf_query(maps_fd, 0, MF_QUERY_NEXT | MF_QUERY_FILE_BACKED, NULL, &record);
	if (!error)
		take(ret, &record.m, stack);
	return error == -ENOENT ? 0 : error;
}

static int sample_by_text(int maps_fd, uint64_t stack, struct sample *ret)
{
	char bytes[8192], *line;
	struct mf_text text = { .buf = { .data = bytes, .size = sizeof(bytes), .fixed = true } };
	struct mf_record record;
	size_t len;
	int r;

	mf_text_start(&text, maps_fd);
	while ((r = mf_text_line(&text, &line, &len)) > 0) {
		if (!mf_maps_text_parse_alone(line, len, &record))
			take(ret, &record.m, stack);
	}
	/* A path longer than the buffer: the lines before it are a sample too. */
	return r == -ENOMEM ? 0 : r;
}

/* 0, or -errno: -ESRCH if that address space is gone. */
static int take_sample(const struct mf_proc *proc, int maps_fd, uint64_t stack, struct sample *ret)
{
	*ret = (struct sample){ 0 };
	return proc->has_query ? sample_by_query(maps_fd, stack, ret) :
				 sample_by_text(maps_fd, stack, ret);
}

/* 1, 0, or -errno: it cannot be told. */
static int is_same(const struct mf_proc *proc, int maps_fd, uint64_t stack)
{
	struct sample a, b;
	int tries;

	for (tries = 0; tries < SAMPLE_TRIES; tries++) {
		int error = take_sample(proc, idle_fd(proc), stack, &a);

		if (!error)
			error = take_sample(proc, maps_fd, stack, &b);
		if (error)
			return error == -ESRCH ? 0 : error;
		if (a.stack_end == b.stack_end && a.start == b.start && a.inode == b.inode &&
		    a.dev_major == b.dev_major && a.dev_minor == b.dev_minor)
			return 1;
	}
	return 0;
}

/* A descriptor of maps of the same address space, or -errno. */
static int open_same(struct mf_proc *proc)
{
	struct mf_proc_stat stat;
	int maps_fd, error;

	if (!proc->live)
		return mf_proc_open_maps(proc);
	error = mf_proc_stat(proc, &stat);
	/* Reaped, or a leader that left its threads. */
	if (error == -ESRCH || (!error && stat.dead)) {
		error = mf_proc_repin(proc);
		if (!error)
			error = mf_proc_stat(proc, &stat);
	}
	if (error)
		return error;
	maps_fd = mf_proc_open_maps(proc);
	if (maps_fd == -EACCES || maps_fd == -EPERM)
		return mf_space_alive(proc) ? -ESTALE : maps_fd;
	if (maps_fd < 0)
		return maps_fd;
	error = is_same(proc, maps_fd, stat.stack);
	if (error > 0) {
		proc->settled_at = mf_now_ns();
		return maps_fd;
	}
	mf_sys_close(&maps_fd);
	if (!error)
		error = mf_proc_stat(proc, &stat);
	return error ? error : stat.dead ? -ESRCH : -ESTALE;
}

int mf_space_proven(struct mf_proc *proc)
{
	int maps_fd, error = mf_space_alive(proc);

	if (error || !proc->live || proc->kthread)
		return error;
	maps_fd = open_same(proc);
	if (maps_fd < 0)
		return maps_fd;
	mf_sys_close(&maps_fd);
	return 0;
}

int mf_space_same(struct mf_proc *proc)
{
	const int alive = mf_space_alive(proc), error = alive ? alive : mf_space_proven(proc);

	/* The caller may have dropped the rights it had: what is pinned still answers. */
	return alive || error == -ESRCH || error == -ESTALE ? error : 0;
}

int mf_space_settled(struct mf_proc *proc)
{
	const uint64_t now = mf_now_ns();
	int error;

	if (now - proc->settled_at < SETTLED_NS)
		return 0;
	error = mf_space_same(proc);
	if (!error)
		proc->settled_at = now;
	return error;
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
