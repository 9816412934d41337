/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A victim that maps one of everything, with the truth about each object: what
 * fstat(2) says to whoever made it, or stat(2) as root through the raw link.
 */
#ifndef TESTS_FS_OBJECTS_H
#define TESTS_FS_OBJECTS_H

#include "victim.h"

enum object_id {
	OBJ_FILE,
	OBJ_RDWR,
	OBJ_DELETED,
	OBJ_DELETED_OPEN,
	OBJ_TMPFILE,
	OBJ_HARD_LINK,
	OBJ_RENAMED,
	OBJ_REPLACED,
	OBJ_MEMFD,
	OBJ_MEMFD_OPEN,
	OBJ_SYSV,
	OBJ_SYSV_RDONLY,
	OBJ_SHM_ANON,
	OBJ_ZERO_SHARED,
	OBJ_ZERO_PRIVATE,
	OBJ_HUGETLB,
	OBJ_SECRETMEM,
	OBJ_AIO,
	OBJ_PACKET,
	OBJ_ANON,
	OBJ_VDSO,
	N_OBJECTS
};

enum object_type {
	TYPE_REGULAR, /* opens for data */
	TYPE_SECRET, /* a regular file that cannot be opened */
	TYPE_DEVICE,
	TYPE_ODD, /* can only be looked at: no type bits, or a socket */
	TYPE_NONE, /* no object at all */
};

struct object {
	const char *name;
	enum object_type type;
	uint32_t rung; /* that leads the victim's own user to it; 0: none does */
	int access; /* O_RDONLY or O_RDWR: how the victim opened it; -1: unspecified */
	bool filled; /* with fill, when it can be read */
	unsigned char fill;
	bool memfd; /* on the kernel's own mount */
	bool replaced; /* another file is at its path */
	uint64_t addr;
	const char *absent; /* why this machine cannot make it, or NULL */
	struct stat truth;
	int fd; /* ours, until the victim has mapped it */
};

/*
 * Start it as who, its files in dir (on the file system to test), and wait
 * until all is mapped and the names were taken away or changed. The array is
 * shared memory of N_OBJECTS.
 */
struct object *objects_start(struct victim *victim, const struct who *who, const char *dir);
void objects_end(struct victim *victim, struct object *objects);

#endif
