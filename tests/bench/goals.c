/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All goals in one place. Bounds are in the order of the workloads.
 */
#include <mapfiles.h>

#include "goals.h"
#include "statistics.h"

#define FLOOR "raw read of maps"

#define EVERYWHERE(x)         \
	{                     \
		x, x, x, x, x \
	}
#define AT(w, x)        \
	{               \
		[w] = x \
	}
/* What allocates or carries more than one mapping at a time has the flag for it, where there is one. */
#ifdef MF_ITER_RUN_NAMES
#define RUN_NAMES ", run names"
#else
#define RUN_NAMES ""
#endif

const struct goal goals[] = {
	{ "all", "mf all", AT_MOST_TIMES, FLOOR, EVERYWHERE(1.08) },
	{ "all", "mf table" RUN_NAMES, AT_MOST_TIMES, FLOOR, { 1.00, 0.85, 1.15, 0.56, 1.10 } },
	{ "files", "mf stream" RUN_NAMES, AT_MOST_TIMES, FLOOR, { 0.82, 0.80, 0.55, 0.56, 0.55 } },
	{ "files", "mf default", AT_MOST_TIMES, "raw listing, query + name each",
	  EVERYWHERE(1.10) },
	{ "files",
	  "raw listing, query + name each",
	  AT_MOST_TIMES,
	  FLOOR,
	  { [W3] = 0.20, [W5] = 0.20 } },
	{ "find", "mf find, held", AT_MOST_TIMES, "raw query + name, held", EVERYWHERE(1.10) },
	{ "find", "mf find, from nothing", AT_MOST_NS, NULL, EVERYWHERE(5000) },
	{ "open",
	  "mf objects, opened" RUN_NAMES,
	  AT_MOST_TIMES,
	  FLOOR,
	  { 1.75, 1.70, 0.60, 0.60, 0.60 } },
	{ "sharing", "mf objects, shared", AT_MOST_TIMES, FLOOR, { [S1] = 0.19, [S2] = 0.47 } },
	{ "commands", "bench-list", TIMES_FASTER, "pmap", AT(P200, 2) },
	{ "commands", "bench-list", TIMES_FASTER, "lsof", AT(P200, 5) },
	{ "commands", "bench-list", TIMES_FASTER, "lsfd", AT(P200, 5) },
	{ "felt", "mf stream", AT_MOST, "p99.9, x idle", AT(CHURN, 1.5) },
	{ "felt", "mf all", AT_MOST, "p99.9, x idle", AT(CHURN, 1.5) },
	{ "memory", "mf stream", AT_MOST, "KiB resident", AT(W4, 128) },
	{ "memory", "mf all", AT_MOST, "KiB resident", AT(W4, 128) },
	{ "memory", "mf all", AT_MOST, "allocations in steps", AT(W4, 1e-9) },
	{ "memory", "mf stream", AT_MOST, "allocations in steps", AT(W4, 1e-9) },
	{ "memory", "mf table", AT_MOST, "allocations", AT(W4, 20) },
	{ "memory", "mf table", AT_MOST, "bytes a mapping", AT(W4, 40) },
	{ "instructions", "mf all, maps", AT_MOST, "instructions a mapping", AT(W2, 200) },
};

const size_t n_goals = sizeof(goals) / sizeof(goals[0]);

static struct verdict judge_figure(const struct results *results, const struct goal *goal,
				   const struct workload *workload, double bound)
{
	const struct figure *figure =
		results_figure(results, goal->task, goal->subject, goal->reference, workload);

	if (!figure)
		return (struct verdict){ 0 };
	return (struct verdict){ true, figure->value <= bound, figure->value, figure->value,
				 figure->value };
}

static struct verdict judge_ns(const struct contest *contest, const struct series *subject,
			       double bound)
{
	double each = (double)contest->truth.of[contest->task->per].n;
	double value = median(subject->ns, contest->rounds) / each;

	return (struct verdict){ true, value <= bound, value,
				 quantile(subject->ns, contest->rounds, 0.25) / each,
				 quantile(subject->ns, contest->rounds, 0.75) / each };
}

static struct verdict judge_ratio(const struct contest *contest, const struct series *subject,
				  const struct series *reference, const struct goal *goal,
				  double bound)
{
	bool faster = goal->kind == TIMES_FASTER;
	struct ratio ratio = faster ? ratio_of(reference->ns, subject->ns, contest->rounds) :
				      ratio_of(subject->ns, reference->ns, contest->rounds);

	return (struct verdict){ true, faster ? ratio.median >= bound : ratio.median <= bound,
				 ratio.median, ratio.low, ratio.high };
}

static const struct series *ran(const struct contest *contest, const char *name)
{
	const struct series *series = contest_series(contest, name);

	return series && !series->left_out[0] ? series : NULL;
}

struct verdict judge(const struct results *results, const struct goal *goal,
		     enum workload_number number)
{
	const struct workload *workload = &workloads[number];
	const struct contest *contest = results_contest(results, goal->task, workload);
	double bound = goal->bounds[number];
	const struct series *subject, *reference;

	if (goal->kind == AT_MOST)
		return judge_figure(results, goal, workload, bound);
	subject = contest ? ran(contest, goal->subject) : NULL;
	if (!subject)
		return (struct verdict){ 0 };
	if (goal->kind == AT_MOST_NS)
		return judge_ns(contest, subject, bound);
	reference = ran(contest, goal->reference);
	if (!reference)
		return (struct verdict){ 0 };
	return judge_ratio(contest, subject, reference, goal, bound);
}
