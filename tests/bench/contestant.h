/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is measured: a function that does a task once, and what it must find.
 */
#ifndef BENCH_CONTESTANT_H
#define BENCH_CONTESTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workload.h"

struct call {
	const struct subject *subject;
	const void *how; /* the contestant's */
	void *state; /* what begin() made */
	char why[100]; /* begin() failed: in words, or empty */
	bool verify; /* nobody measures: answer all that can be told, whatever it takes */
	struct tally answer;
	uint64_t ns; /* what it took, where run() itself knows better; 0: measured from outside */
};

#define TELLS_N	    0x1
#define TELLS_SUM   0x2
#define TELLS_NAMES 0x4
#define TELLS_ALL   0x7

struct contestant {
	const char *name;
	int (*run)(struct call *call); /* 0 or -errno */
	const void *how;
	int (*begin)(struct call *call); /* what is not measured: 0 or -errno; NULL: nothing */
	void (*end)(struct call *call);
	enum which finds;
	unsigned int tells; /* what of the answer is compared with the truth */
};

#define ALL_PLAIN ((1U << N_PLAIN) - 1)

struct task {
	const char *name;
	const char *title;
	unsigned int workloads; /* bits */
	enum which per; /* times are printed per one of these */
	const struct contestant *contestants; /* the first one is the floor, 1.00 */
	size_t n;
};

extern const struct task task_all, task_files, task_find, task_open, task_sharing, task_everyone,
	task_command, task_commands;

#endif
