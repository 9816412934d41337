/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON that is valid whatever bytes a name holds, and that no reader rounds.
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

/* Each adds one member; memory that runs out ends the program. put() takes value over. */
void put(struct json_object *to, const char *key, struct json_object *value);
void put_text(struct json_object *to, const char *key, const char *text);
void put_number(struct json_object *to, const char *key, uint64_t number);
void put_bool(struct json_object *to, const char *key, bool value);
void put_address(struct json_object *to, const char *key, uint64_t addr);
void put_device(struct json_object *to, const char *key, uint32_t major, uint32_t minor);
void put_error(struct json_object *to, int error);
void put_prot(struct json_object *to, uint32_t prot, bool shared);

/*
 * A name that is no UTF-8 cannot be a JSON string: key is null then, and key_hex
 * has the bytes. NULL is null alone.
 */
void put_name(struct json_object *to, const char *key, const char *name, size_t len);

/* As chmod(1) takes it: a number would be read as a decimal one. */
void put_mode(struct json_object *to, uint32_t mode);

/* Writes it to standard output and frees it. */
void write_object(struct json_object *o);

#endif
