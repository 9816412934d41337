/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A child whose threads change its address space without end, around mappings
 * that stay; and the checks that every walk of it must pass, however it races.
 */
#ifndef TEST_CHURN_H
#define TEST_CHURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mapfiles.h>

#include "harness.h"

/*
 * From low to high: files come and go; groups of mappings that stay, with one
 * behind each group that is split and merged but always there; files come and go.
 */
struct churn {
	struct child child;
	uint64_t page;
	uint64_t low, stable, high, end;
	size_t n_groups;
	uint64_t stable_inode, split_inode, moving_inode;
};

#define CHURN_GROUP  100 /* mappings that stay in each group, a page each */
#define CHURN_SPLIT  16 /* pages of what is split and merged */
#define CHURN_MOVING 64 /* pages of either end */

/** Call it from a fixture that is not checked: it keeps descriptors and memory. */
void churn_start(struct churn *churn, size_t n_groups);
void churn_end(struct churn *churn);

/* One walk, as it is checked. */
struct churn_view {
	const struct churn *churn;
	uint64_t prev_end;
	size_t n_stable; /* seen so far */
	uint64_t covered; /* pages of what is split and merged, seen so far */
	uint64_t n_raced;
	char failure[256]; /* empty: nothing is wrong so far */
};

void churn_look(struct churn_view *view, const struct churn *churn);
/** False: this record must not be in the list; failure says why. */
bool churn_see(struct churn_view *view, const struct mf_mapping *m);
/** The list is at its end. False: something that stayed was missed. */
bool churn_saw_all(struct churn_view *view);

/** A mapping that always stays, by its number. */
uint64_t churn_stable_addr(const struct churn *churn, size_t i);

#endif
