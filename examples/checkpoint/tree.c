/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See tree.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tree.h"

static bool read_small(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	error = n < 0 ? errno : ESRCH;
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	errno = error;
	return n > 0;
}

/* The name stands between parentheses and may hold some itself: the last one ends it. */
static bool parse_stat(const char *path, struct proc_stat *stat)
{
	char text[512];
	const char *after;

	if (!read_small(path, text, sizeof(text)))
		return false;
	after = strrchr(text, ')');
	return after && sscanf(after + 1, " %c %d", &stat->state, &stat->parent) == 2;
}

bool read_stat(int pid, struct proc_stat *stat)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return parse_stat(path, stat);
}

bool is_ancestor(int pid)
{
	struct proc_stat stat = { 0, getpid() };

	do {
		if (stat.parent == pid)
			return true;
	} while (stat.parent > 0 && read_stat(stat.parent, &stat));
	return false;
}

void for_each_process(bool (*fn)(void *data, int pid, const struct proc_stat *stat), void *data)
{
	DIR *dir = opendir("/proc");
	struct proc_stat stat;
	struct dirent *entry;
	bool go_on = true;
	int pid;

	while (dir && go_on && (entry = readdir(dir))) {
		pid = atoi(entry->d_name);
		if (pid > 0 && read_stat(pid, &stat))
			go_on = fn(data, pid, &stat);
	}
	if (dir)
		closedir(dir);
}

static bool is_call_of_vfork(long number)
{
#ifdef SYS_vfork
	if (number == SYS_vfork)
		return true;
#endif
#ifdef SYS_clone3
	if (number == SYS_clone3)
		return true;
#endif
	return number == SYS_clone;
}

/*
 * Who calls vfork(2) waits in the kernel until the child execs, which a stopped child does
 * not: it never shows as stopped, but does so before it runs again.
 */
static bool is_held_by_vfork(int pid, const char *thread)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/task/%.20s/syscall", pid, thread);
	return read_small(path, text, sizeof(text)) && text[0] >= '0' && text[0] <= '9' &&
	       is_call_of_vfork(atol(text));
}

/* Anything else, such as no descriptor left, tells nothing. */
static bool tells_gone(int error)
{
	return error == ENOENT || error == ESRCH;
}

static enum activity thread_activity(int pid, const char *thread)
{
	struct proc_stat stat;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%.20s/stat", pid, thread);
	if (!parse_stat(path, &stat))
		return tells_gone(errno) ? GONE : RUNNING;
	if (strchr("ZXx", stat.state))
		return GONE;
	if (strchr("Tt", stat.state) || (stat.state == 'D' && is_held_by_vfork(pid, thread)))
		return STOPPED;
	return RUNNING;
}

enum activity process_activity(int pid, int *ret_thread)
{
	enum activity all = GONE, one;
	struct dirent *entry;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return tells_gone(errno) ? GONE : RUNNING;
	while (all != RUNNING && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		one = thread_activity(pid, entry->d_name);
		if (one == RUNNING)
			*ret_thread = atoi(entry->d_name);
		if (one != GONE)
			all = one;
	}
	closedir(dir);
	return all;
}
