/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A FUSE server that can fall silent, one operation at a time, and counts what
 * it is asked. It speaks the kernel's protocol itself: a library between the
 * test and /dev/fuse would answer some requests on its own.
 */
#ifndef TESTS_FS_FUSE_SERVER_H
#define TESTS_FS_FUSE_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#define FUSE_FILE_SIZE 8192

/*
 * What it serves, root 0755, files 0644 of FUSE_FILE_SIZE bytes each:
 *   file    filled with 'f'
 *   dir/file filled with 'g'
 *   twin    filled with 't', with the inode number of file
 *   same    filled with 'f', with the inode number of file
 */
struct fuse_control {
	uint64_t mute; /* bit per opcode: read, but never answered */
	uint32_t valid; /* seconds that names and attributes stay cached */
	uint32_t seen[64]; /* requests by opcode */
};

struct fuse_server {
	pid_t pid;
	struct fuse_control *control;
};

#define FUSE_MUTE_ALL (~0ull)

/* Mount it on dir (made). Returns NULL, or why this machine cannot. */
const char *fuse_start(struct fuse_server *server, const char *dir, uint32_t valid);

/* Kill it, stopped or not: every process that waits for it gets an error. */
void fuse_kill(struct fuse_server *server);

/* All requests seen so far but those that nobody waits for (forget, release). */
uint32_t fuse_requests(const struct fuse_server *server);

#endif
