/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fault injection: each scenario is run again and again, and each time another
 * call that the library makes fails, in each way in which it can, until all of
 * them have failed once. The target stands still, so what is true is fixed.
 */
#include <errno.h>
#include <fcntl.h>
#include <mapfiles.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"
#include "harness.h"
#include "target.h"
#include "truth.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* No function of the library may write here unless it succeeds. */
#define UNTOUCHED      ((void *)0x5e5e5e50)

/* Above this many calls each one fails in one way only, all ways in turn. */
#define CALLS_IN_FULL  24

/* As bits of what a fault makes excusable. */
#define MAY_SAY_GONE   0x1 /* the kernel said so itself */
#define MAY_SAY_ABSENT 0x2 /* the kernel said that a name leads nowhere */
#define MAY_REFUSE     0x4 /* the kernel refused: not a matter of resources */
#define MUST_SUCCEED   0x8 /* it is no failure at all */

static struct target target; /* root's */
static struct target nobodys;
static struct target orphan; /* its main thread has exited, another one lives */
static struct truth truths[2], orphans_truth;
static char saved_root[300];

/* Shared by all forks. */
static struct {
	unsigned long injected[FAULT_CALLS];
	unsigned long scenarios, runs, failed_cleanly, degraded;
} * totals;

struct scenario {
	const char *name;
	/* 0: all was had; 1: all that is claimed is true, some is missing; or -errno. */
	int (*run)(const struct scenario *s);
	uint32_t flags, source;
	const char *from, *to; /* labels of the target: between them only */
	const char *label; /* what is found or opened */
	uint32_t open_flags;
	uint32_t prot;
	const char *root; /* "": the saved tree */
	size_t memory; /* 0: allocated; else the caller's */
	bool pidfd;
	bool old; /* a kernel without PROCMAP_QUERY and openat2(2) */
	bool orphan; /* the target whose main thread has exited */
	uint32_t access;
};

/* What is expected of the run at hand. */
static const struct fault_plan *at_hand;
static unsigned int excuses;
static const char *scenario_name;
static int without_fault; /* what the scenario gives when nothing fails */

#define claim(cond, format, ...)                                                                   \
	require_msg(cond, "%s, %s number %u fails with %s (%zu, mode %d): " format, scenario_name, \
		    at_hand ? fault_call_name(at_hand->call) : "nothing",                          \
		    at_hand ? at_hand->nth : 0,                                                    \
		    at_hand && at_hand->error ? strerrorname_np(at_hand->error) : "a cut",         \
		    at_hand ? at_hand->cut : 0, at_hand ? (int)at_hand->mode : 0, ##__VA_ARGS__)

static bool as_nobody(void)
{
	return geteuid() != 0;
}

static const struct scenario *running;

static struct target *the_target(void)
{
	if (running && running->orphan)
		return &orphan;
	return as_nobody() ? &nobodys : &target;
}

static const struct truth *the_truth(void)
{
	if (running && running->orphan)
		return &orphans_truth;
	return &truths[as_nobody()];
}

static const struct target_entry *entry_at(const struct target *t, uint64_t start)
{
	size_t i;

	for (i = 0; i < t->n_entries; i++) {
		if (!t->entries[i].skipped[0] && t->entries[i].len && t->entries[i].start == start)
			return &t->entries[i];
	}
	return NULL;
}

static uint64_t address_of(const char *label)
{
	const struct target_entry *const e = target_entry(the_target(), label);

	/* What this machine cannot make is left out of the window, or not found. */
	return e ? e->start : 0;
}

/*
 * What is claimed of one mapping.
 */
static void check_path(const struct mf_mapping *m, const struct truth_mapping *t)
{
	const bool ambiguous = m->flags & MF_MAPPING_NAME_AMBIGUOUS;
	const char *const want = ambiguous ? t->text : t->path;
	const size_t want_len = ambiguous ? t->text_len : t->path_len;

	if (!want) {
		claim(!m->path && !m->path_len, "a name out of nowhere: %s", m->path);
		return;
	}
	claim(m->path && m->path_len == want_len && !memcmp(m->path, want, want_len) &&
		      !m->path[want_len],
	      "the name %s instead of %s", m->path, want);
}

static void check_stat(const struct mf_mapping *m, const struct truth_mapping *t)
{
	claim(t->has_stat && m->st_ino == t->st_ino && m->st_mode == t->st_mode &&
		      m->st_nlink == t->st_nlink && m->st_size == t->st_size &&
		      makedev(m->st_dev_major, m->st_dev_minor) == t->st_dev,
	      "another object's stat for %s", m->path);
}

/* A sandbox without memfd_create(2): nothing tells then which device huge pages are on. */
static bool is_untold(const struct target_entry *e)
{
	return at_hand && at_hand->call == FAULT_MEMFD && excuses & MAY_REFUSE &&
	       strstr(e->label, "huge");
}

static void check_deleted(const struct mf_mapping *m, const struct target_entry *e)
{
	const bool deleted = m->flags & MF_MAPPING_DELETED;

	if (excuses & MAY_SAY_ABSENT || is_untold(e))
		return;
	claim(deleted == (e->name == TARGET_DELETED), "%s is%s deleted", e->label,
	      deleted ? "" : " not");
}

static void check_kind(const struct mf_mapping *m, const struct target_entry *e)
{
	if (m->kind == e->kind || (m->kind == MF_KIND_FILE && e->kind == MF_KIND_DEVICE) ||
	    is_untold(e))
		return;
	claim(false, "%s is of kind %s, not %s", e->label, mf_kind_name(m->kind),
	      mf_kind_name(e->kind));
}

static void check_fd(int fd, const struct truth_mapping *t)
{
	struct stat st;

	claim(!fstat(fd, &st), "no descriptor: %s", strerror(errno));
	claim(fd > STDERR_FILENO && fcntl(fd, F_GETFD) & FD_CLOEXEC, "descriptor %d", fd);
	claim(t->has_stat && st.st_ino == t->st_ino && st.st_dev == t->st_dev,
	      "the wrong file: inode %lu instead of %lu", (unsigned long)st.st_ino,
	      (unsigned long)t->st_ino);
	claim(!(fcntl(fd, F_GETFL) & O_NONBLOCK), "O_NONBLOCK is left");
}

static void check_numbers(const struct mf_mapping *m, const struct truth_mapping *t)
{
	if (m->has & MF_HAS_PROT)
		claim(m->prot == t->prot && !(m->flags & MF_MAPPING_SHARED) == !t->shared,
		      "protection %x at %lx", m->prot, (unsigned long)m->start);
	if (m->has & MF_HAS_DEV)
		claim(m->dev_major == t->dev_major && m->dev_minor == t->dev_minor &&
			      m->inode == t->inode,
		      "device or inode at %lx", (unsigned long)m->start);
	if (m->has & MF_HAS_OFFSET)
		claim(m->offset == t->offset, "offset at %lx", (unsigned long)m->start);
	if (m->has & MF_HAS_OPEN_MODE)
		claim(!(m->open_mode & MF_PROT_READ) == !(t->link_mode & 0400) &&
			      !(m->open_mode & MF_PROT_WRITE) == !(t->link_mode & 0200),
		      "open mode at %lx", (unsigned long)m->start);
}

static void check_mapping(const struct mf_mapping *m, const struct truth_mapping *t, bool live)
{
	const struct target_entry *const e = entry_at(the_target(), m->start);

	claim(m->start == t->start && m->end == t->end, "%lx-%lx instead of %lx-%lx",
	      (unsigned long)m->start, (unsigned long)m->end, (unsigned long)t->start,
	      (unsigned long)t->end);
	check_numbers(m, t);
	if (m->has & MF_HAS_PATH)
		check_path(m, t);
	if (m->has & MF_HAS_STAT)
		check_stat(m, t);
	if (e && e->kind && live && m->has & MF_HAS_PATH)
		check_kind(m, e);
	if (e && e->has_path && m->has & MF_HAS_DELETED)
		check_deleted(m, e);
	if (m->fd >= 0)
		check_fd(m->fd, t);
}

/* An error that says that the process is gone, while it stands there stopped. */
static void check_error(int error)
{
	if (excuses & MUST_SUCCEED)
		claim(error == without_fault, "%s", strerrorname_np(-error));
	if (error == -ESRCH || error == -ESTALE)
		claim(excuses & MAY_SAY_GONE, "%s for a living process", strerrorname_np(-error));
	claim(error > -4096, "no errno: %d", error);
}

/*
 * The scenarios.
 */
static _Alignas(4096) char memory[2 << 20];

static int open_iter(const struct scenario *s, struct mf_iter **ret_iter)
{
	struct mf_iter_opts opts = {
		.size = sizeof(opts),
		.flags = s->flags,
		.source = s->source,
		.prot = s->prot,
		.from = s->from ? address_of(s->from) : 0,
		.to = s->to ? address_of(s->to) : 0,
		.proc_root = s->root && !s->root[0] ? saved_root : s->root,
	};
	const pid_t pid = the_target()->pid;
	int pidfd, r;

	*ret_iter = UNTOUCHED;
	if (s->memory) {
		r = CALL(mf_iter_open_in(memory, s->memory, pid, &opts, ret_iter));
	} else if (s->pidfd) {
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		r = CALL(mf_iter_open_pidfd(pidfd, &opts, ret_iter));
		close(pidfd);
	} else {
		r = CALL(mf_iter_open(pid, &opts, ret_iter));
	}
	claim(!r || *ret_iter == UNTOUCHED, "the iterator was set on failure");
	if (r)
		check_error(r);
	return r;
}

static int close_iter(struct mf_iter *iter, int r)
{
	CALL((mf_iter_close(iter), 0));
	return r;
}

static bool is_expected(const struct scenario *s, const struct truth_mapping *t)
{
	const bool listed = s->flags & MF_ITER_ALL || t->file;

	return listed && (!s->from || t->end > address_of(s->from)) &&
	       (!s->to || t->start < address_of(s->to)) && (t->prot & s->prot) == s->prot;
}

/* The next one that must be listed: n if there is none. */
static size_t next_expected(const struct scenario *s, size_t i)
{
	const struct truth *const truth = the_truth();

	while (i < truth->n && !is_expected(s, &truth->list[i]))
		i++;
	return i;
}

static void check_report(struct mf_iter *iter, bool complete, unsigned int n)
{
	const struct mf_iter_report *report = UNTOUCHED;

	require(!CALL(mf_iter_report(iter, &report)));
	claim(!(report->flags & MF_REPORT_COMPLETE) == !complete, "the report says otherwise");
	claim(report->n_mappings == n, "%lu mappings in the report",
	      (unsigned long)report->n_mappings);
}

/* What a record lacks that could have been had. */
static bool is_poorer(const struct scenario *s, const struct mf_mapping *m,
		      const struct truth_mapping *t)
{
	uint32_t want = MF_HAS_PROT | MF_HAS_DEV | MF_HAS_OFFSET | MF_HAS_PATH;

	if (s->flags & MF_ITER_STAT && t->file && !as_nobody())
		want |= MF_HAS_STAT | MF_HAS_OPEN_MODE;
	if (s->flags & MF_ITER_OPEN_FDS && t->file && !as_nobody() && S_ISREG(t->st_mode) &&
	    m->fd < 0)
		return true;
	return (m->has & want) != want || m->flags & MF_MAPPING_RACED;
}

static int walk(const struct scenario *s)
{
	const struct truth *const truth = the_truth();
	size_t i = next_expected(s, 0);
	const struct mf_mapping *m;
	struct mf_iter *iter;
	bool poorer = false;
	unsigned int n = 0;
	int r;

	r = open_iter(s, &iter);
	if (r)
		return r;
	for (;;) {
		m = UNTOUCHED;
		r = CALL(mf_next(iter, &m));
		if (r <= 0)
			break;
		claim(i < truth->n, "%lx is too much", (unsigned long)m->start);
		check_mapping(m, &truth->list[i], !s->root || s->root[0]);
		poorer |= is_poorer(s, m, &truth->list[i]);
		i = next_expected(s, i + 1);
		n++;
	}
	claim(m == UNTOUCHED, "a mapping was set at the end");
	if (r)
		check_error(r);
	else
		claim(i == truth->n, "FALSE COMPLETE: %lx is missing",
		      (unsigned long)truth->list[i].start);
	check_report(iter, !r, n);
	claim(CALL(mf_next(iter, &m)) == r && m == UNTOUCHED, "the end is not the end");
	return close_iter(iter, r ? r : poorer);
}

static int find(const struct scenario *s)
{
	const uint64_t addr = s->label[0] == '=' ? strtoull(s->label + 1, NULL, 16) :
						   address_of(s->label);
	const struct truth_mapping *const t = truth_find(the_truth(), addr);
	const struct mf_mapping *m = UNTOUCHED;
	struct mf_iter *iter;
	int r = open_iter(s, &iter);

	if (r)
		return r;
	r = CALL(mf_find(iter, addr, &m));
	claim(r == 1 || m == UNTOUCHED, "a mapping was set for %d", r);
	if (r < 0)
		check_error(r);
	if (r == 1)
		claim(t, "%lx was found where nothing is", (unsigned long)m->start);
	if (r == 1)
		check_mapping(m, t, !s->root || s->root[0]);
	if (!r)
		claim(!t, "FALSE COMPLETE: it was not found");
	return close_iter(iter, r < 0 ? r : r == 1 && is_poorer(s, m, t));
}

static bool is_in_hole(const struct mf_open_info *info, uint64_t offset)
{
	uint64_t i;

	for (i = 0; i < info->n_holes; i++) {
		if (offset >= info->holes[i].start && offset < info->holes[i].end)
			return true;
	}
	return false;
}

static void check_copy(int fd, const struct truth_mapping *t, const struct mf_open_info *info)
{
	char path[64], want[4096], got[4096];
	uint64_t addr;
	int mem_fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)the_target()->pid);
	mem_fd = open(path, O_RDONLY | O_CLOEXEC);
	require(mem_fd >= 0);
	for (addr = t->start; addr < t->end; addr += sizeof(want)) {
		const bool hole = is_in_hole(info, addr - t->start);
		const bool readable = pread(mem_fd, want, sizeof(want), (off_t)addr) ==
				      (ssize_t)sizeof(want);

		claim(pread(fd, got, sizeof(got), (off_t)(addr - t->start)) == (ssize_t)sizeof(got),
		      "the copy is too short");
		claim(readable || hole, "a page that cannot be read is no hole");
		claim(hole || !memcmp(want, got, sizeof(got)), "the copy is not what is there");
	}
	close(mem_fd);
}

static void check_opened(struct mf_iter *iter, const struct scenario *s, int fd,
			 const struct truth_mapping *t)
{
	const struct mf_open_info *info = UNTOUCHED;
	const int access = fcntl(fd, F_GETFL) & O_ACCMODE;

	require(!CALL(mf_open_info(iter, &info)));
	if (info->rung == MF_RUNG_COPY) {
		claim(s->open_flags & MF_OPEN_COPY && info->sure == MF_SURE_COPY,
		      "an unasked copy");
		check_copy(fd, t, info);
		return;
	}
	claim(!(s->open_flags & MF_OPEN_DIRECT) || info->rung == MF_RUNG_MAP_FILES, "rung %u",
	      info->rung);
	claim(info->sure == MF_SURE_EXACT || info->sure == MF_SURE_MATCHING, "sure %u", info->sure);
	check_fd(fd, t);
	if (s->open_flags & MF_OPEN_AS_MAPPED && !(s->open_flags & MF_OPEN_PATH))
		claim((access != O_RDONLY) == !!(t->link_mode & 0200), "access mode %d", access);
}

/* What was opened before stays told when a later opening fails. */
static int open_one(const struct scenario *s)
{
	const struct truth_mapping *const t = truth_find(the_truth(), address_of(s->label));
	const struct mf_mapping *m = UNTOUCHED;
	const struct mf_open_info *info = UNTOUCHED;
	struct mf_iter *iter;
	int fd, r = open_iter(s, &iter);

	if (r)
		return r;
	if (!t)
		return close_iter(iter, 0);
	r = CALL(mf_find(iter, t->start, &m));
	claim(r, "FALSE COMPLETE: it was not found");
	if (r < 0) {
		check_error(r);
		return close_iter(iter, r);
	}
	fd = CALL(mf_open_fd(iter, m, s->open_flags));
	if (fd >= 0) {
		check_opened(iter, s, fd, t);
		close(fd);
		return close_iter(iter, 0);
	}
	/* -ESTALE: all that was found is another object. */
	if (at_hand && fd != -ESTALE)
		check_error(fd);
	claim(CALL(mf_open_info(iter, &info)) == -ENOENT && info == UNTOUCHED,
	      "something was opened");
	return close_iter(iter, fd);
}

/* The truth for this caller, learnt without a fault. */
static int explained;

static int explain(const struct scenario *s)
{
	const struct mf_explain_opts opts = { .size = sizeof(opts), .proc_root = s->root };
	const int why = CALL(mf_explain(the_target()->pid, s->access, &opts));

	if (!at_hand) {
		explained = why;
		return why < 0 ? why : 0;
	}
	if (excuses & MUST_SUCCEED)
		claim(why == explained, "%d, not %d", why, explained);
	/* A lack of descriptors or memory is no reason that the kernel had. */
	if (why >= 0 && !(excuses & (MAY_REFUSE | MAY_SAY_ABSENT | MAY_SAY_GONE)))
		claim(why == explained, "the reason is \"%s\", not \"%s\"",
		      mf_why_text((uint32_t)why), mf_why_text((uint32_t)explained));
	return why < 0 ? why : 0;
}

/* A child as small as the test itself, that exits or execs in mid-walk. */
static pid_t fork_victim(int *ret_go_fd)
{
	int go[2];
	pid_t pid;
	char byte;

	require(!pipe2(go, O_CLOEXEC));
	pid = fork();
	require(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(go[1]);
		if (read(go[0], &byte, 1) == 1)
			execl("/bin/sleep", "sleep", "1000", (char *)NULL);
		_exit(1);
	}
	close(go[0]);
	*ret_go_fd = go[1];
	return pid;
}

static void wait_for_exec(pid_t pid)
{
	char path[64], name[64] = "";
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	do
		n = readlink(path, name, sizeof(name) - 1);
	while (n > 0 && !memmem(name, (size_t)n, "sleep", 5) &&
	       !memmem(name, (size_t)n, "coreutils", 9) && !memmem(name, (size_t)n, "busybox", 7));
	require(n > 0);
}

/* Whatever fails: its end is never taken for the end of its list. */
static int walk_of_a_victim(const struct scenario *s)
{
	const bool by_exec = s->label;
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = s->flags, .source = s->source };
	const struct mf_mapping *m = UNTOUCHED;
	struct mf_iter *iter = UNTOUCHED;
	int go_fd, i, r = 1, status;
	const pid_t pid = fork_victim(&go_fd);

	usleep(100);
	r = CALL(mf_iter_open(pid, &opts, &iter));
	claim(!r || iter == UNTOUCHED, "the iterator was set on failure");
	if (!r) {
		for (r = 1, i = 0; r > 0 && i < 3; i++)
			r = CALL(mf_next(iter, &m));
		if (by_exec) {
			require(write(go_fd, "", 1) == 1);
			wait_for_exec(pid);
		} else {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
		}
		while (r > 0)
			r = CALL(mf_next(iter, &m));
		claim(r < 0, "FALSE COMPLETE: the process is gone");
		CALL((mf_iter_close(iter), 0));
	}
	if (by_exec || iter == UNTOUCHED) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	close(go_fd);
	return r;
}

/*
 * The driver.
 */
struct fault_kind {
	enum fault_call call;
	int error;
	unsigned int excuses;
	unsigned int modes; /* bit per enum fault_mode */
};

#define M_ONE	(1u << FAULT_ONCE)
#define M_ALL	(1u << FAULT_FROM_THEN_ON)
#define M_STORM (1u << FAULT_EVERY_OTHER)
#define M_NEVER (1u << 3) /* all of them from the first on: there is no such call */

/* Every errno that the call can give where the library makes it. */
static const struct fault_kind kinds[] = {
	{ FAULT_ALLOC, ENOMEM, 0, M_ONE | M_ALL },
	{ FAULT_OPEN, EMFILE, 0, M_ONE | M_ALL },
	{ FAULT_OPEN, ENFILE, 0, M_ONE },
	{ FAULT_OPEN, ENOMEM, 0, M_ONE | M_ALL },
	{ FAULT_OPEN, EINTR, MUST_SUCCEED, M_ONE | M_STORM },
	{ FAULT_OPEN, EACCES, MAY_REFUSE | MAY_SAY_GONE, M_ONE | M_ALL },
	{ FAULT_OPEN, EPERM, MAY_REFUSE | MAY_SAY_GONE, M_ONE | M_ALL },
	{ FAULT_OPEN, ENOENT, MAY_SAY_ABSENT | MAY_SAY_GONE, M_ONE | M_ALL },
	{ FAULT_OPEN, ESRCH, MAY_SAY_GONE, M_ONE | M_ALL },
	{ FAULT_OPEN, EIO, MAY_REFUSE, M_ONE },
	{ FAULT_OPEN, ENOTDIR, MAY_SAY_ABSENT, M_ONE },
	{ FAULT_OPEN, ELOOP, MAY_SAY_ABSENT | MAY_REFUSE, M_ONE },
	{ FAULT_OPEN, ENXIO, MAY_REFUSE, M_ONE },
	{ FAULT_OPEN, EWOULDBLOCK, MAY_REFUSE, M_ONE | M_ALL },
	{ FAULT_OPEN, ESTALE, MAY_SAY_ABSENT | MAY_SAY_GONE, M_ONE },
	{ FAULT_OPENAT2, ENOSYS, MUST_SUCCEED, M_NEVER },
	{ FAULT_OPENAT2, EPERM, MAY_REFUSE, M_ONE | M_ALL },
	{ FAULT_OPENAT2, EINVAL, MAY_REFUSE, M_ONE | M_ALL },
	{ FAULT_OPENAT2, EAGAIN, 0, M_ONE | M_ALL },
	{ FAULT_OPENAT2, EINTR, MUST_SUCCEED, M_ONE | M_STORM },
	{ FAULT_OPENAT2, EMFILE, 0, M_ONE | M_ALL },
	{ FAULT_OPENAT2, ENOMEM, 0, M_ONE | M_ALL },
	{ FAULT_OPENAT2, EACCES, MAY_REFUSE, M_ONE },
	{ FAULT_OPENAT2, EXDEV, MAY_REFUSE, M_ONE },
	{ FAULT_OPENAT2, ENOENT, MAY_SAY_ABSENT | MAY_SAY_GONE, M_ONE | M_ALL },
	{ FAULT_READ, EINTR, MUST_SUCCEED, M_ONE | M_STORM },
	{ FAULT_READ, ENOMEM, 0, M_ONE | M_ALL },
	{ FAULT_READ, EIO, MAY_REFUSE, M_ONE | M_ALL },
	{ FAULT_READ, EAGAIN, 0, M_ONE },
	{ FAULT_READ, EACCES, MAY_REFUSE, M_ONE },
	{ FAULT_READ, ESRCH, MAY_SAY_GONE, M_ONE | M_ALL },
	{ FAULT_LIST, EINTR, MUST_SUCCEED, M_ONE | M_STORM },
	{ FAULT_LIST, ENOMEM, 0, M_ONE | M_ALL },
	{ FAULT_LIST, ENOENT, MAY_SAY_ABSENT | MAY_SAY_GONE, M_ONE | M_ALL },
	{ FAULT_LIST, ESRCH, MAY_SAY_GONE, M_ONE },
	{ FAULT_LIST, EACCES, MAY_REFUSE | MAY_SAY_GONE, M_ONE | M_ALL },
	{ FAULT_LIST, EPERM, MAY_REFUSE, M_ONE },
	{ FAULT_LIST, EINVAL, MAY_REFUSE, M_ONE | M_ALL },
	{ FAULT_IOCTL, ENOTTY, MAY_REFUSE, M_ONE | M_ALL | M_NEVER },
	{ FAULT_IOCTL, EINVAL, MAY_REFUSE, M_ONE | M_ALL },
	{ FAULT_IOCTL, EACCES, MAY_REFUSE, M_ONE | M_ALL },
	{ FAULT_IOCTL, EPERM, MAY_REFUSE, M_ONE | M_ALL },
	{ FAULT_IOCTL, ENOSYS, MAY_REFUSE, M_NEVER },
	{ FAULT_IOCTL_NAMED, ENOMEM, 0, M_ONE | M_ALL },
	{ FAULT_IOCTL, EINTR, MUST_SUCCEED, M_ONE | M_STORM },
	{ FAULT_IOCTL, EAGAIN, 0, M_ONE },
	{ FAULT_IOCTL, EIO, MAY_REFUSE, M_ONE },
	{ FAULT_IOCTL, ESRCH, MAY_SAY_GONE, M_ONE | M_ALL },
	{ FAULT_STAT, ENOMEM, 0, M_ONE | M_ALL },
	{ FAULT_STAT, EACCES, MAY_REFUSE, M_ONE },
	{ FAULT_STAT, EPERM, MAY_REFUSE, M_ONE | M_ALL },
	{ FAULT_STAT, ENOENT, MAY_SAY_ABSENT | MAY_SAY_GONE, M_ONE | M_ALL },
	{ FAULT_STAT, ESRCH, MAY_SAY_GONE, M_ONE },
	{ FAULT_STAT, EIO, MAY_REFUSE, M_ONE },
	{ FAULT_STAT, ENOSYS, MAY_REFUSE, M_NEVER },
	{ FAULT_STAT, EINTR, MUST_SUCCEED, M_ONE | M_STORM },
	{ FAULT_STATFS, ENOSYS, MAY_REFUSE, M_NEVER },
	{ FAULT_STATFS, EIO, MAY_REFUSE, M_ONE },
	{ FAULT_STATFS, EINTR, MUST_SUCCEED, M_ONE },
	{ FAULT_MAP, ENOMEM, 0, M_ONE | M_ALL },
	{ FAULT_MAP, EAGAIN, 0, M_ONE },
	{ FAULT_MAP, ENODEV, MAY_REFUSE, M_ONE },
	{ FAULT_MAP, EPERM, MAY_REFUSE, M_ONE },
	{ FAULT_MEMFD, ENOMEM, 0, M_ONE | M_ALL },
	{ FAULT_MEMFD, EMFILE, 0, M_ONE | M_ALL },
	{ FAULT_MEMFD, ENFILE, 0, M_ONE },
	{ FAULT_MEMFD, ENOSYS, MAY_REFUSE, M_NEVER },
	{ FAULT_MEMFD, EPERM, MAY_REFUSE, M_NEVER },
	{ FAULT_LINK, ENOENT, MAY_SAY_ABSENT | MAY_SAY_GONE, M_ONE },
	{ FAULT_LINK, EACCES, MAY_REFUSE, M_ONE | M_ALL },
	{ FAULT_LINK, ENOMEM, 0, M_ONE | M_ALL },
	{ FAULT_LINK, ENAMETOOLONG, MAY_REFUSE, M_ONE },
	{ FAULT_LINK, ESRCH, MAY_SAY_GONE, M_ONE },
	{ FAULT_FCNTL, EMFILE, 0, M_ONE | M_ALL },
	{ FAULT_FCNTL, EPERM, MAY_REFUSE, M_ONE },
	{ FAULT_FCNTL, EBUSY, MAY_REFUSE, M_ONE },
	{ FAULT_SEEK, EINVAL, MAY_REFUSE, M_ONE | M_ALL },
	{ FAULT_SEEK, ESPIPE, MAY_REFUSE, M_ONE },
	{ FAULT_WRITE, EINTR, MUST_SUCCEED, M_ONE | M_STORM },
	{ FAULT_WRITE, ENOMEM, 0, M_ONE | M_ALL },
	{ FAULT_WRITE, ENOSPC, 0, M_ONE | M_ALL },
	{ FAULT_WRITE, EIO, MAY_REFUSE, M_ONE },
	{ FAULT_TRUNCATE, ENOMEM, 0, M_ONE },
	{ FAULT_TRUNCATE, EFBIG, MAY_REFUSE, M_ONE },
	{ FAULT_ACCESS, ENOENT, MAY_SAY_ABSENT | MAY_SAY_GONE, M_ONE },
	{ FAULT_SIGNAL, ESRCH, MAY_SAY_GONE, M_ONE },
	{ FAULT_SIGNAL, EPERM, MAY_REFUSE, M_ONE },
	{ FAULT_SIGNAL, ENOSYS, MAY_REFUSE, M_NEVER },
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

static sigset_t mask_before;
static size_t fds_at_start;

static void check_nothing_left(void)
{
	sigset_t mask = mask_before;

	claim(!fault_account.live_blocks, "%ld blocks leaked", fault_account.live_blocks);
	claim(!fault_account.live_bytes, "%ld bytes left mapped", fault_account.live_bytes);
	claim(count_fds() == fds_at_start, "%zu descriptors, %zu before", count_fds(),
	      fds_at_start);
	require(!sigprocmask(SIG_SETMASK, NULL, &mask));
	claim(!memcmp(&mask, &mask_before, sizeof(mask)), "the signal mask was changed");
}

/* True if the fault came to pass. */
static bool run_once(const struct scenario *s, const struct fault_plan *plan, unsigned int excused)
{
	unsigned int injected;
	int r;

	at_hand = plan;
	excuses = excused;
	faults_start(plan);
	r = s->run(s);
	injected = fault_account.injected;
	check_nothing_left();
	totals->runs++;
	if (!plan)
		return false;
	totals->injected[plan->call] += injected;
	totals->failed_cleanly += r < 0;
	totals->degraded += r > 0;
	if (excused & MUST_SUCCEED)
		claim(r == without_fault, "it made a difference: %d, not %d", r, without_fault);
	return injected;
}

static void run_mode(const struct scenario *s, const struct fault_kind *kind, unsigned int nth,
		     enum fault_mode mode)
{
	const struct fault_plan plan = { kind->call, mode, nth, kind->error, 0 };
	unsigned int excused = kind->excuses;

	/* No kernel has half an ioctl. That an exec cannot be excluded then is fair. */
	if (kind->call == FAULT_IOCTL && nth > 1 && mode != FAULT_ONCE && excused & MAY_REFUSE)
		excused |= MAY_SAY_GONE;
	run_once(s, &plan, excused);
}

static void run_modes(const struct scenario *s, const struct fault_kind *kind, unsigned int nth,
		      unsigned int modes)
{
	enum fault_mode mode;

	for (mode = FAULT_ONCE; mode <= FAULT_EVERY_OTHER; mode++) {
		if (modes & 1u << mode)
			run_mode(s, kind, nth, mode);
	}
	if (modes & M_NEVER && nth == 1)
		run_mode(s, kind, 1, FAULT_FROM_THEN_ON);
}

static unsigned int next_fitting(enum fault_call call, unsigned int k)
{
	do
		k = (k + 1) % N_KINDS;
	while (kinds[k].call != call);
	return k;
}

/* All calls of one kind fail in turn: in every way if they are few. */
static void fail_each(const struct scenario *s, enum fault_call call, unsigned int n_calls,
		      unsigned int step)
{
	unsigned int nth, k = N_KINDS - 1, turn = 0;
	size_t i;

	for (nth = 1; nth <= n_calls; nth++) {
		if (nth > CALLS_IN_FULL) {
			k = next_fitting(call, k);
			if (nth % step == 0)
				run_modes(s, &kinds[k], nth, kinds[k].modes & (1u << turn++ % 3));
			continue;
		}
		for (i = 0; i < N_KINDS; i++) {
			if (kinds[i].call == call)
				run_modes(s, &kinds[i], nth, kinds[i].modes);
		}
	}
}

static void begin(const struct scenario *s)
{
	running = s;
	scenario_name = s->name;
	faults_act_old(s->old);
	/* What a function allocates once for ever, such as a locale, is no leak. */
	count_fds();
	fds_at_start = count_fds();
	require(!sigprocmask(SIG_SETMASK, NULL, &mask_before));
}

static void run_scenario(const struct scenario *s)
{
	unsigned int n_calls[FAULT_CALLS];
	const unsigned int step = under_valgrind() ? 16 : 1;
	enum fault_call call;

	begin(s);
	faults_start(NULL);
	at_hand = NULL;
	excuses = 0;
	without_fault = s->run(s);
	memcpy(n_calls, fault_account.seen, sizeof(n_calls));
	check_nothing_left();
	if (s->run == walk || s->run == find)
		claim(without_fault >= 0, "without a fault: %d", without_fault);
	for (call = 0; call < FAULT_CALLS; call++)
		fail_each(s, call, n_calls[call], step);
	totals->scenarios++;
}

/* Every read of a file gives no more than so many bytes. */
static void run_short_reads(const struct scenario *s)
{
	size_t cut;

	begin(s);
	for (cut = 1; cut <= 160; cut += under_valgrind() ? 53 : 1) {
		const struct fault_plan all = { FAULT_READ, FAULT_FROM_THEN_ON, 1, 0, cut };
		const struct fault_plan second = { FAULT_READ, FAULT_EVERY_OTHER, 2, 0, cut };
		const struct fault_plan one = { FAULT_READ, FAULT_ONCE, (unsigned int)cut / 10 + 1,
						0, cut };

		run_once(s, &all, MUST_SUCCEED);
		run_once(s, &second, MUST_SUCCEED);
		run_once(s, &one, MUST_SUCCEED);
	}
	totals->scenarios++;
}

#define WALK(what, ...)                                           \
	{                                                         \
		.name = "walk: " what, .run = walk, ##__VA_ARGS__ \
	}
#define FIND(what, ...)                                                          \
	{                                                                        \
		.name = "find: " what, .run = find, .label = what, ##__VA_ARGS__ \
	}
#define OPEN(what, ...)                                                              \
	{                                                                            \
		.name = "open: " what, .run = open_one, .label = what, ##__VA_ARGS__ \
	}
#define VICTIM(what, ...)                                                     \
	{                                                                     \
		.name = "gone: " what, .run = walk_of_a_victim, ##__VA_ARGS__ \
	}

static const struct scenario walks[] = {
	WALK("files"),
	WALK("map_files", .source = MF_SOURCE_MAP_FILES),
	WALK("query", .source = MF_SOURCE_QUERY),
	WALK("maps", .source = MF_SOURCE_MAPS),
	WALK("stream", .flags = MF_ITER_STREAM),
	WALK("all", .flags = MF_ITER_ALL),
	WALK("all by query", .flags = MF_ITER_ALL, .source = MF_SOURCE_QUERY),
	WALK("stat", .flags = MF_ITER_STAT),
	WALK("all, stat", .flags = MF_ITER_ALL | MF_ITER_STAT),
	WALK("fds", .flags = MF_ITER_OPEN_FDS),
	WALK("stream, stat, fds", .flags = MF_ITER_STREAM | MF_ITER_STAT | MF_ITER_OPEN_FDS,
	     .from = "private", .to = "two-blanks"),
	WALK("pidfd", .pidfd = true),
	WALK("range", .from = "newline", .to = "brackets", .prot = MF_PROT_READ),
	WALK("writable, all", .flags = MF_ITER_ALL, .prot = MF_PROT_WRITE),
	WALK("another path of procfs", .root = "/proc/../proc/."),
	WALK("fixed memory", .memory = MF_ITER_MEMORY, .to = "newline"),
	WALK("more fixed memory, stat", .memory = sizeof(memory), .flags = MF_ITER_STAT,
	     .to = "newline"),
	WALK("old kernel, files", .old = true),
	WALK("old kernel, stream", .old = true, .flags = MF_ITER_STREAM),
	WALK("old kernel, all", .old = true, .flags = MF_ITER_ALL),
	WALK("old kernel, stat, fds", .old = true, .flags = MF_ITER_STAT | MF_ITER_OPEN_FDS,
	     .from = "mark-literal", .to = "brackets"),
	WALK("main thread gone", .orphan = true),
	WALK("main thread gone, all", .orphan = true, .flags = MF_ITER_ALL),
	WALK("main thread gone, old kernel", .orphan = true, .old = true),
	WALK("main thread gone, maps", .orphan = true, .source = MF_SOURCE_MAPS),
};

static const struct scenario saved_walks[] = {
	WALK("saved tree", .root = ""),
	WALK("saved tree, all", .root = "", .flags = MF_ITER_ALL | MF_ITER_STAT),
	WALK("saved tree, maps", .root = "", .source = MF_SOURCE_MAPS),
	{ .name = "find: in a saved tree", .run = find, .label = "newline", .root = "" },
};

/* What nobody may not follow is looked for by other ways: much work, so pieces. */
static const struct scenario nobodys_walks[] = {
	WALK("nobody, files"),
	WALK("nobody, all", .flags = MF_ITER_ALL),
	WALK("nobody, stat", .flags = MF_ITER_STAT, .from = "private", .to = "shared"),
	WALK("nobody, stat of deleted", .flags = MF_ITER_STAT, .from = "mark-literal",
	     .to = "mark-alone"),
	WALK("nobody, fds", .flags = MF_ITER_OPEN_FDS, .from = "deleted", .to = "replaced"),
};

static const struct scenario finds[] = {
	FIND("private"),
	FIND("deleted"),
	FIND("newline"),
	FIND("octal-deleted"),
	FIND("long-path"),
	FIND("mark-literal"),
	FIND("mark-literal-deleted"),
	FIND("memfd"),
	FIND("anon"),
	FIND("heap"),
	FIND("anon-shared"),
	FIND("zero-private"),
	FIND("=1000"),
	FIND("=ffffffffff600000"),
	FIND("=ffffffffff800000"),
	FIND("long-path", .flags = MF_ITER_STAT),
	FIND("newline", .source = MF_SOURCE_MAPS),
	FIND("shared", .flags = MF_ITER_OPEN_FDS),
	FIND("newline", .old = true),
	FIND("long-path", .old = true),
	FIND("=1000", .old = true),
	FIND("mark-literal", .old = true),
	FIND("memfd", .old = true),
};

static const struct scenario opens[] = {
	OPEN("private"),
	OPEN("shared", .open_flags = MF_OPEN_AS_MAPPED),
	OPEN("deleted"),
	OPEN("read-only", .open_flags = MF_OPEN_AS_MAPPED),
	OPEN("program"),
	OPEN("memfd"),
	OPEN("long-path"),
	OPEN("newline"),
	OPEN("replaced"),
	OPEN("deleted-shadowed"),
	OPEN("link-gone"),
	OPEN("tmpfile-linked"),
	OPEN("private", .open_flags = MF_OPEN_PATH),
	OPEN("io-uring"),
	OPEN("io-uring", .open_flags = MF_OPEN_PATH),
	OPEN("zero-private", .open_flags = MF_OPEN_ANY_TYPE),
	OPEN("private", .open_flags = MF_OPEN_DIRECT),
	OPEN("private", .open_flags = MF_OPEN_MAY_BLOCK),
	OPEN("deleted", .open_flags = MF_OPEN_COPY),
	OPEN("vdso", .open_flags = MF_OPEN_COPY),
	OPEN("longer-than-file", .open_flags = MF_OPEN_COPY),
	OPEN("anon"),
	OPEN("anon", .open_flags = MF_OPEN_COPY),
	OPEN("deleted", .open_flags = MF_OPEN_COPY, .memory = MF_ITER_MEMORY),
	OPEN("private", .old = true),
	OPEN("newline", .old = true),
	OPEN("replaced", .old = true),
	OPEN("long-path", .old = true),
	OPEN("program", .old = true),
	OPEN("deleted", .old = true, .open_flags = MF_OPEN_COPY),
};

static const struct scenario explanations[] = {
	{ .name = "explain: details", .run = explain, .access = MF_ACCESS_DETAILS },
	{ .name = "explain: list", .run = explain, .access = MF_ACCESS_LIST },
	{ .name = "explain: follow", .run = explain, .access = MF_ACCESS_FOLLOW },
	{ .name = "explain: memory", .run = explain, .access = MF_ACCESS_MEMORY },
	{ .name = "explain: in /proc/.",
	  .run = explain,
	  .access = MF_ACCESS_FOLLOW,
	  .root = "/proc/." },
};

static const struct scenario victims[] = {
	VICTIM("files, exit"),
	VICTIM("files, exec", .label = "exec"),
	VICTIM("query, exit", .source = MF_SOURCE_QUERY),
	VICTIM("query, exec", .source = MF_SOURCE_QUERY, .label = "exec"),
	VICTIM("maps, exit", .source = MF_SOURCE_MAPS),
	VICTIM("maps, exec", .source = MF_SOURCE_MAPS, .label = "exec"),
	VICTIM("all, exit", .flags = MF_ITER_ALL),
	VICTIM("all, exec", .flags = MF_ITER_ALL, .label = "exec"),
	VICTIM("old kernel, files, exit", .old = true),
	VICTIM("old kernel, files, exec", .old = true, .label = "exec"),
	VICTIM("old kernel, all, exit", .old = true, .flags = MF_ITER_ALL),
	VICTIM("old kernel, all, exec", .old = true, .flags = MF_ITER_ALL, .label = "exec"),
};

#define N(array) ((int)(sizeof(array) / sizeof(*(array))))

START_TEST(no_fault_makes_a_walk_lie)
{
	run_scenario(&walks[_i]);
}
END_TEST

START_TEST(no_fault_makes_a_saved_tree_lie)
{
	run_scenario(&saved_walks[_i]);
}
END_TEST

START_TEST(no_fault_makes_find_lie)
{
	run_scenario(&finds[_i]);
}
END_TEST

START_TEST(no_fault_makes_open_fd_open_another_file)
{
	run_scenario(&opens[_i]);
}
END_TEST

START_TEST(no_fault_makes_explain_lie)
{
	run_scenario(&explanations[_i]);
}
END_TEST

START_TEST(no_fault_hides_that_the_process_is_gone)
{
	run_scenario(&victims[_i]);
}
END_TEST

static void run_as_nobody(void *arg)
{
	run_scenario(arg);
}

static void as_somebody_else(const struct scenario *s)
{
	in_child_as_nobody(run_as_nobody, (void *)(uintptr_t)s);
}

START_TEST(no_fault_makes_nobodys_walk_lie)
{
	as_somebody_else(&nobodys_walks[_i]);
}
END_TEST

START_TEST(no_fault_makes_nobodys_find_lie)
{
	as_somebody_else(&finds[_i]);
}
END_TEST

START_TEST(no_fault_makes_the_lower_rungs_open_another_file)
{
	as_somebody_else(&opens[_i]);
}
END_TEST

START_TEST(no_fault_makes_explain_lie_to_nobody)
{
	as_somebody_else(&explanations[_i]);
}
END_TEST

START_TEST(short_reads_are_put_together)
{
	static const struct scenario short_walks[] = {
		WALK("maps, short reads", .source = MF_SOURCE_MAPS),
		WALK("all, short reads", .flags = MF_ITER_ALL),
		WALK("saved tree, short reads", .root = "", .flags = MF_ITER_ALL),
	};
	size_t i;

	for (i = 0; i < sizeof(short_walks) / sizeof(*short_walks); i++)
		run_short_reads(&short_walks[i]);
}
END_TEST

START_TEST(short_writes_are_put_together)
{
	const struct scenario s = OPEN("anon", .open_flags = MF_OPEN_COPY);
	size_t cut;

	begin(&s);
	for (cut = 1; cut < 4096; cut = cut * 2 + 1) {
		const struct fault_plan all = { FAULT_WRITE, FAULT_FROM_THEN_ON, 1, 0, cut };

		run_once(&s, &all, MUST_SUCCEED);
	}
	totals->scenarios++;
}
END_TEST

/* The control: what looks for lies finds them. */
static void lie(void *arg)
{
	struct truth *const truth = &truths[as_nobody()];

	scenario_name = "control";
	*(int *)arg = 0;
	truth->list[0].file = true;
	truth->n = 1;
	walk(&walks[0]);
}

static void save_tree(const struct target *t)
{
	char path[400], source[64];
	size_t len;
	char *text;
	int fd;

	snprintf(saved_root, sizeof(saved_root), "%s/saved", temp_dir());
	require(!mkdir(saved_root, 0755));
	snprintf(path, sizeof(path), "%s/%d", saved_root, (int)t->pid);
	require(!mkdir(path, 0755));
	snprintf(source, sizeof(source), "/proc/%d/maps", (int)t->pid);
	text = read_whole(source, &len);
	snprintf(path, sizeof(path), "%s/%d/maps", saved_root, (int)t->pid);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	require(fd >= 0 && write(fd, text, len) == (ssize_t)len);
	close(fd);
	free(text);
}

__attribute__((noreturn)) static void *outlive(void *arg)
{
	*(volatile pid_t *)arg = (pid_t)syscall(SYS_gettid);
	for (;;)
		pause();
}

/* Nothing is mapped by either thread once the main one is gone. */
static void be_orphan(struct child *child)
{
	pthread_t thread;

	require(!pthread_create(&thread, NULL, outlive, child->arg));
	while (!*(volatile pid_t *)child->arg)
		usleep(1000);
	syscall(SYS_exit, 0);
}

static void spawn_orphan(void)
{
	pid_t *const tid =
		mmap(NULL, sizeof(*tid), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child child;

	require(tid != MAP_FAILED);
	child_start(&child, be_orphan, tid);
	close(child.tell_fd);
	close(child.hear_fd);
	wait_state(child.pid, 'Z');
	orphan.pid = child.pid;
	truth_read(&orphans_truth, *tid);
	munmap(tid, sizeof(*tid));
}

static void set_up(void)
{
	spawn_orphan();
	spawn_target(&target, 0);
	truth_read(&truths[0], target.pid);
	save_tree(&target);
	if (!is_root())
		return;
	spawn_target(&nobodys, TARGET_AS_NOBODY);
	truth_read(&truths[1], nobodys.pid);
}

static void tear_down(void)
{
	truth_free(&truths[0]);
	truth_free(&truths[1]);
	truth_free(&orphans_truth);
	child_kill_and_reap(&(struct child){ .pid = orphan.pid });
	end_target(&target);
	if (nobodys.entries)
		end_target(&nobodys);
}

START_TEST(a_list_that_is_not_the_truth_is_noticed)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	require(pid >= 0);
	if (!pid) {
		/* Check would report it as a failure of this test. */
		require(freopen("/dev/null", "w", stdout));
		in_child(lie, &status);
		_exit(EXIT_SUCCESS);
	}
	require(waitpid(pid, &status, 0) == pid);
	require_msg(status, "a missing mapping went unnoticed");
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_unchecked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, no_fault_makes_a_walk_lie, 0, N(walks));
	tcase_add_loop_test(t, no_fault_makes_a_saved_tree_lie, 0, N(saved_walks));
	tcase_add_loop_test(t, no_fault_makes_find_lie, 0, N(finds));
	tcase_add_loop_test(t, no_fault_makes_open_fd_open_another_file, 0, N(opens));
	tcase_add_loop_test(t, no_fault_makes_explain_lie, 0, N(explanations));
	tcase_add_loop_test(t, no_fault_hides_that_the_process_is_gone, 0, N(victims));
	tcase_add_test(t, short_reads_are_put_together);
	tcase_add_test(t, short_writes_are_put_together);
	tcase_add_test(t, a_list_that_is_not_the_truth_is_noticed);
	if (!is_root())
		return;
	tcase_add_loop_test(t, no_fault_makes_nobodys_walk_lie, 0, N(nobodys_walks));
	tcase_add_loop_test(t, no_fault_makes_nobodys_find_lie, 0, N(finds));
	tcase_add_loop_test(t, no_fault_makes_the_lower_rungs_open_another_file, 0, N(opens));
	tcase_add_loop_test(t, no_fault_makes_explain_lie_to_nobody, 0, N(explanations));
}

static Suite *make_suite(void)
{
	Suite *const suite = suite_create("faults");

	totals = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	add_tests(guarded_tcase(suite, "faults"));
	return suite;
}

int main(int argc, char **argv)
{
	const int status = harness_main(argv, make_suite);
	unsigned long n = 0;
	enum fault_call call;

	(void)argc;
	for (call = 0; call < FAULT_CALLS; call++)
		n += totals->injected[call];
	printf("faults %lu injected, %lu scenarios, %lu runs (%lu failed cleanly, %lu told less), "
	       "%s wrong\n",
	       n, totals->scenarios, totals->runs, totals->failed_cleanly, totals->degraded,
	       status ? "some" : "0");
	for (call = 0; call < FAULT_CALLS; call++)
		printf("%14s %lu\n", fault_call_name(call), totals->injected[call]);
	return status;
}
