/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ABI: where each field of each public struct stands, and the value of each constant.
 * A pin that fails means that programs which were compiled before break: a field may only be
 * added at the end of a struct, with a new pin, and no number may ever change.
 * Without libcheck, so that it also runs as a 32-bit program.
 */
#include <mapfiles.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#if defined(__LP64__)
#define PIN_ONE(lp64, i386) (lp64)
#elif defined(__i386__)
#define PIN_ONE(lp64, i386) (i386)
#else
#define NO_PINS
#endif

#ifdef NO_PINS

int main(void)
{
	printf("SKIP: abi: no pins for this architecture\n");
	return 77;
}

#else

struct pin {
	const char *name;
	size_t offset, size, want_offset, want_size;
};

#define FIELD(type, field, lp64, i386, bytes64, bytes32)                                          \
	_Static_assert(offsetof(struct type, field) == PIN_ONE(lp64, i386), #field " has moved"); \
	_Static_assert(sizeof(((struct type *)0)->field) == PIN_ONE(bytes64, bytes32),            \
		       #field " has another size");
#define U32(type, field, lp64, i386) FIELD(type, field, lp64, i386, 4, 4)
#define U64(type, field, lp64, i386) FIELD(type, field, lp64, i386, 8, 8)
#define PTR(type, field, lp64, i386) FIELD(type, field, lp64, i386, 8, 4)

/* X(struct, field, offset where long has 64 bits, offset on i386) */
#define ITER_OPTS                            \
	U32(mf_iter_opts, size, 0, 0)        \
	U32(mf_iter_opts, flags, 4, 4)       \
	U32(mf_iter_opts, source, 8, 8)      \
	U32(mf_iter_opts, prot, 12, 12)      \
	U64(mf_iter_opts, from, 16, 16)      \
	U64(mf_iter_opts, to, 24, 24)        \
	PTR(mf_iter_opts, proc_root, 32, 32) \
	U64(mf_iter_opts, reserved, 40, 36)

#define MAPPING                               \
	U64(mf_mapping, start, 0, 0)          \
	U64(mf_mapping, end, 8, 8)            \
	U64(mf_mapping, offset, 16, 16)       \
	U64(mf_mapping, inode, 24, 24)        \
	U32(mf_mapping, dev_major, 32, 32)    \
	U32(mf_mapping, dev_minor, 36, 36)    \
	U32(mf_mapping, prot, 40, 40)         \
	U32(mf_mapping, kind, 44, 44)         \
	U32(mf_mapping, flags, 48, 48)        \
	U32(mf_mapping, has, 52, 52)          \
	U32(mf_mapping, fd, 56, 56)           \
	U32(mf_mapping, path_len, 60, 60)     \
	PTR(mf_mapping, path, 64, 64)         \
	U32(mf_mapping, name_len, 72, 68)     \
	U32(mf_mapping, open_mode, 76, 72)    \
	U32(mf_mapping, st_mode, 80, 76)      \
	U32(mf_mapping, st_nlink, 84, 80)     \
	U32(mf_mapping, st_dev_major, 88, 84) \
	U32(mf_mapping, st_dev_minor, 92, 88) \
	U64(mf_mapping, st_ino, 96, 92)       \
	U64(mf_mapping, st_size, 104, 100)    \
	U64(mf_mapping, page_size, 112, 108)  \
	U32(mf_mapping, fd_error, 120, 116)   \
	U32(mf_mapping, fd_rung, 124, 120)    \
	U32(mf_mapping, fd_sure, 128, 124)    \
	U32(mf_mapping, reserved, 132, 128)

#define RANGE                      \
	U64(mf_range, start, 0, 0) \
	U64(mf_range, end, 8, 8)

#define OPEN_INFO                          \
	U32(mf_open_info, rung, 0, 0)      \
	U32(mf_open_info, sure, 4, 4)      \
	U64(mf_open_info, n_retries, 8, 8) \
	U64(mf_open_info, n_holes, 16, 16) \
	PTR(mf_open_info, holes, 24, 24)

#define ITER_REPORT                             \
	U64(mf_iter_report, n_mappings, 0, 0)   \
	U64(mf_iter_report, n_clamped, 8, 8)    \
	U64(mf_iter_report, n_partial, 16, 16)  \
	U64(mf_iter_report, n_vanished, 24, 24) \
	U64(mf_iter_report, n_retries, 32, 32)  \
	U32(mf_iter_report, source, 40, 40)     \
	U32(mf_iter_report, flags, 44, 44)

#define REMAP_OPTS                      \
	U32(mf_remap_opts, size, 0, 0)  \
	U32(mf_remap_opts, flags, 4, 4) \
	U64(mf_remap_opts, addr, 8, 8)

#define REMAP_PLAN                              \
	U64(mf_remap_plan, offset, 0, 0)        \
	U64(mf_remap_plan, length, 8, 8)        \
	U64(mf_remap_plan, object_size, 16, 16) \
	U64(mf_remap_plan, page_size, 24, 24)   \
	U32(mf_remap_plan, prot, 32, 32)        \
	U32(mf_remap_plan, flags, 36, 36)       \
	U32(mf_remap_plan, open_mode, 40, 40)   \
	U32(mf_remap_plan, rung, 44, 44)        \
	U32(mf_remap_plan, sure, 48, 48)        \
	U32(mf_remap_plan, refusal, 52, 52)     \
	U32(mf_remap_plan, error, 56, 56)       \
	U32(mf_remap_plan, reserved, 60, 60)

#define OBJECTS_OPTS                           \
	U32(mf_objects_opts, size, 0, 0)       \
	U32(mf_objects_opts, flags, 4, 4)      \
	PTR(mf_objects_opts, proc_root, 8, 8)  \
	PTR(mf_objects_opts, progress, 16, 12) \
	PTR(mf_objects_opts, progress_data, 24, 16)

#define OBJECT                               \
	U32(mf_object, kind, 0, 0)           \
	U32(mf_object, flags, 4, 4)          \
	U32(mf_object, has, 8, 8)            \
	U32(mf_object, seals, 12, 12)        \
	U64(mf_object, inode, 16, 16)        \
	U32(mf_object, dev_major, 24, 24)    \
	U32(mf_object, dev_minor, 28, 28)    \
	U64(mf_object, st_ino, 32, 32)       \
	U64(mf_object, st_size, 40, 40)      \
	U32(mf_object, st_dev_major, 48, 48) \
	U32(mf_object, st_dev_minor, 52, 52) \
	U32(mf_object, st_mode, 56, 56)      \
	U32(mf_object, st_nlink, 60, 60)     \
	PTR(mf_object, path, 64, 64)         \
	U32(mf_object, path_len, 72, 68)     \
	U32(mf_object, name_len, 76, 72)     \
	U64(mf_object, n_users, 80, 76)      \
	U64(mf_object, n_processes, 88, 84)  \
	U32(mf_object, fd, 96, 92)           \
	U32(mf_object, reserved, 100, 96)

#define OBJECT_USER                           \
	U32(mf_object_user, pid, 0, 0)        \
	U32(mf_object_user, prot, 4, 4)       \
	U32(mf_object_user, flags, 8, 8)      \
	U32(mf_object_user, path_len, 12, 12) \
	U64(mf_object_user, start, 16, 16)    \
	U64(mf_object_user, end, 24, 24)      \
	U64(mf_object_user, offset, 32, 32)   \
	PTR(mf_object_user, path, 40, 40)

#define OBJECTS_PROCESS                            \
	U32(mf_objects_process, pid, 0, 0)         \
	U32(mf_objects_process, error, 4, 4)       \
	U32(mf_objects_process, flags, 8, 8)       \
	U32(mf_objects_process, reserved, 12, 12)  \
	U64(mf_objects_process, n_retries, 16, 16) \
	U64(mf_objects_process, n_users, 24, 24)   \
	U64(mf_objects_process, n_vanished, 32, 32)

#define CHANGE                        \
	U32(mf_change, action, 0, 0)  \
	U32(mf_change, differs, 4, 4) \
	PTR(mf_change, before, 8, 8)  \
	PTR(mf_change, after, 16, 12)

#define SEGMENT                         \
	U64(mf_segment, start, 0, 0)    \
	U64(mf_segment, end, 8, 8)      \
	U64(mf_segment, offset, 16, 16) \
	U32(mf_segment, prot, 24, 24)   \
	U32(mf_segment, flags, 28, 28)  \
	U32(mf_segment, has, 32, 32)    \
	U32(mf_segment, kind, 36, 36)

#define MODULE                                \
	U64(mf_module, start, 0, 0)           \
	U64(mf_module, end, 8, 8)             \
	U64(mf_module, bias, 16, 16)          \
	U64(mf_module, elf_offset, 24, 24)    \
	U64(mf_module, inode, 32, 32)         \
	U32(mf_module, dev_major, 40, 40)     \
	U32(mf_module, dev_minor, 44, 44)     \
	U32(mf_module, has, 48, 48)           \
	U32(mf_module, kind, 52, 52)          \
	U32(mf_module, flags, 56, 56)         \
	U32(mf_module, elf_class, 60, 60)     \
	U32(mf_module, elf_data, 64, 64)      \
	U32(mf_module, elf_type, 68, 68)      \
	U32(mf_module, elf_machine, 72, 72)   \
	U32(mf_module, build_id_from, 76, 76) \
	U32(mf_module, build_id_len, 80, 80)  \
	U32(mf_module, reserved, 84, 84)      \
	PTR(mf_module, build_id, 88, 88)      \
	PTR(mf_module, path, 96, 92)          \
	U32(mf_module, path_len, 104, 96)     \
	U32(mf_module, name_len, 108, 100)    \
	U64(mf_module, n_segments, 112, 104)

#define EXPLAIN_OPTS                      \
	U32(mf_explain_opts, size, 0, 0)  \
	U32(mf_explain_opts, flags, 4, 4) \
	PTR(mf_explain_opts, proc_root, 8, 8)

/* X(struct without its prefix, its fields, size where long has 64 bits, size on i386) */
#define STRUCTS                                          \
	STRUCT(iter_opts, ITER_OPTS, 48, 44)             \
	STRUCT(mapping, MAPPING, 136, 132)               \
	STRUCT(range, RANGE, 16, 16)                     \
	STRUCT(open_info, OPEN_INFO, 32, 28)             \
	STRUCT(iter_report, ITER_REPORT, 48, 48)         \
	STRUCT(remap_opts, REMAP_OPTS, 16, 16)           \
	STRUCT(remap_plan, REMAP_PLAN, 64, 64)           \
	STRUCT(objects_opts, OBJECTS_OPTS, 32, 20)       \
	STRUCT(object, OBJECT, 104, 100)                 \
	STRUCT(object_user, OBJECT_USER, 48, 44)         \
	STRUCT(objects_process, OBJECTS_PROCESS, 40, 40) \
	STRUCT(change, CHANGE, 24, 16)                   \
	STRUCT(segment, SEGMENT, 40, 40)                 \
	STRUCT(module, MODULE, 120, 112)                 \
	STRUCT(explain_opts, EXPLAIN_OPTS, 16, 12)

#define STRUCT(name, fields, lp64, i386)                                                     \
	_Static_assert(sizeof(struct mf_##name) == PIN_ONE(lp64, i386), #name " has grown"); \
	fields

STRUCTS

#undef FIELD
#define FIELD(type, field, lp64, i386, bytes64, bytes32)                                     \
	{ #type "." #field, offsetof(struct type, field), sizeof(((struct type *)0)->field), \
	  PIN_ONE(lp64, i386), PIN_ONE(bytes64, bytes32) },

#undef STRUCT
#define STRUCT(name, fields, lp64, i386) static const struct pin name[] = { fields };

STRUCTS

#define VALUE(name, value)		 _Static_assert((name) == (value), #name " has another value");
VALUE(MF_PROT_READ, 1)
VALUE(MF_PROT_WRITE, 2)
VALUE(MF_PROT_EXEC, 4)
VALUE(MF_KIND_UNKNOWN, 0)
VALUE(MF_KIND_FILE, 1)
VALUE(MF_KIND_ANON, 2)
VALUE(MF_KIND_SHM_ANON, 3)
VALUE(MF_KIND_MEMFD, 4)
VALUE(MF_KIND_SYSV, 5)
VALUE(MF_KIND_HUGETLB, 6)
VALUE(MF_KIND_HEAP, 7)
VALUE(MF_KIND_STACK, 8)
VALUE(MF_KIND_VDSO, 9)
VALUE(MF_KIND_VVAR, 10)
VALUE(MF_KIND_VSYSCALL, 11)
VALUE(MF_KIND_DEVICE, 12)
VALUE(MF_KIND_ANON_NAMED, 13)
VALUE(MF_KIND_ANON_INODE, 14)
VALUE(MF_KIND_SOCKET, 15)
VALUE(MF_KIND_SECRETMEM, 16)
VALUE(MF_KIND_AIO, 17)
VALUE(MF_KIND_DMABUF, 18)
VALUE(MF_KIND_SPECIAL, 19)
VALUE(MF_MAPPING_SHARED, 1)
VALUE(MF_MAPPING_DELETED, 2)
VALUE(MF_MAPPING_RACED, 4)
VALUE(MF_MAPPING_NAME_AMBIGUOUS, 8)
VALUE(MF_MAPPING_NAME_CARRIED, 0x10)
VALUE(MF_HAS_PROT, 1)
VALUE(MF_HAS_DEV, 2)
VALUE(MF_HAS_OFFSET, 4)
VALUE(MF_HAS_PATH, 8)
VALUE(MF_HAS_DELETED, 0x10)
VALUE(MF_HAS_STAT, 0x20)
VALUE(MF_HAS_OPEN_MODE, 0x40)
VALUE(MF_HAS_PAGE_SIZE, 0x80)
VALUE(MF_HAS_SEALS, 0x100)
VALUE(MF_HAS_BIAS, 0x200)
VALUE(MF_HAS_ELF, 0x400)
VALUE(MF_ITER_ALL, 1)
VALUE(MF_ITER_STREAM, 2)
VALUE(MF_ITER_STAT, 4)
VALUE(MF_ITER_OPEN_FDS, 8)
VALUE(MF_ITER_SHARED, 0x10)
VALUE(MF_ITER_RUN_NAMES, 0x20)
VALUE(MF_ITER_MEMORY, 65536)
VALUE(MF_REPORT_COMPLETE, 1)
VALUE(MF_REPORT_SNAPSHOT, 2)
VALUE(MF_REPORT_RACED, 4)
VALUE(MF_SOURCE_AUTO, 0)
VALUE(MF_SOURCE_MAP_FILES, 1)
VALUE(MF_SOURCE_QUERY, 2)
VALUE(MF_SOURCE_MAPS, 3)
VALUE(MF_SOURCE_CORE, 4)
VALUE(MF_CHANGE_ADDED, 1)
VALUE(MF_CHANGE_REMOVED, 2)
VALUE(MF_CHANGE_MODIFIED, 3)
VALUE(MF_DIFFERS_END, 1)
VALUE(MF_DIFFERS_PROT, 2)
VALUE(MF_DIFFERS_OFFSET, 4)
VALUE(MF_DIFFERS_NAME, 8)
VALUE(MF_DIFFERS_PART, 0x10)
VALUE(MF_OPEN_AS_MAPPED, 1)
VALUE(MF_OPEN_PATH, 2)
VALUE(MF_OPEN_ANY_TYPE, 4)
VALUE(MF_OPEN_DIRECT, 8)
VALUE(MF_OPEN_COPY, 0x10)
VALUE(MF_OPEN_MAY_BLOCK, 0x20)
VALUE(MF_OPEN_EXACT, 0x40)
VALUE(MF_RUNG_MAP_FILES, 1)
VALUE(MF_RUNG_EXE, 2)
VALUE(MF_RUNG_FD, 3)
VALUE(MF_RUNG_PATH, 4)
VALUE(MF_RUNG_COPY, 5)
VALUE(MF_SURE_EXACT, 1)
VALUE(MF_SURE_MATCHING, 2)
VALUE(MF_SURE_COPY, 3)
VALUE(MF_SURE_BUILD_ID, 4)
VALUE(MF_SURE_NAME, 5)
VALUE(MF_MODULES_KERNEL_BUILD_ID, 1)
VALUE(MF_MODULES_NO_FILES, 2)
VALUE(MF_MODULE_EXE, 1)
VALUE(MF_MODULE_INTERPRETER, 2)
VALUE(MF_MODULE_DELETED, 4)
VALUE(MF_MODULE_DATA, 8)
VALUE(MF_BUILD_ID_NONE, 0)
VALUE(MF_BUILD_ID_MEMORY, 1)
VALUE(MF_BUILD_ID_FILE, 2)
VALUE(MF_BUILD_ID_KERNEL, 3)
VALUE(MF_REMAP_AT, 1)
VALUE(MF_REMAP_REPLACE, 2)
VALUE(MF_REMAP_CLIP, 4)
VALUE(MF_REMAP_OBJECT_ONLY, 8)
VALUE(MF_REMAP_MATCHING, 0x10)
VALUE(MF_REMAP_MAY_BLOCK, 0x20)
VALUE(MF_REFUSAL_NONE, 0)
VALUE(MF_REFUSAL_NO_OBJECT, 1)
VALUE(MF_REFUSAL_AIO, 2)
VALUE(MF_REFUSAL_SOCKET, 3)
VALUE(MF_REFUSAL_ANON_INODE, 4)
VALUE(MF_REFUSAL_SECRET, 5)
VALUE(MF_REFUSAL_DEVICE, 6)
VALUE(MF_REFUSAL_PRIVATE, 7)
VALUE(MF_REFUSAL_PRIVATE_UNKNOWN, 8)
VALUE(MF_REFUSAL_TOO_SHORT, 9)
VALUE(MF_REFUSAL_SEALED, 10)
VALUE(MF_REFUSAL_UNCERTAIN, 11)
VALUE(MF_REFUSAL_OTHER_BYTES, 12)
VALUE(MF_REFUSAL_CHANGED, 13)
VALUE(MF_REFUSAL_NOT_OPENED, 14)
VALUE(MF_REFUSAL_TAKEN, 15)
VALUE(MF_REFUSAL_NO_ROOM, 16)
VALUE(MF_REFUSAL_NOT_MAPPED, 17)
VALUE(MF_OBJECTS_TREE, 1)
VALUE(MF_OBJECTS_EVERYONE, 2)
VALUE(MF_OBJECTS_SHARED, 4)
VALUE(MF_OBJECTS_OPEN_FDS, 8)
VALUE(MF_OBJECTS_RUN_NAMES, 0x10)
VALUE(MF_OBJECT_UNCERTAIN, 1)
VALUE(MF_OBJECT_APART, 2)
VALUE(MF_OBJECT_DELETED, 4)
VALUE(MF_PROCESS_NUMBERS_ONLY, 1)
VALUE(MF_ACCESS_DETAILS, 1)
VALUE(MF_ACCESS_LIST, 2)
VALUE(MF_ACCESS_FOLLOW, 3)
VALUE(MF_ACCESS_MEMORY, 4)
VALUE(MF_WHY_ALLOWED, 0)
VALUE(MF_WHY_HIDDEN, 1)
VALUE(MF_WHY_OTHER_USER, 2)
VALUE(MF_WHY_NOT_DUMPABLE, 3)
VALUE(MF_WHY_MORE_CAPABILITIES, 4)
VALUE(MF_WHY_DIRECTORY_MODE, 5)
VALUE(MF_WHY_NO_CAPABILITY, 6)
VALUE(MF_WHY_USER_NAMESPACE, 7)
VALUE(MF_WHY_YAMA, 8)
VALUE(MF_WHY_NO_MAP_FILES, 9)
VALUE(MF_WHY_NO_ADDRESS_SPACE, 10)
VALUE(MF_WHY_SECURITY_MODULE, 11)

/* The pinned fields fill the struct: a field that has no pin leaves a hole, as padding does. */
static int check(const char *name, const struct pin *pins, size_t n, size_t size)
{
	size_t at = 0;
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		const struct pin *p = &pins[i];

		if (p->offset != p->want_offset || p->size != p->want_size || p->offset != at) {
			printf("%s: offset %zu size %zu, pinned %zu and %zu, the last field ends at %zu\n",
			       p->name, p->offset, p->size, p->want_offset, p->want_size, at);
			failed = 1;
		}
		at = p->offset + p->size;
	}
	if (at != size) {
		printf("%s: %zu bytes, but the pinned fields end at %zu\n", name, size, at);
		failed = 1;
	}
	return failed;
}

/* The words may be in files that others wrote. */
static const struct {
	const char *(*name)(uint32_t);
	const char *words[24];
} names[] = {
	{ mf_kind_name,
	  { "unknown",	  "file",   "anon",	 "shm-anon", "memfd",	 "sysv",    "hugetlb",
	    "heap",	  "stack",  "vdso",	 "vvar",     "vsyscall", "device",  "anon-named",
	    "anon-inode", "socket", "secretmem", "aio",	     "dmabuf",	 "special", "unknown" } },
	{ mf_source_name, { "auto", "map_files", "query", "maps", "core", "unknown" } },
	{ mf_rung_name, { "unknown", "map_files", "exe", "fd", "path", "copy", "unknown" } },
	{ mf_sure_name, { "unknown", "exact", "matching", "copy", "build-id", "name", "unknown" } },
};

static int check_names(void)
{
	int failed = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		for (uint32_t n = 0; names[i].words[n]; n++) {
			const char *const word = names[i].name(n);

			if (strcmp(word, names[i].words[n])) {
				printf("%u is called %s, not %s\n", n, word, names[i].words[n]);
				failed = 1;
			}
		}
	}
	return failed;
}

#undef STRUCT
#define STRUCT(name, fields, lp64, i386) \
	failed |= check("mf_" #name, name, sizeof(name) / sizeof(*name), sizeof(struct mf_##name));

int main(void)
{
	uint32_t version = MF_VERSION_MAJOR << 16 | MF_VERSION_MINOR << 8 | MF_VERSION_PATCH;
	int failed = 0;

	STRUCTS

	if (mf_version() != version) {
		printf("mf_version() is %#x, the header's %#x\n", mf_version(), version);
		failed = 1;
	}
	return check_names() || failed;
}

#endif
