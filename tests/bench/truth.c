/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What targets map, by the simplest reading of maps that there is.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distinct.h"
#include "truth.h"

struct line {
	uint64_t start, end, inode;
	unsigned int major, minor;
	char shared;
	const char *name;
};

static FILE *open_maps(pid_t pid)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		err(1, "%s", path);
	return f;
}

static struct line parse(char *text)
{
	struct line line;
	unsigned long long start, end, inode;
	int name = 0;

	text[strcspn(text, "\n")] = '\0';
	if (sscanf(text, "%llx-%llx %*3s%c %*x %x:%x %llu %n", &start, &end, &line.shared,
		   &line.major, &line.minor, &inode, &name) != 6)
		errx(1, "not understood: %s", text);
	line.start = start;
	line.end = end;
	line.inode = inode;
	line.name = text + name;
	return line;
}

static void count(struct tally *tally, const struct line *line)
{
	tally->n++;
	tally->sum += line->start + line->end;
	tally->name_bytes += strlen(line->name);
}

/* Memory without an object has device 0:0; SysV memory may have inode 0, and has a device. */
static bool is_file(const struct line *line)
{
	return line->major || line->minor;
}

static void count_line(struct truth *truth, struct distinct *seen, const struct line *line)
{
	bool first = distinct_add(seen, line->major, line->minor, line->inode);

	count(&truth->of[EVERY_MAPPING], line);
	if (strcmp(line->name, "[vsyscall]") != 0)
		count(&truth->of[ALL_BUT_VSYSCALL], line);
	if (is_file(line))
		count(&truth->of[MAPPED_FILES], line);
	if (is_file(line) && first)
		count(&truth->of[DISTINCT_FILES], line);
	if (line->shared == 's')
		count(&truth->of[SHARED_MAPPINGS], line);
	if (line->shared == 's' && first)
		count(&truth->of[DISTINCT_SHARED], line);
}

static void count_process(struct truth *truth, struct distinct *seen, pid_t pid)
{
	FILE *f = open_maps(pid);
	char *text = NULL;
	size_t size = 0;

	while (getline(&text, &size, f) > 0) {
		struct line line = parse(text);

		count_line(truth, seen, &line);
	}
	free(text);
	fclose(f);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Numbers of mappings, in order; line by line, each is made an address in that mapping. */
static void pick_addresses(struct truth *truth, pid_t pid, uint64_t *addresses)
{
	uint64_t n = truth->of[ALL_BUT_VSYSCALL].n, seed = 88172645463325252, i, at = 0;
	FILE *f = open_maps(pid);
	char *text = NULL;
	size_t size = 0;

	for (i = 0; i < N_ADDRESSES; i++)
		addresses[i] = next_random(&seed) % n;
	qsort(addresses, N_ADDRESSES, sizeof(*addresses), by_number);
	for (i = 0; at < N_ADDRESSES && getline(&text, &size, f) > 0; i++) {
		struct line line = parse(text);

		for (; at < N_ADDRESSES && addresses[at] == i; at++) {
			addresses[at] = line.start + next_random(&seed) % (line.end - line.start);
			count(&truth->of[ADDRESSES], &line);
		}
	}
	if (at < N_ADDRESSES)
		errx(1, "%d: maps has become shorter", pid);
	free(text);
	fclose(f);
}

static void shuffle(uint64_t *values, size_t n)
{
	uint64_t seed = 362436069362436069;
	size_t i;

	for (i = n - 1; i > 0; i--) {
		size_t j = next_random(&seed) % (i + 1);
		uint64_t value = values[i];

		values[i] = values[j];
		values[j] = value;
	}
}

void truth_learn(struct truth *truth, const pid_t *pids, size_t n_pids, uint64_t *addresses)
{
	struct distinct seen = { 0 };
	struct truth first = { 0 };
	size_t i;

	*truth = (struct truth){ 0 };
	for (i = 0; i < n_pids; i++) {
		count_process(truth, &seen, pids[i]);
		if (i == 0)
			first = *truth;
	}
	pick_addresses(&first, pids[0], addresses);
	truth->of[ADDRESSES] = first.of[ADDRESSES];
	shuffle(addresses, N_ADDRESSES);
	distinct_free(&seen);
}
