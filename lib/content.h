/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares the memory of a mapping with a file.
 */
#ifndef MF_CONTENT_H
#define MF_CONTENT_H

#include "iter.h"

/*
 * True if a page of the mapping that is the file's (not a private copy) holds
 * other bytes than fd (O_PATH, regular) has there. False if all that could be
 * compared is equal, be it nothing.
 */
bool mf_content_differs(struct mf_iter *iter, int fd, const struct mf_mapping *m);

#endif
