/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first process of the test machines: mounts what a program expects, runs
 * each program named in /tests/list and prints one line about it for
 * tests/kernels/run to read. It knows nothing about what the programs test.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS_PER_POLL 20
#define GRACE_MS    3000
#define BLOCK	    4096

static const struct {
	const char *type;
	const char *dir;
	mode_t mode;
	const char *data;
} mounts[] = {
	{ "proc", "/proc", 0555, NULL },
	{ "sysfs", "/sys", 0555, NULL },
	{ "devtmpfs", "/dev", 0755, NULL },
	{ "devpts", "/dev/pts", 0755, NULL },
	{ "tmpfs", "/dev/shm", 01777, "mode=1777" },
	{ "tmpfs", "/run", 0755, "mode=755" },
	{ "tmpfs", "/tmp", 01777, "mode=1777" },
	{ "tmpfs", "/var/tmp", 01777, "mode=1777" },
};

static void mount_all(void)
{
	(void)mkdir("/var", 0755);
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		(void)mkdir(mounts[i].dir, mounts[i].mode);
		if (mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0, mounts[i].data) < 0)
			printf("INIT: mount %s: %s\n", mounts[i].dir, strerror(errno));
	}
}

/* The image holds no device nodes (it is made without root), so there is no console before devtmpfs. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	(void)ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0)
		printf("INIT: module %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* Calls fn with every line of a small file, the newline cut off. */
static void each_line(const char *path, void (*fn)(const char *))
{
	FILE *f = fopen(path, "re");
	char line[256];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (line[0])
			fn(line);
	}
	fclose(f);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void exec_program(const char *path)
{
	static char *const env[] = {
		"PATH=/bin:/tests",
		"HOME=/tmp",
		"TMPDIR=/tmp",
		"LC_ALL=C",
		"USER=root",
		/* Emulation is slow; a test that hangs is ended by libcheck all the same. */
		"CK_TIMEOUT_MULTIPLIER=15",
		"CK_VERBOSITY=normal",
		"MF_TEST_VM=1",
		NULL,
	};
	char *const argv[] = { (char *)path, NULL };

	setsid();
	if (chdir("/tests") == 0)
		execve(path, argv, env);
	printf("INIT: exec %s: %s\n", path, strerror(errno));
	_exit(127);
}

/* Reaps whatever ends; returns 1 once pid has ended (its status in *status), or, for pid 0, all have. */
static int reap(pid_t pid, int *status)
{
	int st;
	pid_t got;

	while ((got = waitpid(-1, &st, WNOHANG)) > 0) {
		if (got == pid) {
			*status = st;
			return 1;
		}
	}
	return pid == 0 && got < 0;
}

static int reap_until(pid_t pid, int *status, int64_t deadline)
{
	while (!reap(pid, status)) {
		if (now_ms() > deadline)
			return 0;
		usleep(MS_PER_POLL * 1000);
	}
	return 1;
}

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A program must leave no process behind: what it orphaned is now ours. */
static void clear_leftovers(const char *name)
{
	int status;

	if (reap_until(0, &status, now_ms() + GRACE_MS))
		return;
	printf("LEFT %s\n", name);
	kill(-1, SIGKILL);
	reap_until(0, &status, now_ms() + GRACE_MS);
}

/* A line of the list is "NAME SECONDS". */
static void run_program(const char *line)
{
	char name[64], path[80];
	int seconds, status = 0, rc;
	int64_t start = now_ms();
	pid_t pid;

	if (sscanf(line, "%63s %d", name, &seconds) != 2)
		return;
	snprintf(path, sizeof(path), "/tests/%s", name);
	printf("START %s\n", name);
	pid = fork();
	if (pid == 0)
		exec_program(path);
	if (pid < 0) {
		rc = 126;
	} else if (reap_until(pid, &status, start + (int64_t)seconds * 1000)) {
		rc = exit_code(status);
	} else {
		rc = 124;
		kill(-1, SIGKILL);
	}
	clear_leftovers(name);
	printf("\nTIME %s %lld\nRESULT %s %d\n", name, (long long)(now_ms() - start), name, rc);
}

/* Fills an empty image with the blocks of one made beforehand: "OFFSET " in 20 characters, then the block. */
static int make_fs(const char *type, const char *image)
{
	char path[80], record[20 + BLOCK];
	FILE *f;
	int fd, ret = 0;

	snprintf(path, sizeof(path), "/images/%s", type);
	f = fopen(path, "re");
	fd = open(image, O_WRONLY | O_CLOEXEC);
	if (!f || fd < 0)
		return 1;
	while (!ret && fread(record, sizeof(record), 1, f) == 1)
		ret = pwrite(fd, record + 20, BLOCK, strtoll(record, NULL, 10)) != BLOCK;
	fclose(f);
	close(fd);
	return ret;
}

/* What tests exec, /bin/true, /bin/sleep and /bin/mkfs.TYPE, is this file too, also when they copied it. */
static int be_a_program(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	name = name ? name + 1 : argv[0];
	if (!strncmp(name, "mkfs.", 5))
		return make_fs(name + 5, argv[argc - 1]);
	while (argc == 2 && atoi(argv[1]) > 0)
		pause();
	return 0;
}

int main(int argc, char **argv)
{
	struct utsname un;

	if (getpid() != 1)
		return be_a_program(argc, argv);
	mount_all();
	open_console();
	uname(&un);
	printf("\nKERNEL %s %s\n", un.release, un.machine);
	loopback_up();
	each_line("/modules/list", load_module);
	each_line("/tests/list", run_program);
	printf("DONE\n");
	fflush(NULL);
	sync();
	reboot(RB_POWER_OFF);
	reboot(RB_AUTOBOOT);
	return 1;
}
