/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading the manifest: nothing in it is believed. The first thing wrong is told with the
 * place where it stands, and ends the reading.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "../common/text.h"
#include "checkpoint.h"
#include "manifest.h"

/* Above these it is no dump of this program's, and not worth the memory. */
enum { MAX_FILE = 1 << 30, MAX_PROCESSES = 1 << 14, MAX_USERS = 1 << 22 };
enum { PAGE = 4096 };

/* Where the reading is, for the message. */
struct place {
	const char *list;
	size_t index;
};

static bool bad(const struct place *at, const char *key, const char *why)
{
	complain(MANIFEST ": %s %zu: \"%s\" %s", at->list, at->index, key, why);
	return false;
}

static struct json_object *member(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *value;

	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &value))
		return NULL;
	return json_object_is_type(value, type) ? value : NULL;
}

static bool get_number(const struct place *at, struct json_object *o, const char *key, uint64_t max,
		       uint64_t *ret)
{
	struct json_object *value = member(o, key, json_type_int);

	/* A negative number reads as 0 without its sign. */
	if (!value || json_object_get_int64(value) < 0 || json_object_get_uint64(value) > max)
		return bad(at, key, "is missing, or is no number that can be");
	*ret = json_object_get_uint64(value);
	return true;
}

static bool get_u32(const struct place *at, struct json_object *o, const char *key, uint32_t *ret)
{
	uint64_t value;

	if (!get_number(at, o, key, UINT32_MAX, &value))
		return false;
	*ret = (uint32_t)value;
	return true;
}

/* pid 0: only where there may be none. */
static bool get_pid(const struct place *at, struct json_object *o, const char *key, bool may_be_0,
		    int *ret)
{
	uint64_t value;

	if (!get_number(at, o, key, INT_MAX, &value))
		return false;
	if (value == 0 && !may_be_0)
		return bad(at, key, "is 0, which is no process");
	*ret = (int)value;
	return true;
}

static bool get_bool(const struct place *at, struct json_object *o, const char *key, bool *ret)
{
	struct json_object *value = member(o, key, json_type_boolean);

	if (!value)
		return bad(at, key, "is missing, or is neither true nor false");
	*ret = json_object_get_boolean(value);
	return true;
}

/* Owned by o, of any length but without a NUL inside; NULL after a message. */
static const char *get_text(const struct place *at, struct json_object *o, const char *key)
{
	struct json_object *value = member(o, key, json_type_string);
	const char *text = value ? json_object_get_string(value) : NULL;

	if (!text || strlen(text) != (size_t)json_object_get_string_len(value)) {
		bad(at, key, "is missing, or is no text");
		return NULL;
	}
	return text;
}

static bool parse_hex(const char *text, uint64_t *ret)
{
	char *end;

	if (text[0] != '0' || text[1] != 'x' || !isxdigit((unsigned char)text[2]))
		return false;
	errno = 0;
	*ret = strtoull(text + 2, &end, 16);
	return errno == 0 && *end == '\0';
}

static bool get_hex(const struct place *at, struct json_object *o, const char *key, uint64_t *ret)
{
	const char *text = get_text(at, o, key);

	return text && (parse_hex(text, ret) || bad(at, key, "is no number such as \"0x1f\""));
}

static bool get_device(const struct place *at, struct json_object *o, const char *key,
		       uint32_t *ret_major, uint32_t *ret_minor)
{
	const char *text = get_text(at, o, key);
	char end;

	return text && (sscanf(text, "%8x:%8x%c", ret_major, ret_minor, &end) == 2 ||
			bad(at, key, "is no device such as \"08:01\""));
}

static bool get_mode(const struct place *at, struct json_object *o, const char *key, uint32_t *ret)
{
	const char *text = get_text(at, o, key);

	if (!text)
		return false;
	if (!*text || strlen(text) > 4 || text[strspn(text, "01234567")])
		return bad(at, key, "is no mode such as \"0644\"");
	*ret = (uint32_t)strtoul(text, NULL, 8);
	return true;
}

static bool get_prot(const struct place *at, struct json_object *o, const char *key, uint32_t *ret)
{
	const char *text = get_text(at, o, key), *letters = "rwx";
	uint32_t prot = 0;
	size_t i;

	if (!text)
		return false;
	for (i = 0; i < 3; i++) {
		if (text[i] == letters[i])
			prot |= 1u << i;
		else if (text[i] != '-')
			return bad(at, key, "is no protection such as \"r-x\"");
	}
	*ret = prot;
	return text[3] == '\0' || bad(at, key, "is no protection such as \"r-x\"");
}

static bool parse_hex_bytes(const char *hex, struct name *name)
{
	size_t i, len = strlen(hex) / 2;
	unsigned int byte;

	if (strlen(hex) % 2 || hex[strspn(hex, "0123456789abcdef")])
		return false;
	*name = name_of(hex, len);
	for (i = 0; i < len; i++) {
		sscanf(hex + 2 * i, "%2x", &byte);
		name->bytes[i] = (char)byte;
	}
	return strlen(name->bytes) == len;
}

/* Text, or null with the bytes in key_hex, or null alone. */
static bool get_name(const struct place *at, struct json_object *o, const char *key,
		     struct name *ret)
{
	struct json_object *value;
	const char *text;
	char *hex_key;
	bool ok;

	if (json_object_object_get_ex(o, key, &value) && value) {
		text = get_text(at, o, key);
		*ret = name_of(text, text ? strlen(text) : 0);
		return text;
	}
	hex_key = format("%s_hex", key);
	value = member(o, hex_key, json_type_string);
	ok = !value || parse_hex_bytes(json_object_get_string(value), ret) ||
	     bad(at, hex_key, "is no name in hexadecimal bytes");
	free(hex_key);
	return ok;
}

static bool get_plain_memory(const struct place *at, struct json_object *array, struct process *p)
{
	size_t i, n = json_object_array_length(array);

	if (n > MF_KIND_SPECIAL + 1)
		return bad(at, "not_dumped", "has more kinds than there are");
	p->plain = not_null(calloc(n + 1, sizeof(*p->plain)));
	for (i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(array, i);
		struct plain_memory *m = &p->plain[p->n_plain++];

		if (!get_number(at, o, "mappings", INT64_MAX, &m->n_mappings) ||
		    !get_number(at, o, "bytes", INT64_MAX, &m->bytes))
			return false;
	}
	return true;
}

static bool get_process(const struct place *at, struct json_object *o, struct checkpoint *c)
{
	struct json_object *plain = member(o, "not_dumped", json_type_array);
	struct process *p;
	int pid, parent;

	if (!get_pid(at, o, "pid", false, &pid) || !get_pid(at, o, "parent", true, &parent))
		return false;
	if (process_index(c, pid) != NO_PARENT)
		return bad(at, "pid", "is there twice");
	p = add_process(c);
	*p = (struct process){ .pid = pid, .parent_pid = parent };
	/* Only those before it, so that nobody descends from himself. */
	c->n_processes--;
	p->parent = process_index(c, parent);
	c->n_processes++;
	return get_name(at, o, "comm", &p->comm) && get_name(at, o, "exe", &p->exe) &&
	       (plain ? get_plain_memory(at, plain, p) : bad(at, "not_dumped", "is no list"));
}

static bool get_left_out(const struct place *at, struct json_object *o, struct checkpoint *c)
{
	const char *reason = get_text(at, o, "reason");
	struct left_out *l;

	if (!reason)
		return false;
	l = add_left_out(c);
	l->reason = format("%s", reason);
	return get_pid(at, o, "pid", false, &l->pid);
}

static bool get_kind(const struct place *at, struct json_object *o, uint32_t *ret)
{
	const char *text = get_text(at, o, "kind");
	uint32_t kind;

	for (kind = 0; text && kind <= MF_KIND_SPECIAL; kind++) {
		if (strcmp(mf_kind_name(kind), text) == 0) {
			*ret = kind;
			return true;
		}
	}
	return text && bad(at, "kind", "is not known");
}

static bool is_page_multiple(uint64_t n)
{
	return n % PAGE == 0;
}

static bool get_user(const struct place *at, struct json_object *o, struct checkpoint *c)
{
	struct user u = { .object = c->n_objects - 1 };
	int pid;

	if (!get_pid(at, o, "pid", false, &pid) || !get_hex(at, o, "start", &u.start) ||
	    !get_hex(at, o, "end", &u.end) || !get_number(at, o, "offset", INT64_MAX, &u.offset) ||
	    !get_prot(at, o, "prot", &u.prot) || !get_bool(at, o, "shared", &u.shared))
		return false;
	u.process = process_index(c, pid);
	if (u.process == NO_PARENT)
		return bad(at, "pid", "of a user is no process of the dump");
	if (u.start >= u.end || u.end > INT64_MAX || !is_page_multiple(u.start) ||
	    !is_page_multiple(u.end))
		return bad(at, "start", "and \"end\" of a user are no range of pages");
	if (!is_page_multiple(u.offset) || u.offset > INT64_MAX - (u.end - u.start))
		return bad(at, "offset", "of a user is no offset in an object");
	*add_user(c) = u;
	return true;
}

static bool get_users(const struct place *at, struct json_object *o, struct checkpoint *c)
{
	struct json_object *array = member(o, "users", json_type_array);
	struct object *object = &c->objects[c->n_objects - 1];
	size_t i, n = array ? json_object_array_length(array) : 0;

	if (n == 0 || n > MAX_USERS - c->n_users)
		return bad(at, "users", "is no list, has nobody, or has too many");
	object->first_user = c->n_users;
	object->n_users = n;
	for (i = 0; i < n; i++)
		if (!get_user(at, json_object_array_get_idx(array, i), c))
			return false;
	return true;
}

/* It is opened in the directory of the dump, and nowhere else. */
static bool is_image_name(const char *name)
{
	return *name != '.' && *name != '\0' && strlen(name) <= NAME_MAX &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.")] == '\0';
}

static bool get_image(const struct place *at, struct json_object *o, struct object *object)
{
	const char *image = get_text(at, o, "image");

	if (!image)
		return false;
	if (!is_image_name(image))
		return bad(at, "image", "is no name of an image");
	object->image = format("%s", image);
	return get_hex(at, o, "hash", &object->hash) &&
	       get_number(at, o, "data", INT64_MAX, &object->data);
}

static bool get_reference(const struct place *at, struct json_object *o, struct object *object)
{
	struct json_object *sec = member(o, "mtime_sec", json_type_int);

	if (!sec)
		return bad(at, "mtime_sec", "is missing, or is no number");
	if (!object->name.bytes || object->name.bytes[0] != '/')
		return bad(at, "name", "is no path that the reference could lead to");
	object->mtime_sec = json_object_get_int64(sec);
	return get_u32(at, o, "mtime_nsec", &object->mtime_nsec);
}

static bool get_content(const struct place *at, struct json_object *o, struct object *object)
{
	const char *content = get_text(at, o, "content"), *reason;

	if (!content)
		return false;
	if (strcmp(content, "image") == 0) {
		object->content = CONTENT_IMAGE;
		return get_image(at, o, object);
	}
	if (strcmp(content, "reference") == 0) {
		object->content = CONTENT_REFERENCE;
		return get_reference(at, o, object);
	}
	if (strcmp(content, "none") != 0)
		return bad(at, "content", "is not known");
	reason = get_text(at, o, "reason");
	object->reason = reason ? format("%s", reason) : NULL;
	return reason;
}

static bool get_outside(const struct place *at, struct json_object *o, struct object *object)
{
	struct json_object *array = member(o, "outside", json_type_array);
	size_t i, n = array ? json_object_array_length(array) : 0;
	struct json_object *pid;

	if (!array)
		return bad(at, "outside", "is no list");
	object->outside = not_null(calloc(n + 1, sizeof(*object->outside)));
	for (i = 0; i < n; i++) {
		pid = json_object_array_get_idx(array, i);
		if (!json_object_is_type(pid, json_type_int))
			return bad(at, "outside", "holds what is no process");
		object->outside[object->n_outside++] = json_object_get_int(pid);
	}
	return true;
}

/* 0, or a power of two that memfd_create(2) can be asked for. */
static bool is_page_size(uint64_t n)
{
	return (n & (n - 1)) == 0 && n <= UINT64_C(1) << 40 && (n == 0 || n > PAGE);
}

static bool get_optional(const struct place *at, struct json_object *o, struct object *object)
{
	struct json_object *value;

	object->has_seals = json_object_object_get_ex(o, "seals", &value);
	if (object->has_seals && !get_u32(at, o, "seals", &object->seals))
		return false;
	if (!json_object_object_get_ex(o, "huge_page", &value))
		return true;
	return get_number(at, o, "huge_page", INT64_MAX, &object->huge_page) &&
	       (is_page_size(object->huge_page) || bad(at, "huge_page", "is no size of a page"));
}

static bool get_object(const struct place *at, struct json_object *o, struct checkpoint *c)
{
	struct object *object = add_object(c);
	uint64_t id;

	return get_number(at, o, "id", INT64_MAX, &id) &&
	       (id == at->index || bad(at, "id", "is not the object's place in the list")) &&
	       get_kind(at, o, &object->kind) && get_name(at, o, "name", &object->name) &&
	       get_number(at, o, "size", INT64_MAX, &object->size) &&
	       get_device(at, o, "dev", &object->dev_major, &object->dev_minor) &&
	       get_number(at, o, "inode", UINT64_MAX, &object->inode) &&
	       get_mode(at, o, "mode", &object->mode) && get_u32(at, o, "links", &object->links) &&
	       get_bool(at, o, "deleted", &object->deleted) &&
	       get_bool(at, o, "uncertain", &object->uncertain) && get_optional(at, o, object) &&
	       get_content(at, o, object) && get_outside(at, o, object) && get_users(at, o, c);
}

static bool get_list(struct json_object *top, const char *key, const char *one, size_t max,
		     bool (*get)(const struct place *, struct json_object *, struct checkpoint *),
		     struct checkpoint *c)
{
	struct json_object *array = member(top, key, json_type_array);
	struct place at = { one, 0 };

	if (!array || json_object_array_length(array) > max) {
		complain(MANIFEST ": \"%s\" is no list, or is too long", key);
		return false;
	}
	for (; at.index < json_object_array_length(array); at.index++)
		if (!get(&at, json_object_array_get_idx(array, at.index), c))
			return false;
	return true;
}

static bool get_top(struct json_object *top, struct checkpoint *c)
{
	struct json_object *format_name = member(top, "format", json_type_string);
	struct json_object *version = member(top, "version", json_type_int);

	if (!format_name || strcmp(json_object_get_string(format_name), MANIFEST_FORMAT) != 0) {
		complain(MANIFEST " is not of this program");
		return false;
	}
	if (!version || json_object_get_int64(version) != MANIFEST_VERSION) {
		complain(MANIFEST " is of a version that this program does not know");
		return false;
	}
	return get_pid(&(struct place){ "version", MANIFEST_VERSION }, top, "root", false,
		       &c->root) &&
	       get_list(top, "processes", "process", MAX_PROCESSES, get_process, c) &&
	       get_list(top, "left_out", "process left out", MAX_PROCESSES, get_left_out, c) &&
	       get_list(top, "objects", "object", MAX_USERS, get_object, c);
}

/* The text, malloc'ed; NULL after a message. */
static char *read_all(int fd, size_t *ret_len)
{
	struct stat st;
	size_t done = 0;
	ssize_t n = 1;
	char *text;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_FILE) {
		complain(MANIFEST " is no file, or is far too long");
		return NULL;
	}
	text = not_null(malloc((size_t)st.st_size + 1));
	while (n > 0 && done < (size_t)st.st_size) {
		n = read(fd, text + done, (size_t)st.st_size - done);
		done += n > 0 ? (size_t)n : 0;
	}
	if (n >= 0) {
		*ret_len = done;
		return text;
	}
	complain(MANIFEST ": %s", strerror(errno));
	free(text);
	return NULL;
}

/* One value with nothing but blanks behind it; NULL after a message. */
static struct json_object *parse(const char *text, size_t len)
{
	struct json_tokener *tokener = not_null(json_tokener_new());
	struct json_object *top;
	enum json_tokener_error error;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	top = json_tokener_parse_ex(tokener, text, (int)len);
	error = json_tokener_get_error(tokener);
	if (error != json_tokener_success)
		complain(MANIFEST " is no JSON: %s at byte %zu",
			 error == json_tokener_continue ? "it is cut off" :
							  json_tokener_error_desc(error),
			 json_tokener_get_parse_end(tokener));
	json_tokener_free(tokener);
	return top;
}

bool manifest_read(struct checkpoint *c, int directory_fd)
{
	int fd = openat(directory_fd, MANIFEST, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct json_object *top;
	size_t len = 0;
	char *text;
	bool ok;

	if (fd < 0) {
		complain(MANIFEST ": %s", strerror(errno));
		return false;
	}
	text = read_all(fd, &len);
	close(fd);
	if (!text)
		return false;
	top = parse(text, len);
	free(text);
	ok = top && get_top(top, c);
	json_object_put(top);
	return ok;
}
