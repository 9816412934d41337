/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kinds of targets, and how they are started and ended.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

const struct workload workloads[N_WORKLOADS] = {
	[W1] = { "W1", "a shell", 20, 4, 6, 1, 1, 1, 0, 1 },
	[W2] = { "W2", "a desktop program", 1200, 300, 260, 15, 5, 5, 0, 1 },
	[W3] = { "W3", "a JVM", 120, 30, 20000, 5, 3, 2, 0, 1 },
	[W4] = { "W4", "file mappings", 60000, 600, 0, 0, 0, 0, 0, 1 },
	[W5] = { "W5", "anonymous memory", 40, 10, 60000, 0, 0, 0, 0, 1 },
	[S1] = { "S1", "51 processes, file-heavy", 1200, 300, 260, 40, 0, 0, 50, 1 },
	[S2] = { "S2", "51 processes, anonymous-heavy", 120, 30, 2000, 40, 0, 0, 50, 1 },
	[P200] = { "P200", "200 shells", 20, 4, 6, 1, 1, 1, 0, 200 },
	[CHURN] = { "busy", "15000 mappings and a thread that maps", 10000, 100, 5000, 0, 0, 0, 0,
		    1 },
};

static void exec_target(const struct workload *w, const char *dir, const char *latencies)
{
	const unsigned int counts[] = { w->n_file_mappings, w->n_files, w->n_anonymous, w->n_shared,
					w->n_sysv,	    w->n_memfd, w->n_forks };
	char words[7][16];
	char *argv[] = { (char *)"bench-target",
			 words[0],
			 words[1],
			 words[2],
			 words[3],
			 words[4],
			 words[5],
			 words[6],
			 (char *)(uintptr_t)dir,
			 (char *)(uintptr_t)latencies,
			 NULL };
	size_t i;

	for (i = 0; i < 7; i++)
		snprintf(words[i], sizeof(words[i]), "%u", counts[i]);
	execv(BENCH_TARGET, argv);
	err(1, "%s", BENCH_TARGET);
}

/* Its pid is the first line that it prints. */
static FILE *start_program(const struct workload *workload, const char *dir, const char *latencies)
{
	pid_t parent = getpid(), pid;
	int ends[2];

	if (pipe(ends) < 0 || (pid = fork()) < 0)
		err(1, "cannot start a target");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		exec_target(workload, dir, latencies);
	}
	close(ends[1]);
	return fdopen(ends[0], "r");
}

static void add_pid(struct subject *subject, pid_t pid)
{
	subject->pids = realloc(subject->pids, (subject->n_pids + 1) * sizeof(pid_t));
	if (!subject->pids)
		err(1, "pids");
	subject->pids[subject->n_pids++] = pid;
}

/* Those of a program that was started come first, for subject_end(). */
static void hear_pids(struct subject *subject, FILE *from)
{
	char line[32];

	while (fgets(line, sizeof(line), from)) {
		if (strcmp(line, "ready\n") == 0)
			return;
		add_pid(subject, (pid_t)strtol(line, NULL, 10));
	}
	errx(1, "a target of %s ended before it was ready", subject->workload->name);
}

void subject_start_unseen(struct subject *subject, const struct workload *workload, const char *dir,
			  const char *latencies)
{
	unsigned int i;

	*subject = (struct subject){ .workload = workload, .n_started = workload->n_programs };
	for (i = 0; i < workload->n_programs; i++) {
		FILE *from = start_program(workload, dir, latencies);

		hear_pids(subject, from);
		fclose(from);
	}
}

void subject_start(struct subject *subject, const struct workload *workload, const char *dir)
{
	subject_start_unseen(subject, workload, dir, NULL);
	truth_learn(&subject->truth, subject->pids, subject->n_pids, subject->addresses);
}

/* What a target forked dies with it, and is not the benchmark's to wait for. */
void subject_end(struct subject *subject)
{
	size_t i;

	for (i = 0; i < subject->n_started; i++)
		kill(subject->pids[i], SIGKILL);
	for (i = 0; i < subject->n_started; i++)
		waitpid(subject->pids[i], NULL, 0);
	free(subject->pids);
	subject->pids = NULL;
}
