/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mapping what another process maps: what is needed and why it is refused,
 * before anything is mapped.
 */
#ifndef MF_REMAP_H
#define MF_REMAP_H

#include "iter.h"

struct mf_remap {
	struct mf_iter *iter;
	struct mf_mapping listed; /* as the caller has it; its path is not looked at */
	struct mf_remap_opts opts;
	struct mf_remap_plan *plan; /* what is known so far */
	struct mf_mapping now; /* what is mapped at its start; without path */
	uint32_t name_kind; /* what its name alone says */
	int fd; /* the object, for data; -1 if it is not open */
};

/* Fills plan. 0 with fd open, else plan's error. */
int mf_remap_prepare(struct mf_remap *remap);

/* Whether the target still maps all of the range so: 0, or plan's error. */
int mf_remap_ask_again(struct mf_remap *remap);

/* Whether the object reaches to the end of what is planned: 0, or plan's error. */
int mf_remap_check_length(struct mf_remap *remap);

/* Notes it in plan: returns error. */
int mf_remap_refuse(struct mf_remap *remap, uint32_t refusal, int error);

/* The same for what a system call, or the process's end, has to say. */
int mf_remap_fail(struct mf_remap *remap, int error);

#endif
