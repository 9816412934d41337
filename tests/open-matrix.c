/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints who gets what by which rung, as Markdown tables for the documentation.
 * Every cell is compared with the truth: a wrong file makes this exit with 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <mapfiles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fs/fuse-server.h"
#include "fs/mounts.h"
#include "fs/objects.h"
#include "fs/opener.h"
#include "fs/victim.h"

#define AREA	  UINT64_C(0x30000000)
#define STEP	  UINT64_C(0x10000)
#define LEN	  8192
#define OTHER_UID 65533
#define MAX_ROWS  48

/* A process of nobody, which all but one look at, and one in its own user namespace. */
enum world_id { WORLD_PLAIN, WORLD_USERNS, N_WORLDS };

enum file_id {
	FILE_EXT4,
	FILE_BTRFS,
	FILE_BTRFS_OTHER,
	FILE_BTRFS_SAME,
	FILE_OVERLAY,
	FILE_OVERLAY_OTHER,
	FILE_FUSE,
	FILE_COVERED,
	N_FILES
};

struct row {
	const char *name;
	pid_t pid;
	uint64_t addr;
	struct stat truth;
	const char *absent;
	bool twin; /* another file with its numbers is at its path */
	bool same_bytes; /* and with its bytes */
	bool filled;
	unsigned char fill;
};

struct file {
	const char *name, *path, *dir;
	unsigned char fill;
	bool twin, same_bytes;
	const char *absent;
};

struct world {
	struct row rows[MAX_ROWS];
	size_t n_rows;
	struct file files[N_FILES];
	struct object *objects;
	struct victim object_victim, file_victim, program_victim;
	struct fuse_server server;
	char dir[64], program[80];
};

#define FOREIGN_CAPS (CAP(CAP_SYS_PTRACE) | CAP(CAP_DAC_READ_SEARCH))

static const struct column {
	struct who who;
	enum world_id world;
} columns[] = {
	{ { "root", 0, 0, USERNS_NONE }, WORLD_PLAIN },
	{ { "same user", NOBODY, 0, USERNS_NONE }, WORLD_PLAIN },
	{ { "same user, CHECKPOINT_RESTORE", NOBODY, CAP(CAP_CHECKPOINT_RESTORE), USERNS_NONE },
	  WORLD_PLAIN },
	{ { "same user, SYS_ADMIN", NOBODY, CAP(CAP_SYS_ADMIN), USERNS_NONE }, WORLD_PLAIN },
	{ { "root of a child user namespace", 0, 0, 1 }, WORLD_USERNS },
	{ { "other user", OTHER_UID, 0, USERNS_NONE }, WORLD_PLAIN },
	{ { "other user, SYS_PTRACE", OTHER_UID, CAP(CAP_SYS_PTRACE), USERNS_NONE }, WORLD_PLAIN },
	{ { "other user, SYS_PTRACE, DAC_READ_SEARCH", OTHER_UID, FOREIGN_CAPS, USERNS_NONE },
	  WORLD_PLAIN },
	{ { "other user, these and CHECKPOINT_RESTORE", OTHER_UID,
	    FOREIGN_CAPS | CAP(CAP_CHECKPOINT_RESTORE), USERNS_NONE },
	  WORLD_PLAIN },
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *no_btrfs, *no_ext4;

/* The files on other file systems, one mapping each */

static long map_files(void *arg, int cmd)
{
	const struct world *world = arg;
	size_t i;

	for (i = 0; cmd == 0 && i < N_FILES; i++) {
		const struct file *file = &world->files[i];
		volatile char *want = (char *)(uintptr_t)(AREA + i * STEP);
		int fd;

		if (file->absent)
			continue;
		fd = open(file->path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || mmap((void *)(uintptr_t)want, LEN, PROT_READ, MAP_PRIVATE | MAP_FIXED,
				   fd, 0) != (void *)(uintptr_t)want)
			return -errno;
		close(fd);
		(void)want[0];
		(void)want[4096];
	}
	return 0;
}

static long run_program(void *arg, int cmd)
{
	const struct world *world = arg;

	if (cmd)
		execl(world->program, world->program, "100000", (char *)NULL);
	return 0;
}

static char *in_dir(const char *dir, const char *name)
{
	char *path;

	require(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

static void put_file(struct world *world, enum file_id id, const char *name, char *path,
		     unsigned char fill, bool make)
{
	world->files[id] = (struct file){ .name = name, .path = path, .fill = fill };
	if (make)
		make_file(path, fill, LEN);
}

static void make_btrfs(struct world *world, const char *subvolume)
{
	char *top, *dir[4];

	world->files[FILE_BTRFS] = (struct file){ .name = "btrfs", .absent = no_btrfs };
	world->files[FILE_BTRFS_OTHER] =
		(struct file){ .name = "btrfs, a twin with other bytes at its path",
			       .absent = no_btrfs };
	world->files[FILE_BTRFS_SAME] =
		(struct file){ .name = "btrfs, a snapshot's copy at its path", .absent = no_btrfs };
	if (no_btrfs)
		return;
	require(mounts_subvolume(BASE "/btrfs", subvolume) == 0);
	top = in_dir(BASE "/btrfs", subvolume);
	require(mounts_subvolume(top, "a") == 0 && mounts_subvolume(top, "b") == 0 &&
		mounts_subvolume(top, "c") == 0);
	dir[0] = in_dir(top, "a/file");
	dir[1] = in_dir(top, "b/file");
	dir[2] = in_dir(top, "c/file");
	put_file(world, FILE_BTRFS, "btrfs", dir[0], 'B', true);
	put_file(world, FILE_BTRFS_OTHER, "btrfs, a twin with other bytes at its path", dir[1], 'C',
		 true);
	put_file(world, FILE_BTRFS_SAME, "btrfs, a snapshot's copy at its path", dir[2], 'D', true);
	world->files[FILE_BTRFS_OTHER].twin = true;
	world->files[FILE_BTRFS_SAME].twin = true;
	world->files[FILE_BTRFS_SAME].same_bytes = true;
	world->files[FILE_BTRFS_SAME].dir = top;
	dir[3] = in_dir(top, "c");
	require(mounts_snapshot(dir[3], top, "shot") == 0);
	free(dir[3]);
}

static void make_overlay(struct world *world)
{
	char *lower[2] = { in_dir(world->dir, "lower1"), in_dir(world->dir, "lower2") };
	char *upper = in_dir(world->dir, "upper"), *work = in_dir(world->dir, "work");
	char *merged = in_dir(world->dir, "merged"), *both, *path[2];
	const char *why;

	mounts_tmpfs(lower[0]);
	mounts_tmpfs(lower[1]);
	make_dir(upper);
	make_dir(work);
	path[0] = in_dir(lower[0], "first");
	path[1] = in_dir(lower[1], "second");
	make_file(path[0], 'O', LEN);
	make_file(path[1], 'P', LEN);
	require(asprintf(&both, "%s:%s", lower[0], lower[1]) > 0);
	why = mounts_overlay(both, upper, work, "xino=off", merged);
	put_file(world, FILE_OVERLAY, "overlayfs, layers on two file systems",
		 in_dir(merged, "first"), 'O', false);
	put_file(world, FILE_OVERLAY_OTHER, "overlayfs, a twin with other bytes at its path",
		 in_dir(merged, "second"), 'P', false);
	world->files[FILE_OVERLAY].absent = why;
	world->files[FILE_OVERLAY_OTHER].absent = why;
	world->files[FILE_OVERLAY_OTHER].twin = true;
}

static void make_world_files(struct world *world, const char *name)
{
	char *fuse = in_dir(world->dir, "fuse");

	put_file(world, FILE_EXT4, "ext4", in_dir(BASE "/ext4", name), 'E', !no_ext4);
	world->files[FILE_EXT4].absent = no_ext4;
	make_btrfs(world, name);
	make_overlay(world);
	put_file(world, FILE_FUSE, "FUSE", in_dir(fuse, "file"), 'f', false);
	world->files[FILE_FUSE].absent = fuse_start(&world->server, fuse, 3600);
	put_file(world, FILE_COVERED, "tmpfs, another mount on its path",
		 in_dir(world->dir, "covered"), 'M', true);
}

/* After all is mapped, other files come to lie at some of the paths. */
static void cover_paths(struct world *world)
{
	char *cover = in_dir(world->dir, "cover"), *shot;

	if (!no_btrfs) {
		mounts_bind(world->files[FILE_BTRFS].path, world->files[FILE_BTRFS_OTHER].path);
		shot = in_dir(world->files[FILE_BTRFS_SAME].dir, "shot/file");
		mounts_bind(shot, world->files[FILE_BTRFS_SAME].path);
	}
	if (!world->files[FILE_OVERLAY].absent)
		mounts_bind(world->files[FILE_OVERLAY].path, world->files[FILE_OVERLAY_OTHER].path);
	make_file(cover, 'M', LEN);
	mounts_bind(cover, world->files[FILE_COVERED].path);
}

static void copy_program(const char *to)
{
	int in = open("/bin/sleep", O_RDONLY | O_CLOEXEC);
	int out = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
	char data[4096];
	ssize_t n;

	require(in >= 0 && out >= 0);
	while ((n = read(in, data, sizeof(data))) > 0)
		require(write(out, data, (size_t)n) == n);
	close(in);
	close(out);
	require(chmod(to, 0755) == 0);
}

static void add_program(struct world *world, const struct who *who)
{
	struct row *row = &world->rows[world->n_rows++];
	struct raw_mapping raw;

	snprintf(world->program, sizeof(world->program), "%s/program", world->dir);
	copy_program(world->program);
	row->name = "the program itself, deleted";
	stat_of(world->program, &row->truth);
	victim_start(&world->program_victim, who, run_program, world);
	victim_tell(&world->program_victim, 1);
	row->pid = world->program_victim.pid;
	while (!raw_find_inode(row->pid, row->truth.st_ino, &raw))
		usleep(1000);
	row->addr = raw.start;
	require(unlink(world->program) == 0);
}

static void add_objects(struct world *world, const struct who *who)
{
	char *dir = in_dir(world->dir, "objects");
	size_t i;

	make_dir(dir);
	world->objects = objects_start(&world->object_victim, who, dir);
	free(dir);
	for (i = 0; i < N_OBJECTS; i++) {
		const struct object *object = &world->objects[i];
		struct row *row = &world->rows[world->n_rows++];

		row->name = object->name;
		row->pid = world->object_victim.pid;
		row->addr = object->addr;
		row->truth = object->truth;
		row->absent = object->absent;
		row->filled = object->filled;
		row->fill = object->fill;
	}
}

static void add_files(struct world *world, const struct who *who)
{
	size_t i;

	for (i = 0; i < N_FILES; i++) {
		const struct file *file = &world->files[i];
		struct row *row = &world->rows[world->n_rows++];

		row->name = file->name;
		row->addr = AREA + i * STEP;
		row->absent = file->absent;
		row->twin = file->twin;
		row->same_bytes = file->same_bytes;
		row->filled = true;
		row->fill = file->fill;
		if (!file->absent)
			stat_of(file->path, &row->truth);
	}
	victim_start(&world->file_victim, who, map_files, world);
	for (i = 0; i < N_FILES; i++)
		world->rows[world->n_rows - N_FILES + i].pid = world->file_victim.pid;
}

static void make_world(struct world *world, const struct who *who, const char *name)
{
	memset(world, 0, sizeof(*world));
	snprintf(world->dir, sizeof(world->dir), BASE "/%s", name);
	make_dir(world->dir);
	make_world_files(world, name);
	add_program(world, who);
	add_objects(world, who);
	add_files(world, who);
	cover_paths(world);
}

static void end_world(struct world *world)
{
	fuse_kill(&world->server);
	victim_end(&world->program_victim);
	victim_end(&world->file_victim);
	objects_end(&world->object_victim, world->objects);
}

static bool right_bytes(const struct row *row, const struct opened *opened)
{
	size_t i;

	if (!row->filled || opened->n_head <= 0)
		return true;
	/* The vdso begins as any ELF file does. */
	if (row->fill == 0x7f)
		return opened->head[0] == 0x7f && opened->head[1] == 'E';
	for (i = 0; i < (size_t)opened->n_head; i++)
		if (opened->head[i] != row->fill)
			return false;
	return true;
}

/*
 * Only the bytes tell twins apart: nothing does if they are the same, if the
 * caller may not read the memory, whose file has mode 0600, or only looks.
 */
static bool may_be_twin(const struct row *row, const struct who *who, uint32_t flags)
{
	bool reads_memory = who->uid != OTHER_UID || who->caps & CAP(CAP_DAC_READ_SEARCH);

	return row->twin && (row->same_bytes || !reads_memory || flags & MF_OPEN_PATH);
}

/* What to print, checked. */
static const char *judge(const struct row *row, const struct opened *opened, const struct who *who,
			 uint32_t flags)
{
	static char text[128];
	bool right;

	expect(!opened->hung && opened->leaked == 0, "%s opens %s: hung, died, or leaked",
	       who->name, row->name);
	if (opened->ret < 0)
		return error_of(opened->ret);
	if (opened->info.rung == MF_RUNG_COPY) {
		expect(opened->info.sure == MF_SURE_COPY && right_bytes(row, opened),
		       "%s opens %s: a wrong copy", who->name, row->name);
		return opened->info.n_holes ? "copy with holes" : "copy";
	}
	right = is_object(opened, &row->truth);
	if (!right && may_be_twin(row, who, flags) && opened->info.sure == MF_SURE_MATCHING) {
		snprintf(text, sizeof(text), "%s, **the twin**", outcome(opened));
		return text;
	}
	expect(right && right_bytes(row, opened), "%s opens %s: A WRONG FILE (%s)", who->name,
	       row->name, outcome(opened));
	return outcome(opened);
}

static void print_cell(struct world *worlds, const struct column *column, size_t n, uint32_t flags)
{
	const struct row *row = &worlds[column->world].rows[n];
	struct who who = column->who;
	struct request request;
	struct opened opened;

	if (row->absent) {
		printf(" - |");
		return;
	}
	if (who.userns)
		who.userns = row->pid;
	memset(&request, 0, sizeof(request));
	request.pid = row->pid;
	request.addr = row->addr;
	request.flags = flags;
	open_as(&who, &request, &opened);
	printf(" %s |", judge(row, &opened, &who, flags));
}

static void print_table(struct world *worlds, uint32_t flags, const char *title)
{
	size_t i, j;

	printf("\n### %s\n\n| mapped |", title);
	for (j = 0; j < N_COLUMNS; j++)
		printf(" %s |", columns[j].who.name);
	printf("\n|---|");
	for (j = 0; j < N_COLUMNS; j++)
		printf("---|");
	printf("\n");
	for (i = 0; i < worlds[0].n_rows; i++) {
		printf("| %s |", worlds[0].rows[i].name);
		for (j = 0; j < N_COLUMNS; j++)
			print_cell(worlds, &columns[j], i, flags);
		printf("\n");
	}
}

static void print_absent(const struct world *world)
{
	size_t i;

	for (i = 0; i < world->n_rows; i++)
		if (world->rows[i].absent)
			printf("\n`-`: %s: %s.\n", world->rows[i].name, world->rows[i].absent);
}

START_TEST(every_cell_of_the_matrix_is_right)
{
	const struct who in_userns = { "nobody", NOBODY, 0, USERNS_NEW };
	static struct world worlds[N_WORLDS];
	struct utsname name;

	make_world(&worlds[WORLD_PLAIN], &who_nobody, "plain");
	make_world(&worlds[WORLD_USERNS], &in_userns, "userns");
	require(uname(&name) == 0);
	name.release[strcspn(name.release, "-+")] = '\0';
	printf("Linux %s, %s; the target belongs to an ordinary user.\n", name.release,
	       name.machine);
	print_table(worlds, 0, "To read (no flags)");
	print_table(worlds, MF_OPEN_PATH, "To look at (`MF_OPEN_PATH`)");
	print_table(worlds, MF_OPEN_COPY, "To read, or a copy (`MF_OPEN_COPY`)");
	print_table(worlds, MF_OPEN_MAY_BLOCK | MF_OPEN_ANY_TYPE,
		    "Whatever it takes (`MF_OPEN_MAY_BLOCK | MF_OPEN_ANY_TYPE`)");
	printf("\n*matching* means that device and inode are equal where two files can share them. "
	       "**the twin**: so they did, and the bytes were the same, or could not be compared: "
	       "the caller may not read the memory, or asked for a look only.\n");
	print_absent(&worlds[WORLD_PLAIN]);
	end_world(&worlds[WORLD_PLAIN]);
	end_world(&worlds[WORLD_USERNS]);
	expect_end();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("open-matrix");
	TCase *tcase = tcase_create("open-matrix");

	no_btrfs = mounts_loop("btrfs", BASE "/btrfs");
	no_ext4 = mounts_loop("ext4", BASE "/ext4");
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, every_cell_of_the_matrix_is_right);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	/* Nothing but the tables on stdout, unless something is wrong. */
	setenv("CK_VERBOSITY", "silent", 0);
	return fs_main(argv, make_suite);
}
