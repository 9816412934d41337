/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sharing: who shares which memory and which files with whom, as a table, as JSON
 * or as a picture. This file reads the options and scans the processes; which
 * objects are shown and how is in sharing/.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/arguments.h"
#include "sharing/sharing.h"

enum { STATUS_FOUND, STATUS_NOTHING, STATUS_FAILED };

const int status_of_failure = STATUS_FAILED;

struct options {
	struct scan scan;
	struct view view;
	void (*print)(const struct view *view);
};

static const char help_text[] =
	"Usage: sharing [OPTION...] PID...\n"
	"       sharing [OPTION...] --everyone\n"
	"List what processes share: each object that more than one of them maps, and all\n"
	"memory that can be shared. Objects are told apart by what they are, not by name.\n"
	"\n"
	"  -t, --tree            the processes given and all that descend from them\n"
	"  -e, --everyone        all processes\n"
	"  -a, --all             files that one process maps alone too\n"
	"  -m, --memory          only memory: anonymous, memfd, SysV, POSIX, huge pages\n"
	"  -s, --shared          only what is mapped with MAP_SHARED; cheaper\n"
	"  -u, --users           one row for each mapping: process, range, protection\n"
	"  -b, --bytes           sizes in bytes, not as 5.1M\n"
	"  -j, --json            JSON instead of a table\n"
	"  -d, --dot             a picture for Graphviz: sharing --dot PID | dot -Tsvg\n"
	"      --proc-root DIR   another mounted procfs, not /proc\n"
	"  -h, --help            print this help\n"
	"  -V, --version         print the version\n"
	"\n"
	"In the table PROCS is how many processes map the object, USERS how many mappings\n"
	"there are, WHO the first processes, and +N how many more. \"?\" is not known, \"-\"\n"
	"is nothing. Names are escaped as by ls -b; what may follow a name: (deleted) it no\n"
	"longer leads to the object; (uncertain) told apart by the numbers in maps alone,\n"
	"it may be several objects; (apart) the kernel gives it no identity, others may be\n"
	"the same.\n"
	"\n"
	"In the picture what does not print is written as in a URL (%0A), and so are % and\n"
	"backslash. Objects that the same processes map in the same way are one box; where\n"
	"there are too many boxes, those that the same processes map in any way.\n"
	"\n"
	"JSON is one object. processes: all that were scanned, each with pid, name, listed,\n"
	"uncertain (its objects are), users, vanished (mappings that were gone before they\n"
	"could be looked at), retries, and if it is not listed error and why. objects: each\n"
	"with kind, path, deleted, uncertain, apart, dev and inode (as maps has them), stat\n"
	"(as stat(2) has them: dev, inode, mode, links, size), seals, n_processes, users.\n"
	"A user is a mapping: pid, start, end, offset, prot, shared, raced if it changed\n"
	"meanwhile, path if this process has another name for the object. Addresses are\n"
	"strings (\"0x...\"). What is not known is left out. A name that is not valid UTF-8\n"
	"is null and has its bytes in name_hex or path_hex.\n"
	"\n"
	"Exit status: 0 something is listed; 1 nothing is shared among the processes that\n"
	"could be looked at; 2 wrong usage, a process that was given could not be looked at,\n"
	"or another failure. What is missing from the list is said on standard error.\n"
	"\n"
	"Examples:\n"
	"  sudo sharing --tree $(pidof -s postgres)      what PostgreSQL's processes share\n"
	"  sudo sharing --everyone --memory              all shared memory, and whose it is\n"
	"  sudo sharing --dot --tree PID | dot -Tsvg -o sharing.svg\n";

static int usage(const char *what)
{
	fprintf(stderr, "sharing: %s\nTry 'sharing --help'.\n", what);
	return STATUS_FAILED;
}

/* Returns -1 to go on, or the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "tree", no_argument, NULL, 't' },
		{ "everyone", no_argument, NULL, 'e' },
		{ "all", no_argument, NULL, 'a' },
		{ "memory", no_argument, NULL, 'm' },
		{ "shared", no_argument, NULL, 's' },
		{ "users", no_argument, NULL, 'u' },
		{ "bytes", no_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ "dot", no_argument, NULL, 'd' },
		{ "proc-root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "teamsubjdhV", longs, NULL)) != -1) {
		switch (c) {
		case 't':
			options->scan.flags |= MF_OBJECTS_TREE;
			break;
		case 'e':
			options->scan.flags |= MF_OBJECTS_EVERYONE;
			break;
		case 'a':
			options->view.all = true;
			break;
		case 'm':
			options->view.memory = true;
			break;
		case 's':
			options->scan.flags |= MF_OBJECTS_SHARED;
			break;
		case 'u':
			options->view.users = true;
			break;
		case 'b':
			options->view.bytes = true;
			break;
		case 'j':
			options->print = print_json;
			break;
		case 'd':
			options->print = print_dot;
			break;
		case 'r':
			options->scan.proc_root = optarg;
			break;
		case 'h':
			fputs(help_text, stdout);
			return finish_output(STATUS_FOUND);
		case 'V':
			print_version();
			return finish_output(STATUS_FOUND);
		default:
			return usage("that is not understood");
		}
	}
	return -1;
}

static int parse_processes(char **words, struct scan *scan)
{
	if (scan->flags & MF_OBJECTS_EVERYONE)
		return *words || scan->flags & MF_OBJECTS_TREE ?
			       usage("--everyone takes no PID and no --tree") :
			       -1;
	if (!*words)
		return usage("which processes? Give a PID, or --everyone");
	return scan_parse_pids(scan, words) ? -1 : STATUS_FAILED;
}

static int scan_and_print(struct options *options)
{
	int status;

	if (scan_open(&options->scan) < 0)
		return STATUS_FAILED;
	options->view.scan = &options->scan;
	select_objects(&options->view);
	if (options->view.n_objects > 0 || options->print != print_table)
		options->print(&options->view);
	status = options->view.n_objects > 0 ? STATUS_FOUND : STATUS_NOTHING;
	if (scan_tell_missing(&options->scan))
		status = STATUS_FAILED;
	else if (status == STATUS_NOTHING)
		fputs("sharing: nothing is shared\n", stderr);
	return status;
}

int main(int argc, char **argv)
{
	struct options options = { .print = print_table };
	int status;

	setlocale(LC_CTYPE, "");
	status = parse_options(argc, argv, &options);
	if (status < 0)
		status = parse_processes(argv + optind, &options.scan);
	if (status >= 0) {
		free(options.scan.pids);
		return status;
	}
	status = scan_and_print(&options);
	free(options.view.objects);
	scan_close(&options.scan);
	return finish_output(status);
}
