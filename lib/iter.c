/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The public iterator: checks arguments, chooses the source, steps, closes.
 * Must not read procfs itself.
 */
#include "iter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sys.h"

#define ITER_FLAGS (MF_ITER_ALL | MF_ITER_STREAM | MF_ITER_STAT | MF_ITER_OPEN_FDS)
#define PROT_BITS (MF_PROT_READ | MF_PROT_WRITE | MF_PROT_EXEC)

/* A read of procfs gives one page; two leave room for a long line. */
#define TEXT_FIRST 8192

static const struct mf_source *const sources[] = {
	[MF_SOURCE_MAP_FILES] = &mf_source_map_files,
	[MF_SOURCE_QUERY] = &mf_source_query,
	[MF_SOURCE_MAPS] = &mf_source_maps,
};

/* The size of the first version: what every caller has. */
#define OPTS_SIZE_FIRST sizeof(struct mf_iter_opts)
#define OPTS_SIZE_MOST 4096

static int copy_opts(const struct mf_iter_opts *opts, struct mf_iter_opts *ret)
{
	const char *const bytes = (const char *)opts;
	size_t i;

	*ret = (struct mf_iter_opts){ .size = sizeof(*ret) };
	if (!opts)
		return 0;
	if (opts->size < OPTS_SIZE_FIRST)
		return -EINVAL;
	if (opts->size > OPTS_SIZE_MOST)
		return -E2BIG;
	for (i = sizeof(*ret); i < opts->size; i++) {
		if (bytes[i])
			return -E2BIG;
	}
	*ret = *opts;
	return 0;
}

static int check_opts(const struct mf_iter_opts *opts)
{
	const uint32_t files_only = MF_SOURCE_MAP_FILES;

	if (opts->flags & ~(uint32_t)ITER_FLAGS || opts->prot & ~(uint32_t)PROT_BITS ||
	    opts->source > MF_SOURCE_MAPS || opts->from > opts->to)
		return -EINVAL;
	if (opts->flags & MF_ITER_ALL && opts->flags & MF_ITER_STREAM)
		return -EINVAL;
	if (opts->source == files_only && opts->flags & (MF_ITER_ALL | MF_ITER_STREAM))
		return -EINVAL;
	return 0;
}

static int start(struct mf_iter *iter, uint32_t id)
{
	iter->source = sources[id];
	return iter->source->start(iter);
}

/* map_files is not there, refused, or never stood still; all of it is to be had without. */
static bool is_refusal(int error)
{
	return error == -ENOENT || error == -EACCES || error == -EPERM || error == -EOPNOTSUPP ||
	       error == -ENOTDIR || error == -EAGAIN;
}

static int start_stream(struct mf_iter *iter)
{
	return start(iter, iter->proc.has_query ? MF_SOURCE_QUERY : MF_SOURCE_MAPS);
}

/* Why a source could not start: if the process is gone, that is why. */
static int explain(const struct mf_iter *iter, int error)
{
	const int gone = mf_proc_alive(&iter->proc);

	return gone ? gone : error;
}

static int choose_source(struct mf_iter *iter)
{
	const struct mf_iter_opts *const opts = &iter->opts;
	int error;

	if (opts->source) {
		error = start(iter, opts->source);
		if (error == -ENOENT)
			error = -EOPNOTSUPP;
		return error ? explain(iter, error) : 0;
	}
	if (opts->flags & MF_ITER_ALL)
		return start(iter, MF_SOURCE_MAPS);
	if (opts->flags & MF_ITER_STREAM)
		return start_stream(iter);
	error = start(iter, MF_SOURCE_MAP_FILES);
	if (error)
		error = explain(iter, error);
	return is_refusal(error) ? start_stream(iter) : error;
}

static struct mf_iter *new_iter(void)
{
	struct mf_iter *const iter = calloc(1, sizeof(*iter));

	if (!iter)
		return NULL;
	iter->proc = (struct mf_proc)MF_PROC_CLOSED;
	iter->state = 1;
	iter->mapping.fd = -1;
	if (mf_buf_reserve(&iter->text.buf, TEXT_FIRST)) {
		free(iter);
		return NULL;
	}
	return iter;
}

enum named_by { BY_PID, BY_PIDFD };

static int open_iter(enum named_by by, int name, const struct mf_iter_opts *opts,
		     struct mf_iter **ret_iter)
{
	struct mf_iter_opts known;
	struct mf_iter *iter;
	const char *root;
	int error = copy_opts(opts, &known);

	if (!error)
		error = check_opts(&known);
	if (error)
		return error;
	iter = new_iter();
	if (!iter)
		return -ENOMEM;
	root = known.proc_root ? known.proc_root : "/proc";
	iter->opts = known;
	iter->opts.proc_root = NULL;
	error = by == BY_PID ? mf_proc_open(&iter->proc, root, name) :
			       mf_proc_open_pidfd(&iter->proc, root, name);
	iter->kernel_fs.live = iter->proc.live;
	if (!error)
		error = choose_source(iter);
	if (error) {
		mf_iter_close(iter);
		return error;
	}
	*ret_iter = iter;
	return 0;
}

int mf_iter_open(int pid, const struct mf_iter_opts *opts, struct mf_iter **ret_iter)
{
	if (pid < 0 || !ret_iter)
		return -EINVAL;
	return open_iter(BY_PID, pid, opts, ret_iter);
}

int mf_iter_open_pidfd(int pidfd, const struct mf_iter_opts *opts, struct mf_iter **ret_iter)
{
	if (!ret_iter)
		return -EINVAL;
	return pidfd < 0 ? -EBADF : open_iter(BY_PIDFD, pidfd, opts, ret_iter);
}

int mf_iter_source(const struct mf_iter *iter)
{
	return iter ? (int)iter->source->id : -EINVAL;
}

/*
 * What the kernel repeats or merges while it is read is cut to what is new:
 * text and ioctl go on where the last mapping ended, and find one there that
 * began before. False if nothing is new.
 */
static bool clamp(struct mf_iter *iter, struct mf_record *record)
{
	if (record->m.end <= iter->cursor || record->m.start >= record->m.end)
		return false;
	if (record->m.start < iter->cursor)
		mf_record_cut(record, iter->cursor, record->m.end);
	iter->cursor = record->m.end;
	return true;
}

static bool is_wanted(const struct mf_iter *iter, const struct mf_mapping *m)
{
	const struct mf_iter_opts *const opts = &iter->opts;

	if (m->end <= opts->from)
		return false;
	return !(m->has & MF_HAS_PROT) || (m->prot & opts->prot) == opts->prot;
}

static bool is_beyond(const struct mf_iter *iter, const struct mf_mapping *m)
{
	return iter->opts.to && m->start >= iter->opts.to;
}

/* The next record that the caller asked for: 1, 0 at a proven end, or -errno. */
static int step(struct mf_iter *iter, struct mf_record *record)
{
	int r;

	while ((r = iter->source->next(iter, record)) > 0) {
		if (is_beyond(iter, &record->m))
			break;
		if (clamp(iter, record) && is_wanted(iter, &record->m))
			return 1;
	}
	if (r == -ESRCH)
		return mf_proc_gone(&iter->proc);
	/* An exit and an exec look like the end to text and directory. */
	return r < 0 ? r : mf_proc_alive(&iter->proc);
}

static void show(struct mf_iter *iter, const struct mf_record *record,
		 const struct mf_mapping **ret_mapping)
{
	iter->mapping = record->m;
	*ret_mapping = &iter->mapping;
}

int mf_next(struct mf_iter *iter, const struct mf_mapping **ret_mapping)
{
	struct mf_record record;

	if (!iter || !ret_mapping)
		return -EINVAL;
	mf_sys_close(&iter->mapping.fd);
	if (iter->state <= 0)
		return iter->state;
	iter->state = step(iter, &record);
	if (iter->state > 0) {
		const int error = mf_complete(iter, &record);

		if (error)
			iter->state = error;
	}
	if (iter->state > 0)
		show(iter, &record, ret_mapping);
	return iter->state;
}

int mf_find(struct mf_iter *iter, uint64_t addr, const struct mf_mapping **ret_mapping)
{
	struct mf_record record;
	int r;

	if (!iter || !ret_mapping)
		return -EINVAL;
	mf_sys_close(&iter->mapping.fd);
	r = mf_find_record(iter, addr, &iter->found, &record);
	if (r > 0) {
		const int error = mf_complete(iter, &record);

		if (error)
			return error;
		show(iter, &record, ret_mapping);
	}
	return r;
}

void mf_iter_close(struct mf_iter *iter)
{
	if (!iter)
		return;
	mf_sys_close(&iter->mapping.fd);
	mf_proc_close(&iter->proc);
	mf_batch_free(&iter->batch);
	mf_mounts_free(&iter->mounts);
	mf_buf_free(&iter->text.buf);
	mf_buf_free(&iter->name);
	mf_buf_free(&iter->found.name);
	mf_buf_free(&iter->found.text.buf);
	mf_buf_free(&iter->now.name);
	mf_buf_free(&iter->now.text.buf);
	mf_buf_free(&iter->long_name);
	free(iter->holes);
	free(iter);
}
