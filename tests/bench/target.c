/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is measured: a process that maps what it is told, says so and waits.
 * usage: bench-target FILE_MAPPINGS FILES ANONYMOUS SHARED SYSV MEMFD FORKS DIR [LATENCIES]
 * It prints its pid and those of its children, then "ready". Mappings of one file lie behind
 * each other as a loaded library's segments do, and no two neighbours are such that the kernel
 * would merge them. With LATENCIES a thread maps and unmaps without end, see latencies.h.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "latencies.h"

#define PAGE	    4096UL
#define FILE_SIZE   (1UL << 20)
#define PATH_LENGTH 67

static unsigned int number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value > 1000000)
		errx(2, "not a number: %s", text);
	return (unsigned int)value;
}

static void *map(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	void *p = mmap(at, size, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		err(1, "mmap");
	return p;
}

/* Room for many mappings in a row, each of which takes the place of a part of it. */
static char *reserve(unsigned int n_pages)
{
	return map(NULL, n_pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		   0);
}

static int open_file(const char *dir, unsigned int i)
{
	char path[4096];
	int pad = PATH_LENGTH - (int)strlen(dir) - (int)strlen("/lib") - (int)strlen(".so.6");
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/lib%0*u.so.6", dir, pad, i);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0755);
	if (fd < 0 || fstat(fd, &st) < 0)
		err(1, "%s", path);
	if (st.st_size == 0 && ftruncate(fd, FILE_SIZE) < 0)
		err(1, "%s", path);
	return fd;
}

static char *map_file(char *at, int fd, unsigned int n)
{
	static const int prots[] = { PROT_READ, PROT_READ | PROT_EXEC, PROT_READ,
				     PROT_READ | PROT_WRITE };
	unsigned int i;

	for (i = 0; i < n; i++, at += PAGE)
		map(at, PAGE, prots[i % 4], MAP_PRIVATE | MAP_FIXED, fd, (off_t)(i * PAGE));
	return at;
}

static void map_files(const char *dir, unsigned int n_mappings, unsigned int n_files)
{
	char *at = n_mappings ? reserve(n_mappings) : NULL;
	unsigned int i;

	for (i = 0; i < n_files; i++) {
		int fd = open_file(dir, i);

		at = map_file(at, fd, n_mappings / n_files + (i < n_mappings % n_files));
		close(fd);
	}
}

static void map_anonymous(unsigned int n)
{
	char *at = n ? reserve(n) : NULL;
	unsigned int i;

	for (i = 0; i < n; i++, at += PAGE)
		if (i % 2 && mprotect(at, PAGE, PROT_READ | PROT_WRITE) < 0)
			err(1, "mprotect");
}

static void map_sysv(void)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);

	if (id < 0 || shmat(id, NULL, 0) == (void *)-1) /* NOLINT: what shmat(2) returns */
		err(1, "SysV shared memory");
	shmctl(id, IPC_RMID, NULL);
}

static void map_memfd(void)
{
	int fd = memfd_create("bench", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, PAGE) < 0)
		err(1, "memfd");
	map(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
}

/* The stack and the heap are there from the beginning on, so that they move no more. */
static void map_all(char **argv)
{
	unsigned int i;

	map_files(argv[8], number(argv[1]), number(argv[2]));
	map_anonymous(number(argv[3]));
	for (i = number(argv[4]); i > 0; i--)
		map(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (i = number(argv[5]); i > 0; i--)
		map_sysv();
	for (i = number(argv[6]); i > 0; i--)
		map_memfd();
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

static void fork_children(unsigned int n)
{
	pid_t parent = getpid();

	for (; n > 0; n--) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() == parent)
				wait_for_ever();
			_exit(1);
		}
		printf("%d\n", pid);
	}
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void *churn(void *arg)
{
	struct latencies *latencies = arg;
	uint64_t i;

	for (i = 0;; i++) {
		uint64_t began = now();
		char *p =
			map(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		*p = 1;
		munmap(p, PAGE);
		latencies->ns[i % LATENCIES] = (uint32_t)(now() - began);
		__atomic_store_n(&latencies->n, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void start_churn(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	pthread_t thread;

	if (fd < 0)
		err(1, "%s", path);
	if (pthread_create(&thread, NULL, churn,
			   map(NULL, sizeof(struct latencies), PROT_READ | PROT_WRITE, MAP_SHARED,
			       fd, 0)) != 0)
		errx(1, "no thread");
}

int main(int argc, char **argv)
{
	if (argc != 9 && argc != 10)
		errx(2,
		     "usage: %s FILE_MAPPINGS FILES ANONYMOUS SHARED SYSV MEMFD FORKS DIR [LATENCIES]",
		     argv[0]);
	setlinebuf(stdout);
	printf("%d\n", getpid());
	map_all(argv);
	fork_children(number(argv[7]));
	if (argc == 10)
		start_churn(argv[9]);
	puts("ready");
	wait_for_ever();
}
