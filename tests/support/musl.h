/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests use of glibc and musl 1.2.3 has not; included first in each of
 * them there, see tests/CMakeLists.txt.
 */
#ifndef MUSL_H
#define MUSL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "../../lib/statx.h"

#define strerrorname_np(error) strerror(error)
#define __O_TMPFILE	       020000000

/* No bytes in use, ever: what leaks is seen in the builds with glibc only. */
struct mallinfo2 {
	size_t uordblks, hblkhd;
};

static inline struct mallinfo2 mallinfo2(void)
{
	return (struct mallinfo2){ 0 };
}

/* For faults.c: there are no twins, and statx(2) is a call of syscall(). */
#define __real_statx	   statx
#define __real_fcntl64	   __real_fcntl
#define __wrap_fcntl64	   __wrap_fcntl
#define __real_fstatfs64   __real_fstatfs
#define __wrap_fstatfs64   __wrap_fstatfs
#define __real_lseek64	   __real_lseek
#define __wrap_lseek64	   __wrap_lseek
#define __real_pwrite64	   __real_pwrite
#define __wrap_pwrite64	   __wrap_pwrite
#define __real_ftruncate64 __real_ftruncate
#define __wrap_ftruncate64 __wrap_ftruncate

#endif
