/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mapfiles find: what is mapped at an address, and which byte of it that is.
 */
#include <mapfiles.h>

#include "../common/json.h"
#include "../common/text.h"
#include "command.h"
#include "mapping.h"
#include "output.h"
#include "subject.h"
#include "target.h"

enum { ADDRESS, OFFSET, KIND, PROT, RANGE, NAME, N_COLUMNS };

static const struct column columns[N_COLUMNS] = {
	[ADDRESS] = { "ADDRESS", SCOLS_FL_RIGHT, 0, "what was asked" },
	[OFFSET] = { "OFFSET", SCOLS_FL_RIGHT, 0, "that address's place in the object" },
	[KIND] = { "KIND", 0, 2, "file, memfd, heap, ..." },
	[PROT] = { "PROT", 0, 1, "protection, and s shared or p private" },
	[RANGE] = { "RANGE", SCOLS_FL_RIGHT, 3, "the whole mapping" },
	[NAME] = { "NAME", SCOLS_FL_WRAP, 0, "the kernel's name for it" },
};

struct options {
	struct output output;
	struct subject subject;
	char **addresses;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->subject;
		state->child_inputs[1] = &o->output;
		return 0;
	case ARGP_KEY_ARGS:
		o->addresses = subject_take(&o->subject, state);
		return 0;
	case ARGP_KEY_END:
		if (!o->addresses || !*o->addresses)
			argp_error(state, "which process, and which address of it?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	NULL,
	parse,
	NULL,
	"What is mapped at an address of a process, as it is now, and which byte of the file or of "
	"the memory that is."
	"\v"
	"An address is hexadecimal, with or without 0x.\n"
	"\n"
	"Exit status: 0 something is mapped at each address; 1 nothing is at one of them; 2 wrong "
	"usage; 3 the process cannot be looked at.\n"
	"\n"
	"Examples:\n"
	"  mapfiles find $$ $(mapfiles ls $$ -o range --raw --no-headings | head -1)\n"
	"  mapfiles find --core core.123 7f5c3a2b1000\n",
	(const struct argp_child[]){ { &subject_argp, 0, NULL, 0 },
				     { &output_argp, 0, NULL, 0 },
				     { 0 } },
	NULL,
	NULL,
};

static void add_row(struct grid *grid, uint64_t addr, const struct mf_mapping *m)
{
	grid_row(grid);
	grid_set(grid, ADDRESS, format("%llx", (unsigned long long)addr));
	if (!m)
		return;
	if (m->has & MF_HAS_OFFSET)
		grid_set(grid, OFFSET,
			 format("%llx", (unsigned long long)(addr - m->start + m->offset)));
	grid_set(grid, KIND, format("%s", mf_kind_name(m->kind)));
	grid_set(grid, PROT,
		 m->has & MF_HAS_PROT ? prot_text(m->prot, m->flags & MF_MAPPING_SHARED) :
					format("?"));
	grid_set(grid, RANGE,
		 format("%llx-%llx", (unsigned long long)m->start, (unsigned long long)m->end));
	grid_set(grid, NAME, mapping_name(m));
}

static struct json_object *answer_object(uint64_t addr, const struct mf_mapping *m)
{
	struct json_object *o = not_null(json_object_new_object());

	put_address(o, "address", addr);
	put_bool(o, "mapped", m != NULL);
	if (!m)
		return o;
	if (m->has & MF_HAS_OFFSET)
		put_number(o, "offset", addr - m->start + m->offset);
	put(o, "mapping", mapping_object(m));
	return o;
}

static int find(const struct options *o, struct mf_iter *iter, const char *address,
		struct grid *grid, struct json_object *list)
{
	const struct mf_mapping *m = NULL;
	int status = subject_find(&o->subject, iter, address, &m);
	uint64_t addr;

	if (status == STATUS_USAGE || status == STATUS_FAILED || !parse_place(address, &addr))
		return status;
	json_object_array_add(list, answer_object(addr, m));
	add_row(grid, addr, m);
	return status;
}

static int find_all(const struct options *o, struct mf_iter *iter)
{
	struct json_object *document = not_null(json_object_new_object());
	struct json_object *list = not_null(json_object_new_array());
	struct grid *grid = grid_new(&o->output);
	int status = STATUS_OK, one;
	char **address;

	for (address = o->addresses; *address && status != STATUS_USAGE; address++) {
		one = find(o, iter, *address, grid, list);
		status = one > status ? one : status;
	}
	if (o->subject.pid)
		put(document, "pid", json_object_new_int(o->subject.pid));
	put(document, "addresses", list);
	output_document(&o->output, document);
	grid_print(grid);
	return status;
}

int cmd_find(int argc, char **argv)
{
	struct options o = { .output = { .columns = columns, .n_columns = N_COLUMNS } };
	struct mf_iter *iter;
	int status;

	command_parse(&argp, argc, argv, &o);
	if (subject_open(&o.subject, MF_ITER_ALL, &iter) < 0)
		return STATUS_FAILED;
	status = find_all(&o, iter);
	mf_iter_close(iter);
	return status;
}
