/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON that is valid whatever bytes a name holds, and that no reader rounds.
 */
#include <stdio.h>
#include <stdlib.h>

#include <mapfiles.h>

#include "json.h"
#include "refusal.h"
#include "text.h"

void put(struct json_object *to, const char *key, struct json_object *value)
{
	if (json_object_object_add(to, key, not_null(value)) < 0)
		not_null(NULL);
}

void put_text(struct json_object *to, const char *key, const char *text)
{
	put(to, key, json_object_new_string(text));
}

void put_number(struct json_object *to, const char *key, uint64_t number)
{
	put(to, key, json_object_new_uint64(number));
}

void put_bool(struct json_object *to, const char *key, bool value)
{
	put(to, key, json_object_new_boolean(value));
}

/* Addresses do not fit the doubles that some JSON readers make of all numbers. */
void put_address(struct json_object *to, const char *key, uint64_t addr)
{
	char text[2 + 16 + 1];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)addr);
	put_text(to, key, text);
}

void put_device(struct json_object *to, const char *key, uint32_t major, uint32_t minor)
{
	char text[8 + 1 + 8 + 1];

	snprintf(text, sizeof(text), "%02x:%02x", major, minor);
	put_text(to, key, text);
}

void put_error(struct json_object *to, int error)
{
	struct json_object *o = not_null(json_object_new_object());

	put_text(o, "name", error_name(error));
	put_text(o, "message", mf_strerror(error));
	put(to, "error", o);
}

void put_name(struct json_object *to, const char *key, const char *name, size_t len)
{
	char *hex, *hex_key;

	if (name && is_utf8(name, len)) {
		put(to, key, json_object_new_string_len(name, (int)len));
		return;
	}
	json_object_object_add(to, key, NULL);
	if (!name)
		return;
	hex = hex_bytes(name, len);
	hex_key = format("%s_hex", key);
	put_text(to, hex_key, hex);
	free(hex_key);
	free(hex);
}

void put_prot(struct json_object *to, uint32_t prot, bool shared)
{
	char *text = prot_text(prot, shared);

	put(to, "prot", json_object_new_string_len(text, 3));
	put_bool(to, "shared", shared);
	free(text);
}

void put_mode(struct json_object *to, uint32_t mode)
{
	char text[4 + 1];

	snprintf(text, sizeof(text), "%04o", mode & 07777);
	put_text(to, "mode", text);
}

void write_object(struct json_object *o)
{
	fputs(not_null((void *)(uintptr_t)json_object_to_json_string_ext(
		      o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)),
	      stdout);
	json_object_put(o);
}
