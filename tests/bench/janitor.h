/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory that is removed when the benchmark ends, however it ends.
 */
#ifndef BENCH_JANITOR_H
#define BENCH_JANITOR_H

/** Make it in parent, and a process that waits for our end to remove it. */
const char *temp_dir_in(const char *parent);
/** Remove it now, and wait until that is done. */
void temp_dir_end(void);

#endif
