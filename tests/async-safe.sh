#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The shared library asks libc for nothing but what may be called in a signal handler, and for
# the allocator, which is left alone in the caller's memory; and nothing is looked up lazily.
# usage: async-safe.sh libmapfiles.so
set -eu
LC_ALL=C
export LC_ALL

library=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

sort >"$tmp/allowed" <<'END'
__errno_location
clock_gettime
close
faccessat
fcntl
fcntl64
free
fstatfs
fstatfs64
ftruncate
ftruncate64
ioctl
kill
lseek
lseek64
madvise
malloc
memchr
memcmp
memcpy
memfd_create
memmem
memmove
memrchr
memset
mmap
mmap64
mremap
munmap
openat
openat64
pread
pread64
pwrite
pwrite64
read
readlinkat
realloc
setfsuid
statx
strchr
strcmp
strcpy
strcspn
strlen
strspn
syscall
sysconf
END
# What signal-safety(7) has no word on: setfsuid, kill, ftruncate and the likes are bare system
# calls; sysconf(_SC_PAGESIZE) reads a constant; faccessat with no flags is a bare system call.

# From the compiler, not from libc: start-up, its own checks, arithmetic of 32-bit machines.
compiler='^(_ITM_|__cxa_finalize|__gmon_start__|__stack_chk_fail|__stack_chk_guard|__tls_get_addr|__aeabi_|__(u?div|u?mod)[dt]i)'

# unsafe FILE: the names in it that are not allowed
unsafe() {
	grep -Ev "$compiler" "$1" | comm -23 - "$tmp/allowed"
}

nm -D --undefined-only "$library" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u >"$tmp/used"
if ! grep -qx openat64 "$tmp/used" && ! grep -qx openat "$tmp/used"; then
	echo "cannot read the symbols of $library"
	exit 1
fi
found=$(unsafe "$tmp/used")
if [ -n "$found" ]; then
	echo "not async-signal-safe:" $found
	exit 1
fi
# Lazy binding would run the dynamic linker on the handler's small stack.
if ! readelf -d "$library" | grep -Eq 'BIND_NOW|Flags:.*NOW'; then
	echo "$library is not linked with -z now"
	exit 1
fi

# The control: each of these must be noticed.
for name in qsort snprintf opendir readdir getenv localtime pthread_mutex_lock calloc strerror; do
	{ cat "$tmp/used"; echo $name; } | sort >"$tmp/planted"
	if [ "$(unsafe "$tmp/planted")" != $name ]; then
		echo "$name goes unnoticed"
		exit 1
	fi
done

echo "$(grep -Evc "$compiler" "$tmp/used") functions, all allowed"
