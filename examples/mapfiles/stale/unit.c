/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process belongs to, from its cgroup: systemd gives each unit one of its name, and
 * so do those who run containers.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/text.h"
#include "unit.h"

enum { CONTAINER_ID = 64, SHORT_ID = 12 };

const char *const manager_names[N_MANAGERS] = {
	[NO_MANAGER] = "none",
	[SYSTEM_MANAGER] = "system",
	[USER_MANAGER] = "user",
	[CONTAINER] = "container",
};

/* Units that processes are in; a slice holds other units only. */
static const char *const unit_types[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* In another cgroup's name may stand what a shell would obey; in a unit's cannot. */
static bool is_unit(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789:-_.\\@";
	size_t i;

	if (name[strspn(name, allowed)] || name[0] == '-')
		return false;
	for (i = 0; i < sizeof(unit_types) / sizeof(unit_types[0]); i++)
		if (ends_with(name, unit_types[i]))
			return true;
	return false;
}

/* docker-ID.scope, crio-ID.scope, or ID alone where no systemd is asked for a scope. */
static const char *container_id(const char *name)
{
	const char *id = strrchr(name, '-');
	size_t len;

	id = id ? id + 1 : name;
	len = strspn(id, "0123456789abcdef");
	if (len != CONTAINER_ID || (id[len] && strcmp(id + len, ".scope") != 0))
		return NULL;
	return id;
}

/* A part of the path is about a container: takes what it is called. */
static bool take_container(const char *part, struct unit *unit)
{
	static const char lxc[] = "lxc.payload.";
	const char *id = container_id(part);

	if (!id && strncmp(part, lxc, sizeof(lxc) - 1) != 0)
		return false;
	free(unit->name);
	unit->manager = CONTAINER;
	unit->name = id ? not_null(strndup(id, SHORT_ID)) : format("%s", part + sizeof(lxc) - 1);
	return true;
}

/* Below a user's manager come the units of that manager. */
static void take_unit(const char *part, struct unit *unit)
{
	unsigned int uid;

	if (!is_unit(part))
		return;
	if (unit->manager == SYSTEM_MANAGER) {
		if (sscanf(unit->name, "user@%u.service", &uid) != 1)
			return;
		unit->manager = USER_MANAGER;
		unit->uid = uid;
	} else if (unit->manager != NO_MANAGER) {
		return;
	} else {
		unit->manager = SYSTEM_MANAGER;
	}
	free(unit->name);
	unit->name = not_null(strdup(part));
}

static struct unit unit_of_path(char *path)
{
	struct unit unit = { NO_MANAGER, NULL, 0 };
	char *part;

	while ((part = strsep(&path, "/"))) {
		/* systemd puts an underscore before what would be a file of the kernel's. */
		part += part[0] == '_';
		if (take_container(part, &unit))
			break;
		take_unit(part, &unit);
	}
	return unit;
}

/* "0::PATH" is cgroup2's, "N:name=systemd:PATH" that of systemd's own hierarchy before it. */
static char *path_of_line(char *line)
{
	char *controllers, *path = line;

	strsep(&path, ":");
	controllers = strsep(&path, ":");
	if (!path || (controllers[0] && strcmp(controllers, "name=systemd") != 0))
		return NULL;
	return path;
}

static struct unit unit_of_cgroups(char *text)
{
	static const char mark[] = " (deleted)";
	struct unit unit = { NO_MANAGER, NULL, 0 };
	char *line, *path;

	while (unit.manager == NO_MANAGER && (line = strsep(&text, "\n"))) {
		path = path_of_line(line);
		if (!path)
			continue;
		/* The kernel's, of a group that was removed under its last process. */
		if (ends_with(path, mark))
			path[strlen(path) - sizeof(mark) + 1] = '\0';
		unit = unit_of_path(path);
	}
	return unit;
}

struct unit unit_of(const char *proc_root, int pid)
{
	char *path = format("%s/%d/cgroup", proc_root ? proc_root : "/proc", pid), *text = NULL;
	struct unit unit = { NO_MANAGER, NULL, 0 };
	FILE *from = fopen(path, "re");
	size_t size = 0;

	free(path);
	if (!from)
		return unit;
	if (getdelim(&text, &size, '\0', from) > 0)
		unit = unit_of_cgroups(text);
	free(text);
	fclose(from);
	return unit;
}
