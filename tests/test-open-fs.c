/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The opened descriptor on real file systems: those whose device and inode
 * numbers identify a file, and those where different files share them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <mapfiles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "fs/fuse-server.h"
#include "fs/mounts.h"
#include "fs/opener.h"
#include "fs/victim.h"

#define AREA	  0x30000000ul
#define PAGE	  4096ul
#define N_PAGES	  2
#define LEN	  (N_PAGES * PAGE)
#define MAX_FILES 6

#define BTRFS	  BASE "/btrfs"
#define EXT4	  BASE "/ext4"
#define XFS	  BASE "/xfs"

/* Why there is no such file system here, or NULL; mounted once for all tests. */
static const char *no_btrfs, *no_ext4, *no_xfs;

/* What a victim maps, 16 pages apart, and which it keeps open. */
struct files {
	const char *path[MAX_FILES];
	int prot[MAX_FILES]; /* 0: PROT_READ */
	bool keep[MAX_FILES]; /* also keep a descriptor, lowest first */
	bool only_keep[MAX_FILES];
	bool dirty[MAX_FILES]; /* private, and its second page was written to */
	bool untouched; /* no page was ever read or written */
	struct stat truth[MAX_FILES];
	struct raw_mapping raw[MAX_FILES];
	int flags; /* more for mmap() */
};

static uint64_t addr_of(size_t i)
{
	return AREA + i * 16 * PAGE;
}

/* What a program has mapped it has used: only then is there memory to compare. */
static void touch(const volatile char *memory)
{
	size_t i;

	for (i = 0; i < N_PAGES; i++)
		(void)memory[i * PAGE];
}

static void map_one(const struct files *files, size_t i)
{
	void *want = (void *)(uintptr_t)addr_of(i);
	int prot = files->prot[i] ? files->prot[i] : PROT_READ;
	int fd = open(files->path[i], O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		_exit(3);
	if (files->keep[i] || files->only_keep[i])
		dup2(fd, VICTIM_KEEP + (int)i);
	if (files->only_keep[i]) {
		close(fd);
		return;
	}
	if (files->dirty[i])
		prot = PROT_READ | PROT_WRITE;
	if (mmap(want, LEN, prot, MAP_PRIVATE | MAP_FIXED | files->flags, fd, 0) != want)
		_exit(4);
	close(fd);
	if (!files->untouched && !(files->flags & MAP_NORESERVE))
		touch(want);
	if (files->dirty[i])
		memset((char *)want + PAGE, 'X', PAGE);
}

/* Another file on the second page of the first mapping. */
static long replace_part(void)
{
	void *want = (void *)(uintptr_t)(AREA + PAGE);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || mmap(want, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) != want)
		return -errno;
	close(fd);
	return *(const volatile char *)want;
}

static long run_files(void *arg, int cmd)
{
	const struct files *files = arg;
	size_t i;

	if (cmd != 0)
		return replace_part();

	for (i = 0; i < MAX_FILES; i++)
		if (files->path[i])
			map_one(files, i);
	return 0;
}

static void start(struct victim *victim, struct files *files)
{
	size_t i;

	for (i = 0; i < MAX_FILES; i++)
		if (files->path[i])
			stat_of(files->path[i], &files->truth[i]);
	victim_start(victim, &who_nobody, run_files, files);
	for (i = 0; i < MAX_FILES; i++)
		if (files->path[i] && !files->only_keep[i])
			require(raw_find(victim->pid, addr_of(i), &files->raw[i]));
}

static bool same_numbers(const struct raw_mapping *a, const struct raw_mapping *b)
{
	return a->major == b->major && a->minor == b->minor && a->inode == b->inode;
}

static void open_nth(const struct who *who, const struct victim *victim, size_t i, uint32_t flags,
		     struct opened *out)
{
	struct request request;

	memset(&request, 0, sizeof(request));
	request.pid = victim->pid;
	request.addr = addr_of(i);
	request.flags = flags;
	open_as(who, &request, out);
}

static const char *what_of(const struct who *who, const struct files *files, size_t i)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s opens %s", who->name, files->path[i]);
	return text;
}

/* Root gets each by its link; nobody by that rung, which is this sure. */
static void expect_files(const struct victim *victim, const struct files *files, size_t n,
			 uint32_t rung, uint32_t sure)
{
	struct opened opened;
	size_t i;

	for (i = 0; i < n; i++) {
		open_nth(&who_root, victim, i, 0, &opened);
		expect_object(&opened, &files->truth[i], MF_RUNG_MAP_FILES, MF_SURE_EXACT,
			      what_of(&who_root, files, i));
		open_nth(&who_nobody, victim, i, 0, &opened);
		expect_object(&opened, &files->truth[i], rung, sure,
			      what_of(&who_nobody, files, i));
		open_nth(&who_nobody, victim, i, MF_OPEN_PATH, &opened);
		expect_object(&opened, &files->truth[i], rung, sure,
			      what_of(&who_nobody, files, i));
	}
}

static void expect_nobody_error(const struct victim *victim, const struct files *files, size_t i,
				int want)
{
	struct opened opened;

	open_nth(&who_nobody, victim, i, 0, &opened);
	expect_error(&opened, want, what_of(&who_nobody, files, i));
	open_nth(&who_root, victim, i, 0, &opened);
	expect_object(&opened, &files->truth[i], MF_RUNG_MAP_FILES, MF_SURE_EXACT,
		      what_of(&who_root, files, i));
}

/* File systems where the numbers identify a file */

static void expect_plain(const char *dir)
{
	char path[5][128], twin[128];
	struct opened opened;
	struct victim victim;
	struct files files;
	size_t i;

	memset(&files, 0, sizeof(files));
	for (i = 0; i < 5; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/file%zu", dir, i);
		make_file(path[i], 'a' + (int)i, LEN);
		files.path[i] = path[i];
	}
	snprintf(twin, sizeof(twin), "%s/twin", dir);
	make_file(twin, 'c', LEN);
	files.keep[1] = true;
	start(&victim, &files);
	require(unlink(path[1]) == 0 && unlink(path[4]) == 0);
	mounts_bind(twin, path[2]);
	expect_files(&victim, &files, 1, MF_RUNG_PATH, MF_SURE_EXACT);
	open_nth(&who_nobody, &victim, 1, 0, &opened);
	expect_object(&opened, &files.truth[1], MF_RUNG_FD, MF_SURE_EXACT, "deleted, still open");
	expect_nobody_error(&victim, &files, 2, -ESTALE);
	open_nth(&who_nobody, &victim, 3, 0, &opened);
	expect_object(&opened, &files.truth[3], MF_RUNG_PATH, MF_SURE_EXACT, "its neighbour");
	expect_nobody_error(&victim, &files, 4, -EPERM);
	victim_end(&victim);
	umount2(path[2], MNT_DETACH);
	expect_end();
}

START_TEST(ext4_files_are_exact)
{
	if (no_ext4)
		skip("%s", no_ext4);
	expect_plain(EXT4);
}
END_TEST

START_TEST(xfs_files_are_exact)
{
	if (no_xfs)
		skip("%s", no_xfs);
	expect_plain(XFS);
}
END_TEST

START_TEST(tmpfs_files_are_exact)
{
	mounts_tmpfs(BASE "/plain");
	expect_plain(BASE "/plain");
}
END_TEST

START_TEST(hugetlbfs_files_are_exact)
{
	struct victim victim;
	struct files files;
	int fd;

	make_dir(BASE "/huge");
	if (mount("huge", BASE "/huge", "hugetlbfs", 0, "mode=0755") < 0)
		skip("no hugetlbfs: %s", strerror(errno));
	fd = open(BASE "/huge/file", O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	require(fd >= 0);
	/* No page is reserved or touched, so that a machine without any will do. */
	if (ftruncate(fd, 2 << 20) < 0)
		skip("pages of another size");
	close(fd);
	require(chmod(BASE "/huge/file", 0644) == 0);
	memset(&files, 0, sizeof(files));
	files.path[0] = BASE "/huge/file";
	files.flags = MAP_NORESERVE;
	start(&victim, &files);
	expect_files(&victim, &files, 1, MF_RUNG_PATH, MF_SURE_EXACT);
	victim_end(&victim);
	umount2(BASE "/huge", MNT_DETACH);
	expect_end();
}
END_TEST

START_TEST(a_bind_mount_leads_to_the_same_file)
{
	struct victim victim;
	struct files files;

	make_dir(BASE "/bound");
	make_dir(BASE "/bind");
	make_file(BASE "/bound/file", 'a', LEN);
	make_file(BASE "/bound/single", 'b', LEN);
	make_file(BASE "/bind-target", 'c', LEN);
	mounts_bind(BASE "/bound", BASE "/bind");
	mounts_bind(BASE "/bound/single", BASE "/bind-target");
	memset(&files, 0, sizeof(files));
	files.path[0] = BASE "/bind/file";
	files.path[1] = BASE "/bind-target";
	start(&victim, &files);
	expect_files(&victim, &files, 2, MF_RUNG_PATH, MF_SURE_EXACT);
	/* The mount goes: the kernel's path loses its head and looks absolute. */
	make_file(BASE "/stray", 'd', LEN);
	require(umount2(BASE "/bind", MNT_DETACH) == 0);
	expect_nobody_error(&victim, &files, 0, -EPERM);
	require(umount2(BASE "/bind-target", MNT_DETACH) == 0);
	/* Its path is "/" now. */
	expect_nobody_error(&victim, &files, 1, -ESTALE);
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(an_overmounted_path_is_not_the_file_below)
{
	struct victim victim;
	struct files files;
	struct stat other;

	mounts_tmpfs(BASE "/over");
	make_file(BASE "/over/file", 'a', LEN);
	memset(&files, 0, sizeof(files));
	files.path[0] = BASE "/over/file";
	start(&victim, &files);
	/* A second tmpfs counts its inodes from the start, too. */
	mounts_tmpfs(BASE "/over");
	make_file(BASE "/over/file", 'a', LEN);
	stat_of(BASE "/over/file", &other);
	if (other.st_ino != files.truth[0].st_ino)
		harness_skip(__func__, "the inode numbers differ, a weaker test");
	expect_nobody_error(&victim, &files, 0, -ESTALE);
	require(umount2(BASE "/over", MNT_DETACH) == 0);
	expect_files(&victim, &files, 1, MF_RUNG_PATH, MF_SURE_EXACT);
	victim_end(&victim);
	expect_end();
}
END_TEST

/* btrfs: four files that show one device and inode */

static void change_last_byte(const char *path, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	require(fd >= 0);
	require(pwrite(fd, "!", 1, (off_t)len - 1) == 1);
	close(fd);
}

/* In a directory of btrfs: file, one/file, two/file and shot/file, a snapshot of one. */
static void make_twins(const char *dir, char path[4][128])
{
	static const char *const names[] = { "file", "one/file", "two/file", "shot/file" };
	char one[128];
	size_t i;

	for (i = 0; i < 4; i++)
		snprintf(path[i], 128, "%s/%s", dir, names[i]);
	require(mounts_subvolume(dir, "one") == 0 && mounts_subvolume(dir, "two") == 0);
	make_file(path[0], 'T', LEN);
	make_file(path[1], 'S', LEN);
	make_file(path[2], 'S', LEN);
	/* The hardest twin to tell: one byte, the last one. */
	change_last_byte(path[2], LEN);
	snprintf(one, sizeof(one), "%s/one", dir);
	require(mounts_snapshot(one, dir, "shot") == 0);
}

START_TEST(btrfs_twins_are_told_apart)
{
	char path[4][128];
	struct opened opened;
	struct victim victim;
	struct files files;
	size_t i;

	if (no_btrfs)
		skip("%s", no_btrfs);
	/* A subvolume of its own, so that the file in it has the first number, too. */
	require(mounts_subvolume(BTRFS, "apart") == 0);
	make_twins(BTRFS "/apart", path);
	memset(&files, 0, sizeof(files));
	for (i = 0; i < 4; i++)
		files.path[i] = path[i];
	start(&victim, &files);
	for (i = 1; i < 4; i++) {
		require(files.truth[i].st_dev != files.truth[0].st_dev);
		if (!same_numbers(&files.raw[0], &files.raw[i]))
			harness_skip(__func__, "%s has other numbers, a weaker test", path[i]);
	}
	expect_files(&victim, &files, 4, MF_RUNG_PATH, MF_SURE_MATCHING);
	/* Each path leads to a twin now: with other bytes it is another file. */
	mounts_bind(path[2], path[1]);
	expect_nobody_error(&victim, &files, 1, -ESTALE);
	open_nth(&who_nobody, &victim, 1, MF_OPEN_PATH, &opened);
	/* A look may not read, so it cannot tell them apart: it says so. */
	expect(opened.ret < 0 || opened.info.sure == MF_SURE_MATCHING, "a look at a twin: %s",
	       outcome(&opened));
	mounts_bind(path[0], path[3]);
	expect_nobody_error(&victim, &files, 3, -ESTALE);
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(a_btrfs_snapshot_with_the_same_bytes_is_never_called_exact)
{
	char path[4][128];
	struct opened opened;
	struct victim victim;
	struct files files;

	if (no_btrfs)
		skip("%s", no_btrfs);
	require(mounts_subvolume(BTRFS, "same") == 0);
	make_twins(BTRFS "/same", path);
	memset(&files, 0, sizeof(files));
	files.path[0] = path[1];
	start(&victim, &files);
	mounts_bind(path[3], path[1]);
	open_nth(&who_nobody, &victim, 0, 0, &opened);
	expect(!opened.hung && opened.leaked == 0, "%s", outcome(&opened));
	expect(opened.ret < 0 || opened.info.sure == MF_SURE_MATCHING, "a snapshot: %s",
	       outcome(&opened));
	open_nth(&who_root, &victim, 0, 0, &opened);
	expect_object(&opened, &files.truth[0], MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(a_btrfs_twin_of_untouched_memory_is_never_called_exact)
{
	char path[4][128];
	struct opened opened;
	struct victim victim;
	struct files files;

	if (no_btrfs)
		skip("%s", no_btrfs);
	require(mounts_subvolume(BTRFS, "untouched") == 0);
	make_twins(BTRFS "/untouched", path);
	memset(&files, 0, sizeof(files));
	files.path[0] = path[1];
	files.untouched = true;
	start(&victim, &files);
	open_nth(&who_nobody, &victim, 0, 0, &opened);
	expect_object(&opened, &files.truth[0], MF_RUNG_PATH, MF_SURE_MATCHING, "its path");
	mounts_bind(path[2], path[1]);
	open_nth(&who_nobody, &victim, 0, 0, &opened);
	expect(opened.ret < 0 || opened.info.sure == MF_SURE_MATCHING, "a twin: %s",
	       outcome(&opened));
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(a_btrfs_descriptor_of_a_twin_is_passed_over)
{
	char path[4][128];
	struct opened opened;
	struct victim victim;
	struct files files;

	if (no_btrfs)
		skip("%s", no_btrfs);
	require(mounts_subvolume(BTRFS, "fds") == 0);
	make_twins(BTRFS "/fds", path);
	memset(&files, 0, sizeof(files));
	files.path[0] = path[0];
	files.only_keep[0] = true; /* a twin, at a lower descriptor */
	files.path[1] = path[2];
	files.only_keep[1] = true;
	files.path[2] = path[1];
	files.keep[2] = true;
	start(&victim, &files);
	require(unlink(path[1]) == 0);
	open_nth(&who_nobody, &victim, 2, 0, &opened);
	expect_object(&opened, &files.truth[2], MF_RUNG_FD, MF_SURE_MATCHING, "deleted, open");
	open_nth(&who_root, &victim, 2, 0, &opened);
	expect_object(&opened, &files.truth[2], MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(a_private_page_that_was_written_does_not_refuse_the_right_file)
{
	char path[4][128];
	struct opened opened;
	struct victim victim;
	struct files files;

	if (no_btrfs)
		skip("%s", no_btrfs);
	require(mounts_subvolume(BTRFS, "dirty") == 0);
	make_twins(BTRFS "/dirty", path);
	memset(&files, 0, sizeof(files));
	files.path[0] = path[1];
	files.dirty[0] = true;
	files.path[1] = path[3];
	files.dirty[1] = true;
	start(&victim, &files);
	open_nth(&who_nobody, &victim, 0, 0, &opened);
	expect_object(&opened, &files.truth[0], MF_RUNG_PATH, MF_SURE_MATCHING, "the right file");
	/* The first page is the file's still, and decides. */
	mounts_bind(path[0], path[3]);
	expect_nobody_error(&victim, &files, 1, -ESTALE);
	victim_end(&victim);
	expect_end();
}
END_TEST

static void replace_in_between(void *arg)
{
	victim_do(arg, 1);
}

START_TEST(a_part_that_maps_another_file_now_does_not_refuse_the_rest)
{
	struct request request;
	char path[4][128];
	struct opened opened;
	struct victim victim;
	struct files files;

	if (no_btrfs)
		skip("%s", no_btrfs);
	require(mounts_subvolume(BTRFS, "part") == 0);
	make_twins(BTRFS "/part", path);
	memset(&files, 0, sizeof(files));
	files.path[0] = path[1];
	start(&victim, &files);
	memset(&request, 0, sizeof(request));
	request.pid = victim.pid;
	request.addr = AREA;
	request.between = replace_in_between;
	request.arg = &victim;
	open_as(&who_nobody, &request, &opened);
	expect_object(&opened, &files.truth[0], MF_RUNG_PATH, MF_SURE_MATCHING, "nobody");
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(a_capability_to_follow_is_enough_on_btrfs)
{
	const struct who who = { "nobody+CHECKPOINT_RESTORE", NOBODY, CAP(CAP_CHECKPOINT_RESTORE),
				 USERNS_NONE };
	char path[4][128];
	struct opened opened;
	struct victim victim;
	struct files files;
	size_t i;

	if (no_btrfs)
		skip("%s", no_btrfs);
	require(mounts_subvolume(BTRFS, "follow") == 0);
	make_twins(BTRFS "/follow", path);
	memset(&files, 0, sizeof(files));
	for (i = 0; i < 4; i++)
		files.path[i] = path[i];
	start(&victim, &files);
	mounts_bind(path[3], path[1]);
	for (i = 0; i < 4; i++) {
		open_nth(&who, &victim, i, MF_OPEN_DIRECT, &opened);
		expect_object(&opened, &files.truth[i], MF_RUNG_MAP_FILES, MF_SURE_EXACT,
			      what_of(&who, &files, i));
	}
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(a_btrfs_file_is_exact_by_exact_means_only)
{
	struct opened opened;
	struct victim victim;
	struct files files;

	if (no_btrfs)
		skip("%s", no_btrfs);
	make_dir(BTRFS "/deleted");
	make_file(BTRFS "/deleted/file", 'd', LEN);
	memset(&files, 0, sizeof(files));
	files.path[0] = BTRFS "/deleted/file";
	start(&victim, &files);
	require(unlink(BTRFS "/deleted/file") == 0);
	expect_nobody_error(&victim, &files, 0, -EPERM);
	open_nth(&who_nobody, &victim, 0, MF_OPEN_COPY, &opened);
	expect(opened.ret >= 0 && opened.info.rung == MF_RUNG_COPY && opened.head[0] == 'd',
	       "a copy: %s", outcome(&opened));
	victim_end(&victim);
	expect_end();
}
END_TEST

/* overlayfs */

static const char *mount_overlay(const char *name, bool two_lowers, const char *options)
{
	char dir[128], lower[400], part[4][160];

	snprintf(dir, sizeof(dir), BASE "/%s", name);
	make_dir(dir);
	snprintf(part[0], sizeof(part[0]), "%s/lower1", dir);
	snprintf(part[1], sizeof(part[1]), "%s/lower2", dir);
	snprintf(part[2], sizeof(part[2]), "%s/upper", dir);
	snprintf(part[3], sizeof(part[3]), "%s/work", dir);
	if (two_lowers) {
		/* Two file systems that give their first file the same number. */
		mounts_tmpfs(part[0]);
		mounts_tmpfs(part[1]);
	} else {
		make_dir(part[0]);
		make_dir(part[1]);
	}
	make_dir(part[2]);
	make_dir(part[3]);
	snprintf(lower, sizeof(lower), "%s/first", part[0]);
	make_file(lower, '1', LEN);
	snprintf(lower, sizeof(lower), "%s/second", part[1]);
	make_file(lower, '2', LEN);
	snprintf(lower, sizeof(lower), "%s:%s", part[0], part[1]);
	snprintf(dir, sizeof(dir), BASE "/%s/merged", name);
	return mounts_overlay(lower, part[2], part[3], options, dir);
}

START_TEST(overlay_files_of_two_file_systems_are_told_apart)
{
	const char *why = mount_overlay("different", true, "xino=off");
	struct victim victim;
	struct files files;

	if (why)
		skip("%s", why);
	memset(&files, 0, sizeof(files));
	files.path[0] = BASE "/different/merged/first";
	files.path[1] = BASE "/different/merged/second";
	start(&victim, &files);
	if (!same_numbers(&files.raw[0], &files.raw[1]))
		harness_skip(__func__, "the two have different numbers, a weaker test");
	expect_files(&victim, &files, 2, MF_RUNG_PATH, MF_SURE_MATCHING);
	mounts_bind(BASE "/different/merged/second", BASE "/different/merged/first");
	expect_nobody_error(&victim, &files, 0, -ESTALE);
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(overlay_files_of_one_file_system_are_found)
{
	const char *why = mount_overlay("samefs", false, NULL);
	struct victim victim;
	struct files files;

	if (why)
		skip("%s", why);
	memset(&files, 0, sizeof(files));
	files.path[0] = BASE "/samefs/merged/first";
	files.path[1] = BASE "/samefs/merged/second";
	start(&victim, &files);
	/* Whether these numbers can collide, only the mount options tell. */
	expect_files(&victim, &files, 2, MF_RUNG_PATH, 0);
	mounts_bind(BASE "/samefs/merged/second", BASE "/samefs/merged/first");
	expect_nobody_error(&victim, &files, 0, -ESTALE);
	victim_end(&victim);
	expect_end();
}
END_TEST

/* A mapping of path, made now, shows the same numbers. */
static bool maps_like(const char *path, const struct raw_mapping *raw)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	struct raw_mapping now;

	require(memory != MAP_FAILED);
	require(raw_find(getpid(), (uint64_t)(uintptr_t)memory, &now));
	munmap(memory, 4096);
	close(fd);
	return same_numbers(&now, raw);
}

START_TEST(an_overlay_file_that_was_copied_up_is_found_while_it_has_the_same_bytes)
{
	const char *why = mount_overlay("copied", true, "xino=off");
	struct opened opened;
	struct victim victim;
	struct files files;
	struct stat now;

	if (why)
		skip("%s", why);
	memset(&files, 0, sizeof(files));
	files.path[0] = BASE "/copied/merged/first";
	files.path[1] = BASE "/copied/merged/second";
	start(&victim, &files);
	require(chmod(files.path[0], 0664) == 0);
	require(raw_stat(victim.pid, addr_of(0), &now));
	open_nth(&who_root, &victim, 0, 0, &opened);
	expect_object(&opened, &now, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root, same bytes");
	open_nth(&who_nobody, &victim, 0, 0, &opened);
	/* Linux before 6.8 shows the layer's numbers: the upper file is another one. */
	if (maps_like(files.path[0], &files.raw[0]))
		expect_object(&opened, &now, MF_RUNG_PATH, MF_SURE_MATCHING, "nobody, same bytes");
	else
		expect_error(&opened, -ESTALE, "nobody, same bytes in the upper file");
	/* The mapping keeps the old bytes, the file has new ones. */
	change_last_byte(files.path[1], LEN);
	require(raw_stat(victim.pid, addr_of(1), &now));
	open_nth(&who_root, &victim, 1, 0, &opened);
	expect_object(&opened, &now, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root, new bytes");
	open_nth(&who_nobody, &victim, 1, 0, &opened);
	expect_error(&opened, -ESTALE, "nobody, new bytes");
	open_nth(&who_nobody, &victim, 1, MF_OPEN_COPY, &opened);
	expect(opened.ret >= 0 && opened.info.rung == MF_RUNG_COPY && opened.head[0] == '2',
	       "a copy of the old bytes: %s", outcome(&opened));
	victim_end(&victim);
	expect_end();
}
END_TEST

/* FUSE, while it answers */

static struct fuse_server server;

static void kill_server(void)
{
	fuse_kill(&server);
}

static const char *start_fuse(const char *dir, uint32_t valid)
{
	const char *why = fuse_start(&server, dir, valid);

	opener_on_hang = kill_server;
	return why;
}

START_TEST(fuse_files_are_opened_only_by_who_may_block)
{
	const char *why = start_fuse(BASE "/fuse", 3600);
	struct opened opened;
	struct victim victim;
	struct files files;

	if (why)
		skip("%s", why);
	memset(&files, 0, sizeof(files));
	files.path[0] = BASE "/fuse/file";
	files.path[1] = BASE "/fuse/dir/file";
	start(&victim, &files);
	open_nth(&who_root, &victim, 0, 0, &opened);
	expect_error(&opened, -EREMOTE, "root");
	open_nth(&who_nobody, &victim, 0, 0, &opened);
	expect_error(&opened, -EREMOTE, "nobody");
	open_nth(&who_root, &victim, 1, MF_OPEN_MAY_BLOCK, &opened);
	expect_object(&opened, &files.truth[1], MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root may block");
	expect(opened.ret < 0 || opened.head[0] == 'g', "root read %#x", opened.head[0]);
	open_nth(&who_nobody, &victim, 1, MF_OPEN_MAY_BLOCK, &opened);
	expect_object(&opened, &files.truth[1], MF_RUNG_PATH, MF_SURE_MATCHING, "nobody may block");
	expect(opened.ret < 0 || opened.head[0] == 'g', "nobody read %#x", opened.head[0]);
	victim_end(&victim);
	fuse_kill(&server);
	expect_end();
}
END_TEST

START_TEST(fuse_twins_are_told_apart_by_their_bytes)
{
	const char *why = start_fuse(BASE "/fuse-twins", 3600);
	struct opened opened;
	struct victim victim;
	struct files files;

	if (why)
		skip("%s", why);
	memset(&files, 0, sizeof(files));
	files.path[0] = BASE "/fuse-twins/file";
	files.path[1] = BASE "/fuse-twins/twin";
	start(&victim, &files);
	require(same_numbers(&files.raw[0], &files.raw[1]));
	mounts_bind(BASE "/fuse-twins/twin", BASE "/fuse-twins/file");
	open_nth(&who_nobody, &victim, 0, MF_OPEN_MAY_BLOCK, &opened);
	expect_error(&opened, -ESTALE, "other bytes");
	mounts_bind(BASE "/fuse-twins/same", BASE "/fuse-twins/file");
	open_nth(&who_nobody, &victim, 0, MF_OPEN_MAY_BLOCK, &opened);
	expect(opened.ret < 0 || opened.info.sure == MF_SURE_MATCHING, "same bytes: %s",
	       outcome(&opened));
	victim_end(&victim);
	fuse_kill(&server);
	expect_end();
}
END_TEST

/* Each test in its own copy of the mounts: what it covers stays covered there only. */
static void own_mounts(void)
{
	require(unshare_mounts() == 0);
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("open-fs");
	TCase *tcase = guarded_tcase(suite, "open-fs");

	no_btrfs = mounts_loop("btrfs", BTRFS);
	no_ext4 = mounts_loop("ext4", EXT4);
	no_xfs = mounts_loop("xfs", XFS);
	tcase_add_checked_fixture(tcase, own_mounts, NULL);
	tcase_add_test(tcase, ext4_files_are_exact);
	tcase_add_test(tcase, xfs_files_are_exact);
	tcase_add_test(tcase, tmpfs_files_are_exact);
	tcase_add_test(tcase, hugetlbfs_files_are_exact);
	tcase_add_test(tcase, a_bind_mount_leads_to_the_same_file);
	tcase_add_test(tcase, an_overmounted_path_is_not_the_file_below);
	tcase_add_test(tcase, btrfs_twins_are_told_apart);
	tcase_add_test(tcase, a_btrfs_snapshot_with_the_same_bytes_is_never_called_exact);
	tcase_add_test(tcase, a_btrfs_twin_of_untouched_memory_is_never_called_exact);
	tcase_add_test(tcase, a_btrfs_descriptor_of_a_twin_is_passed_over);
	tcase_add_test(tcase, a_private_page_that_was_written_does_not_refuse_the_right_file);
	tcase_add_test(tcase, a_part_that_maps_another_file_now_does_not_refuse_the_rest);
	tcase_add_test(tcase, a_capability_to_follow_is_enough_on_btrfs);
	tcase_add_test(tcase, a_btrfs_file_is_exact_by_exact_means_only);
	tcase_add_test(tcase, overlay_files_of_two_file_systems_are_told_apart);
	tcase_add_test(tcase, overlay_files_of_one_file_system_are_found);
	tcase_add_test(tcase,
		       an_overlay_file_that_was_copied_up_is_found_while_it_has_the_same_bytes);
	tcase_add_test(tcase, fuse_files_are_opened_only_by_who_may_block);
	tcase_add_test(tcase, fuse_twins_are_told_apart_by_their_bytes);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return fs_main(argv, make_suite);
}
