/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the stopped tree maps, taken into the model. */
#ifndef CHECKPOINT_SCAN_H
#define CHECKPOINT_SCAN_H

#include "model.h"

/* Of what freeze_list() has. False after a message. */
bool scan_tree(struct checkpoint *c);

/*
 * Who else maps shared what is mapped here, as a scan of all other processes; NULL after a
 * message if it is not to be had.
 */
struct mf_objects *scan_everyone(void);

/* Notes in o who maps the object behind fd in everyone, but is not in c. */
void note_outside(const struct checkpoint *c, const struct mf_objects *everyone, int fd,
		  struct object *o);

#endif
