/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why something was refused, in the library's words.
 */
#include <errno.h>
#include <string.h>

#include <mapfiles.h>

#include "refusal.h"

const char *error_name(int error)
{
	const char *name = strerrorname_np(error < 0 ? -error : error);

	return name ? name : "an unknown error";
}

bool is_refused(int error)
{
	return error == -EACCES || error == -EPERM;
}

int explain_access(int pid, const char *proc_root, uint32_t access)
{
	const struct mf_explain_opts opts = { .size = sizeof(opts), .proc_root = proc_root };

	return mf_explain(pid, access, &opts);
}

int why_refused(int pid, const char *proc_root, uint32_t access, int error)
{
	int why = MF_WHY_ALLOWED;

	/* A process that hidepid hides looks as if there were none. */
	if (is_refused(error) || error == -ESRCH)
		why = explain_access(pid, proc_root, access);
	return why > MF_WHY_ALLOWED ? why : MF_WHY_ALLOWED;
}

bool is_cured_by_root(int why)
{
	return why != MF_WHY_USER_NAMESPACE && why != MF_WHY_NO_MAP_FILES &&
	       why != MF_WHY_NO_ADDRESS_SPACE && why != MF_WHY_SECURITY_MODULE;
}
