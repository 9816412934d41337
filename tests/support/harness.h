/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every test program has in common: the runner, skips, checks that work in
 * a child as well as in the test, descriptor and allocation counts around every
 * test, and a janitor that cleans up even after a crash.
 */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NOBODY 65534

/** Run a suite: 0 all passed, 1 a test failed or none ran. */
int harness_main(char **argv, Suite *(*make_suite)(void));

/** A test case whose tests must leave as many descriptors and bytes as they found. */
TCase *guarded_tcase(Suite *suite, const char *name);
/** A test case that counts descriptors only: for tests that start threads. */
TCase *fd_guarded_tcase(Suite *suite, const char *name);
size_t count_fds(void);

/** A directory that is removed with all that is in it when the program ends. */
const char *temp_dir(void);
/** Remove this file too when the program ends: for names outside of temp_dir(). */
void remove_at_exit(const char *path);
/** Add huge pages to the machine's, taken away again at the end: 0 or -errno. */
int reserve_hugepages(long n_pages);

__attribute__((noreturn, format(printf, 4, 5))) void
harness_fail(const char *file, int line, const char *what, const char *format, ...);
__attribute__((format(printf, 2, 3))) void harness_skip(const char *test, const char *format, ...);
void harness_errno(const char *file, int line, const char *what, long long got, int want);

/* Unlike ck_assert() these may be used in a child of the test, see in_child(). */
#define require(cond)                                                        \
	do {                                                                 \
		if (!(cond))                                                 \
			harness_fail(__FILE__, __LINE__, #cond, "is false"); \
	} while (0)
#define require_msg(cond, ...)                                                \
	do {                                                                  \
		if (!(cond))                                                  \
			harness_fail(__FILE__, __LINE__, #cond, __VA_ARGS__); \
	} while (0)
#define ck_errno(expr, want) harness_errno(__FILE__, __LINE__, #expr, (expr), (want))
#define skip(...)                                    \
	do {                                         \
		harness_skip(__func__, __VA_ARGS__); \
		return;                              \
	} while (0)

/** Run a function in a child; a failed check there fails the test. */
void in_child(void (*function)(void *), void *arg);
/** The same as user and group nobody, with no capability. */
void in_child_as_nobody(void (*function)(void *), void *arg);
/** Become nobody for good, and stay inspectable by the same user: 0 or -errno. */
int become_nobody(void);
bool is_root(void);
/* A sanitizer is in this program: stacks are larger, and terabytes are mapped. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/** Its heap, stack and signals are not those of the kernel. */
bool under_valgrind(void);

/* A child that does as it is told through two pipes. */
struct child {
	pid_t pid;
	int tell_fd; /* one byte: go on */
	int hear_fd; /* one byte: done */
	void *arg;
};

/** Start function(child) in a child: there the two pipes are the other ends. */
void child_start(struct child *child, void (*function)(struct child *), void *arg);
/** Wait until the other side calls child_tell(). False: it has gone, or exec'ed. */
bool child_hear(struct child *child);
void child_tell(struct child *child);
/** Kill, reap, close the pipes. */
void child_end(struct child *child);
void child_kill_and_reap(struct child *child);
/** Kill, and wait until it is a zombie. */
void child_make_zombie(struct child *child);
/** Wait until a child is stopped by a signal. */
void wait_stopped(pid_t pid);
/** Wait until the state letter in /proc/PID/stat is this one. */
void wait_state(pid_t pid, char state);
/** For a child: replace the program by one that waits for ever. */
__attribute__((noreturn)) void exec_sleep(void);
/** Fork a child with this very pid, which must be free: as fork(), or -errno. */
int fork_with_pid(pid_t pid);

#endif
