/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The runner and its helpers, see harness.h. Nothing here uses the library.
 *
 * Check does not run the teardown of a test that failed in its own process, so
 * nothing relies on it: children die with their parent, and a janitor process
 * that outlives even a killed runner removes files and gives huge pages back.
 */
#define _FILE_OFFSET_BITS 64
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUGEPAGES "/proc/sys/vm/nr_hugepages"
#define TUNABLES  "glibc.malloc.tcache_count=0"
#define MAX_PATHS 16

/* Shared by the runner, its tests, their children and the janitor. */
struct state {
	char dir[256];
	char paths[MAX_PATHS][128];
	int n_paths;
	long n_hugepages; /* to be given back */
	char failure[4096]; /* what a child wants its test to report */
};

static struct state *state;
static pid_t runner_pid;
static bool is_child;
static bool counts_bytes;
static size_t fds_before;
static size_t bytes_before;

bool is_root(void)
{
	return geteuid() == 0;
}

static int remove_tree(int dirfd, const char *name)
{
	if (!unlinkat(dirfd, name, 0))
		return 0;

	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;

	DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove_tree(fd, entry->d_name);
	if (dir)
		closedir(dir);
	return unlinkat(dirfd, name, AT_REMOVEDIR) ? -errno : 0;
}

static void write_number(const char *path, long number)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	dprintf(fd, "%ld", number);
	close(fd);
}

static long read_number(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;

	ssize_t len = read(fd, text, sizeof(text) - 1);

	close(fd);
	return len > 0 ? strtol(text, NULL, 10) : -1;
}

/* How many more there are now. Programs that run at once add and take away in turn. */
static long add_hugepages(long n_pages)
{
	int fd = open(HUGEPAGES, O_RDWR | O_CLOEXEC);
	long before, after;

	if (fd < 0)
		return 0;
	flock(fd, LOCK_EX);
	before = read_number(HUGEPAGES);
	write_number(HUGEPAGES, before + n_pages);
	after = read_number(HUGEPAGES);
	close(fd);
	return after - before;
}

__attribute__((noreturn)) static void janitor(int runner_fd)
{
	char byte;

	/* Neither a signal to the runner's group nor its death may stop this. */
	setsid();
	while (read(runner_fd, &byte, 1) < 0 && errno == EINTR)
		;
	for (int i = 0; i < state->n_paths; i++)
		unlink(state->paths[i]);
	remove_tree(AT_FDCWD, state->dir);
	if (state->n_hugepages > 0)
		add_hugepages(-state->n_hugepages);
	_exit(0);
}

const char *temp_dir(void)
{
	return state->dir;
}

void remove_at_exit(const char *path)
{
	require(state->n_paths < MAX_PATHS);
	snprintf(state->paths[state->n_paths++], sizeof(state->paths[0]), "%s", path);
}

int reserve_hugepages(long n_pages)
{
	/* Once for the program: a second target shares what the first one left. */
	if (state->n_hugepages)
		return 0;
	state->n_hugepages = add_hugepages(n_pages);
	return state->n_hugepages < n_pages ? -ENOMEM : 0;
}

bool under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}

/* mallinfo2() takes what the thread cache keeps for used: run without the cache. */
static void run_without_malloc_cache(char **argv)
{
	const char *tunables = getenv("GLIBC_TUNABLES");

	if (under_valgrind())
		return;
	if (tunables && strstr(tunables, TUNABLES)) {
		counts_bytes = true;
		return;
	}
	setenv("GLIBC_TUNABLES", TUNABLES, 1);
	execv("/proc/self/exe", argv);
}

static bool set_up(int *ret_runner_fd)
{
	const char *tmp = getenv("TMPDIR");
	char template[200];
	int fds[2];

	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (state == MAP_FAILED)
		return false;
	snprintf(template, sizeof(template), "%s/mapfiles-test.XXXXXX", tmp ? tmp : "/tmp");
	/* Resolved, because that is what the kernel prints for what is mapped. */
	if (!mkdtemp(template) || !realpath(template, state->dir))
		return false;
	chmod(state->dir, 0755);
	if (pipe2(fds, O_CLOEXEC))
		return false;

	pid_t pid = fork();

	if (!pid) {
		close(fds[1]);
		janitor(fds[0]);
	}
	close(fds[0]);
	*ret_runner_fd = fds[1];
	return pid > 0;
}

int harness_main(char **argv, Suite *(*make_suite)(void))
{
	static char buffer[BUFSIZ];
	int runner_fd;

	runner_pid = getpid();

	run_without_malloc_cache(argv);
	/* A buffer that is allocated by the first SKIP line would look like a leak. */
	setvbuf(stdout, buffer, _IOLBF, sizeof(buffer));
	if (!set_up(&runner_fd)) {
		perror("cannot set up the tests");
		return EXIT_FAILURE;
	}

	SRunner *runner = srunner_create(make_suite());

	srunner_run_all(runner, CK_ENV);

	int n_run = srunner_ntests_run(runner);
	int n_failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	/* The janitor may hear of the end by the byte only: a child may hold the pipe. */
	if (write(runner_fd, "", 1) != 1)
		perror("cannot tell the janitor");
	wait(NULL);
	/* Check calls a run of no test at all a success. */
	if (!n_run)
		fprintf(stderr, "no test was run\n");
	return n_run && !n_failed ? EXIT_SUCCESS : EXIT_FAILURE;
}

size_t count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	require(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 3; /* ".", "..", and the directory itself */
}

static void guard_fds(void)
{
	/* A runner that is killed takes the test with it, and the janitor can start. */
	if (getpid() != runner_pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	fds_before = count_fds();
}

static void check_fds(void)
{
	size_t now = count_fds();

	require_msg(now == fds_before, "%zu descriptors before the test, %zu after", fds_before,
		    now);
}

static void guard_bytes(void)
{
	guard_fds();
	/* Check's own first message allocates its buffer. */
	mark_point();
	fflush(stdout);
	bytes_before = mallinfo2().uordblks;
}

static void check_bytes(void)
{
	size_t now = mallinfo2().uordblks;

	check_fds();
	if (counts_bytes)
		require_msg(now == bytes_before, "%zu bytes in use before the test, %zu after",
			    bytes_before, now);
}

TCase *guarded_tcase(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, guard_bytes, check_bytes);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	return tcase;
}

TCase *fd_guarded_tcase(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, guard_fds, check_fds);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	return tcase;
}

void harness_fail(const char *file, int line, const char *what, const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (is_child) {
		snprintf(state->failure, sizeof(state->failure), "%s:%d: %s: %s", file, line, what,
			 text);
		_exit(EXIT_FAILURE);
	}
	ck_abort_msg("%s:%d: %s: %s", file, line, what, text);
}

static const char *error_name(long long value)
{
	const char *name = value < 0 && value > -4096 ? strerrorname_np((int)-value) : NULL;

	return name ? name : "no error";
}

void harness_errno(const char *file, int line, const char *what, long long got, int want)
{
	if (got == want)
		return;
	harness_fail(file, line, what, "is %lld (%s), not %d (%s)", got, error_name(got), want,
		     error_name(want));
}

void harness_skip(const char *test, const char *format, ...)
{
	int len = (int)strlen(test);
	va_list args;

	/* Check names the function of a test by adding "_fn". */
	if (len > 3 && !strcmp(test + len - 3, "_fn"))
		len -= 3;
	printf("SKIP: %.*s: ", len, test);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

int become_nobody(void)
{
	if (is_root() && setgroups(0, NULL))
		return -errno;
	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		return -errno;
	/* Both were lost with the change of user. */
	if (prctl(PR_SET_DUMPABLE, 1) || prctl(PR_SET_PDEATHSIG, SIGKILL))
		return -errno;
	return 0;
}

static void run_in_child(void (*function)(void *), void *arg, bool as_nobody)
{
	state->failure[0] = '\0';
	fflush(NULL);

	pid_t pid = fork();

	require(pid >= 0);
	if (!pid) {
		is_child = true;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (as_nobody)
			ck_errno(become_nobody(), 0);
		function(arg);
		fflush(stdout);
		_exit(EXIT_SUCCESS);
	}

	int status;

	while (waitpid(pid, &status, 0) < 0)
		require(errno == EINTR);
	require_msg(status == 0, "in a child, status %#x: %s", (unsigned int)status,
		    state->failure);
}

void in_child(void (*function)(void *), void *arg)
{
	run_in_child(function, arg, false);
}

void in_child_as_nobody(void (*function)(void *), void *arg)
{
	run_in_child(function, arg, true);
}

void child_start(struct child *child, void (*function)(struct child *), void *arg)
{
	int down[2], up[2];

	require(!pipe2(down, O_CLOEXEC));
	require(!pipe2(up, O_CLOEXEC));
	fflush(NULL);
	child->arg = arg;
	child->pid = fork();
	require(child->pid >= 0);
	if (!child->pid) {
		is_child = true;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(down[1]);
		close(up[0]);
		child->hear_fd = down[0];
		child->tell_fd = up[1];
		function(child);
		_exit(EXIT_SUCCESS);
	}
	close(down[0]);
	close(up[1]);
	child->tell_fd = down[1];
	child->hear_fd = up[0];
}

bool child_hear(struct child *child)
{
	char byte;
	ssize_t n;

	do
		n = read(child->hear_fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

void child_tell(struct child *child)
{
	require(write(child->tell_fd, "", 1) == 1);
}

void child_kill_and_reap(struct child *child)
{
	if (child->pid <= 0)
		return;
	kill(child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	child->pid = -1;
}

void child_end(struct child *child)
{
	child_kill_and_reap(child);
	close(child->tell_fd);
	close(child->hear_fd);
}

void child_make_zombie(struct child *child)
{
	siginfo_t info;

	kill(child->pid, SIGKILL);
	while (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT) < 0)
		require(errno == EINTR);
}

void wait_stopped(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, WUNTRACED) < 0)
		require(errno == EINTR);
	require_msg(WIFSTOPPED(status), "process %d ended with status %#x instead: %s", (int)pid,
		    (unsigned int)status, state->failure);
}

void wait_state(pid_t pid, char want)
{
	for (;;) {
		char path[64], text[512] = "";

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);

		int fd = open(path, O_RDONLY | O_CLOEXEC);

		require_msg(fd >= 0, "%s: %s", path, strerror(errno));

		ssize_t len = read(fd, text, sizeof(text) - 1);

		close(fd);
		require(len > 0);

		const char *name_end = strrchr(text, ')');

		require(name_end && name_end[1]);
		if (name_end[2] == want)
			return;
		usleep(1000);
	}
}

void exec_sleep(void)
{
	execl("/bin/sleep", "sleep", "100000", (char *)NULL);
	harness_fail(__FILE__, __LINE__, "execl", "%s", strerror(errno));
}

int fork_with_pid(pid_t pid)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&pid,
		.set_tid_size = 1,
	};

	fflush(NULL);

	long ret = syscall(SYS_clone3, &args, sizeof(args));

	if (ret < 0)
		return -errno;
	if (!ret) {
		is_child = true;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	}
	return (int)ret;
}
