/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was refused while processes were listed. It is said behind the table, which would
 * else scroll it away.
 */
#include <stdlib.h>

#include "../command.h"
#include "ls.h"

static struct refusal *find(const struct refusals *refusals, int pid, const char *what, int error)
{
	struct refusal *r;

	for (r = refusals->list; r < refusals->list + refusals->n; r++)
		if (r->what == what && r->error == error &&
		    (refusals->options->everyone || r->first_pid == pid))
			return r;
	return NULL;
}

void refusals_note(struct refusals *refusals, int pid, const char *what, int error)
{
	struct refusal *r = find(refusals, pid, what, error);

	if (!r) {
		refusals->list = with_room(refusals->list, refusals->n, sizeof(*refusals->list));
		r = &refusals->list[refusals->n++];
		*r = (struct refusal){ .what = what, .error = error, .first_pid = pid };
	}
	r->n_processes += r->last_pid != pid;
	r->last_pid = pid;
	r->n_mappings++;
}

static char *what_of(const struct refusal *r)
{
	char *what = r->what ? format("%s", r->what) :
			       format("cannot open what is behind %lu mappings", r->n_mappings);
	char *whole;

	if (r->n_processes == 1)
		return what;
	whole = format("%s%s %lu others", what, r->what ? ", nor can" : " of it and",
		       r->n_processes - 1);
	free(what);
	return whole;
}

void refusals_tell(const struct refusals *refusals)
{
	const struct ls_options *o = refusals->options;
	const struct refusal *r;
	char *what;

	for (r = refusals->list; r < refusals->list + refusals->n; r++) {
		what = what_of(r);
		complain_refused(r->first_pid, o->iter.proc_root,
				 r->what ? ls_access(o) : MF_ACCESS_FOLLOW, what, r->error);
		free(what);
	}
}
