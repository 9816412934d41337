/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one thing that a command looks at: a process, or a core that one left behind.
 */
#ifndef MAPFILES_SUBJECT_H
#define MAPFILES_SUBJECT_H

#include <argp.h>
#include <stdint.h>

#include <mapfiles.h>

struct subject {
	const char *core; /* --core: NULL: a process */
	const char *proc_root; /* --proc-root; with a core, where its files are looked for */
	const char *word; /* the process as the user called it */
	int pid; /* behind subject_open(); 0 with a core */
};

/* The options --core and --proc-root; its input is a struct subject *. */
extern const struct argp subject_argp;

/*
 * Takes the process from the words unless there is a core, and returns the words behind
 * it. Wrong usage, said by argp_error(), if it is missing.
 */
char **subject_take(struct subject *subject, struct argp_state *state);

/* Returns 0, or -errno after a message. */
int subject_open(struct subject *subject, uint32_t flags, struct mf_iter **ret_iter);

/* complain_refused() of a process, a plain message of a core. */
void subject_complain(const struct subject *subject, uint32_t access, const char *what, int error);

/*
 * The mapping at an address as a user writes it. Returns a status: STATUS_NOTHING after a
 * message if nothing is mapped there. The mapping lives until the next call on iter.
 */
int subject_find(const struct subject *subject, struct mf_iter *iter, const char *address,
		 const struct mf_mapping **ret_mapping);

#endif
