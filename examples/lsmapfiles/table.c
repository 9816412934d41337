/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table for people: one line for each mapping, columns aligned by libsmartcols,
 * the name last so that nothing is ever cut off. "?" is not known, "-" is nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <libsmartcols.h>

#include "lsmapfiles.h"

enum group { ALWAYS, WITH_STAT, WITH_OPEN };

enum id {
	RANGE,
	PROT,
	OFFSET,
	DEV,
	INODE,
	KIND,
	MODE,
	OPEN_MODE,
	LINKS,
	SIZE,
	STAT_DEV,
	STAT_INODE,
	TYPE,
	BYTES,
	HOW,
	NAME,
	N_IDS,
};

static const struct {
	const char *heading;
	enum group group;
	int flags;
} layout[N_IDS] = {
	[RANGE] = { "RANGE", ALWAYS, SCOLS_FL_RIGHT },
	[PROT] = { "PROT", ALWAYS, 0 },
	[OFFSET] = { "OFFSET", ALWAYS, SCOLS_FL_RIGHT },
	[DEV] = { "DEV", ALWAYS, SCOLS_FL_RIGHT },
	[INODE] = { "INODE", ALWAYS, SCOLS_FL_RIGHT },
	[KIND] = { "KIND", ALWAYS, 0 },
	[MODE] = { "MODE", WITH_STAT, 0 },
	[OPEN_MODE] = { "FD", WITH_STAT, 0 },
	[LINKS] = { "LINKS", WITH_STAT, SCOLS_FL_RIGHT },
	[SIZE] = { "SIZE", WITH_STAT, SCOLS_FL_RIGHT },
	[STAT_DEV] = { "ST_DEV", WITH_STAT, SCOLS_FL_RIGHT },
	[STAT_INODE] = { "ST_INO", WITH_STAT, SCOLS_FL_RIGHT },
	[TYPE] = { "TYPE", WITH_OPEN, 0 },
	[BYTES] = { "BYTES", WITH_OPEN, SCOLS_FL_RIGHT },
	[HOW] = { "OPENED", WITH_OPEN, 0 },
	[NAME] = { "PATH", ALWAYS, 0 },
};

static struct {
	struct columns columns;
	bool several;
	int n_tables;
	int pid;
	uint32_t source;
	struct libscols_table *table;
	struct libscols_line *line;
} state;

static bool is_shown(enum id id)
{
	return layout[id].group == ALWAYS ||
	       (layout[id].group == WITH_STAT && state.columns.stat) ||
	       (layout[id].group == WITH_OPEN && state.columns.open);
}

/* Takes text over. */
static void set(enum id id, char *text)
{
	size_t at = 0;
	enum id before;

	for (before = 0; before < id; before++)
		at += is_shown(before);
	if (!is_shown(id))
		free(text);
	else if (scols_line_refer_data(state.line, at, text) != 0)
		not_null(NULL);
}

/* The marks follow an unescaped blank, which no escaped name holds: they cannot be faked. */
static char *name_text(const struct mf_mapping *m)
{
	char *name = m->path ? escape_name(m->path, m->name_len) :
			       format(m->has & MF_HAS_PATH ? "-" : "?");
	char *marked = format("%s%s%s%s", name, m->flags & MF_MAPPING_DELETED ? " (deleted)" : "",
			      m->flags & MF_MAPPING_RACED ? " (raced)" : "",
			      m->flags & MF_MAPPING_NAME_AMBIGUOUS ? " (ambiguous)" : "");

	free(name);
	return marked;
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

/* Nothing is mapped there that stat(2) could be asked about. */
static bool is_plain_memory(const struct mf_mapping *m)
{
	switch (m->kind) {
	case MF_KIND_ANON:
	case MF_KIND_ANON_NAMED:
	case MF_KIND_HEAP:
	case MF_KIND_STACK:
	case MF_KIND_VDSO:
	case MF_KIND_VVAR:
	case MF_KIND_VSYSCALL:
	case MF_KIND_SPECIAL:
		return true;
	default:
		return false;
	}
}

static void add_stat(const struct mf_mapping *m)
{
	const char *unknown = is_plain_memory(m) ? "-" : "?";
	bool known = m->has & MF_HAS_STAT;

	set(MODE, known ? mode_text(m->st_mode) : format("%s", unknown));
	set(LINKS, known ? format("%u", m->st_nlink) : format("%s", unknown));
	set(SIZE, known ? format("%llu", (unsigned long long)m->st_size) : format("%s", unknown));
	set(STAT_DEV,
	    known ? format("%02x:%02x", m->st_dev_major, m->st_dev_minor) : format("%s", unknown));
	set(STAT_INODE,
	    known ? format("%llu", (unsigned long long)m->st_ino) : format("%s", unknown));
	set(OPEN_MODE, m->has & MF_HAS_OPEN_MODE ?
			       format("%c%c", m->open_mode & MF_PROT_READ ? 'r' : '-',
				      m->open_mode & MF_PROT_WRITE ? 'w' : '-') :
			       format("%s", unknown));
}

static void table_add(const struct mf_mapping *m)
{
	bool dev = m->has & MF_HAS_DEV;

	state.line = not_null(scols_table_new_line(state.table, NULL));
	set(RANGE, format("%llx-%llx", (unsigned long long)m->start, (unsigned long long)m->end));
	set(PROT,
	    m->has & MF_HAS_PROT ? prot_text(m->prot, m->flags & MF_MAPPING_SHARED) : format("?"));
	set(OFFSET,
	    m->has & MF_HAS_OFFSET ? format("%llx", (unsigned long long)m->offset) : format("?"));
	set(DEV, dev ? format("%02x:%02x", m->dev_major, m->dev_minor) : format("?"));
	set(INODE, dev ? format("%llu", (unsigned long long)m->inode) : format("?"));
	set(KIND, format("%s", mf_kind_name(m->kind)));
	set(NAME, name_text(m));
	if (state.columns.stat)
		add_stat(m);
}

static void table_opened(const struct opened *o)
{
	set(TYPE, format("%s", o->looked_at ? type_name(o->st.st_mode) : "-"));
	set(BYTES, o->looked_at ? format("%lld", (long long)o->st.st_size) : format("-"));
	if (o->error == 0)
		set(HOW, format("%s/%s", mf_rung_name(o->rung), mf_sure_name(o->sure)));
	else if (o->error == -ENXIO && !o->looked_at)
		set(HOW, format("-"));
	else
		set(HOW, format("%s", error_name(o->error)));
}

static void table_start(const struct columns *columns, bool several)
{
	state.columns = *columns;
	state.several = several;
}

static void table_begin(int pid, uint32_t source)
{
	enum id id;

	state.pid = pid;
	state.source = source;
	state.table = not_null(scols_new_table());
	/* Names are escaped already, and whoever pipes the table on wants them whole. */
	scols_table_enable_noencoding(state.table, 1);
	scols_table_set_termforce(state.table, SCOLS_TERMFORCE_NEVER);
	scols_table_set_stream(state.table, stdout);
	for (id = 0; id < N_IDS; id++)
		if (is_shown(id))
			not_null(scols_table_new_column(state.table, layout[id].heading, 0,
							layout[id].flags));
}

static const char *nothing(int why)
{
	if (why == MF_WHY_NO_ADDRESS_SPACE)
		return "it is a kernel thread";
	return state.columns.all ? "it has no memory" : "it has no file mapped";
}

static void table_end(const struct mf_iter_report *report, int error, int why)
{
	(void)report;
	if (state.several)
		printf("%sprocess %d, from %s:\n", state.n_tables++ ? "\n" : "", state.pid,
		       mf_source_name(state.source));
	if (scols_table_is_empty(state.table) && error == 0) {
		fflush(stdout);
		fprintf(stderr, "lsmapfiles: process %d: nothing to list: %s\n", state.pid,
			nothing(why));
	}
	if (scols_print_table(state.table) < 0)
		not_null(NULL);
	scols_unref_table(state.table);
}

static void table_nothing(void)
{
}

static void table_failed(int pid, int error, int why)
{
	(void)pid;
	(void)error;
	(void)why;
}

const struct printer table_printer = {
	.start = table_start,
	.begin = table_begin,
	.add = table_add,
	.opened = table_opened,
	.end_mapping = table_nothing,
	.end = table_end,
	.failed = table_failed,
	.finish = table_nothing,
};
