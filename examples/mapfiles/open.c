/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles open: open the very object behind an address, and tell of it or hand it to a
 * command.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../common/json.h"
#include "../common/text.h"
#include "command.h"
#include "object.h"
#include "opened.h"

enum { EXEC = 0x500 };

/* As env(1) and the shells have them. */
enum { CANNOT_EXECUTE = 126, NOT_FOUND = 127 };

enum { RANGE, TYPE, MODE, BYTES, DEV, INODE, LINKS, SURE, VIA, NAME, N_COLUMNS };

static const struct column columns[N_COLUMNS] = {
	[RANGE] = { "RANGE", SCOLS_FL_RIGHT, 3, "the mapping" },
	[TYPE] = { "TYPE", 0, 1, "regular, char, ..." },
	[MODE] = { "MODE", 0, 4, "permissions" },
	[BYTES] = { "BYTES", SCOLS_FL_RIGHT, 0, "size of the object" },
	[DEV] = { "DEV", SCOLS_FL_RIGHT, 6, "device, as stat(2) has it" },
	[INODE] = { "INODE", SCOLS_FL_RIGHT, 5, "inode, as stat(2) has it" },
	[LINKS] = { "LINKS", SCOLS_FL_RIGHT, 4, "hard links" },
	[SURE] = { "OPENED", 0, 0, "exact, matching, build-id, name or copy" },
	[VIA] = { "VIA", 0, 2, "map_files, exe, fd, path or copy" },
	[NAME] = { "NAME", SCOLS_FL_WRAP, 0, "the kernel's name for it" },
};

struct options {
	struct output output;
	struct object object;
	char **command; /* NULL: none */
};

static const struct argp_option argp_options[] = {
	{ "exec", EXEC, "COMMAND ARGUMENT...", 0,
	  "run this with the object as {}, or where there is no {} as standard input; all that "
	  "follows is the command",
	  0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static char *alone[2];
	struct options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->object;
		state->child_inputs[1] = &o->output;
		return 0;
	case EXEC:
		alone[0] = arg;
		o->command = alone;
		return 0;
	case ARGP_KEY_ARGS:
		object_take(&o->object, state);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which process, and which address of it?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options,
	parse,
	NULL,
	"Open the very object that is mapped at an address: a file that was deleted or replaced, "
	"a memfd, shared memory too. Tell of it, or run a command with it."
	"\v"
	"{} becomes /proc/self/fd/N in the command's arguments.\n"
	"\n"
	"Exit status: 0 it is proven to be the mapped object; 1 nothing is mapped there; 2 wrong "
	"usage; 3 it cannot be opened; 4 it is not proven to be the mapped object, or is a copy "
	"of memory. With --exec the command's own, or 126 it cannot be executed, 127 it is not "
	"found.\n"
	"\n"
	"Examples:\n"
	"  mapfiles open 1234 7f5c3a2b1000\n"
	"  mapfiles open 1234 7f5c3a2b1000 --exec sha256sum {}\n"
	"  mapfiles open 1234 7f5c3a2b1000 --exec readelf -n {}\n",
	(const struct argp_child[]){ { &object_argp, 0, NULL, 0 },
				     { &output_argp, 0, NULL, 0 },
				     { 0 } },
	NULL,
	NULL,
};

static void print_table(const struct object *object, const struct output *output)
{
	struct grid *grid = grid_new(output);

	grid_row(grid);
	grid_set(grid, RANGE,
		 format("%llx-%llx", (unsigned long long)object->start,
			(unsigned long long)object->end));
	grid_set(grid, TYPE, format("%s", type_name(object->st.st_mode)));
	grid_set(grid, MODE, format("%04o", object->st.st_mode & 07777));
	grid_set(grid, BYTES, format("%lld", (long long)object->st.st_size));
	grid_set(grid, DEV,
		 format("%02x:%02x", major(object->st.st_dev), minor(object->st.st_dev)));
	grid_set(grid, INODE, format("%llu", (unsigned long long)object->st.st_ino));
	grid_set(grid, LINKS, format("%llu", (unsigned long long)object->st.st_nlink));
	grid_set(grid, SURE, format("%s", mf_sure_name(object->sure)));
	grid_paint(grid, SURE, object->sure == MF_SURE_EXACT ? PAINT_GOOD : PAINT_WARN);
	grid_set(grid, VIA, format("%s", mf_rung_name(object->rung)));
	grid_set(grid, NAME, format("%s", object->name));
	grid_print(grid);
}

static struct json_object *document(const struct object *object)
{
	struct json_object *o = not_null(json_object_new_object());

	put_address(o, "start", object->start);
	put_address(o, "end", object->end);
	put_text(o, "kind", mf_kind_name((uint32_t)object->kind));
	put_name(o, "path", object->path, object->path_len);
	if (object->has_deleted)
		put_bool(o, "deleted", object->deleted);
	put_text(o, "type", type_name(object->st.st_mode));
	put_device(o, "dev", major(object->st.st_dev), minor(object->st.st_dev));
	put_number(o, "inode", object->st.st_ino);
	put_mode(o, object->st.st_mode);
	put_number(o, "links", object->st.st_nlink);
	put_number(o, "size", (uint64_t)object->st.st_size);
	put_text(o, "rung", mf_rung_name(object->rung));
	put_text(o, "sure", mf_sure_name(object->sure));
	return o;
}

static char *replaced(const char *word, const char *link)
{
	char *text = NULL;
	size_t len;
	FILE *to = not_null(open_memstream(&text, &len));
	const char *at;

	while ((at = strstr(word, "{}"))) {
		fprintf(to, "%.*s%s", (int)(at - word), word, link);
		word = at + 2;
	}
	fputs(word, to);
	return not_null(fclose(to) == 0 ? text : NULL);
}

/* The descriptor is the command's: as the word {}, or as its standard input. */
static bool hand_over(int fd, char **command)
{
	char *link = format("/proc/self/fd/%d", fd);
	bool named = false;
	char **word;

	for (word = command; *word; word++) {
		if (!strstr(*word, "{}"))
			continue;
		*word = replaced(*word, link);
		named = true;
	}
	free(link);
	return named ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, STDIN_FILENO) == STDIN_FILENO;
}

static int execute(int fd, char **command)
{
	int error;

	if (!hand_over(fd, command)) {
		complain("the descriptor cannot be handed over: %s", strerror(errno));
		return CANNOT_EXECUTE;
	}
	fflush(stdout);
	execvp(command[0], command);
	error = errno;
	complain("%s: %s", command[0], strerror(error));
	return error == ENOENT ? NOT_FOUND : CANNOT_EXECUTE;
}

static int tell(struct options *o)
{
	int status = object_open(&o->object);

	if (status != STATUS_OK)
		return status;
	if (o->command) {
		object_status(&o->object);
		return execute(o->object.fd, o->command);
	}
	output_document(&o->output, document(&o->object));
	if (!o->output.json)
		print_table(&o->object, &o->output);
	return object_status(&o->object);
}

/* What follows --exec is not for argp, which would look for options in it. */
static char **cut_off_command(int *argc, char **argv)
{
	int i;

	for (i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--exec") != 0 || i + 1 == *argc)
			continue;
		*argc = i;
		argv[i] = NULL;
		return argv + i + 1;
	}
	return NULL;
}

int cmd_open(int argc, char **argv)
{
	struct options o = { .output = { .columns = columns, .n_columns = N_COLUMNS } };
	int status;

	o.command = cut_off_command(&argc, argv);
	command_parse(&argp, argc, argv, &o);
	status = tell(&o);
	object_close(&o.object);
	return status;
}
