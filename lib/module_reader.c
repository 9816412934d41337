/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bytes of a file that a process has mapped. Never waits: a page that a
 * server or a userfaultfd would have to bring is not touched.
 */
#include "module_reader.h"

#include <errno.h>
#include <unistd.h>

#include "identity.h"
#include "opening.h"
#include "pagemap.h"
#include "sys.h"

/* How many areas behind the anchor may show what is looked for: a file may be mapped in thousands. */
#define AREAS_NEAR 16

#define NOT_OPENED (-1) /* -EPERM is kept as -EACCES */

void mf_reader_start(struct mf_reader *reader, struct mf_iter *iter, const struct mf_list *list,
		     bool no_files)
{
	reader->iter = iter;
	reader->list = list;
	reader->no_files = no_files;
	reader->no_memory = false;
	reader->pagemap_fd = NOT_OPENED;
	reader->fd = NOT_OPENED;
	reader->file = NULL;
	reader->len = 0;
}

static void close_file(struct mf_reader *reader)
{
	if (reader->fd >= 0)
		mf_sys_close(&reader->fd);
	reader->fd = NOT_OPENED;
	reader->len = 0;
}

void mf_reader_end(struct mf_reader *reader)
{
	close_file(reader);
	if (reader->pagemap_fd >= 0)
		mf_sys_close(&reader->pagemap_fd);
}

void mf_reader_file(struct mf_reader *reader, const struct mf_file *file, size_t anchor,
		    bool memory_only)
{
	if (reader->file != file)
		close_file(reader);
	/* Another mapping may show other bytes: its own. */
	if (reader->anchor != anchor)
		reader->len = 0;
	reader->file = file;
	reader->anchor = anchor;
	reader->memory_only = memory_only;
}

/* Not the file's fault: nothing else could be read either. */
static bool is_fatal(int error)
{
	return error == -ESRCH || error == -ENOMEM || error == -EMFILE || error == -ENFILE;
}

static int keep(int fd)
{
	return fd == -EPERM ? -EACCES : fd;
}

/* An area near the anchor that shows the byte at offset, or NULL. */
static const struct mf_area *area_at(const struct mf_reader *reader, uint64_t offset)
{
	const struct mf_file *const file = reader->file;
	const size_t left = file->n_areas - reader->anchor;
	size_t i;

	for (i = 0; i < left && i < AREAS_NEAR; i++) {
		const struct mf_area *const area = &file->areas[reader->anchor + i];

		if (area->offset <= offset && offset - area->offset < area->end - area->start)
			return area;
	}
	return NULL;
}

/* Whether all of the pages are there, so that reading them waits for nobody. */
static bool is_present(struct mf_reader *reader, uint64_t addr, size_t size)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t first = addr - addr % page;
	uint64_t bits[2] = { 0 };
	const int n = addr + size > first + page ? 2 : 1;

	if (reader->pagemap_fd == NOT_OPENED)
		reader->pagemap_fd = keep(mf_pagemap_open(&reader->iter->proc));
	if (reader->pagemap_fd < 0 || mf_pagemap_read(reader->pagemap_fd, first, bits, n) != n)
		return false;
	return bits[0] & (MF_PAGE_PRESENT | MF_PAGE_SWAPPED) &&
	       (n == 1 || bits[1] & (MF_PAGE_PRESENT | MF_PAGE_SWAPPED));
}

/* A disk brings what is not there; a server or a userfaultfd may never. */
static bool is_on_disk(struct mf_reader *reader, const struct mf_mapping *m)
{
	struct mf_iter *const iter = reader->iter;
	struct mf_mount mount;

	if (m->kind != MF_KIND_FILE || mf_may_block(iter, m))
		return false;
	return m->dev_major || (!mf_mount_by_device(&iter->mounts, &iter->proc, m->dev_major,
						    m->dev_minor, &mount) &&
				!mount.in_memory);
}

static bool may_read(struct mf_reader *reader, const struct mf_mapping *m, uint64_t addr,
		     size_t size)
{
	if (reader->iter->source->id == MF_SOURCE_CORE || m->kind == MF_KIND_VDSO)
		return true;
	return is_present(reader, addr, size) || is_on_disk(reader, m);
}

/* 0 if m is mapped still, so that the bytes were its own; or -errno. */
static int check_still(struct mf_reader *reader, const struct mf_mapping *m)
{
	struct mf_opening opening = { .iter = reader->iter,
				      .want = m,
				      .look_only = true,
				      .path_known = true };

	return reader->iter->proc.live ? mf_opening_ask(&opening) : 0;
}

/* Up to the end of the page, if that is enough: the next one may not be there. */
static size_t piece_of(uint64_t addr, uint64_t end, size_t size)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), rest = page - addr % page;
	const uint64_t most = rest < size ? size : rest;
	const uint64_t piece = most < MF_WINDOW_SIZE ? most : MF_WINDOW_SIZE;

	return (size_t)(piece < end - addr ? piece : end - addr);
}

/* How many bytes were read, -ENODATA if memory does not show them, -ESTALE, or -errno. */
static int read_memory(struct mf_reader *reader, uint64_t offset, size_t size)
{
	const struct mf_area *const area = area_at(reader, offset);
	struct mf_mapping m;
	uint64_t addr;
	int64_t n;
	int error;

	if (!area || reader->no_memory)
		return -ENODATA;
	m = mf_list_mapping(reader->list, reader->file, area);
	addr = area->start + (offset - area->offset);
	size = piece_of(addr, area->end, size);
	if (!may_read(reader, &m, addr, size))
		return -ENODATA;
	n = mf_read(reader->iter, addr, reader->window, size);
	if (n == -EACCES || n == -EPERM || n == -EOPNOTSUPP) {
		reader->no_memory = true;
		return -ENODATA;
	}
	if (n <= 0)
		return n ? (int)n : -ENODATA;
	error = check_still(reader, &m);
	return error ? error : (int)n;
}

/*
 * What mf_open_fd() told its caller last is to stay what it was. Of a core a
 * file that is only called so says nothing of what was mapped.
 */
static int open_file(struct mf_reader *reader)
{
	struct mf_iter *const iter = reader->iter;
	const struct mf_open_info saved = iter->open_info;
	const struct mf_mapping m =
		mf_list_mapping(reader->list, reader->file, &reader->file->areas[reader->anchor]);
	int fd = mf_open_fd(iter, &m, 0);

	if (fd >= 0 && iter->open_info.sure == MF_SURE_NAME) {
		mf_sys_close(&fd);
		fd = -ENODATA;
	}
	iter->open_info = saved;
	return keep(fd);
}

/* How many bytes were read, 0 at the end, -ENODATA, or -errno. */
static int read_file(struct mf_reader *reader, uint64_t offset)
{
	ssize_t n;

	if (reader->no_files || reader->memory_only || reader->file->kind == MF_KIND_VDSO)
		return -ENODATA;
	if (reader->fd == NOT_OPENED)
		reader->fd = open_file(reader);
	if (reader->fd < 0)
		return is_fatal(reader->fd) ? reader->fd : -ENODATA;
	if (offset > INT64_MAX)
		return 0;
	n = mf_sys_pread(reader->fd, reader->window, MF_WINDOW_SIZE, offset);
	return n < 0 ? -ENODATA : (int)n;
}

static bool is_in_window(const struct mf_reader *reader, uint64_t offset, size_t size)
{
	return offset >= reader->offset && offset - reader->offset <= reader->len &&
	       size <= reader->len - (offset - reader->offset);
}

static int fill(struct mf_reader *reader, uint64_t offset, size_t size, bool file_only)
{
	int n = file_only ? -ENODATA : read_memory(reader, offset, size);

	reader->len = 0;
	reader->offset = offset;
	reader->from_memory = n >= (int)size;
	/* Too few: the rest is not mapped with it. */
	if (n == -ENODATA || (n >= 0 && n < (int)size))
		n = read_file(reader, offset);
	/* Another file is there by now. */
	if (n == -ESTALE)
		return 0;
	if (n > 0)
		reader->len = (size_t)n;
	return n;
}

int mf_reader_get(struct mf_reader *reader, uint64_t offset, size_t size, bool file_only,
		  const unsigned char **ret)
{
	int n;

	if (!is_in_window(reader, offset, size) || (file_only && reader->from_memory)) {
		n = fill(reader, offset, size, file_only);
		if (n < 0)
			return n;
	}
	if (!is_in_window(reader, offset, size))
		return 0;
	*ret = reader->window + (offset - reader->offset);
	return 1;
}
