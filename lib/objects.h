/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A scan: its objects, their users, the processes. While it is made, objects
 * are named by index, for their array moves.
 */
#ifndef MF_OBJECTS_H
#define MF_OBJECTS_H

#include <errno.h>

#include "iter.h"
#include "sys.h"

/* What an object is told from others by. */
enum mf_basis {
	MF_BY_STAT, /* what stat(2) says of it, and its mark */
	MF_BY_COUNT, /* the kernel counts these: the number in maps is one object's alone */
	MF_BY_NUMBERS, /* the numbers in maps, for want of anything better */
	MF_BY_NOTHING, /* equal to no other */
};

/* Equal in all of it is the same object. */
struct mf_key {
	enum mf_basis basis;
	uint32_t dev_major, dev_minor;
	uint64_t inode;
	uint64_t segment; /* of a SysV segment, whose inode number is its id: its name; else 0 */
	uint64_t mark; /* what no other file with that number ever had; 0 if none is known */
};

/* An object with all that only the library needs to know. */
struct mf_entry {
	struct mf_object object; /* first: what callers hold */
	struct mf_key key;
	uint64_t mark; /* as the key's, where that has none: for mf_objects_find_fd() */
	uint32_t next; /* in the chain of its hash; index + 1, or 0 */
	size_t first_user; /* in order */
};

struct mf_string;

struct mf_process {
	struct mf_objects_process process; /* first: what callers hold */
	uint64_t start_time; /* of a descendant that was found; else 0 */
};

struct mf_objects {
	struct mf_objects_opts opts; /* proc_root is valid while the scan is made */
	struct mf_proc proc; /* the procfs alone */
	struct mf_kernel_fs kernel_fs;
	struct mf_mapping
		shared_inode; /* device and inode of what all anonymous inodes share; has says whether known */
	bool has_handles; /* name_to_handle_at(2) works here */
	uint64_t seed;

	struct mf_buf processes, entries, users, owners, order;
	size_t n_processes, n_entries, n_users;

	struct mf_buf heads; /* of the chains of entries */
	size_t n_heads; /* a power of two, or 0 */
	struct mf_string **strings;
	size_t n_string_heads, n_strings;
};

static inline struct mf_process *mf_process_at(const struct mf_objects *objects, size_t i)
{
	return (struct mf_process *)(void *)objects->processes.data + i;
}

static inline struct mf_entry *mf_entry_at(const struct mf_objects *objects, size_t i)
{
	return (struct mf_entry *)(void *)objects->entries.data + i;
}

static inline struct mf_object_user *mf_user_at(const struct mf_objects *objects, size_t i)
{
	return (struct mf_object_user *)(void *)objects->users.data + i;
}

/* objects_table.c */

/* Room for one more of size bytes behind n of them: 0 or -ENOMEM. */
int mf_objects_reserve(struct mf_buf *buf, size_t n, size_t size);

/* The one copy of a name that the scan has: 0 or -ENOMEM. */
int mf_objects_intern(struct mf_objects *objects, const char *path, uint32_t len, const char **ret);

uint64_t mf_objects_hash(const struct mf_objects *objects, const void *bytes, size_t len);

/* The entries with these numbers, last added first: index + 1, or 0. */
uint32_t mf_objects_first(const struct mf_objects *objects, uint32_t dev_major, uint32_t dev_minor,
			  uint64_t inode);
uint32_t mf_objects_next(const struct mf_objects *objects, uint32_t id);

/* The entry with that key: 1 with its index, or 0. */
int mf_objects_lookup(const struct mf_objects *objects, const struct mf_key *key, uint32_t *ret);

/* A new entry: 0 with its index, or -ENOMEM. */
int mf_objects_add(struct mf_objects *objects, const struct mf_key *key,
		   const struct mf_object *object, uint32_t *ret);

int mf_objects_add_user(struct mf_objects *objects, uint32_t entry,
			const struct mf_object_user *user);

/* Forgets all entries and users from these on. */
void mf_objects_roll_back(struct mf_objects *objects, size_t n_entries, size_t n_users);

/* Sorts the users by object, and counts them. Nothing can be added any more. */
int mf_objects_finish(struct mf_objects *objects);

void mf_objects_free(struct mf_objects *objects);

/* objects_look.c */

/* What was seen of an object itself. */
struct mf_look {
	struct statx st;
	bool has_st;
	uint64_t mark; /* 0: it has none */
	uint64_t born; /* of the time of birth; the mark where there is no handle and no server */
	bool has_seals;
	uint32_t seals;
};

/*
 * What fd (O_PATH is enough) refers to; m: a mapping of it, or NULL. ret->st is
 * taken as it is with has_st. 0 or -errno.
 */
int mf_objects_examine(const struct mf_objects *objects, struct mf_iter *iter, int fd,
		       const struct mf_mapping *m, struct mf_look *ret);

/*
 * The object behind a mapping, through its link: an O_PATH descriptor, the
 * caller's; -ENOENT if it is no longer mapped there; -EPERM if the link may not
 * be followed; or -errno. *ret_unlike is set to true if its numbers are not
 * those in maps.
 */
int mf_objects_look(const struct mf_objects *objects, struct mf_iter *iter,
		    const struct mf_mapping *m, struct mf_look *ret, bool *ret_unlike);

/* The mapping is where it was listed, and shows what has the same numbers. */
bool mf_objects_still_stands(struct mf_iter *iter, const struct mf_mapping *m);

/* objects_scan.c */

/* No memory or no descriptor: the scan as a whole fails, not one process. */
static inline bool mf_objects_fatal(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE;
}

/* The process by its index: 0 whatever became of it, or -errno if the scan must end. */
int mf_objects_scan(struct mf_objects *objects, size_t process);

#endif
