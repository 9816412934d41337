/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The raw name of a mapping, where its source could not give it: names longer
 * than the ioctl takes, and newlines that text escapes.
 */
#include <limits.h>
#include <string.h>

#include "iter.h"
#include "maps_query.h"
#include "sys.h"

static void set_path(struct mf_record *record, const char *path, size_t len)
{
	record->m.path = path;
	record->m.path_len = (uint32_t)len;
	record->m.name_len = (uint32_t)len;
}

static bool same_file(const struct mf_mapping *a, const struct mf_mapping *b)
{
	return a->inode == b->inode && a->dev_major == b->dev_major && a->dev_minor == b->dev_minor;
}

/*
 * The ioctl gives PATH_MAX bytes of a name at most; text prints all of it. If
 * that cannot be had, the name stays unknown: one mapping is no reason to give
 * up a walk.
 */
static void read_long_name(struct mf_iter *iter, struct mf_place *place, struct mf_record *record)
{
	struct mf_record found;

	if (mf_find_text(iter, record->m.start, place, &found) <= 0 || !found.m.path ||
	    !same_file(&found.m, &record->m)) {
		record->m.has &= ~(uint32_t)MF_HAS_PATH;
		return;
	}
	set_path(record, found.m.path, found.m.path_len);
	record->escaped = found.escaped;
}

/* raw, printed as text prints it, is text. */
static bool escapes_to(const char *raw, size_t raw_len, const char *text, size_t text_len)
{
	size_t i, pos = 0;

	for (i = 0; i < raw_len; i++) {
		const char *const printed = raw[i] == '\n' ? "\\012" : &raw[i];
		const size_t len = raw[i] == '\n' ? 4 : 1;

		if (text_len - pos < len || memcmp(text + pos, printed, len))
			return false;
		pos += len;
	}
	return pos == text_len;
}

/* The raw name of whatever is at that range now: its length, or 0. */
static size_t ask_raw_name(struct mf_iter *iter, struct mf_buf *name, const struct mf_mapping *m)
{
	struct mf_record found;

	if (mf_query(iter->proc.maps_fd, m->start, 0, name, &found) || !found.m.path)
		return 0;
	return found.m.path_len;
}

static size_t read_raw_link(struct mf_iter *iter, struct mf_buf *name, const struct mf_mapping *m)
{
	const int links_fd = mf_proc_links(&iter->proc);
	char link[MF_LINK_NAME_SIZE];
	ssize_t n;

	if (links_fd < 0 || mf_buf_reserve(name, PATH_MAX + 1))
		return 0;
	mf_link_name(link, m->start, m->end);
	n = mf_sys_readlinkat(links_fd, link, name->data, PATH_MAX);
	/* A full buffer may be a cut name. */
	if (n <= 0 || n >= PATH_MAX)
		return 0;
	name->data[n] = '\0';
	return (size_t)n;
}

/*
 * Text prints a newline as "\012", and "\012" as "\012". A raw name is
 * believed if it prints as the text: then it is this mapping's, whatever is
 * mapped there by now.
 */
static void resolve_escapes(struct mf_iter *iter, struct mf_place *place, struct mf_record *record)
{
	const size_t len = iter->proc.has_query ? ask_raw_name(iter, &place->name, &record->m) :
						  read_raw_link(iter, &place->name, &record->m);

	if (len && escapes_to(place->name.data, len, record->m.path, record->m.path_len))
		set_path(record, place->name.data, len);
	else
		record->m.flags |= MF_MAPPING_NAME_AMBIGUOUS;
}

void mf_complete_name(struct mf_iter *iter, struct mf_place *place, struct mf_record *record)
{
	if (record->long_name)
		read_long_name(iter, place, record);
	if (record->escaped && mf_file_backed(&record->m))
		resolve_escapes(iter, place, record);
}
