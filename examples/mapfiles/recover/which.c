/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which mapping is meant: by its address, or by the name of what it shows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../common/text.h"
#include "../command.h"
#include "../target.h"
#include "recover.h"

/* The name of anything else is the kernel's own, and leads nowhere. */
static bool is_in_file_system(const struct found *f)
{
	return f->kind == MF_KIND_FILE || f->kind == MF_KIND_DEVICE;
}

char *found_text(const struct found *f)
{
	bool is_path = is_in_file_system(f);
	char *name = escape_words(f->name, f->name_len);
	char *text = format("%s%s%s%s%s at %llx-%llx", is_path ? "" : mf_kind_name(f->kind),
			    !is_path && f->name_len ? " (the kernel calls it " : "", name,
			    !is_path && f->name_len ? ")" : "",
			    f->flags & MF_MAPPING_DELETED ? " (deleted)" : "",
			    (unsigned long long)f->start, (unsigned long long)f->end);

	free(name);
	return text;
}

static bool keep(struct found *f, const struct mf_mapping *m)
{
	char *name = m->path ? strndup(m->path, m->name_len) : strdup("");

	if (!name)
		return false;
	free(f->name);
	*f = (struct found){
		.start = m->start,
		.end = m->end,
		.offset = m->offset,
		.inode = m->inode,
		.dev_major = m->dev_major,
		.dev_minor = m->dev_minor,
		.prot = m->prot,
		.flags = m->flags,
		.kind = m->kind,
		.name = name,
		.name_len = strlen(name),
	};
	return true;
}

bool is_same_object(const struct found *f, const struct mf_mapping *m)
{
	/* Device and inode collide on btrfs and overlayfs; with the name they hardly do. */
	return m->has & MF_HAS_DEV && m->dev_major == f->dev_major &&
	       m->dev_minor == f->dev_minor && m->inode == f->inode && m->path &&
	       m->name_len == f->name_len && memcmp(m->path, f->name, f->name_len) == 0;
}

static bool has_name(const struct mf_mapping *m, const char *name)
{
	size_t len = strlen(name);

	if (!m->path || m->name_len < len || memcmp(m->path + m->name_len - len, name, len) != 0)
		return false;
	return m->name_len == len || (!strchr(name, '/') && m->path[m->name_len - len - 1] == '/');
}

static void tell_one_of_several(const struct found *f)
{
	char *text = found_text(f);

	complain("one of several files of that name: %s", text);
	free(text);
}

static int deleted(uint32_t flags)
{
	return flags & MF_MAPPING_DELETED ? 1 : 0;
}

/*
 * The one object of that name: a deleted one before one that still has its name, such
 * as the library that replaced it. 1 found, 0 not, -ENOTUNIQ several, or another error.
 */
static int find_by_name(struct mf_iter *iter, const char *name, struct found *f)
{
	const struct mf_mapping *m;
	bool unique = true;
	int ret;

	while ((ret = mf_next(iter, &m)) > 0) {
		if (!has_name(m, name) || (f->name && is_same_object(f, m)))
			continue;
		if (f->name && deleted(m->flags) < deleted(f->flags))
			continue;
		unique = !f->name || deleted(m->flags) > deleted(f->flags);
		if (!unique)
			tell_one_of_several(f);
		if (!keep(f, m))
			return -ENOMEM;
	}
	if (ret < 0)
		return ret;
	if (!unique)
		tell_one_of_several(f);
	return !f->name ? 0 : unique ? 1 : -ENOTUNIQ;
}

/*
 * 0x7f12..., or 7f1200000000-7f1200001000. Bare digits without 0x, as maps has them, may
 * be a name too, and what holds a slash is one.
 */
static bool is_surely_address(const char *text, uint64_t *addr)
{
	return (strncasecmp(text, "0x", 2) == 0 || strchr(text, '-')) && parse_place(text, addr);
}

int find_what(struct mf_iter *iter, const char *which, struct found *f)
{
	const struct mf_mapping *m;
	uint64_t addr;
	int ret;

	if (!is_surely_address(which, &addr)) {
		ret = find_by_name(iter, which, f);
		if (ret != 0 || !parse_place(which, &addr))
			return ret;
	}
	ret = mf_find(iter, addr, &m);
	if (ret > 0 && !keep(f, m))
		return -ENOMEM;
	return ret;
}
