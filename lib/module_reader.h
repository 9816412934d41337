/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bytes of a file that a process has mapped: from its memory where that
 * shows them, else from the file.
 */
#ifndef MF_MODULE_READER_H
#define MF_MODULE_READER_H

#include "module_list.h"

#define MF_WINDOW_SIZE 4096

/* One for all files of a process. */
struct mf_reader {
	struct mf_iter *iter;
	const struct mf_list *list;
	bool no_files; /* MF_MODULES_NO_FILES */
	bool no_memory; /* it may not be read: not asked again */
	int pagemap_fd; /* -1: not opened yet; else a descriptor or -errno */

	/* The file that is being read. */
	const struct mf_file *file;
	size_t anchor; /* the area that its bytes are first looked for in */
	bool memory_only;
	int fd; /* as pagemap_fd */

	/* What was read last. */
	uint64_t offset; /* in the file */
	size_t len;
	bool from_memory;
	unsigned char window[MF_WINDOW_SIZE];
};

void mf_reader_start(struct mf_reader *reader, struct mf_iter *iter, const struct mf_list *list,
		     bool no_files);
void mf_reader_end(struct mf_reader *reader);

/* From now on it is this file; its area of that index is looked into first. */
void mf_reader_file(struct mf_reader *reader, const struct mf_file *file, size_t anchor,
		    bool memory_only);

/*
 * Points *ret at size bytes, at most MF_WINDOW_SIZE, from offset on in the file;
 * valid until the next call. file_only: not from memory. 1, 0 if the file has
 * no such bytes or is no longer mapped, -ENODATA if they cannot be read, or
 * -errno: the process is gone, no memory or no descriptor is left.
 */
int mf_reader_get(struct mf_reader *reader, uint64_t offset, size_t size, bool file_only,
		  const unsigned char **ret);

#endif
