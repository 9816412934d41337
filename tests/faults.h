/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fault injection and accounting for what the library asks of libc: the program
 * is linked with --wrap, and only calls made inside CALL() are counted, failed
 * or forbidden.
 */
#ifndef TEST_FAULTS_H
#define TEST_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

enum fault_call {
	FAULT_ALLOC, /* malloc, calloc, realloc */
	FAULT_OPEN, /* openat */
	FAULT_OPENAT2,
	FAULT_READ, /* read, pread */
	FAULT_LIST, /* getdents64 */
	FAULT_IOCTL,
	FAULT_IOCTL_NAMED, /* those that ask for a name too: the kernel allocates for it */
	FAULT_STAT, /* statx */
	FAULT_STATFS, /* fstatfs */
	FAULT_MAP, /* mmap */
	FAULT_MEMFD, /* memfd_create */
	FAULT_LINK, /* readlinkat */
	FAULT_FCNTL, /* those commands that can fail: F_DUPFD_CLOEXEC, F_ADD_SEALS */
	FAULT_SEEK, /* lseek */
	FAULT_WRITE, /* pwrite */
	FAULT_TRUNCATE, /* ftruncate */
	FAULT_ACCESS, /* faccessat */
	FAULT_SIGNAL, /* pidfd_send_signal, kill */
	FAULT_CALLS,
};

enum fault_mode {
	FAULT_ONCE, /* the n-th call */
	FAULT_FROM_THEN_ON, /* it and all that follow: no memory, no descriptors left */
	FAULT_EVERY_OTHER, /* it, and every second one after it: a storm of signals */
};

struct fault_plan {
	enum fault_call call;
	enum fault_mode mode;
	unsigned int nth; /* from 1; 0: nothing fails */
	int error; /* 0: a read that is cut short instead */
	size_t cut; /* so many bytes it gives at most */
};

struct fault_account {
	unsigned int seen[FAULT_CALLS];
	unsigned int injected;
	unsigned int allocations; /* malloc and its kin, and anonymous mmap */
	long live_blocks; /* not freed */
	long live_bytes; /* not unmapped */
};

extern struct fault_account fault_account;

const char *fault_call_name(enum fault_call call);

/** What is to fail from now on; the account starts anew. NULL: nothing. */
void faults_start(const struct fault_plan *plan);
/** Inside CALL() the kernel is as before Linux 5.6: no PROCMAP_QUERY, no openat2(2). */
void faults_act_old(bool old);
/** An allocation inside CALL() fails the test; free() of something too. */
void faults_forbid_allocation(bool forbid);

void faults_enter(void);
/** Fails the test if errno was changed inside. */
void faults_leave(const char *file, int line, const char *what);

/* The value of a call of the library, whose errno is watched. */
#define CALL(expr)                                       \
	__extension__({                                  \
		faults_enter();                          \
		__auto_type call_value = (expr);         \
		faults_leave(__FILE__, __LINE__, #expr); \
		call_value;                              \
	})

#endif
