/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Example of a table that is refreshed: prints what a running process maps, unmaps,
 * protects and renames, in lines as of strace(1), without stopping it.
 * watch [-i MS] [-n LOOKS] [-t] PID
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <mapfiles.h>

#include "common/arguments.h"
#include "common/text.h"
#include "watch/lines.h"

const int status_of_failure = EXIT_FAILURE;

#define NOT_SEEN "What is mapped and unmapped again between two looks is not seen."

struct watch {
	int pid, pidfd;
	struct mf_iter *iter;
	struct mf_table *table;
	uint64_t n_looks;
};

static bool with_time;
static uint64_t n_lines;
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static void print_line(const char *line)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	n_lines++;
	if (with_time) {
		clock_gettime(CLOCK_REALTIME, &now);
		strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&now.tv_sec, &tm));
		printf("%s.%03ld ", text, now.tv_nsec / 1000000);
	}
	puts(line);
}

static int fail(const struct watch *watch, int error)
{
	fprintf(stderr, "watch: process %d: %s\n", watch->pid, mf_strerror(error));
	return EXIT_FAILURE;
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
	char link[64], path[PATH_MAX], *name, *line;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", watch->pid);
	n = readlink(link, path, sizeof(path));
	name = escape_name(path, n < 0 ? 0 : (size_t)n);
	line = format("exec \"%s\": a new address space with %" PRIu64 " mappings", name,
		      mf_table_count(watch->table));
	print_line(line);
	free(line);
	free(name);
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
		watch_lines(watch->table, print_line);
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

static int run(struct watch *watch, long ms, uint64_t looks, const sigset_t *mask)
{
	int r = open_table(watch);

	if (r)
		return fail(watch, r);
	fprintf(stderr,
		"watch: process %d has %" PRIu64 " mappings; a look every %ld ms. " NOT_SEEN "\n",
		watch->pid, mf_table_count(watch->table), ms);
	while (!r && watch->n_looks < looks) {
		pause_for(watch, ms, mask);
		if (interrupted || ferror(stdout))
			break;
		r = look(watch);
	}
	if (r && r != -ESRCH)
		return fail(watch, r);
	if (r)
		fprintf(stderr, "watch: process %d has exited\n", watch->pid);
	fprintf(stderr, "watch: %" PRIu64 " lines in %" PRIu64 " looks\n", n_lines, watch->n_looks);
	return EXIT_SUCCESS;
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

static long long parse(const char *text, long long most)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	return end == text || *end || errno || number < 1 || number > most ? -1 : number;
}

static const char usage[] = "usage: watch [-i MS] [-n LOOKS] [-t] PID\n"
			    "Prints what a running process maps, unmaps, protects and renames.\n"
			    "  -i MS     time between two looks in milliseconds, 100 if not given\n"
			    "  -n LOOKS  end after so many\n"
			    "  -t        the time before each line\n" NOT_SEEN "\n";

int main(int argc, char **argv)
{
	struct watch watch = { .pid = -1, .pidfd = -1 };
	long long ms = 100, looks = LLONG_MAX;
	sigset_t mask;
	int option, status;

	setlocale(LC_ALL, "");
	while ((option = getopt(argc, argv, "i:n:th")) != -1) {
		if (option == 'i')
			ms = parse(optarg, 86400000);
		else if (option == 'n')
			looks = parse(optarg, LLONG_MAX);
		else if (option == 't')
			with_time = true;
		else
			return option == 'h' ? puts(usage) < 0 : (fputs(usage, stderr), 2);
	}
	if (optind + 1 == argc)
		watch.pid = (int)parse(argv[optind], INT_MAX);
	if (watch.pid < 0 || ms < 0 || looks < 0) {
		fputs(usage, stderr);
		return 2;
	}
	/* In a pipe each line is wanted as it comes. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	block_signals(&mask);
	/* By number: glibc has pidfd_open() only since 2.36. Kernels before 5.3 have none: by pid then. */
	watch.pidfd = (int)syscall(SYS_pidfd_open, watch.pid, 0);
	status = run(&watch, (long)ms, (uint64_t)looks, &mask);
	close_table(&watch);
	if (watch.pidfd >= 0)
		close(watch.pidfd);
	if (fflush(stdout) || ferror(stdout)) {
		perror("watch: cannot write");
		return EXIT_FAILURE;
	}
	return status;
}
