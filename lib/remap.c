/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maps in the caller what another process maps: the public calls, and the
 * mapping itself. What is refused before that is in remap_plan.c.
 */
#include "remap.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "opts.h"
#include "sys.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 /* Linux 4.17; before, an address is a mere wish */
#endif

#define REMAP_FLAGS                                                              \
	(MF_REMAP_AT | MF_REMAP_REPLACE | MF_REMAP_CLIP | MF_REMAP_OBJECT_ONLY | \
	 MF_REMAP_MATCHING | MF_REMAP_MAY_BLOCK)

/* The size of the first version. */
#define OPTS_SIZE_FIRST (offsetof(struct mf_remap_opts, addr) + sizeof(uint64_t))

_Static_assert(MF_PROT_READ == PROT_READ && MF_PROT_WRITE == PROT_WRITE &&
		       MF_PROT_EXEC == PROT_EXEC,
	       "the bits are the same");

static int map_object(const struct mf_remap *remap, uint64_t addr, int flags, uint64_t *ret)
{
	const struct mf_remap_plan *const plan = remap->plan;
	void *memory;

	if (plan->length > SIZE_MAX || addr > UINTPTR_MAX)
		return -ENOMEM;
	flags |= plan->flags & MF_MAPPING_SHARED ? MAP_SHARED : MAP_PRIVATE;
	memory = mmap((void *)(uintptr_t)addr, (size_t)plan->length, (int)plan->prot, flags,
		      remap->fd, (off_t)plan->offset);
	if (memory == MAP_FAILED)
		return -errno;
	*ret = (uint64_t)(uintptr_t)memory;
	return 0;
}

static void unmap_object(const struct mf_remap *remap, uint64_t addr)
{
	munmap((void *)(uintptr_t)addr, (size_t)remap->plan->length);
}

/* -EEXIST if something is there. */
static int map_at(const struct mf_remap *remap, uint64_t addr, uint64_t *ret)
{
	uint64_t got;
	const int error = map_object(remap, addr, MAP_FIXED_NOREPLACE, &got);

	if (error)
		return error;
	if (got != addr) {
		unmap_object(remap, got);
		return -EEXIST;
	}
	*ret = got;
	return 0;
}

static bool overlaps(uint64_t a, uint64_t b, uint64_t length)
{
	return a < b ? b - a < length : a - b < length;
}

/*
 * Where it is not in the way of addr. Something is mapped there, so what is in
 * the way sticks out at one end; there are two ends.
 */
static int map_aside(const struct mf_remap *remap, uint64_t addr, uint64_t *ret)
{
	uint64_t in_the_way[2], got = 0;
	int n = 0, error;

	for (;;) {
		error = map_object(remap, 0, 0, &got);
		if (error || n == 2 || !overlaps(got, addr, remap->plan->length))
			break;
		in_the_way[n++] = got;
	}
	while (n)
		unmap_object(remap, in_the_way[--n]);
	if (!error)
		*ret = got;
	return error;
}

/* Onto what is mapped there, which stays if this fails; from is unmapped in any case. */
static int move_onto(const struct mf_remap *remap, uint64_t from, uint64_t addr)
{
	const size_t length = (size_t)remap->plan->length;
	uint64_t got;
	int error;

	if (mremap((void *)(uintptr_t)from, length, length, MREMAP_MAYMOVE | MREMAP_FIXED,
		   (void *)(uintptr_t)addr) != MAP_FAILED)
		return 0;
	error = -errno;
	unmap_object(remap, from);
	/* Huge pages cannot be moved before Linux 5.16. That they can be mapped was just seen. */
	return error == -EINVAL ? map_object(remap, addr, MAP_FIXED, &got) : error;
}

/* Address space, not memory: -ENOMEM is said of both, and of too many mappings. */
static bool has_room(uint64_t length)
{
	void *const memory = length > SIZE_MAX ?
				     MAP_FAILED :
				     mmap(NULL, (size_t)length, PROT_NONE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	munmap(memory, (size_t)length);
	return true;
}

/* Whose fault it is that nothing can be mapped there: the address's, if it can be elsewhere. */
static int blame(struct mf_remap *remap, int error)
{
	uint64_t got;

	if (error == -EEXIST)
		return mf_remap_refuse(remap, MF_REFUSAL_TAKEN, error);
	if (remap->opts.flags & MF_REMAP_AT && !map_object(remap, 0, 0, &got)) {
		unmap_object(remap, got);
		return mf_remap_refuse(remap, MF_REFUSAL_NO_ROOM, error);
	}
	if (error == -ENOMEM && !has_room(remap->plan->length))
		return mf_remap_refuse(remap, MF_REFUSAL_NO_ROOM, error);
	return mf_remap_refuse(remap, MF_REFUSAL_NOT_MAPPED, error);
}

/* What became of it while it was being mapped. */
static int check_mapped(struct mf_remap *remap)
{
	const uint64_t length = remap->plan->length;
	int error = mf_remap_check_length(remap);

	/* Clipped once more: what is mapped is longer. */
	if (!error && remap->plan->length != length)
		error = mf_remap_refuse(remap, MF_REFUSAL_TOO_SHORT, -ERANGE);
	remap->plan->length = length;
	return error ? error : mf_remap_ask_again(remap);
}

static int map_and_check(struct mf_remap *remap, uint64_t *ret)
{
	const uint32_t flags = remap->opts.flags;
	const uint64_t addr = remap->opts.addr;
	uint64_t got;
	int error = flags & MF_REMAP_AT ? map_at(remap, addr, &got) : map_object(remap, 0, 0, &got);

	if (error == -EEXIST && flags & MF_REMAP_REPLACE)
		error = map_aside(remap, addr, &got);
	if (error)
		return blame(remap, error);
	error = check_mapped(remap);
	if (error) {
		unmap_object(remap, got);
		return error;
	}
	if (flags & MF_REMAP_AT && got != addr) {
		error = move_onto(remap, got, addr);
		got = addr;
	}
	if (error)
		return blame(remap, error);
	*ret = got;
	return 0;
}

static int check_opts(const struct mf_remap_opts *opts)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (opts->flags & ~(uint32_t)REMAP_FLAGS || opts->addr % page)
		return -EINVAL;
	if (!(opts->flags & MF_REMAP_AT) && (opts->addr || opts->flags & MF_REMAP_REPLACE))
		return -EINVAL;
	return 0;
}

/* remap: ready for what is asked for; plan: where its answer goes. */
static int start(struct mf_remap *remap, struct mf_iter *iter, const struct mf_mapping *mapping,
		 const struct mf_remap_opts *opts)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int error;

	if (!iter || !mapping)
		return -EINVAL;
	*remap = (struct mf_remap){ .iter = iter, .listed = mf_mapping_given(mapping), .fd = -1 };
	if (remap->listed.start >= remap->listed.end || remap->listed.start % page ||
	    remap->listed.end % page)
		return -EINVAL;
	error = mf_opts_copy(opts, OPTS_SIZE_FIRST, &remap->opts, sizeof(remap->opts));
	return error ? error : check_opts(&remap->opts);
}

static int map(struct mf_remap *remap, void **ret_addr)
{
	struct mf_iter *const iter = remap->iter;
	uint64_t addr = 0;
	int error;

	iter->remap_made = (struct mf_remap_plan){ 0 };
	iter->has_made = true;
	remap->plan = &iter->remap_made;
	error = mf_remap_prepare(remap);
	if (error)
		return error;
	error = map_and_check(remap, &addr);
	mf_sys_close(&remap->fd);
	if (!error)
		*ret_addr = (void *)(uintptr_t)addr;
	return error;
}

int mf_remap(struct mf_iter *iter, const struct mf_mapping *mapping,
	     const struct mf_remap_opts *opts, void **ret_addr)
{
	const int saved_errno = errno;
	struct mf_remap remap;
	int error = ret_addr ? start(&remap, iter, mapping, opts) : -EINVAL;

	if (!error)
		error = map(&remap, ret_addr);
	errno = saved_errno;
	return error;
}

static int plan(struct mf_remap *remap, const struct mf_remap_plan **ret_plan)
{
	struct mf_iter *const iter = remap->iter;

	iter->remap_plan = (struct mf_remap_plan){ 0 };
	remap->plan = &iter->remap_plan;
	if (mf_remap_prepare(remap) == -ESRCH)
		return -ESRCH;
	mf_sys_close(&remap->fd);
	*ret_plan = &iter->remap_plan;
	return 0;
}

int mf_remap_plan(struct mf_iter *iter, const struct mf_mapping *mapping,
		  const struct mf_remap_opts *opts, const struct mf_remap_plan **ret_plan)
{
	const int saved_errno = errno;
	struct mf_remap remap;
	int error = ret_plan ? start(&remap, iter, mapping, opts) : -EINVAL;

	if (!error)
		error = plan(&remap, ret_plan);
	errno = saved_errno;
	return error;
}

int mf_remap_made(const struct mf_iter *iter, const struct mf_remap_plan **ret_plan)
{
	if (!iter || !ret_plan)
		return -EINVAL;
	if (!iter->has_made)
		return -ENOENT;
	*ret_plan = &iter->remap_made;
	return 0;
}
