/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles draw: a picture of an address space. This file reads the options; what is
 * drawn, where and how is in draw/.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/process.h"
#include "../common/text.h"
#include "command.h"
#include "draw/svg.h"
#include "subject.h"
#include "target.h"

struct options {
	struct subject subject;
	const char *file;
	uint64_t from, to;
};

enum { FROM = 0x100, TO };

static const struct argp_option argp_options[] = {
	{ "output", 'o', "FILE", 0, "write the picture to FILE, not to standard output", 0 },
	{ "from", FROM, "ADDR", 0, "only what is mapped from this address on", 0 },
	{ "to", TO, "ADDR", 0, "only what is mapped below this address", 0 },
	{ 0 },
};

static void take_address(struct argp_state *state, const char *arg, uint64_t *addr)
{
	if (!parse_place(arg, addr))
		argp_error(state, "that is no hexadecimal address: %s", arg);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'o':
		o->file = arg;
		return 0;
	case FROM:
		take_address(state, arg, &o->from);
		return 0;
	case TO:
		take_address(state, arg, &o->to);
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->subject;
		return 0;
	case ARGP_KEY_ARGS:
		if (*subject_take(&o->subject, state))
			argp_error(state, "one process or one core at a time");
		return 0;
	case ARGP_KEY_END:
		if (!o->subject.core && !o->subject.word)
			argp_error(state, "which process? Give a PID or a name, or --core FILE");
		if (o->from >= o->to)
			argp_error(state, "--from must be below --to");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options,
	parse,
	NULL,
	"A picture of what a process has mapped, as an SVG that stands for itself."
	"\v"
	"Each block is a file, or memory of one kind; its rectangles are the\n"
	"mappings, in order of their addresses. The higher a block the larger it\n"
	"is, by the logarithm. The colour says what it is, its strength what is\n"
	"allowed; a bar below is shared memory. Tooltips have ranges, paths and\n"
	"build ids. Where there are too many mappings to look at, small neighbours\n"
	"are folded into one: none is left out. In names, what does not print is\n"
	"written as in a URL (%0A).\n"
	"\n"
	"Exit status: 0 drawn; 1 nothing is mapped there; 2 wrong usage; 3 it could\n"
	"not be read or written.\n"
	"\n"
	"Examples:\n"
	"  mapfiles draw $$ >shell.svg\n"
	"  sudo mapfiles draw -o postgres.svg $(pidof -s postgres)\n"
	"  mapfiles draw --core core.1234 -o crash.svg\n",
	(const struct argp_child[]){ { &subject_argp, 0, NULL, 0 }, { 0 } },
	NULL,
	NULL,
};

static void name_core(struct picture *p, const char *core)
{
	const char *slash = strrchr(core, '/'), *name = slash ? slash + 1 : core;

	p->title = escape_percent(name, strlen(name));
}

static void name_process(struct picture *p, const struct subject *subject)
{
	char *name = process_name(subject->proc_root, subject->pid);
	char *role = process_role(subject->proc_root, subject->pid), *escaped;

	escaped = name ? escape_percent(name, strlen(name)) : format("process");
	p->title = format("%s %d", escaped, subject->pid);
	p->role = role ? escape_percent(role, strlen(role)) : NULL;
	free(escaped);
	free(name);
	free(role);
}

static int read_named(struct picture *p, struct mf_iter *iter, const struct subject *subject)
{
	const struct mf_mapping *m;
	int ret = picture_read(p, iter);

	if (ret < 0)
		return ret;
	if (subject->core)
		name_core(p, subject->core);
	else
		name_process(p, subject);
	/* Alive still: the name is not that of another process with a recycled pid. */
	return mf_find(iter, 0, &m);
}

static int read_picture(struct options *o, struct picture *p)
{
	struct mf_iter *iter = NULL;
	int ret = subject_open(&o->subject, MF_ITER_ALL, &iter);

	if (ret < 0)
		return ret;
	ret = read_named(p, iter, &o->subject);
	mf_iter_close(iter);
	if (ret < 0)
		subject_complain(&o->subject, MF_ACCESS_DETAILS, "cannot be drawn", ret);
	return ret;
}

/* Whole or not at all: memory first, and it has a bound. */
static char *draw(struct picture *p, size_t *len)
{
	struct layout layout;
	char *text = NULL;
	FILE *to = not_null(open_memstream(&text, len));

	picture_fold(p);
	layout_size(&layout, p);
	layout_place(&layout, p, legend_height(p, &layout));
	svg_write(to, p, &layout);
	return not_null(fclose(to) == 0 ? text : NULL);
}

static int complain_unwritten(const char *file)
{
	int error = errno;
	char *escaped = escape_words(file, strlen(file));

	complain("%s: %s", escaped, strerror(error));
	free(escaped);
	return STATUS_FAILED;
}

static int write_file(const char *file, const char *text, size_t len)
{
	FILE *to = fopen(file, "we");
	bool written;

	if (!to)
		return complain_unwritten(file);
	written = fwrite(text, 1, len, to) == len;
	written = fclose(to) == 0 && written;
	return written ? STATUS_OK : complain_unwritten(file);
}

static int write_picture(const struct options *o, struct picture *p)
{
	size_t len;
	char *text = draw(p, &len);
	int status = STATUS_OK;

	if (o->file)
		status = write_file(o->file, text, len);
	else
		fwrite(text, 1, len, stdout);
	free(text);
	return status;
}

int cmd_draw(int argc, char **argv)
{
	struct options o = { .to = UINT64_MAX };
	struct picture picture = { .n_blocks = 0 };
	int status = STATUS_FAILED;

	command_parse(&argp, argc, argv, &o);
	if (!o.file && isatty(STDOUT_FILENO)) {
		complain("a picture is nothing to read in a terminal: -o FILE keeps it");
		return STATUS_USAGE;
	}
	picture.from = o.from;
	picture.to = o.to;
	/* A picture is UTF-8, whatever the terminal speaks. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "C");
	if (read_picture(&o, &picture) < 0)
		goto out;
	if (picture.n_blocks == 0) {
		complain("nothing is mapped there");
		status = STATUS_NOTHING;
		goto out;
	}
	status = write_picture(&o, &picture);
out:
	picture_free(&picture);
	return status;
}
