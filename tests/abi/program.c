/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program of the last release: it calls every function that this had, on itself and on
 * a child. Built with that release's header, mapfiles.h beside this file, it must run with the
 * library of today; see README.md. It needs no privilege.
 */
#include <mapfiles.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEN  16384u
#define TEXT "written before the fork"

static char *shared; /* a memfd, which the child maps too */
static int shared_fd;
static pid_t child;

#define CHECK(condition) check((condition), #condition, __LINE__)

static void check(int condition, const char *text, int line)
{
	if (condition)
		return;
	printf("program.c:%d: %s\n", line, text);
	exit(1);
}

static void make_child(void)
{
	int pipe_fds[2];
	char byte;

	shared_fd = memfd_create("shared", MFD_CLOEXEC);
	CHECK(shared_fd >= 0 && !ftruncate(shared_fd, LEN));
	shared = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
	CHECK(shared != MAP_FAILED);
	strcpy(shared, TEXT);
	CHECK(!pipe(pipe_fds));
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		/* Ends with its parent. */
		close(pipe_fds[1]);
		_exit(read(pipe_fds[0], &byte, 1) < 0);
	}
	close(pipe_fds[0]);
}

/* Mappings of files, as the kernel tells them. */
static uint64_t count_files(void)
{
	unsigned long inode;
	uint64_t n = 0;
	char path[64], line[8192];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)child);
	maps = fopen(path, "re");
	CHECK(maps != NULL);
	while (fgets(line, sizeof(line), maps))
		n += sscanf(line, "%*s %*s %*s %*s %lu", &inode) == 1 && inode;
	fclose(maps);
	return n;
}

static void words(void)
{
	struct mf_explain_opts opts = { .size = sizeof(opts) };

	CHECK(mf_version() >> 16 == MF_VERSION_MAJOR);
	CHECK(mf_strerror(-3)[0] && mf_kind_name(MF_KIND_FILE)[0]);
	CHECK(mf_source_name(MF_SOURCE_MAPS)[0]);
	CHECK(mf_refusal_text(MF_REFUSAL_DEVICE)[0] && mf_why_text(MF_WHY_YAMA)[0]);
	CHECK(mf_rung_name(MF_RUNG_EXE)[0] && mf_sure_name(MF_SURE_EXACT)[0]);
	CHECK(mf_explain(child, MF_ACCESS_DETAILS, &opts) == MF_WHY_ALLOWED);
}

static void count(struct mf_iter *iter)
{
	const struct mf_iter_report *report;
	const struct mf_mapping *m;
	uint64_t n = 0, before = 0;
	int ret;

	while ((ret = mf_next(iter, &m)) > 0) {
		CHECK(m->start >= before && m->end > m->start);
		before = m->end;
		n++;
	}
	CHECK(ret == 0 && n == count_files());
	CHECK(!mf_iter_report(iter, &report));
	CHECK(report->n_mappings == n && report->flags & MF_REPORT_COMPLETE);
	CHECK(mf_iter_source(iter) > MF_SOURCE_AUTO);
}

static void walks(void)
{
	static char memory[MF_ITER_MEMORY];
	const int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct mf_iter *iter;

	CHECK(!mf_iter_open(child, NULL, &iter));
	CHECK(mf_iter_pid(iter) == child);
	count(iter);
	CHECK(!mf_iter_rewind(iter));
	count(iter);
	mf_iter_close(iter);
	CHECK(!mf_iter_open_in(memory, sizeof(memory), child, NULL, &iter));
	count(iter);
	mf_iter_close(iter);
	CHECK(pidfd >= 0 && !mf_iter_open_pidfd(pidfd, NULL, &iter));
	count(iter);
	mf_iter_close(iter);
	close(pidfd);
	CHECK(null >= 0 && mf_iter_open_core(null, NULL, &iter) < 0);
	close(null);
}

/* What is shared, by its address: the child's is that of its parent. */
static void map_again(struct mf_iter *iter, const struct mf_mapping *m)
{
	struct mf_remap_opts opts = { .size = sizeof(opts), .flags = MF_REMAP_MATCHING };
	const struct mf_remap_plan *plan;
	void *addr;

	CHECK(!mf_remap_plan(iter, m, &opts, &plan) && plan->length == LEN);
	CHECK(!mf_remap(iter, m, &opts, &addr));
	CHECK(!mf_remap_made(iter, &plan) && plan->flags & MF_MAPPING_SHARED &&
	      plan->refusal == MF_REFUSAL_NONE);
	CHECK(!strcmp(addr, TEXT));
	CHECK(!munmap(addr, LEN));
}

static void mapping(void)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_ALL | MF_ITER_STAT };
	const struct mf_mapping *m;
	const struct mf_open_info *info;
	struct mf_mapping copy;
	struct mf_iter *iter;
	struct stat st;
	char text[sizeof(TEXT)];
	int fd;

	CHECK(!mf_iter_open(child, &opts, &iter));
	CHECK(mf_find(iter, (uintptr_t)shared, &m) == 1);
	CHECK(m->kind == MF_KIND_MEMFD && m->end - m->start == LEN);
	CHECK(!fstat(shared_fd, &st) && m->inode == st.st_ino);
	copy = *m;
	CHECK(mf_read(iter, copy.start, text, sizeof(text)) == sizeof(text) && !strcmp(text, TEXT));
	fd = mf_open_fd(iter, &copy, 0);
	CHECK(fd > 2 && !fstat(fd, &st) && st.st_ino == copy.inode && !close(fd));
	CHECK(!mf_open_info(iter, &info) && info->rung && info->sure);
	map_again(iter, &copy);
	mf_iter_close(iter);
}

static void objects(void)
{
	struct mf_objects_opts opts = { .size = sizeof(opts), .flags = MF_OBJECTS_SHARED };
	const int32_t pids[] = { (int32_t)getpid(), (int32_t)child };
	const struct mf_objects_process *process;
	const struct mf_object *object;
	const struct mf_object_user *user;
	struct mf_objects *scan;

	CHECK(!mf_objects_open(pids, 2, &opts, &scan));
	CHECK(mf_objects_count(scan) > 0 && mf_objects_get(scan, 0, &object) == 1);
	CHECK(mf_objects_process(scan, 1, &process) == 1 && !process->error);
	CHECK(mf_objects_find_fd(scan, shared_fd, &object) == 1);
	CHECK(object->kind == MF_KIND_MEMFD && object->n_processes == 2);
	CHECK(mf_objects_user(scan, object, 0, &user) == 1 && user->end - user->start == LEN);
	mf_objects_close(scan);
}

static void table(void)
{
	struct mf_iter_opts opts = { .size = sizeof(opts) };
	const struct mf_change *change;
	struct mf_mapping m;
	struct mf_table *list = NULL;
	struct mf_iter *iter;
	uint64_t index;
	void *more;

	CHECK(!mf_iter_open(0, &opts, &iter) && !mf_table_open(iter, 0, &list));
	CHECK(mf_table_find(list, (uintptr_t)shared, &index) == 1 && index < mf_table_count(list));
	CHECK(mf_table_get(list, index, &m, sizeof(m)) == 1 && m.start == (uintptr_t)shared);
	CHECK(mf_table_find_object(list, &m, 0, &index) == 1);
	more = mmap(NULL, LEN, PROT_READ, MAP_SHARED, shared_fd, 0);
	CHECK(more != MAP_FAILED && !mf_table_refresh(list, iter));
	CHECK(mf_table_next_change(list, &change) == 1 && change->action == MF_CHANGE_ADDED);
	CHECK(!munmap(more, LEN));
	mf_table_close(list);
	mf_iter_close(iter);
}

static void modules(void)
{
	const struct mf_module *module, *same;
	const struct mf_segment *segment;
	struct mf_modules *list = NULL;
	struct mf_iter *iter;
	struct stat opened, own;
	int fd;

	CHECK(!mf_iter_open(child, NULL, &iter) && !mf_modules_open(iter, 0, &list));
	CHECK(mf_modules_count(list) > 0 && mf_modules_get(list, 0, &module) == 1);
	CHECK(mf_modules_find(list, (uintptr_t)modules, &module) == 1);
	CHECK(module->flags & MF_MODULE_EXE && module->n_segments > 0);
	CHECK(mf_modules_segment(list, module, 0, &segment) == 1);
	CHECK(mf_modules_find(list, segment->start, &same) == 1 && same == module);
	fd = mf_module_open_fd(iter, module, 0);
	CHECK(fd >= 0 && !fstat(fd, &opened) && !stat("/proc/self/exe", &own));
	CHECK(opened.st_ino == own.st_ino && !close(fd));
	mf_modules_close(list);
	mf_iter_close(iter);
}

int main(void)
{
	const uint32_t now = mf_version();

	make_child();
	words();
	walks();
	mapping();
	objects();
	table();
	modules();
	printf("built with %d.%d.%d, runs with %u.%u.%u\n", MF_VERSION_MAJOR, MF_VERSION_MINOR,
	       MF_VERSION_PATCH, now >> 16, now >> 8 & 0xff, now & 0xff);
	return 0;
}
