/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether an object that was found is the one that is mapped. Must not open
 * an object for data unless nothing else can tell.
 */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "content.h"
#include "maps_query.h"
#include "maps_text.h"
#include "sys.h"

bool mf_same_inode(const struct statx *st, const struct mf_mapping *m)
{
	/* A 32-bit kernel keeps, and prints, an unsigned long. */
	return st->stx_ino == m->inode ||
	       (sizeof(long) == 4 && (uint32_t)st->stx_ino == m->inode);
}

static bool same_device(uint32_t major, uint32_t minor, const struct mf_mapping *m)
{
	return major == m->dev_major && minor == m->dev_minor;
}

bool mf_same_numbers(const struct statx *st, const struct mf_mapping *m)
{
	return same_device(st->stx_dev_major, st->stx_dev_minor, m) && mf_same_inode(st, m);
}

bool mf_same_object(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor;
}

bool mf_may_block(struct mf_iter *iter, const struct mf_mapping *m)
{
	struct mf_mount mount;

	if (mf_on_kernel_fs(m, &iter->kernel_fs))
		return false;
	if (!mf_mount_by_device(&iter->mounts, &iter->proc, m->dev_major, m->dev_minor, &mount))
		return mount.may_block;
	/* Mounted where neither the target nor we can see it: a block device answers. */
	return !m->dev_major;
}

/* How a mapping of fd shows in our own maps. */
static int map_and_look(struct mf_iter *iter, int fd, struct mf_record *ret)
{
	const size_t size = 1;	/* the kernel rounds up to a page */
	void *const memory = mmap(NULL, size, PROT_NONE, MAP_PRIVATE, fd, 0);
	const uint64_t addr = (uint64_t)(uintptr_t)memory;
	struct mf_text *const text = &iter->mounts.text;
	int maps_fd, r = -ESRCH;
	char *line;
	size_t len;

	if (memory == MAP_FAILED)
		return -errno;
	maps_fd = mf_sys_openat(AT_FDCWD, "/proc/thread-self/maps", O_RDONLY);
	if (maps_fd >= 0 && iter->proc.has_query) {
		r = mf_query(maps_fd, addr, 0, NULL, ret);
	} else if (maps_fd >= 0) {
		mf_text_start(text, maps_fd);
		while ((r = mf_text_line(text, &line, &len)) > 0) {
			if (!mf_maps_text_parse(line, len, ret) && ret->m.start <= addr &&
			    addr < ret->m.end)
				break;
		}
		r = r > 0 ? 0 : -ESRCH;
	}
	mf_sys_close(&maps_fd);
	munmap(memory, size);
	return r;
}

/*
 * Before Linux 6.8 a mapping of an overlayfs file shows the layer's device and
 * inode, which no stat(2) gives: only a mapping of our own can be compared.
 */
static int identify_by_own_mapping(struct mf_iter *iter, int fd, const struct mf_mapping *m)
{
	struct mf_record own;
	int error, data_fd = mf_sys_reopen(fd, O_RDONLY | O_NONBLOCK);

	if (data_fd < 0)
		return data_fd;
	error = map_and_look(iter, data_fd, &own);
	mf_sys_close(&data_fd);
	if (error)
		return error;
	return same_device(own.m.dev_major, own.m.dev_minor, m) && own.m.inode == m->inode ?
		       MF_SURE_MATCHING : -ESTALE;
}

static int identify_by_mount(struct mf_iter *iter, int fd, const struct statx *st,
			     const struct mf_mapping *m)
{
	struct mf_mount mount;

	if (!(st->stx_mask & STATX_MNT_ID) ||
	    mf_mount_by_id(&iter->mounts, &iter->proc, st->stx_mnt_id, &mount))
		return -ESTALE;
	if (same_device(mount.dev_major, mount.dev_minor, m))
		return mf_same_inode(st, m) ? MF_SURE_MATCHING : -ESTALE;
	if (!mount.layered || !S_ISREG(st->stx_mode))
		return -ESTALE;
	return identify_by_own_mapping(iter, fd, m);
}

static int identify_by_numbers(struct mf_iter *iter, const struct mf_mapping *m)
{
	struct mf_mount mount;

	if (mf_on_kernel_fs(m, &iter->kernel_fs))
		return MF_SURE_EXACT;
	if (mf_mount_by_device(&iter->mounts, &iter->proc, m->dev_major, m->dev_minor, &mount))
		return MF_SURE_MATCHING;
	return mount.one_file_an_inode ? MF_SURE_EXACT : MF_SURE_MATCHING;
}

int mf_identify(struct mf_iter *iter, int fd, const struct mf_mapping *m)
{
	struct statx st;
	int sure = mf_sys_statx(fd, "", 0, &st);

	if (sure)
		return sure;
	sure = mf_same_numbers(&st, m) ? identify_by_numbers(iter, m) :
					 identify_by_mount(iter, fd, &st, m);
	if (sure != MF_SURE_MATCHING || !S_ISREG(st.stx_mode) || mf_may_block(iter, m))
		return sure;
	/* Twins share the numbers; what is mapped tells them apart, where it can be read. */
	return mf_content_differs(iter, fd, m) ? -ESTALE : sure;
}
