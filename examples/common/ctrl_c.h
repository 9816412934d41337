/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ctrl-C during work that leaves something behind: a bar on the terminal, a file that is
 * half written. It is tidied up, and then the program ends as the signal ends any other,
 * so that a shell sees what happened.
 */
#ifndef COMMON_CTRL_C_H
#define COMMON_CTRL_C_H

/*
 * From now on SIGINT, SIGTERM, SIGHUP and SIGPIPE call tidy() first, unless they were
 * ignored. It runs in a signal handler: it may call what is async-signal-safe only.
 */
void ctrl_c_begin(void (*tidy)(void));

/* There is nothing to tidy up any more. */
void ctrl_c_end(void);

#endif
