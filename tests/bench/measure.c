/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rounds of passes of turns, in another order in each pass. What a contestant took in a round is
 * the median of its turns there: the machine may do something else during one of them.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure.h"
#include "statistics.h"

#define QUICK_NS 2000000 /* below this a call is made once for warming up before a turn */
#define SLOW_NS	 200000000 /* above this a contestant has one turn in a round */

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct entrant {
	struct series *series;
	struct call call;
	uint64_t last_ns; /* what the last call took */
	double turns[MAX_PASSES]; /* of this round: nanoseconds a call */
	size_t n_turns;
};

/* 0 or -errno; what it took is in last_ns. */
static int call_once(struct entrant *entrant)
{
	const struct contestant *c = entrant->series->contestant;
	uint64_t began;
	int ret;

	entrant->call.answer = (struct tally){ 0 };
	entrant->call.ns = 0;
	began = now_ns();
	ret = c->run(&entrant->call);
	entrant->last_ns = now_ns() - began;
	if (entrant->call.ns)
		entrant->last_ns = entrant->call.ns;
	return ret;
}

static uint64_t measure_once(struct entrant *entrant)
{
	int ret = call_once(entrant);

	if (ret < 0)
		errx(1, "%s: %s", entrant->series->contestant->name, strerror(-ret));
	return entrant->last_ns;
}

static void leave_out(struct entrant *entrant, int error)
{
	snprintf(entrant->series->left_out, sizeof(entrant->series->left_out), "%s",
		 entrant->call.why[0] ? entrant->call.why : strerror(-error));
}

/* There is nothing to compare it with. */
static void leave_out_for_floor(struct entrant *entrant, const struct task *task)
{
	const struct contestant *c = entrant->series->contestant;

	if (entrant->series->left_out[0])
		return;
	snprintf(entrant->series->left_out, sizeof(entrant->series->left_out),
		 "without %s, which is the floor", task->contestants[0].name);
	if (c->end)
		c->end(&entrant->call);
}

static bool differs(const struct contestant *c, const struct tally *found,
		    const struct tally *truth)
{
	return ((c->tells & TELLS_N) && found->n != truth->n) ||
	       ((c->tells & TELLS_SUM) && found->sum != truth->sum) ||
	       ((c->tells & TELLS_NAMES) && found->name_bytes != truth->name_bytes);
}

static void check(struct contest *contest, struct entrant *entrant)
{
	const struct contestant *c = entrant->series->contestant;
	const struct tally *truth = &contest->truth.of[c->finds], *found = &entrant->call.answer;
	int ret;

	entrant->call.verify = true;
	ret = call_once(entrant);
	entrant->call.verify = false;
	if (ret < 0) {
		leave_out(entrant, ret);
		if (c->end)
			c->end(&entrant->call);
		return;
	}
	if (!differs(c, found, truth))
		return;
	contest->n_wrong++;
	warnx("%s on %s: found %llu, sum %llx, names %llu; in truth %llu, %llx, %llu", c->name,
	      contest->workload->name, (unsigned long long)found->n, (unsigned long long)found->sum,
	      (unsigned long long)found->name_bytes, (unsigned long long)truth->n,
	      (unsigned long long)truth->sum, (unsigned long long)truth->name_bytes);
}

static void take_turn(struct entrant *entrant, const struct plan *plan, unsigned int pass)
{
	uint64_t ns = 0, n_calls = 0;

	if (pass > 0 && entrant->last_ns > SLOW_NS)
		return;
	if (entrant->last_ns < QUICK_NS)
		measure_once(entrant);
	do {
		ns += measure_once(entrant);
		n_calls++;
	} while (ns < plan->turn_ns);
	entrant->turns[entrant->n_turns++] = (double)ns / (double)n_calls;
}

static void shuffle(size_t *order, size_t n)
{
	size_t i;

	for (i = n; i > 1; i--) {
		size_t j = (size_t)random() % i, other = order[i - 1];

		order[i - 1] = order[j];
		order[j] = other;
	}
}

static void run_round(struct entrant *entrants, size_t n, const struct plan *plan, size_t round)
{
	size_t order[n], i;
	unsigned int pass;

	for (i = 0; i < n; i++) {
		order[i] = i;
		entrants[i].n_turns = 0;
	}
	for (pass = 0; pass < plan->passes; pass++) {
		shuffle(order, n);
		for (i = 0; i < n; i++)
			if (!entrants[order[i]].series->left_out[0])
				take_turn(&entrants[order[i]], plan, pass);
	}
	for (i = 0; i < n; i++)
		if (!entrants[i].series->left_out[0])
			entrants[i].series->ns[round] =
				median(entrants[i].turns, entrants[i].n_turns);
}

static void enter(struct entrant *entrant, struct series *series, const struct contestant *c,
		  const struct subject *subject)
{
	int ret;

	series->contestant = c;
	entrant->series = series;
	entrant->call.subject = subject;
	entrant->call.how = c->how;
	ret = c->begin ? c->begin(&entrant->call) : 0;
	if (ret != 0)
		leave_out(entrant, ret);
}

void contest_run(struct contest *contest, const struct task *task, const struct subject *subject,
		 const struct plan *plan)
{
	struct entrant *entrants = calloc(task->n, sizeof(*entrants));
	size_t i, n = 0;

	*contest = (struct contest){ .task = task,
				     .workload = subject->workload,
				     .truth = subject->truth,
				     .rounds = plan->rounds,
				     .series = calloc(task->n, sizeof(struct series)) };
	if (!entrants || !contest->series)
		err(1, "contestants");
	for (i = 0; i < task->n; i++) {
		const struct contestant *c = &task->contestants[i];

		if (i > 0 && plan->contestants && !strstr(c->name, plan->contestants))
			continue;
		enter(&entrants[n], &contest->series[n], c, subject);
		if (!contest->series[n].left_out[0])
			check(contest, &entrants[n]);
		n++;
	}
	contest->n = n;
	for (i = 1; i < n && contest->series[0].left_out[0]; i++)
		leave_out_for_floor(&entrants[i], task);
	for (i = 0; i < plan->rounds; i++)
		run_round(entrants, n, plan, i);
	for (i = 0; i < n; i++)
		if (!contest->series[i].left_out[0] && contest->series[i].contestant->end)
			contest->series[i].contestant->end(&entrants[i].call);
	free(entrants);
}

const struct series *contest_series(const struct contest *contest, const char *name)
{
	size_t i;

	for (i = 0; i < contest->n; i++)
		if (strcmp(contest->series[i].contestant->name, name) == 0)
			return &contest->series[i];
	return NULL;
}
