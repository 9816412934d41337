/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What to restart, and how: an order that can be pasted, where there is one.
 */
#include <stdlib.h>
#include <string.h>

#include "../../common/text.h"
#include "stale.h"

static bool begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool is_scope(const char *unit)
{
	size_t len = strlen(unit);

	return len > 6 && strcmp(unit + len - 6, ".scope") == 0;
}

/* Units that a plain restart would take the whole system down with, or do nothing for. */
static const struct {
	const char *unit;
	const char *advice;
} special_units[] = {
	{ "init.scope", "systemctl daemon-reexec" },
	{ "dbus.service", "reboot: all that talks over D-Bus ends with it" },
	{ "dbus-broker.service", "reboot: all that talks over D-Bus ends with it" },
};

/* "\x2d" stands in names that systemd made: a shell must not read the backslash. */
static char *restart(const char *how, const char *unit, const char *behind)
{
	const char *quote = strchr(unit, '\\') ? "'" : "";

	return format("%s %s%s%s%s", how, quote, unit, quote, behind);
}

static char *advice_for_system_unit(const struct unit *unit)
{
	size_t i;

	for (i = 0; i < sizeof(special_units) / sizeof(special_units[0]); i++)
		if (strcmp(unit->name, special_units[i].unit) == 0)
			return format("%s", special_units[i].advice);
	if (begins_with(unit->name, "session-"))
		return format("log out of that session and in again");
	/* A scope was begun by whoever is in it: systemd cannot begin it again. */
	if (is_scope(unit->name))
		return format("end its processes and begin them again");
	return restart("systemctl restart", unit->name, "");
}

static char *advice_for_user_unit(const struct unit *unit)
{
	char *as = format(" (as user %u)", unit->uid), *text;

	if (strcmp(unit->name, "init.scope") == 0)
		text = format("systemctl --user daemon-reexec%s", as);
	else if (is_scope(unit->name))
		text = format("end its program and begin it again%s", as);
	else
		text = restart("systemctl --user restart", unit->name, as);
	free(as);
	return text;
}

char *advice(const struct task *task)
{
	switch (task->unit.manager) {
	case SYSTEM_MANAGER:
		return advice_for_system_unit(&task->unit);
	case USER_MANAGER:
		return advice_for_user_unit(&task->unit);
	case CONTAINER:
		return format("restart the container, of a new image if that has the old files");
	default:
		return format(task->pid == 1 ? "reboot" : "end it and begin it again");
	}
}

char *unit_title(const struct task *task)
{
	const char *name = task->unit.name ? task->unit.name : task->name;
	char *escaped = escape_name(name, strlen(name)), *title = escaped;

	if (task->unit.manager == CONTAINER) {
		title = format("container:%s", escaped);
		free(escaped);
	}
	return title;
}
