/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which object of a scan a descriptor refers to. Changes nothing: any number of
 * threads may ask at once.
 */
#include <limits.h>
#include <string.h>

#include "objects.h"
#include "own.h"

/* What a descriptor says of itself. */
struct wanted {
	const struct mf_objects *objects;
	struct mf_look look;
	uint64_t segment; /* as in struct mf_key */
};

/* A SysV segment's inode number may be a memfd's too. */
static bool is_of_segment(const struct wanted *wanted, const struct mf_entry *entry)
{
	return !entry->key.segment || entry->key.segment == wanted->segment;
}

static bool is_certainly(const struct wanted *wanted, const struct mf_entry *entry)
{
	const uint64_t mark = entry->key.mark ? entry->key.mark : entry->mark;

	if (entry->key.basis != MF_BY_STAT && entry->key.basis != MF_BY_COUNT)
		return false;
	if (mark)
		return mark == wanted->look.mark || mark == wanted->look.born;
	return is_of_segment(wanted, entry) && !entry->key.segment == !wanted->segment;
}

static bool is_perhaps(const struct wanted *wanted, const struct mf_entry *entry)
{
	return entry->key.basis == MF_BY_NUMBERS && is_of_segment(wanted, entry) &&
	       !entry->key.segment == !wanted->segment;
}

static const struct mf_entry *
search(const struct wanted *wanted, uint32_t dev_major, uint32_t dev_minor, uint64_t inode,
       bool (*fits)(const struct wanted *wanted, const struct mf_entry *entry))
{
	uint32_t id = mf_objects_first(wanted->objects, dev_major, dev_minor, inode);

	while (id && !fits(wanted, mf_entry_at(wanted->objects, id - 1)))
		id = mf_objects_next(wanted->objects, id);
	return id ? mf_entry_at(wanted->objects, id - 1) : NULL;
}

static void learn_segment(struct wanted *wanted, int fd)
{
	static const char prefix[] = "/SYSV";
	char link[PATH_MAX];
	const ssize_t n = mf_sys_read_own_link(-1, fd, link, sizeof(link));

	if (n >= (ssize_t)sizeof(prefix) && n < (ssize_t)sizeof(link) &&
	    !memcmp(link, prefix, sizeof(prefix) - 1))
		wanted->segment = mf_objects_hash(wanted->objects, link, (size_t)n) | 1;
}

/* 0 with an entry or NULL; or -errno if nobody can tell now. */
static int search_by_mount(const struct wanted *wanted, const struct mf_entry **ret)
{
	const struct statx *const st = &wanted->look.st;
	char bytes[8192], layers[4096 + MF_TEXT_SLACK];
	struct mf_mounts mounts = {
		.text.buf = { .data = bytes, .size = sizeof(bytes), .borrowed = true },
		.layers.buf = { .data = layers, .size = sizeof(layers), .borrowed = true },
	};
	struct mf_mount mount;
	struct mf_proc proc;
	int error;

	if (!(st->stx_mask & STATX_MNT_ID))
		return 0;
	error = mf_proc_open(&proc, "/proc", 0);
	if (!error) {
		error = mf_mount_by_id(&mounts, &proc, st->stx_mnt_id, &mount);
		mf_proc_close(&proc);
	}
	if (!error)
		*ret = search(wanted, mount.dev_major, mount.dev_minor, st->stx_ino, is_perhaps);
	mf_buf_free(&mounts.text.buf);
	mf_buf_free(&mounts.layers.buf);
	return mf_objects_fatal(error) ? error : 0;
}

/* As search_by_mount(). Overlayfs before Linux 6.8 shows the numbers of a layer. */
static int search_by_own_mapping(const struct wanted *wanted, int fd, const struct mf_entry **ret)
{
	struct mf_record own;
	int error;

	if (!S_ISREG(wanted->look.st.stx_mode))
		return 0;
	error = mf_own_look(fd, &own);
	if (!error)
		*ret = search(wanted, own.m.dev_major, own.m.dev_minor, own.m.inode, is_perhaps);
	return mf_objects_fatal(error) ? error : 0;
}

static int find(const struct mf_objects *objects, int fd, const struct mf_object **ret_object)
{
	struct wanted wanted = { .objects = objects };
	const struct statx *const st = &wanted.look.st;
	const struct mf_entry *entry;
	int error = mf_objects_examine(objects, NULL, fd, NULL, &wanted.look);

	if (error)
		return error;
	learn_segment(&wanted, fd);
	entry = search(&wanted, st->stx_dev_major, st->stx_dev_minor, st->stx_ino, is_certainly);
	if (!entry)
		entry = search(&wanted, st->stx_dev_major, st->stx_dev_minor, st->stx_ino,
			       is_perhaps);
	if (!entry)
		error = search_by_mount(&wanted, &entry);
	if (!error && !entry)
		error = search_by_own_mapping(&wanted, fd, &entry);
	if (error || !entry)
		return error;
	*ret_object = &entry->object;
	return 1;
}

int mf_objects_find_fd(const struct mf_objects *objects, int fd,
		       const struct mf_object **ret_object)
{
	const int saved_errno = errno;
	int r;

	if (!objects || !ret_object)
		return -EINVAL;
	r = fd < 0 ? -EBADF : find(objects, fd, ret_object);
	errno = saved_errno;
	return r;
}
