/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a scan had to leave out, or is not certain of: said once, whatever the
 * number of processes, with the reason and what helps.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "../common/refusal.h"
#include "scan.h"

static bool is_named(const struct scan *scan, int pid)
{
	uint32_t i;

	for (i = 0; i < scan->targets.n; i++)
		if (scan->targets.pids[i] == pid)
			return true;
	return false;
}

/* What access failed, as the library's sentence or as the error's, and who may. */
static void tell_reason(const struct scan *scan, int pid, uint32_t access, int error)
{
	int why = why_refused(pid, scan->proc_root, access, error);

	if (why != MF_WHY_ALLOWED)
		fprintf(stderr, "%s", mf_why_text((uint32_t)why));
	else
		fprintf(stderr, "%s", mf_strerror(error));
	if (is_refused(error) && geteuid() != 0 && (why == MF_WHY_ALLOWED || is_cured_by_root(why)))
		fprintf(stderr, " (sudo %s ... does)", program_invocation_short_name);
	fputc('\n', stderr);
}

static bool tell_named(const struct scan *scan)
{
	const struct mf_objects_process *p;
	bool any = false;
	uint64_t i;

	for (i = 0; mf_objects_process(scan->objects, i, &p) > 0; i++) {
		if (!p->error || !is_named(scan, p->pid))
			continue;
		any = true;
		fprintf(stderr,
			"%s: process %d: cannot be looked at (%s): ", program_invocation_short_name,
			p->pid, error_name(p->error));
		tell_reason(scan, p->pid, MF_ACCESS_DETAILS, p->error);
	}
	return any;
}

/* A process that nobody named may well end meanwhile, or be a zombie: it maps nothing. */
static void tell_gone(const struct scan *scan)
{
	const struct mf_objects_process *p;
	unsigned long long n = 0;
	uint64_t i;

	for (i = 0; mf_objects_process(scan->objects, i, &p) > 0; i++)
		n += p->error == -ESRCH && !is_named(scan, p->pid);
	if (n > 0)
		fprintf(stderr,
			"%s: %llu of %llu processes have ended: nothing of them is listed\n",
			program_invocation_short_name, n, (unsigned long long)i);
}

/* Whether an earlier process failed in the same way, and was told with its like. */
static bool was_told(const struct scan *scan, uint64_t index, int error)
{
	const struct mf_objects_process *p;
	uint64_t i;

	for (i = 0; i < index && mf_objects_process(scan->objects, i, &p) > 0; i++)
		if (p->error == error && !is_named(scan, p->pid))
			return true;
	return false;
}

static void tell_like(const struct scan *scan, const struct mf_objects_process *first)
{
	const struct mf_objects_process *p;
	unsigned long long n = 0;
	uint64_t i;

	for (i = 0; mf_objects_process(scan->objects, i, &p) > 0; i++)
		n += p->error == first->error && !is_named(scan, p->pid);
	fprintf(stderr, "%s: %llu of %llu processes are left out (%s), such as %d: ",
		program_invocation_short_name, n, (unsigned long long)i, error_name(first->error),
		first->pid);
	tell_reason(scan, first->pid, MF_ACCESS_DETAILS, first->error);
}

static void tell_refused(const struct scan *scan)
{
	const struct mf_objects_process *p;
	uint64_t i;

	for (i = 0; mf_objects_process(scan->objects, i, &p) > 0; i++)
		if (p->error && p->error != -ESRCH && !is_named(scan, p->pid) &&
		    !was_told(scan, i, p->error))
			tell_like(scan, p);
}

static void tell_uncertain(const struct scan *scan)
{
	const struct process *first = NULL;
	size_t n = 0, i;

	for (i = 0; i < scan->n_processes; i++) {
		if (!scan->processes[i].numbers_only)
			continue;
		first = first ? first : &scan->processes[i];
		n++;
	}
	if (n == 0)
		return;
	fprintf(stderr,
		"%s: of %zu of %zu processes objects are told apart by the numbers in maps alone, "
		"and are uncertain: ",
		program_invocation_short_name, n, scan->n_processes);
	tell_reason(scan, first->pid, MF_ACCESS_FOLLOW, -EPERM);
}

static void tell_vanished(const struct scan *scan)
{
	const struct mf_objects_process *p;
	unsigned long long n = 0;
	uint64_t i;

	for (i = 0; mf_objects_process(scan->objects, i, &p) > 0; i++)
		n += p->n_vanished;
	if (n > 0)
		fprintf(stderr,
			"%s: %llu mappings were gone before they could be looked at: not listed\n",
			program_invocation_short_name, n);
}

bool scan_tell_missing(const struct scan *scan)
{
	bool any;

	/* The messages belong below what is listed, on a terminal and in a log. */
	fflush(stdout);
	any = tell_named(scan);
	tell_refused(scan);
	if (!scan->ends_are_no_news)
		tell_gone(scan);
	tell_uncertain(scan);
	tell_vanished(scan);
	return any;
}
