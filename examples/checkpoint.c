/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Example of a checkpoint tool's use of the library: dump what the processes of a tree map
 * together, and restore it in new tasks. The objects are found and told apart with
 * mf_objects_open(), read through their links with mf_open_fd(), and mapped in the second
 * and every further task with mf_remap(). This file reads the command line.
 */
#include <getopt.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint/checkpoint.h"
#include "common/arguments.h"

const int status_of_failure = FAILED;

struct progress bar;

static const char usage_text[] =
	"Usage: checkpoint dump [-o DIR] [--all-files] [--leave-stopped] PID\n"
	"       checkpoint restore [--keep] [--json] DIR\n"
	"       checkpoint show DIR\n"
	"Dump the memory objects that process PID and its descendants map, restore them in new\n"
	"tasks that share them as those did, or show what is in a dump.\n"
	"\n"
	"dump stops the tree (SIGSTOP), scans it, writes each object once, and resumes what it\n"
	"stopped itself (SIGCONT), also when it fails or is interrupted.\n"
	"  -o, --output DIR     a new or an empty directory (default: checkpoint-PID)\n"
	"  --all-files          images also of files that are still at their path, which the\n"
	"                       dump otherwise only names, with inode, size and time\n"
	"  --leave-stopped      after a dump that succeeded, do not resume\n"
	"restore starts a task for each process. The first user of an object makes it from its\n"
	"image; every other one opens the first one's link in map_files and maps it from there.\n"
	"Then each byte is compared with the image, each sharing is proven by a byte that one\n"
	"task writes and the others see, and the identity of all objects is compared.\n"
	"  --keep               leave the tasks running until Enter or SIGTERM\n"
	"  --json               print the result as JSON\n"
	"  --help, --version\n"
	"\n"
	"PRIVATE PAGES ARE NOT DUMPED: neither anonymous memory, nor what a process changed in\n"
	"a private mapping of a file. Registers, descriptors and the like are not either.\n"
	"Of what cannot be dumped (AIO rings, sockets, devices, anonymous inodes) the manifest\n"
	"tells why. It is DIR/manifest.json; a name that is no UTF-8 is null there, and NAME_hex\n"
	"beside it has its bytes. \"hash\" is that of examples/checkpoint/image.h. Files by\n"
	"reference are not written to by restore, so for these the identity alone is compared.\n"
	"Both need root, or CAP_CHECKPOINT_RESTORE and the right to trace the processes.\n"
	"\n"
	"Exit status: 0 all is dumped, or restored and proven; 1 it failed; 2 wrong usage;\n"
	"3 as 0, but the dump lacks a process or an object that cannot be dumped.\n"
	"\n"
	"Example, of a shell and what was started from it:\n"
	"  checkpoint dump -o /tmp/dump 1234 && checkpoint restore --keep /tmp/dump\n";

enum status complain(const char *fmt, ...)
{
	va_list ap;

	progress_end(&bar);
	fputs("checkpoint: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return FAILED;
}

static enum status wrong_usage(const char *what, const char *word)
{
	complain("%s %s (checkpoint --help tells more)", what, word);
	return USAGE;
}

/* Everything that is behind the options: exactly one word; NULL after a message. */
static const char *only_word(int argc, char **argv, const char *what)
{
	if (argc - optind == 1)
		return argv[optind];
	wrong_usage(argc - optind < 1 ? "missing:" : "only one, please:", what);
	return NULL;
}

static enum status dump_command(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "all-files", no_argument, NULL, 'a' },
		{ "leave-stopped", no_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	struct dump_options options = { .pid = 0 };
	const char *word;
	int c;

	while ((c = getopt_long(argc, argv, "o:", long_options, NULL)) != -1) {
		if (c == 'o')
			options.directory = optarg;
		else if (c == 'a')
			options.all_files = true;
		else if (c == 's')
			options.leave_stopped = true;
		else
			return USAGE;
	}
	word = only_word(argc, argv, "PID");
	if (!word)
		return USAGE;
	if (!parse_pid(word, &options.pid))
		return wrong_usage(why_no_pid(word), word);
	return dump(&options);
}

static enum status restore_command(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "keep", no_argument, NULL, 'k' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct restore_options options = { .directory = NULL };
	int c;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (c == 'k')
			options.keep = true;
		else if (c == 'j')
			options.json = true;
		else
			return USAGE;
	}
	options.directory = only_word(argc, argv, "DIR");
	return options.directory ? restore(&options) : USAGE;
}

static enum status show_command(int argc, char **argv)
{
	static const struct option none[] = { { NULL, 0, NULL, 0 } };
	const char *word;

	if (getopt_long(argc, argv, "", none, NULL) != -1)
		return USAGE;
	word = only_word(argc, argv, "DIR");
	return word ? show(word) : USAGE;
}

static enum status run(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "dump") == 0)
		return dump_command(argc - 1, argv + 1);
	if (strcmp(command, "restore") == 0)
		return restore_command(argc - 1, argv + 1);
	if (strcmp(command, "show") == 0)
		return show_command(argc - 1, argv + 1);
	if (strcmp(command, "--version") == 0) {
		print_version();
		return DONE;
	}
	if (strcmp(command, "--help") != 0) {
		fputs(usage_text, stderr);
		return USAGE;
	}
	fputs(usage_text, stdout);
	return DONE;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	return finish_output((int)run(argc, argv));
}
