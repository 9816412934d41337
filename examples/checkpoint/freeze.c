/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See freeze.h. A process is signalled through a pidfd, never by a number that may be
 * another's by then. The tree is looked through again until all in it is stopped and
 * nobody new is found: what is stopped makes no children.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../common/text.h"
#include "checkpoint.h"
#include "freeze.h"
#include "tree.h"

/* No process id is above, on any Linux (PID_MAX_LIMIT). */
enum { MAX_PID = 4 * 1024 * 1024 };
enum { POLL_NS = 500 * 1000, PATIENCE_POLLS = 20000 };

static struct {
	struct frozen *list;
	size_t n;
	unsigned char *known; /* by pid: in the list */
	size_t n_added; /* in this pass */
	bool failed;
} tree;

static int signal_pidfd(int pidfd, int number)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

void freeze_end(bool leave_stopped)
{
	while (tree.n > 0) {
		tree.n--;
		if (tree.list[tree.n].stopped_here && !leave_stopped)
			signal_pidfd(tree.list[tree.n].pidfd, SIGCONT);
		close(tree.list[tree.n].pidfd);
	}
	free(tree.list);
	free(tree.known);
	tree.list = NULL;
	tree.known = NULL;
}

static void resume_at_exit(void)
{
	freeze_end(false);
}

/* It is in the list before it is stopped: what fails from then on resumes it. */
static bool stop(struct frozen *f)
{
	int thread;

	if (process_activity(f->pid, &thread) != RUNNING)
		return true;
	f->stopped_here = true;
	if (signal_pidfd(f->pidfd, SIGSTOP) == 0 || errno == ESRCH)
		return true;
	f->stopped_here = false;
	complain("process %d cannot be stopped: %s", f->pid, strerror(errno));
	return false;
}

/* What was listed may have exited, and its number be another's, before it was held. */
static bool is_child_of(int pid, int parent)
{
	struct proc_stat stat;

	return read_stat(pid, &stat) && stat.parent == parent;
}

static bool add(int pid, int parent)
{
	struct frozen *f;
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0 && errno != ESRCH) {
		complain("process %d cannot be held: %s", pid, strerror(errno));
		return false;
	}
	if (pidfd < 0)
		return true;
	if (!is_child_of(pid, parent)) {
		close(pidfd);
		return true;
	}
	tree.known[pid] = 1;
	tree.n_added++;
	tree.list = not_null(reallocarray(tree.list, tree.n + 1, sizeof(*tree.list)));
	f = &tree.list[tree.n++];
	*f = (struct frozen){ .pid = pid, .parent = parent, .pidfd = pidfd };
	return stop(f);
}

static bool add_descendant(void *data, int pid, const struct proc_stat *stat)
{
	int thread;

	(void)data;
	if (pid >= MAX_PID || stat->parent <= 0 || stat->parent >= MAX_PID || tree.known[pid] ||
	    !tree.known[stat->parent])
		return true;
	/* A zombie's other threads may live on. */
	if (stat->state == 'Z' && process_activity(pid, &thread) == GONE)
		return true;
	tree.failed = !add(pid, stat->parent);
	return !tree.failed;
}

/* Its threads may have been misread: what is gone does not mind the signal. */
static void drop(size_t index)
{
	if (tree.list[index].stopped_here)
		signal_pidfd(tree.list[index].pidfd, SIGCONT);
	close(tree.list[index].pidfd);
	tree.known[tree.list[index].pid] = 0;
	tree.n--;
	memmove(&tree.list[index], &tree.list[index + 1], (tree.n - index) * sizeof(*tree.list));
}

/* Bounded: a thread that waits for a disk or a server does not stop until that answers. */
static bool wait_until_stopped(size_t index)
{
	const struct timespec nap = { .tv_nsec = POLL_NS };
	int pid = tree.list[index].pid, thread = 0, polls;

	for (polls = 0; polls < PATIENCE_POLLS; polls++) {
		switch (process_activity(pid, &thread)) {
		case GONE:
			drop(index);
			return true;
		case STOPPED:
			return true;
		case RUNNING:
			break;
		}
		if (interrupted()) {
			complain("interrupted");
			return false;
		}
		nanosleep(&nap, NULL);
	}
	complain("thread %d of process %d does not stop: it waits in the kernel", thread, pid);
	return false;
}

static bool wait_for_all(void)
{
	size_t i, n;

	for (i = 0; i < tree.n; i += tree.n == n) {
		n = tree.n;
		if (!wait_until_stopped(i))
			return false;
	}
	return true;
}

static bool freeze_all(int root)
{
	struct proc_stat stat = { 0, 0 };

	if (!read_stat(root, &stat)) {
		complain("process %d: no such process", root);
		return false;
	}
	if (!add(root, stat.parent))
		return false;
	do {
		if (!wait_for_all())
			return false;
		tree.n_added = 0;
		for_each_process(add_descendant, NULL);
	} while (tree.n_added > 0 && !tree.failed);
	if (tree.n == 0)
		complain("process %d is gone", root);
	return !tree.failed && tree.n > 0;
}

bool freeze(int root)
{
	if (root >= MAX_PID) {
		complain("process %d: no such process", root);
		return false;
	}
	tree.known = not_null(calloc(MAX_PID, 1));
	atexit(resume_at_exit);
	if (freeze_all(root))
		return true;
	freeze_end(false);
	return false;
}

const struct frozen *freeze_list(size_t *ret_n)
{
	*ret_n = tree.n;
	return tree.list;
}
