/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the restore share. The tasks are forked from this program, each from
 * the task of its parent, and so know the whole dump. They go on step by step, all at
 * once, and tell what they did on a board that is shared memory.
 */
#ifndef CHECKPOINT_RESTORE_H
#define CHECKPOINT_RESTORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checkpoint.h"
#include "model.h"

#define NONE SIZE_MAX

enum step {
	STEP_SPAWN, /* every task is there */
	STEP_CREATE, /* each object is made and mapped by its first user */
	STEP_OPEN, /* who sees it otherwise maps it through the first one's link */
	STEP_REMAP, /* who sees it as another does: mf_remap() */
	STEP_SEAL, /* behind all mappings, which a seal might forbid */
	STEP_COMPARE, /* each byte that is mapped with the image */
	STEP_POKE, /* change bytes, */
	STEP_PEEK, /* look for the change in all other mappings, */
	STEP_UNPOKE, /* and change them back */
	N_STEPS
};

enum how { HOW_NOT, HOW_CREATED, HOW_OPENED, HOW_REMAPPED };

/* What became of a user of an object. */
struct placed {
	uint64_t address;
	uint64_t compared; /* bytes */
	uint8_t how;
	bool moved; /* it is not where it was in the dump */
	bool differs; /* from the image */
	bool peeked, seen; /* looked for a change of another's, and saw it */
};

struct board {
	_Atomic uint32_t step; /* a futex */
	_Atomic uint32_t n_tasks_done; /* with the step */
	_Atomic uint32_t failed; /* message says what */
	_Atomic uint32_t message_ready;
	_Atomic uint64_t n_users_done; /* in all steps */
	char message[512];
};

/* One byte that is changed and back, through a mapping that may. */
struct poke {
	size_t writer; /* a user */
	uint64_t offset; /* in the object */
};

struct restoring {
	const struct restore_options *options;
	struct checkpoint c;
	int directory_fd;
	bool noexec; /* what is made in the directory cannot be mapped as code */
	size_t *by_process; /* users, sorted by process */
	size_t *source; /* of each user: the one that it is remapped from, itself, or NONE */
	size_t *peek; /* of each user: the poke that it must see, or NONE */
	struct poke *pokes;
	size_t n_pokes;
	struct board *board;
	_Atomic int *pids; /* shared, of the task of each process; 0: not yet */
	struct placed *placed; /* shared, of each user */
	size_t n_failures; /* checks that did not hold */
};

/* plan.c: who maps what from whom, and who looks for whose change. */
void plan_sources(struct restoring *r);
void plan_pokes(struct restoring *r);
/* Bytes of the object behind a user's mapping: what is mapped beyond its end has none. */
uint64_t user_bytes(const struct checkpoint *c, const struct user *u);

/* board.c */
bool board_make(struct restoring *r);
/* In a task: the first one's message counts. Returns false. */
bool board_fail(struct restoring *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* In a task: this step is done; returns behind the one that comes next. */
enum step board_next(struct restoring *r, enum step done);
/* In the program: let all tasks do it. False after a message. */
bool board_run(struct restoring *r, enum step step);

/* task.c: fork the tasks whose parent is this one, or NO_PARENT for the program itself. */
bool spawn_children(struct restoring *r, size_t parent);

/* build.c, in a task. False after board_fail(). */
bool create_objects(struct restoring *r, size_t process);
bool open_views(struct restoring *r, size_t process);
bool remap_views(struct restoring *r, size_t process);
bool seal_objects(struct restoring *r, size_t process);
bool has_own_seals(const struct object *o);

/* compare.c, in a task. */
bool compare_all(struct restoring *r, size_t process);
bool poke_all(struct restoring *r, size_t process);
bool peek_all(struct restoring *r, size_t process);

/* Opens the image of an object, which is as long as the object: or -errno. */
int open_image(const struct restoring *r, const struct object *o);

/* verify.c, in the program: what the kernel says of each mapping. Counts failures. */
void verify_all(struct restoring *r);

/* report.c */
void report_table(const struct restoring *r);
void report_json(const struct restoring *r);

#endif
