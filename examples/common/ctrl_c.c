/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ctrl-C during work that leaves something behind.
 */
#include <signal.h>
#include <stddef.h>

#include "ctrl_c.h"

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

enum { N_ENDING = sizeof(ending) / sizeof(ending[0]) };

static void (*tidy_up)(void);

/* SA_RESETHAND: the signal is raised again, and takes its effect when this returns. */
static void on_signal(int number)
{
	tidy_up();
	raise(number);
}

static void set_handlers(void (*from)(int), void (*to)(int))
{
	struct sigaction action = { .sa_handler = to, .sa_flags = (int)SA_RESETHAND }, now;
	size_t i;

	for (i = 0; i < N_ENDING; i++)
		if (sigaction(ending[i], NULL, &now) == 0 && now.sa_handler == from)
			sigaction(ending[i], &action, NULL);
}

void ctrl_c_begin(void (*tidy)(void))
{
	tidy_up = tidy;
	set_handlers(SIG_DFL, on_signal);
}

void ctrl_c_end(void)
{
	set_handlers(on_signal, SIG_DFL);
}
