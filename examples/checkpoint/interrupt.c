/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals: while processes are stopped nothing may end this program at once, or they
 * would stay so.
 */
#include <signal.h>
#include <stddef.h>

#include "checkpoint.h"

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU };
/* SIGTTOU: of a bar that is drawn by a job in the background. */
static const int ignored[] = { SIGPIPE, SIGXFSZ, SIGTSTP, SIGTTIN, SIGTTOU };

enum { N_ENDING = sizeof(ending) / sizeof(ending[0]) };
enum { N_IGNORED = sizeof(ignored) / sizeof(ignored[0]) };

static volatile sig_atomic_t caught;

static void catch_signal(int signal)
{
	caught = signal;
}

static void set_handler(int signal, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigaction(signal, &action, NULL);
}

static void set_all(void (*for_ending)(int), void (*for_ignored)(int))
{
	size_t i;

	for (i = 0; i < N_ENDING; i++)
		set_handler(ending[i], for_ending);
	for (i = 0; i < N_IGNORED; i++)
		set_handler(ignored[i], for_ignored);
}

void interrupt_catch(void)
{
	set_all(catch_signal, SIG_IGN);
}

void interrupt_release(void)
{
	set_all(SIG_DFL, SIG_DFL);
}

bool interrupted(void)
{
	return caught != 0;
}
