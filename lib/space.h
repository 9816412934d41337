/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The address space that a process's maps_fd pins: is it alive, and is the
 * process still in it.
 */
#ifndef MF_SPACE_H
#define MF_SPACE_H

#include "proc.h"

/* What a descriptor of maps says. To text, gone and nothing mapped are the same silence. */
enum mf_space { MF_SPACE_ALIVE, MF_SPACE_GONE, MF_SPACE_GONE_OR_EMPTY };

/* One of enum mf_space, or -errno: it cannot be told. Moves maps_fd on kernels without PROCMAP_QUERY. */
int mf_space_look(int maps_fd, bool *ret_has_query);

/*
 * 0 if the address space is alive, -ESRCH if the process exited, -ESTALE if it
 * exec'ed.
 */
int mf_space_alive(struct mf_proc *proc);

/* Why the address space is gone: -ESRCH or -ESTALE. */
int mf_space_gone(struct mf_proc *proc);

/*
 * As mf_space_alive(), and the process still lives in it. A child of vfork(2)
 * leaves its parent's by exec, and that one stays alive.
 */
int mf_space_same(struct mf_proc *proc);

/* As mf_space_same(); what cannot be told, for want of a descriptor or of rights, is an error. */
int mf_space_proven(struct mf_proc *proc);

/* As mf_space_same(), believed for 10 ms once it was found so: for those who ask often. */
int mf_space_settled(struct mf_proc *proc);

/* spare_fd, opened if need be; or -ESRCH, -ESTALE, ... */
int mf_space_spare(struct mf_proc *proc);

/*
 * maps_fd cannot be read any more, because the thread that it was opened
 * through is gone: opens it anew, if the address space is alive. 0, -ESRCH or
 * -ESTALE.
 */
int mf_space_revive(struct mf_proc *proc);

#endif
