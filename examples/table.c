/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Minimal example of a list that is kept, as a profiler keeps it: table PID reads lines. An
 * address is answered with what is mapped there, from memory; an empty line looks at the
 * process anew, and prints what changed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mapfiles.h>

#include "common/address.h"
#include "common/arguments.h"

const int status_of_failure = EXIT_FAILURE;

static const char *name_of(const struct mf_mapping *m)
{
	return m->path ? m->path : mf_kind_name(m->kind);
}

//! [find]
static void print_place(const struct mf_table *table, uint64_t addr)
{
	struct mf_mapping m;
	uint64_t index;

	if (mf_table_find(table, addr, &index) == 1 &&
	    mf_table_get(table, index, &m, sizeof(m)) == 1)
		printf("%s +0x%" PRIx64 "\n", name_of(&m), addr - m.start + m.offset);
	else
		printf("nothing\n");
}
//! [find]

//! [refresh]
static int print_changes(struct mf_table *table, struct mf_iter *iter)
{
	const struct mf_mapping *m;
	const struct mf_change *change;
	int ret = mf_table_refresh(table, iter); /* all or nothing */

	while (!ret && mf_table_next_change(table, &change) == 1) {
		m = change->action == MF_CHANGE_REMOVED ? change->before : change->after;
		printf("%c %" PRIx64 "-%" PRIx64 " %s\n", " +-~"[change->action], m -> start,
		       m -> end, name_of(m));
	}
	return ret;
}
//! [refresh]

static int answer(struct mf_table *table, struct mf_iter *iter)
{
	uint64_t addr;
	char line[32];
	int ret = 0;

	printf("%" PRIu64 " mappings\n", mf_table_count(table));
	while (!ret && !fflush(stdout) && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\0')
			ret = print_changes(table, iter);
		else if (parse_address(line, &addr))
			print_place(table, addr);
		else
			printf("an address or an empty line is expected\n");
	}
	return ret;
}

//! [table]
static int keep(int pid)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_ALL };
	struct mf_table *table = NULL;
	struct mf_iter *iter = NULL;
	int ret = mf_iter_open(pid, &opts, &iter);

	if (!ret)
		ret = mf_table_open(iter, 0, &table);
	if (!ret)
		ret = answer(table, iter);
	mf_table_close(table); /* NULL is fine, for both */
	mf_iter_close(iter);
	return ret;
}
//! [table]

int main(int argc, char **argv)
{
	int pid, ret;

	if (argc != 2 || !parse_pid(argv[1], &pid)) {
		fprintf(stderr, "usage: table PID\n");
		return 2;
	}
	ret = keep(pid);
	if (ret)
		fprintf(stderr, "table: process %d: %s\n", pid, mf_strerror(ret));
	return finish_output(ret ? EXIT_FAILURE : EXIT_SUCCESS);
}
