/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Under which names dpkg may list a file.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/text.h"
#include "names.h"

/* Debian 12 lists most of what is in /usr/lib as /lib, for the links that are in their place. */
static const char *const merged_directories[] = {
	"lib", "bin", "sbin", "lib64", "lib32", "libx32",
};

enum { N_MERGED = sizeof(merged_directories) / sizeof(merged_directories[0]) };

static bool is_link_into_usr(int root_fd, const char *name)
{
	char target[PATH_MAX], *wanted = format("usr/%s", name);
	ssize_t n = readlinkat(root_fd, name, target, sizeof(target) - 1);
	bool is;

	target[n > 0 ? n : 0] = '\0';
	is = strcmp(target + (target[0] == '/'), wanted) == 0;
	free(wanted);
	return is;
}

void naming_read(struct naming *naming, int root_fd, char *diversions)
{
	struct diversion d;
	unsigned int i;

	*naming = (struct naming){ 0 };
	for (i = 0; i < N_MERGED; i++)
		if (is_link_into_usr(root_fd, merged_directories[i]))
			naming->merged |= 1u << i;
	while (diversions) {
		d.from = strsep(&diversions, "\n");
		d.to = strsep(&diversions, "\n");
		d.by = strsep(&diversions, "\n");
		if (!d.to || !d.by)
			return;
		naming->diversions =
			with_room(naming->diversions, naming->n, sizeof(*naming->diversions));
		naming->diversions[naming->n++] = (struct diversion){ format("%s", d.from),
								      format("%s", d.to),
								      format("%s", d.by) };
	}
}

void naming_free(struct naming *naming)
{
	size_t i;

	for (i = 0; i < naming->n; i++) {
		free(naming->diversions[i].from);
		free(naming->diversions[i].to);
		free(naming->diversions[i].by);
	}
	free(naming->diversions);
}

static void add(struct spellings *s, struct spelling spelling)
{
	s->list = with_room(s->list, s->n, sizeof(spelling));
	s->list[s->n++] = spelling;
}

/* A diverted name first: the plain one is then another package's. */
static void add_diverted(const struct naming *naming, struct spellings *s, const char *name)
{
	size_t i;

	for (i = 0; i < naming->n; i++) {
		const struct diversion *d = &naming->diversions[i];

		if (strcmp(d->to, name) == 0)
			add(s, (struct spelling){ format("%s", d->from), NULL, d->by });
		else if (strcmp(d->from, name) == 0)
			add(s, (struct spelling){ format("%s", name), d->by, NULL });
	}
}

static void add_name(const struct naming *naming, struct spellings *s, const char *name)
{
	size_t before = s->n;

	add_diverted(naming, s, name);
	if (s->n == before)
		add(s, (struct spelling){ format("%s", name), NULL, NULL });
}

static bool is_in(const char *name, const char *directory)
{
	size_t len = strlen(directory);

	return strncmp(name, directory, len) == 0 && name[len] == '/';
}

/* /usr/lib/x and /lib/x, where these are one. */
static void add_both(const struct naming *naming, struct spellings *s, const char *name)
{
	bool in_usr = is_in(name, "/usr");
	const char *rest = in_usr ? name + strlen("/usr") : name;
	unsigned int i;
	char *other;

	add_name(naming, s, name);
	for (i = 0; i < N_MERGED; i++) {
		if (!(naming->merged & 1u << i) || !is_in(rest + 1, merged_directories[i]))
			continue;
		other = format("%s%s", in_usr ? "" : "/usr", rest);
		add_name(naming, s, other);
		free(other);
	}
}

/* "libx.so.1.2.3", then "libx.so.1.2", "libx.so.1": the links that led to it. */
static void add_versions(const struct naming *naming, struct spellings *s, const char *name)
{
	char *shorter = not_null(strdup(name)), *base = strrchr(shorter, '/'), *so, *dot;

	so = base ? strstr(base, ".so.") : NULL;
	while (so && (dot = strrchr(so, '.')) > so + strlen(".so")) {
		*dot = '\0';
		add_both(naming, s, shorter);
	}
	free(shorter);
}

void spellings_of(const struct naming *naming, const char *name, struct spellings *ret)
{
	*ret = (struct spellings){ NULL, 0 };
	add_both(naming, ret, name);
	add_versions(naming, ret, name);
}

void spellings_free(struct spellings *spellings)
{
	size_t i;

	for (i = 0; i < spellings->n; i++)
		free(spellings->list[i].name);
	free(spellings->list);
}

static bool is_package(const char *owner, const char *package)
{
	size_t len = strlen(package);

	return strncmp(owner, package, len) == 0 && (owner[len] == '\0' || owner[len] == ':');
}

bool spelling_allows(const struct spelling *spelling, const char *owner)
{
	if (spelling->only)
		return is_package(owner, spelling->only);
	return !spelling->except || !is_package(owner, spelling->except);
}
