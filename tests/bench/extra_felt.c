/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the target feels: how long its own mmap, touch and munmap take while somebody else lists
 * it again and again.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "extra.h"
#include "latencies.h"
#include "ours.h"
#include "raw.h"
#include "statistics.h"

static int idle(struct call *call)
{
	const struct timespec t = { 0, 20000000 };

	(void)call;
	nanosleep(&t, NULL);
	return 0;
}

/* What psutil, CRIU, lsfd's and pmap's extended output read. */
static int read_smaps(struct call *call)
{
	static char buf[65536];
	int fd = raw_open(call->subject->pids[0], "smaps", O_RDONLY);
	ssize_t n;

	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0);
	close(fd);
	return (int)n;
}

static const struct listing walkers[] = {
	{ "nobody", idle, NULL },
	{ "raw read of maps", raw_read_all, NULL },
	{ "mf all", ours_walk, WALK(.flags = MF_ITER_ALL) },
	{ "mf stream", ours_walk, WALK(.flags = MF_ITER_STREAM) },
	{ "mf default", ours_walk, WALK(0) },
	{ "mf stream, each mapping opened", ours_walk,
	  WALK(.flags = MF_ITER_STREAM | MF_ITER_OPEN_FDS) },
#ifdef MF_OBJECTS_OPEN_FDS
	{ "mf objects, opened", ours_objects,
	  &(const struct mf_objects_opts){ .size = sizeof(struct mf_objects_opts),
					   .flags = MF_OBJECTS_OPEN_FDS } },
#endif
	{ "raw read of smaps", read_smaps, NULL },
};
#define N_WALKERS (sizeof(walkers) / sizeof(walkers[0]))

static const double shares[] = { 0.5, 0.99, 0.999 };
static const char *const share_names[] = { "p50", "p99", "p99.9" };

/* In nanoseconds, of one round. */
struct felt {
	double at[3][MAX_ROUNDS];
	double a_second[MAX_ROUNDS]; /* how often */
};

static void note(const struct latencies *latencies, uint64_t from, uint64_t to, struct felt *felt,
		 size_t round)
{
	size_t n = to - from < LATENCIES ? to - from : LATENCIES, i;
	double *ns = calloc(n + 1, sizeof(*ns));

	if (!ns || n == 0)
		errx(1, "the target's thread does nothing");
	for (i = 0; i < n; i++)
		ns[i] = latencies->ns[(to - 1 - i) % LATENCIES];
	for (i = 0; i < 3; i++)
		felt->at[i][round] = quantile(ns, n, shares[i]);
	free(ns);
}

static void walk_for(const struct listing *walker, const struct subject *subject, uint64_t ns,
		     const struct latencies *latencies, struct felt *felt, size_t round)
{
	uint64_t began = now_ns(), from = __atomic_load_n(&latencies->n, __ATOMIC_ACQUIRE), to;
	uint64_t took;
	int ret;

	do {
		ret = listing_run(walker, subject, &took);
		if (ret < 0)
			errx(1, "%s: %s", walker->name, strerror(-ret));
	} while (now_ns() - began < ns);
	to = __atomic_load_n(&latencies->n, __ATOMIC_ACQUIRE);
	felt->a_second[round] = (double)(to - from) * 1e9 / (double)(now_ns() - began);
	note(latencies, from, to, felt, round);
}

static void add(struct results *results, const struct extra *extra, const char *subject,
		const struct workload *workload, const char *unit, double value)
{
	char *text = strdup(unit);

	results_add_figure(results,
			   &(struct figure){ extra->name, subject, text, workload, value });
}

static void add_walker(struct results *results, const struct extra *extra,
		       const struct workload *workload, const struct felt *felt, size_t i,
		       size_t rounds)
{
	char unit[40];
	size_t j;

	for (j = 0; j < 3; j++) {
		snprintf(unit, sizeof(unit), "%s, us", share_names[j]);
		add(results, extra, walkers[i].name, workload, unit,
		    median(felt[i].at[j], rounds) / 1000);
	}
	add(results, extra, walkers[i].name, workload, "p99.9, x idle",
	    ratio_of(felt[i].at[2], felt[0].at[2], rounds).median);
	add(results, extra, walkers[i].name, workload, "done, x idle",
	    ratio_of(felt[i].a_second, felt[0].a_second, rounds).median);
}

static struct latencies *share_latencies(char *path, size_t size, const char *dir)
{
	struct latencies *latencies;
	int fd;

	snprintf(path, size, "%s/latencies", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*latencies)) < 0)
		err(1, "%s", path);
	latencies = mmap(NULL, sizeof(*latencies), PROT_READ, MAP_SHARED, fd, 0);
	if (latencies == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
	return latencies;
}

static void run(const struct extra *extra, const struct workload *workload, const char *dir,
		const struct plan *plan, struct results *results)
{
	uint64_t ns = plan->turn_ns * 30;
	struct felt *felt = calloc(N_WALKERS, sizeof(*felt));
	char path[4096];
	struct latencies *latencies = share_latencies(path, sizeof(path), dir);
	struct subject subject;
	size_t i, round;

	if (!felt)
		err(1, "felt");
	subject_start_unseen(&subject, workload, dir, path);
	for (round = 0; round < plan->rounds; round++)
		for (i = 0; i < N_WALKERS; i++) {
			size_t turn = (i + round) % N_WALKERS;

			walk_for(&walkers[turn], &subject, ns, latencies, &felt[turn], round);
		}
	for (i = 0; i < N_WALKERS; i++)
		add_walker(results, extra, workload, felt, i, plan->rounds);
	subject_end(&subject);
	munmap(latencies, sizeof(*latencies));
	free(felt);
}

const struct extra extra_felt = {
	"felt",
	"what the target's own mmap, touch and munmap feel of being listed",
	1U << CHURN,
	run,
};
