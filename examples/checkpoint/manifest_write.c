/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The manifest is written part by part, a line for each process, object and user: it may
 * have very many of them, and a person may look through it with grep(1).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/json.h"
#include "../common/text.h"
#include "checkpoint.h"
#include "manifest.h"

#define TEMPORARY "." MANIFEST ".new"

static struct json_object *new_object(void)
{
	return not_null(json_object_new_object());
}

static void add_to(struct json_object *array, struct json_object *value)
{
	if (json_object_array_add(array, not_null(value)) < 0)
		not_null(NULL);
}

static const char *plain_text(struct json_object *o)
{
	return not_null((void *)(uintptr_t)json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* One line of a list; takes o over. */
static void put_line(FILE *to, size_t index, struct json_object *o)
{
	fprintf(to, "%s%s", index ? ",\n" : "\n", plain_text(o));
	json_object_put(o);
}

static struct json_object *of_plain_memory(const struct plain_memory *m)
{
	struct json_object *o = new_object();

	put_text(o, "kind", mf_kind_name(m->kind));
	put_number(o, "mappings", m->n_mappings);
	put_number(o, "bytes", m->bytes);
	put_text(o, "reason", mf_refusal_text(MF_REFUSAL_NO_OBJECT));
	return o;
}

static struct json_object *of_process(const struct process *p)
{
	struct json_object *o = new_object(), *plain = not_null(json_object_new_array());
	size_t i;

	put_number(o, "pid", (uint64_t)p->pid);
	put_number(o, "parent", (uint64_t)p->parent_pid);
	put_name(o, "comm", p->comm.bytes, p->comm.len);
	put_name(o, "exe", p->exe.bytes, p->exe.len);
	for (i = 0; i < p->n_plain; i++)
		add_to(plain, of_plain_memory(&p->plain[i]));
	put(o, "not_dumped", plain);
	return o;
}

static struct json_object *of_left_out(const struct left_out *l)
{
	struct json_object *o = new_object();

	put_number(o, "pid", (uint64_t)l->pid);
	put_text(o, "reason", l->reason);
	return o;
}

static struct json_object *of_user(const struct checkpoint *c, const struct user *u)
{
	struct json_object *o = new_object();

	put_number(o, "pid", (uint64_t)c->processes[u->process].pid);
	put_address(o, "start", u->start);
	put_address(o, "end", u->end);
	put_number(o, "offset", u->offset);
	put_prot(o, u->prot, u->shared);
	return o;
}

static void put_content(struct json_object *o, const struct object *object)
{
	switch (object->content) {
	case CONTENT_IMAGE:
		put_text(o, "content", "image");
		put_text(o, "image", object->image);
		put_address(o, "hash", object->hash);
		put_number(o, "data", object->data);
		break;
	case CONTENT_REFERENCE:
		put_text(o, "content", "reference");
		put(o, "mtime_sec", json_object_new_int64(object->mtime_sec));
		put_number(o, "mtime_nsec", object->mtime_nsec);
		break;
	case CONTENT_NONE:
		put_text(o, "content", "none");
		put_text(o, "reason", object->reason);
		break;
	}
}

static void put_outside(struct json_object *o, const struct object *object)
{
	struct json_object *pids = not_null(json_object_new_array());
	size_t i;

	for (i = 0; i < object->n_outside; i++)
		add_to(pids, json_object_new_int(object->outside[i]));
	put(o, "outside", pids);
}

static struct json_object *of_object(const struct object *object, size_t id)
{
	struct json_object *o = new_object();

	put_number(o, "id", id);
	put_text(o, "kind", mf_kind_name(object->kind));
	put_name(o, "name", object->name.bytes, object->name.len);
	put_number(o, "size", object->size);
	put_device(o, "dev", object->dev_major, object->dev_minor);
	put_number(o, "inode", object->inode);
	put_mode(o, object->mode);
	put_number(o, "links", object->links);
	put_bool(o, "deleted", object->deleted);
	put_bool(o, "uncertain", object->uncertain);
	if (object->has_seals)
		put_number(o, "seals", object->seals);
	if (object->huge_page)
		put_number(o, "huge_page", object->huge_page);
	put_content(o, object);
	put_outside(o, object);
	return o;
}

/* The object's own text, with its users as one more member. */
static void write_object_with_users(FILE *to, const struct checkpoint *c, size_t id)
{
	const struct object *object = &c->objects[id];
	struct json_object *o = of_object(object, id);
	const char *text = plain_text(o);
	size_t i;

	fprintf(to, "%s%.*s,\"users\":[", id ? ",\n" : "\n", (int)strlen(text) - 1, text);
	json_object_put(o);
	for (i = 0; i < object->n_users; i++)
		put_line(to, i, of_user(c, &c->users[object->first_user + i]));
	fputs("]}", to);
}

static void write_parts(FILE *to, const struct checkpoint *c)
{
	size_t i;

	fprintf(to,
		"{\"format\":\"%s\",\"version\":%d,\"private_pages\":\"not dumped\",\"root\":%d,\n"
		"\"processes\":[",
		MANIFEST_FORMAT, MANIFEST_VERSION, c->root);
	for (i = 0; i < c->n_processes; i++)
		put_line(to, i, of_process(&c->processes[i]));
	fputs("],\n\"left_out\":[", to);
	for (i = 0; i < c->n_left_out; i++)
		put_line(to, i, of_left_out(&c->left_out[i]));
	fputs("],\n\"objects\":[", to);
	for (i = 0; i < c->n_objects; i++)
		write_object_with_users(to, c, i);
	fputs("]}\n", to);
}

/* Takes the descriptor over. */
static bool write_file(const struct checkpoint *c, int fd)
{
	FILE *to = not_null(fdopen(fd, "w"));
	bool ok;

	write_parts(to, c);
	ok = fflush(to) == 0 && !ferror(to) && fsync(fd) == 0;
	return fclose(to) == 0 && ok;
}

bool manifest_write(const struct checkpoint *c, int directory_fd)
{
	int fd = openat(directory_fd, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0 && write_file(c, fd) &&
	    renameat(directory_fd, TEMPORARY, directory_fd, MANIFEST) == 0) {
		fsync(directory_fd);
		return true;
	}
	complain("the manifest: %s", strerror(errno));
	unlinkat(directory_fd, TEMPORARY, 0);
	return false;
}
