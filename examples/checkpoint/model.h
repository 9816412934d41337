/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A dump in memory: processes, the objects that they map, and each mapping. dump fills
 * it from the kernel and writes it as the manifest; restore and show read that back.
 */
#ifndef CHECKPOINT_MODEL_H
#define CHECKPOINT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mapfiles.h>

#define NO_PARENT SIZE_MAX

/* Bytes of any value but NUL, NUL-ended; NULL if there is none. */
struct name {
	char *bytes;
	size_t len;
};

enum content {
	CONTENT_NONE, /* it cannot be dumped: object.reason says why */
	CONTENT_IMAGE, /* a file of its own in the dump's directory */
	CONTENT_REFERENCE, /* the file itself, at its path */
};

/* Mappings of one process that no object is behind, by kind. */
struct plain_memory {
	uint32_t kind;
	uint64_t n_mappings, bytes;
};

struct process {
	int pid, parent_pid;
	size_t parent; /* index of an earlier process, or NO_PARENT */
	struct name comm, exe;
	struct plain_memory *plain;
	size_t n_plain;
};

struct left_out {
	int pid;
	char *reason;
};

struct object {
	uint32_t kind, seals, mode, links, dev_major, dev_minor;
	bool has_seals, deleted, uncertain;
	uint64_t inode, size;
	uint64_t huge_page; /* bytes; 0 for an object on pages of the usual size */
	struct name name;
	enum content content;
	char *image;
	uint64_t hash, data; /* of an image: see image.h; bytes that are not in a hole */
	int64_t mtime_sec; /* of a reference */
	uint32_t mtime_nsec;
	char *reason;
	int *outside; /* processes outside the tree that share it */
	size_t n_outside;
	size_t first_user, n_users; /* in checkpoint.users; at least one */
};

struct user {
	size_t object, process;
	uint64_t start, end, offset;
	uint32_t prot;
	bool shared;
};

struct checkpoint {
	int root;
	struct process *processes; /* parents before their children */
	struct object *objects;
	struct user *users; /* by object */
	struct left_out *left_out;
	size_t n_processes, n_objects, n_users, n_left_out;
};

/* Each adds one that is zeroed, and returns it: until the next of its sort is added. */
struct process *add_process(struct checkpoint *c);
struct object *add_object(struct checkpoint *c);
struct user *add_user(struct checkpoint *c);
struct left_out *add_left_out(struct checkpoint *c);

struct name name_of(const char *bytes, size_t len);
/* For people: one word; "-" for none. Malloc'ed. */
char *name_text(const struct name *name);

/* Index of a process by its pid, NO_PARENT if there is none. */
size_t process_index(const struct checkpoint *c, int pid);

/* Indices of all users, sorted by process; malloc'ed. */
size_t *users_by_process(const struct checkpoint *c);

/* Whether something of the tree is in neither an image nor a file. */
bool is_incomplete(const struct checkpoint *c);

void checkpoint_free(struct checkpoint *c);

#endif
