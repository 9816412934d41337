/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One process, pinned by descriptors: how it is found, whether it is still
 * there, and who answers for it when its main thread is gone.
 */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "space.h"
#include "sys.h"

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424 /* the same number on every architecture */
#endif

#define STAT_SIZE   1024 /* stat is about 300 bytes; only its head is needed */

/* How often a process may exec while it is being pinned. */
#define SPARE_TRIES 16

/* Bits of the field flags in stat, from <linux/sched.h>. */
#define PF_EXITING  0x4u
#define PF_KTHREAD  0x200000u

void mf_link_name(char *out, uint64_t start, uint64_t end)
{
	out = mf_put_hex(out, start);
	*out++ = '-';
	mf_put_hex(out, end);
}

bool mf_link_parse(const char *name, uint64_t *ret_start, uint64_t *ret_end)
{
	struct mf_span span = { name, name + strlen(name) };

	return mf_span_hex(&span, ret_start) && mf_span_char(&span, '-') &&
	       mf_span_hex(&span, ret_end) && span.pos == span.end && *ret_start < *ret_end;
}

static int gone_if_absent(int error)
{
	return error == -ENOENT ? -ESRCH : error;
}

/* dir_fd may be group_fd. */
static void close_dir(struct mf_proc *proc)
{
	if (proc->dir_fd != proc->group_fd)
		mf_sys_close(&proc->dir_fd);
	proc->dir_fd = -1;
}

static int open_pid_dir(const struct mf_proc *proc, int pid)
{
	char name[MF_NUMBER_SIZE];

	mf_put_dec(name, (uint64_t)pid);
	return mf_sys_openat(proc->root_fd, name, O_PATH | O_DIRECTORY);
}

/* A saved tree may hold anything by that name: look before opening. */
static int open_saved_maps(int dir_fd)
{
	int path_fd = mf_sys_openat(dir_fd, "maps", O_PATH);
	struct statx st;
	int fd;

	if (path_fd < 0)
		return gone_if_absent(path_fd);
	fd = mf_sys_statx(path_fd, "", 0, &st);
	if (!fd)
		fd = S_ISREG(st.stx_mode) ? mf_sys_reopen(-1, path_fd, O_RDONLY) : -EPROTO;
	mf_sys_close(&path_fd);
	return fd;
}

static int open_maps(const struct mf_proc *proc, int dir_fd)
{
	if (!proc->live)
		return open_saved_maps(dir_fd);
	return gone_if_absent(mf_sys_openat(dir_fd, "maps", O_RDONLY));
}

int mf_proc_open_maps(const struct mf_proc *proc)
{
	return open_maps(proc, proc->dir_fd);
}

static bool skip_fields(struct mf_span *span, int n)
{
	while (n--) {
		span->pos = memchr(span->pos, ' ', (size_t)(span->end - span->pos));
		if (!span->pos++)
			return false;
	}
	return true;
}

/*
 * "PID (COMM) STATE ...": STATE is field 3, the parent field 4, the PF_ flags field 9, the time
 * of start field 22, the stack's start field 28.
 */
static int parse_stat(const char *text, size_t len, struct mf_proc_stat *ret)
{
	struct mf_span span = { NULL, text + len };
	uint64_t flags, parent;
	char state;

	/* COMM may hold anything, a ')' too. */
	span.pos = memrchr(text, ')', len);
	if (!span.pos || span.end - span.pos < 4)
		return -EPROTO;
	state = span.pos[2];
	if (!skip_fields(&span, 4 - 2) || !mf_span_dec(&span, &parent) || parent > INT32_MAX ||
	    !skip_fields(&span, 9 - 4) || !mf_span_dec(&span, &flags) ||
	    !skip_fields(&span, 22 - 9) || !mf_span_dec(&span, &ret->start_time) ||
	    !skip_fields(&span, 28 - 22) || !mf_span_dec(&span, &ret->stack))
		return -EPROTO;
	ret->parent = (int)parent;
	ret->dead = state == 'Z' || state == 'X' || flags & PF_EXITING;
	ret->kthread = flags & PF_KTHREAD;
	return 0;
}

static int read_stat(int dir_fd, struct mf_proc_stat *ret)
{
	char text[STAT_SIZE];
	int fd = mf_sys_openat(dir_fd, "stat", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return gone_if_absent(fd);
	n = mf_sys_pread(fd, text, sizeof(text), 0);
	mf_sys_close(&fd);
	if (n <= 0)
		return n ? (int)n : -ESRCH;
	return parse_stat(text, (size_t)n, ret);
}

int mf_proc_stat(const struct mf_proc *proc, struct mf_proc_stat *ret)
{
	return read_stat(proc->dir_fd, ret);
}

static bool is_dead(int dir_fd)
{
	struct mf_proc_stat stat;
	const int error = read_stat(dir_fd, &stat);

	/* Without a descriptor left nobody can tell, and nobody is declared dead. */
	return error ? error == -ESRCH : stat.dead;
}

bool mf_proc_is_dead(const struct mf_proc *proc)
{
	return is_dead(proc->dir_fd);
}

/*
 * Still a thread of ours, so root/TID that was opened before is that thread's,
 * and so is maps_fd. 1, 0, or -errno.
 */
static int is_living_thread(const struct mf_proc *proc, const char *tid, int dir_fd, int maps_fd)
{
	static const char prefix[] = "task/";
	char path[sizeof(prefix) + NAME_MAX];
	struct mf_proc_stat stat;
	bool has_query;
	int r;

	memcpy(path, prefix, sizeof(prefix));
	strcpy(path + sizeof(prefix) - 1, tid);
	if (faccessat(proc->group_fd, path, F_OK, 0))
		return gone_if_absent(-errno);
	r = read_stat(dir_fd, &stat);
	if (r || stat.dead)
		return r;
	r = mf_space_look(maps_fd, &has_query);
	return r < 0 ? r : r == MF_SPACE_ALIVE;
}

int mf_proc_root(struct mf_proc *proc)
{
	int fd;

	if (proc->root_fd >= 0)
		return proc->root_fd;
	fd = mf_sys_openat(proc->group_fd, "..", O_PATH | O_DIRECTORY);
	if (fd >= 0)
		proc->root_fd = fd;
	return fd;
}

/* map_files is in /proc/TID, not in /proc/PID/task/TID. 1, 0 if it will not do, or -errno. */
static int adopt_thread(struct mf_proc *proc, const char *tid)
{
	const int root_fd = mf_proc_root(proc);
	int dir_fd = root_fd < 0 ?
			     root_fd :
			     gone_if_absent(mf_sys_openat(root_fd, tid, O_PATH | O_DIRECTORY));
	int maps_fd = dir_fd < 0 ? dir_fd : open_maps(proc, dir_fd);
	const int r = maps_fd < 0 ? maps_fd : is_living_thread(proc, tid, dir_fd, maps_fd);

	if (r <= 0) {
		mf_sys_close(&maps_fd);
		mf_sys_close(&dir_fd);
		return r == -ESRCH ? 0 : r;
	}
	if (proc->maps_fd < 0)
		proc->maps_fd = maps_fd;
	else
		mf_sys_close(&maps_fd);
	mf_sys_close(&proc->links_fd);
	close_dir(proc);
	proc->dir_fd = dir_fd;
	return 1;
}

int mf_proc_repin(struct mf_proc *proc)
{
	MF_DIRENTS_ALIGN char batch[MF_DIRENTS_SIZE];
	int task_fd = mf_sys_openat(proc->group_fd, "task", O_RDONLY | O_DIRECTORY);
	ssize_t n = 0;
	int r = 0;

	if (task_fd < 0)
		return gone_if_absent(task_fd);
	while (!r && (n = mf_sys_getdents64(task_fd, batch, sizeof(batch))) > 0) {
		const char *tid;
		size_t pos = 0;

		while (!r && pos < (size_t)n && (tid = mf_sys_next_entry(batch, (size_t)n, &pos)))
			r = tid[0] == '.' ? 0 : adopt_thread(proc, tid);
	}
	mf_sys_close(&task_fd);
	if (r)
		return r < 0 ? r : 0;
	return n ? gone_if_absent((int)n) : -ESRCH;
}

/* maps opened, but no text and no answer: a kernel thread, a dead leader, a zombie, or nothing mapped. */
static int explain_no_space(struct mf_proc *proc, int space)
{
	struct mf_proc_stat stat;
	int error = mf_proc_stat(proc, &stat);
	bool has_query;

	if (error)
		return error;
	if (!stat.dead) {
		proc->kthread = stat.kthread;
		if (proc->kthread || space == MF_SPACE_GONE_OR_EMPTY)
			return 0;
	}
	mf_sys_close(&proc->maps_fd);
	error = mf_proc_repin(proc);
	if (error)
		return error;
	mf_space_look(proc->maps_fd, &has_query);
	proc->has_query = has_query;
	return 0;
}

static int open_space(struct mf_proc *proc)
{
	int space;

	proc->maps_fd = open_maps(proc, proc->dir_fd);
	if (proc->maps_fd < 0)
		return proc->maps_fd;
	if (!proc->live)
		return 0;
	space = mf_space_look(proc->maps_fd, &proc->has_query);
	if (space < 0)
		return space;
	return space == MF_SPACE_ALIVE ? 0 : explain_no_space(proc, space);
}

/*
 * Without the ioctl all must be read as text, and the walk's own reading not be
 * disturbed. An exec between the two opens leaves the first one without an
 * address space: then it is the second that counts.
 */
static int open_spare(struct mf_proc *proc)
{
	bool has_query;
	int tries;

	for (tries = 0; tries < SPARE_TRIES; tries++) {
		proc->spare_fd = open_maps(proc, proc->dir_fd);
		if (proc->spare_fd < 0)
			return proc->spare_fd;
		if (mf_space_look(proc->maps_fd, &has_query) == MF_SPACE_ALIVE ||
		    mf_space_look(proc->spare_fd, &has_query) != MF_SPACE_ALIVE)
			return 0;
		mf_sys_close(&proc->maps_fd);
		proc->maps_fd = proc->spare_fd;
		proc->spare_fd = -1;
	}
	return -EAGAIN;
}

static int open_group(struct mf_proc *proc, int pid)
{
	proc->pid = pid;
	proc->group_fd = open_pid_dir(proc, pid);
	return proc->group_fd < 0 ? gone_if_absent(proc->group_fd) : 0;
}

static int pin(struct mf_proc *proc)
{
	int error;

	proc->dir_fd = proc->group_fd;
	proc->settled_at = mf_now_ns();
	error = open_space(proc);
	if (error || !proc->live || proc->has_query || proc->kthread)
		return error;
	return open_spare(proc);
}

int mf_proc_stat_of(const struct mf_proc *root, int pid, struct mf_proc_stat *ret)
{
	int dir_fd = open_pid_dir(root, pid);
	const int error = dir_fd < 0 ? gone_if_absent(dir_fd) : read_stat(dir_fd, ret);

	mf_sys_close(&dir_fd);
	return error;
}

int mf_proc_group_of(const struct mf_proc *root, int pid)
{
	static const char name[] = "/status", key[] = "\nTgid:\t";
	char path[MF_NUMBER_SIZE + sizeof(name)], text[STAT_SIZE];
	struct mf_span span;
	uint64_t group;
	ssize_t n;
	int fd;

	memcpy(mf_put_dec(path, (uint64_t)pid), name, sizeof(name));
	fd = mf_sys_openat(root->root_fd, path, O_RDONLY);
	if (fd < 0)
		return gone_if_absent(fd);
	n = mf_sys_pread(fd, text, sizeof(text), 0);
	mf_sys_close(&fd);
	if (n <= 0)
		return n ? (int)n : -ESRCH;
	span.pos = memmem(text, (size_t)n, key, sizeof(key) - 1);
	if (!span.pos)
		return -EPROTO;
	span.pos += sizeof(key) - 1;
	span.end = text + n;
	return mf_span_dec(&span, &group) && group && group <= INT32_MAX ? (int)group : -EPROTO;
}

/* 0 if it is no process. */
static int parse_pid(const char *name)
{
	struct mf_span span = { name, name + strlen(name) };
	uint64_t pid;

	return mf_span_dec(&span, &pid) && span.pos == span.end && pid <= INT32_MAX ? (int)pid : 0;
}

int mf_proc_each(const struct mf_proc *root, int (*visit)(int pid, void *data), void *data)
{
	MF_DIRENTS_ALIGN char batch[MF_DIRENTS_SIZE];
	int fd = mf_sys_openat(root->root_fd, ".", O_RDONLY | O_DIRECTORY), error = 0;
	ssize_t n = 0;

	if (fd < 0)
		return fd;
	while (!error && (n = mf_sys_getdents64(fd, batch, sizeof(batch))) > 0) {
		const char *name;
		size_t pos = 0;

		while (!error && pos < (size_t)n &&
		       (name = mf_sys_next_entry(batch, (size_t)n, &pos))) {
			const int pid = parse_pid(name);

			error = pid ? visit(pid, data) : 0;
		}
	}
	mf_sys_close(&fd);
	return error ? error : (int)n;
}

/* The link self: the caller's pid, in the pid namespace of this procfs. */
static int read_self(int root_fd, const char *name)
{
	char target[MF_NUMBER_SIZE];
	const ssize_t n = mf_sys_readlinkat(root_fd, name, target, sizeof(target));
	struct mf_span span = { target, target };
	uint64_t pid;

	if (n < 0)
		return gone_if_absent((int)n);
	span.end += n;
	return mf_span_dec(&span, &pid) && pid <= INT32_MAX ? (int)pid : -EPROTO;
}

/* Not a saved tree only because nobody can tell: that would switch off the proof of the end. */
static int look_at_fs(struct mf_proc *proc, int fd)
{
	struct statfs fs;
	const int error = mf_sys_fstatfs(fd, &fs);

	proc->live = !error && fs.f_type == PROC_SUPER_MAGIC;
	return error;
}

int mf_proc_open_root(struct mf_proc *proc, const char *root)
{
	*proc = (struct mf_proc)MF_PROC_CLOSED;
	proc->root_fd = mf_sys_openat(AT_FDCWD, root, O_PATH | O_DIRECTORY);
	return proc->root_fd < 0 ? proc->root_fd : look_at_fs(proc, proc->root_fd);
}

static int open_below(struct mf_proc *proc, const char *root, int pid)
{
	int error = mf_proc_open_root(proc, root);

	if (!error && !pid)
		pid = read_self(proc->root_fd, "self");
	if (!error)
		error = pid < 0 ? pid : open_group(proc, pid);
	return error;
}

/* A system call or two less than by way of its root. */
static int open_in_proc(struct mf_proc *proc, int pid)
{
	static const char root[] = "/proc/";
	char path[sizeof(root) + MF_NUMBER_SIZE];

	proc->pid = pid ? pid : read_self(AT_FDCWD, "/proc/self");
	if (proc->pid < 0)
		return proc->pid;
	memcpy(path, root, sizeof(root));
	mf_put_dec(path + sizeof(root) - 1, (uint64_t)proc->pid);
	proc->group_fd = mf_sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY);
	if (proc->group_fd < 0)
		return proc->group_fd;
	return look_at_fs(proc, proc->group_fd);
}

int mf_proc_open(struct mf_proc *proc, const char *root, int pid)
{
	int error;

	*proc = (struct mf_proc)MF_PROC_CLOSED;
	error = root ? open_below(proc, root, pid) : open_in_proc(proc, pid);
	/* Whether the process is not there, or /proc. */
	if (!root && (error == -ENOENT || error == -ESRCH))
		error = open_below(proc, "/proc", pid);
	if (!error)
		error = pin(proc);
	if (error)
		mf_proc_close(proc);
	return error;
}

/* "Pid:\tN" in fdinfo: in the pid namespace of this procfs; 0 not visible there, -1 reaped. */
static int read_fdinfo_pid(const struct mf_proc *proc, int pidfd)
{
	static const char prefix[] = "thread-self/fdinfo/", key[] = "\nPid:\t";
	char path[sizeof(prefix) + MF_NUMBER_SIZE], text[STAT_SIZE];
	struct mf_span span;
	uint64_t pid;
	ssize_t n;
	int fd;

	memcpy(path, prefix, sizeof(prefix));
	mf_put_dec(path + sizeof(prefix) - 1, (uint64_t)pidfd);
	fd = mf_sys_openat(proc->root_fd, path, O_RDONLY);
	if (fd < 0)
		return gone_if_absent(fd);
	n = mf_sys_pread(fd, text, sizeof(text), 0);
	mf_sys_close(&fd);
	if (n < 0)
		return (int)n;
	span.pos = memmem(text, (size_t)n, key, sizeof(key) - 1);
	if (!span.pos)
		return -EBADF;
	span.pos += sizeof(key) - 1;
	span.end = text + n;
	return mf_span_dec(&span, &pid) && pid && pid <= INT32_MAX ? (int)pid : -ESRCH;
}

static int open_pidfd(struct mf_proc *proc, int pidfd)
{
	int pid, error;

	if (!proc->live)
		return -EOPNOTSUPP;
	pid = read_fdinfo_pid(proc, pidfd);
	if (pid < 0)
		return pid;
	error = open_group(proc, pid);
	if (!error)
		error = pin(proc);
	/* Not reaped after the directory was opened: so the pid was not another's in between. */
	if (syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) && errno == ESRCH)
		return -ESRCH;
	return error;
}

int mf_proc_open_pidfd(struct mf_proc *proc, const char *root, int pidfd)
{
	int error;

	if (fcntl(pidfd, F_GETFD) < 0)
		return -EBADF;
	error = mf_proc_open_root(proc, root);
	if (!error)
		error = open_pidfd(proc, pidfd);
	if (error)
		mf_proc_close(proc);
	return error;
}

void mf_proc_close(struct mf_proc *proc)
{
	mf_sys_close(&proc->memory_fd);
	mf_sys_close(&proc->links_fd);
	mf_sys_close(&proc->spare_fd);
	mf_sys_close(&proc->maps_fd);
	close_dir(proc);
	mf_sys_close(&proc->group_fd);
	mf_sys_close(&proc->root_fd);
}

int mf_proc_links(struct mf_proc *proc)
{
	if (!proc->live)
		return -EOPNOTSUPP;
	if (proc->links_fd < 0)
		proc->links_fd = mf_sys_openat(proc->dir_fd, "map_files", O_RDONLY | O_DIRECTORY);
	return proc->links_fd;
}
