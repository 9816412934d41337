/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The PROCMAP_QUERY ioctl. Carries its definition for headers older than 6.11.
 */
#include "maps_query.h"

#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>

#include "sys.h"

/* struct procmap_query of <linux/fs.h>. */
struct query {
	uint64_t size;
	uint64_t query_flags;
	uint64_t query_addr;
	uint64_t vma_start;
	uint64_t vma_end;
	uint64_t vma_flags;
	uint64_t vma_page_size;
	uint64_t vma_offset;
	uint64_t inode;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t vma_name_size;
	uint32_t build_id_size;
	uint64_t vma_name_addr;
	uint64_t build_id_addr;
};

_Static_assert(sizeof(struct query) == 104, "the ioctl's number contains the size");

#define QUERY_IOCTL ((mf_request)_IOWR('f', 17, struct query))

/* Most names are shorter; d_path() in the kernel has PATH_MAX bytes, however large the buffer. */
#define NAME_FIRST  512

static int ask(int maps_fd, uint64_t addr, uint64_t flags, const struct mf_buf *name,
	       struct query *query)
{
	int ret;

	do {
		*query = (struct query){
			.size = sizeof(*query),
			.query_flags = flags,
			.query_addr = addr,
		};
		if (name) {
			query->vma_name_addr = (uint64_t)(uintptr_t)name->data;
			query->vma_name_size = (uint32_t)name->size;
		}
		ret = ioctl(maps_fd, QUERY_IOCTL, query) < 0 ? -errno : 0;
	} while (ret == -EINTR);
	return ret;
}

static void translate(const struct query *query, const struct mf_buf *name, struct mf_record *ret)
{
	_Static_assert(MF_PROT_READ == MF_QUERY_READABLE && MF_PROT_WRITE == MF_QUERY_WRITABLE &&
			       MF_PROT_EXEC == MF_QUERY_EXECUTABLE,
		       "the bits are the same");

	*ret = (struct mf_record){ .m = {
					   .start = query->vma_start,
					   .end = query->vma_end,
					   .offset = query->vma_offset,
					   .inode = query->inode,
					   .dev_major = query->dev_major,
					   .dev_minor = query->dev_minor,
					   .prot = (uint32_t)query->vma_flags &
						   (MF_PROT_READ | MF_PROT_WRITE | MF_PROT_EXEC),
					   .flags = query->vma_flags & MF_QUERY_SHARED ?
							    MF_MAPPING_SHARED :
							    0,
					   .has = MF_HAS_LINE | MF_HAS_PAGE_SIZE,
					   .page_size = query->vma_page_size,
					   .fd = -1,
				   } };
	if (!name || query->vma_name_size < 2)
		return;
	ret->m.path = name->data;
	ret->m.path_len = query->vma_name_size - 1;
	ret->m.name_len = ret->m.path_len;
}

int mf_query(int maps_fd, uint64_t addr, uint64_t flags, struct mf_buf *name, struct mf_record *ret)
{
	struct query query;
	bool long_name = false;
	int error;

	if (name) {
		error = mf_buf_reserve(name, NAME_FIRST);
		if (error)
			return error;
	}
	for (;;) {
		error = ask(maps_fd, addr, flags, name, &query);
		if (error != -ENAMETOOLONG || !name)
			break;
		if (name->size > PATH_MAX) {
			long_name = true;
			name = NULL;
			continue;
		}
		error = mf_buf_reserve(name, name->size * 2 + 1);
		if (error)
			return error;
	}
	if (error)
		return error;
	/* What no kernel answers: nothing below may have to cope with it. */
	if (query.vma_end <= query.vma_start || (name && query.vma_name_size > name->size))
		return -EPROTO;
	translate(&query, name, ret);
	ret->long_name = long_name;
	return 0;
}

int mf_query_build_id(int maps_fd, uint64_t addr, unsigned char *buf, uint32_t size)
{
	struct query query;
	int ret;

	do {
		query = (struct query){
			.size = sizeof(query),
			.query_addr = addr,
			.build_id_addr = (uint64_t)(uintptr_t)buf,
			.build_id_size = size,
		};
		ret = ioctl(maps_fd, QUERY_IOCTL, &query) < 0 ? -errno : 0;
	} while (ret == -EINTR);
	if (ret)
		return ret;
	return query.build_id_size <= size ? (int)query.build_id_size : -EPROTO;
}

bool mf_query_missing(int error)
{
	return error == -ENOTTY || error == -EACCES || error == -EPERM || error == -ENOSYS ||
	       error == -EINVAL || error == -EOPNOTSUPP;
}
