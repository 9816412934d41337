/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The raw name of a mapping, where its source could not give it: names longer
 * than the ioctl takes, and newlines that text escapes.
 */
#include <errno.h>
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

/* The ioctl gives PATH_MAX bytes of a name at most; text prints all of it. */
static int read_long_name(struct mf_iter *iter, struct mf_place *place, struct mf_record *record)
{
	struct mf_record found;
	const int r = mf_find_text(iter, record->m.start, place, &found);

	if (r < 0)
		return r;
	if (!r || !found.m.path || found.m.inode != record->m.inode) {
		record->m.flags |= MF_MAPPING_RACED;
		record->m.has &= ~(uint32_t)MF_HAS_PATH;
		return 0;
	}
	set_path(record, found.m.path, found.m.path_len);
	record->escaped = found.escaped;
	return 0;
}

static bool ask_raw_name(struct mf_iter *iter, struct mf_place *place, struct mf_record *record)
{
	struct mf_record found;

	if (mf_query(iter->proc.maps_fd, record->m.start, 0, &place->name, &found) ||
	    !found.m.path || found.m.start != record->m.start || found.m.inode != record->m.inode)
		return false;
	set_path(record, found.m.path, found.m.path_len);
	return true;
}

static bool read_raw_link(struct mf_iter *iter, struct mf_place *place, struct mf_record *record)
{
	const int links_fd = mf_proc_links(&iter->proc);
	char name[MF_LINK_NAME_SIZE];
	ssize_t n;

	if (links_fd < 0 || mf_buf_reserve(&place->name, PATH_MAX + 1))
		return false;
	mf_link_name(name, record->m.start, record->m.end);
	n = mf_sys_readlinkat(links_fd, name, place->name.data, PATH_MAX);
	/* A full buffer may be a cut name. */
	if (n <= 0 || n >= PATH_MAX)
		return false;
	place->name.data[n] = '\0';
	set_path(record, place->name.data, (size_t)n);
	return true;
}

int mf_complete_name(struct mf_iter *iter, struct mf_place *place, struct mf_record *record)
{
	const int error = record->long_name ? read_long_name(iter, place, record) : 0;

	/* Text prints a newline as "\012", and "\012" as "\012". */
	if (error || !record->escaped || !mf_file_backed(&record->m))
		return error;
	if (!(iter->proc.has_query ? ask_raw_name(iter, place, record) :
					  read_raw_link(iter, place, record)))
		record->m.flags |= MF_MAPPING_NAME_AMBIGUOUS;
	return 0;
}
