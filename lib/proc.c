/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One process, pinned by descriptors: how it is found, whether it is still
 * there, and who answers for it when its main thread is gone.
 */
#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "maps_query.h"
#include "sys.h"

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424	/* the same number on every architecture */
#endif

#define STAT_SIZE 1024	/* stat is about 300 bytes; only its head is needed */

/* How much of two address spaces is compared, and how often before they are called different. */
#define SAMPLE_TEXT	512
#define SAMPLE_MAPPINGS	4
#define SAMPLE_TRIES	64

/* Bits of the field flags in stat, from <linux/sched.h>. */
#define PF_EXITING 0x4u
#define PF_KTHREAD 0x200000u

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
		fd = S_ISREG(st.stx_mode) ? mf_sys_reopen(path_fd, O_RDONLY) : -EPROTO;
	mf_sys_close(&path_fd);
	return fd;
}

static int open_maps(const struct mf_proc *proc, int dir_fd)
{
	if (!proc->live)
		return open_saved_maps(dir_fd);
	return gone_if_absent(mf_sys_openat(dir_fd, "maps", O_RDONLY));
}

/* What a descriptor of maps says of the address space that it pins. */
enum space { SPACE_ALIVE, SPACE_NONE, SPACE_EMPTY_OR_NONE };

static enum space look_at_space(int maps_fd, bool *ret_has_query)
{
	struct mf_record record;
	const int error = mf_query(maps_fd, 0, MF_QUERY_NEXT, NULL, &record);
	char byte;

	*ret_has_query = !mf_query_missing(error);
	if (*ret_has_query)
		return error == -ESRCH ? SPACE_NONE : SPACE_ALIVE;
	/* Linux before 6.11: text, or none, tells all there is to know. */
	return mf_sys_pread(maps_fd, &byte, 1, 0) > 0 ? SPACE_ALIVE : SPACE_EMPTY_OR_NONE;
}

/* The state and the PF_ flags in /proc/PID/stat: "PID (COMM) STATE ...", flags is field 9. */
static int read_state(int dir_fd, char *ret_state, uint64_t *ret_flags)
{
	char text[STAT_SIZE];
	int fd = mf_sys_openat(dir_fd, "stat", O_RDONLY);
	struct mf_span span;
	ssize_t n;
	int field;

	if (fd < 0)
		return -ESRCH;
	n = mf_sys_pread(fd, text, sizeof(text), 0);
	mf_sys_close(&fd);
	if (n <= 0)
		return -ESRCH;
	/* COMM may hold anything, a ')' too. */
	span.pos = memrchr(text, ')', (size_t)n);
	span.end = text + n;
	if (!span.pos || span.end - span.pos < 4)
		return -EPROTO;
	*ret_state = span.pos[2];
	for (field = 2; field < 9; field++) {
		span.pos = memchr(span.pos, ' ', (size_t)(span.end - span.pos));
		if (!span.pos++)
			return -EPROTO;
	}
	return mf_span_dec(&span, ret_flags) ? 0 : -EPROTO;
}

/* Dead, or on the way: exit_mm() runs long before the state says zombie. */
static bool is_dead(int dir_fd, uint64_t *ret_flags)
{
	char state;

	return read_state(dir_fd, &state, ret_flags) || state == 'Z' || state == 'X' ||
	       *ret_flags & PF_EXITING;
}

bool mf_proc_is_dead(const struct mf_proc *proc)
{
	uint64_t flags;

	return is_dead(proc->dir_fd, &flags);
}

static bool adopt_thread(struct mf_proc *proc, const char *tid)
{
	static const char prefix[] = "task/";
	char again[sizeof(prefix) + NAME_MAX];
	int dir_fd, maps_fd;
	uint64_t flags;
	bool has_query;

	/* map_files is in /proc/TID, not in /proc/PID/task/TID. */
	dir_fd = mf_sys_openat(proc->root_fd, tid, O_PATH | O_DIRECTORY);
	if (dir_fd < 0)
		return false;
	memcpy(again, prefix, sizeof(prefix));
	strcpy(again + sizeof(prefix) - 1, tid);
	maps_fd = open_maps(proc, dir_fd);
	/* Still a thread of ours, so the directory opened just now is that thread's. */
	if (maps_fd < 0 || faccessat(proc->dir_fd, again, F_OK, 0) || is_dead(dir_fd, &flags) ||
	    look_at_space(maps_fd, &has_query) != SPACE_ALIVE) {
		mf_sys_close(&maps_fd);
		mf_sys_close(&dir_fd);
		return false;
	}
	if (proc->maps_fd < 0)
		proc->maps_fd = maps_fd;
	else
		mf_sys_close(&maps_fd);
	mf_sys_close(&proc->links_fd);
	mf_sys_close(&proc->dir_fd);
	proc->dir_fd = dir_fd;
	proc->has_query = has_query;
	return true;
}

struct dirent64_head {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

int mf_proc_repin(struct mf_proc *proc)
{
	_Alignas(struct dirent64_head) char batch[2048];
	int task_fd = mf_sys_openat(proc->dir_fd, "task", O_RDONLY | O_DIRECTORY);
	bool found = false;
	ssize_t n = 0, pos;

	if (task_fd < 0)
		return -ESRCH;
	while (!found && (n = mf_sys_getdents64(task_fd, batch, sizeof(batch))) > 0) {
		for (pos = 0; !found && pos < n;) {
			const struct dirent64_head *const entry =
				(const struct dirent64_head *)(batch + pos);

			pos += entry->reclen;
			found = entry->name[0] != '.' && adopt_thread(proc, entry->name);
		}
	}
	mf_sys_close(&task_fd);
	return found ? 0 : -ESRCH;
}

/* maps opened, but no text and no answer: a kernel thread, a dead leader, a zombie, or nothing mapped. */
static int explain_no_space(struct mf_proc *proc, enum space space)
{
	uint64_t flags;

	if (!is_dead(proc->dir_fd, &flags)) {
		proc->kthread = flags & PF_KTHREAD;
		if (proc->kthread || space == SPACE_EMPTY_OR_NONE)
			return 0;
	}
	mf_sys_close(&proc->maps_fd);
	return mf_proc_repin(proc);
}

static int pin(struct mf_proc *proc, int pid)
{
	enum space space;

	proc->pid = pid;
	proc->dir_fd = open_pid_dir(proc, pid);
	if (proc->dir_fd < 0)
		return gone_if_absent(proc->dir_fd);
	proc->maps_fd = open_maps(proc, proc->dir_fd);
	if (proc->maps_fd < 0)
		return proc->maps_fd;
	if (!proc->live)
		return 0;
	space = look_at_space(proc->maps_fd, &proc->has_query);
	if (space != SPACE_ALIVE) {
		const int error = explain_no_space(proc, space);

		if (error)
			return error;
	}
	/* Without the ioctl all must be read as text, and the walk's own reading not be disturbed. */
	if (!proc->has_query) {
		proc->spare_fd = open_maps(proc, proc->dir_fd);
		if (proc->spare_fd < 0)
			return proc->spare_fd;
	}
	return 0;
}

/* The link self: the caller's pid, in the pid namespace of this procfs. */
static int read_self(const struct mf_proc *proc)
{
	char target[MF_NUMBER_SIZE];
	const ssize_t n = mf_sys_readlinkat(proc->root_fd, "self", target, sizeof(target));
	struct mf_span span = { target, target + n };
	uint64_t pid;

	if (n < 0)
		return gone_if_absent((int)n);
	return mf_span_dec(&span, &pid) && pid <= INT32_MAX ? (int)pid : -EPROTO;
}

static int open_root(struct mf_proc *proc, const char *root)
{
	struct statfs fs;

	*proc = (struct mf_proc)MF_PROC_CLOSED;
	proc->root_fd = mf_sys_openat(AT_FDCWD, root, O_PATH | O_DIRECTORY);
	if (proc->root_fd < 0)
		return proc->root_fd;
	proc->live = !fstatfs(proc->root_fd, &fs) && fs.f_type == PROC_SUPER_MAGIC;
	return 0;
}

int mf_proc_open(struct mf_proc *proc, const char *root, int pid)
{
	int error = open_root(proc, root);

	if (!error && !pid)
		pid = read_self(proc);
	if (!error)
		error = pid < 0 ? pid : pin(proc, pid);
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
		return fd == -ENOENT ? -EBADF : fd;
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
	error = pin(proc, pid);
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
	error = open_root(proc, root);
	if (!error)
		error = open_pidfd(proc, pidfd);
	if (error)
		mf_proc_close(proc);
	return error;
}

void mf_proc_close(struct mf_proc *proc)
{
	mf_sys_close(&proc->links_fd);
	mf_sys_close(&proc->spare_fd);
	mf_sys_close(&proc->maps_fd);
	mf_sys_close(&proc->dir_fd);
	mf_sys_close(&proc->root_fd);
}

int mf_proc_gone(const struct mf_proc *proc)
{
	int maps_fd = open_maps(proc, proc->dir_fd);
	enum space space;
	bool has_query;
	uint64_t flags;

	/* It became another user's: what exec does to a set-user-ID program. */
	if (maps_fd == -EACCES || maps_fd == -EPERM)
		return is_dead(proc->dir_fd, &flags) ? -ESRCH : -ESTALE;
	if (maps_fd < 0)
		return -ESRCH;
	space = look_at_space(maps_fd, &has_query);
	mf_sys_close(&maps_fd);
	return space == SPACE_ALIVE ? -ESTALE : -ESRCH;
}

/* Where reading text does no harm: only old kernels have both open from the start. */
static int unread_fd(const struct mf_proc *proc)
{
	return proc->spare_fd >= 0 ? proc->spare_fd : proc->maps_fd;
}

int mf_proc_alive(const struct mf_proc *proc)
{
	uint64_t flags;
	bool has_query;
	int gone;

	if (!proc->live || proc->kthread)
		return 0;
	if (look_at_space(unread_fd(proc), &has_query) == SPACE_ALIVE)
		return 0;
	gone = mf_proc_gone(proc);
	/* Old kernels say nothing for "nothing mapped" too. */
	if (gone == -ESRCH && !proc->has_query && !is_dead(proc->dir_fd, &flags))
		return 0;
	return gone;
}

static bool same_text(int a_fd, int b_fd)
{
	char a[SAMPLE_TEXT], b[SAMPLE_TEXT];
	const ssize_t a_len = mf_sys_pread(a_fd, a, sizeof(a), 0);
	const ssize_t b_len = mf_sys_pread(b_fd, b, sizeof(b), 0);

	return a_len > 0 && a_len == b_len && !memcmp(a, b, (size_t)a_len);
}

static bool same_mappings(int a_fd, int b_fd)
{
	struct mf_record a, b;
	uint64_t addr = 0;
	int i;

	for (i = 0; i < SAMPLE_MAPPINGS; i++) {
		const int a_error = mf_query(a_fd, addr, MF_QUERY_NEXT, NULL, &a);
		const int b_error = mf_query(b_fd, addr, MF_QUERY_NEXT, NULL, &b);

		if (a_error || b_error)
			return a_error == b_error && a_error == -ENOENT;
		if (a.m.start != b.m.start || a.m.end != b.m.end || a.m.inode != b.m.inode)
			return false;
		addr = a.m.end;
	}
	return true;
}

/*
 * No call tells whether two descriptors pin one address space. Addresses are
 * random, so a look at the lowest mappings does; it is repeated, because a
 * mapping that changes between the two looks must not be taken for an exec.
 */
static bool is_same_space(const struct mf_proc *proc, int other_fd)
{
	int tries;

	for (tries = 0; tries < SAMPLE_TRIES; tries++) {
		if (proc->has_query ? same_mappings(proc->maps_fd, other_fd) :
				      same_text(unread_fd(proc), other_fd))
			return true;
	}
	return false;
}

static int open_same_maps(const struct mf_proc *proc)
{
	int maps_fd = open_maps(proc, proc->dir_fd);
	uint64_t flags;

	if (maps_fd < 0)
		return maps_fd;
	if (!proc->live || is_same_space(proc, maps_fd))
		return maps_fd;
	mf_sys_close(&maps_fd);
	return is_dead(proc->dir_fd, &flags) ? -ESRCH : -ESTALE;
}

int mf_proc_same_space(const struct mf_proc *proc)
{
	int maps_fd = open_same_maps(proc);

	if (maps_fd < 0)
		return maps_fd;
	mf_sys_close(&maps_fd);
	return 0;
}

int mf_proc_spare(struct mf_proc *proc)
{
	if (proc->spare_fd < 0)
		proc->spare_fd = open_same_maps(proc);
	return proc->spare_fd;
}

int mf_proc_links(struct mf_proc *proc)
{
	if (!proc->live)
		return -EOPNOTSUPP;
	if (proc->links_fd < 0)
		proc->links_fd = mf_sys_openat(proc->dir_fd, "map_files", O_RDONLY | O_DIRECTORY);
	return proc->links_fd;
}
