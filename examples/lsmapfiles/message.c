/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What lsmapfiles says when something fails: which process, what, why, and what
 * helps. The library says why; what helps is the tool's to say, because it knows
 * which options there are.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lsmapfiles.h"

/* Text that was saved: no process is behind it that could be asked. */
static bool is_saved_tree(const struct attempt *a)
{
	return a->proc_root &&
	       explain_access(a->pid, a->proc_root, MF_ACCESS_DETAILS) == -EOPNOTSUPP;
}

static const char *remedy_for_saved_tree(int error)
{
	switch (-error) {
	case ESRCH:
		return "; the saved tree has no maps of that number";
	case EOPNOTSUPP:
		return "; a saved tree holds text only, with no kernel and no files behind it";
	default:
		return "";
	}
}

static const char *remedy(const struct attempt *a, int error)
{
	if (is_saved_tree(a))
		return remedy_for_saved_tree(error);
	switch (-error) {
	case ESRCH:
		return "; check the number with ps; a zombie has nothing mapped any more";
	case ESTALE:
		return "; run it again to see the memory as it is now";
	case EAGAIN:
		return "; try again";
	case EREMOTE:
		return "; a file that a network or FUSE server holds is only looked at";
	case EOPNOTSUPP:
		return "; choose another --source, or leave it to auto";
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
		return "; --proc-root takes a mounted procfs or a directory that holds PID/maps";
	case EMFILE:
	case ENFILE:
		return "; raise the limit with ulimit -n";
	default:
		return "";
	}
}

/* One of MF_WHY_; MF_WHY_ALLOWED where no more is known than the error. */
int explain(const struct attempt *a, int error)
{
	return why_refused(a->pid, a->proc_root, a->access, error);
}

static void print_reason(const struct attempt *a, int error)
{
	int why = explain(a, error);

	if (why != MF_WHY_ALLOWED)
		fprintf(stderr, "%s", mf_why_text((uint32_t)why));
	else
		fprintf(stderr, "%s%s", mf_strerror(error), remedy(a, error));
	if (is_refused(error) && geteuid() != 0 && (why == MF_WHY_ALLOWED || is_cured_by_root(why)))
		fprintf(stderr, " (sudo lsmapfiles ... does)");
}

void complain(const struct attempt *a, const char *what, int error)
{
	/* The message belongs below what is already listed, on a terminal and in a log. */
	fflush(stdout);
	fprintf(stderr, "lsmapfiles: process %d: %s (%s): ", a->pid, what, error_name(error));
	print_reason(a, error);
	fputc('\n', stderr);
}
