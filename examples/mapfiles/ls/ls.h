/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of mapfiles ls share: the two ways of printing, the opening of each
 * object, and what was refused. Nothing here is part of the library.
 */
#ifndef MAPFILES_LS_H
#define MAPFILES_LS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mapfiles.h>

#include "../../common/text.h"
#include "../opened.h"
#include "../output.h"

enum ls_column {
	LS_PID,
	LS_COMMAND,
	LS_RANGE,
	LS_PROT,
	LS_OFFSET,
	LS_DEV,
	LS_INODE,
	LS_KIND,
	LS_MODE,
	LS_OPENED_FOR,
	LS_LINKS,
	LS_SIZE,
	LS_STAT_DEV,
	LS_STAT_INODE,
	LS_TYPE,
	LS_BYTES,
	LS_SURE,
	LS_VIA,
	LS_NAME,
	LS_N_COLUMNS,
};

extern const struct column ls_columns[LS_N_COLUMNS];

struct ls_options {
	struct output output;
	struct mf_iter_opts iter;
	bool stat;
	bool open;
	bool show_stat, show_open; /* with all columns of theirs, not only those that -o names */
	bool everyone; /* nobody was named */
	char **words;
};

/*
 * One way of printing. For each process begin(), then for each mapping add() and
 * end_mapping(), with opened() between them under --open, then end() with how the
 * walk went, 0 or the error that cut the list off, and the MF_WHY_ of a refusal or
 * of an empty list, 0 if there is none. failed() stands for a process without a list.
 */
struct printer {
	void (*start)(const struct ls_options *options, uint32_t n_processes);
	void (*begin)(int pid, const char *name, uint32_t source);
	void (*add)(const struct mf_mapping *m);
	void (*opened)(const struct opened *o);
	void (*end_mapping)(void);
	void (*end)(const struct mf_iter_report *report, int error, int why);
	void (*failed)(int pid, const char *name, int error, int why);
	void (*finish)(void);
};

extern const struct printer ls_table_printer;
extern const struct printer ls_json_printer;

/* What was refused: told once for each reason, of however many processes. */
struct refusal {
	const char *what; /* NULL: opening objects */
	int error;
	int *pids; /* malloc'ed */
	size_t n_pids;
	unsigned long n_mappings;
};

struct refusals {
	const struct ls_options *options;
	struct refusal *list; /* malloc'ed */
	size_t n;
};

/* what must live on. */
void refusals_note(struct refusals *refusals, int pid, const char *what, int error);
void refusals_tell(const struct refusals *refusals);
void refusals_free(struct refusals *refusals);

/* What an error of the list itself was refused as: MF_ACCESS_. */
uint32_t ls_access(const struct ls_options *options);

#endif
