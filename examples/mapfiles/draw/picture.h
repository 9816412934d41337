/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is drawn of an address space: blocks, each of neighbouring mappings that belong
 * together, in address order. Reading makes them, folding brings them down to what can be
 * looked at, laying out gives them places, and only then are they written.
 */
#ifndef DRAW_PICTURE_H
#define DRAW_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <mapfiles.h>

/* What a colour stands for. */
enum hue {
	HUE_FILE,
	HUE_ANON,
	HUE_HEAP,
	HUE_STACK,
	HUE_SHARED,
	HUE_MEMFD,
	HUE_DEVICE,
	HUE_KERNEL,
	HUE_SEVERAL,
	N_HUES,
};

/* How strong the colour is: what may be done with the memory. */
enum shade {
	SHADE_NONE,
	SHADE_READ,
	SHADE_WRITE,
	SHADE_EXECUTE,
	SHADE_WRITE_EXECUTE,
	SHADE_SEVERAL, /* folded, and not all alike */
	SHADE_UNKNOWN, /* a core does not always tell */
	N_SHADES,
};

/* A rectangle in a block: a mapping, several that are folded, or without any a hole. */
struct piece {
	uint64_t start, end;
	uint64_t bytes; /* that are mapped in it */
	uint64_t n_mappings;
	uint64_t offset;
	uint32_t prot, flags, has;
	enum hue hue;
	enum shade shade;
	double x, width; /* of layout_place() */
};

struct block {
	struct piece *pieces;
	size_t n_pieces;
	uint64_t start, end, bytes, n_mappings;
	size_t n_blocks; /* more than 1: folded */
	size_t n_deleted; /* of these */
	enum hue hue;
	uint32_t kind, has, dev_major, dev_minor;
	uint64_t inode;
	char *path; /* as bytes, NULL: none */
	size_t path_len;
	char *build_id;
	char *label; /* to be shown: what is in it, in UTF-8 that is safe; NULL when folded of several */
	char **names; /* labels of those folded that have one, the first TOLD, none twice */
	size_t n_names;
	bool has_more_names;
	bool is_program;
	bool is_ambiguous; /* MF_MAPPING_NAME_AMBIGUOUS */
	double x, y, height; /* of layout_place() */
};

/* Names that a tooltip lists. */
enum { TOLD = 12 };

struct sum {
	uint64_t bytes, n_mappings;
};

struct picture {
	uint64_t from, to; /* set before: what touches this range is drawn */
	struct block *blocks;
	size_t n_blocks;
	struct sum all, hues[N_HUES];
	uint64_t n_raced;
	char *title, *role; /* to be shown */
	size_t n_folded; /* blocks that are no longer there for themselves */
	size_t n_gone; /* rectangles likewise */
};

/* read.c: 0, or -errno. */
int picture_read(struct picture *p, struct mf_iter *iter);
void picture_free(struct picture *p);
void block_free(struct block *b);

/* fold.c */
void picture_fold(struct picture *p);

/* hue.c */
enum hue hue_of(const struct mf_mapping *m);
enum shade shade_of(const struct mf_mapping *m);
extern const struct hue_look {
	const char *name; /* in the legend */
	const char *class; /* in the style sheet */
	const char *light, *dark; /* on paper of that kind */
} hue_looks[N_HUES];

#endif
