/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The usual loop over maps.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contestant.h"
#include "distinct.h"
#include "peer.h"

struct entry {
	unsigned long long start, end, offset, inode;
	unsigned int major, minor;
	char prot[5];
	char *name;
};

struct list {
	struct entry *entries;
	size_t n, room;
};

static bool parse(const char *line, struct entry *entry)
{
	int name = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &entry->start, &entry->end,
		   entry->prot, &entry->offset, &entry->major, &entry->minor, &entry->inode,
		   &name) != 7)
		return false;
	entry->name = strdup(line + name);
	if (entry->name)
		entry->name[strcspn(entry->name, "\n")] = '\0';
	return entry->name != NULL;
}

static struct entry *next_entry(struct list *list)
{
	if (list->n == list->room) {
		list->room = list->room ? list->room * 2 : 64;
		list->entries = realloc(list->entries, list->room * sizeof(*list->entries));
	}
	return &list->entries[list->n];
}

static int load(pid_t pid, struct list *list)
{
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (getline(&line, &size, f) > 0)
		if (parse(line, next_entry(list)))
			list->n++;
	free(line);
	fclose(f);
	return 0;
}

static void unload(struct list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->entries[i].name);
	free(list->entries);
	*list = (struct list){ 0 };
}

static void count(struct tally *answer, const struct entry *entry)
{
	answer->n++;
	answer->sum += entry->start + entry->end;
	answer->name_bytes += strlen(entry->name);
}

static int count_each(struct call *call, bool shared_only)
{
	struct distinct seen = { 0 };
	size_t p, i;
	int ret = 0;

	for (p = 0; p < call->subject->n_pids && ret == 0; p++) {
		struct list list = { 0 };

		ret = load(call->subject->pids[p], &list);
		for (i = 0; i < list.n; i++) {
			const struct entry *entry = &list.entries[i];

			if (shared_only && entry->prot[3] != 's')
				continue;
			if (shared_only)
				distinct_add(&seen, entry->major, entry->minor, entry->inode);
			count(&call->answer, entry);
		}
		unload(&list);
	}
	distinct_free(&seen);
	return ret;
}

int getline_all(struct call *call)
{
	return count_each(call, false);
}

int getline_shared(struct call *call)
{
	return count_each(call, true);
}

static int open_link(pid_t pid, const struct entry *entry)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", pid, entry->start, entry->end);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void open_distinct(pid_t pid, const struct list *list, int *fds, struct tally *answer)
{
	struct distinct seen = { 0 };
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct entry *entry = &list->entries[i];

		if (!entry->major && !entry->minor)
			continue;
		if (distinct_add(&seen, entry->major, entry->minor, entry->inode))
			fds[answer->n++] = open_link(pid, entry);
	}
	distinct_free(&seen);
}

int getline_open(struct call *call)
{
	pid_t pid = call->subject->pids[0];
	struct list list = { 0 };
	int ret = load(pid, &list);
	int *fds = calloc(list.n + 1, sizeof(*fds));
	uint64_t i;

	if (ret == 0 && fds)
		open_distinct(pid, &list, fds, &call->answer);
	for (i = 0; i < call->answer.n; i++)
		if (close(fds[i]) < 0)
			ret = -EBADF;
	free(fds);
	unload(&list);
	return ret;
}
