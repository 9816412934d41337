/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File systems for the tests of the opened descriptor. The loop devices clear
 * themselves when their last mount goes, so a killed test leaves nothing.
 */
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/loop.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define IMAGE_SIZE (320L << 20)

static void die(const char *what, const char *path)
{
	printf("%s %s: %s\n", what, path, strerror(errno));
	fflush(stdout);
	abort();
}

int unshare_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	return 0;
}

const char *mounts_enter(void)
{
	if (geteuid() != 0)
		return "not root";
	if (unshare_mounts() < 0)
		return "no private mount namespace";
	if (mount("base", BASE, "tmpfs", MS_STRICTATIME, "mode=0755") < 0)
		return "no tmpfs can be mounted on " BASE;
	return NULL;
}

void mounts_bind(const char *from, const char *to)
{
	if (mount(from, to, "none", MS_BIND, NULL) < 0)
		die("bind mount on", to);
}

void mounts_tmpfs(const char *dir)
{
	make_dir(dir);
	if (mount("tmpfs", dir, "tmpfs", MS_STRICTATIME, "mode=0755") < 0)
		die("tmpfs on", dir);
}

bool mounts_proc(const char *dir, const char *options)
{
	make_dir(dir);
	return mount("proc", dir, "proc", 0, options) == 0;
}

void make_dir(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die("mkdir", path);
}

void make_file(const char *path, int fill, size_t len)
{
	unsigned char page[4096];
	int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644);
	size_t n;

	if (fd < 0)
		die("create", path);
	memset(page, fill, sizeof(page));
	for (; len > 0; len -= n) {
		n = len < sizeof(page) ? len : sizeof(page);
		if (write(fd, page, n) != (ssize_t)n)
			die("write", path);
	}
	if (fchmod(fd, 0644) < 0)
		die("chmod", path);
	close(fd);
}

void stat_of(const char *path, struct stat *st)
{
	if (stat(path, st) < 0)
		die("stat", path);
}

static int make_fs(const char *type, const char *image)
{
	char program[64];
	int status;
	pid_t pid;

	snprintf(program, sizeof(program), "mkfs.%s", type);
	pid = fork();
	if (pid == 0) {
		int null_fd = open("/dev/null", O_RDWR);

		dup2(null_fd, 1);
		dup2(null_fd, 2);
		if (!strcmp(type, "ext4"))
			execlp(program, program, "-q", "-F", image, (char *)NULL);
		else
			execlp(program, program, "-q", "-f", image, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Another process may take the free device first: then ask for the next one. */
static int attach_loop(int image_fd, char *name, size_t size)
{
	struct loop_config config;
	int ctl_fd, fd, nr, tries;

	ctl_fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (ctl_fd < 0)
		return -1;
	memset(&config, 0, sizeof(config));
	config.fd = (uint32_t)image_fd;
	config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
	for (tries = 0, fd = -1; tries < 16 && fd < 0; tries++) {
		nr = ioctl(ctl_fd, LOOP_CTL_GET_FREE);
		if (nr < 0)
			break;
		snprintf(name, size, "/dev/loop%d", nr);
		fd = open(name, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			break;
		if (ioctl(fd, LOOP_CONFIGURE, &config) < 0) {
			close(fd);
			fd = -1;
		}
	}
	close(ctl_fd);
	return fd;
}

const char *mounts_loop(const char *type, const char *dir)
{
	static char why[128];
	char image[256], device[32];
	int image_fd, loop_fd, r;

	make_dir(dir);
	snprintf(image, sizeof(image), "%s.image", dir);
	image_fd = open(image, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (image_fd < 0 || ftruncate(image_fd, IMAGE_SIZE) < 0)
		die("image", image);
	r = make_fs(type, image);
	if (r != 0) {
		close(image_fd);
		snprintf(why, sizeof(why), r == 127 ? "no mkfs.%s" : "mkfs.%s failed", type);
		return why;
	}
	loop_fd = attach_loop(image_fd, device, sizeof(device));
	close(image_fd);
	if (loop_fd < 0)
		return "no loop device";
	r = mount(device, dir, type, 0, NULL);
	if (r < 0)
		snprintf(why, sizeof(why), "mount of %s: %s", type, strerror(errno));
	close(loop_fd);
	if (r < 0)
		return why;
	return chmod(dir, 0755) < 0 ? "chmod failed" : NULL;
}

int mounts_subvolume(const char *parent, const char *name)
{
	struct btrfs_ioctl_vol_args args;
	int fd, r;

	memset(&args, 0, sizeof(args));
	snprintf(args.name, sizeof(args.name), "%s", name);
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = ioctl(fd, BTRFS_IOC_SUBVOL_CREATE, &args) < 0 ? -errno : 0;
	close(fd);
	return r;
}

int mounts_snapshot(const char *subvolume, const char *parent, const char *name)
{
	struct btrfs_ioctl_vol_args_v2 args;
	int fd, from_fd, r;

	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	from_fd = open(subvolume, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || from_fd < 0)
		die("open", subvolume);
	memset(&args, 0, sizeof(args));
	args.fd = from_fd;
	snprintf(args.name, sizeof(args.name), "%s", name);
	r = ioctl(fd, BTRFS_IOC_SNAP_CREATE_V2, &args) < 0 ? -errno : 0;
	close(from_fd);
	close(fd);
	return r;
}

const char *mounts_overlay(const char *lower, const char *upper, const char *work,
			   const char *options, const char *dir)
{
	static char why[128];
	char data[1024];

	make_dir(dir);
	snprintf(data, sizeof(data), "lowerdir=%s,upperdir=%s,workdir=%s%s%s", lower, upper, work,
		 options ? "," : "", options ? options : "");
	if (mount("overlay", dir, "overlay", 0, data) == 0)
		return NULL;
	snprintf(why, sizeof(why), "mount of overlay: %s", strerror(errno));
	return why;
}
