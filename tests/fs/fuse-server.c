/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A FUSE server that can fall silent, one operation at a time, and counts what
 * it is asked. Only /dev/fuse, no library, see the header.
 */
#include "fuse-server.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mounts.h"

#define REQUEST_SIZE (256 << 10)

struct node {
	uint64_t id, parent, inode;
	const char *name;
	char fill; /* 0: a directory */
};

static const struct node nodes[] = {
	{ 1, 0, 1, "", 0 },	   { 2, 1, 20, "file", 'f' }, { 3, 1, 30, "dir", 0 },
	{ 4, 3, 40, "file", 'g' }, { 5, 1, 20, "twin", 't' }, { 6, 1, 20, "same", 'f' },
};

#define N_NODES (sizeof(nodes) / sizeof(nodes[0]))

static const struct node *by_id(uint64_t id)
{
	return id >= 1 && id <= N_NODES ? &nodes[id - 1] : NULL;
}

static const struct node *by_name(uint64_t parent, const char *name)
{
	size_t i;

	for (i = 1; i < N_NODES; i++)
		if (nodes[i].parent == parent && !strcmp(nodes[i].name, name))
			return &nodes[i];
	return NULL;
}

static void reply(int fd, uint64_t unique, int error, const void *data, size_t len)
{
	struct fuse_out_header head;
	struct iovec parts[2];

	head.len = (uint32_t)(sizeof(head) + len);
	head.error = error;
	head.unique = unique;
	parts[0].iov_base = &head;
	parts[0].iov_len = sizeof(head);
	parts[1].iov_base = (void *)(uintptr_t)data;
	parts[1].iov_len = len;
	/* A request that was interrupted is gone: ENOENT, nothing to do about it. */
	if (writev(fd, parts, 2) < 0)
		return;
}

static void fill_attr(const struct node *node, struct fuse_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	attr->ino = node->inode;
	attr->mode = node->fill ? S_IFREG | 0644 : S_IFDIR | 0755;
	attr->size = node->fill ? FUSE_FILE_SIZE : 0;
	attr->nlink = 1;
	attr->blksize = 4096;
}

static void on_init(int fd, const struct fuse_in_header *in)
{
	struct fuse_init_out out;

	memset(&out, 0, sizeof(out));
	out.major = FUSE_KERNEL_VERSION;
	out.minor = 31;
	out.max_write = 4096;
	reply(fd, in->unique, 0, &out, sizeof(out));
}

static void on_lookup(int fd, const struct fuse_in_header *in, uint32_t valid)
{
	const struct node *node = by_name(in->nodeid, (const char *)(in + 1));
	struct fuse_entry_out out;

	if (!node) {
		reply(fd, in->unique, -ENOENT, NULL, 0);
		return;
	}
	memset(&out, 0, sizeof(out));
	out.nodeid = node->id;
	out.entry_valid = valid;
	out.attr_valid = valid;
	fill_attr(node, &out.attr);
	reply(fd, in->unique, 0, &out, sizeof(out));
}

static void on_getattr(int fd, const struct fuse_in_header *in, uint32_t valid)
{
	struct fuse_attr_out out;

	memset(&out, 0, sizeof(out));
	out.attr_valid = valid;
	fill_attr(by_id(in->nodeid), &out.attr);
	reply(fd, in->unique, 0, &out, sizeof(out));
}

static void on_open(int fd, const struct fuse_in_header *in)
{
	struct fuse_open_out out;

	memset(&out, 0, sizeof(out));
	reply(fd, in->unique, 0, &out, sizeof(out));
}

static void on_read(int fd, const struct fuse_in_header *in)
{
	const struct fuse_read_in *ask = (const void *)(in + 1);
	char data[FUSE_FILE_SIZE];
	size_t len = 0;

	memset(data, by_id(in->nodeid)->fill, sizeof(data));
	if (ask->offset < sizeof(data))
		len = sizeof(data) - (size_t)ask->offset;
	if (len > ask->size)
		len = ask->size;
	reply(fd, in->unique, 0, data, len);
}

static void answer(int fd, const struct fuse_in_header *in, uint32_t valid)
{
	struct fuse_statfs_out statfs_out;

	switch (in->opcode) {
	case FUSE_INIT:
		on_init(fd, in);
		break;
	case FUSE_LOOKUP:
		on_lookup(fd, in, valid);
		break;
	case FUSE_GETATTR:
		on_getattr(fd, in, valid);
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		on_open(fd, in);
		break;
	case FUSE_READ:
		on_read(fd, in);
		break;
	case FUSE_STATFS:
		memset(&statfs_out, 0, sizeof(statfs_out));
		reply(fd, in->unique, 0, &statfs_out, sizeof(statfs_out));
		break;
	case FUSE_READDIR:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		reply(fd, in->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		reply(fd, in->unique, -ENOSYS, NULL, 0);
	}
}

static void serve(int fd, struct fuse_control *control)
{
	char *request = malloc(REQUEST_SIZE);
	const struct fuse_in_header *in = (const void *)request;
	uint64_t mute;
	ssize_t n;

	while (request) {
		n = read(fd, request, REQUEST_SIZE);
		if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT))
			continue;
		if (n < (ssize_t)sizeof(*in))
			break; /* ENODEV: unmounted */
		__atomic_add_fetch(&control->seen[in->opcode & 63], 1, __ATOMIC_SEQ_CST);
		mute = __atomic_load_n(&control->mute, __ATOMIC_SEQ_CST);
		if (!(mute >> (in->opcode & 63) & 1))
			answer(fd, in, control->valid);
	}
	_exit(0);
}

const char *fuse_start(struct fuse_server *server, const char *dir, uint32_t valid)
{
	static char why[128];
	char data[128];
	int fd, r;

	make_dir(dir);
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return "no /dev/fuse";
	server->control = mmap(NULL, sizeof(*server->control), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (server->control == MAP_FAILED)
		return "no memory";
	server->control->valid = valid;
	snprintf(data, sizeof(data),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions", fd);
	r = mount("test", dir, "fuse.test", MS_NOSUID | MS_NODEV, data);
	snprintf(why, sizeof(why), "mount of fuse: %s", strerror(errno));
	if (r < 0) {
		close(fd);
		return why;
	}
	server->pid = fork();
	if (server->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd, server->control);
	}
	/* Only the server may hold it: its death is what wakes those who wait. */
	close(fd);
	return server->pid < 0 ? "fork failed" : NULL;
}

void fuse_kill(struct fuse_server *server)
{
	if (server->pid <= 0)
		return;
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
}

uint32_t fuse_requests(const struct fuse_server *server)
{
	uint32_t total = 0;
	size_t i;

	for (i = 0; i < 64; i++)
		if (i != FUSE_FORGET && i != FUSE_BATCH_FORGET && i != FUSE_INTERRUPT &&
		    i != FUSE_RELEASE && i != FUSE_RELEASEDIR)
			total += __atomic_load_n(&server->control->seen[i], __ATOMIC_SEQ_CST);
	return total;
}
