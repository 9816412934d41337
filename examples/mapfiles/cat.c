/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles cat: the bytes of the very object behind an address.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "object.h"

struct options {
	struct object object;
	bool mapped;
	bool force;
};

static const struct argp_option argp_options[] = {
	{ "mapped", 'm', NULL, 0, "only the bytes that the mapping shows, not the whole object",
	  0 },
	{ "force", 'f', NULL, 0, "to a terminal whatever the bytes are", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->object;
		return 0;
	case 'm':
		o->mapped = true;
		return 0;
	case 'f':
		o->force = true;
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
	"Write the bytes of the very object that is mapped at an address to standard output: the "
	"whole file, be it deleted or replaced, not only what is mapped of it."
	"\v"
	"What a process changed in a private mapping is not in the object; --copy with --mapped "
	"shows memory where there is no object, or where it cannot be opened. To keep a deleted "
	"file, with its holes and a report, mapfiles recover is better.\n"
	"\n"
	"Exit status: 0 all is written; 1 nothing is mapped there; 2 wrong usage; 3 it cannot be "
	"opened, read or written; 4 all is written, but it is not proven to be the mapped object, "
	"or is a copy of memory.\n"
	"\n"
	"Examples:\n"
	"  mapfiles cat 1234 7f5c3a2b1000 | file -\n"
	"  mapfiles cat --mapped --copy 1234 7ffd1a2b3000 | strings\n",
	(const struct argp_child[]){ { &object_argp, 0, NULL, 0 }, { 0 } },
	NULL,
	NULL,
};

/* Whether a terminal would obey some of it, or show none of it. */
static bool is_binary(const unsigned char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((bytes[i] < ' ' && !strchr("\t\n\r\f", bytes[i])) || bytes[i] == 0x7f ||
		    bytes[i] == 0)
			return true;
	return false;
}

/* from and to are of the object; a short file ends before. */
static int copy(const struct options *o, off_t from, off_t to)
{
	unsigned char bytes[65536];
	bool guarded = isatty(STDOUT_FILENO) && !o->force;
	ssize_t n = 1;

	while (from < to) {
		n = pread(o->object.fd, bytes,
			  to - from < (off_t)sizeof(bytes) ? (size_t)(to - from) : sizeof(bytes),
			  from);
		if (n <= 0)
			break;
		if (guarded && is_binary(bytes, (size_t)n)) {
			complain("this would put control bytes on the terminal; write it to a file "
				 "or a pipe, or use --force");
			return STATUS_FAILED;
		}
		if (fwrite(bytes, 1, (size_t)n, stdout) != (size_t)n)
			return STATUS_FAILED;
		from += n;
	}
	if (n < 0) {
		complain("the object cannot be read: %s", strerror(errno));
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

static int write_object_bytes(const struct options *o)
{
	const struct object *object = &o->object;
	off_t end = object->st.st_size, from = 0;

	/* A copy holds what is mapped, and nothing else. */
	if (o->mapped && object->sure != MF_SURE_COPY) {
		from = (off_t)object->offset;
		end = from + (off_t)(object->end - object->start);
		end = end < object->st.st_size ? end : object->st.st_size;
	}
	return copy(o, from, end);
}

int cmd_cat(int argc, char **argv)
{
	struct options o = { .mapped = false };
	int status;

	command_parse(&argp, argc, argv, &o);
	status = object_open(&o.object);
	if (status == STATUS_OK)
		status = write_object_bytes(&o);
	if (status == STATUS_OK)
		status = object_status(&o.object);
	object_close(&o.object);
	return status;
}
