/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stop a process and all that descend from it, so that one picture of them can be taken,
 * and let them go again.
 */
#ifndef CHECKPOINT_FREEZE_H
#define CHECKPOINT_FREEZE_H

#include <stdbool.h>
#include <stddef.h>

struct frozen {
	int pid, parent;
	int pidfd;
	bool stopped_here; /* not before: it is this program's to resume */
};

/*
 * Stop the tree. False after a message, with all of it resumed. Until freeze_end() it is
 * resumed too when the program exits.
 */
bool freeze(int root);

/* Those that are stopped, parents before their children. */
const struct frozen *freeze_list(size_t *ret_n);

/* Resume what freeze() stopped, or leave it as it is. May be called again. */
void freeze_end(bool leave_stopped);

#endif
