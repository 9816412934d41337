/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who maps what: the public calls. A scan is made in mf_objects_open() and only
 * read from then on.
 */
#include <limits.h>
#include <stdlib.h>

#include "objects.h"
#include "opts.h"
#include "own.h"
#include "processes.h"

#define OBJECTS_FLAGS                                                                      \
	(MF_OBJECTS_TREE | MF_OBJECTS_EVERYONE | MF_OBJECTS_SHARED | MF_OBJECTS_OPEN_FDS | \
	 MF_OBJECTS_RUN_NAMES)
#define OPTS_SIZE_FIRST (offsetof(struct mf_objects_opts, progress_data) + sizeof(void *))

/* How often a tree is looked at again for what was born meanwhile. */
#define ROUNDS		64

static int check(const int32_t *pids, uint64_t n_pids, const struct mf_objects_opts *opts)
{
	const bool everyone = opts->flags & MF_OBJECTS_EVERYONE;
	uint64_t i;

	if (opts->flags & ~(uint32_t)OBJECTS_FLAGS || everyone == (n_pids > 0) || (n_pids && !pids))
		return -EINVAL;
	for (i = 0; i < n_pids; i++) {
		if (pids[i] < 1)
			return -EINVAL;
	}
	return 0;
}

/* perf, bpf, KVM and others have the inode that an eventfd has, all at once. */
static int learn_shared_inode(struct mf_mapping *ret)
{
	int fd = mf_sys_eventfd(), error;
	struct statx st;

	if (fd < 0)
		return mf_objects_fatal(fd) ? fd : 0;
	error = mf_sys_statx(fd, "", 0, &st);
	mf_sys_close(&fd);
	if (error)
		return mf_objects_fatal(error) ? error : 0;
	ret->inode = st.stx_ino;
	ret->dev_major = st.stx_dev_major;
	ret->dev_minor = st.stx_dev_minor;
	ret->has = MF_HAS_DEV;
	return 0;
}

/* For the whole scan: an object must not be told by one thing here and by another there. */
static int learn(struct mf_objects *objects)
{
	struct mf_handle handle;
	int error = mf_sys_handle(objects->proc.root_fd, &handle);

	if (error == -ENOMEM)
		return error;
	objects->has_handles = error != -ENOSYS && error != -EPERM && error != -EACCES;
	objects->seed = mf_sys_random();
	objects->kernel_fs.live = true;
	error = mf_kernel_fs_learn(&objects->kernel_fs);
	return error ? error : learn_shared_inode(&objects->shared_inode);
}

static int list_processes(struct mf_objects *objects, const int32_t *pids, uint64_t n_pids)
{
	int error = n_pids ? mf_processes_given(objects, pids, n_pids) :
			     mf_processes_everyone(objects);

	if (!error && objects->opts.flags & MF_OBJECTS_TREE)
		error = mf_processes_descendants(objects);
	return error;
}

static int tell(const struct mf_objects *objects, size_t done)
{
	const struct mf_objects_opts *const opts = &objects->opts;

	if (!opts->progress || !opts->progress(opts->progress_data, done, objects->n_processes))
		return 0;
	return -ECANCELED;
}

static int scan_listed(struct mf_objects *objects, size_t *done)
{
	int error = 0;

	while (!error && *done < objects->n_processes) {
		error = mf_objects_scan(objects, *done);
		if (!error)
			error = tell(objects, ++*done);
	}
	return error;
}

static int scan(struct mf_objects *objects)
{
	int rounds = objects->opts.flags & MF_OBJECTS_TREE ? ROUNDS : 0;
	int error = tell(objects, 0);
	size_t done = 0;

	if (!error)
		error = scan_listed(objects, &done);
	/* What was forked meanwhile. */
	while (!error && rounds--) {
		error = mf_processes_descendants(objects);
		if (done == objects->n_processes)
			break;
		if (!error)
			error = scan_listed(objects, &done);
	}
	return error;
}

static int load(struct mf_objects *objects, const int32_t *pids, uint64_t n_pids)
{
	const char *const root = objects->opts.proc_root;
	int error = mf_proc_open_root(&objects->proc, root ? root : "/proc");

	if (!error && !objects->proc.live)
		error = -EOPNOTSUPP;
	if (!error)
		error = learn(objects);
	if (!error)
		error = list_processes(objects, pids, n_pids);
	if (!error)
		error = scan(objects);
	if (!error)
		error = mf_objects_finish(objects);
	mf_proc_close(&objects->proc);
	objects->opts.proc_root = NULL;
	return error;
}

static int open_objects(const int32_t *pids, uint64_t n_pids, const struct mf_objects_opts *opts,
			struct mf_objects **ret_objects)
{
	struct mf_objects *objects;
	struct mf_objects_opts known;
	int error = mf_opts_copy(opts, OPTS_SIZE_FIRST, &known, sizeof(known));

	if (!error)
		error = ret_objects ? check(pids, n_pids, &known) : -EINVAL;
	if (error)
		return error;
	objects = malloc(sizeof(*objects));
	if (!objects)
		return -ENOMEM;
	*objects = (struct mf_objects){ .opts = known, .proc = MF_PROC_CLOSED };
	error = load(objects, pids, n_pids);
	if (error) {
		mf_objects_free(objects);
		return error;
	}
	*ret_objects = objects;
	return 0;
}

int mf_objects_open(const int32_t *pids, uint64_t n_pids, const struct mf_objects_opts *opts,
		    struct mf_objects **ret_objects)
{
	const int saved_errno = errno;
	const int error = open_objects(pids, n_pids, opts, ret_objects);

	errno = saved_errno;
	return error;
}

uint64_t mf_objects_count(const struct mf_objects *objects)
{
	return objects ? objects->n_entries : 0;
}

int mf_objects_get(const struct mf_objects *objects, uint64_t index,
		   const struct mf_object **ret_object)
{
	if (!objects || !ret_object)
		return -EINVAL;
	if (index >= objects->n_entries)
		return 0;
	*ret_object = &mf_entry_at(objects, (size_t)index)->object;
	return 1;
}

int mf_objects_user(const struct mf_objects *objects, const struct mf_object *object,
		    uint64_t index, const struct mf_object_user **ret_user)
{
	const struct mf_entry *const entry = (const struct mf_entry *)(const void *)object;
	const size_t *order;

	if (!objects || !object || !ret_user)
		return -EINVAL;
	if (entry < mf_entry_at(objects, 0) || entry >= mf_entry_at(objects, objects->n_entries))
		return -EINVAL;
	if (index >= object->n_users)
		return 0;
	order = (const size_t *)(const void *)objects->order.data;
	*ret_user = mf_user_at(objects, order[entry->first_user + (size_t)index]);
	return 1;
}

int mf_objects_process(const struct mf_objects *objects, uint64_t index,
		       const struct mf_objects_process **ret_process)
{
	if (!objects || !ret_process)
		return -EINVAL;
	if (index >= objects->n_processes)
		return 0;
	*ret_process = &mf_process_at(objects, (size_t)index)->process;
	return 1;
}

void mf_objects_close(struct mf_objects *objects)
{
	const int saved_errno = errno;

	if (objects)
		mf_objects_free(objects);
	errno = saved_errno;
}
