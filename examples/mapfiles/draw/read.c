/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From mappings to blocks: neighbours that map one file are one block, with the file's
 * zeroed data behind it; so are neighbours of anonymous memory.
 */
#include <stdlib.h>
#include <string.h>

#include "../../common/text.h"
#include "picture.h"
#include "words.h"

/* Between the segments of one file: the linker aligns them to no more. */
#define MOST_BETWEEN ((uint64_t)2 << 20)

static bool is_same_object(const struct block *b, const struct mf_mapping *m)
{
	size_t len = m->path ? m->name_len : 0;

	if (b->kind != m->kind || !b->path != !m->path || b->path_len != len ||
	    (len > 0 && memcmp(b->path, m->path, len) != 0))
		return false;
	if ((b->has ^ m->has) & MF_HAS_DEV)
		return false;
	return !(m->has & MF_HAS_DEV) || (b->dev_major == m->dev_major &&
					  b->dev_minor == m->dev_minor && b->inode == m->inode);
}

static bool is_of_module(const struct mf_modules *modules, const struct block *b, uint64_t addr)
{
	const struct mf_module *of_block, *of_addr;

	return b->hue == HUE_FILE && mf_modules_find(modules, b->start, &of_block) > 0 &&
	       mf_modules_find(modules, addr, &of_addr) > 0 && of_block == of_addr;
}

static bool belongs_to(const struct block *b, const struct mf_mapping *m,
		       const struct mf_modules *modules)
{
	uint64_t between = m->start - b->end;

	if (is_same_object(b, m))
		return between == 0 || (m->kind == MF_KIND_FILE && between <= MOST_BETWEEN);
	return m->kind == MF_KIND_ANON && between == 0 && is_of_module(modules, b, m->start);
}

static void tell_module(struct block *b, const struct mf_modules *modules)
{
	const struct mf_module *module;

	if (b->build_id || mf_modules_find(modules, b->start, &module) <= 0)
		return;
	b->is_program = module->flags & MF_MODULE_EXE;
	if (module->build_id)
		b->build_id = hex_bytes((const char *)module->build_id, module->build_id_len);
}

static struct block *new_block(struct picture *p, const struct mf_mapping *m)
{
	struct block *b;

	p->blocks = with_room(p->blocks, p->n_blocks, sizeof(*p->blocks));
	b = &p->blocks[p->n_blocks++];
	*b = (struct block){
		.start = m->start,
		.end = m->start,
		.n_blocks = 1,
		.n_deleted = m->flags & MF_MAPPING_DELETED ? 1 : 0,
		.hue = hue_of(m),
		.kind = m->kind,
		.has = m->has,
		.dev_major = m->dev_major,
		.dev_minor = m->dev_minor,
		.inode = m->inode,
		.label = mapping_label(m),
		.is_ambiguous = m->flags & MF_MAPPING_NAME_AMBIGUOUS,
	};
	if (m->path) {
		b->path = not_null(malloc(m->name_len + 1U));
		memcpy(b->path, m->path, m->name_len);
		b->path_len = m->name_len;
	}
	return b;
}

static struct piece *new_piece(struct block *b)
{
	b->pieces = with_room(b->pieces, b->n_pieces, sizeof(*b->pieces));
	return &b->pieces[b->n_pieces++];
}

static void add_piece(struct block *b, const struct mf_mapping *m)
{
	if (m->start > b->end)
		*new_piece(b) = (struct piece){ .start = b->end, .end = m->start, .hue = b->hue };
	*new_piece(b) = (struct piece){
		.start = m->start,
		.end = m->end,
		.bytes = m->end - m->start,
		.n_mappings = 1,
		.offset = m->offset,
		.prot = m->prot,
		.flags = m->flags,
		.has = m->has,
		.hue = hue_of(m),
		.shade = shade_of(m),
	};
	b->end = m->end;
	b->bytes += m->end - m->start;
	b->n_mappings++;
}

static void count(struct picture *p, const struct mf_mapping *m)
{
	struct sum *hue = &p->hues[hue_of(m)];

	hue->bytes += m->end - m->start;
	hue->n_mappings++;
	p->all.bytes += m->end - m->start;
	p->all.n_mappings++;
	p->n_raced += m->flags & MF_MAPPING_RACED ? 1 : 0;
}

static void add(struct picture *p, const struct mf_mapping *m, const struct mf_modules *modules)
{
	struct block *last = p->n_blocks > 0 ? &p->blocks[p->n_blocks - 1] : NULL;

	count(p, m);
	if (!last || !belongs_to(last, m, modules))
		last = new_block(p, m);
	add_piece(last, m);
	if (last->hue == HUE_FILE || last->hue == HUE_KERNEL)
		tell_module(last, modules);
}

/* Modules are found in a walk of all: so this one, and no filter, leaves out the rest. */
int picture_read(struct picture *p, struct mf_iter *iter)
{
	const struct mf_mapping *m;
	struct mf_modules *modules = NULL;
	int ret = mf_modules_open(iter, MF_MODULES_NO_FILES, &modules);

	/* Build ids and .bss are additions: the list itself decides what is an error. */
	if (ret < 0)
		modules = NULL;
	ret = mf_iter_rewind(iter);
	while (ret >= 0 && (ret = mf_next(iter, &m)) > 0)
		if (m->end > p->from && m->start < p->to)
			add(p, m, modules);
	mf_modules_close(modules);
	return ret;
}

void block_free(struct block *b)
{
	size_t i;

	for (i = 0; i < b->n_names; i++)
		free(b->names[i]);
	free(b->names);
	free(b->pieces);
	free(b->path);
	free(b->build_id);
	free(b->label);
}

void picture_free(struct picture *p)
{
	size_t i;

	for (i = 0; i < p->n_blocks; i++)
		block_free(&p->blocks[i]);
	free(p->blocks);
	free(p->title);
	free(p->role);
}
