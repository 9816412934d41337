/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens an iterator on an ELF core.
 */
#include "core.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "block.h"
#include "iter.h"
#include "sys.h"

static int take_fd(struct mf_core *core, int core_fd)
{
	const int mode = fcntl(core_fd, F_GETFL);
	struct statx st;
	int error;

	if (mode < 0 || mode & O_PATH || (mode & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	error = mf_sys_statx(core_fd, "", 0, &st);
	if (error)
		return error;
	if (!S_ISREG(st.stx_mode))
		return -EINVAL;
	core->size = st.stx_size;
	core->fd = fcntl(core_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return core->fd < 0 ? -errno : 0;
}

static int take_root(struct mf_core *core, const char *root)
{
	if (!root)
		return 0;
	core->root_fd = mf_sys_openat(AT_FDCWD, root, O_PATH | O_DIRECTORY);
	return core->root_fd < 0 ? core->root_fd : 0;
}

static int open_core(struct mf_iter *iter, int core_fd, const struct mf_iter_opts *opts)
{
	int error;

	iter->opts = *opts;
	iter->opts.proc_root = NULL;
	iter->source = &mf_source_core;
	iter->core = mf_core_new();
	if (!iter->core)
		return -ENOMEM;
	error = take_fd(iter->core, core_fd);
	if (!error)
		error = take_root(iter->core, opts->proc_root);
	return error ? error : mf_core_load(iter->core);
}

static int check(const struct mf_iter_opts *opts, struct mf_iter_opts *ret)
{
	const int error = mf_iter_check_opts(opts, ret);

	if (error)
		return error;
	if (ret->source != MF_SOURCE_AUTO)
		return -EINVAL;
	/* A core does not tell what was shared: none would be a lie, and so would all. */
	return ret->flags & MF_ITER_SHARED ? -EOPNOTSUPP : 0;
}

int mf_iter_open_core(int core_fd, const struct mf_iter_opts *opts, struct mf_iter **ret_iter)
{
	const int saved_errno = errno;
	struct mf_iter *iter = NULL;
	struct mf_iter_opts known;
	int error = ret_iter ? check(opts, &known) : -EINVAL;

	if (!error) {
		iter = mf_block_new();
		error = iter ? open_core(iter, core_fd, &known) : -ENOMEM;
	}
	if (error)
		mf_iter_close(iter);
	else
		*ret_iter = iter;
	errno = saved_errno;
	return error;
}
