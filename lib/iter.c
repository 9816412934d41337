/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The public iterator: checks arguments, chooses the source, steps, rewinds,
 * closes.
 * Must not read procfs itself.
 */
#include <errno.h>
#include <stddef.h>

#include "block.h"
#include "core.h"
#include "iter.h"
#include "opts.h"
#include "space.h"
#include "sys.h"

#define ITER_FLAGS                                                                         \
	(MF_ITER_ALL | MF_ITER_STREAM | MF_ITER_STAT | MF_ITER_OPEN_FDS | MF_ITER_SHARED | \
	 MF_ITER_RUN_NAMES)
#define PROT_BITS (MF_PROT_READ | MF_PROT_WRITE | MF_PROT_EXEC)

static const struct mf_source *const sources[] = {
	[MF_SOURCE_MAP_FILES] = &mf_source_map_files,
	[MF_SOURCE_QUERY] = &mf_source_query,
	[MF_SOURCE_MAPS] = &mf_source_maps,
};

/* The size of the first version: what every caller has. */
#define OPTS_SIZE_FIRST (offsetof(struct mf_iter_opts, reserved) + sizeof(uint64_t))

static int check_known(const struct mf_iter_opts *opts)
{
	if (opts->flags & ~(uint32_t)ITER_FLAGS || opts->prot & ~(uint32_t)PROT_BITS ||
	    opts->source > MF_SOURCE_MAPS || opts->from > opts->to || opts->reserved)
		return -EINVAL;
	if (opts->flags & MF_ITER_ALL && opts->flags & MF_ITER_STREAM)
		return -EINVAL;
	if (opts->source == MF_SOURCE_MAP_FILES && opts->flags & (MF_ITER_ALL | MF_ITER_STREAM))
		return -EINVAL;
	return 0;
}

int mf_iter_check_opts(const struct mf_iter_opts *opts, struct mf_iter_opts *ret)
{
	const int error = mf_opts_copy(opts, OPTS_SIZE_FIRST, ret, sizeof(*ret));

	return error ? error : check_known(ret);
}

static int start(struct mf_iter *iter, uint32_t id)
{
	iter->source = sources[id];
	return iter->source->start(iter);
}

/* map_files is not there, refused, not understood or never stood still: all of it is to be had without. */
static bool is_refusal(int error)
{
	return error && error != -ESRCH && error != -ESTALE && error != -EMFILE && error != -ENFILE;
}

static int start_stream(struct mf_iter *iter)
{
	return start(iter, iter->proc.has_query ? MF_SOURCE_QUERY : MF_SOURCE_MAPS);
}

/* Why a source could not start: if the process is gone, that is why. */
static int blame(struct mf_iter *iter, int error)
{
	const int gone = mf_space_alive(&iter->proc);

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
		return error ? blame(iter, error) : 0;
	}
	if (opts->flags & MF_ITER_ALL)
		return start(iter, MF_SOURCE_MAPS);
	if (opts->flags & MF_ITER_STREAM)
		return start_stream(iter);
	error = start(iter, MF_SOURCE_MAP_FILES);
	if (error)
		error = blame(iter, error);
	return is_refusal(error) ? start_stream(iter) : error;
}

/* All lines are wanted, with no more than they say. */
static bool is_plain_text(const struct mf_iter *iter)
{
	const struct mf_iter_opts *const opts = &iter->opts;

	return iter->source == &mf_source_maps &&
	       (opts->flags | MF_ITER_RUN_NAMES) == (MF_ITER_ALL | MF_ITER_RUN_NAMES) &&
	       !opts->prot && !opts->from && !opts->to;
}

/* The source is chosen, if there is one. */
static void prepare(struct mf_iter *iter)
{
	iter->plain = is_plain_text(iter);
	iter->run = (struct mf_run){ 0 };
	mf_choose_start(iter);
}

/* How the caller names the process. */
struct who {
	int pid, pidfd; /* one of them is -1 */
};

static int pin(struct mf_iter *iter, const struct who *who, const char *root)
{
	const int error =
		who->pid >= 0 ? mf_proc_open(&iter->proc, root, who->pid) :
				mf_proc_open_pidfd(&iter->proc, root ? root : "/proc", who->pidfd);

	iter->kernel_fs.live = iter->proc.live;
	return error;
}

/* iter: empty; closed on failure. */
static int open_iter(struct mf_iter *iter, const struct who *who, const struct mf_iter_opts *opts,
		     struct mf_iter **ret_iter)
{
	int error;

	if (!iter)
		return -ENOMEM;
	iter->opts = *opts;
	iter->opts.proc_root = NULL;
	error = pin(iter, who, opts->proc_root);
	if (!error)
		error = choose_source(iter);
	prepare(iter);
	if (error) {
		mf_iter_close(iter);
		return error;
	}
	*ret_iter = iter;
	return 0;
}

int mf_iter_open(int pid, const struct mf_iter_opts *opts, struct mf_iter **ret_iter)
{
	const int saved_errno = errno;
	struct mf_iter_opts known;
	int error = pid < 0 || !ret_iter ? -EINVAL : mf_iter_check_opts(opts, &known);

	if (!error)
		error = open_iter(mf_block_new(), &(struct who){ pid, -1 }, &known, ret_iter);
	errno = saved_errno;
	return error;
}

int mf_iter_open_pidfd(int pidfd, const struct mf_iter_opts *opts, struct mf_iter **ret_iter)
{
	const int saved_errno = errno;
	struct mf_iter_opts known;
	int error = ret_iter ? mf_iter_check_opts(opts, &known) : -EINVAL;

	if (!error && pidfd < 0)
		error = -EBADF;
	if (!error)
		error = open_iter(mf_block_new(), &(struct who){ -1, pidfd }, &known, ret_iter);
	errno = saved_errno;
	return error;
}

int mf_iter_open_in(void *memory, uint64_t size, int pid, const struct mf_iter_opts *opts,
		    struct mf_iter **ret_iter)
{
	const int saved_errno = errno;
	struct mf_iter_opts known;
	int error = !memory || pid < 0 || !ret_iter ? -EINVAL : mf_iter_check_opts(opts, &known);

	if (!error && (size < MF_ITER_MEMORY || size > SIZE_MAX))
		error = -ENOMEM;
	if (!error)
		error = open_iter(mf_block_place(memory, (size_t)size), &(struct who){ pid, -1 },
				  &known, ret_iter);
	errno = saved_errno;
	return error;
}

int mf_iter_pid(const struct mf_iter *iter)
{
	if (!iter)
		return -EINVAL;
	return iter->core ? -ENODATA : iter->proc.pid;
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
	if (record->m.start >= record->m.end)
		return false;
	if (record->m.start < iter->cursor) {
		iter->report.n_clamped++;
		if (record->m.end <= iter->cursor)
			return false;
		mf_record_cut(record, iter->cursor, record->m.end);
	}
	iter->cursor = record->m.end;
	return true;
}

static bool is_wanted(const struct mf_iter *iter, const struct mf_mapping *m)
{
	const struct mf_iter_opts *const opts = &iter->opts;

	if (m->end <= opts->from)
		return false;
	if (!(m->has & MF_HAS_PROT))
		return true;
	if (opts->flags & MF_ITER_SHARED && !(m->flags & MF_MAPPING_SHARED))
		return false;
	return (m->prot & opts->prot) == opts->prot;
}

static bool is_beyond(const struct mf_iter *iter, const struct mf_mapping *m)
{
	const struct mf_iter_opts *const opts = &iter->opts;

	return opts->to && (m->start >= opts->to || opts->from == opts->to);
}

/* The next record that the caller asked for: 1, 0 at a proven end, or -errno. */
static int step(struct mf_iter *iter, struct mf_record *record)
{
	int r;

	while ((r = iter->source->next(iter, record)) > 0) {
		if (is_beyond(iter, &record->m))
			break;
		if (!clamp(iter, record))
			continue;
		/* The gate area is the end: nothing is left to choose for. */
		if (iter->choice.open && !iter->in_tail)
			mf_choose(iter, mf_file_backed(&record->m));
		if (is_wanted(iter, &record->m))
			return 1;
	}
	if (r == -ESRCH)
		return mf_space_gone(&iter->proc);
	if (r < 0)
		return r;
	/* An exit and an exec look like the end to text and directory. */
	r = mf_space_alive(&iter->proc);
	return r ? r : mf_space_settled(&iter->proc);
}

/*
 * The step that most walks are made of: a line that was read already, and says
 * all there is to say. False if there is none.
 */
static bool next_line(struct mf_iter *iter)
{
	struct mf_text *const text = &iter->text;
	int saved_errno;
	ssize_t n;

	do {
		n = mf_maps_text_parse(text->buf.data + text->pos, text->end - text->pos,
				       &iter->memo, &iter->shown);
		if (n <= 0)
			return false;
		text->pos += (size_t)n;
	} while (!clamp(iter, &iter->shown));
	if (mf_choice_is_news(&iter->choice, mf_file_backed(&iter->shown.m)))
		mf_choose(iter, mf_file_backed(&iter->shown.m));
	if (iter->memo.completed == &iter->shown)
		return true;
	saved_errno = errno;
	mf_complete(iter, &iter->shown);
	errno = saved_errno;
	iter->memo.completed = iter->shown.plain ? &iter->shown : NULL;
	return true;
}

/* The mapping that was shown is gone, but for what the next one may have in common with it. */
static void keep_before(struct mf_iter *iter)
{
	struct mf_mapping *const m = &iter->shown.m;

	if (m->fd < 0)
		return;
	iter->before = (struct mf_opened){
		.fd = m->fd,
		.rung = m->fd_rung,
		.sure = m->fd_sure,
		.kind = m->kind,
		.dev_major = m->dev_major,
		.dev_minor = m->dev_minor,
		.inode = m->inode,
	};
	m->fd = -1;
}

static int next(struct mf_iter *iter, const struct mf_mapping **ret_mapping)
{
	if (iter->state <= 0) {
		mf_sys_close(&iter->shown.m.fd);
		return iter->state;
	}
	keep_before(iter);
	iter->state = step(iter, &iter->shown);
	if (iter->state > 0)
		mf_complete(iter, &iter->shown);
	mf_sys_close(&iter->before.fd);
	if (iter->state <= 0) {
		iter->plain = false;
		return iter->state;
	}
	iter->report.n_mappings++;
	*ret_mapping = &iter->shown.m;
	return 1;
}

int mf_next(struct mf_iter *iter, const struct mf_mapping **ret_mapping)
{
	int saved_errno, r;

	if (!iter || !ret_mapping)
		return -EINVAL;
	if (iter->plain && next_line(iter)) {
		iter->report.n_mappings++;
		*ret_mapping = &iter->shown.m;
		return 1;
	}
	saved_errno = errno;
	r = next(iter, ret_mapping);
	errno = saved_errno;
	return r;
}

static int find(struct mf_iter *iter, uint64_t addr, const struct mf_mapping **ret_mapping)
{
	struct mf_record record;
	int r;

	mf_sys_close(&iter->shown.m.fd);
	r = mf_space_settled(&iter->proc);
	if (!r)
		r = mf_find_record(iter, addr, &iter->found, &record);
	if (r <= 0)
		return r;
	mf_complete(iter, &record);
	iter->shown = record;
	iter->memo.completed = NULL;
	*ret_mapping = &iter->shown.m;
	return 1;
}

int mf_find(struct mf_iter *iter, uint64_t addr, const struct mf_mapping **ret_mapping)
{
	const int saved_errno = errno;
	const int r = iter && ret_mapping ? find(iter, addr, ret_mapping) : -EINVAL;

	errno = saved_errno;
	return r;
}

int mf_iter_report(struct mf_iter *iter, const struct mf_iter_report **ret_report)
{
	struct mf_iter_report *report;

	if (!iter || !ret_report)
		return -EINVAL;
	report = &iter->report;
	report->source = iter->source->id;
	report->flags = (iter->state ? 0 : MF_REPORT_COMPLETE) |
			(report->source == MF_SOURCE_MAP_FILES ? MF_REPORT_SNAPSHOT : 0) |
			(report->n_clamped || report->n_partial || report->n_vanished ?
				 MF_REPORT_RACED :
				 0);
	*ret_report = report;
	return 0;
}

/* Why there is nothing to walk any more; a kernel thread has nothing to ask but its state. */
static int still_there(struct mf_iter *iter)
{
	struct mf_proc_stat stat;
	int error;

	if (!iter->proc.kthread) {
		error = mf_space_alive(&iter->proc);
		return error ? error : mf_space_settled(&iter->proc);
	}
	error = mf_proc_stat(&iter->proc, &stat);
	if (error || stat.dead)
		return error ? error : -ESRCH;
	return stat.kthread ? 0 : -ESTALE;
}

static void forget_walk(struct mf_iter *iter)
{
	mf_sys_close(&iter->shown.m.fd);
	/* Trimmed to what it held: read into that, the next list would be cut short and read again. */
	mf_batch_free(&iter->batch);
	iter->cursor = iter->text_from = 0;
	iter->batch_pos = 0;
	iter->batch_checked = iter->in_tail = false;
	iter->join = (struct mf_join){ 0 };
	iter->report = (struct mf_iter_report){ 0 };
}

static int rewind_iter(struct mf_iter *iter)
{
	int error = still_there(iter);

	forget_walk(iter);
	/* Chosen anew: map_files may have been too busy the last time, or be refused by now. A core has one. */
	if (!error)
		error = iter->source->id == MF_SOURCE_CORE ? iter->source->start(iter) :
							     choose_source(iter);
	iter->state = error ? error : 1;
	if (error)
		iter->plain = false;
	else
		prepare(iter);
	return error;
}

int mf_iter_rewind(struct mf_iter *iter)
{
	const int saved_errno = errno;
	const int error = iter ? rewind_iter(iter) : -EINVAL;

	errno = saved_errno;
	return error;
}

void mf_iter_close(struct mf_iter *iter)
{
	const int saved_errno = errno;

	if (!iter)
		return;
	mf_sys_close(&iter->shown.m.fd);
	mf_proc_close(&iter->proc);
	mf_core_free(iter->core);
	mf_block_free(iter);
	errno = saved_errno;
}
