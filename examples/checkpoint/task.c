/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A task: one process of the dump, restored as far as its objects go. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "restore.h"

typedef bool step_fn(struct restoring *r, size_t process);

static step_fn *const steps[N_STEPS] = {
	[STEP_SPAWN] = spawn_children, [STEP_CREATE] = create_objects, [STEP_OPEN] = open_views,
	[STEP_REMAP] = remap_views,    [STEP_SEAL] = seal_objects,     [STEP_COMPARE] = compare_all,
	[STEP_POKE] = poke_all,	       [STEP_PEEK] = peek_all,	       [STEP_UNPOKE] = poke_all,
};

/* None outlives its parent, and so none the program, however that ends. */
static void tie_to(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(FAILED);
}

static void run(struct restoring *r, size_t process)
{
	const struct name *comm = &r->c.processes[process].comm;
	enum step step = STEP_SPAWN;

	interrupt_release();
	if (comm->bytes)
		prctl(PR_SET_NAME, comm->bytes);
	atomic_store(&r->pids[process], getpid());
	while (steps[step](r, process))
		step = board_next(r, step);
	/* The program has been told, and ends it. */
	for (;;)
		pause();
}

bool spawn_children(struct restoring *r, size_t parent)
{
	pid_t here = getpid(), pid;
	size_t i;

	for (i = 0; i < r->c.n_processes; i++) {
		if (r->c.processes[i].parent != parent)
			continue;
		pid = fork();
		if (pid < 0)
			return board_fail(r, "a task for process %d: %s", r->c.processes[i].pid,
					  strerror(errno));
		if (pid == 0) {
			tie_to(here);
			run(r, i);
		}
	}
	return true;
}
