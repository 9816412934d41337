/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A progress bar on stderr, for work that takes long enough to wonder: a line such as
 *
 *     scanning  [##########..........]  50%  10/20
 *
 * that is drawn over itself and wiped away at the end. Nothing at all is written where
 * stderr is no terminal. One bar at a time, and one thread.
 */
#ifndef COMMON_PROGRESS_H
#define COMMON_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;
	bool terminal; /* stderr is one: something is drawn */
	volatile bool drawn; /* a bar stands on the line */
	uint64_t next_draw; /* monotonic nanoseconds */
};

/* what, such as "scanning", must live until progress_end(). */
void progress_begin(struct progress *p, const char *what);

/* The same, but nothing is drawn for the first second: most work is done by then. */
void progress_begin_late(struct progress *p, const char *what);

/* Cheap enough to be called for each of a million things; draws some twenty times a second. */
void progress_step(struct progress *p, uint64_t done, uint64_t total);

/*
 * Wipes the bar away. Harmless when nothing was begun with p zeroed, and when called twice.
 * Async-signal-safe.
 */
void progress_end(struct progress *p);

/*
 * progress_step() as a mf_progress_fn: give it as mf_objects_opts::progress, with the
 * struct progress as data. Never ends the scan.
 */
int progress_scan(void *data, uint64_t done, uint64_t total);

#endif
