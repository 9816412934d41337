/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is scanned: the processes named, all, or a tree of them.
 */
#ifndef MF_PROCESSES_H
#define MF_PROCESSES_H

#include "objects.h"

/* Each is listed once; a thread stands for its process. 0 or -errno. */
int mf_processes_given(struct mf_objects *objects, const int32_t *pids, uint64_t n_pids);

int mf_processes_everyone(struct mf_objects *objects);

/* Lists what descends from those listed and is not listed yet. 0 or -errno. */
int mf_processes_descendants(struct mf_objects *objects);

#endif
