/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first listing of a new process: each contestant has a target of its own in each round.
 */
#include <stdio.h>
#include <string.h>

#include "extra.h"
#include "ours.h"
#include "raw.h"
#include "statistics.h"

static const struct listing firsts[] = {
	{ "raw read of maps", raw_read_all, NULL },
	{ "raw listing, query + name each", raw_list_and_query,
	  &(const struct raw_asking){ 0, RAW_NAME_MAX } },
	{ "mf all", ours_walk, WALK(.flags = MF_ITER_ALL) },
	{ "mf table", ours_table, WALK(.flags = MF_ITER_ALL) },
	{ "mf stream", ours_walk, WALK(.flags = MF_ITER_STREAM) },
	{ "mf default", ours_walk, WALK(0) },
	{ "mf objects", ours_objects,
	  &(const struct mf_objects_opts){ .size = sizeof(struct mf_objects_opts) } },
};
#define N_FIRSTS (sizeof(firsts) / sizeof(firsts[0]))

/* In nanoseconds; less than 0: this kernel cannot do it. */
static double list_first(const struct listing *first, const struct workload *workload,
			 const char *dir)
{
	struct subject subject;
	uint64_t ns;
	int ret;

	subject_start_unseen(&subject, workload, dir, NULL);
	ret = listing_run(first, &subject, &ns);
	subject_end(&subject);
	return ret < 0 ? ret : (double)ns;
}

static void add(struct results *results, const struct extra *extra, const struct listing *first,
		const struct workload *workload, const char *unit, double value)
{
	results_add_figure(results, &(struct figure){ .task = extra->name,
						      .subject = first->name,
						      .unit = unit,
						      .workload = workload,
						      .value = value });
}

static void run(const struct extra *extra, const struct workload *workload, const char *dir,
		const struct plan *plan, struct results *results)
{
	double ns[N_FIRSTS][MAX_ROUNDS];
	size_t i, round;

	for (round = 0; round < plan->rounds; round++)
		for (i = 0; i < N_FIRSTS; i++) {
			size_t turn = (i + round) % N_FIRSTS;

			ns[turn][round] = list_first(&firsts[turn], workload, dir);
		}
	for (i = 0; i < N_FIRSTS; i++) {
		if (least(ns[i], plan->rounds) < 0) {
			printf("left out: %s: %s\n", firsts[i].name,
			       strerror(-(int)least(ns[i], plan->rounds)));
			continue;
		}
		add(results, extra, &firsts[i], workload, "us", median(ns[i], plan->rounds) / 1000);
		add(results, extra, &firsts[i], workload, "x raw read of maps",
		    ratio_of(ns[i], ns[0], plan->rounds).median);
	}
}

const struct extra extra_cold = {
	"cold",
	"the first listing of a new process",
	ALL_PLAIN,
	run,
};
