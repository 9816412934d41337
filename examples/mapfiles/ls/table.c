/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table for people: one line for each mapping. "?" is not known, "-" is nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/kind.h"
#include "../../common/refusal.h"
#include "../command.h"
#include "../mapping.h"
#include "ls.h"

const struct column ls_columns[LS_N_COLUMNS] = {
	[LS_PID] = { "PID", SCOLS_FL_RIGHT, RANK_ASKED,
		     "the process; by default where several are listed" },
	[LS_COMMAND] = { "COMMAND", 0, RANK_ASKED, "its name; by default where all are listed" },
	[LS_RANGE] = { "RANGE", SCOLS_FL_RIGHT, 0, "its addresses" },
	[LS_PROT] = { "PROT", 0, 0, "protection, and s shared or p private" },
	[LS_OFFSET] = { "OFFSET", SCOLS_FL_RIGHT, 4, "where in the object, hexadecimal" },
	[LS_DEV] = { "DEV", SCOLS_FL_RIGHT, 7, "device, as maps has it" },
	[LS_INODE] = { "INODE", SCOLS_FL_RIGHT, 6, "inode, as maps has it" },
	[LS_KIND] = { "KIND", 0, 3, "file, memfd, sysv, heap, ..." },
	[LS_MODE] = { "MODE", 0, RANK_ASKED, "--stat: type and mode of the object" },
	[LS_OPENED_FOR] = { "FD", 0, RANK_ASKED, "--stat: opened to be mapped for r-, -w or rw" },
	[LS_LINKS] = { "LINKS", SCOLS_FL_RIGHT, RANK_ASKED, "--stat: hard links" },
	[LS_SIZE] = { "SIZE", SCOLS_FL_RIGHT, RANK_ASKED, "--stat: bytes in the object" },
	[LS_STAT_DEV] = { "ST_DEV", SCOLS_FL_RIGHT, RANK_ASKED,
			  "--stat: device, as stat(2) has it" },
	[LS_STAT_INODE] = { "ST_INO", SCOLS_FL_RIGHT, RANK_ASKED,
			    "--stat: inode, as stat(2) has it" },
	[LS_TYPE] = { "TYPE", 0, RANK_ASKED, "--open: regular, char, ..." },
	[LS_BYTES] = { "BYTES", SCOLS_FL_RIGHT, RANK_ASKED, "--open: bytes in the object" },
	[LS_SURE] = { "OPENED", 0, RANK_ASKED,
		      "--open: exact or matching, or the error that forbade it" },
	[LS_VIA] = { "VIA", 0, RANK_ASKED, "--open: map_files, exe, fd or path" },
	[LS_NAME] = { "NAME", SCOLS_FL_WRAP, 0, "the kernel's name for it" },
};

static struct {
	struct grid *grid;
	const struct ls_options *options;
	int pid;
	size_t n_before;
	char *name;
} state;

static void set(enum ls_column column, char *text)
{
	grid_set(state.grid, column, text);
}

/* Nearly as ls -l shows it; what has no type, such as an AIO ring, gets a "?" there. */
static char *mode_text(mode_t mode)
{
	static const char types[] = "?pc?d?b?-?l?s???";
	char text[] = "?rwxrwxrwx";
	int bit;

	text[0] = types[(mode & S_IFMT) >> 12];
	for (bit = 0; bit < 9; bit++)
		if (!(mode & (0400u >> bit)))
			text[1 + bit] = '-';
	return format("%s", text);
}

static void add_stat(const struct mf_mapping *m)
{
	const char *unknown = is_plain_memory(m->kind) ? "-" : "?";
	bool known = m->has & MF_HAS_STAT;

	set(LS_MODE, known ? mode_text(m->st_mode) : format("%s", unknown));
	set(LS_LINKS, known ? format("%u", m->st_nlink) : format("%s", unknown));
	set(LS_SIZE,
	    known ? format("%llu", (unsigned long long)m->st_size) : format("%s", unknown));
	set(LS_STAT_DEV,
	    known ? format("%02x:%02x", m->st_dev_major, m->st_dev_minor) : format("%s", unknown));
	set(LS_STAT_INODE,
	    known ? format("%llu", (unsigned long long)m->st_ino) : format("%s", unknown));
	set(LS_OPENED_FOR, m->has & MF_HAS_OPEN_MODE ?
				   format("%c%c", m->open_mode & MF_PROT_READ ? 'r' : '-',
					  m->open_mode & MF_PROT_WRITE ? 'w' : '-') :
				   format("%s", unknown));
}

static void table_add(const struct mf_mapping *m)
{
	bool dev = m->has & MF_HAS_DEV;

	grid_row(state.grid);
	set(LS_PID, format("%d", state.pid));
	set(LS_COMMAND, escape_name(state.name, strlen(state.name)));
	set(LS_RANGE,
	    format("%llx-%llx", (unsigned long long)m->start, (unsigned long long)m->end));
	set(LS_PROT,
	    m->has & MF_HAS_PROT ? prot_text(m->prot, m->flags & MF_MAPPING_SHARED) : format("?"));
	set(LS_OFFSET,
	    m->has & MF_HAS_OFFSET ? format("%llx", (unsigned long long)m->offset) : format("?"));
	set(LS_DEV, dev ? format("%02x:%02x", m->dev_major, m->dev_minor) : format("?"));
	set(LS_INODE, dev ? format("%llu", (unsigned long long)m->inode) : format("?"));
	set(LS_KIND, format("%s", mf_kind_name(m->kind)));
	set(LS_NAME, mapping_name(m));
	if (m->flags & MF_MAPPING_DELETED)
		grid_paint(state.grid, LS_NAME, PAINT_BAD);
	if (state.options->stat)
		add_stat(m);
}

static void table_opened(const struct opened *o)
{
	bool nothing = o->error == -ENXIO && !o->looked_at;

	set(LS_TYPE, format("%s", o->looked_at ? type_name(o->st.st_mode) : "-"));
	set(LS_BYTES, o->looked_at ? format("%lld", (long long)o->st.st_size) : format("-"));
	set(LS_VIA, format("%s", o->looked_at ? mf_rung_name(o->rung) : "-"));
	if (o->error == 0)
		set(LS_SURE, format("%s", mf_sure_name(o->sure)));
	else
		set(LS_SURE, format("%s", nothing ? "-" : error_name(o->error)));
	if (!nothing)
		grid_paint(state.grid, LS_SURE, o->error == 0 ? PAINT_GOOD : PAINT_WARN);
}

/* Behind what is always shown, what was asked for stays the longest. */
static void table_start(const struct ls_options *options, uint32_t n_processes)
{
	enum ls_column column;

	state.options = options;
	state.grid = grid_new(&options->output);
	if (n_processes > 1)
		grid_rank(state.grid, LS_PID, 0);
	if (options->everyone)
		grid_rank(state.grid, LS_COMMAND, 2);
	for (column = LS_MODE; options->show_stat && column <= LS_STAT_INODE; column++)
		grid_rank(state.grid, column, column >= LS_STAT_DEV ? 5 : 1);
	if (!options->show_open)
		return;
	grid_rank(state.grid, LS_TYPE, 5);
	grid_rank(state.grid, LS_BYTES, 1);
	grid_rank(state.grid, LS_SURE, 0);
	grid_rank(state.grid, LS_VIA, 2);
}

static void table_begin(int pid, const char *name, uint32_t source)
{
	(void)source;
	state.pid = pid;
	state.n_before = grid_rows(state.grid);
	free(state.name);
	state.name = format("%s", name ? name : "");
}

static const char *nothing(int why)
{
	if (why == MF_WHY_NO_ADDRESS_SPACE)
		return "it is a kernel thread";
	return state.options->iter.flags & MF_ITER_ALL ? "it has no memory" :
							 "it has no file mapped";
}

static void table_end(const struct mf_iter_report *report, int error, int why)
{
	(void)report;
	if (grid_rows(state.grid) == state.n_before && error == 0 && !state.options->everyone)
		complain("process %d: nothing to list: %s", state.pid, nothing(why));
}

static void table_nothing(void)
{
}

static void table_failed(int pid, const char *name, int error, int why)
{
	(void)pid;
	(void)name;
	(void)error;
	(void)why;
}

static void table_finish(void)
{
	grid_print(state.grid);
	free(state.name);
}

const struct printer ls_table_printer = {
	.start = table_start,
	.begin = table_begin,
	.add = table_add,
	.opened = table_opened,
	.end_mapping = table_nothing,
	.end = table_end,
	.failed = table_failed,
	.finish = table_finish,
};
