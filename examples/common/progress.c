/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See progress.h. The line is built whole and written at once, past stdio, so that it
 * never mixes with a message; it is wiped with blanks, which every terminal understands.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

enum { BAR = 30, LONGEST = 160, REDRAW_NS = 50 * 1000 * 1000, LATE_NS = 1000 * 1000 * 1000 };

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* A line that wraps could not be drawn over: it is cut one short of the width. */
static size_t line_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 79;
	return size.ws_col <= LONGEST ? size.ws_col - 1u : LONGEST - 1u;
}

/* A terminal that takes no more is no reason to fail. */
static void put(const char *text, size_t len)
{
	if (write(STDERR_FILENO, text, len) < 0)
		return;
}

/* The line, then blanks over what a longer one before it left, then back to its start. */
static void put_line(const char *text)
{
	size_t width = line_width(), len = strnlen(text, width);
	char line[LONGEST + 2];

	memset(line, ' ', sizeof(line));
	line[0] = '\r';
	memcpy(line + 1, text, len);
	line[width + 1] = '\r';
	put(line, width + 2);
}

static void draw(const struct progress *p, uint64_t done, uint64_t total)
{
	double part = (double)done / (double)total;
	char bar[BAR + 1], text[LONGEST];
	size_t full = (size_t)(part * BAR);

	memset(bar, '.', BAR);
	memset(bar, '#', full);
	bar[BAR] = '\0';
	snprintf(text, sizeof(text), "%s  [%s] %3d%%  %llu/%llu", p->what, bar, (int)(part * 100),
		 (unsigned long long)done, (unsigned long long)total);
	put_line(text);
}

void progress_begin(struct progress *p, const char *what)
{
	*p = (struct progress){ .what = what, .terminal = isatty(STDERR_FILENO) == 1 };
}

void progress_begin_late(struct progress *p, const char *what)
{
	progress_begin(p, what);
	p->next_draw = now_ns() + LATE_NS;
}

void progress_step(struct progress *p, uint64_t done, uint64_t total)
{
	uint64_t now;

	if (!p->terminal || total == 0)
		return;
	now = now_ns();
	if (now < p->next_draw)
		return;
	/* Before: a signal in the middle wipes it away too. */
	p->drawn = true;
	draw(p, done < total ? done : total, total);
	p->next_draw = now + REDRAW_NS;
}

void progress_end(struct progress *p)
{
	if (p->drawn)
		put_line("");
	p->drawn = false;
	p->terminal = false;
}

int progress_scan(void *data, uint64_t done, uint64_t total)
{
	progress_step(data, done, total);
	return 0;
}
