/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * whomaps: which processes map this very file, and which still map one that had its
 * name before. This file reads the options and collects the answers; what the file
 * is, who had its name and how it is printed is in whomaps/.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arguments.h"
#include "whomaps/whomaps.h"

enum { STATUS_SAME, STATUS_NONE, STATUS_FAILED, STATUS_FORMER };

const int status_of_failure = STATUS_FAILED;

struct options {
	struct scan scan;
	bool ranges;
	void (*print)(const struct answers *answers);
};

static const char help_text[] =
	"Usage: whomaps [OPTION...] FILE [PID...]\n"
	"Which processes map this file: this very one, whatever it is called where they\n"
	"live; and which still map a file that had its name before. All processes are\n"
	"asked, or those that are given. Symlinks are followed. The file is not opened.\n"
	"\n"
	"  -t, --tree            the processes given and all that descend from them\n"
	"  -r, --ranges          one row for each mapping: its range and its offset\n"
	"  -j, --json            JSON instead of a table\n"
	"      --proc-root DIR   another mounted procfs, not /proc\n"
	"  -h, --help            print this help\n"
	"  -V, --version         print the version\n"
	"\n"
	"VERDICT tells what is mapped:\n"
	"  same      the file itself: also under another name, by a hard link\n"
	"  replaced  a file that had the name until this one took it\n"
	"  masked    a file that has the name, in a directory that a mount hides\n"
	"  deleted   a file that had the name; no file has it now\n"
	"A file that only has an equal name in another mount namespace is none of these.\n"
	"PROT is all protections together, RANGES the number of mappings. (uncertain): its\n"
	"device and inode numbers are those of the file, and no more could be learnt.\n"
	"\n"
	"JSON is one object: file, with path, exists, dev, inode and links; processes, each\n"
	"with pid, name, verdict, uncertain and users, its mappings: start, end, offset,\n"
	"prot, shared, path; missing, the processes that could not be asked, with pid and\n"
	"error. Addresses are strings (\"0x...\"). A name that is not valid UTF-8 is null\n"
	"and has its bytes in name_hex or path_hex.\n"
	"\n"
	"Exit status: 0 a process maps this very file; 1 none of those that could be asked\n"
	"does; 3 only files are mapped that had its name: restart those processes; 2 wrong\n"
	"usage, no such file, a process that was given could not be asked, or another\n"
	"failure. Who could not be asked is said on standard error.\n"
	"\n"
	"Examples:\n"
	"  sudo whomaps /usr/lib/x86_64-linux-gnu/libssl.so.3     who to restart\n"
	"  whomaps --ranges data.db $(pidof myserver)\n";

static int usage(const char *what)
{
	fprintf(stderr, "whomaps: %s\nTry 'whomaps --help'.\n", what);
	return STATUS_FAILED;
}

/* Returns -1 to go on, or the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "tree", no_argument, NULL, 't' },
		{ "ranges", no_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "proc-root", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "trjhV", longs, NULL)) != -1) {
		switch (c) {
		case 't':
			options->scan.flags |= MF_OBJECTS_TREE;
			break;
		case 'r':
			options->ranges = true;
			break;
		case 'j':
			options->print = print_json;
			break;
		case 'p':
			options->scan.proc_root = optarg;
			break;
		case 'h':
			fputs(help_text, stdout);
			return finish_output(STATUS_SAME);
		case 'V':
			print_version();
			return finish_output(STATUS_SAME);
		default:
			return usage("that is not understood");
		}
	}
	return -1;
}

static int parse_processes(char **words, struct scan *scan)
{
	if (!*words)
		return usage("which file?");
	if (!scan_parse_pids(scan, words + 1))
		return STATUS_FAILED;
	if (scan->n_pids == 0 && scan->flags & MF_OBJECTS_TREE)
		return usage("--tree needs a PID");
	if (scan->n_pids == 0)
		scan->flags |= MF_OBJECTS_EVERYONE;
	return -1;
}

static void add_answer(struct answers *answers, const struct mf_object *object,
		       const struct mf_object_user *user, enum verdict verdict)
{
	answers->list = with_room(answers->list, answers->n, sizeof(*answers->list));
	answers->list[answers->n++] = (struct answer){ verdict, object, user };
}

static void add_users(struct answers *answers, const struct mf_object *object, bool is_file)
{
	const struct mf_object_user *user;
	enum verdict verdict = SAME;
	uint64_t i;

	for (i = 0; mf_objects_user(answers->scan->objects, object, i, &user) > 0; i++)
		if (is_file || had_the_name(answers, object, user, &verdict))
			add_answer(answers, object, user, verdict);
}

static int compare_answers(const void *one, const void *other)
{
	const struct answer *a = one, *b = other;

	if (a->user->pid != b->user->pid)
		return a->user->pid < b->user->pid ? -1 : 1;
	if (a->verdict != b->verdict)
		return a->verdict < b->verdict ? -1 : 1;
	if (a->object != b->object)
		return (uintptr_t)a->object < (uintptr_t)b->object ? -1 : 1;
	return (a->user->start > b->user->start) - (a->user->start < b->user->start);
}

/* Returns 0, or -errno. */
static int collect(struct answers *answers)
{
	const struct mf_object *o, *found = NULL;
	int ret = 0;
	uint64_t i;

	if (answers->file->path_fd >= 0)
		ret = mf_objects_find_fd(answers->scan->objects, answers->file->path_fd, &found);
	for (i = 0; mf_objects_get(answers->scan->objects, i, &o) > 0; i++)
		add_users(answers, o, o == found);
	if (answers->n > 0)
		qsort(answers->list, answers->n, sizeof(*answers->list), compare_answers);
	return ret < 0 ? ret : 0;
}

static int status_of(const struct answers *answers)
{
	size_t i;

	for (i = 0; i < answers->n; i++)
		if (answers->list[i].verdict == SAME)
			return STATUS_SAME;
	return answers->n > 0 ? STATUS_FORMER : STATUS_NONE;
}

static int fail(const char *name, int error)
{
	char *escaped = escape_words(name, strlen(name));

	fprintf(stderr, "whomaps: %s: %s\n", escaped, strerror(-error));
	free(escaped);
	return STATUS_FAILED;
}

static int answer(const char *name, const struct options *options, struct answers *answers)
{
	int ret = collect(answers), status;

	if (ret < 0)
		return fail(name, ret);
	status = status_of(answers);
	/* Nothing is there, and nothing was: the name is a mistake. */
	if (answers->n == 0 && answers->file->path_fd < 0)
		status = fail(name, -ENOENT);
	else if (answers->n > 0 || options->print == print_json)
		options->print(answers);
	return scan_tell_missing(answers->scan) ? STATUS_FAILED : status;
}

static int ask(const char *name, struct options *options)
{
	struct file file;
	struct answers answers = { .scan = &options->scan, .file = &file };
	int status = find_file(&file, name);

	if (status < 0)
		return fail(name, status);
	answers.ranges = options->ranges;
	status = STATUS_FAILED;
	if (scan_open(&options->scan) == 0)
		status = answer(name, options, &answers);
	free(answers.list);
	forget_file(&file);
	return status;
}

int main(int argc, char **argv)
{
	struct options options = { .print = print_table };
	int status;

	setlocale(LC_CTYPE, "");
	status = parse_options(argc, argv, &options);
	if (status >= 0)
		return status;
	status = parse_processes(argv + optind, &options.scan);
	if (status < 0)
		status = finish_output(ask(argv[optind], &options));
	scan_close(&options.scan);
	return status;
}
