/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kinds of targets, and targets of each kind: processes that live until they are ended, or
 * the benchmark dies.
 */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stddef.h>
#include <sys/types.h>

#include "truth.h"

enum workload_number {
	W1,
	W2,
	W3,
	W4,
	W5,
	N_PLAIN, /* those that most tasks are about */
	S1 = N_PLAIN,
	S2,
	P200,
	CHURN,
	N_WORKLOADS,
};

struct workload {
	const char *name;
	const char *title;
	unsigned int n_file_mappings, n_files, n_anonymous, n_shared, n_sysv, n_memfd;
	unsigned int n_forks; /* children that share what it maps */
	unsigned int n_programs; /* each started for itself */
};

extern const struct workload workloads[N_WORKLOADS];

struct subject {
	const struct workload *workload;
	pid_t *pids; /* those started first, their children behind them */
	size_t n_pids, n_started;
	struct truth truth;
	uint64_t addresses[N_ADDRESSES]; /* each in a mapping of the first process */
};

/** Start targets of that kind whose files are in dir, and learn what they map. */
void subject_start(struct subject *subject, const struct workload *workload, const char *dir);
/**
 * The same, but nobody has looked at them yet: truth and addresses are empty. With a path of
 * latencies, which may be NULL, a thread works in the target.
 */
void subject_start_unseen(struct subject *subject, const struct workload *workload, const char *dir,
			  const char *latencies);
void subject_end(struct subject *subject);

#endif
