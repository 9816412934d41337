/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lsmapfiles: list what processes have mapped, as a table or as JSON. This file
 * reads the options and walks each process; how it looks is in lsmapfiles/table.c
 * and lsmapfiles/json.c.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arguments.h"
#include "lsmapfiles/lsmapfiles.h"

enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };

const int status_of_failure = STATUS_FAILED;

struct options {
	struct mf_iter_opts iter;
	struct columns columns;
	bool json;
};

/* How often one process refused to have an object opened, by reason. */
struct refusals {
	int error[16];
	unsigned long times[16];
	size_t n;
};

static const char help_text[] =
	"Usage: lsmapfiles [OPTION...] PID...\n"
	"List the files, and the other objects, that processes have mapped into memory.\n"
	"\n"
	"  -a, --all             every mapping: private memory, heap, stack, vdso too\n"
	"  -t, --stat            also what stat(2) says of each object, and what it was\n"
	"                        opened for before it was mapped (FD: r-, -w or rw)\n"
	"  -o, --open            open each object for reading; print its type, its size\n"
	"                        in bytes and how it was reached (map_files, exe, fd or\n"
	"                        path) and how sure it is the mapped one (exact or\n"
	"                        matching), or the error that forbade it\n"
	"  -j, --json            JSON instead of a table\n"
	"  -s, --source NAME     ask map_files, query, maps or auto (the default)\n"
	"      --stream          in constant memory: not one instant's picture\n"
	"      --proc-root DIR   look in DIR, a procfs or a saved tree, not in /proc\n"
	"  -h, --help            print this help\n"
	"  -V, --version         print the version\n"
	"\n"
	"In the table \"?\" is not known and \"-\" is nothing. Names are escaped as by ls -b;\n"
	"what may follow a name: (deleted) it no longer leads to the object; (raced) the\n"
	"mapping changed while it was read; (ambiguous) a \\\\012 in it may be a newline.\n"
	"\n"
	"JSON is one array with an object for each process: pid, source, mappings,\n"
	"report, complete, error if complete is false, and why, a sentence, if access was\n"
	"refused or there is no memory to list. Addresses are strings (\"0x...\"), for\n"
	"some readers round big numbers; a mode is a string of octal digits (\"0644\").\n"
	"What is not known is left out. A name that is not valid UTF-8 has \"path\": null\n"
	"and its bytes in \"path_hex\". The report tells how the walk went: complete;\n"
	"snapshot, one instant's picture; raced, the address space changed meanwhile; how\n"
	"many mappings were clamped, partial or vanished for that; how many lists were\n"
	"thrown away and retried. It is left out where there was no walk.\n"
	"\n"
	"Exit status: 0 all was listed, and opened if asked for (what cannot be opened by\n"
	"its nature is no failure); 1 something failed, see the messages; 2 wrong usage.\n"
	"\n"
	"Examples:\n"
	"  lsmapfiles $$                     what this shell has mapped\n"
	"  lsmapfiles --open $(pidof sshd)   and whether each file can be had\n"
	"  sudo lsmapfiles --json 1 | jq '.[0].mappings[] | select(.deleted)'\n";

static int usage(const char *what, const char *which)
{
	fprintf(stderr, "lsmapfiles: %s%s%s\nTry 'lsmapfiles --help'.\n", what, which ? ": " : "",
		which ? which : "");
	return STATUS_USAGE;
}

static void note_refusal(struct refusals *r, int error)
{
	size_t i = 0;

	while (i < r->n && r->error[i] != error)
		i++;
	if (i == sizeof(r->error) / sizeof(r->error[0]))
		i--;
	if (i == r->n)
		r->error[r->n++] = error;
	r->times[i]++;
}

static struct attempt opening(const struct attempt *listing)
{
	struct attempt a = *listing;

	a.access = MF_ACCESS_FOLLOW;
	return a;
}

static void tell_refusals(const struct attempt *listing, const struct refusals *r)
{
	const struct attempt a = opening(listing);
	char *what;
	size_t i;

	for (i = 0; i < r->n; i++) {
		what = format("cannot open what is behind %lu of its mappings", r->times[i]);
		complain(&a, what, r->error[i]);
		free(what);
	}
}

/* Anonymous memory has nothing to open, and a device is no file: neither is a failure. */
static void try_to_open(struct mf_iter *iter, const struct mf_mapping *m,
			const struct printer *print, struct refusals *refusals)
{
	struct opened o;

	open_object(iter, m, &o);
	if (o.error && o.error != -ENXIO)
		note_refusal(refusals, o.error);
	print->opened(&o);
}

/* One of MF_WHY_, for a list that was cut off, objects that were refused, or an empty list. */
static int explain_walk(const struct attempt *listing, const struct mf_iter_report *report,
			int error, const struct refusals *r)
{
	const struct attempt a = opening(listing);
	int why = explain(listing, error);
	size_t i;

	for (i = 0; i < r->n && why == MF_WHY_ALLOWED; i++)
		why = explain(&a, r->error[i]);
	if (report->n_mappings || error)
		return why;
	/* The only process that can be listed and has none is a kernel thread. */
	why = explain_access(listing->pid, listing->proc_root, MF_ACCESS_DETAILS);
	return why == MF_WHY_NO_ADDRESS_SPACE ? why : MF_WHY_ALLOWED;
}

static int list(int pid, const struct options *options, const struct printer *print)
{
	const struct attempt attempt = {
		.pid = pid,
		.proc_root = options->iter.proc_root,
		.access = options->iter.source == MF_SOURCE_MAP_FILES ? MF_ACCESS_LIST :
									MF_ACCESS_DETAILS,
	};
	struct refusals refusals = { .n = 0 };
	const struct mf_iter_report *report;
	const struct mf_mapping *m;
	struct mf_iter *iter;
	int ret = mf_iter_open(pid, &options->iter, &iter);

	if (ret < 0) {
		print->failed(pid, ret, explain(&attempt, ret));
		complain(&attempt, "cannot be listed", ret);
		return STATUS_FAILED;
	}
	print->begin(pid, (uint32_t)mf_iter_source(iter));
	while ((ret = mf_next(iter, &m)) > 0) {
		print->add(m);
		if (options->columns.open)
			try_to_open(iter, m, print, &refusals);
		print->end_mapping();
	}
	mf_iter_report(iter, &report);
	print->end(report, ret, explain_walk(&attempt, report, ret, &refusals));
	if (ret < 0)
		complain(&attempt, "the list is cut off", ret);
	tell_refusals(&attempt, &refusals);
	mf_iter_close(iter);
	return ret < 0 || refusals.n ? STATUS_FAILED : STATUS_OK;
}

static bool parse_source(const char *name, uint32_t *source)
{
	uint32_t i;

	for (i = MF_SOURCE_AUTO; i <= MF_SOURCE_MAPS; i++) {
		if (strcmp(name, mf_source_name(i)) == 0) {
			*source = i;
			return true;
		}
	}
	return false;
}

/* Returns -1 to go on, or the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "stat", no_argument, NULL, 't' },
		{ "open", no_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "source", required_argument, NULL, 's' },
		{ "stream", no_argument, NULL, 'S' },
		{ "proc-root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "atojs:hV", longs, NULL)) != -1) {
		switch (c) {
		case 'a':
			options->columns.all = true;
			options->iter.flags |= MF_ITER_ALL;
			break;
		case 't':
			options->columns.stat = true;
			options->iter.flags |= MF_ITER_STAT;
			break;
		case 'o':
			options->columns.open = true;
			break;
		case 'j':
			options->json = true;
			break;
		case 's':
			if (!parse_source(optarg, &options->iter.source))
				return usage("--source takes auto, map_files, query or maps, not",
					     optarg);
			break;
		case 'S':
			options->iter.flags |= MF_ITER_STREAM;
			break;
		case 'r':
			options->iter.proc_root = optarg;
			break;
		case 'h':
			fputs(help_text, stdout);
			return finish_output(STATUS_OK);
		case 'V':
			print_version();
			return finish_output(STATUS_OK);
		default:
			return usage("that is not understood", NULL);
		}
	}
	return -1;
}

static int check_arguments(int argc, char **argv, const struct options *options)
{
	int pid, i;

	if (optind == argc)
		return usage("which process? Give a PID, for example this shell's: "
			     "lsmapfiles $$",
			     NULL);
	if (options->iter.source == MF_SOURCE_MAP_FILES && options->columns.all)
		return usage("--all needs another source: map_files holds mapped files only", NULL);
	if (options->iter.source == MF_SOURCE_MAP_FILES && options->iter.flags & MF_ITER_STREAM)
		return usage("--stream needs another source: map_files is read at once", NULL);
	for (i = optind; i < argc; i++)
		if (!parse_pid(argv[i], &pid))
			return usage(why_no_pid(argv[i]), argv[i]);
	return -1;
}

int main(int argc, char **argv)
{
	struct options options = { .iter.size = sizeof(options.iter) };
	const struct printer *print;
	int status, pid, i;

	setlocale(LC_CTYPE, "");
	status = parse_options(argc, argv, &options);
	if (status < 0)
		status = check_arguments(argc, argv, &options);
	if (status >= 0)
		return status;

	status = STATUS_OK;
	print = options.json ? &json_printer : &table_printer;
	print->start(&options.columns, argc - optind > 1);
	for (i = optind; i < argc; i++)
		if (parse_pid(argv[i], &pid) && list(pid, &options, print) != STATUS_OK)
			status = STATUS_FAILED;
	print->finish();
	return finish_output(status);
}
