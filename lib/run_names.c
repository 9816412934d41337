/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MF_ITER_RUN_NAMES: of mappings of one file that lie behind each other, the
 * name is asked for once. The kernel puts a name together from its parts each
 * time, which costs as much as all the rest.
 */
#include "run_names.h"

#include <errno.h>
#include <string.h>

#include "iter.h"
#include "maps_query.h"

/*
 * Every mapping of such a name has it; "/dev/zero" may be called [anon_shmem:...]
 * in the next one. On the kernel's own mounts, where all names have the mark, a
 * memfd may have the numbers of a SysV segment.
 */
static bool is_name_of_file(const struct mf_record *record)
{
	const struct mf_mapping *const m = &record->m;

	return mf_file_backed(m) && m->path && m->path[0] == '/' &&
	       (m->path_len < 5 || memcmp(m->path, "/dev/", 5) != 0) &&
	       (m->dev_major || !mf_has_deleted_mark(m));
}

static bool goes_on(const struct mf_run *run, const struct mf_mapping *m)
{
	return m->start == run->last.end && m->inode == run->last.inode &&
	       m->dev_major == run->last.dev_major && m->dev_minor == run->last.dev_minor;
}

/* Libraries have about as many segments as the one before. */
static bool may_go_on(const struct mf_run *run)
{
	return run->length && run->length != run->length_before;
}

static void carry(struct mf_run *run, struct mf_record *record)
{
	record->m.path = run->last.path;
	record->m.path_len = record->m.name_len = run->last.path_len;
	record->m.flags |= MF_MAPPING_NAME_CARRIED;
	run->last.end = record->m.end;
	run->length++;
}

static void note(struct mf_run *run, const struct mf_record *record)
{
	const bool same = run->length && goes_on(run, &record->m);

	if (!same)
		run->length_before = run->length;
	run->length = !is_name_of_file(record) ? 0 : same ? run->length + 1 : 1;
	run->last = record->m;
}

int mf_ask_in_run(struct mf_iter *iter, uint64_t addr, uint64_t flags, struct mf_record *ret)
{
	struct mf_run *const run = &iter->run;
	int error;

	if (!(iter->opts.flags & MF_ITER_RUN_NAMES))
		return mf_query(iter->proc.maps_fd, addr, flags, &iter->name, ret);
	if (may_go_on(run)) {
		error = mf_query(iter->proc.maps_fd, addr, flags, NULL, ret);
		if (error)
			return error;
		if (goes_on(run, &ret->m)) {
			carry(run, ret);
			return 0;
		}
		/* What lies between was skipped, which may have taken long. */
		addr = mf_max_u64(addr, ret->m.start);
	}
	error = mf_query(iter->proc.maps_fd, addr, flags, &iter->name, ret);
	if (!error)
		note(run, ret);
	return error;
}
