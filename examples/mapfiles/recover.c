/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles recover: save a deleted file that a process still maps. The file itself is
 * copied, holes and all; with --copy, and only where the file is out of reach, what the
 * process sees of it in memory. It says which of the two was had. How is in recover/.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/kind.h"
#include "../common/text.h"
#include "command.h"
#include "recover/recover.h"
#include "target.h"

struct options {
	bool copy;
	const char *process, *which, *out;
};

static const struct argp_option argp_options[] = {
	{ "copy", 'c', NULL, 0,
	  "where the file cannot be opened, save what the process sees of it in memory; with an "
	  "ADDRESS also memory that no file is behind",
	  0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	char **words;

	(void)arg;
	switch (key) {
	case 'c':
		o->copy = true;
		return 0;
	case ARGP_KEY_ARGS:
		words = state->argv + state->next;
		if (state->argc - state->next != 3)
			argp_error(state, "give a process, what it maps, and the file to make");
		o->process = words[0];
		o->which = words[1];
		o->out = words[2];
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "give a process, what it maps, and the file to make");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options,
	parse,
	NULL,
	"Save a deleted file that a process still maps as the new file OUT."
	"\v"
	"ADDRESS is hexadecimal, or START-END as mapfiles ls prints it. NAME is the file's former path, or its last part alone. OUT must not exist: nothing is ever overwritten.\n"
	"\n"
	"Exit status: 0 the file is saved, whole, from the file itself; 1 the process maps nothing there or of that name; 2 wrong usage; 3 nothing is saved, or what is to be said of it could not be written; 4 OUT is made, but read what is said of it: it is from memory, is cut off, or is not proven to be the mapped file.\n"
	"\n"
	"Examples:\n"
	"  sudo mapfiles recover 1234 data.db /tmp/data.db\n"
	"  mapfiles recover --copy 1234 7f5c3a2b1000 /tmp/memory\n",
	NULL,
	NULL,
	NULL,
};

int fail(const char *what, int error)
{
	complain("%s: %s", what, mf_strerror(error));
	return STATUS_FAILED;
}

int fail_errno(const char *what)
{
	const int error = errno;
	char *escaped = escape_words(what, strlen(what));

	complain("%s: %s", escaped, strerror(error));
	free(escaped);
	return STATUS_FAILED;
}

static int save(struct mf_iter *iter, int pid, const struct found *f, const struct options *o)
{
	const struct mf_mapping *m;
	int in, ret, status;

	ret = mf_find(iter, f->start, &m);
	if (ret > 0 && !is_same_object(f, m) && f->name_len)
		ret = 0;
	if (ret <= 0)
		return fail("the mapping", ret ? ret : -ESTALE);
	if (is_plain_memory(f->kind)) {
		if (o->copy)
			return save_memory(iter, pid, f, o->out);
		complain(
			"no file is behind that address, it is memory; --copy saves what is in it");
		return STATUS_FAILED;
	}
	in = mf_open_fd(iter, m, 0);
	if (in < 0) {
		complain_refused(pid, NULL, MF_ACCESS_FOLLOW, "the file itself cannot be opened",
				 in);
		if (!o->copy && in != -ENXIO)
			complain("with --copy what is in memory can be saved");
		return o->copy ? save_memory(iter, pid, f, o->out) : STATUS_FAILED;
	}
	status = save_file(iter, f, in, o->out);
	close(in);
	return status;
}

static int tell_not_found(int pid, const char *which, int error)
{
	char *escaped;

	if (error == -ENOTUNIQ) {
		complain("give the address, or the whole path if they differ in it");
		return STATUS_FAILED;
	}
	if (error < 0)
		return fail("the process cannot be listed", error);
	escaped = escape_words(which, strlen(which));
	complain("process %d maps nothing at or of the name %s", pid, escaped);
	free(escaped);
	return STATUS_NOTHING;
}

static int recover(int pid, struct mf_iter *iter, const struct options *o)
{
	struct found f = { .name = NULL };
	int ret = find_what(iter, o->which, &f), status;
	char *text;

	if (ret > 0) {
		text = found_text(&f);
		printf("%s of process %d\n", text, pid);
		free(text);
		status = save(iter, pid, &f, o);
	} else {
		status = tell_not_found(pid, o->which, ret);
	}
	free(f.name);
	return status;
}

int cmd_recover(int argc, char **argv)
{
	struct options o = { .copy = false };
	struct mf_iter *iter;
	int pid, ret, status;

	command_parse(&argp, argc, argv, &o);
	if (!target_find(&pid, NULL, o.process))
		return STATUS_FAILED;
	ret = mf_iter_open(pid, NULL, &iter);
	if (ret < 0) {
		complain_refused(pid, NULL, MF_ACCESS_DETAILS, "cannot be listed", ret);
		return STATUS_FAILED;
	}
	status = recover(pid, iter, &o);
	mf_iter_close(iter);
	return status;
}
