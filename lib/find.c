/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mapping that holds an address, as it is now. Must not disturb the walk.
 */
#include <errno.h>

#include "iter.h"
#include "space.h"
#include "maps_query.h"
#include "maps_text.h"
#include "source_core.h"

/* The mapping that holds addr, or with next the one behind it. */
static int find_text(struct mf_iter *iter, uint64_t addr, bool next, struct mf_place *place,
		     struct mf_record *ret)
{
	const int fd = mf_space_spare(&iter->proc);
	char *line;
	size_t len;
	int r;

	if (fd < 0)
		return fd;
	mf_text_start(&place->text, fd);
	while ((r = mf_text_line(&place->text, &line, &len)) > 0) {
		r = mf_maps_text_parse_alone(line, len, ret);
		if (r)
			return r;
		if (ret->m.end > addr)
			return next || ret->m.start <= addr;
	}
	if (r == -ESRCH)
		return mf_space_gone(&iter->proc);
	return r ? r : mf_space_alive(&iter->proc);
}

int mf_find_text(struct mf_iter *iter, uint64_t addr, struct mf_place *place, struct mf_record *ret)
{
	return find_text(iter, addr, false, place, ret);
}

int mf_find_next(struct mf_iter *iter, uint64_t addr, struct mf_place *place, struct mf_record *ret)
{
	int error;

	if (iter->core)
		return mf_core_find_record(iter, addr, true, &place->name, ret);
	if (!iter->proc.has_query)
		return find_text(iter, addr, true, place, ret);
	error = mf_query(iter->proc.maps_fd, addr, MF_QUERY_NEXT, NULL, ret);
	if (error == -ESRCH)
		return mf_space_gone(&iter->proc);
	return error ? (error == -ENOENT ? 0 : error) : 1;
}

/* [vsyscall] of x86-64 is in the kernel's half, [vectors] of 32-bit ARM below 4 GiB; only text has them. */
static bool may_be_gate(uint64_t addr)
{
	return addr >> 63 || (addr >= 0xffff0000u && addr <= UINT32_MAX);
}

int mf_find_record(struct mf_iter *iter, uint64_t addr, struct mf_place *place,
		   struct mf_record *ret)
{
	int error;

	if (iter->core)
		return mf_core_find_record(iter, addr, false, &place->name, ret);
	if (iter->proc.kthread)
		return 0;
	if (!iter->proc.has_query)
		return mf_find_text(iter, addr, place, ret);
	error = mf_query(iter->proc.maps_fd, addr, 0, &place->name, ret);
	if (!error)
		return 1;
	if (error != -ENOENT)
		return error == -ESRCH ? mf_space_gone(&iter->proc) : error;
	return may_be_gate(addr) ? mf_find_text(iter, addr, place, ret) : 0;
}
