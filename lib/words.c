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
	{ EAGAIN, "it changed too fast, or another process holds a lease on the file: try again" },
	{ EREMOTE, "its file system may have to ask a server that never answers" },
	{ EPROTO, "the data of procfs or of a core is not understood or cut off" },
	{ ENODATA, "a core that does not tell which files were mapped" },
	{ EOPNOTSUPP, "this kernel, a core or a saved tree cannot do it, "
		      "or what is mapped anew would not be the same bytes" },
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
	{ EEXIST, "something is mapped at that address already" },
	{ ERANGE, "the object is shorter than the mapping" },
	{ ENAMETOOLONG, "the name is too long" },
	{ ECANCELED, "the progress function ended the scan" },
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
		[MF_SOURCE_AUTO] = "auto",   [MF_SOURCE_MAP_FILES] = "map_files",
		[MF_SOURCE_QUERY] = "query", [MF_SOURCE_MAPS] = "maps",
		[MF_SOURCE_CORE] = "core",
	};

	return source < sizeof(names) / sizeof(*names) ? names[source] : "unknown";
}

const char *mf_rung_name(uint32_t rung)
{
	static const char *const names[] = {
		"unknown",	     [MF_RUNG_MAP_FILES] = "map_files", [MF_RUNG_EXE] = "exe",
		[MF_RUNG_FD] = "fd", [MF_RUNG_PATH] = "path",		[MF_RUNG_COPY] = "copy",
	};

	return rung < sizeof(names) / sizeof(*names) ? names[rung] : names[0];
}

const char *mf_sure_name(uint32_t sure)
{
	static const char *const names[] = {
		"unknown",
		[MF_SURE_EXACT] = "exact",
		[MF_SURE_MATCHING] = "matching",
		[MF_SURE_COPY] = "copy",
		[MF_SURE_BUILD_ID] = "build-id",
		[MF_SURE_NAME] = "name",
	};

	return sure < sizeof(names) / sizeof(*names) ? names[sure] : names[0];
}

const char *mf_refusal_text(uint32_t refusal)
{
	static const char *const texts[] = {
		[MF_REFUSAL_NONE] = "nothing is in the way",
		[MF_REFUSAL_NO_OBJECT] = "private memory: there is no object behind it to map, "
					 "only bytes to copy",
		[MF_REFUSAL_AIO] = "the ring of an AIO context belongs to its address space: "
				   "make a new one with io_setup(2)",
		[MF_REFUSAL_SOCKET] = "the ring of a socket is mapped through the socket alone: "
				      "get that with pidfd_getfd(2)",
		[MF_REFUSAL_ANON_INODE] =
			"nothing but its own descriptor can map it (io_uring, perf, bpf, dma-buf, "
			"KVM): get that with pidfd_getfd(2)",
		[MF_REFUSAL_SECRET] = "secret memory cannot be opened: "
				      "its owner must pass the descriptor",
		[MF_REFUSAL_DEVICE] = "a device: opening it anew is another session "
				      "with its driver",
		[MF_REFUSAL_PRIVATE] =
			"the process has private pages there, so its bytes are not the object's: "
			"copy them, or ask for the object only",
		[MF_REFUSAL_PRIVATE_UNKNOWN] =
			"whether the process has private pages may not be looked at (pagemap): "
			"run as its user, or ask for the object only",
		[MF_REFUSAL_TOO_SHORT] = "the object ends before the mapping does: "
					 "clip it, or lengthen the object",
		[MF_REFUSAL_SEALED] = "it is sealed against new writable mappings, "
				      "and the process has an older one",
		[MF_REFUSAL_UNCERTAIN] = "an object was found that is not proven to be the same: "
					 "run with CAP_CHECKPOINT_RESTORE, or accept what matches",
		[MF_REFUSAL_OTHER_BYTES] =
			"another file answers for it by now, as after a copy-up of overlayfs: "
			"copy the bytes",
		[MF_REFUSAL_CHANGED] = "the process no longer maps that there: list it anew",
		[MF_REFUSAL_NOT_OPENED] = "the object could not be opened in the mode needed: "
					  "see the error",
		[MF_REFUSAL_TAKEN] = "something is mapped at that address: "
				     "choose another, or replace it",
		[MF_REFUSAL_NO_ROOM] =
			"the address space has no room for it, or not at that address: "
			"choose another",
		[MF_REFUSAL_NOT_MAPPED] = "mmap(2) refused it: see the error",
	};

	return refusal < sizeof(texts) / sizeof(*texts) ? texts[refusal] : "unknown refusal";
}
