/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why an access to a process is refused: tries it, then looks for the check
 * that does not pass, in the order in which the kernel makes them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "map_files.h"
#include "mapfiles.h"
#include "maps_read.h"
#include "opts.h"
#include "sys.h"

#define CAP_BIT_DAC_OVERRIDE	   (1ull << 1)
#define CAP_BIT_DAC_READ_SEARCH	   (1ull << 2)
#define CAP_BIT_SYS_PTRACE	   (1ull << 19)
#define CAP_BIT_SYS_ADMIN	   (1ull << 21)
#define CAP_BIT_CHECKPOINT_RESTORE (1ull << 40)

/* The size of the first version. */
#define OPTS_SIZE_FIRST		   (offsetof(struct mf_explain_opts, proc_root) + sizeof(const char *))

/* The number of the initial user namespace's inode: PROC_USER_INIT_INO. */
#define INITIAL_USER_NAMESPACE	   "user:[4026531837]"

/* What /proc/PID/status tells of one process. */
struct credentials {
	uint64_t uids[3]; /* real, effective, saved */
	uint64_t permitted, effective;
};

static bool starts_with(struct mf_span *span, const char *key)
{
	const size_t len = strlen(key);

	if ((size_t)(span->end - span->pos) < len || memcmp(span->pos, key, len))
		return false;
	span->pos += len;
	return true;
}

/* "Uid:\tREAL\tEFFECTIVE\tSAVED\tFS" */
static bool parse_uids(struct mf_span *span, struct credentials *ret)
{
	int i;

	for (i = 0; i < 3; i++) {
		if (!mf_span_char(span, '\t') || !mf_span_dec(span, &ret->uids[i]))
			return false;
	}
	return true;
}

/* Which of the three lines that matter it was, as a bit; 0 for another. */
static unsigned int parse_line(struct mf_span span, struct credentials *ret)
{
	if (starts_with(&span, "Uid:"))
		return parse_uids(&span, ret) ? 1 : 0;
	if (starts_with(&span, "CapPrm:\t"))
		return mf_span_hex(&span, &ret->permitted) ? 2 : 0;
	if (starts_with(&span, "CapEff:\t"))
		return mf_span_hex(&span, &ret->effective) ? 4 : 0;
	return 0;
}

/* Anything else, such as no descriptor left, is no reason that the kernel had. */
static bool is_refused(int error)
{
	return error == -EACCES || error == -EPERM;
}

/* Line by line: the list of groups may be longer than any buffer. 0 or -errno. */
static int read_credentials(int dir_fd, struct credentials *ret)
{
	struct mf_text text = { 0 };
	unsigned int seen = 0;
	char *line;
	size_t len;
	int fd = mf_sys_openat(dir_fd, "status", O_RDONLY), r = 0;

	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	mf_text_start(&text, fd);
	while (seen != 7 && (r = mf_text_line(&text, &line, &len)) > 0)
		seen |= parse_line((struct mf_span){ line, line + len }, ret);
	mf_buf_free(&text.buf);
	mf_sys_close(&fd);
	if (seen == 7)
		return 0;
	return r < 0 ? r : -EPROTO;
}

static int read_own_credentials(struct credentials *ret)
{
	int dir_fd = mf_sys_openat(AT_FDCWD, "/proc/thread-self", O_PATH | O_DIRECTORY);
	const int error = dir_fd < 0 ? dir_fd : read_credentials(dir_fd, ret);

	mf_sys_close(&dir_fd);
	return error;
}

/* 1, 0, or -errno. */
static int in_initial_user_namespace(void)
{
	char link[64];
	const ssize_t n = mf_sys_readlinkat(AT_FDCWD, "/proc/self/ns/user", link, sizeof(link));

	if (n < 0)
		return (int)n;
	return n == (ssize_t)sizeof(INITIAL_USER_NAMESPACE) - 1 &&
	       !memcmp(link, INITIAL_USER_NAMESPACE, (size_t)n);
}

/* Files of a process that is not dumpable belong to root. 1, 0, or -errno. */
static int is_dumpable(int dir_fd, const struct credentials *target)
{
	struct statx st;
	const int error = mf_sys_statx(dir_fd, "maps", 0, &st);

	return error ? error : st.stx_uid == target->uids[1];
}

static bool is_other_user(const struct credentials *target)
{
	const uint64_t uid =
		(uint64_t)setfsuid((uid_t)-1); /* changes nothing, tells the one in force */

	return target->uids[0] != uid || target->uids[1] != uid || target->uids[2] != uid;
}

/* The checks of ptrace_may_access(PTRACE_MODE_READ_FSCREDS). */
static int explain_read(int dir_fd)
{
	struct credentials own, target;
	int r = read_own_credentials(&own);

	if (!r)
		r = read_credentials(dir_fd, &target);
	if (r)
		return is_refused(r) ? MF_WHY_SECURITY_MODULE : r;
	/* It would have passed them all, had the capability counted. */
	if (own.effective & CAP_BIT_SYS_PTRACE) {
		r = in_initial_user_namespace();
		return r < 0 ? r : r ? MF_WHY_SECURITY_MODULE : MF_WHY_USER_NAMESPACE;
	}
	if (is_other_user(&target))
		return MF_WHY_OTHER_USER;
	r = is_dumpable(dir_fd, &target);
	if (r <= 0)
		return r < 0 ? r : MF_WHY_NOT_DUMPABLE;
	if (target.permitted & ~own.permitted)
		return MF_WHY_MORE_CAPABILITIES;
	return MF_WHY_SECURITY_MODULE;
}

static int explain_details(int dir_fd)
{
	int fd = mf_sys_openat(dir_fd, "maps", O_RDONLY);
	const int error = fd < 0 ? fd : 0;

	mf_sys_close(&fd);
	if (!error)
		return MF_WHY_ALLOWED;
	if (error == -ENOENT)
		return -ESRCH;
	return is_refused(error) ? explain_read(dir_fd) : error;
}

/* Another user's files are closed; with the right to open them it is the check of ptrace that refuses. */
static int explain_mode(int dir_fd)
{
	struct credentials own;
	const int error = read_own_credentials(&own);

	if (error)
		return error;
	return own.effective & (CAP_BIT_DAC_OVERRIDE | CAP_BIT_DAC_READ_SEARCH) ?
		       explain_read(dir_fd) :
		       MF_WHY_DIRECTORY_MODE;
}

/*
 * Where ptrace refuses, the first piece of the directory holds the two dots,
 * and the refusal comes with the second.
 */
static ssize_t list(int links_fd, char *batch, size_t size)
{
	const ssize_t n = mf_sys_getdents64(links_fd, batch, size);
	size_t pos = 0;

	while (n > 0 && pos < (size_t)n) {
		const char *const name = mf_sys_next_entry(batch, (size_t)n, &pos);

		if (!name || name[0] != '.')
			return n;
	}
	return n > 0 ? mf_sys_getdents64(links_fd, batch, size) : n;
}

/* links_fd is the directory, opened for reading, or why it could not be. */
static int explain_list(int dir_fd, int links_fd, char *batch, size_t size, ssize_t *ret_len)
{
	int why;

	*ret_len = links_fd < 0 ? links_fd : list(links_fd, batch, size);
	if (*ret_len >= 0)
		return MF_WHY_ALLOWED;
	if (links_fd == -ENOENT)
		return MF_WHY_NO_MAP_FILES;
	if (*ret_len == -ENOENT)
		return -ESRCH;
	if (!is_refused((int)*ret_len))
		return (int)*ret_len;
	why = explain_details(dir_fd);
	return why ? why : explain_mode(dir_fd);
}

static int explain_capability(void)
{
	struct credentials own;
	int r = in_initial_user_namespace();

	if (r <= 0)
		return r < 0 ? r : MF_WHY_USER_NAMESPACE;
	r = read_own_credentials(&own);
	if (r)
		return r;
	return own.effective & (CAP_BIT_CHECKPOINT_RESTORE | CAP_BIT_SYS_ADMIN) ?
		       MF_WHY_SECURITY_MODULE :
		       MF_WHY_NO_CAPABILITY;
}

/* Tries the links of one piece of the directory: a range may be gone before it is looked at. */
static int explain_links(int dir_fd, int links_fd, char *batch, size_t len)
{
	const struct mf_range *const ranges = (const struct mf_range *)(void *)batch;
	char name[MF_LINK_NAME_SIZE];
	struct statx st;
	size_t i, n;

	if (mf_batch_parse(batch, len, &n))
		return MF_WHY_SECURITY_MODULE;
	for (i = 0; i < n; i++) {
		int error;

		mf_link_name(name, ranges[i].start, ranges[i].end);
		error = mf_sys_statx(links_fd, name, 0, &st);
		if (!error)
			return MF_WHY_ALLOWED;
		/* EACCES: not even looked up. EPERM: not followed. */
		if (is_refused(error))
			return error == -EACCES ? explain_read(dir_fd) : explain_capability();
		if (error != -ENOENT)
			return error;
	}
	return MF_WHY_NO_ADDRESS_SPACE;
}

static int explain_follow(int dir_fd, int links_fd)
{
	_Alignas(struct mf_range) char batch[4096];
	ssize_t len;
	const int why = explain_list(dir_fd, links_fd, batch, sizeof(batch), &len);

	return why ? why : explain_links(dir_fd, links_fd, batch, (size_t)len);
}

/* 1, 0, or -errno. */
static int yama_restricts(void)
{
	char scope = '0';
	int fd = mf_sys_openat(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", O_RDONLY);
	ssize_t n = fd;

	if (fd == -ENOENT)
		return 0;
	if (fd >= 0)
		n = mf_sys_pread(fd, &scope, 1, 0);
	mf_sys_close(&fd);
	return n < 0 ? (int)n : scope != '0';
}

static int explain_memory(int dir_fd)
{
	int fd = mf_sys_openat(dir_fd, "mem", O_RDONLY), r;
	struct credentials target;
	const int error = fd < 0 ? fd : 0;

	mf_sys_close(&fd);
	if (!error)
		return MF_WHY_ALLOWED;
	if (error == -ESRCH)
		return MF_WHY_NO_ADDRESS_SPACE;
	if (!is_refused(error))
		return error;
	r = explain_details(dir_fd);
	if (r)
		return r;
	/* Reading is allowed, so it is the file's mode (0600), or the check of attaching. */
	r = read_credentials(dir_fd, &target);
	if (r)
		return r;
	if (is_other_user(&target))
		return explain_mode(dir_fd);
	r = yama_restricts();
	if (r)
		return r < 0 ? r : MF_WHY_YAMA;
	return explain_read(dir_fd);
}

/* What everybody may read, unless procfs hides it: hidepid=noaccess shows the directory, but nothing in it. */
static bool is_hidden(int dir_fd)
{
	int fd = mf_sys_openat(dir_fd, "status", O_RDONLY);
	const bool hidden = fd == -EPERM || fd == -ENOENT;

	mf_sys_close(&fd);
	return hidden;
}

/* root/TID, not task/TID, which has no map_files. A descriptor, or -ENOENT: dead, or gone by now. */
static int open_thread(int root_fd, int task_fd, const char *tid)
{
	struct mf_proc thread = { .dir_fd = mf_sys_openat(root_fd, tid, O_PATH | O_DIRECTORY) };
	struct mf_proc_stat stat;
	int error;

	if (thread.dir_fd < 0)
		return thread.dir_fd;
	error = mf_proc_stat(&thread, &stat);
	/* Still there behind the open: so root/TID is no other process's. */
	if (!error && !stat.dead && !faccessat(task_fd, tid, F_OK, 0))
		return thread.dir_fd;
	mf_sys_close(&thread.dir_fd);
	return error && error != -ESRCH ? error : -ENOENT;
}

/* A descriptor, -ENOENT if no thread lives, or -errno. */
static int open_living_thread(int root_fd, int dir_fd)
{
	MF_DIRENTS_ALIGN char batch[MF_DIRENTS_SIZE];
	int task_fd = mf_sys_openat(dir_fd, "task", O_RDONLY | O_DIRECTORY), fd = -ENOENT;
	ssize_t n = 0;

	if (task_fd < 0)
		return task_fd == -ENOENT ? -ESRCH : task_fd;
	while (fd == -ENOENT && (n = mf_sys_getdents64(task_fd, batch, sizeof(batch))) > 0) {
		const char *tid;
		size_t pos = 0;

		while (fd == -ENOENT && pos < (size_t)n &&
		       (tid = mf_sys_next_entry(batch, (size_t)n, &pos)))
			fd = tid[0] == '.' ? -ENOENT : open_thread(root_fd, task_fd, tid);
	}
	mf_sys_close(&task_fd);
	return n < 0 ? (int)n : fd;
}

static int explain_access(int dir_fd, uint32_t access)
{
	_Alignas(struct mf_range) char batch[4096];
	int links_fd, why;
	ssize_t len;

	if (access == MF_ACCESS_DETAILS)
		return explain_details(dir_fd);
	if (access == MF_ACCESS_MEMORY)
		return explain_memory(dir_fd);
	links_fd = mf_sys_openat(dir_fd, "map_files", O_RDONLY | O_DIRECTORY);
	why = access == MF_ACCESS_FOLLOW ?
		      explain_follow(dir_fd, links_fd) :
		      explain_list(dir_fd, links_fd, batch, sizeof(batch), &len);
	mf_sys_close(&links_fd);
	return why;
}

/* Where the main thread has exited the others have the address space: the walk goes through one, too. */
static int explain(int root_fd, int dir_fd, uint32_t access)
{
	const struct mf_proc proc = { .dir_fd = dir_fd };
	struct mf_proc_stat stat;
	int thread_fd, why;

	if (mf_proc_stat(&proc, &stat) || !(stat.kthread || stat.dead))
		return explain_access(dir_fd, access);
	thread_fd = stat.kthread ? -ENOENT : open_living_thread(root_fd, dir_fd);
	if (thread_fd < 0)
		return thread_fd == -ENOENT ? MF_WHY_NO_ADDRESS_SPACE : thread_fd;
	why = explain_access(thread_fd, access);
	mf_sys_close(&thread_fd);
	return why;
}

static int open_dir(int root_fd, int pid)
{
	char name[MF_NUMBER_SIZE] = "self";
	struct statfs fs;
	int dir_fd;

	dir_fd = mf_sys_fstatfs(root_fd, &fs);
	if (dir_fd)
		return dir_fd;
	if (fs.f_type != PROC_SUPER_MAGIC)
		return -EOPNOTSUPP;
	if (pid)
		mf_put_dec(name, (uint64_t)pid);
	dir_fd = mf_sys_openat(root_fd, name, O_PATH | O_DIRECTORY);
	return dir_fd == -ENOENT ? -ESRCH : dir_fd;
}

/* A signal tells what procfs hides. */
static int hidden_or_gone(int pid)
{
	return pid && (!kill(pid, 0) || errno == EPERM) ? MF_WHY_HIDDEN : -ESRCH;
}

static int open_and_explain(int pid, const char *proc_root, uint32_t access)
{
	int root_fd, dir_fd, why;

	root_fd = mf_sys_openat(AT_FDCWD, proc_root ? proc_root : "/proc", O_PATH | O_DIRECTORY);
	if (root_fd < 0)
		return root_fd;
	dir_fd = open_dir(root_fd, pid);
	/* Another procfs may count pids its own way. */
	if (dir_fd == -ESRCH && !proc_root)
		why = hidden_or_gone(pid);
	else if (dir_fd < 0)
		why = dir_fd;
	else
		why = is_hidden(dir_fd) ? hidden_or_gone(pid) : explain(root_fd, dir_fd, access);
	mf_sys_close(&dir_fd);
	mf_sys_close(&root_fd);
	return why;
}

int mf_explain(int pid, uint32_t access, const struct mf_explain_opts *opts)
{
	const int saved_errno = errno;
	struct mf_explain_opts known;
	int why = mf_opts_copy(opts, OPTS_SIZE_FIRST, &known, sizeof(known));

	if (why)
		return why;
	if (known.flags || pid < 0 || access < MF_ACCESS_DETAILS || access > MF_ACCESS_MEMORY)
		return -EINVAL;
	why = open_and_explain(pid, known.proc_root, access);
	errno = saved_errno;
	return why;
}

const char *mf_why_text(uint32_t why)
{
	static const char *const texts[] = {
		[MF_WHY_ALLOWED] = "nothing is in the way",
		[MF_WHY_HIDDEN] =
			"procfs is mounted with hidepid and the process is another user's: "
			"run as that user, or with CAP_SYS_PTRACE",
		[MF_WHY_OTHER_USER] = "the process is another user's: run as that user, "
				      "or with CAP_SYS_PTRACE",
		[MF_WHY_NOT_DUMPABLE] =
			"the process is not dumpable (prctl, or a set-user-ID program): "
			"run with CAP_SYS_PTRACE",
		[MF_WHY_MORE_CAPABILITIES] = "the process has capabilities that you lack: "
					     "run with CAP_SYS_PTRACE",
		[MF_WHY_DIRECTORY_MODE] =
			"the files belong to another user and are closed to others: "
			"run with CAP_DAC_READ_SEARCH too",
		[MF_WHY_NO_CAPABILITY] = "following a link of map_files is privileged: "
					 "run with CAP_CHECKPOINT_RESTORE",
		[MF_WHY_USER_NAMESPACE] =
			"the capabilities count in the initial user namespace only: "
			"run outside the container",
		[MF_WHY_YAMA] = "Yama forbids it: set /proc/sys/kernel/yama/ptrace_scope to 0, "
				"or run with CAP_SYS_PTRACE",
		[MF_WHY_NO_MAP_FILES] = "this kernel or sandbox has no map_files: "
					"nothing to grant, the fallbacks serve",
		[MF_WHY_NO_ADDRESS_SPACE] =
			"a kernel thread, a zombie or a process without mapped files: "
			"there is nothing to see",
		[MF_WHY_SECURITY_MODULE] =
			"a security module (SELinux, AppArmor) or a sandbox refuses it: "
			"look into its log",
	};

	return why < sizeof(texts) / sizeof(*texts) ? texts[why] : "unknown reason";
}
