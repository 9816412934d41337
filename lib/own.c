/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a mapping of our own shows in our own maps: what no stat(2) tells.
 */
#include "own.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "maps_query.h"
#include "maps_read.h"
#include "maps_text.h"
#include "sys.h"

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif

#define OWN_MAPS      "/proc/thread-self/maps"

/* Lines of any length that our own mappings are likely to have. */
#define OWN_TEXT_SIZE 12288

/*
 * The mapping of our own text that holds addr: 1, 0 and *ret is the last one, all
 * zero if there is none, or -errno. Its path is name or NULL: the text is gone.
 */
static int look_in_text(int maps_fd, uint64_t addr, const char *name, struct mf_record *ret)
{
	char bytes[OWN_TEXT_SIZE], *line;
	struct mf_text text = { .buf = { .data = bytes, .size = sizeof(bytes), .fixed = true } };
	size_t len;
	int r;

	*ret = (struct mf_record){ 0 };
	mf_text_start(&text, maps_fd);
	while ((r = mf_text_line(&text, &line, &len)) > 0) {
		r = mf_maps_text_parse_alone(line, len, ret);
		if (r)
			return r;
		ret->m.path = name && ret->m.path && !strcmp(ret->m.path, name) ? name : NULL;
		if (ret->m.start <= addr && addr < ret->m.end)
			return 1;
	}
	return r;
}

int mf_own_last(struct mf_record *ret, const char *name)
{
	int fd = mf_sys_openat(AT_FDCWD, OWN_MAPS, O_RDONLY), r;

	if (fd < 0)
		return fd;
	r = look_in_text(fd, UINT64_MAX, name, ret);
	mf_sys_close(&fd);
	return r < 0 ? r : ret->m.end > 0;
}

static int look(uint64_t addr, struct mf_record *ret)
{
	int fd = mf_sys_openat(AT_FDCWD, OWN_MAPS, O_RDONLY);
	int error;

	if (fd < 0)
		return fd;
	error = mf_query(fd, addr, 0, NULL, ret);
	if (mf_query_missing(error)) {
		const int r = look_in_text(fd, addr, NULL, ret);

		error = r > 0 ? 0 : r ? r : -ESRCH;
	}
	mf_sys_close(&fd);
	return error;
}

static int map_and_look(int fd, int flags, size_t size, struct mf_record *ret)
{
	void *const memory = mmap(NULL, size, PROT_NONE, flags | MAP_NORESERVE, fd, 0);
	int error;

	if (memory == MAP_FAILED)
		return -errno;
	error = look((uint64_t)(uintptr_t)memory, ret);
	munmap(memory, size);
	return error;
}

int mf_own_look(int fd, struct mf_record *ret)
{
	return map_and_look(fd, MAP_PRIVATE, 1, ret);
}

int mf_own_look_at_memory(unsigned int shift, struct mf_record *ret)
{
	const int flags = MAP_SHARED | MAP_ANONYMOUS;

	if (!shift)
		return map_and_look(-1, flags, 1, ret);
	if (shift >= 8 * sizeof(size_t))
		return -EINVAL;
	return map_and_look(-1, flags | MAP_HUGETLB | (int)(shift << MAP_HUGE_SHIFT),
			    (size_t)1 << shift, ret);
}
