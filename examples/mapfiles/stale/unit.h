/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process belongs to and is restarted with: a unit of systemd, the system's or a
 * user's, or a container. From its cgroup, so no daemon is asked.
 */
#ifndef STALE_UNIT_H
#define STALE_UNIT_H

#include <stdint.h>

enum manager { NO_MANAGER, SYSTEM_MANAGER, USER_MANAGER, CONTAINER, N_MANAGERS };

extern const char *const manager_names[N_MANAGERS];

struct unit {
	enum manager manager;
	char *name; /* as systemctl shows it; of a container its first 12 digits, or its name */
	uint32_t uid; /* with USER_MANAGER: whose */
};

struct unit unit_of(const char *proc_root, int pid);

#endif
