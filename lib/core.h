/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An ELF core: its segments, the files that were mapped, and the memory that it
 * holds. Names and memory stay in the file and are read when they are asked for.
 */
#ifndef MF_CORE_H
#define MF_CORE_H

#include "elf_read.h"
#include "mapfiles.h"
#include "util.h"

/* A PT_LOAD. Both lists are in order of address and do not overlap. */
struct mf_core_load {
	uint64_t start, end;
	uint64_t at, held; /* where in the core its bytes are, and how many of them */
	uint32_t prot;
};

/* An entry of NT_FILE. */
struct mf_core_file {
	uint64_t start, end;
	uint64_t offset; /* of start in the mapped file */
	uint64_t name; /* where in the core its name is */
	uint32_t name_len; /* 0: it is not known */
};

/* What the kernel told the program at its start: addresses, or 0. */
struct mf_core_auxv {
	uint64_t phdr, base, entry, vdso;
	uint64_t stack; /* somewhere in the initial stack */
};

struct mf_core {
	int fd;
	int root_fd; /* where files are looked for, -1: where the caller sees them */
	uint64_t size;
	struct mf_bytes bytes;
	struct mf_elf elf;
	struct mf_buf loads, files;
	size_t n_loads, n_files;
	bool has_files; /* an NT_FILE was found */
	bool files_cut; /* and ends before its end */
	bool cut; /* it ends before what its headers tell of */
	struct mf_core_auxv auxv;
};

/* NULL if there is no memory; nothing is open. */
struct mf_core *mf_core_new(void);
void mf_core_free(struct mf_core *core); /* NULL is fine */

/* Reads all headers of core->fd: 0, -EPROTO, -ENODATA: no NT_FILE, or -errno. */
int mf_core_load(struct mf_core *core);

/* The content of NT_FILE: 0, -EPROTO, or -errno. What is cut off sets core->cut. */
int mf_core_load_files(struct mf_core *core, uint64_t at, uint64_t size);

static inline const struct mf_core_load *mf_core_loads(const struct mf_core *core)
{
	return (const struct mf_core_load *)(const void *)core->loads.data;
}

static inline const struct mf_core_file *mf_core_files(const struct mf_core *core)
{
	return (const struct mf_core_file *)(const void *)core->files.data;
}

/* A range that is of one segment and of one file, or of none. */
struct mf_core_piece {
	uint64_t start, end;
	const struct mf_core_load *load; /* NULL: only NT_FILE knows of it */
	const struct mf_core_file *file; /* NULL: no file was mapped there */
};

/* The one that holds addr, or with next the first behind it: false if there is none. */
bool mf_core_find(const struct mf_core *core, uint64_t addr, bool next, struct mf_core_piece *ret);

/* Memory: how much of it from addr on is in the core, up to size; or -errno. */
ssize_t mf_core_read(const struct mf_core *core, uint64_t addr, void *buf, size_t size);

/* Whether the names of both are the same: 1, 0, or -errno. */
int mf_core_same_name(const struct mf_core *core, const struct mf_core_file *a,
		      const struct mf_core_file *b);

#endif
