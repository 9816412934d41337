/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads mountinfo. Must not touch a file system: statfs(2) would wait for a
 * FUSE server that never answers.
 */
#include "mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "sys.h"

/* What one line of mountinfo says. The strings are not NUL-ended. */
struct line {
	struct mf_mount mount;
	struct mf_span point;	/* with \ooo escapes */
	struct mf_span type;
};

static const char *const blocking_types[] = {
	"fuse", "fuseblk", "virtiofs", "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "afs",
	"coda", "autofs", "lustre", "gfs2", "ocfs2", "orangefs", "vboxsf", "prl_fs", "gpfs",
	"beegfs", "davfs", "ncpfs",
};

/* Where device and inode as maps prints them are one file's alone. */
static const char *const plain_types[] = {
	"ext2", "ext3", "ext4", "xfs", "f2fs", "jfs", "tmpfs", "ramfs", "devtmpfs", "hugetlbfs",
	"vfat", "exfat", "squashfs", "erofs", "cramfs", "iso9660", "udf", "rootfs",
};

static const char *const layered_types[] = { "overlay" };

static bool is_one_of(const struct mf_span *type, const char *const *names, size_t n)
{
	const size_t len = (size_t)(type->end - type->pos);
	size_t i;

	for (i = 0; i < n; i++) {
		if (strlen(names[i]) == len && !memcmp(names[i], type->pos, len))
			return true;
	}
	return false;
}

#define IS_ONE_OF(type, names) is_one_of(type, names, sizeof(names) / sizeof(*(names)))

static bool is_fuse_subtype(const struct mf_span *type)
{
	return type->end - type->pos > 5 && !memcmp(type->pos, "fuse.", 5);
}

static struct mf_span field(struct mf_span *rest)
{
	struct mf_span field = *rest;
	const char *const blank = memchr(rest->pos, ' ', (size_t)(rest->end - rest->pos));

	field.end = blank ? blank : rest->end;
	rest->pos = blank ? blank + 1 : rest->end;
	return field;
}

/* "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAGS...] - TYPE SOURCE OPTIONS" */
static bool parse(const char *text, size_t len, struct line *ret)
{
	struct mf_span rest = { text, text + len }, numbers;
	const char *const dash = memmem(text, len, " - ", 3);
	uint64_t major, minor;

	*ret = (struct line){ 0 };
	if (!dash || !mf_span_dec(&rest, &ret->mount.id) || !mf_span_char(&rest, ' '))
		return false;
	field(&rest);
	numbers = field(&rest);
	if (!mf_span_dec(&numbers, &major) || !mf_span_char(&numbers, ':') ||
	    !mf_span_dec(&numbers, &minor))
		return false;
	field(&rest);
	ret->point = field(&rest);
	rest.pos = dash + 3;
	ret->type = field(&rest);
	ret->mount.dev_major = (uint32_t)major;
	ret->mount.dev_minor = (uint32_t)minor;
	ret->mount.may_block = IS_ONE_OF(&ret->type, blocking_types) || is_fuse_subtype(&ret->type);
	ret->mount.layered = IS_ONE_OF(&ret->type, layered_types);
	ret->mount.one_file_an_inode = IS_ONE_OF(&ret->type, plain_types);
	return true;
}

typedef bool (*fits_fn)(const struct line *line, const void *wanted);

/* The first line that fits: 0, -ENOENT, or -errno. */
static int search(struct mf_mounts *mounts, int dir_fd, const char *name, fits_fn fits,
		  const void *wanted, struct mf_mount *ret)
{
	int fd = mf_sys_openat(dir_fd, name, O_RDONLY);
	struct line line;
	char *text;
	size_t len;
	int r;

	if (fd < 0)
		return fd;
	mf_text_start(&mounts->text, fd);
	while ((r = mf_text_line(&mounts->text, &text, &len)) > 0) {
		if (parse(text, len, &line) && fits(&line, wanted))
			break;
	}
	mf_sys_close(&fd);
	if (r > 0)
		*ret = line.mount;
	return r > 0 ? 0 : r < 0 ? r : -ENOENT;
}

static bool has_device(const struct line *line, const void *wanted)
{
	const struct mf_mount *const mount = wanted;

	return line->mount.dev_major == mount->dev_major && line->mount.dev_minor == mount->dev_minor;
}

static bool has_id(const struct line *line, const void *wanted)
{
	return line->mount.id == ((const struct mf_mount *)wanted)->id;
}

static int find(struct mf_mounts *mounts, const struct mf_proc *proc, fits_fn fits,
		const struct mf_mount *wanted, struct mf_mount *ret)
{
	unsigned int i;
	int error;

	for (i = 0; i < mounts->n_cached && i < MF_MOUNTS_CACHED; i++) {
		if (fits(&(struct line){ .mount = mounts->cached[i] }, wanted)) {
			*ret = mounts->cached[i];
			return 0;
		}
	}
	error = search(mounts, proc->dir_fd, "mountinfo", fits, wanted, ret);
	if (error)
		error = search(mounts, AT_FDCWD, "/proc/thread-self/mountinfo", fits, wanted, ret);
	if (!error)
		mounts->cached[mounts->n_cached++ % MF_MOUNTS_CACHED] = *ret;
	return error;
}

int mf_mount_by_device(struct mf_mounts *mounts, const struct mf_proc *proc,
		       uint32_t dev_major, uint32_t dev_minor, struct mf_mount *ret)
{
	const struct mf_mount wanted = { .dev_major = dev_major, .dev_minor = dev_minor };

	return find(mounts, proc, has_device, &wanted, ret);
}

int mf_mount_by_id(struct mf_mounts *mounts, const struct mf_proc *proc, uint64_t id,
		   struct mf_mount *ret)
{
	const struct mf_mount wanted = { .id = id };

	return find(mounts, proc, has_id, &wanted, ret);
}

static bool is_octal(const struct mf_span *span)
{
	return span->end - span->pos >= 4 && span->pos[1] >= '0' && span->pos[1] <= '3' &&
	       span->pos[2] >= '0' && span->pos[2] <= '7' && span->pos[3] >= '0' &&
	       span->pos[3] <= '7';
}

/* The next byte of a mount point: blank, tab, newline and backslash stand as \ooo. */
static char unescape(struct mf_span *span)
{
	char byte = *span->pos;

	if (byte == '\\' && is_octal(span)) {
		byte = (char)((span->pos[1] - '0') << 6 | (span->pos[2] - '0') << 3 |
			      (span->pos[3] - '0'));
		span->pos += 3;
	}
	span->pos++;
	return byte;
}

static bool blocks_on_the_way(const struct line *line, const void *wanted)
{
	struct mf_span point = line->point;
	const char *path = wanted;

	if (!line->mount.may_block)
		return false;
	while (point.pos < point.end) {
		if (*path++ != unescape(&point))
			return false;
	}
	return *path == '/' || !*path || path[-1] == '/';
}

bool mf_mount_path_may_block(struct mf_mounts *mounts, const struct mf_proc *proc, const char *path)
{
	struct mf_mount mount;

	/* Nothing known is not good enough. */
	return search(mounts, proc->dir_fd, "mountinfo", blocks_on_the_way, path, &mount) != -ENOENT;
}
