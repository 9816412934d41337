/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The iterator, and the interface that every source implements.
 */
#ifndef MF_ITER_H
#define MF_ITER_H

#include "choose.h"
#include "gate.h"
#include "kind.h"
#include "map_files.h"
#include "maps_read.h"
#include "maps_text.h"
#include "mountinfo.h"
#include "proc.h"
#include "record.h"
#include "run_names.h"
#include "space.h"

struct mf_core;
struct mf_iter;

struct mf_source {
	uint32_t id; /* MF_SOURCE_ */
	/* 0, or -errno: it cannot serve this walk. */
	int (*start)(struct mf_iter *iter);
	/* 1 a record, 0 no more, or -errno. Its strings live until the next call. */
	int (*next)(struct mf_iter *iter, struct mf_record *ret);
};

extern const struct mf_source mf_source_map_files;
extern const struct mf_source mf_source_query;
extern const struct mf_source mf_source_maps;
extern const struct mf_source mf_source_core;

/* How the details of a list of ranges are found on kernels without the ioctl. */
struct mf_join {
	struct mf_record record; /* the last line read */
	int state; /* 1 record is valid, 0 no more lines, or -errno */
};

/* Where the strings of a record go that is read beside the walk. */
struct mf_place {
	struct mf_buf name;
	struct mf_text text;
};

/* A descriptor that a walk opened, and of what; fd -1: none. */
struct mf_opened {
	int32_t fd;
	uint32_t rung, sure, kind;
	uint32_t dev_major, dev_minor;
	uint64_t inode;
};

struct mf_iter {
	struct mf_proc proc; /* closed and not live if there is a core */
	struct mf_core *core; /* or NULL */
	struct mf_iter_opts opts; /* proc_root is not kept */
	const struct mf_source *source;

	bool plain; /* every line of the text, and nothing else, is what the walk gives */
	bool fixed; /* in the caller's memory: nothing may be allocated */

	/* The walk. */
	int state; /* 1 it goes on; else what mf_next() answers for ever */
	uint64_t cursor; /* where the last mapping ended */

	/* What the sources need. */
	struct mf_text text; /* the walk's text */
	struct mf_line_memo memo; /* of its last line */
	uint64_t text_from; /* what ends below was listed before the text was started anew */
	struct mf_buf name; /* where the ioctl writes names */
	struct mf_batch batch;
	size_t batch_pos;
	bool batch_checked; /* the batch is known to be of this address space */
	struct mf_run run; /* MF_ITER_RUN_NAMES */
	bool in_tail; /* the ioctl is through; what it never lists comes from text */
	struct mf_gate gate; /* or from here */
	struct mf_choice choice;
	struct mf_join join;

	/* What completes a record. */
	struct mf_kernel_fs kernel_fs;
	bool follow_refused; /* links may not be followed: not asked again */
	struct mf_place found; /* what mf_find() found */
	struct mf_place now; /* what is mapped while an object is opened */
	struct mf_mounts mounts;

	struct mf_record shown; /* what the caller sees: m */
	struct mf_opened before; /* of what it saw before, while the next one is made */
	struct mf_iter_report report;
	struct mf_open_info open_info; /* rung 0: nothing was opened yet */
	struct mf_range *holes; /* open_info's */
	struct mf_remap_plan remap_plan; /* of the last mf_remap_plan() */
	struct mf_remap_plan remap_made; /* of the last mf_remap(), with has_made */
	bool has_made;
};

/* The caller's options, checked and copied; what is not there is zero. 0, -EINVAL or -E2BIG. */
int mf_iter_check_opts(const struct mf_iter_opts *opts, struct mf_iter_opts *ret);

/*
 * Everything about a mapping that its source did not tell: its name if that is
 * in doubt, kind, deleted, stat, fd.
 */
void mf_complete(struct mf_iter *iter, struct mf_record *record);

/* The kind alone; path must be there. */
void mf_complete_kind(struct mf_iter *iter, struct mf_mapping *m);

/* The mapping that holds addr now, not completed; its strings are in place. 1, 0, or -errno. */
int mf_find_record(struct mf_iter *iter, uint64_t addr, struct mf_place *place,
		   struct mf_record *ret);

/* The mapping that holds addr or is the next above it; no name. 1, 0, or -errno. */
int mf_find_next(struct mf_iter *iter, uint64_t addr, struct mf_place *place,
		 struct mf_record *ret);

/* As mf_find_record(), as text prints it, with paths of any length. */
int mf_find_text(struct mf_iter *iter, uint64_t addr, struct mf_place *place,
		 struct mf_record *ret);

/* A path of any length and without escapes, if that can be had. */
void mf_complete_name(struct mf_iter *iter, struct mf_place *place, struct mf_record *record);

#endif
