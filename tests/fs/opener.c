/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Open a mapping through the library in a process of a given identity, see the
 * header. Checks in the opener would fail the wrong process: it only reports.
 */
#include "opener.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mounts.h"

/* Far more than any call needs, on a slow machine too: a hang, not a delay. */
#define HANG_MS 20000

struct job {
	const struct who *who;
	struct request request;
	struct opened opened;
};

void (*opener_on_hang)(void);

static int n_wrong;

void *shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	require(memory != MAP_FAILED);
	return memory;
}

bool run_as(const struct who *who, void (*fn)(void *), void *shared)
{
	struct pollfd poll_fd;
	int status, pipe_fds[2];
	pid_t pid;

	fflush(NULL);
	/* Its end closes with the process, however that ends. */
	require(pipe2(pipe_fds, O_CLOEXEC) == 0);
	pid = fork();
	require(pid >= 0);
	if (pid == 0) {
		if (become(who) < 0)
			_exit(2);
		fn(shared);
		fflush(stdout);
		_exit(0);
	}
	close(pipe_fds[1]);
	poll_fd = (struct pollfd){ .fd = pipe_fds[0] };
	if (poll(&poll_fd, 1, HANG_MS) != 1) {
		/* Dead first: it must not go on, and report, once it is let go. */
		kill(pid, SIGKILL);
		if (opener_on_hang)
			opener_on_hang();
	}
	close(pipe_fds[0]);
	require(waitpid(pid, &status, 0) == pid);
	return status == 0;
}

static int open_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* The lowest limit that still leaves max_fds - 1 new descriptors. */
static void limit_fds(long max_fds)
{
	struct rlimit limit;
	int fd, n_free = 0;

	for (fd = 0; n_free < max_fds; fd++)
		n_free += fcntl(fd, F_GETFD) < 0;
	limit.rlim_cur = limit.rlim_max = (rlim_t)fd - 1;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void close_low_fds(void)
{
	close(0);
	close(1);
	close(2);
}

static bool low_fds_free(void)
{
	return fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0;
}

static int reach(struct mf_iter *iter, const struct request *request, const struct mf_mapping **ret)
{
	int r;

	if (!request->walk)
		return mf_find(iter, request->addr, ret);
	while ((r = mf_next(iter, ret)) > 0)
		if ((*ret)->start <= request->addr && request->addr < (*ret)->end)
			return 1;
	return r;
}

static void look_at(int fd, bool read_it, struct opened *out)
{
	out->getfl = fcntl(fd, F_GETFL);
	out->getfd = fcntl(fd, F_GETFD);
	out->seals = fcntl(fd, F_GET_SEALS);
	out->n_head = -EBADF;
	if (out->getfl & O_PATH) {
		/* Not fstat(2): it asks the server of a network file system. */
		struct statx stx;

		statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &stx);
		memset(&out->st, 0, sizeof(out->st));
		out->st.st_dev = makedev(stx.stx_dev_major, stx.stx_dev_minor);
		out->st.st_ino = stx.stx_ino;
		out->st.st_mode = stx.stx_mode;
		return;
	}
	out->pos = lseek(fd, 0, SEEK_CUR);
	fstat(fd, &out->st);
	if (read_it && S_ISREG(out->st.st_mode) && (out->getfl & O_ACCMODE) != O_WRONLY) {
		out->n_head = pread(fd, out->head, sizeof(out->head), 0);
		if (out->n_head < 0)
			out->n_head = -errno;
		else if (pread(fd, &out->last, 1, out->st.st_size - 1) != 1)
			out->last = 0;
	}
}

static void open_it(struct mf_iter *iter, const struct request *request, struct opened *out)
{
	const struct mf_open_info *info;
	const struct mf_mapping *mapping;
	struct mf_mapping copy;
	int r = reach(iter, request, &mapping);

	if (r <= 0) {
		out->ret = r ? r : -ENODATA;
		out->stage = STAGE_FIND;
		return;
	}
	out->record_inode = mapping->inode;
	out->record_major = mapping->dev_major;
	out->record_minor = mapping->dev_minor;
	out->kind = mapping->kind;
	if (request->between || request->forge_path) {
		copy = *mapping;
		if (request->forge_path)
			copy.path = (const char *)1;
		mapping = &copy;
	}
	if (request->between)
		request->between(request->arg);
	out->stage = STAGE_OPEN;
	out->ret = mf_open_fd(iter, mapping, request->flags);
	if (out->ret < 0)
		return;
	if (mf_open_info(iter, &info) == 0) {
		out->info = *info;
		if (info->n_holes)
			out->hole = info->holes[0];
	}
	look_at(out->ret, !request->no_read, out);
	close(out->ret);
}

static void opener(void *shared)
{
	struct job *job = shared;
	const struct request *request = &job->request;
	struct opened *out = &job->opened;
	struct mf_iter_opts opts;
	struct mf_iter *iter;
	int before;

	memset(&opts, 0, sizeof(opts));
	opts.size = sizeof(opts);
	opts.flags = request->iter_flags;
	opts.proc_root = request->proc_root;
	if (request->close_low)
		close_low_fds();
	if (request->max_fds)
		limit_fds(request->max_fds);
	before = open_fds();
	out->stage = STAGE_ITER;
	out->ret = mf_iter_open(request->pid, &opts, &iter);
	if (out->ret == 0) {
		open_it(iter, request, out);
		out->took_low = request->close_low && !low_fds_free();
		mf_iter_close(iter);
	}
	out->leaked = open_fds() - before;
	out->hung = false;
}

void open_as(const struct who *who, const struct request *request, struct opened *out)
{
	struct job *job = shared_memory(sizeof(*job));

	job->request = *request;
	job->opened.ret = -ECHILD;
	job->opened.hung = true;
	run_as(who, opener, job);
	*out = job->opened;
	munmap(job, sizeof(*job));
}

const char *error_of(int error)
{
	const char *name = error < 0 ? strerrorname_np(-error) : "success";

	return name ? name : "?";
}

const char *outcome(const struct opened *opened)
{
	static const char *const rungs[] = { "?", "map_files", "exe", "fd", "path", "copy" };
	static const char *const sure[] = { "?", "exact", "matching", "" };
	static char text[64];
	const struct mf_open_info *info = &opened->info;

	if (opened->hung)
		return "HUNG or died";
	if (opened->ret < 0) {
		snprintf(text, sizeof(text), "%s%s", error_of(opened->ret),
			 opened->stage == STAGE_ITER ? " (iter_open)" :
			 opened->stage == STAGE_FIND ? " (find)" :
						       "");
		return text;
	}
	snprintf(text, sizeof(text), "%s%s%s", rungs[info->rung <= 5 ? info->rung : 0],
		 info->sure == MF_SURE_COPY ? "" : " ", sure[info->sure <= 3 ? info->sure : 0]);
	return text;
}

const char *open_flags_text(uint32_t flags)
{
	static const char *const names[] = { "AS_MAPPED", "PATH",      "ANY_TYPE", "DIRECT",
					     "COPY",	  "MAY_BLOCK", "EXACT" };
	static char text[128];
	size_t i, len = 0;

	text[0] = '\0';
	for (i = 0; i < 7; i++)
		if (flags >> i & 1)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
						len ? "|" : "", names[i]);
	return len ? text : "0";
}

bool is_object(const struct opened *opened, const struct stat *truth)
{
	return opened->ret >= 0 && opened->st.st_dev == truth->st_dev &&
	       opened->st.st_ino == truth->st_ino &&
	       (opened->st.st_mode & S_IFMT) == (truth->st_mode & S_IFMT);
}

bool expect(bool cond, const char *format, ...)
{
	va_list args;

	if (cond)
		return true;
	n_wrong++;
	printf("WRONG: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	return false;
}

void expect_end(void)
{
	int n = n_wrong;

	n_wrong = 0;
	require_msg(n == 0, "%d expectations were not met, see the lines that begin with WRONG", n);
}

static void expect_clean(const struct opened *opened, const char *what)
{
	expect(!opened->hung, "%s: hung or died", what);
	expect(opened->leaked == 0, "%s: %d descriptors leaked", what, opened->leaked);
	expect(!opened->took_low, "%s: used one of 0 to 2", what);
}

void expect_error(const struct opened *opened, int want, const char *what)
{
	expect_clean(opened, what);
	expect(!opened->hung && opened->ret == want, "%s: %s, not %s", what, outcome(opened),
	       error_of(want));
}

static void expect_data_fd(const struct opened *opened, const char *what)
{
	if (opened->getfl & O_PATH)
		return;
	expect(opened->pos <= 0, "%s: offset %ld", what, opened->pos);
	expect(!(opened->getfl & (O_NONBLOCK | O_APPEND | O_ASYNC)), "%s: F_GETFL %#x", what,
	       (unsigned int)opened->getfl);
}

void expect_object(const struct opened *opened, const struct stat *truth, uint32_t rung,
		   uint32_t sure, const char *what)
{
	expect_clean(opened, what);
	if (!expect(!opened->hung && opened->ret >= 0, "%s: %s", what, outcome(opened)))
		return;
	expect(is_object(opened, truth),
	       "%s: ANOTHER OBJECT, %#lx:%lu mode %o, not %#lx:%lu mode %o (%s)", what,
	       (unsigned long)opened->st.st_dev, (unsigned long)opened->st.st_ino,
	       opened->st.st_mode, (unsigned long)truth->st_dev, (unsigned long)truth->st_ino,
	       truth->st_mode, outcome(opened));
	expect(opened->ret >= 3, "%s: descriptor %d", what, opened->ret);
	expect(opened->getfd & FD_CLOEXEC, "%s: not close-on-exec", what);
	expect(!rung || opened->info.rung == rung, "%s: %s, not rung %u", what, outcome(opened),
	       rung);
	expect(!sure || opened->info.sure == sure, "%s: %s, not certainty %u", what,
	       outcome(opened), sure);
	expect_data_fd(opened, what);
}

int fs_main(char **argv, Suite *(*make_suite)(void))
{
	const char *why = mounts_enter();

	if (why) {
		printf("SKIP: %s: %s\n", argv[0], why);
		return 77;
	}
	return harness_main(argv, make_suite);
}
