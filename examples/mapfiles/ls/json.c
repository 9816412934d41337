/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list for programs: one JSON document with one object for each process, valid
 * whatever bytes a name holds. It is written as it is read, so a process with many
 * mappings costs no memory here.
 */
#include <stdio.h>
#include <string.h>

#include "../../common/json.h"
#include "../../common/refusal.h"
#include "../mapping.h"
#include "ls.h"

static struct {
	struct json_object *mapping;
	bool is_later_process;
	bool is_later_mapping;
} state;

static void json_add(const struct mf_mapping *m)
{
	state.mapping = mapping_object(m);
}

static void json_opened(const struct opened *o)
{
	put(state.mapping, "open", opened_object(o));
}

static void json_end_mapping(void)
{
	fputs(state.is_later_mapping ? ",\n" : "\n", stdout);
	write_object(state.mapping);
	state.is_later_mapping = true;
}

static void json_start(const struct ls_options *options, uint32_t n_processes)
{
	(void)options;
	(void)n_processes;
	fputs("{\"processes\":[", stdout);
}

/* Its object stays open: what follows pid, name and source is written as it is learnt. */
static void next_process(int pid, const char *name, const char *source)
{
	struct json_object *o = not_null(json_object_new_object());
	const char *text;

	put(o, "pid", json_object_new_int(pid));
	put_name(o, "name", name, name ? strlen(name) : 0);
	if (source)
		put_text(o, "source", source);
	else
		json_object_object_add(o, "source", NULL);
	text = not_null((void *)(uintptr_t)json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	printf("%s\n%.*s,\"mappings\":[", state.is_later_process ? "," : "", (int)strlen(text) - 1,
	       text);
	json_object_put(o);
	state.is_later_process = true;
	state.is_later_mapping = false;
}

static void json_begin(int pid, const char *name, uint32_t source)
{
	next_process(pid, name, mf_source_name(source));
}

/* How the walk went, for a reader that must know whether it is one instant's picture. */
static void write_report(const struct mf_iter_report *report)
{
	struct json_object *o = not_null(json_object_new_object());

	put_bool(o, "complete", report->flags & MF_REPORT_COMPLETE);
	put_bool(o, "snapshot", report->flags & MF_REPORT_SNAPSHOT);
	put_bool(o, "raced", report->flags & MF_REPORT_RACED);
	put_number(o, "clamped", report->n_clamped);
	put_number(o, "partial", report->n_partial);
	put_number(o, "vanished", report->n_vanished);
	put_number(o, "retried", report->n_retries);
	fputs(",\"report\":", stdout);
	write_object(o);
}

/* What is said of the whole list: a reader that sees no "complete":true has no whole list. */
static void write_end(int error, int why)
{
	struct json_object *o;

	printf(",\"complete\":%s", error ? "false" : "true");
	if (error) {
		o = not_null(json_object_new_object());
		put_text(o, "name", error_name(error));
		put_text(o, "message", mf_strerror(error));
		fputs(",\"error\":", stdout);
		write_object(o);
	}
	if (why != MF_WHY_ALLOWED) {
		fputs(",\"why\":", stdout);
		write_object(not_null(json_object_new_string(mf_why_text((uint32_t)why))));
	}
	fputs("}", stdout);
}

static void json_end(const struct mf_iter_report *report, int error, int why)
{
	fputs("\n]", stdout);
	write_report(report);
	write_end(error, why);
}

static void json_failed(int pid, const char *name, int error, int why)
{
	next_process(pid, name, NULL);
	fputs("]", stdout);
	write_end(error, why);
}

static void json_finish(void)
{
	fputs("\n]}\n", stdout);
}

const struct printer ls_json_printer = {
	.start = json_start,
	.begin = json_begin,
	.add = json_add,
	.opened = json_opened,
	.end_mapping = json_end_mapping,
	.end = json_end,
	.failed = json_failed,
	.finish = json_finish,
};
