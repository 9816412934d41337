/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mapping what another process maps on file systems where neither numbers nor
 * names tell one file from another, or where a server may not answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <mapfiles.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fs/fuse-server.h"
#include "fs/mounts.h"
#include "fs/opener.h"
#include "fs/scene.h"

#define PAGE   4096ul
#define LEN    (256 * PAGE)
#define LAYERS BASE "/layers"
#define MERGED LAYERS "/merged"
#define BTRFS  BASE "/btrfs"
#define EXT4   BASE "/ext4"
#define FUSE   BASE "/fuse"

static const char *no_btrfs, *no_ext4;

/* Maps path and keeps no descriptor; open_flags and prot are told by fd and id. */
static void make_mapping(struct scene *scene)
{
	const int flags = scene->id & PROT_WRITE ? MAP_SHARED : MAP_PRIVATE;
	int fd = open(scene->path, scene->fd | O_CLOEXEC);
	struct stat st;
	void *memory;

	require(fd >= 0 && !fstat(fd, &st));
	memory = mmap(NULL, (size_t)st.st_size, scene->id, flags, fd, 0);
	require(memory != MAP_FAILED);
	scene->addr = (uint64_t)(uintptr_t)memory;
	scene->len = (uint64_t)st.st_size;
	close(fd);
}

static void make_reader(struct scene *scene)
{
	scene->fd = O_RDONLY;
	scene->id = PROT_READ;
	make_mapping(scene);
}

static void make_reader_that_may_write(struct scene *scene)
{
	scene->fd = O_RDWR;
	scene->id = PROT_READ;
	make_mapping(scene);
}

static void make_writer(struct scene *scene)
{
	scene->fd = O_RDWR;
	scene->id = PROT_READ | PROT_WRITE;
	make_mapping(scene);
}

static void read_all(struct scene *scene)
{
	const volatile unsigned char *const memory = (void *)(uintptr_t)scene->addr;

	for (uint64_t at = 0; at < scene->len; at += PAGE)
		(void)memory[at];
}

static void change_byte(const char *path, off_t at)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	require(fd >= 0 && pwrite(fd, "!", 1, at) == 1);
	close(fd);
}

/* A lower file of 256 pages, and its name in the overlay. */
static const char *mount_layers(void)
{
	make_dir(LAYERS);
	make_dir(LAYERS "/lower");
	make_dir(LAYERS "/upper");
	make_dir(LAYERS "/work");
	make_file(LAYERS "/lower/file", 'l', LEN);
	return mounts_overlay(LAYERS "/lower", LAYERS "/upper", LAYERS "/work", NULL, MERGED);
}

START_TEST(an_overlay_file_is_exact_while_it_is_that_of_its_layer)
{
	const char *why = mount_layers();
	struct remapped got;
	struct scene *scene;

	if (why)
		skip("%s", why);
	scene = scene_start(&who_root, make_reader, read_all, MERGED "/file");
	/* No page of it is there to be compared. */
	remap_scene(scene, 0, 0, &got);
	require_refused(scene, &got, MF_REFUSAL_UNCERTAIN, -ESTALE);
	scene_act(scene);
	remap_scene(scene, 0, 0, &got);
	require_same(scene, &got);
	require(got.made.sure == MF_SURE_EXACT);
	require(((char *)got.addr)[LEN - 1] == 'l');
	remapped_end(&got);
	/* Without CAP_SYS_ADMIN nobody is told which page it is. */
	remap_scene_as(&(struct who){ "nobody+CHECKPOINT_RESTORE+PTRACE+DAC", NOBODY,
				      CAP(40) | CAP(19) | CAP(2) | CAP(1), USERNS_NONE },
		       scene, 0, 0, &got);
	require_refused(scene, &got, MF_REFUSAL_UNCERTAIN, -ESTALE);
	scene_end(scene);
}
END_TEST

START_TEST(an_overlay_file_that_was_copied_up_is_another)
{
	const char *why = mount_layers();
	struct remapped got;
	struct scene *scene;

	if (why)
		skip("%s", why);
	scene = scene_start(&who_root, make_reader, read_all, MERGED "/file");
	scene_act(scene);
	/* Copied up, and not yet different. Linux before 6.8 shows another device by now. */
	require(!chmod(MERGED "/file", 0600));
	remap_scene(scene, 0, 0, &got);
	if (got.made.refusal != MF_REFUSAL_OTHER_BYTES) {
		require_refused(scene, &got, MF_REFUSAL_UNCERTAIN, -ESTALE);
		remap_scene(scene, MF_REMAP_MATCHING, 0, &got);
		require_same(scene, &got);
		require(got.made.sure == MF_SURE_MATCHING);
		remapped_end(&got);
		/* A sample would miss it. */
		change_byte(MERGED "/file", PAGE + 1);
		remap_scene(scene, 0, 0, &got);
		require_refused(scene, &got, MF_REFUSAL_UNCERTAIN, -ESTALE);
	}
	change_byte(MERGED "/file", 1);
	require(scene_peek(scene, 1) == 'l');
	for (uint32_t flags = 0; flags <= MF_REMAP_MATCHING; flags += MF_REMAP_MATCHING) {
		remap_scene(scene, flags, 0, &got);
		require_refused(scene, &got, MF_REFUSAL_OTHER_BYTES, -ESTALE);
	}
	scene_end(scene);
}
END_TEST

START_TEST(an_overlay_file_that_was_opened_for_writing_is_the_upper_one)
{
	void (*const make[])(struct scene *) = { make_writer, make_reader_that_may_write };
	const char *why = mount_layers();
	struct remapped got;
	struct scene *scene;

	if (why)
		skip("%s", why);
	scene = scene_start(&who_root, make[_i], NULL, MERGED "/file");
	remap_scene(scene, 0, 0, &got);
	require_same(scene, &got);
	require(got.made.sure == MF_SURE_EXACT);
	if (_i == 0)
		require_shared(scene, &got);
	remapped_end(&got);
	scene_end(scene);
}
END_TEST

/* btrfs: file, one/file and shot/file, a snapshot of it, have one device and inode in maps. */

START_TEST(of_btrfs_twins_the_right_one_is_mapped)
{
	static const char *const paths[] = { BTRFS "/file", BTRFS "/one/file", BTRFS "/shot/file" };
	struct raw_mapping raw[3];
	struct scene *scene[3];
	struct remapped got;

	if (no_btrfs)
		skip("%s", no_btrfs);
	make_file(paths[0], 't', LEN);
	require(!mounts_subvolume(BTRFS, "one"));
	make_file(paths[1], 't', LEN);
	require(!mounts_snapshot(BTRFS "/one", BTRFS, "shot"));
	for (int i = 0; i < 3; i++) {
		require(!chmod(paths[i], 0666));
		scene[i] = scene_start(&who_nobody, make_writer, NULL, paths[i]);
		require(raw_find(scene[i]->pid, scene[i]->addr, &raw[i]));
	}
	require(raw[1].inode == raw[2].inode && raw[1].minor == raw[2].minor);
	for (int i = 0; i < 3; i++) {
		remap_scene(scene[i], 0, 0, &got);
		require_same(scene[i], &got);
		require_shared(scene[i], &got);
		remapped_end(&got);
		/* The sign that require_shared() leaves is in this one only. */
		require(scene_peek(scene[i], 0) == 0x33);
		for (int j = i + 1; j < 3; j++)
			require(scene_peek(scene[j], 0) == 't');
	}
	/* Without the link none is proven. */
	remap_scene_as(&who_nobody, scene[1], 0, 0, &got);
	require_refused(scene[1], &got, MF_REFUSAL_UNCERTAIN, -ESTALE);
	for (int i = 0; i < 3; i++)
		scene_end(scene[i]);
}
END_TEST

START_TEST(a_file_on_a_disk_is_shared)
{
	struct remapped got;
	struct scene *scene;

	if (no_ext4)
		skip("%s", no_ext4);
	make_file(EXT4 "/file", 'e', LEN);
	scene = scene_start(&who_root, make_writer, NULL, EXT4 "/file");
	remap_scene(scene, 0, 0, &got);
	require_same(scene, &got);
	require(got.made.sure == MF_SURE_EXACT);
	require_shared(scene, &got);
	remapped_end(&got);
	scene_end(scene);
}
END_TEST

static struct fuse_server server;

static void hung_up(void)
{
	fuse_kill(&server);
}

START_TEST(a_server_is_asked_only_by_who_may_block)
{
	const char *why = fuse_start(&server, FUSE, 0);
	struct remapped got;
	struct scene *scene;

	if (why)
		skip("%s", why);
	opener_on_hang = hung_up;
	scene = scene_start(&who_root, make_reader, read_all, FUSE "/file");
	scene_act(scene);
	server.control->mute = FUSE_MUTE_ALL;
	remap_scene_as(&who_root, scene, 0, 0, &got);
	server.control->mute = 0;
	require_refused(scene, &got, MF_REFUSAL_NOT_OPENED, -EREMOTE);
	remap_scene(scene, MF_REMAP_MAY_BLOCK, 0, &got);
	require_same(scene, &got);
	require(!memcmp(got.addr, "ffff", 4));
	remapped_end(&got);
	scene_end(scene);
	fuse_kill(&server);
}
END_TEST

/* Nothing but the node itself tells that it is a device: it is called as a file is. */
static void make_zero(struct scene *scene)
{
	int fd = open(scene->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		scene->absent = "no device nodes on a tmpfs";
		return;
	}
	scene->addr = (uint64_t)(uintptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	scene->len = PAGE;
	require(scene->addr != (uint64_t)(uintptr_t)MAP_FAILED);
	close(fd);
}

START_TEST(a_device_node_is_a_device_wherever_it_is)
{
	struct remapped got;
	struct scene *scene;

	require(!mknod(BASE "/file", S_IFCHR | 0666, makedev(1, 5)));
	scene = scene_start(&who_root, make_zero, NULL, BASE "/file");
	if (scene->absent) {
		harness_skip(__func__, "%s", scene->absent);
	} else {
		remap_scene(scene, 0, 0, &got);
		require_refused(scene, &got, MF_REFUSAL_DEVICE, -ENXIO);
	}
	scene_end(scene);
}
END_TEST

static void own_mounts(void)
{
	require(unshare_mounts() == 0);
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("remap-fs");
	TCase *tcase = guarded_tcase(suite, "remap-fs");

	no_btrfs = mounts_loop("btrfs", BTRFS);
	no_ext4 = mounts_loop("ext4", EXT4);
	tcase_add_checked_fixture(tcase, own_mounts, NULL);
	tcase_add_test(tcase, an_overlay_file_is_exact_while_it_is_that_of_its_layer);
	tcase_add_test(tcase, an_overlay_file_that_was_copied_up_is_another);
	tcase_add_loop_test(tcase, an_overlay_file_that_was_opened_for_writing_is_the_upper_one, 0,
			    2);
	tcase_add_test(tcase, of_btrfs_twins_the_right_one_is_mapped);
	tcase_add_test(tcase, a_file_on_a_disk_is_shared);
	tcase_add_test(tcase, a_server_is_asked_only_by_who_may_block);
	tcase_add_test(tcase, a_device_node_is_a_device_wherever_it_is);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return fs_main(argv, make_suite);
}
