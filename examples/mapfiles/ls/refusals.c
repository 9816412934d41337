/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was refused while processes were listed. It is said behind the table, which would
 * else scroll it away.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../command.h"
#include "ls.h"

/* Of those that were named as many are told; of everyone only how many there are. */
enum { NAMED = 16 };

static struct refusal *find(const struct refusals *refusals, const char *what, int error)
{
	struct refusal *r;

	for (r = refusals->list; r < refusals->list + refusals->n; r++)
		if (r->what == what && r->error == error)
			return r;
	return NULL;
}

void refusals_note(struct refusals *refusals, int pid, const char *what, int error)
{
	struct refusal *r = find(refusals, what, error);

	if (!r) {
		refusals->list = with_room(refusals->list, refusals->n, sizeof(*refusals->list));
		r = &refusals->list[refusals->n++];
		*r = (struct refusal){ .what = what, .error = error };
	}
	r->n_mappings++;
	if (r->n_pids > 0 && r->pids[r->n_pids - 1] == pid)
		return;
	r->pids = with_room(r->pids, r->n_pids, sizeof(*r->pids));
	r->pids[r->n_pids++] = pid;
}

/* All but the first, which the message begins with. */
static void put_others(FILE *to, const struct refusals *refusals, const struct refusal *r)
{
	size_t most = refusals->options->everyone ? 1 : NAMED, i;

	for (i = 1; i < r->n_pids && i < most; i++)
		fprintf(to, "%s%d", i > 1 ? ", " : " ", r->pids[i]);
	if (i < r->n_pids)
		fprintf(to, "%s%zu others", i > 1 ? " and " : " ", r->n_pids - i);
}

static char *what_of(const struct refusals *refusals, const struct refusal *r)
{
	char *what = NULL;
	size_t len;
	FILE *to = not_null(open_memstream(&what, &len));

	if (r->what)
		fputs(r->what, to);
	else
		fprintf(to, "cannot open what is behind %lu mappings", r->n_mappings);
	if (r->n_pids > 1)
		fputs(r->what ? "; so it is with" : " of it and", to);
	put_others(to, refusals, r);
	return not_null(fclose(to) == 0 ? what : NULL);
}

void refusals_tell(const struct refusals *refusals)
{
	const struct ls_options *o = refusals->options;
	const struct refusal *r;
	char *what;

	for (r = refusals->list; r < refusals->list + refusals->n; r++) {
		what = what_of(refusals, r);
		complain_refused(r->pids[0], o->iter.proc_root,
				 r->what ? ls_access(o) : MF_ACCESS_FOLLOW, what, r->error);
		free(what);
	}
}

void refusals_free(struct refusals *refusals)
{
	size_t i;

	for (i = 0; i < refusals->n; i++)
		free(refusals->list[i].pids);
	free(refusals->list);
}
