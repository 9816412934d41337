/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The independent reader, see truth.h. It must stay obvious: no speed, no
 * cleverness, nothing of the library.
 */
#define _FILE_OFFSET_BITS 64
#include "truth.h"
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

char *read_whole(const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0, room = 65536;
	char *text = malloc(room + 1);
	ssize_t n;

	require_msg(fd >= 0, "%s: %s", path, strerror(errno));
	require(text);
	while ((n = read(fd, text + len, room - len)) > 0) {
		len += (size_t)n;
		if (room - len < 32768) {
			room *= 2;
			text = realloc(text, room + 1);
			require(text);
		}
	}
	require_msg(n == 0, "%s: %s", path, strerror(errno));
	close(fd);
	text[len] = '\0';
	*ret_len = len;
	return text;
}

static char *copy(const char *bytes, size_t len)
{
	char *ret = malloc(len + 1);

	require(ret);
	memcpy(ret, bytes, len);
	ret[len] = '\0';
	return ret;
}

/* Where names begin: 73 on a 64-bit kernel, 49 on a 32-bit one, whatever this program is. */
static size_t name_column(void)
{
	static size_t column;
	char line[4200];
	FILE *maps;

	if (column)
		return column;
	maps = fopen("/proc/self/maps", "re");
	require(maps);
	while (!column && fgets(line, sizeof(line), maps)) {
		const char *name = strstr(line, "[stack]");

		if (name)
			column = (size_t)(name - line);
	}
	fclose(maps);
	require(column);
	return column;
}

static void parse_line(struct truth_mapping *m, const char *line, size_t len)
{
	char r, w, x, s;
	int used = 0;
	int n = sscanf(line,
		       "%" SCNx64 "-%" SCNx64 " %c%c%c%c %" SCNx64 " %" SCNx32 ":%" SCNx32
		       " %" SCNu64 "%n",
		       &m->start, &m->end, &r, &w, &x, &s, &m->offset, &m->dev_major, &m->dev_minor,
		       &m->inode, &used);

	require_msg(n == 10, "cannot read the line: %s", line);
	m->prot = (r == 'r' ? PROT_READ : 0U) | (w == 'w' ? PROT_WRITE : 0U) |
		  (x == 'x' ? PROT_EXEC : 0U);
	m->shared = s == 's';

	/*
	 * The kernel pads the numbers and the blank after them, and writes one more
	 * blank: what then follows, blanks too, is the name.
	 */
	size_t name_at = (size_t)used + 2;

	if (name_at < name_column())
		name_at = name_column();
	if (name_at >= len)
		return;
	m->text_len = len - name_at;
	m->text = copy(line + name_at, m->text_len);
}

/* Only for names that have no link to ask: the kernel writes a newline as \012. */
static void unescape(struct truth_mapping *m)
{
	if (!m->text)
		return;
	m->path = copy(m->text, m->text_len);

	char *to = m->path;

	for (const char *from = m->text; *from; to++) {
		if (!strncmp(from, "\\012", 4)) {
			*to = '\n';
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	m->path_len = (size_t)(to - m->path);
}

static void read_link(struct truth_mapping *m, const char *name)
{
	char target[PATH_MAX + 1];
	struct stat st;
	ssize_t len;

	require_msg(!lstat(name, &st), "%s: %s", name, strerror(errno));
	m->file = true;
	m->link_mode = st.st_mode;
	len = readlink(name, target, sizeof(target));
	require_msg(len >= 0 || errno == ENAMETOOLONG, "%s: %s", name, strerror(errno));
	if (len >= 0) {
		m->link_len = (size_t)len;
		m->link = copy(target, (size_t)len);
		m->path_len = m->link_len;
		m->path = copy(target, (size_t)len);
	}
	m->has_stat = !stat(name, &st);
	require_msg(m->has_stat || errno == EPERM, "%s: %s", name, strerror(errno));
	if (!m->has_stat)
		return;
	m->st_mode = st.st_mode;
	m->st_nlink = (uint32_t)st.st_nlink;
	m->st_dev = st.st_dev;
	m->st_ino = st.st_ino;
	m->st_size = (uint64_t)st.st_size;
}

static void read_links(struct truth *truth, pid_t pid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/proc/%d/map_files", (int)pid);

	DIR *dir = opendir(path);
	const struct dirent *entry;

	require_msg(dir, "%s: %s", path, strerror(errno));
	while ((entry = readdir(dir))) {
		uint64_t start, end;
		size_t i;

		if (entry->d_name[0] == '.')
			continue;
		require(sscanf(entry->d_name, "%" SCNx64 "-%" SCNx64, &start, &end) == 2);
		for (i = 0; i < truth->n && truth->list[i].start != start; i++)
			;
		require_msg(i < truth->n && truth->list[i].end == end, "%s is not in maps",
			    entry->d_name);
		snprintf(path, sizeof(path), "/proc/%d/map_files/%s", (int)pid, entry->d_name);
		read_link(&truth->list[i], path);
	}
	closedir(dir);
}

void truth_read(struct truth *truth, pid_t pid)
{
	char path[64];
	size_t len, room = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	truth->list = NULL;
	truth->n = 0;

	char *text = read_whole(path, &len);
	char *line = text;

	while (line < text + len) {
		char *end = strchr(line, '\n');

		require(end);
		*end = '\0';
		if (truth->n == room) {
			room += 256;
			truth->list = realloc(truth->list, room * sizeof(*truth->list));
			require(truth->list);
		}
		memset(&truth->list[truth->n], 0, sizeof(*truth->list));
		parse_line(&truth->list[truth->n++], line, (size_t)(end - line));
		line = end + 1;
	}
	free(text);
	read_links(truth, pid);
	for (size_t i = 0; i < truth->n; i++)
		if (!truth->list[i].path)
			unescape(&truth->list[i]);
}

void truth_free(struct truth *truth)
{
	for (size_t i = 0; i < truth->n; i++) {
		free(truth->list[i].text);
		free(truth->list[i].link);
		free(truth->list[i].path);
	}
	free(truth->list);
	truth->list = NULL;
	truth->n = 0;
}

const struct truth_mapping *truth_find(const struct truth *truth, uint64_t addr)
{
	for (size_t i = 0; i < truth->n; i++)
		if (addr >= truth->list[i].start && addr < truth->list[i].end)
			return &truth->list[i];
	return NULL;
}
