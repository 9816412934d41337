/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel keeps after a first listing of a new target: its own memory, until the target
 * ends or memory becomes scarce.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "extra.h"
#include "ours.h"

static double reclaimable_kib(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[200];
	double kib = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "SReclaimable: %lf", &kib) == 1)
			break;
	if (!f || kib < 0)
		errx(1, "/proc/meminfo has no SReclaimable");
	fclose(f);
	return kib;
}

static const struct listing listings[] = {
	{ "mf all", ours_walk, WALK(.flags = MF_ITER_ALL) },
	{ "mf stream", ours_walk, WALK(.flags = MF_ITER_STREAM) },
	{ "mf default", ours_walk, WALK(0) },
	{ "mf objects", ours_objects,
	  &(const struct mf_objects_opts){ .size = sizeof(struct mf_objects_opts) } },
};

static void list_once(const struct listing *listing, const struct workload *workload,
		      const char *dir, struct results *results)
{
	struct subject subject;
	double before, after;
	uint64_t ns;
	int ret;

	subject_start_unseen(&subject, workload, dir, NULL);
	before = reclaimable_kib();
	ret = listing_run(listing, &subject, &ns);
	after = reclaimable_kib();
	subject_end(&subject);
	if (ret < 0)
		errx(1, "%s: %s", listing->name, strerror(-ret));
	results_add_figure(results, &(struct figure){ .task = "kernel-memory",
						      .subject = listing->name,
						      .unit = "KiB left behind",
						      .workload = workload,
						      .value = after - before });
}

static void run(const struct extra *extra, const struct workload *workload, const char *dir,
		const struct plan *plan, struct results *results)
{
	size_t i;

	(void)extra;
	(void)plan;
	for (i = 0; i < sizeof(listings) / sizeof(listings[0]); i++)
		list_once(&listings[i], workload, dir, results);
}

const struct extra extra_kernel_memory = {
	"kernel-memory",
	"memory that the kernel keeps after a first listing",
	1U << W1 | 1U << W4,
	run,
};
