/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles who: which processes map this very file, and which still map one that had its
 * name before. This file reads the options and collects the answers; what the file is, who
 * had its name and how it is printed is in who/.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "who/who.h"

struct options {
	struct output output;
	struct scan scan;
	bool ranges;
	const char *file;
	char **words;
};

static const struct argp_option argp_options[] = {
	{ "ranges", 'r', NULL, 0, "one row for each mapping: its range and offset", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->scan;
		state->child_inputs[1] = &o->output;
		return 0;
	case 'r':
		o->ranges = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->file = state->argv[state->next];
		o->words = state->argv + state->next + 1;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which file?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	argp_options,
	parse,
	NULL,
	"Which processes map this file: this very one, whatever it is called where they live; and "
	"which still map a file that had its name before. All processes are asked, or those that "
	"are given. Symlinks are followed. The file is not opened."
	"\v"
	"VERDICT tells what is mapped:\n"
	"  same      the file itself: also under another name, by a hard link\n"
	"  replaced  a file that had the name until this one took it\n"
	"  masked    a file that has the name, in a directory that a mount hides\n"
	"  deleted   a file that had the name; no file has it now\n"
	"A file that only has an equal name in another mount namespace is none of\n"
	"these. PROT is all protections together, RANGES the number of mappings.\n"
	"(uncertain): its device and inode numbers are those of the file, and no\n"
	"more could be learnt.\n"
	"\n"
	"Exit status: 0 a process maps this very file; 1 none of those that could be\n"
	"asked does; 4 only files are mapped that had its name: restart those\n"
	"processes; 2 wrong usage; 3 no such file, a process that was given could not\n"
	"be asked, or another failure. Who could not be asked is said on standard\n"
	"error.\n"
	"\n"
	"Examples:\n"
	"  sudo mapfiles who /usr/lib/x86_64-linux-gnu/libssl.so.3     who to restart\n"
	"  mapfiles who --ranges data.db myserver\n",
	(const struct argp_child[]){ { &scan_argp, 0, NULL, 0 },
				     { &output_argp, 0, NULL, 0 },
				     { 0 } },
	NULL,
	NULL,
};

static void add_answer(struct answers *answers, const struct mf_object *object,
		       const struct mf_object_user *user, enum verdict verdict)
{
	answers->list = with_room(answers->list, answers->n, sizeof(*answers->list));
	answers->list[answers->n++] = (struct answer){ verdict, object, user };
}

static void add_users(struct answers *answers, const struct mf_object *object, bool is_file)
{
	const struct mf_object_user *user;
	enum verdict verdict = SAME;
	uint64_t i;

	for (i = 0; mf_objects_user(answers->scan->objects, object, i, &user) > 0; i++)
		if (is_file || had_the_name(answers, object, user, &verdict))
			add_answer(answers, object, user, verdict);
}

static int compare_answers(const void *one, const void *other)
{
	const struct answer *a = one, *b = other;

	if (a->user->pid != b->user->pid)
		return a->user->pid < b->user->pid ? -1 : 1;
	if (a->verdict != b->verdict)
		return a->verdict < b->verdict ? -1 : 1;
	if (a->object != b->object)
		return (uintptr_t)a->object < (uintptr_t)b->object ? -1 : 1;
	return (a->user->start > b->user->start) - (a->user->start < b->user->start);
}

/* Returns 0, or -errno. */
static int collect(struct answers *answers)
{
	const struct mf_object *o, *found = NULL;
	int ret = 0;
	uint64_t i;

	if (answers->file->path_fd >= 0)
		ret = mf_objects_find_fd(answers->scan->objects, answers->file->path_fd, &found);
	for (i = 0; mf_objects_get(answers->scan->objects, i, &o) > 0; i++)
		add_users(answers, o, o == found);
	if (answers->n > 0)
		qsort(answers->list, answers->n, sizeof(*answers->list), compare_answers);
	return ret < 0 ? ret : 0;
}

static int status_of(const struct answers *answers)
{
	size_t i;

	for (i = 0; i < answers->n; i++)
		if (answers->list[i].verdict == SAME)
			return STATUS_OK;
	return answers->n > 0 ? STATUS_ATTENTION : STATUS_NOTHING;
}

static int fail(const char *name, int error)
{
	char *escaped = escape_words(name, strlen(name));

	complain("%s: %s", escaped, strerror(-error));
	free(escaped);
	return STATUS_FAILED;
}

static int answer(const char *name, const struct options *o, struct answers *answers)
{
	int ret = collect(answers), status;

	if (ret < 0)
		return fail(name, ret);
	status = status_of(answers);
	if (status == STATUS_NOTHING && !o->output.json && answers->file->path_fd >= 0)
		complain("no process that was looked at maps it");
	/* Nothing is there, and nothing was: the name is a mistake. */
	if (answers->n == 0 && answers->file->path_fd < 0)
		status = fail(name, -ENOENT);
	else if (o->output.json)
		who_json(answers);
	else
		who_table(answers, &o->output);
	return scan_tell_missing(answers->scan) ? STATUS_FAILED : status;
}

static int ask(struct options *o)
{
	struct file file;
	struct answers answers = { .scan = &o->scan, .file = &file, .ranges = o->ranges };
	int status = find_file(&file, o->file);

	if (status < 0)
		return fail(o->file, status);
	status = STATUS_FAILED;
	if (scan_open(&o->scan) == 0)
		status = answer(o->file, o, &answers);
	free(answers.list);
	forget_file(&file);
	return status;
}

int cmd_who(int argc, char **argv)
{
	struct options o = { .output = { .columns = who_columns, .n_columns = WHO_N_COLUMNS } };
	int status;
	bool all;

	command_parse(&argp, argc, argv, &o);
	o.ranges = o.ranges || output_names(&o.output, WHO_RANGE) ||
		   output_names(&o.output, WHO_OFFSET);
	all = scan_targets(&o.scan, o.words);
	status = all || o.scan.targets.n > 0 ? ask(&o) : STATUS_FAILED;
	scan_close(&o.scan);
	return all ? status : STATUS_FAILED;
}
