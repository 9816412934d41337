/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes this program and its children lack a feature of the kernel, as older
 * kernels and sandboxes do. Any test program does so before main() when the
 * variable MF_TEST_LACK names features, such as "query,openat2".
 */
#ifndef TEST_LACK_H
#define TEST_LACK_H

#include <stdbool.h>

/*
 * query              PROCMAP_QUERY: ENOTTY, as before Linux 6.11
 * pagemap_scan       PAGEMAP_SCAN: ENOTTY, as before Linux 6.7
 * openat2            ENOSYS, as before Linux 5.6
 * cached             openat2() with RESOLVE_CACHED: EINVAL, as before Linux 5.12
 * memfd              memfd_create(): ENOSYS, as in a sandbox
 * pidfd_send_signal  ENOSYS, as before Linux 5.1
 * map_files          opening a directory of that name: ENOENT, as in gVisor
 */
#define LACK_VARIABLE "MF_TEST_LACK"

/**
 * From now on, for good: 0 or -errno; -EINVAL for a name that is not known,
 * -EBUSY if both cached and map_files are to go: the kernel has one to ask only.
 */
int lack(const char *feature);

/** It was taken away, by lack() or by the variable; or is one of the two ioctls, and the kernel has none. */
bool lacks(const char *feature);

#endif
