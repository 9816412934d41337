/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mapped files of 200 processes: in the caller's process, and by whole commands.
 */
#include "contestant.h"
#include "ours.h"
#include "peer.h"
#include "raw.h"

static const struct contestant contestants[] = {
	{ "raw read of maps", raw_read_all, NULL, NULL, NULL, EVERY_MAPPING, 0 },
	{ "raw file query + name", raw_query_all,
	  &(const struct raw_asking){ RAW_FILE_BACKED, RAW_NAME_MAX }, NULL, NULL, MAPPED_FILES,
	  TELLS_ALL },
	{ "mf default", ours_walk, WALK(0), NULL, NULL, MAPPED_FILES, TELLS_ALL },
	{ "mf stream", ours_walk, WALK(.flags = MF_ITER_STREAM), NULL, NULL, MAPPED_FILES,
	  TELLS_ALL },
#ifdef MF_ITER_RUN_NAMES
	{ "mf stream, run names", ours_walk, WALK(.flags = MF_ITER_STREAM | MF_ITER_RUN_NAMES),
	  NULL, NULL, MAPPED_FILES, TELLS_ALL },
#endif
	{ "mf objects", ours_objects,
	  &(const struct mf_objects_opts){ .size = sizeof(struct mf_objects_opts) }, NULL, NULL,
	  MAPPED_FILES, 0 },
	{ "getline + sscanf", getline_all, NULL, NULL, NULL, EVERY_MAPPING, TELLS_ALL },
};

const struct task task_everyone = {
	"everyone",  "the mapped files of 200 processes",	   1U << P200, EVERY_MAPPING,
	contestants, sizeof(contestants) / sizeof(contestants[0]),
};

#define COMMAND(name, separator, prefix, suffix, ...)                                        \
	{                                                                                    \
		name, command_run,                                                           \
			&(const struct command){ (const char *const[]){ __VA_ARGS__, NULL }, \
						 separator, prefix, suffix },                \
			command_begin, command_end, EVERY_MAPPING, 0                         \
	}

static const struct contestant commands[] = {
	COMMAND("bench-list", NULL, "", "", BENCH_LIST),
	COMMAND("cat maps", NULL, "/proc/", "/maps", "cat"),
#ifdef BENCH_MAPFILES
	COMMAND("mapfiles ls", NULL, "", "", BENCH_MAPFILES, "ls"),
	COMMAND("mapfiles ls --json", NULL, "", "", BENCH_MAPFILES, "ls", "--json"),
#endif
	COMMAND("pmap", NULL, "", "", "pmap"),
	COMMAND("pmap -x", NULL, "", "", "pmap", "-x"),
	COMMAND("lsof", ",", "", "", "lsof", "-w", "-n", "-P", "-p"),
	COMMAND("lsfd", ",", "", "", "lsfd", "-n", "-r", "-p"),
};

const struct task task_commands = {
	"commands", "the mapped files of 200 processes, as a whole command",
	1U << P200, EVERY_MAPPING,
	commands,   sizeof(commands) / sizeof(commands[0]),
};

static const struct contestant command_on_one[] = {
	COMMAND("bench-list", NULL, "", "", BENCH_LIST),
	COMMAND("cat maps", NULL, "/proc/", "/maps", "cat"),
#ifdef BENCH_MAPFILES
	COMMAND("mapfiles ls --all", NULL, "", "", BENCH_MAPFILES, "ls", "--all"),
	COMMAND("mapfiles ls --all --json", NULL, "", "", BENCH_MAPFILES, "ls", "--all", "--json"),
#endif
	COMMAND("pmap", NULL, "", "", "pmap"),
	COMMAND("pmap -x", NULL, "", "", "pmap", "-x"),
	COMMAND("lsof", ",", "", "", "lsof", "-w", "-n", "-P", "-p"),
	COMMAND("lsfd", ",", "", "", "lsfd", "-n", "-r", "-p"),
	COMMAND("gdb info proc mappings", ",", "info proc mappings ", "", "gdb", "-nx", "-batch",
		"-ex"),
	COMMAND("eu-unstrip", NULL, "", "", "eu-unstrip", "-n", "-p"),
};

const struct task task_command = {
	"command",
	"one process, as a whole command",
	1U << W1 | 1U << W2 | 1U << W4,
	EVERY_MAPPING,
	command_on_one,
	sizeof(command_on_one) / sizeof(command_on_one[0]),
};
