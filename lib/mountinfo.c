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

#define OWN_MOUNTINFO "/proc/thread-self/mountinfo"

/* The device numbers of unmounted file systems are given to others at once. */
#define CACHED_NS     50000000u

/* What one line of mountinfo says. The strings are not NUL-ended. */
struct line {
	struct mf_mount mount;
	struct mf_span point; /* with \ooo escapes */
	struct mf_span type;
	struct mf_span options; /* of the superblock, with \ooo escapes */
};

/* Where device and inode as maps prints them are one file's alone. */
static const char *const plain_types[] = {
	"ext2",	    "ext3",  "ext4",   "xfs",	   "f2fs",	"jfs",	"reiserfs", "minix",
	"tmpfs",    "ramfs", "rootfs", "devtmpfs", "hugetlbfs", "vfat", "exfat",    "ntfs3",
	"squashfs", "erofs", "cramfs", "romfs",	   "iso9660",	"udf",
};

/* No server behind them either. What is in no list may have one. */
static const char *const other_local_types[] = {
	"btrfs",   "bcachefs", "nilfs2",      "zfs",	   "proc",	 "sysfs",
	"cgroup",  "cgroup2",  "debugfs",     "tracefs",   "securityfs", "bpf",
	"devpts",  "mqueue",   "configfs",    "pstore",	   "efivarfs",	 "nsfs",
	"fusectl", "hugetlb",  "binfmt_misc", "selinuxfs", "resctrl",
};

static const char *const memory_types[] = { "tmpfs", "ramfs", "rootfs", "devtmpfs", "hugetlbfs" };

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

static struct mf_span field(struct mf_span *rest)
{
	struct mf_span field = *rest;
	const char *const blank = memchr(rest->pos, ' ', (size_t)(rest->end - rest->pos));

	field.end = blank ? blank : rest->end;
	rest->pos = blank ? blank + 1 : rest->end;
	return field;
}

static void classify(struct line *line)
{
	struct mf_mount *const mount = &line->mount;

	mount->layered = IS_ONE_OF(&line->type, layered_types);
	mount->in_memory = IS_ONE_OF(&line->type, memory_types);
	mount->one_file_an_inode = IS_ONE_OF(&line->type, plain_types);
	mount->may_block = !mount->one_file_an_inode && !mount->layered &&
			   !IS_ONE_OF(&line->type, other_local_types);
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
	ret->mount.dev_major = (uint32_t)major;
	ret->mount.dev_minor = (uint32_t)minor;
	field(&rest);
	ret->point = field(&rest);
	rest.pos = dash + 3;
	ret->type = field(&rest);
	field(&rest);
	ret->options = field(&rest);
	classify(ret);
	return true;
}

/* A search through mountinfo: true ends it. */
typedef bool (*visit_fn)(const struct line *line, void *data);

/* 1 if visit() said so, 0, or -errno. */
static int search(struct mf_text *text, int dir_fd, const char *name, visit_fn visit, void *data)
{
	int r = 0, fd = mf_sys_openat(dir_fd, name, O_RDONLY);
	bool found = false;
	struct line line;
	char *bytes;
	size_t len;

	if (fd < 0)
		return fd;
	mf_text_start(text, fd);
	while (!found && (r = mf_text_line(text, &bytes, &len)) > 0)
		found = parse(bytes, len, &line) && visit(&line, data);
	mf_sys_close(&fd);
	return found ? 1 : r;
}

/* The lower directory of an overlay, and what is above it, as the options name it. */
static bool is_layer(const struct mf_span *options, const struct mf_span *point)
{
	const size_t len = (size_t)(point->end - point->pos);
	const char *pos = options->pos;

	/* Everything is below the root. */
	if (len == 1)
		return true;
	while ((pos = memmem(pos, (size_t)(options->end - pos), point->pos, len))) {
		const char before = pos > options->pos ? pos[-1] : ' ';
		const char after = pos + len < options->end ? pos[len] : ',';

		if ((before == '=' || before == ':') &&
		    (after == '/' || after == ':' || after == ','))
			return true;
		pos++;
	}
	return false;
}

static bool blocks_a_layer(const struct line *line, void *data)
{
	return line->mount.may_block && is_layer(data, &line->point);
}

/* The layers are those of whoever mounted it: most often seen from where we are. */
static bool line_may_block(struct mf_mounts *mounts, const struct line *line)
{
	struct mf_span options = line->options;

	if (!line->mount.layered)
		return line->mount.may_block;
	return search(&mounts->layers, AT_FDCWD, OWN_MOUNTINFO, blocks_a_layer, &options) != 0;
}

struct wanted {
	struct mf_mounts *mounts;
	bool by_id;
	struct mf_mount mount;
};

static bool fits(const struct wanted *wanted, const struct mf_mount *mount)
{
	if (wanted->by_id)
		return mount->id == wanted->mount.id;
	return mount->dev_major == wanted->mount.dev_major &&
	       mount->dev_minor == wanted->mount.dev_minor;
}

static bool visit_wanted(const struct line *line, void *data)
{
	struct wanted *const wanted = data;

	if (!fits(wanted, &line->mount))
		return false;
	wanted->mount = line->mount;
	wanted->mount.may_block = line_may_block(wanted->mounts, line);
	return true;
}

static bool recall(struct mf_mounts *mounts, struct wanted *wanted)
{
	const uint64_t now = mf_now_ns();
	unsigned int i;

	if (now - mounts->cached_at > CACHED_NS)
		mounts->n_cached = 0;
	if (!mounts->n_cached)
		mounts->cached_at = now;
	for (i = 0; i < mounts->n_cached && i < MF_MOUNTS_CACHED; i++) {
		if (fits(wanted, &mounts->cached[i])) {
			wanted->mount = mounts->cached[i];
			return true;
		}
	}
	return false;
}

/* A file system that is mounted nowhere is remembered too: dma-bufs come by the thousand. */
static int look_up(struct wanted *wanted, const struct mf_proc *proc)
{
	struct mf_mounts *const mounts = wanted->mounts;
	int r = search(&mounts->text, proc->dir_fd, "mountinfo", visit_wanted, wanted);

	if (r <= 0)
		r = search(&mounts->text, AT_FDCWD, OWN_MOUNTINFO, visit_wanted, wanted);
	if (r < 0)
		return r;
	wanted->mount.absent = !r;
	/* What was asked by one name is not known by the other. */
	if (r || !wanted->by_id)
		mounts->cached[mounts->n_cached++ % MF_MOUNTS_CACHED] = wanted->mount;
	return 0;
}

static int find(struct wanted *wanted, const struct mf_proc *proc, struct mf_mount *ret)
{
	const int error = recall(wanted->mounts, wanted) ? 0 : look_up(wanted, proc);

	if (error || wanted->mount.absent)
		return error ? error : -ENOENT;
	*ret = wanted->mount;
	return 0;
}

int mf_mount_by_device(struct mf_mounts *mounts, const struct mf_proc *proc, uint32_t dev_major,
		       uint32_t dev_minor, struct mf_mount *ret)
{
	struct wanted wanted = { .mounts = mounts,
				 .mount = { .dev_major = dev_major, .dev_minor = dev_minor } };

	return find(&wanted, proc, ret);
}

int mf_mount_by_id(struct mf_mounts *mounts, const struct mf_proc *proc, uint64_t id,
		   struct mf_mount *ret)
{
	struct wanted wanted = { .mounts = mounts, .by_id = true, .mount = { .id = id } };

	return find(&wanted, proc, ret);
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

static bool is_on_the_way(struct mf_span point, const char *path)
{
	char last = '\0';

	while (point.pos < point.end) {
		last = *path;
		if (*path++ != unescape(&point))
			return false;
	}
	return *path == '/' || !*path || last == '/';
}

struct way {
	struct mf_mounts *mounts;
	const char *path;
	bool covered; /* some mount is on it: what the namespace shows is what is walked */
};

static bool visit_way(const struct line *line, void *data)
{
	struct way *const way = data;

	if (!is_on_the_way(line->point, way->path))
		return false;
	way->covered = true;
	return line_may_block(way->mounts, line);
}

/* mountinfo leaves out what is above a chroot, and so the mount that its root is on. */
static bool root_may_block(struct mf_mounts *mounts, const struct mf_proc *proc, int root_fd)
{
	struct mf_mount mount;
	struct statx st;

	return !proc || mf_sys_statx(root_fd, "", 0, &st) || !(st.stx_mask & STATX_MNT_ID) ||
	       mf_mount_by_id(mounts, proc, st.stx_mnt_id, &mount) || mount.may_block;
}

bool mf_mount_path_may_block(struct mf_mounts *mounts, const struct mf_proc *proc, int root_fd,
			     const char *path)
{
	struct way way = { .mounts = mounts, .path = path };
	const int r = proc ? search(&mounts->text, proc->dir_fd, "mountinfo", visit_way, &way) :
			     search(&mounts->text, AT_FDCWD, OWN_MOUNTINFO, visit_way, &way);

	return r || (!way.covered && root_may_block(mounts, proc, root_fd));
}
