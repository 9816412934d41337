/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate area, [vsyscall]: it belongs to no address space, so the ioctl does
 * not list it, but text does.
 */
#ifndef MF_GATE_H
#define MF_GATE_H

#include <stdbool.h>

#include "record.h"

struct mf_gate {
	bool known;
	bool there;
	struct mf_record record;
};

/*
 * What text would list behind everything else, for a process that has
 * something mapped up to that address. 1, 0 if there is none; or -ENODATA:
 * only its text can tell.
 */
int mf_gate_of(struct mf_gate *gate, uint64_t last_end, struct mf_record *ret);

#endif
