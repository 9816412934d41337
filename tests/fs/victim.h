/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who opens and who is opened: a process with a given identity that does what
 * it is told, and what raw /proc says about it. Nothing here uses the library.
 */
#ifndef TESTS_FS_VICTIM_H
#define TESTS_FS_VICTIM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "harness.h"

#define CAP(nr)	    (1ull << (nr))
#define USERNS_NONE 0
#define USERNS_NEW  (-1) /* root of a new user namespace, made as this uid */

/* An identity. userns above 0: root of the user namespace of that process. */
struct who {
	const char *name;
	unsigned int uid;
	uint64_t caps; /* for a uid that is not 0 */
	int userns;
};

extern const struct who who_root, who_nobody;

/* Take this identity for good; stays dumpable. 0 or -errno. */
int become(const struct who *who);

/*
 * What a victim does: cmd 0 first, before it takes its identity, then each
 * number that victim_do() gives. It keeps only the descriptors that cmd 0
 * moved to VICTIM_KEEP and above.
 */
typedef long victim_fn(void *arg, int cmd);

#define VICTIM_KEEP 200

struct victim {
	pid_t pid;
	struct child child;
	struct victim_shared *shared;
};

void victim_start(struct victim *victim, const struct who *who, victim_fn *fn, void *arg);
long victim_do(struct victim *victim, int cmd);
/* The same, for a command that never answers: it execs, or exits. */
void victim_tell(struct victim *victim, int cmd);
void victim_end(struct victim *victim);

/* Raw /proc: the line of maps that holds addr, its link in map_files. */
struct raw_mapping {
	uint64_t start, end, inode;
	unsigned int major, minor;
	char link[96];
};

bool raw_find(pid_t pid, uint64_t addr, struct raw_mapping *ret);
/* The first line with that inode. */
bool raw_find_inode(pid_t pid, uint64_t inode, struct raw_mapping *ret);
/* stat(2) through the link, as root. */
bool raw_stat(pid_t pid, uint64_t addr, struct stat *st);
/* A field of /proc/PID/status, without its name. */
bool raw_status(pid_t pid, const char *field, char *value, size_t size);

#endif
