/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * elfutils' libdw, where it is there.
 */
#include <errno.h>
#include <stdio.h>

#include "contestant.h"
#include "peer.h"

#ifdef HAVE_LIBDW
#include <elfutils/libdwfl.h>

int dwfl_usable(struct call *call)
{
	(void)call;
	return 0;
}

static Dwfl *report(pid_t pid)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_linux_proc_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
	};
	Dwfl *dwfl = dwfl_begin(&callbacks);

	if (!dwfl || dwfl_linux_proc_report(dwfl, pid) != 0 ||
	    dwfl_report_end(dwfl, NULL, NULL) != 0) {
		dwfl_end(dwfl);
		return NULL;
	}
	return dwfl;
}

static int see_module(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr start,
		      void *arg)
{
	struct tally *answer = arg;

	(void)module;
	(void)data;
	(void)name;
	answer->n++;
	answer->sum += start;
	return DWARF_CB_OK;
}

int dwfl_modules(struct call *call)
{
	Dwfl *dwfl = report(call->subject->pids[0]);

	if (!dwfl)
		return -EIO;
	dwfl_getmodules(dwfl, see_module, &call->answer, 0);
	dwfl_end(dwfl);
	return 0;
}

int dwfl_find(struct call *call)
{
	Dwfl *dwfl = report(call->subject->pids[0]);
	size_t i;

	if (!dwfl)
		return -EIO;
	for (i = 0; i < N_ADDRESSES; i++)
		call->answer.n += dwfl_addrmodule(dwfl, call->subject->addresses[i]) != NULL;
	dwfl_end(dwfl);
	return 0;
}

#else

int dwfl_usable(struct call *call)
{
	snprintf(call->why, sizeof(call->why), "no libdw when this was built (libdw-dev)");
	return -ENOENT;
}

int dwfl_modules(struct call *call)
{
	(void)call;
	return -ENOENT;
}

int dwfl_find(struct call *call)
{
	(void)call;
	return -ENOENT;
}

#endif
