/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one record type that every source fills: the public mapping, and what
 * only the library needs to know about how it was read.
 */
#ifndef MF_RECORD_H
#define MF_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "mapfiles.h"

struct mf_record {
	struct mf_mapping m;
	bool escaped; /* from text, with "\012" in it: a newline, or those four bytes */
	bool plain; /* completed, as any other of that object would be */
	bool again; /* object and name, completed, are those of the mapping before */
	bool long_name; /* has a name that the ioctl is too small for */
};

/* What maps prints for a mapping, whatever could be learnt of it. */
#define MF_HAS_LINE	      (MF_HAS_PROT | MF_HAS_DEV | MF_HAS_OFFSET | MF_HAS_PATH)

/* The least that a caller has room for: the first version. */
#define MF_MAPPING_SIZE_FIRST (offsetof(struct mf_mapping, reserved) + sizeof(uint32_t))

/* What is read of a mapping that is given to a function, now and by any later version. */
#define MF_MAPPING_SIZE_READ  (offsetof(struct mf_mapping, page_size) + sizeof(uint64_t))

/* given: may be a copy as an older header knows it, and end there. */
static inline struct mf_mapping mf_mapping_given(const struct mf_mapping *given)
{
	struct mf_mapping m = { .start = 0 };

	memcpy(&m, given, MF_MAPPING_SIZE_READ);
	return m;
}

/*
 * vm_file is there: its superblock has a device number, and no superblock has
 * 0:0. The inode number says nothing (SysV shmid 0), nor does the name.
 */
static inline bool mf_file_backed(const struct mf_mapping *m)
{
	return m->dev_major || m->dev_minor || m->inode;
}

/* Cuts the range to [start, end) of it; the offset moves along. */
static inline void mf_record_cut(struct mf_record *record, uint64_t start, uint64_t end)
{
	struct mf_mapping *const m = &record->m;

	if (start != m->start || end != m->end)
		m->flags |= MF_MAPPING_RACED;
	if (mf_file_backed(m))
		m->offset += start - m->start;
	m->start = start;
	m->end = end;
}

#endif
