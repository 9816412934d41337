/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MF_ITER_RUN_NAMES: of mappings of one file that lie behind each other, the
 * name is asked for once.
 */
#ifndef MF_RUN_NAMES_H
#define MF_RUN_NAMES_H

#include "record.h"

/* Mappings of one file, each beginning where the one before ends. */
struct mf_run {
	struct mf_mapping last; /* path is the run's: in the iterator's buffer for names */
	uint64_t length; /* 0: what came last has no name to go on with */
	uint64_t length_before; /* of the run before */
};

struct mf_iter;

/* As mf_query() on the walk's descriptor, into its buffer for names. */
int mf_ask_in_run(struct mf_iter *iter, uint64_t addr, uint64_t flags, struct mf_record *ret);

#endif
