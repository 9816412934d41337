/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles watch: what a running process maps, unmaps, protects and renames, in lines as
 * of strace(1), without stopping it: a table that is refreshed. What changed is found in
 * watch/changes.c, and printed by watch/print.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <mapfiles.h>

#include "../common/arguments.h"
#include "../common/text.h"
#include "command.h"
#include "output.h"
#include "target.h"
#include "watch/watch.h"

#define NOT_SEEN "What is mapped and unmapped again between two looks is not seen."

struct watch {
	struct output output;
	bool with_time;
	long ms;
	uint64_t looks;
	const char *word;
	int pid, pidfd;
	struct mf_iter *iter;
	struct mf_table *table;
	uint64_t n_looks;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static int fail(const struct watch *watch, int error)
{
	complain_refused(watch->pid, NULL, MF_ACCESS_DETAILS, "cannot be watched", error);
	return STATUS_FAILED;
}

/* The pidfd is this process for ever; the number may be another's one day. */
static int open_table(struct watch *watch)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_ALL };
	int r = watch->pidfd < 0 ? mf_iter_open(watch->pid, &opts, &watch->iter) :
				   mf_iter_open_pidfd(watch->pidfd, &opts, &watch->iter);

	if (!r)
		r = mf_table_open(watch->iter, 0, &watch->table);
	return r;
}

static void close_table(struct watch *watch)
{
	mf_table_close(watch->table);
	mf_iter_close(watch->iter);
	watch->table = NULL;
	watch->iter = NULL;
}

static void tell_exec(const struct watch *watch)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", watch->pid);
	n = readlink(link, path, sizeof(path));
	print_exec(path, n < 0 ? 0 : (size_t)n, mf_table_count(watch->table));
}

/* Another program: what it has mapped is no difference, but a beginning. */
static int start_anew(struct watch *watch)
{
	int r;

	close_table(watch);
	r = open_table(watch);
	if (!r)
		tell_exec(watch);
	else
		close_table(watch);
	return r;
}

//! [look]
/* -ESTALE: it execs just now, the next look will tell. */
static int look(struct watch *watch)
{
	int r = watch->table ? mf_table_refresh(watch->table, watch->iter) : -ESTALE;

	watch->n_looks++;
	if (!r)
		watch_changes(watch->table, print_change);
	else if (r == -ESTALE)
		r = start_anew(watch);
	return r == -ESTALE ? 0 : r;
}
//! [look]

/* Until the next look is due, the process exits or a signal comes. */
static void pause_for(const struct watch *watch, long ms, const sigset_t *mask)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
	struct pollfd poll = { .fd = watch->pidfd, .events = POLLIN };

	ppoll(&poll, 1, &time, mask);
}

static int run(struct watch *watch, const sigset_t *mask)
{
	int r = open_table(watch);

	if (r)
		return fail(watch, r);
	complain("process %d has %" PRIu64 " mappings; a look every %ld ms. " NOT_SEEN, watch->pid,
		 mf_table_count(watch->table), watch->ms);
	while (!r && watch->n_looks < watch->looks) {
		pause_for(watch, watch->ms, mask);
		if (interrupted || ferror(stdout))
			break;
		r = look(watch);
	}
	if (r && r != -ESRCH)
		return fail(watch, r);
	if (r)
		complain("process %d has exited", watch->pid);
	complain("%" PRIu64 " lines in %" PRIu64 " looks", n_printed(), watch->n_looks);
	return STATUS_OK;
}

/* Let in by ppoll() only, so that none comes between the question and the sleep. */
static void block_signals(sigset_t *ret_mask)
{
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, ret_mask);
	sigdelset(ret_mask, SIGINT);
	sigdelset(ret_mask, SIGTERM);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static const struct argp_option argp_options[] = {
	{ "interval", 'i', "MS", 0, "milliseconds between two looks; 100 if not given", 0 },
	{ "looks", 'n', "N", 0, "end after so many", 0 },
	{ "time", 't', NULL, 0, "the time before each line", 0 },
	{ 0 },
};

static uint64_t parse_number(struct argp_state *state, const char *text, uint64_t most)
{
	unsigned long long number;

	errno = 0;
	number = is_number(text) ? strtoull(text, NULL, 10) : 0;
	if (errno || number < 1 || number > most)
		argp_error(state, "not a number from 1 to %" PRIu64 ": %s", most, text);
	return number;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct watch *w = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &w->output;
		return 0;
	case 'i':
		w->ms = (long)parse_number(state, arg, 86400000);
		return 0;
	case 'n':
		w->looks = parse_number(state, arg, UINT64_MAX);
		return 0;
	case 't':
		w->with_time = true;
		return 0;
	case ARGP_KEY_ARG:
		if (w->word)
			argp_error(state, "one process can be watched at a time");
		w->word = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which process? Give a PID or a name");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options,
	parse,
	NULL,
	"Print what a running process maps, unmaps, protects and renames, in lines as of "
	"strace(1), until it exits or Ctrl-C. It is not stopped."
	"\v" NOT_SEEN " With --json each line is an object.\n"
	"\n"
	"Exit status: 0 it was watched until it exited, or to the end that was asked for; 2 wrong "
	"usage; 3 it cannot be watched.\n"
	"\n"
	"Examples:\n"
	"  mapfiles watch -t 1234\n"
	"  mapfiles watch --json 1234 | jq -r 'select(.change == \"mmap\") | .path'\n",
	(const struct argp_child[]){ { &json_argp, 0, NULL, 0 }, { 0 } },
	NULL,
	NULL,
};

int cmd_watch(int argc, char **argv)
{
	struct watch watch = { .pidfd = -1, .ms = 100, .looks = UINT64_MAX };
	sigset_t mask;
	int status;

	command_parse(&argp, argc, argv, &watch);
	if (!target_find(&watch.pid, NULL, watch.word))
		return STATUS_FAILED;
	/* In a pipe each line is wanted as it comes. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	print_begin(&watch.output, watch.with_time);
	block_signals(&mask);
	/* By number: glibc has pidfd_open() only since 2.36. Kernels before 5.3 have none: by pid then. */
	watch.pidfd = (int)syscall(SYS_pidfd_open, watch.pid, 0);
	status = run(&watch, &mask);
	close_table(&watch);
	if (watch.pidfd >= 0)
		close(watch.pidfd);
	return status;
}
