/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Minimal example of what a symbolizer needs of a process: which ELF files are loaded where,
 * or, for one address, in which of them it is and where in that file. loaded PID [ADDRESS]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <mapfiles.h>

#include "common/address.h"
#include "common/arguments.h"

const int status_of_failure = EXIT_FAILURE;

//! [module]
static void print_module(const struct mf_module *module)
{
	uint32_t i;

	for (i = 0; i < module->build_id_len; i++)
		printf("%02x", module->build_id[i]);
	printf("%s %s\n", i ? "" : "-", module->path ? module->path : "-");
}
//! [module]

//! [address]
/* What the debug information of the file is asked for: symbols have addresses of the file. */
static void print_place(const struct mf_modules *modules, uint64_t addr)
{
	const struct mf_module *module;

	if (mf_modules_find(modules, addr, &module) == 1 && module->has & MF_HAS_BIAS)
		printf("0x%" PRIx64 " of %s\n", addr - module->bias, module->path);
	else
		printf("no module is there\n");
}
//! [address]

//! [modules]
static int print_modules(int pid, const uint64_t *addr)
{
	struct mf_modules *modules = NULL;
	const struct mf_module *module;
	struct mf_iter *iter = NULL;
	uint64_t i;
	int ret = mf_iter_open(pid, NULL, &iter);

	if (!ret)
		ret = mf_modules_open(iter, 0, &modules);
	if (!ret && addr)
		print_place(modules, *addr);
	else
		for (i = 0; mf_modules_get(modules, i, &module) == 1; i++)
			print_module(module);
	mf_modules_close(modules); /* NULL is fine, everywhere */
	mf_iter_close(iter);
	return ret;
}
//! [modules]

int main(int argc, char **argv)
{
	uint64_t addr = 0;
	int pid, ret;

	if (argc < 2 || argc > 3 || !parse_pid(argv[1], &pid) ||
	    (argc == 3 && !parse_address(argv[2], &addr))) {
		fprintf(stderr, "usage: loaded PID [ADDRESS]\n");
		return 2;
	}
	ret = print_modules(pid, argc == 3 ? &addr : NULL);
	if (ret)
		fprintf(stderr, "loaded: process %d: %s\n", pid, mf_strerror(ret));
	return finish_output(ret ? EXIT_FAILURE : EXIT_SUCCESS);
}
