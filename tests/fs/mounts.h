/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File systems for the tests of the opened descriptor: a private mount
 * namespace with a tmpfs of its own, loop mounts, subvolumes, overlays. All of
 * it dies with the last process in the namespace, loop devices included.
 */
#ifndef TESTS_FS_MOUNTS_H
#define TESTS_FS_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* Where the private tmpfs is: an existing directory, so that none is left behind. */
#define BASE "/mnt"

/*
 * Enter a private mount namespace and mount an empty tmpfs (strictatime) on
 * BASE. Returns NULL, or why this machine cannot.
 */
const char *mounts_enter(void);

/* A private copy of all mounts, for this process and its children: 0 or -errno. */
int unshare_mounts(void);

/* A bind mount of a tree or a file, a tmpfs, a procfs; abort the test on failure. */
void mounts_bind(const char *from, const char *to);
void mounts_tmpfs(const char *dir);
bool mounts_proc(const char *dir, const char *options);

/*
 * Make a file system of that type in an image on BASE and mount it on dir,
 * which is made. Returns NULL, or why not.
 */
const char *mounts_loop(const char *type, const char *dir);

/* btrfs: a new subvolume, and a snapshot of one. Return 0 or -errno. */
int mounts_subvolume(const char *parent, const char *name);
int mounts_snapshot(const char *subvolume, const char *parent, const char *name);

/* An overlay; options may be NULL. Returns NULL, or why not. */
const char *mounts_overlay(const char *lower, const char *upper, const char *work,
			   const char *options, const char *dir);

/* A directory (0755), a file (0644) of len bytes of fill: aborts on failure. */
void make_dir(const char *path);
void make_file(const char *path, int fill, size_t len);
void stat_of(const char *path, struct stat *st);

#endif
