/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process is called, for people: its name, and what it says it does. Both
 * are bytes that the process chose.
 */
#ifndef COMMON_PROCESS_H
#define COMMON_PROCESS_H

#include <stdbool.h>

/* The name as ps -o comm shows it, malloc'ed; NULL if the process is gone. */
char *process_name(const char *proc_root, int pid);

/* It has ended, and its parent has not asked for it yet: nothing is left to list. */
bool process_is_zombie(const char *proc_root, int pid);

/*
 * What tells it from others of its name: the title that it gave itself, or the
 * --type= that browsers start theirs with. Malloc'ed; NULL if there is none.
 */
char *process_role(const char *proc_root, int pid);

#endif
