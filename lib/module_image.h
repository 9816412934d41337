/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The headers of an ELF file that is mapped, and its build id.
 */
#ifndef MF_MODULE_IMAGE_H
#define MF_MODULE_IMAGE_H

#include "module_group.h"
#include "module_reader.h"
#include "notes.h"

struct mf_image {
	struct mf_layout layout;
	uint32_t elf_class, elf_data, elf_type, elf_machine;
	uint32_t build_id_from, build_id_len;
	unsigned char build_id[MF_BUILD_ID_SIZE];
};

/*
 * Reads the headers of the ELF file that begins at elf_offset of reader's file,
 * if one does that can be loaded: 1 it does, 0 it does not, or as mf_reader_get().
 */
int mf_image_read(struct mf_reader *reader, uint64_t elf_offset, struct mf_image *ret);

#endif
