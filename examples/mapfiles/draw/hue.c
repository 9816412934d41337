/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which colour a mapping has. The colours are those of Okabe and Ito, which people with
 * any colour vision can tell apart, and on dark paper lighter ones.
 */
#include <string.h>

#include "picture.h"

const struct hue_look hue_looks[N_HUES] = {
	[HUE_FILE] = { "file", "file", "#0072b2", "#4aa3df" },
	[HUE_ANON] = { "anonymous", "anon", "#7f858c", "#a3a9b0" },
	[HUE_HEAP] = { "heap", "heap", "#e69f00", "#f0b030" },
	[HUE_STACK] = { "stack", "stack", "#d55e00", "#f0813a" },
	[HUE_SHARED] = { "shared memory", "shm", "#009e73", "#2fc79a" },
	[HUE_MEMFD] = { "memfd", "memfd", "#b8578f", "#dd8fbd" },
	[HUE_DEVICE] = { "device, other", "device", "#c7b800", "#f0e442" },
	[HUE_KERNEL] = { "kernel", "kernel", "#3fa7de", "#7cc8f0" },
	[HUE_SEVERAL] = { "several kinds", "several", "#5b5f66", "#c0c4ca" },
};

/* shm_open(3) is a file there, by its definition. */
static bool is_posix_memory(const struct mf_mapping *m)
{
	static const char directory[] = "/dev/shm/";

	return m->path && strncmp(m->path, directory, sizeof(directory) - 1) == 0;
}

enum hue hue_of(const struct mf_mapping *m)
{
	switch (m->kind) {
	case MF_KIND_FILE:
		return is_posix_memory(m) ? HUE_SHARED : HUE_FILE;
	case MF_KIND_ANON:
	case MF_KIND_ANON_NAMED:
		return HUE_ANON;
	case MF_KIND_HEAP:
		return HUE_HEAP;
	case MF_KIND_STACK:
		return HUE_STACK;
	case MF_KIND_SHM_ANON:
	case MF_KIND_SYSV:
	case MF_KIND_HUGETLB:
		return HUE_SHARED;
	case MF_KIND_MEMFD:
	case MF_KIND_SECRETMEM:
		return HUE_MEMFD;
	case MF_KIND_VDSO:
	case MF_KIND_VVAR:
	case MF_KIND_VSYSCALL:
	case MF_KIND_SPECIAL:
		return HUE_KERNEL;
	default:
		return HUE_DEVICE;
	}
}

enum shade shade_of(const struct mf_mapping *m)
{
	if (!(m->has & MF_HAS_PROT))
		return SHADE_UNKNOWN;
	if (m->prot & MF_PROT_EXEC)
		return m->prot & MF_PROT_WRITE ? SHADE_WRITE_EXECUTE : SHADE_EXECUTE;
	if (m->prot & MF_PROT_WRITE)
		return SHADE_WRITE;
	return m->prot & MF_PROT_READ ? SHADE_READ : SHADE_NONE;
}
