/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles: what processes have mapped, in answers to the questions that people have.
 * This file finds the subcommand; each has a file of its own name.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mapfiles.h>

#include "../common/arguments.h"
#include "../common/text.h"
#include "command.h"
#include "nearest.h"

const int status_of_failure = STATUS_FAILED;

const struct mapfiles_command mapfiles_commands[] = {
#define COMMAND(name, arguments, summary) { #name, arguments, summary, cmd_##name },
#include "commands.def"
#undef COMMAND
};
const size_t n_mapfiles_commands = sizeof(mapfiles_commands) / sizeof(mapfiles_commands[0]);

static const struct mapfiles_command *current;

static const char head[] =
	"Usage: mapfiles COMMAND [OPTION...] [ARGUMENT...]\n"
	"What processes have mapped into memory, and the very objects behind it.\n"
	"\n";

static const char tail[] =
	"\n"
	"mapfiles COMMAND --help tells the options of a command, and shows an example.\n"
	"A process is given by its number or by its name, which stands for all of that name.\n"
	"\n"
	"Exit status, in all commands:\n"
	"  0  the answer is there, and it is whole\n"
	"  1  the answer is \"nothing\", and all that was asked was looked at\n"
	"  2  wrong usage: nothing was done\n"
	"  3  something that was asked for could not be had; the messages say what and why\n"
	"  4  done, but look at it: each command's --help says what that is\n"
	"\n"
	"What other users' processes map is told to root, or to who has CAP_SYS_PTRACE,\n"
	"CAP_DAC_READ_SEARCH and CAP_CHECKPOINT_RESTORE: mapfiles explain PID says what is\n"
	"missing.\n"
	"\n"
	"Examples:\n"
	"  mapfiles ls $$                       what this shell has mapped\n"
	"  sudo mapfiles who /lib/x86_64-linux-gnu/libc.so.6\n";

static int help(void)
{
	const struct mapfiles_command *c;

	fputs(head, stdout);
	for (c = mapfiles_commands; c < mapfiles_commands + n_mapfiles_commands; c++)
		printf("  %-11s%s\n", c->name, c->summary);
	fputs(tail, stdout);
	return STATUS_OK;
}

static const struct mapfiles_command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < n_mapfiles_commands; i++)
		if (strcmp(mapfiles_commands[i].name, name) == 0)
			return &mapfiles_commands[i];
	return NULL;
}

static int unknown(const char *what, const char *word)
{
	const char **names = not_null(calloc(n_mapfiles_commands, sizeof(*names)));
	char *escaped = escape_name(word, strlen(word)), *nearest;
	size_t i;

	for (i = 0; i < n_mapfiles_commands; i++)
		names[i] = mapfiles_commands[i].name;
	nearest = nearest_names(word, names, n_mapfiles_commands);
	complain("there is no %s %s%s%s%s", what, escaped, nearest ? "; did you mean " : "",
		 nearest ? nearest : "", nearest ? "?" : "");
	fputs("Try 'mapfiles --help'.\n", stderr);
	free(nearest);
	free(escaped);
	free(names);
	return STATUS_USAGE;
}

/* Of the tool, whichever command it is asked. */
static void print_tool_version(FILE *to, struct argp_state *state)
{
	uint32_t version = mf_version();

	(void)state;
	fprintf(to, "mapfiles (libmapfiles) %u.%u.%u\n", version >> 16, version >> 8 & 0xff,
		version & 0xff);
}

void command_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	struct argp whole = *argp;
	char help[] = "--help";

	whole.args_doc = current->arguments;
	/* Asked for by many, and unknown to argp. */
	if (argc > 1 && strcmp(argv[1], "-h") == 0)
		argv[1] = help;
	if (argp_parse(&whole, argc, argv, 0, NULL, input) != 0)
		exit(STATUS_FAILED);
}

/* argp exits on its own after --help, so this is the one place that sees every end. */
static void check_output(void)
{
	if (finish_output(STATUS_OK) != STATUS_OK)
		_exit(STATUS_FAILED);
}

/*
 * A stream that was closed at the start would be the next file's descriptor, and what is
 * said be written into it. For reading only: a write to it fails still, and is told.
 */
static bool occupy_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	return fd >= 0 && close(fd) == 0;
}

static int run(const struct mapfiles_command *command, int argc, char **argv)
{
	char *name = format("mapfiles %s", command->name);
	int status;

	current = command;
	program_invocation_short_name = name;
	argv[0] = name;
	status = command->run(argc, argv);
	/* What ends the program still says the name. */
	exit(status);
}

int main(int argc, char **argv)
{
	const struct mapfiles_command *command;
	const char *word = argc > 1 ? argv[1] : "";

	program_invocation_short_name = (char *)(uintptr_t) "mapfiles";
	argp_err_exit_status = STATUS_USAGE;
	argp_program_version_hook = print_tool_version;
	/* What it says of short options is what everybody knows. */
	setenv("ARGP_HELP_FMT", "no-dup-args-note", 0);
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	if (!occupy_streams() || atexit(check_output) != 0)
		return STATUS_FAILED;
	if (argc < 2) {
		fputs("mapfiles: which command?\nTry 'mapfiles --help'.\n", stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		return print_tool_version(stdout, NULL), STATUS_OK;
	/* mapfiles help ls, as git has it. */
	if (!strcmp(word, "help") && argc > 2 && (command = find_command(argv[2])))
		return run(command, 2, (char *[]){ argv[2], (char[]){ "--help" }, NULL });
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "-?") ||
	    !strcmp(word, "help"))
		return argc > 2 ? unknown("command", argv[2]) : help();
	command = find_command(word);
	if (!command)
		return unknown(word[0] == '-' ? "option" : "command", word);
	return run(command, argc - 1, argv + 1);
}
