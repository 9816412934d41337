/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of mapfiles who share: the file that is asked about, what was found to
 * map it, and the two ways of printing. Nothing here is part of the library.
 */
#ifndef MAPFILES_WHO_H
#define MAPFILES_WHO_H

#include <sys/stat.h>

#include "../../common/text.h"
#include "../output.h"
#include "../scan.h"

enum who_column {
	WHO_PID,
	WHO_COMMAND,
	WHO_VERDICT,
	WHO_PROT,
	WHO_RANGES,
	WHO_RANGE,
	WHO_OFFSET,
	WHO_NAME,
	WHO_N_COLUMNS,
};

extern const struct column who_columns[WHO_N_COLUMNS];

/* The file that is asked about. */
struct file {
	int path_fd; /* O_PATH; -1 where nothing has that name any more */
	struct stat st; /* with path_fd */
	char *path; /* its one absolute name, without symlinks; NULL if it has none */
};

/* What a mapped object is to the file. */
enum verdict {
	SAME, /* it is the file */
	REPLACED, /* it had the name until another file, the one asked about, took it */
	MASKED, /* it has the name, in a directory that another mount hides */
	DELETED, /* it had the name, and nothing has it now */
	N_VERDICTS,
};

/* One mapping that answers the question. */
struct answer {
	enum verdict verdict;
	const struct mf_object *object;
	const struct mf_object_user *user;
};

struct answers {
	const struct scan *scan;
	const struct file *file;
	bool ranges; /* one row for each mapping */
	struct answer *list; /* by process, then by verdict, then by address */
	size_t n;
};

/* file.c: 0 or -errno. A name that nothing has is no error: path_fd is -1 then. */
int find_file(struct file *file, const char *name);
void forget_file(struct file *file);

/* former.c: whether the object had the file's name, as this process sees names. */
bool had_the_name(const struct answers *answers, const struct mf_object *object,
		  const struct mf_object_user *user, enum verdict *ret_verdict);

/* print.c */
extern const char *const verdict_names[N_VERDICTS];
void who_table(const struct answers *answers, const struct output *output);
void who_json(const struct answers *answers);

#endif
