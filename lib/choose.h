/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether text or the ioctl goes on with a walk of all mappings.
 */
#ifndef MF_CHOOSE_H
#define MF_CHOOSE_H

#include <stdbool.h>
#include <stdint.h>

/* In nanoseconds of a typical machine: only their proportions count. */
struct mf_choice {
	bool open; /* the caller named no source, and both are there */
	int64_t regret; /* what the other source would have saved lately */
	int64_t read; /* while the ioctl serves: what reading the text up to here costs */
};

struct mf_iter;

void mf_choose_start(struct mf_iter *iter);

/* Takes note of a mapping, and goes over to the other source if that pays. */
void mf_choose(struct mf_iter *iter, bool file_backed);

/* Of text, while nothing speaks for the ioctl, anonymous memory says nothing new. */
static inline bool mf_choice_is_news(const struct mf_choice *choice, bool file_backed)
{
	return choice->open && (file_backed || choice->regret);
}

#endif
