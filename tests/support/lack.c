/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes kernel features away, see lack.h. A seccomp filter answers for the
 * kernel; where the answer depends on memory, which a filter cannot read, it
 * asks a process that is outside of the filter. Must not use the library.
 */
#define _FILE_OFFSET_BITS 64
#include "lack.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define NATIVE AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined(__s390x__)
#define NATIVE AUDIT_ARCH_S390X
#endif

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

#define QUERY_IOCTL    0xc0686611u
#define SCAN_IOCTL     0xc0606610u
#define RESOLVE_CACHED 0x20

/* The low half of a system call's second argument. */
#define ARG_1_LOW      (offsetof(struct seccomp_data, args[1]) + (BYTE_ORDER == BIG_ENDIAN ? 4 : 0))

struct call {
	uint64_t args[6];
	pid_t pid;
};

struct feature {
	const char *name;
	uint32_t number; /* the system call that is refused */
	uint32_t request; /* only with this second argument; 0: always */
	uint32_t error;
	/* Only if this says so, in a process outside of the filter. */
	bool (*is_refused)(const struct call *call);
};

static bool read_memory(pid_t pid, uint64_t addr, void *ret, size_t size)
{
	const struct iovec here = { ret, size };
	const struct iovec there = { (void *)(uintptr_t)addr, size };

	return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

static bool asks_for_cached(const struct call *call)
{
	uint64_t how[3]; /* struct open_how */

	return read_memory(call->pid, call->args[2], how, sizeof(how)) && how[2] & RESOLVE_CACHED;
}

static bool opens_map_files(const struct call *call)
{
	static const char name[] = "map_files";
	char path[256];
	size_t len = 0;

	while (len < sizeof(path) - 1 &&
	       read_memory(call->pid, call->args[1] + len, &path[len], 1) && path[len])
		len++;
	path[len] = '\0';
	return len >= sizeof(name) - 1 && !strcmp(path + len - (sizeof(name) - 1), name);
}

static const struct feature features[] = {
	{ "query", SYS_ioctl, QUERY_IOCTL, ENOTTY, NULL },
	{ "openat2", SYS_openat2, 0, ENOSYS, NULL },
	{ "cached", SYS_openat2, 0, EINVAL, asks_for_cached },
	{ "pagemap_scan", SYS_ioctl, SCAN_IOCTL, ENOTTY, NULL },
	{ "memfd", SYS_memfd_create, 0, ENOSYS, NULL },
	{ "pidfd_send_signal", SYS_pidfd_send_signal, 0, ENOSYS, NULL },
	{ "map_files", SYS_openat, 0, ENOENT, opens_map_files },
};

#define N_FEATURES (sizeof(features) / sizeof(*features))

static bool lacking[N_FEATURES];

static const struct feature *find_feature(const char *name, size_t len)
{
	for (size_t i = 0; i < N_FEATURES; i++)
		if (strlen(features[i].name) == len && !memcmp(features[i].name, name, len))
			return &features[i];
	return NULL;
}

/* The kernel itself has no such request for that file of procfs. */
static bool is_unknown(const char *path, unsigned long request)
{
	uint64_t zeros[16] = { 0 };
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const bool unknown = fd >= 0 && ioctl(fd, request, zeros) < 0 && errno == ENOTTY;

	if (fd >= 0)
		close(fd);
	return unknown;
}

bool lacks(const char *feature)
{
	const struct feature *f = find_feature(feature, strlen(feature));

	if (f && f->request == QUERY_IOCTL)
		return lacking[f - features] || is_unknown("/proc/self/maps", QUERY_IOCTL);
	if (f && f->request == SCAN_IOCTL)
		return lacking[f - features] || is_unknown("/proc/self/pagemap", SCAN_IOCTL);
	return f && lacking[f - features];
}

#ifdef NATIVE

/* The descriptor on which the filter's questions come, or -errno. */
static int install(const struct feature *feature, unsigned int flags)
{
	const uint32_t answer = feature->is_refused ? SECCOMP_RET_USER_NOTIF :
						      SECCOMP_RET_ERRNO | feature->error;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, feature->number, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG_1_LOW),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, feature->request, 0, feature->request ? 1 : 0),
		BPF_STMT(BPF_RET | BPF_K, answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(*code), code };
	long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);

	/* Without CAP_SYS_ADMIN only those who can gain no privileges may do this. */
	if (r < 0 && errno == EACCES && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	return r < 0 ? -errno : (int)r;
}

static void answer_one(const struct feature *feature, int listener)
{
	struct seccomp_notif question = { 0 };
	struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	struct call call;

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &question))
		return;
	call.pid = (pid_t)question.pid;
	for (size_t i = 0; i < 6; i++)
		call.args[i] = question.data.args[i];
	answer.id = question.id;
	if (feature->is_refused(&call)) {
		answer.error = -(int32_t)feature->error;
		answer.flags = 0;
	}
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

static int receive_fd(int from)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static bool send_fd(int to, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { (char[]){ 0 }, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	return sendmsg(to, &message, 0) == 1;
}

static void close_all_but(int kept_fd)
{
	for (int fd = 0; fd < 256; fd++)
		if (fd != kept_fd)
			close(fd);
}

/* Lives as long as anybody is in the filter, then hears that it is deserted. */
__attribute__((noreturn)) static void supervise(const struct feature *feature, int from)
{
	struct pollfd ready = { .events = POLLIN };

	setsid();
	/* Nobody who waits for the end of our output, or of the other end, may wait for this process. */
	close_all_but(from);
	ready.fd = receive_fd(from);
	close(from);
	while (ready.fd >= 0 && (poll(&ready, 1, -1) > 0 || errno == EINTR)) {
		if (ready.revents & POLLIN)
			answer_one(feature, ready.fd);
		else if (ready.revents & (POLLHUP | POLLERR))
			break;
	}
	_exit(0);
}

/* Forked twice: the test's own wait() must not find it. */
static bool start_supervisor(const struct feature *feature, int from)
{
	pid_t pid = fork();

	if (!pid) {
		if (!fork())
			supervise(feature, from);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

static int lack_with_supervisor(const struct feature *feature)
{
	int pair[2], listener, error = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	if (!start_supervisor(feature, pair[1])) {
		error = -errno;
	} else {
		listener = install(feature, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		if (listener < 0)
			error = listener;
		else if (!send_fd(pair[0], listener))
			error = -errno;
		if (listener >= 0)
			close(listener);
	}
	close(pair[0]);
	close(pair[1]);
	return error;
}

int lack(const char *feature)
{
	const struct feature *f = find_feature(feature, strlen(feature));
	int error;

	if (!f)
		return -EINVAL;
	if (lacking[f - features])
		return 0;
	error = f->is_refused ? lack_with_supervisor(f) : install(f, 0);
	lacking[f - features] = !error;
	return error;
}

#else

int lack(const char *feature)
{
	return find_feature(feature, strlen(feature)) ? -EOPNOTSUPP : -EINVAL;
}

#endif

/* In the environment of programs that were executed inside of the filter. */
#define MARK_VARIABLE "MF_TEST_LACKING"

/* Referred to by the linker's command line, or no program would contain it. */
void lack_from_environment(void);

__attribute__((constructor)) void lack_from_environment(void)
{
	const char *wanted = getenv(LACK_VARIABLE), *mark = getenv(MARK_VARIABLE);
	const bool done = wanted && mark && !strcmp(wanted, mark);
	char name[64];

	for (const char *pos = wanted; pos && *pos;) {
		const size_t len = strcspn(pos, ",");
		int error;

		snprintf(name, sizeof(name), "%.*s", (int)len, pos);
		if (done && find_feature(pos, len)) {
			lacking[find_feature(pos, len) - features] = true;
			error = 0;
		} else {
			error = lack(name);
		}
		if (error) {
			printf("SKIP: %s=%s: %s\n", LACK_VARIABLE, name, strerror(-error));
			fflush(stdout);
			/* A misspelt name must not pass for a skip. */
			_exit(error == -EINVAL ? EXIT_FAILURE : 77);
		}
		pos += len + (pos[len] == ',');
	}
	if (wanted)
		setenv(MARK_VARIABLE, wanted, 1);
}
