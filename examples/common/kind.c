/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kinds of mappings.
 */
#include <mapfiles.h>

#include "kind.h"

bool is_plain_memory(uint32_t kind)
{
	switch (kind) {
	case MF_KIND_ANON:
	case MF_KIND_ANON_NAMED:
	case MF_KIND_HEAP:
	case MF_KIND_STACK:
	case MF_KIND_VDSO:
	case MF_KIND_VVAR:
	case MF_KIND_VSYSCALL:
	case MF_KIND_SPECIAL:
		return true;
	default:
		return false;
	}
}
