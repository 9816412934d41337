/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list for programs: one JSON document, an array with one object for each
 * process, valid whatever bytes a name holds. It is written as it is read, so a
 * process with many mappings costs no memory here.
 */
#include <stdio.h>

#include "../common/json.h"
#include "lsmapfiles.h"

static struct {
	struct columns columns;
	struct json_object *mapping;
	bool is_later_process;
	bool is_later_mapping;
} state;

static void put_open_mode(struct json_object *to, uint32_t mode)
{
	static const char *const texts[] = { "", "r", "w", "rw" };

	put_text(to, "opened_for", texts[mode & (MF_PROT_READ | MF_PROT_WRITE)]);
}

static void put_stat(struct json_object *to, const struct mf_mapping *m)
{
	struct json_object *o = not_null(json_object_new_object());

	put_device(o, "dev", m->st_dev_major, m->st_dev_minor);
	put_number(o, "inode", m->st_ino);
	put_text(o, "type", type_name(m->st_mode));
	put_mode(o, m->st_mode);
	put_number(o, "links", m->st_nlink);
	put_number(o, "size", m->st_size);
	put(to, "stat", o);
}

static void json_add(const struct mf_mapping *m)
{
	struct json_object *o = not_null(json_object_new_object());

	put_address(o, "start", m->start);
	put_address(o, "end", m->end);
	if (m->has & MF_HAS_PROT)
		put_prot(o, m->prot, m->flags & MF_MAPPING_SHARED);
	if (m->has & MF_HAS_OFFSET)
		put_number(o, "offset", m->offset);
	if (m->has & MF_HAS_DEV) {
		put_device(o, "dev", m->dev_major, m->dev_minor);
		put_number(o, "inode", m->inode);
	}
	put_text(o, "kind", mf_kind_name(m->kind));
	if (m->has & MF_HAS_PATH)
		put_name(o, "path", m->path, m->name_len);
	if (m->flags & MF_MAPPING_NAME_AMBIGUOUS)
		put_bool(o, "ambiguous", true);
	if (m->has & MF_HAS_DELETED)
		put_bool(o, "deleted", m->flags & MF_MAPPING_DELETED);
	if (m->flags & MF_MAPPING_RACED)
		put_bool(o, "raced", true);
	if (m->has & MF_HAS_PAGE_SIZE)
		put_number(o, "page_size", m->page_size);
	if (m->has & MF_HAS_OPEN_MODE)
		put_open_mode(o, m->open_mode);
	if (m->has & MF_HAS_STAT)
		put_stat(o, m);
	state.mapping = o;
}

static void json_opened(const struct opened *opened)
{
	struct json_object *o = not_null(json_object_new_object());

	put_bool(o, "ok", opened->error == 0);
	if (opened->error)
		put_error(o, opened->error);
	if (opened->looked_at) {
		put_text(o, "type", type_name(opened->st.st_mode));
		put(o, "size", json_object_new_int64(opened->st.st_size));
		put_text(o, "rung", mf_rung_name(opened->rung));
		put_text(o, "sure", mf_sure_name(opened->sure));
	}
	put(state.mapping, "open", o);
}

static void json_end_mapping(void)
{
	fputs(state.is_later_mapping ? ",\n" : "\n", stdout);
	write_object(state.mapping);
	state.is_later_mapping = true;
}

static void json_start(const struct columns *columns, bool several)
{
	(void)several;
	state.columns = *columns;
	fputs("[", stdout);
}

static void next_process(void)
{
	fputs(state.is_later_process ? ",\n" : "\n", stdout);
	state.is_later_process = true;
	state.is_later_mapping = false;
}

static void json_begin(int pid, uint32_t source)
{
	next_process();
	printf("{\"pid\":%d,\"source\":\"%s\",\"mappings\":[", pid, mf_source_name(source));
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

static void json_failed(int pid, int error, int why)
{
	next_process();
	printf("{\"pid\":%d,\"source\":null,\"mappings\":[]", pid);
	write_end(error, why);
}

static void json_finish(void)
{
	fputs("\n]\n", stdout);
}

const struct printer json_printer = {
	.start = json_start,
	.begin = json_begin,
	.add = json_add,
	.opened = json_opened,
	.end_mapping = json_end_mapping,
	.end = json_end,
	.failed = json_failed,
	.finish = json_finish,
};
