/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Minimal example of finding the memory and the files that processes share, so that a write
 * of one is seen by the other: share PID PID...
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <mapfiles.h>

#include "common/arguments.h"

const int status_of_failure = EXIT_FAILURE;

//! [object]
static void print_object(const struct mf_objects *objects, const struct mf_object *object)
{
	const struct mf_object_user *user;
	uint64_t i;

	printf("%s %s\n", mf_kind_name(object->kind), object->path ? object->path : "-");
	for (i = 0; mf_objects_user(objects, object, i, &user) == 1; i++)
		printf("\t%d %" PRIx64 "-%" PRIx64 "%s\n", (int)user->pid, user->start, user->end,
		       user->prot & MF_PROT_WRITE ? " may write" : "");
}
//! [object]

//! [missing]
/* A process that exited or is another user's is left out whole: that is told, never guessed. */
static int print_missing(const struct mf_objects *objects)
{
	const struct mf_objects_process *process;
	uint64_t i;
	int n = 0;

	for (i = 0; mf_objects_process(objects, i, &process) == 1; i++) {
		if (!process->error)
			continue;
		fprintf(stderr, "share: process %d: %s\n", (int)process->pid,
			mf_strerror(process->error));
		n++;
	}
	return n;
}
//! [missing]

//! [share]
/* Returns how many processes are left out, or -errno. */
static int share(const int32_t *pids, uint32_t n_pids)
{
	const struct mf_objects_opts opts = { .size = sizeof(opts), .flags = MF_OBJECTS_SHARED };
	const struct mf_object *object;
	struct mf_objects *objects;
	uint64_t i;
	int n_missing, ret = mf_objects_open(pids, n_pids, &opts, &objects);

	if (ret < 0)
		return ret;
	for (i = 0; mf_objects_get(objects, i, &object) == 1; i++) {
		if (object->n_processes > 1)
			print_object(objects, object);
	}
	n_missing = print_missing(objects);
	mf_objects_close(objects);
	return n_missing;
}
//! [share]

int main(int argc, char **argv)
{
	int32_t *pids = calloc((size_t)argc, sizeof(*pids));
	int i, pid, ret;

	for (i = 1; pids && i < argc && parse_pid(argv[i], &pid); i++)
		pids[i - 1] = pid;
	if (!pids || i < argc || argc < 3) {
		fprintf(stderr, "usage: share PID PID...\n");
		free(pids);
		return 2;
	}
	ret = share(pids, (uint32_t)argc - 1);
	if (ret < 0)
		fprintf(stderr, "share: %s\n", mf_strerror(ret));
	free(pids);
	return finish_output(ret ? EXIT_FAILURE : EXIT_SUCCESS);
}
