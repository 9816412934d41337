/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Listings by libraries of other languages: a program of theirs that times itself.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contestant.h"
#include "peer.h"

struct running {
	pid_t pid;
	FILE *to, *from;
};

/* exec fails, or what the program needs is not there: then it ends without a word. */
static void exec_helper(const struct helper *helper, pid_t subject, const int to[2],
			const int from[2])
{
	char pid[16];
	const char *argv[8];
	size_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(to[0], STDIN_FILENO);
	dup2(from[1], STDOUT_FILENO);
	if (!freopen("/dev/null", "w", stderr))
		_exit(1);
	close(to[0]);
	close(to[1]);
	close(from[0]);
	close(from[1]);
	snprintf(pid, sizeof(pid), "%d", subject);
	for (i = 0; helper->argv[i]; i++)
		argv[i] = helper->argv[i];
	argv[i] = pid;
	argv[i + 1] = NULL;
	execvp(argv[0], (char **)(uintptr_t)argv);
	_exit(1);
}

static struct running *start(const struct helper *helper, pid_t subject)
{
	struct running *running = calloc(1, sizeof(*running));
	int to[2], from[2];

	if (!running || pipe(to) < 0 || pipe(from) < 0 || (running->pid = fork()) < 0)
		err(1, "%s", helper->argv[0]);
	if (running->pid == 0)
		exec_helper(helper, subject, to, from);
	close(to[0]);
	close(from[1]);
	running->to = fdopen(to[1], "we");
	running->from = fdopen(from[0], "re");
	return running;
}

int helper_run(struct call *call)
{
	struct running *running = call->state;
	unsigned long long ns, n, sum;

	fputs("go\n", running->to);
	if (fflush(running->to) != 0 || fscanf(running->from, "%llu %llu %llu", &ns, &n, &sum) != 3)
		return -EPIPE;
	call->ns = ns;
	call->answer.n = n;
	call->answer.sum = sum;
	return 0;
}

void helper_end(struct call *call)
{
	struct running *running = call->state;

	fclose(running->to);
	fclose(running->from);
	kill(running->pid, SIGKILL);
	waitpid(running->pid, NULL, 0);
	free(running);
}

int helper_begin(struct call *call)
{
	const struct helper *helper = call->how;

	signal(SIGPIPE, SIG_IGN);
	call->state = start(helper, call->subject->pids[0]);
	if (helper_run(call) == 0)
		return 0;
	helper_end(call);
	snprintf(call->why, sizeof(call->why), "%s", helper->missing);
	return -ENOENT;
}

const struct helper helper_psutil = {
	(const char *const[]){ "/usr/bin/python3", BENCH_SOURCE_DIR "/peer_psutil.py", NULL },
	"needs /usr/bin/python3 and python3-psutil",
};

const struct helper helper_procfs = {
	(const char *const[]){ BENCH_PROCFS, NULL },
	"needs cargo and librust-procfs-dev when this is built",
};
