/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who opens and who is opened, see the header. A change of user clears both the
 * death signal and the dumpable flag, so both are set after it.
 */
#include "victim.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct victim_shared {
	int cmd;
	long result;
};

struct start {
	const struct who *who;
	victim_fn *fn;
	void *arg;
	struct victim_shared *shared;
};

const struct who who_root = { "root", 0, 0, USERNS_NONE };
const struct who who_nobody = { "nobody", NOBODY, 0, USERNS_NONE };

static int set_caps(uint64_t caps)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	memset(data, 0, sizeof(data));
	data[0].effective = data[0].permitted = (uint32_t)caps;
	data[1].effective = data[1].permitted = (uint32_t)(caps >> 32);
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -EIO;
}

static int new_userns(unsigned int uid)
{
	char map[64];
	int r;

	if (unshare(CLONE_NEWUSER) < 0)
		return -errno;
	/* /proc/self belongs to root while this is not dumpable. */
	prctl(PR_SET_DUMPABLE, 1);
	snprintf(map, sizeof(map), "0 %u 1\n", uid);
	r = write_text("/proc/self/setgroups", "deny");
	if (r == 0)
		r = write_text("/proc/self/gid_map", map);
	if (r == 0)
		r = write_text("/proc/self/uid_map", map);
	return r;
}

static int join_userns(pid_t pid)
{
	char path[64];
	int fd, r;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = setns(fd, CLONE_NEWUSER) < 0 ? -errno : 0;
	close(fd);
	if (r == 0 && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		r = -errno;
	return r;
}

static int change_user(const struct who *who)
{
	if (who->uid == 0)
		return 0;
	if (setgroups(0, NULL) < 0 || prctl(PR_SET_KEEPCAPS, 1) < 0 ||
	    setresgid(who->uid, who->uid, who->uid) < 0 ||
	    setresuid(who->uid, who->uid, who->uid) < 0)
		return -errno;
	return set_caps(who->caps);
}

int become(const struct who *who)
{
	int r;

	if (who->userns > 0) {
		r = setgroups(0, NULL) < 0 ? -errno : join_userns(who->userns);
	} else {
		r = change_user(who);
		if (r == 0 && who->userns == USERNS_NEW)
			r = new_userns(who->uid);
	}
	if (prctl(PR_SET_DUMPABLE, 1) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return r;
}

/* What the test holds open would let the library find anything in our fd/. */
static void drop_fds(const struct child *child)
{
	int fd;

	for (fd = 3; fd < VICTIM_KEEP; fd++)
		if (fd != child->tell_fd && fd != child->hear_fd)
			close(fd);
}

static void run(struct child *child)
{
	const struct start *start = child->arg;
	struct victim_shared *shared = start->shared;
	struct start copy = *start;
	int r;

	shared->result = copy.fn(copy.arg, 0);
	drop_fds(child);
	r = become(copy.who);
	if (r < 0)
		shared->result = r;
	/* Yama's ptrace_scope 1 would forbid what the tests expect to be allowed. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	for (;;) {
		child_tell(child);
		if (!child_hear(child))
			_exit(0);
		shared->result = copy.fn(copy.arg, shared->cmd);
	}
}

void victim_start(struct victim *victim, const struct who *who, victim_fn *fn, void *arg)
{
	struct start start = { who, fn, arg, NULL };

	victim->shared = mmap(NULL, sizeof(*victim->shared), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	require(victim->shared != MAP_FAILED);
	start.shared = victim->shared;
	child_start(&victim->child, run, &start);
	victim->pid = victim->child.pid;
	require_msg(child_hear(&victim->child), "the victim died in its set-up");
	require_msg(victim->shared->result >= 0, "the victim's set-up: %s",
		    strerror((int)-victim->shared->result));
}

void victim_tell(struct victim *victim, int cmd)
{
	victim->shared->cmd = cmd;
	child_tell(&victim->child);
}

long victim_do(struct victim *victim, int cmd)
{
	victim_tell(victim, cmd);
	require_msg(child_hear(&victim->child), "the victim died in command %d", cmd);
	return victim->shared->result;
}

void victim_end(struct victim *victim)
{
	child_end(&victim->child);
	munmap(victim->shared, sizeof(*victim->shared));
}

static bool find_line(pid_t pid, uint64_t addr, uint64_t inode, struct raw_mapping *ret)
{
	char path[64], line[8192];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*x %x:%x %" SCNu64, &ret->start,
			   &ret->end, &ret->major, &ret->minor, &ret->inode) != 5)
			continue;
		found = inode ? ret->inode == inode : ret->start <= addr && addr < ret->end;
	}
	if (file)
		fclose(file);
	if (found)
		snprintf(ret->link, sizeof(ret->link), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64,
			 (int)pid, ret->start, ret->end);
	return found;
}

bool raw_find(pid_t pid, uint64_t addr, struct raw_mapping *ret)
{
	return find_line(pid, addr, 0, ret);
}

bool raw_find_inode(pid_t pid, uint64_t inode, struct raw_mapping *ret)
{
	return find_line(pid, 0, inode, ret);
}

bool raw_stat(pid_t pid, uint64_t addr, struct stat *st)
{
	struct raw_mapping raw;

	return raw_find(pid, addr, &raw) && stat(raw.link, st) == 0;
}

bool raw_status(pid_t pid, const char *field, char *value, size_t size)
{
	char path[64], line[512];
	size_t len = strlen(field);
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file)) {
		found = !strncmp(line, field, len) && line[len] == ':';
		if (found)
			snprintf(value, size, "%s", line + len + 1);
	}
	if (file)
		fclose(file);
	return found;
}
