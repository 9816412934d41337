/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The PROCMAP_QUERY ioctl on a maps descriptor (Linux 6.11): one mapping an ask.
 */
#ifndef MF_MAPS_QUERY_H
#define MF_MAPS_QUERY_H

#include "record.h"
#include "util.h"

#define MF_QUERY_READABLE    0x01
#define MF_QUERY_WRITABLE    0x02
#define MF_QUERY_EXECUTABLE  0x04
#define MF_QUERY_SHARED	     0x08
#define MF_QUERY_NEXT	     0x10 /* the mapping that covers the address, else the next one */
#define MF_QUERY_FILE_BACKED 0x20

/*
 * name: where the path goes, grown as needed; NULL asks for none.
 * 0, -ENOENT if nothing matches, -ESRCH if the address space is gone, or what
 * mf_query_missing() knows.
 */
int mf_query(int maps_fd, uint64_t addr, uint64_t flags, struct mf_buf *name,
	     struct mf_record *ret);

/*
 * The build id of the file mapped at addr: how many bytes it has, 0 for none.
 * The kernel reads the file, and may wait for its server; so this is asked only
 * when the caller wants it.
 */
int mf_query_build_id(int maps_fd, uint64_t addr, unsigned char *buf, uint32_t size);

/* The error says that this kernel, sandbox or policy has no such ioctl. */
bool mf_query_missing(int error);

#endif
