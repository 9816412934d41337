/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Open a mapping through the library in a process of a given identity, under a
 * watchdog, and look at what came out. A wrong file is told by fstat(2) alone.
 */
#ifndef TESTS_FS_OPENER_H
#define TESTS_FS_OPENER_H

#include <mapfiles.h>

#include "victim.h"

enum stage { STAGE_BECOME, STAGE_ITER, STAGE_FIND, STAGE_OPEN };

/* What to open, and how. The rest is 0. */
struct request {
	pid_t pid;
	uint64_t addr;
	uint32_t flags; /* MF_OPEN_ */
	uint32_t iter_flags; /* MF_ITER_ */
	const char *proc_root;
	bool walk; /* reach the mapping by mf_next(), not by mf_find() */
	bool close_low; /* without descriptors 0 to 2 */
	bool forge_path; /* hand in a copy whose path points nowhere */
	bool no_read; /* do not read from what was opened */
	long max_fds; /* RLIMIT_NOFILE above what is open, plus one; 0: as it is */
	/* Run in between, in the opener: the victim's moves against it. */
	void (*between)(void *arg);
	void *arg;
};

struct opened {
	int ret; /* the descriptor it was, or -errno */
	enum stage stage; /* what returned it */
	bool hung;
	int leaked; /* descriptors left when all was closed */
	bool took_low; /* something used 0 to 2 */
	struct mf_open_info info;
	struct stat st;
	int getfl, getfd, seals;
	long pos;
	ssize_t n_head; /* bytes in head, or -errno */
	unsigned char head[16];
	unsigned char last; /* the last byte */
	uint64_t record_inode;
	uint32_t record_major, record_minor, kind;
	struct mf_range hole; /* the first one */
};

/* Called when a hung opener was killed: it dies when its FUSE request is aborted. */
extern void (*opener_on_hang)(void);

void open_as(const struct who *who, const struct request *request, struct opened *out);

/* Run fn(shared) so too; shared must be MAP_SHARED. False: it hung, or died. */
bool run_as(const struct who *who, void (*fn)(void *), void *shared);
void *shared_memory(size_t size);

/* "map_files exact", "copy", "EPERM": for a person and for the matrix. */
const char *outcome(const struct opened *opened);
const char *error_of(int error);
/* For messages. */
const char *open_flags_text(uint32_t flags);

/* It is the object, looked at by fstat(2); an O_PATH descriptor or one to read. */
bool is_object(const struct opened *opened, const struct stat *truth);

/*
 * Collect what is wrong, so that one run shows it all; expect_end() fails the
 * test when there was anything.
 */
__attribute__((format(printf, 2, 3))) bool expect(bool cond, const char *format, ...);
void expect_end(void);

/* The usual demands; what is the name in the messages. */
void expect_error(const struct opened *opened, int want, const char *what);
void expect_object(const struct opened *opened, const struct stat *truth, uint32_t rung,
		   uint32_t sure, const char *what);

/* A suite of these tests leaves when the machine cannot do any of it: 77. */
int fs_main(char **argv, Suite *(*make_suite)(void));

#endif
