/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * checkpoint restore: a task for each process of the dump, the objects mapped in them as
 * they were, and the proof that they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/refusal.h"
#include "manifest.h"
#include "restore.h"

static bool may_restore(void)
{
	int why = mf_explain(0, MF_ACCESS_FOLLOW, NULL);

	if (why == MF_WHY_ALLOWED)
		return true;
	complain("%s%s", why > 0 ? mf_why_text((uint32_t)why) : mf_strerror(why),
		 why > 0 && is_cured_by_root(why) && geteuid() != 0 ?
			 " (sudo checkpoint ... does)" :
			 "");
	return false;
}

static bool load(struct restoring *r)
{
	struct statvfs fs;

	r->directory_fd = open(r->options->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->directory_fd < 0) {
		complain("%s: %s", r->options->directory, strerror(errno));
		return false;
	}
	r->noexec = fstatvfs(r->directory_fd, &fs) == 0 && fs.f_flag & ST_NOEXEC;
	return manifest_read(&r->c, r->directory_fd);
}

static void plan(struct restoring *r)
{
	r->by_process = users_by_process(&r->c);
	plan_sources(r);
	plan_pokes(r);
}

static bool build_and_check(struct restoring *r)
{
	enum step step;

	if (!board_make(r))
		return false;
	if (!spawn_children(r, NO_PARENT)) {
		complain("%s", r->board->message);
		return false;
	}
	for (step = STEP_SPAWN; step < N_STEPS; step++)
		if (!board_run(r, step))
			return false;
	verify_all(r);
	return true;
}

/* Enter, the end of input, or a signal. */
static void wait_for_user(void)
{
	char c;

	fprintf(stderr, "checkpoint: the tasks are kept until Enter is pressed, or SIGTERM\n");
	while (!interrupted() && read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		;
}

/* They are this program's to reap, the grandchildren too: their numbers are still theirs. */
static void end_tasks(const struct restoring *r)
{
	size_t i;

	for (i = 0; r->pids && i < r->c.n_processes; i++)
		if (r->pids[i] > 0)
			kill(r->pids[i], SIGKILL);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

static void report(const struct restoring *r)
{
	if (r->options->json)
		report_json(r);
	else
		report_table(r);
	fflush(stdout);
}

static enum status restore_loaded(struct restoring *r)
{
	bool done;

	plan(r);
	interrupt_catch();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	fflush(NULL);
	done = build_and_check(r);
	if (done)
		report(r);
	if (done && r->options->keep)
		wait_for_user();
	end_tasks(r);
	if (!done || r->n_failures > 0)
		return FAILED;
	return is_incomplete(&r->c) ? DONE_IN_PART : DONE;
}

enum status restore(const struct restore_options *options)
{
	struct restoring r = { .options = options, .directory_fd = -1 };
	enum status status = FAILED;

	if (may_restore() && load(&r))
		status = restore_loaded(&r);
	free(r.by_process);
	free(r.source);
	free(r.peek);
	free(r.pokes);
	checkpoint_free(&r.c);
	if (r.directory_fd >= 0)
		close(r.directory_fd);
	return status;
}
