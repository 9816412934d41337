/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the commands say when something fails: which process, what, why, and what helps.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <mapfiles.h>

#include "../common/refusal.h"
#include "command.h"

void complain(const char *fmt, ...)
{
	va_list ap;

	/* The message belongs below what is already listed, on a terminal and in a log. */
	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* Text that was saved: no process is behind it that could be asked. */
static bool is_saved_tree(int pid, const char *proc_root)
{
	return proc_root && explain_access(pid, proc_root, MF_ACCESS_DETAILS) == -EOPNOTSUPP;
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

static const char *remedy(int error)
{
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

void complain_refused(int pid, const char *proc_root, uint32_t access, const char *what, int error)
{
	int why = why_refused(pid, proc_root, access, error);
	bool sudo = is_refused(error) && geteuid() != 0 &&
		    (why == MF_WHY_ALLOWED || is_cured_by_root(why));
	const char *helps = is_saved_tree(pid, proc_root) ? remedy_for_saved_tree(error) :
							    remedy(error);

	complain("process %d: %s (%s): %s%s%s%s%s", pid, what, error_name(error),
		 why != MF_WHY_ALLOWED ? mf_why_text((uint32_t)why) : mf_strerror(error),
		 why != MF_WHY_ALLOWED ? "" : helps, sudo ? " (sudo " : "",
		 sudo ? program_invocation_short_name : "", sudo ? " ... does)" : "");
}
