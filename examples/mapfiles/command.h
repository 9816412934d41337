/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a subcommand of mapfiles is, and what all of them share: how it is called, how it
 * ends, and the options that are the same everywhere. Nothing here is part of the library.
 *
 * A subcommand is a function cmd_NAME() in NAME.c and a row in commands.def. Before it
 * runs, program_invocation_short_name and argv[0] are "mapfiles NAME", so that every
 * message begins with that; the locale is set, and 0, 1 and 2 are open. It returns one of
 * STATUS_. main() flushes standard output, and a write that failed is STATUS_FAILED.
 */
#ifndef MAPFILES_COMMAND_H
#define MAPFILES_COMMAND_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapfiles_command {
	const char *name;
	const char *arguments; /* behind the options, for --help */
	const char *summary; /* for mapfiles --help */
	int (*run)(int argc, char **argv);
};

/* The exit statuses, the same in all commands. */
enum status {
	STATUS_OK = 0, /* the answer is there, and it is whole */
	STATUS_NOTHING = 1, /* all that was asked was looked at, and the answer is "nothing" */
	STATUS_USAGE = 2, /* wrong usage: nothing was done */
	STATUS_FAILED = 3, /* something that was asked for could not be had: see the messages */
	STATUS_ATTENTION = 4, /* done, and someone should look at it: each command says when */
};

#define COMMAND(name, arguments, summary) int cmd_##name(int argc, char **argv);
#include "commands.def"
#undef COMMAND

/* Ends with n = 0. */
extern const struct mapfiles_command mapfiles_commands[];
extern const size_t n_mapfiles_commands;

/*
 * argp_parse(3) with the command's arguments from its row. --help, --version and wrong
 * usage end the program. argp->doc is one sentence, then "\v" and what stands below the
 * options: at least an "Examples:" paragraph.
 */
void command_parse(const struct argp *argp, int argc, char **argv, void *input);

/* An option that most commands have, as a row of their struct argp_option[], and its key. */
enum { OPTION_PROC_ROOT = 0x200 };
#define PROC_ROOT_OPTION                                                                        \
	{                                                                                       \
		"proc-root", OPTION_PROC_ROOT, "DIR", 0, "another mounted procfs, not /proc", 0 \
	}

/* A message on stderr behind what is listed already: "mapfiles NAME: ...\n". */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * complain() of what one process refused: "process PID: WHAT (EACCES): ", then
 * mf_explain()'s sentence, or the error's with what helps; and that sudo does, if it does.
 * access is one of MF_ACCESS_.
 */
void complain_refused(int pid, const char *proc_root, uint32_t access, const char *what, int error);

#endif
