/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tells whether a booted kernel is of use at all: maps, map_files and
 * PROCMAP_QUERY seen from a process that looks at itself. Uses neither the
 * library nor libcheck, so that a new kernel or architecture starts with this.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

struct query {
	uint64_t size, flags, addr;
	uint64_t start, end, vma_flags, page_size, offset, inode;
	uint32_t dev_major, dev_minor, name_size, build_id_size;
	uint64_t name_addr, build_id_addr;
};

#define QUERY	  _IOWR('f', 17, struct query)
#define FILE_NAME "/tmp/smoke file"

static int n_checks, n_failed;

static void check(int ok, const char *what)
{
	n_checks++;
	if (ok)
		return;
	n_failed++;
	printf("smoke.c:0:F:smoke:%s: errno %d\n", what, errno);
}

static void *map_file(void)
{
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *p;

	if (fd < 0 || ftruncate(fd, 4096) < 0)
		return NULL;
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

static int maps_shows(const void *p)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512], want[32];
	int found = 0;

	if (!f)
		return 0;
	snprintf(want, sizeof(want), "%08lx-", (unsigned long)p);
	while (fgets(line, sizeof(line), f))
		found |= !strncmp(line, want, strlen(want)) && strstr(line, FILE_NAME "\n");
	fclose(f);
	return found;
}

static int map_files_opens(const void *p)
{
	struct stat a, b;
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)p,
		 (unsigned long)p + 4096);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &a) < 0 || stat(FILE_NAME, &b) < 0)
		return 0;
	close(fd);
	return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int map_files_lists(void)
{
	DIR *d = opendir("/proc/self/map_files");
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n >= 3;
}

static int query_as_the_version_says(const void *p)
{
	struct query q = { .size = sizeof(q), .addr = (uintptr_t)p };
	int major = 0, minor = 0, ret, fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	struct utsname un;

	uname(&un);
	sscanf(un.release, "%d.%d", &major, &minor);
	ret = ioctl(fd, QUERY, &q);
	if (major * 1000 + minor < 6011)
		return ret < 0 && errno == ENOTTY;
	return ret == 0 && q.start == (uintptr_t)p && q.inode;
}

int main(void)
{
	void *p = map_file();

	check(p != NULL, "a_file_can_be_mapped");
	check(maps_shows(p), "maps_shows_the_mapped_file");
	check(map_files_lists(), "map_files_can_be_listed");
	check(map_files_opens(p), "map_files_opens_the_mapped_file");
	check(query_as_the_version_says(p), "query_is_there_from_6_11");
	printf("%d%%: Checks: %d, Failures: %d, Errors: 0\n",
	       100 * (n_checks - n_failed) / n_checks, n_checks, n_failed);
	unlink(FILE_NAME);
	return n_failed != 0;
}
