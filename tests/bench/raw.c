/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system calls that the floors are made of.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "raw.h"

#define RAW_PROCMAP_QUERY _IOWR('f', 17, struct raw_query)

int raw_open(pid_t pid, const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int raw_query(int maps_fd, struct raw_query *query)
{
	query->size = sizeof(*query);
	return ioctl(maps_fd, RAW_PROCMAP_QUERY, query) < 0 ? -errno : 0;
}

int64_t raw_getdents(int fd, void *buf, uint32_t size)
{
	long n = syscall(SYS_getdents64, fd, buf, size);

	return n < 0 ? -errno : n;
}
