/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes as a user names them: by number, or by name.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/arguments.h"
#include "../common/process.h"
#include "../common/text.h"
#include "command.h"
#include "target.h"

bool parse_place(const char *text, uint64_t *addr)
{
	const char *digits = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? text + 2 : text;
	unsigned long long value;
	char *end;

	if (!isxdigit((unsigned char)digits[0]))
		return false;
	errno = 0;
	value = strtoull(digits, &end, 16);
	if (errno || (*end && (*end != '-' || !end[1] ||
			       end[1 + strspn(end + 1, "0123456789abcdefABCDEF")] != '\0')))
		return false;
	*addr = value;
	return true;
}

/* The last part of its program's path, which the kernel does not shorten as comm is. */
static bool program_is(const char *proc_root, int pid, const char *name)
{
	static const char mark[] = " (deleted)";
	char path[PATH_MAX], *link = format("%s/%d/exe", proc_root, pid), *base;
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	size_t len;

	free(link);
	if (n <= 0)
		return false;
	path[n] = '\0';
	base = strrchr(path, '/');
	base = base ? base + 1 : path;
	len = strlen(name);
	return strcmp(base, name) == 0 ||
	       (strncmp(base, name, len) == 0 && strcmp(base + len, mark) == 0);
}

static bool is_called(const char *proc_root, int pid, const char *name)
{
	char *comm = process_name(proc_root, pid);
	bool same = comm && strcmp(comm, name) == 0;

	free(comm);
	/* Nobody meant a zombie by a name; its number may be asked for. */
	return (same || program_is(proc_root, pid, name)) && !process_is_zombie(proc_root, pid);
}

static void add(struct targets *targets, int pid)
{
	uint32_t i;

	for (i = 0; i < targets->n; i++)
		if (targets->pids[i] == pid)
			return;
	targets->pids = with_room(targets->pids, targets->n, sizeof(*targets->pids));
	targets->pids[targets->n++] = pid;
}

static int by_number(const void *one, const void *other)
{
	const int32_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

/* All that are called so, but this process itself; without a name all. */
static void look_for(struct targets *found, const char *proc_root, const char *name)
{
	DIR *dir = opendir(proc_root);
	struct dirent *entry;
	int pid;

	while (dir && (entry = readdir(dir)))
		if (parse_pid(entry->d_name, &pid) &&
		    (!name || (pid != getpid() && is_called(proc_root, pid, name))))
			add(found, pid);
	if (dir)
		closedir(dir);
	if (found->n > 0)
		qsort(found->pids, found->n, sizeof(*found->pids), by_number);
}

bool targets_all(struct targets *targets, const char *proc_root)
{
	char *escaped;

	*targets = (struct targets){ NULL, 0 };
	proc_root = proc_root ? proc_root : "/proc";
	look_for(targets, proc_root, NULL);
	if (targets->n > 0)
		return true;
	/* In a procfs at least the one that asks would be: this is none, nor a saved tree. */
	escaped = escape_words(proc_root, strlen(proc_root));
	complain("%s holds no process; --proc-root takes a mounted procfs or a directory that "
		 "holds PID/maps",
		 escaped);
	free(escaped);
	return false;
}

/* "postgres: processes 812, 813": whom the answer is about is no guess of the reader's. */
static void tell_found(const char *name, const struct targets *found)
{
	char *escaped = escape_words(name, strlen(name)), *list = NULL;
	size_t len;
	uint32_t i;
	FILE *to = not_null(open_memstream(&list, &len));

	for (i = 0; i < found->n; i++)
		fprintf(to, "%s%d", i ? ", " : "", found->pids[i]);
	not_null(fclose(to) == 0 ? list : NULL);
	complain("%s: process%s %s", escaped, found->n == 1 ? "" : "es", list);
	free(list);
	free(escaped);
}

static bool find_named(struct targets *targets, const char *proc_root, const char *name)
{
	struct targets found = { NULL, 0 };
	char *escaped;
	uint32_t i;

	look_for(&found, proc_root ? proc_root : "/proc", name);
	if (found.n == 0) {
		escaped = escape_words(name, strlen(name));
		complain("no process is called %s, nor is its program", escaped);
		free(escaped);
		return false;
	}
	tell_found(name, &found);
	for (i = 0; i < found.n; i++)
		add(targets, found.pids[i]);
	free(found.pids);
	return true;
}

bool targets_find(struct targets *targets, const char *proc_root, char **words)
{
	bool all = true;
	int pid;

	*targets = (struct targets){ NULL, 0 };
	for (; *words; words++) {
		if (parse_pid(*words, &pid)) {
			add(targets, pid);
		} else if (is_number(*words) || !**words) {
			complain("the number of a process is out of range (1 to 2147483647): '%s'",
				 *words);
			exit(STATUS_USAGE);
		} else {
			all = find_named(targets, proc_root, *words) && all;
		}
	}
	return all;
}

bool target_find(int *pid, const char *proc_root, const char *word)
{
	struct targets targets;
	char *words[] = { (char *)(uintptr_t)word, NULL };
	bool one = targets_find(&targets, proc_root, words) && targets.n == 1;

	if (targets.n > 1)
		complain("these are several: give the number of one");
	if (one)
		*pid = targets.pids[0];
	targets_free(&targets);
	return one;
}

void targets_free(struct targets *targets)
{
	free(targets->pids);
	*targets = (struct targets){ NULL, 0 };
}
