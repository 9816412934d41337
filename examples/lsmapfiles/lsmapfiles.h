/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of lsmapfiles share: the two ways of printing, the opening of
 * each object, and what a message to the user says.
 * Nothing here is part of the library.
 */
#ifndef LSMAPFILES_H
#define LSMAPFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <mapfiles.h>

#include "../common/refusal.h"
#include "../common/text.h"

/* What --open learnt about one mapping's object. */
struct opened {
	int error; /* 0, or why it was not opened for reading: -errno */
	bool looked_at; /* the fields below are set, from an O_PATH descriptor if error is set */
	struct stat st;
	uint32_t rung;
	uint32_t sure;
};

/* What was tried, for the message when it failed. */
struct attempt {
	int pid;
	const char *proc_root;
	uint32_t access; /* MF_ACCESS_ */
};

/* What the printing needs to know of the options. */
struct columns {
	bool all;
	bool stat;
	bool open;
};

/*
 * One way of printing. For each process begin(), then for each mapping add() and
 * end_mapping(), with opened() between them under --open, then end() with how the
 * walk went, 0 or the error that cut the list off, and the MF_WHY_ of a refusal or
 * of an empty list, 0 if there is none. failed() stands for a process without a list.
 */
struct printer {
	void (*start)(const struct columns *columns, bool several);
	void (*begin)(int pid, uint32_t source);
	void (*add)(const struct mf_mapping *m);
	void (*opened)(const struct opened *o);
	void (*end_mapping)(void);
	void (*end)(const struct mf_iter_report *report, int error, int why);
	void (*failed)(int pid, int error, int why);
	void (*finish)(void);
};

extern const struct printer table_printer;
extern const struct printer json_printer;

/* opened.c */
void open_object(struct mf_iter *iter, const struct mf_mapping *m, struct opened *o);
const char *type_name(mode_t mode);

/* message.c */
int explain(const struct attempt *a, int error);
void complain(const struct attempt *a, const char *what, int error);

#endif
