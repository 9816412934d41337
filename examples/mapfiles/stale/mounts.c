/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mounts that a process sees, from its mountinfo.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/text.h"
#include "mounts.h"

/*
 * Without a server: what the kernel alone answers for. In no list means that nobody knows,
 * as of an automount, which a mere look would set off.
 */
static const char *const local_types[] = {
	"ext2",	   "ext3",    "ext4",	  "xfs",	"btrfs",   "f2fs",     "jfs",
	"zfs",	   "tmpfs",   "ramfs",	  "rootfs",	"nilfs2",  "bcachefs", "reiserfs",
	"vfat",	   "exfat",   "ntfs3",	  "squashfs",	"erofs",   "cramfs",   "overlay",
	"iso9660", "udf",     "devtmpfs", "hugetlbfs",	"proc",	   "sysfs",    "cgroup",
	"cgroup2", "debugfs", "tracefs",  "securityfs", "bpf",	   "devpts",   "mqueue",
	"romfs",   "pstore",  "efivarfs", "configfs",	"fusectl", "nsfs",     "binfmt_misc",
};

static bool is_local(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(local_types) / sizeof(local_types[0]); i++)
		if (strcmp(type, local_types[i]) == 0)
			return true;
	return false;
}

/* "\040" is a blank, and so on; in place. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] && text[2] && text[3]) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAGS...] - TYPE SOURCE OPTIONS" */
static bool parse(char *line, struct mount *ret)
{
	char *dash = strstr(line, " - "), *point = NULL, *type;
	int i;

	if (!dash || sscanf(line, "%" SCNu64, &ret->id) != 1)
		return false;
	*dash = '\0';
	for (i = 0; i < 5; i++)
		point = strsep(&line, " ");
	type = dash + 3;
	type = strsep(&type, " ");
	if (!point)
		return false;
	unescape(point);
	ret->point = not_null(strdup(point));
	ret->may_block = !is_local(type);
	return true;
}

bool mounts_read(struct mounts *mounts, const char *proc_root, const char *who)
{
	char *path = format("%s/%s/mountinfo", proc_root ? proc_root : "/proc", who);
	FILE *from = fopen(path, "re");
	struct mount mount;
	char *line = NULL;
	size_t size = 0;

	free(path);
	*mounts = (struct mounts){ NULL, 0 };
	if (!from)
		return false;
	while (getline(&line, &size, from) > 0) {
		if (!parse(line, &mount))
			continue;
		mounts->list = with_room(mounts->list, mounts->n, sizeof(mount));
		mounts->list[mounts->n++] = mount;
	}
	free(line);
	fclose(from);
	return true;
}

void mounts_free(struct mounts *mounts)
{
	size_t i;

	for (i = 0; i < mounts->n; i++)
		free(mounts->list[i].point);
	free(mounts->list);
	*mounts = (struct mounts){ NULL, 0 };
}

bool mounts_have(const struct mounts *mounts, uint64_t id)
{
	size_t i;

	for (i = 0; i < mounts->n; i++)
		if (mounts->list[i].id == id)
			return true;
	return false;
}

static bool is_on_the_way(const char *point, const char *name)
{
	size_t len = strcmp(point, "/") == 0 ? 0 : strlen(point);

	return strncmp(point, name, len) == 0 && (name[len] == '/' || name[len] == '\0');
}

bool mounts_may_block(const struct mounts *mounts, const char *name)
{
	size_t i;

	for (i = 0; i < mounts->n; i++)
		if (mounts->list[i].may_block &&
		    (!name || is_on_the_way(mounts->list[i].point, name)))
			return true;
	return false;
}
