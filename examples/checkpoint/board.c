/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The board: how the program and the tasks go on together. */
#include <errno.h>
#include <linux/futex.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "restore.h"
#include "tree.h"

enum { POLL_NS = 500 * 1000, POLLS_PER_LOOK = 100 };

static const char *const doing[N_STEPS] = {
	[STEP_SPAWN] = "starting tasks",
	[STEP_CREATE] = "restoring objects",
	[STEP_OPEN] = "mapping",
	[STEP_REMAP] = "remapping",
	[STEP_SEAL] = "sealing",
	[STEP_COMPARE] = "comparing",
	[STEP_POKE] = "changing a byte",
	[STEP_PEEK] = "looking for it",
	[STEP_UNPOKE] = "changing it back",
};

static size_t aligned(size_t size)
{
	return (size + 63) / 64 * 64;
}

bool board_make(struct restoring *r)
{
	size_t pids_at = aligned(sizeof(*r->board));
	size_t placed_at = pids_at + aligned(r->c.n_processes * sizeof(*r->pids));
	size_t size = placed_at + r->c.n_users * sizeof(*r->placed);
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		complain("no memory for %zu mappings: %s", r->c.n_users, strerror(errno));
		return false;
	}
	r->board = (void *)memory;
	r->pids = (void *)(memory + pids_at);
	r->placed = (void *)(memory + placed_at);
	return true;
}

bool board_fail(struct restoring *r, const char *fmt, ...)
{
	va_list ap;

	if (atomic_exchange(&r->board->failed, 1))
		return false;
	va_start(ap, fmt);
	vsnprintf(r->board->message, sizeof(r->board->message), fmt, ap);
	va_end(ap);
	atomic_store(&r->board->message_ready, 1);
	return false;
}

enum step board_next(struct restoring *r, enum step done)
{
	atomic_fetch_add(&r->board->n_tasks_done, 1);
	while (atomic_load(&r->board->step) == done)
		syscall(SYS_futex, &r->board->step, FUTEX_WAIT, done, NULL, NULL, 0);
	return atomic_load(&r->board->step);
}

static bool told_failure(const struct restoring *r)
{
	if (!atomic_load(&r->board->message_ready))
		return false;
	complain("%s", r->board->message);
	return true;
}

/* A task that the kernel killed, for want of memory above all, tells nothing itself. */
static bool lost_task(const struct restoring *r)
{
	struct proc_stat stat;
	size_t i;
	int pid;

	for (i = 0; i < r->c.n_processes; i++) {
		pid = atomic_load(&r->pids[i]);
		if (pid > 0 && (!read_stat(pid, &stat) || stat.state == 'Z')) {
			complain("the task for process %d is gone: it was killed",
				 r->c.processes[i].pid);
			return true;
		}
	}
	return false;
}

bool board_run(struct restoring *r, enum step step)
{
	const struct timespec nap = { .tv_nsec = POLL_NS };
	uint64_t polls, total = r->c.n_users;
	bool ok = true;

	atomic_store(&r->board->n_users_done, 0);
	if (step != STEP_SPAWN) {
		atomic_store(&r->board->n_tasks_done, 0);
		atomic_store(&r->board->step, step);
		syscall(SYS_futex, &r->board->step, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	}
	progress_begin(&bar, doing[step]);
	for (polls = 1; ok && atomic_load(&r->board->n_tasks_done) < r->c.n_processes; polls++) {
		progress_step(&bar, atomic_load(&r->board->n_users_done), total);
		nanosleep(&nap, NULL);
		if (interrupted())
			complain("interrupted");
		ok = !interrupted() && !told_failure(r) &&
		     !(polls % POLLS_PER_LOOK == 0 && lost_task(r));
	}
	progress_end(&bar);
	return ok && !told_failure(r);
}
