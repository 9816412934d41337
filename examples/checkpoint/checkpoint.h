/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of checkpoint share: the exit statuses, the three commands, what is
 * said to the user, and whether he wants it to end.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/progress.h"

enum status { DONE, FAILED, USAGE, DONE_IN_PART };

struct dump_options {
	int pid;
	const char *directory; /* NULL: checkpoint-PID */
	bool all_files;
	bool leave_stopped;
};

struct restore_options {
	const char *directory;
	bool keep;
	bool json;
};

enum status dump(const struct dump_options *options);
enum status restore(const struct restore_options *options);
enum status show(const char *directory);

/* The one bar: a message wipes it away first. */
extern struct progress bar;

/* "checkpoint: " and the message, as a line on standard error. Returns FAILED. */
enum status complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * From here on the signals that would end the program only set a flag, those that would
 * suspend it do nothing, and a closed pipe is an error that write(2) returns.
 */
void interrupt_catch(void);
bool interrupted(void);
/* Back to what they do to any program, for a child. */
void interrupt_release(void);

#endif
