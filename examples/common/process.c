/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process is called, for people.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"
#include "text.h"

/* A file of procfs from its start: less than size bytes, with a NUL behind them; -1 if none. */
static ssize_t read_start(const char *proc_root, int pid, const char *file, char *text, size_t size)
{
	char *path = format("%s/%d/%s", proc_root ? proc_root : "/proc", pid, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	free(path);
	if (fd >= 0) {
		n = read(fd, text, size - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	return n;
}

bool process_is_zombie(const char *proc_root, int pid)
{
	char text[256];
	const char *behind;

	if (read_start(proc_root, pid, "stat", text, sizeof(text)) <= 0)
		return false;
	/* "PID (NAME) STATE", and NAME may hold anything. */
	behind = strrchr(text, ')');
	return behind && behind[1] == ' ' && behind[2] == 'Z';
}

char *process_name(const char *proc_root, int pid)
{
	char text[64];
	ssize_t n = read_start(proc_root, pid, "comm", text, sizeof(text));

	if (n <= 0)
		return NULL;
	/* The kernel ends it with a newline, and allows newlines in it too. */
	if (text[n - 1] == '\n')
		text[n - 1] = '\0';
	return not_null(strdup(text));
}

/* "postgres: walwriter ": no file is called so. */
static char *title(const char *words)
{
	const char *colon = strstr(words, ": ");
	size_t len;

	if (!colon || words[0] == '/')
		return NULL;
	len = strlen(colon + 2);
	while (len > 0 && colon[2 + len - 1] == ' ')
		len--;
	return len > 0 ? not_null(strndup(colon + 2, len)) : NULL;
}

char *process_role(const char *proc_root, int pid)
{
	static const char type[] = "--type=";
	char text[4096], *word, *space;
	ssize_t n = read_start(proc_root, pid, "cmdline", text, sizeof(text));

	for (word = text; n > 0 && word < text + n; word += strlen(word) + 1) {
		/* Chromium joins the words of its children with blanks. */
		word = strstr(word, type) ? strstr(word, type) : word;
		if (strncmp(word, type, sizeof(type) - 1) != 0)
			continue;
		space = strchr(word, ' ');
		return not_null(space ? strndup(word + sizeof(type) - 1,
						(size_t)(space - word) - sizeof(type) + 1) :
					strdup(word + sizeof(type) - 1));
	}
	return n > 0 ? title(text) : NULL;
}
