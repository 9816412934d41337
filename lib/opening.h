/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ladder by which an object is opened, and the interface of its rungs.
 */
#ifndef MF_OPENING_H
#define MF_OPENING_H

#include "iter.h"

struct mf_opening {
	struct mf_iter *iter;
	const struct mf_mapping *want; /* as it was listed */
	uint32_t flags; /* MF_OPEN_ */
	bool path_known; /* want's path is the iterator's own, and alive */
	bool look_only; /* nothing may be opened for data, not even to compare */
	struct mf_record now; /* what is mapped at want's start, as last asked */
	struct mf_open_info info;
};

struct mf_rung {
	uint32_t id; /* MF_RUNG_ */
	/*
	 * An O_PATH descriptor of what is proven to be the mapped object, with
	 * info.sure set; -ENOENT if it is not to be had this way, -ESTALE if
	 * another object was found there; or -errno.
	 */
	int (*open)(struct mf_opening *opening);
};

extern const struct mf_rung mf_rung_map_files;
extern const struct mf_rung mf_rung_exe;
extern const struct mf_rung mf_rung_fd;
extern const struct mf_rung mf_rung_path;
extern const struct mf_rung mf_rung_copy; /* its descriptor is the one handed out */

/* An O_PATH descriptor, if it is proven to be the object and not its twin. */
int mf_open_exactly(struct mf_iter *iter, const struct mf_mapping *m);

/* Climbs the ladder as flags ask: the caller's descriptor with info set, or -errno. */
int mf_opening_open(struct mf_opening *opening);

/*
 * A descriptor for the data of what path_fd (O_PATH, stays the caller's) refers
 * to; access is O_RDONLY, O_WRONLY or O_RDWR.
 */
int mf_opening_data(const struct mf_opening *opening, int path_fd, int access);

/* Fills now. 0, -ESTALE if another object or none is mapped there, or -errno. */
int mf_opening_ask(struct mf_opening *opening);

/* As mf_opening_ask(), with the whole raw name. */
int mf_opening_ask_name(struct mf_opening *opening);

/* fd if it is the mapped object, with info.sure set; else closes it: -ESTALE or -errno. */
int mf_opening_check(struct mf_opening *opening, int fd);

/*
 * path as the target sees it, else as the caller does: an O_PATH descriptor.
 * Follows no symlink out of that root, and waits for no server unless flags
 * has MF_OPEN_MAY_BLOCK: -EREMOTE.
 */
int mf_open_in_target(struct mf_iter *iter, const char *path, uint32_t flags);
int mf_open_in_caller(struct mf_iter *iter, const char *path, uint32_t flags);

/* The same below any directory; crosses no mount unless it may wait. */
int mf_open_below(struct mf_iter *iter, int root_fd, const char *path, uint32_t flags);

#endif
