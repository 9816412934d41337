/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether text or the ioctl goes on with a walk of all mappings. Text is
 * cheaper for anonymous memory, the ioctl for mapped files; what a process has
 * is not known before, but lies in clusters.
 *
 * Going over to the ioctl costs nothing, for it is asked by address. Text can
 * only be read from its start, so going back costs the reading of all that was
 * listed; it pays the sooner, the less that is.
 */
#include "choose.h"

#include "iter.h"

/* What docs/performance.md measured, of one mapping, with a path of common length. */
#define TEXT_ANON	300
#define TEXT_FILE	1200
#define TEXT_BYTE	8
#define QUERY_ANON	600
#define QUERY_FILE	1000
#define QUERY_RUN	750 /* with MF_ITER_RUN_NAMES */

/* Some dozen files: the gate area must be learnt once, and small processes are through by then. */
#define REGRET_AT_TEXT	25000
#define REGRET_AT_QUERY 10000
#define READS_A_REGRET	4 /* and a fourth of what would be read again */

void mf_choose_start(struct mf_iter *iter)
{
	const struct mf_iter_opts *const opts = &iter->opts;

	iter->choice = (struct mf_choice){
		.open = !opts->source && opts->flags & MF_ITER_ALL && iter->proc.has_query &&
			!iter->proc.kthread,
	};
}

static void go_over(struct mf_iter *iter, const struct mf_source *source)
{
	iter->choice.regret = 0;
	iter->source = source;
	iter->plain = false;
	iter->choice.read = (int64_t)iter->text.offset * TEXT_BYTE;
	if (source == &mf_source_maps) {
		iter->text_from = iter->cursor;
		source->start(iter);
	}
}

void mf_choose(struct mf_iter *iter, bool file_backed)
{
	struct mf_choice *const choice = &iter->choice;
	const bool by_text = iter->source == &mf_source_maps;
	const int64_t text = file_backed ? TEXT_FILE : TEXT_ANON;
	const int64_t query = !file_backed			   ? QUERY_ANON :
			      iter->opts.flags & MF_ITER_RUN_NAMES ? QUERY_RUN :
								     QUERY_FILE;

	if (!by_text)
		choice->read += text;
	choice->regret += by_text ? text - query : query - text;
	if (choice->regret < 0)
		choice->regret = 0;
	if (by_text && choice->regret > REGRET_AT_TEXT)
		go_over(iter, &mf_source_query);
	else if (!by_text && choice->regret > REGRET_AT_QUERY + choice->read / READS_A_REGRET)
		go_over(iter, &mf_source_maps);
}
