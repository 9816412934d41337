/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words for numbers. Static strings only: usable in a signal handler.
 */
#include <errno.h>
#include <stddef.h>

#include "mapfiles.h"

static const struct {
	int error;
	const char *text;
} errors[] = {
	{ 0, "success" },
	{ EINVAL, "an argument is missing, out of range or unknown to this version" },
	{ E2BIG, "an option is not known to this version of the library" },
	{ ESRCH, "no such process, or it exited meanwhile" },
	{ ESTALE,
	  "the process exec'ed, the mapping is gone, or the file found is not the mapped one" },
	{ EACCES, "permission denied: the process may not be inspected, or the file not opened" },
	{ EPERM, "not permitted: a link of map_files is followed with CAP_CHECKPOINT_RESTORE only, "
		 "and hidepid hides other users' processes" },
	{ ENXIO, "nothing that can be opened is behind this mapping" },
	{ EAGAIN, "it changed too fast, a lease is held, or its file system may never answer" },
	{ EPROTO, "the data of procfs is not understood or cut off" },
	{ EOPNOTSUPP, "this kernel or this saved tree cannot do it" },
	{ ENOENT, "no such file or directory" },
	{ ENOTDIR, "not a directory" },
	{ ELOOP, "too many symbolic links" },
	{ EBADF, "not an open descriptor of the kind that is needed" },
	{ ENOMEM, "out of memory" },
	{ EMFILE, "this process has no descriptor left" },
	{ ENFILE, "the system has no descriptor left" },
	{ ETXTBSY, "the file is being executed and cannot be opened for writing" },
	{ EROFS, "the file system is mounted read-only" },
	{ EIO, "input/output error: not one byte can be read" },
	{ EFBIG, "the mapping is too large to be copied" },
	{ ENOSYS, "this kernel or sandbox has no such call" },
	{ EINTR, "interrupted by a signal" },
	{ ENODEV, "no such device" },
	{ ENOSPC, "no space is left" },
	{ ENAMETOOLONG, "the name is too long" },
};

const char *mf_strerror(int error)
{
	/* INT_MIN has no positive twin. */
	const unsigned int wanted = error < 0 ? 0u - (unsigned int)error : (unsigned int)error;
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		if ((unsigned int)errors[i].error == wanted)
			return errors[i].text;
	}
	return "unexpected error";
}

const char *mf_kind_name(uint32_t kind)
{
	static const char *const names[] = {
		[MF_KIND_UNKNOWN] = "unknown",
		[MF_KIND_FILE] = "file",
		[MF_KIND_ANON] = "anon",
		[MF_KIND_SHM_ANON] = "shm-anon",
		[MF_KIND_MEMFD] = "memfd",
		[MF_KIND_SYSV] = "sysv",
		[MF_KIND_HUGETLB] = "hugetlb",
		[MF_KIND_HEAP] = "heap",
		[MF_KIND_STACK] = "stack",
		[MF_KIND_VDSO] = "vdso",
		[MF_KIND_VVAR] = "vvar",
		[MF_KIND_VSYSCALL] = "vsyscall",
		[MF_KIND_DEVICE] = "device",
		[MF_KIND_ANON_NAMED] = "anon-named",
		[MF_KIND_ANON_INODE] = "anon-inode",
		[MF_KIND_SOCKET] = "socket",
		[MF_KIND_SECRETMEM] = "secretmem",
		[MF_KIND_AIO] = "aio",
		[MF_KIND_DMABUF] = "dmabuf",
		[MF_KIND_SPECIAL] = "special",
	};

	return kind < sizeof(names) / sizeof(*names) ? names[kind] : names[MF_KIND_UNKNOWN];
}

const char *mf_source_name(uint32_t source)
{
	static const char *const names[] = {
		[MF_SOURCE_AUTO] = "auto",
		[MF_SOURCE_MAP_FILES] = "map_files",
		[MF_SOURCE_QUERY] = "query",
		[MF_SOURCE_MAPS] = "maps",
	};

	return source < sizeof(names) / sizeof(*names) ? names[source] : "unknown";
}
