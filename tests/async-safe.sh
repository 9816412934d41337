#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What an iterator is made of asks libc for nothing but what may be called in a signal handler,
# and for the allocator, which is left alone in the caller's memory; it calls nothing of what
# loads into memory (scans, tables, modules), which may ask for more. Nothing is looked up lazily.
# usage: async-safe.sh libmapfiles.so libmapfiles.a
set -eu
LC_ALL=C
export LC_ALL

library=$1 archive=$2
loaders='objects.*|processes|table.*|intern|modules|module_.*'
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
strchrnul
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

# symbols KIND: "MEMBER NAME" for each symbol of that kind in the archive
symbols() {
	nm -A "$1" "$archive" | sed -nE 's/^.*:([a-z0-9_]+)\.c\.o:.* ([^ ]+)$/\1 \2/p'
}
symbols --undefined-only | sort -u >"$tmp/wanted"
symbols --defined-only | awk '$2 ~ /^mf_/' >"$tmp/defined"

grep -Ev "^($loaders) " "$tmp/wanted" | cut -d' ' -f2 | sort -u >"$tmp/names"
grep -Ev '^(mf_|_GLOBAL_OFFSET_TABLE_)' "$tmp/names" >"$tmp/used"
if ! grep -qx openat64 "$tmp/used" && ! grep -qx openat "$tmp/used"; then
	echo "cannot read the symbols of $archive"
	exit 1
fi
found=$(unsafe "$tmp/used")
if [ -n "$found" ]; then
	echo "not async-signal-safe:" $found
	exit 1
fi
grep -E "^($loaders) " "$tmp/defined" | cut -d' ' -f2 | sort >"$tmp/loading"
if ! grep -qx mf_table_open "$tmp/loading"; then
	echo "what loads into memory was not found in $archive"
	exit 1
fi
found=$(comm -12 "$tmp/names" "$tmp/loading")
if [ -n "$found" ]; then
	echo "an iterator calls what loads into memory:" $found
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

echo "$(grep -Evc "$compiler" "$tmp/used") functions, all allowed; $(wc -l <"$tmp/loading") that load into memory stand apart"
