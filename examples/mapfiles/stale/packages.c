/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packages, from the lists in /var/lib/dpkg/info: one file for each package, one line for
 * each name. A container's are its own to write: nothing in them is trusted or waited for.
 */
#include <dirent.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/text.h"
#include "names.h"
#include "packages.h"

/* The largest list of a package in Debian has some megabytes. */
enum { LONGEST_LIST = 64 << 20 };

/* A name that is looked for, and the packages that list it. */
struct wanted {
	char **owners;
	size_t n_owners;
	char *name;
};

struct database {
	const struct view *view;
	int info_fd; /* -1: there is none */
	struct naming naming;
	void *wanted;
	bool read;
	struct database *next;
};

struct packages {
	const struct views *views;
	struct database *databases;
};

struct packages *packages_new(const struct views *views)
{
	struct packages *packages = not_null(calloc(1, sizeof(*packages)));

	packages->views = views;
	return packages;
}

static int open_directory(const struct views *views, const struct view *view, const char *name)
{
	char *path = format("%s%s", view->prefix, name);
	int path_fd = view_open(views, view, path), fd = -1;

	free(path);
	/* That the name is known says nothing of what is in the directory. */
	if (path_fd >= 0 && !views->may_block && mounts_may_block(&view->mounts, name)) {
		close(path_fd);
		return -1;
	}
	if (path_fd < 0)
		return -1;
	fd = openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(path_fd);
	return fd;
}

/* For reading, if it is a regular file: a device would notice that it is opened. */
static int open_list(int dir_fd, const char *name, struct stat *st)
{
	int path_fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), fd = -1;
	char *link;

	if (path_fd >= 0 && fstat(path_fd, st) == 0 && S_ISREG(st->st_mode)) {
		link = format("/proc/self/fd/%d", path_fd);
		fd = open(link, O_RDONLY | O_CLOEXEC);
		free(link);
	}
	if (path_fd >= 0)
		close(path_fd);
	return fd;
}

/* The whole of it, NUL-ended; NULL if it is no regular file, or too long. */
static char *read_list(int dir_fd, const char *name)
{
	struct stat st;
	int fd = open_list(dir_fd, name, &st);
	char *text = NULL;
	size_t done = 0;
	ssize_t n;

	if (fd >= 0 && st.st_size < LONGEST_LIST) {
		text = not_null(malloc((size_t)st.st_size + 1));
		while ((n = read(fd, text + done, (size_t)st.st_size - done)) > 0)
			done += (size_t)n;
		text[done] = '\0';
	}
	if (fd >= 0)
		close(fd);
	return text;
}

static void read_naming(const struct packages *packages, struct database *db)
{
	int fd = open_directory(packages->views, db->view, "/var/lib/dpkg");
	char *diversions = fd >= 0 ? read_list(fd, "diversions") : NULL;

	naming_read(&db->naming, db->view->root_fd, diversions);
	free(diversions);
	if (fd >= 0)
		close(fd);
}

static struct database *database_of(struct packages *packages, const struct view *view)
{
	struct database *db;

	for (db = packages->databases; db; db = db->next)
		if (db->view == view)
			return db;
	db = not_null(calloc(1, sizeof(*db)));
	db->view = view;
	db->info_fd = open_directory(packages->views, view, "/var/lib/dpkg/info");
	if (db->info_fd >= 0)
		read_naming(packages, db);
	db->next = packages->databases;
	packages->databases = db;
	return db;
}

static int compare_wanted(const void *one, const void *other)
{
	const struct wanted *a = one, *b = other;

	return strcmp(a->name, b->name);
}

static void free_wanted(void *node)
{
	struct wanted *w = node;
	size_t i;

	for (i = 0; i < w->n_owners; i++)
		free(w->owners[i]);
	free(w->owners);
	free(w->name);
	free(w);
}

/* Does not keep the name. */
static struct wanted *find_wanted(const struct database *db, char *name)
{
	const struct wanted key = { .name = name };
	struct wanted *const *node = tfind(&key, &db->wanted, compare_wanted);

	return node ? *node : NULL;
}

static void add_wanted(struct database *db, const char *name)
{
	struct wanted *w = not_null(calloc(1, sizeof(*w))), *const * node;

	w->name = not_null(strdup(name));
	node = not_null(tsearch(w, &db->wanted, compare_wanted));
	if (*node != w)
		free_wanted(w);
}

bool packages_want(struct packages *packages, const struct view *view, const char *name)
{
	struct database *db = database_of(packages, view);
	struct spellings spellings;
	size_t i;

	if (db->info_fd < 0)
		return false;
	spellings_of(&db->naming, name, &spellings);
	for (i = 0; i < spellings.n; i++)
		add_wanted(db, spellings.list[i].name);
	spellings_free(&spellings);
	return true;
}

static void add_owner(struct wanted *w, const char *list, size_t len)
{
	w->owners = with_room(w->owners, w->n_owners, sizeof(*w->owners));
	w->owners[w->n_owners++] = not_null(strndup(list, len));
}

/* list is "PACKAGE.list" or "PACKAGE:ARCHITECTURE.list". */
static void read_names(struct database *db, const char *list, size_t len, char *text)
{
	struct wanted *w;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		w = find_wanted(db, line);
		if (w)
			add_owner(w, list, len);
	}
}

static void read_database(struct database *db)
{
	static const char end[] = ".list";
	DIR *dir = fdopendir(dup(db->info_fd));
	struct dirent *entry;
	size_t len;
	char *text;

	db->read = true;
	while (dir && (entry = readdir(dir))) {
		len = strlen(entry->d_name);
		if (len < sizeof(end) || strcmp(entry->d_name + len - sizeof(end) + 1, end) != 0)
			continue;
		text = read_list(db->info_fd, entry->d_name);
		if (text)
			read_names(db, entry->d_name, len - sizeof(end) + 1, text);
		free(text);
	}
	if (dir)
		closedir(dir);
}

const char *packages_get(struct packages *packages, const struct view *view, const char *name)
{
	struct database *db = database_of(packages, view);
	struct spellings spellings;
	const char *owner = NULL;
	struct wanted *w;
	size_t i, k;

	if (db->info_fd < 0)
		return NULL;
	if (!db->read)
		read_database(db);
	spellings_of(&db->naming, name, &spellings);
	for (i = 0; i < spellings.n && !owner; i++) {
		w = find_wanted(db, spellings.list[i].name);
		for (k = 0; w && k < w->n_owners && !owner; k++)
			if (spelling_allows(&spellings.list[i], w->owners[k]))
				owner = w->owners[k];
	}
	spellings_free(&spellings);
	return owner;
}

void packages_free(struct packages *packages)
{
	struct database *db, *next;

	for (db = packages->databases; db; db = next) {
		next = db->next;
		if (db->info_fd >= 0)
			close(db->info_fd);
		naming_free(&db->naming);
		tdestroy(db->wanted, free_wanted);
		free(db);
	}
	free(packages);
}
