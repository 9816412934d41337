/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The version of the library that is loaded.
 */
#include "mapfiles.h"

uint32_t mf_version(void)
{
	return MF_VERSION_MAJOR << 16 | MF_VERSION_MINOR << 8 | MF_VERSION_PATCH;
}
