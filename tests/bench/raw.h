/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system calls that the floors are made of, as thin as they can be.
 */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <stdint.h>
#include <sys/types.h>

#define RAW_NAME_MAX	     4096

#define RAW_COVERING_OR_NEXT 0x10
#define RAW_FILE_BACKED	     0x20
#define RAW_SHARED	     0x08

/* struct procmap_query of <linux/fs.h>, which Debian 12 does not have yet. */
struct raw_query {
	uint64_t size, flags, addr;
	uint64_t vma_start, vma_end, vma_flags, page_size, offset, inode;
	uint32_t major, minor, name_size, build_id_size;
	uint64_t name, build_id;
};

/** open(2) of a file of /proc/PID, or -errno. */
int raw_open(pid_t pid, const char *name, int flags);
/** 0 or -errno. Sets size and leaves the other arguments as they are. */
int raw_query(int maps_fd, struct raw_query *query);
/** Bytes, 0 at the end, or -errno. */
int64_t raw_getdents(int fd, void *buf, uint32_t size);

/* What a floor by the ioctl does. */
struct raw_asking {
	uint64_t flags;
	uint32_t name_size; /* 0: no names */
};

/* How contestants that are all of them raw are called; struct call in contestant.h. */
struct call;
int raw_read_all(struct call *call);
int raw_query_all(struct call *call); /* how: struct raw_asking */
int raw_list(struct call *call);
int raw_list_and_query(struct call *call); /* how: struct raw_asking */
int raw_list_and_open(struct call *call);
int raw_open_distinct(struct call *call);
int raw_find_begin(struct call *call);
int raw_find(struct call *call); /* how: struct raw_asking */
void raw_find_end(struct call *call);
int raw_find_from_nothing(struct call *call); /* how: struct raw_asking */

#endif
