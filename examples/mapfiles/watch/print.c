/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was seen: a line as of strace(1) for people, an object on a line for programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../../common/json.h"
#include "../../common/text.h"
#include "watch.h"

static struct {
	const struct output *output;
	bool with_time;
	uint64_t n_printed;
} state;

static const struct {
	const char *word;
	enum paint paint;
} changes[] = {
	[CHANGE_MMAP] = { "mmap", PAINT_GOOD },
	[CHANGE_MUNMAP] = { "munmap", PAINT_BAD },
	[CHANGE_MPROTECT] = { "mprotect", PAINT_WARN },
	[CHANGE_RENAME] = { "rename", PAINT_DIM },
};

void print_begin(const struct output *output, bool with_time)
{
	state.output = output;
	state.with_time = with_time;
}

uint64_t n_printed(void)
{
	return state.n_printed;
}

static struct timespec now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time;
}

static void print_line(const char *word, enum paint which, char *rest)
{
	struct timespec time = now();
	struct tm tm;
	char text[32];

	if (state.with_time) {
		strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&time.tv_sec, &tm));
		printf("%s.%03ld ", text, time.tv_nsec / 1000000);
	}
	printf("%s%s%s %s\n", paint(state.output, which), word, paint(state.output, PAINT_NONE),
	       rest);
	free(rest);
}

static void print_object(struct json_object *o)
{
	struct timespec time = now();

	if (state.with_time)
		put(o, "time",
		    json_object_new_double((double)time.tv_sec + (double)time.tv_nsec / 1e9));
	output_document(state.output, o);
}

static char *name_of(const struct mf_mapping *m)
{
	char *escaped, *name;

	if (!m->path)
		return format("%s", mf_kind_name(m->kind));
	escaped = escape_name(m->path, m->name_len);
	name = format("%s \"%s\"%s", mf_kind_name(m->kind), escaped,
		      m->flags & MF_MAPPING_DELETED ? " (deleted)" : "");
	free(escaped);
	return name;
}

static char *prot_of(const struct mf_mapping *m)
{
	return prot_text(m->prot, m->flags & MF_MAPPING_SHARED);
}

/* What stands behind the range. */
static char *details(const struct event *e)
{
	const struct mf_mapping *m = e->after ? e->after : e->before;
	char *before = e->before ? e->change == CHANGE_RENAME ? name_of(e->before) :
								prot_of(e->before) :
				   NULL;
	char *name = name_of(m), *prot = prot_of(m), *text;

	if (e->change == CHANGE_RENAME)
		text = format("%s -> %s", before, name);
	else if (e->change == CHANGE_MPROTECT)
		text = format("%s -> %s %s", before, prot, name);
	else
		text = format("%s 0x%llx %s", prot, (unsigned long long)e->offset, name);
	free(before);
	free(name);
	free(prot);
	return text;
}

static void put_side(struct json_object *to, const struct mf_mapping *m)
{
	put_text(to, "kind", mf_kind_name(m->kind));
	put_prot(to, m->prot, m->flags & MF_MAPPING_SHARED);
	put_name(to, "path", m->path, m->name_len);
	put_bool(to, "deleted", m->flags & MF_MAPPING_DELETED);
}

static struct json_object *change_object(const struct event *e)
{
	struct json_object *o = not_null(json_object_new_object()), *before;

	put_text(o, "change", changes[e->change].word);
	put_address(o, "start", e->start);
	put_address(o, "end", e->end);
	put_number(o, "offset", e->offset);
	put_side(o, e->after ? e->after : e->before);
	if (!e->after || !e->before)
		return o;
	before = not_null(json_object_new_object());
	put_side(before, e->before);
	put(o, "before", before);
	return o;
}

void print_change(const struct event *event)
{
	char *rest;

	state.n_printed++;
	if (state.output->json) {
		print_object(change_object(event));
		return;
	}
	rest = details(event);
	print_line(changes[event->change].word, changes[event->change].paint,
		   format("%llx-%llx %s", (unsigned long long)event->start,
			  (unsigned long long)event->end, rest));
	free(rest);
}

void print_exec(const char *path, size_t len, uint64_t n_mappings)
{
	struct json_object *o;
	char *name;

	state.n_printed++;
	if (state.output->json) {
		o = not_null(json_object_new_object());
		put_text(o, "change", "exec");
		put_name(o, "path", len ? path : NULL, len);
		put_number(o, "mappings", n_mappings);
		print_object(o);
		return;
	}
	name = escape_name(path, len);
	print_line("exec", PAINT_WARN,
		   format("\"%s\": a new address space with %llu mappings", name,
			  (unsigned long long)n_mappings));
	free(name);
}
