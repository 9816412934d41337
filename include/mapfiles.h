/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file mapfiles.h
 * @brief List what a Linux process has mapped, and open the objects behind it.
 *
 * The one public header of libmapfiles. It needs `<stdint.h>` only. A function
 * that can fail returns a negative errno value and changes no out-parameter;
 * the library neither reads nor promises `errno`.
 */
#ifndef MAPFILES_H
#define MAPFILES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MF_API
#define MF_API __attribute__((visibility("default")))
#endif

/**
 * @defgroup version Version
 * @brief The version of the header, and of the library that is loaded.
 * @{
 */

/** Major version of this header. */
#define MF_VERSION_MAJOR	1
/** Minor version of this header. */
#define MF_VERSION_MINOR	0
/** Patch version of this header. */
#define MF_VERSION_PATCH	0

/**
 * @brief The version of the library that is loaded.
 * @return `major << 16 | minor << 8 | patch`; compare it with the MF_VERSION_
 *         constants, which tell the version of the header.
 * @safety Thread-safe. Async-signal-safe.
 * @since 1.0
 */
MF_API uint32_t mf_version(void);

/** @} */

/**
 * @defgroup errors Errors
 * @brief What the return values mean, and what helps.
 *
 * The value returned is the only channel: at least 0 is success, less than 0
 * is `-errno`; the variable errno is neither read nor promised. What the values mean,
 * and what helps:
 *
 * | value | meaning | remedy |
 * |---|---|---|
 * | `-EINVAL` | an argument is NULL, out of range, or has an unknown flag | fix the call; a flag may be newer than the library: mf_version() |
 * | `-E2BIG` | an option struct has non-zero bytes that this library does not know, or is above 4096 bytes | zero the struct before it is filled; else use a newer library or fewer options |
 * | `-EBADF` | the descriptor given is not open, is no pidfd, or is a core's and not open for reading | fix the call |
 * | `-ESRCH` | no such process, or it exited meanwhile; a zombie has nothing left; with hidepid it is hidden | nothing is left to look at. What was listed before is cut off: throw it away |
 * | `-ESTALE` | the process exec'ed meanwhile, the mapping is gone, or the file found is not the mapped one | open a new iterator; for a file that was replaced, CAP_CHECKPOINT_RESTORE leads to the mapped one |
 * | `-EACCES`, `-EPERM` | the kernel does not allow it | mf_explain() names what is in the way; at most CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH and CAP_CHECKPOINT_RESTORE, each in the initial user namespace |
 * | `-ENXIO` | nothing that can be opened is behind this mapping | look at mf_mapping::kind; #MF_OPEN_ANY_TYPE or #MF_OPEN_PATH for what is no regular file, #MF_OPEN_COPY for private memory |
 * | `-EAGAIN` | it changed faster than it could be read or opened; somebody holds a lease; or an open would have to wait | try again; stop the process |
 * | `-EREMOTE` | the file system may have to ask a server that never answers (FUSE, NFS, ...) | #MF_OPEN_MAY_BLOCK, #MF_REMAP_MAY_BLOCK, in a process that may hang |
 * | `-EOPNOTSUPP` | this kernel, a core or a saved tree cannot do it | choose another source, #MF_SOURCE_AUTO takes what there is |
 * | `-EOPNOTSUPP` from mf_remap() | also: the process has private pages there, or may have, so it would not be the same bytes | #MF_REMAP_OBJECT_ONLY |
 * | `-EPROTO` | text of procfs, or a core, is not understood or cut off | check where it comes from; of a live `/proc`, report it |
 * | `-ENODATA` | a core that does not tell which files were mapped | nothing helps: kernels before 3.7 wrote such |
 * | `-ENOENT`, `-ENOTDIR`, `-ELOOP` | mf_iter_opts::proc_root leads to no directory; or no file has the name that a core or a saved tree tells | fix the path; give the system root that the core is of |
 * | `-ENOENT` from mf_open_info(), mf_remap_made() | nothing was opened or mapped yet | call mf_open_fd() or mf_remap() first |
 * | `-ENOMEM`, `-EMFILE`, `-ENFILE` | no memory, or no descriptor is left | free some: a walk holds up to six, and one more after mf_read(); a scan about a dozen. For mf_iter_open_in(), give more memory |
 * | `-ECANCELED` | mf_objects_open(): the progress function said so | it was your wish |
 * | `-EEXIST` | mf_remap(): something is mapped at the address asked for | another address, or #MF_REMAP_REPLACE |
 * | `-ERANGE` | mf_remap(): the object is shorter than the mapping | #MF_REMAP_CLIP |
 * | `-EIO` | #MF_OPEN_COPY: not one byte can be read | nothing helps |
 * | `-EFBIG` | #MF_OPEN_COPY: the mapping is larger than 1 TiB | read the parts you need with mf_read() |
 *
 * Any other errno that a system call gives is passed through: `-EROFS` for a file
 * that cannot be opened for writing, `-ENOSYS` from a sandbox, and the like.
 * @{
 */

/**
 * @brief One English sentence for an error of this library.
 * @param[in] error What a function returned (`-errno`), or the same without sign.
 * @return A static string, never NULL, not to be freed; valid forever. A value
 *         that the library gives no meaning of its own reads "unexpected error".
 * @note Does not depend on the locale.
 * @safety Thread-safe. Async-signal-safe.
 * @since 1.0
 */
MF_API const char *mf_strerror(int error);

/** @} */

/**
 * @defgroup mapping The mapping
 * @brief What is known of a mapping.
 *
 * Names are bytes, not text: whatever bytes the file system allows, unescaped.
 * @{
 */

#define MF_PROT_READ	0x1	/**< Readable. */
#define MF_PROT_WRITE	0x2	/**< Writable. */
#define MF_PROT_EXEC	0x4	/**< Executable. */

#define MF_KIND_UNKNOWN		0	/**< Not known: see mf_mapping::has. */
#define MF_KIND_FILE		1	/**< A file in a file system, deleted or not. */
#define MF_KIND_ANON		2	/**< Private anonymous memory. */
#define MF_KIND_SHM_ANON	3	/**< Shared anonymous memory (MAP_SHARED | MAP_ANONYMOUS). */
#define MF_KIND_MEMFD		4	/**< memfd_create(2), on huge pages or not. */
#define MF_KIND_SYSV		5	/**< SysV shared memory, on huge pages or not. */
#define MF_KIND_HUGETLB		6	/**< MAP_HUGETLB | MAP_ANONYMOUS. */
#define MF_KIND_HEAP		7	/**< The brk heap. */
#define MF_KIND_STACK		8	/**< The initial thread's stack. */
#define MF_KIND_VDSO		9	/**< The vDSO's code. */
#define MF_KIND_VVAR		10	/**< The vDSO's data. */
#define MF_KIND_VSYSCALL	11	/**< The x86-64 vsyscall page. */
#define MF_KIND_DEVICE		12	/**< A character or block device. A device node outside /dev is told from a file only with #MF_ITER_STAT. */
#define MF_KIND_ANON_NAMED	13	/**< Private anonymous memory with a name: [anon:NAME]. */
#define MF_KIND_ANON_INODE	14	/**< perf event, io_uring, bpf map, KVM: several share one inode. */
#define MF_KIND_SOCKET		15	/**< A socket's ring. */
#define MF_KIND_SECRETMEM	16	/**< memfd_secret(2). */
#define MF_KIND_AIO		17	/**< The ring of io_setup(2). */
#define MF_KIND_DMABUF		18	/**< A dma-buf. */
#define MF_KIND_SPECIAL		19	/**< Another mapping of the kernel's own, such as [uprobes]. */

#define MF_MAPPING_SHARED		0x1	/**< May be shared ('s' in maps); with #MF_HAS_PROT. */
#define MF_MAPPING_DELETED		0x2	/**< The name no longer leads to the object; with #MF_HAS_DELETED. Never set for memory that had no name in a file system. */
#define MF_MAPPING_RACED		0x4	/**< The address space changed while this was read: the range was clamped, or details are those of a part of it, or missing. */
#define MF_MAPPING_NAME_AMBIGUOUS	0x8	/**< The path holds a literal "\012" that may stand for a newline. */
#define MF_MAPPING_NAME_CARRIED	0x10	/**< The path was not asked for, but is that of the mapping before, which has the same device and inode: #MF_ITER_RUN_NAMES. */

/* One set of bits for the field `has` of every struct. */
#define MF_HAS_PROT		0x1	/**< prot and #MF_MAPPING_SHARED are known. */
#define MF_HAS_DEV		0x2	/**< dev_major, dev_minor and inode are set. */
#define MF_HAS_OFFSET		0x4	/**< offset is set. */
#define MF_HAS_PATH		0x8	/**< path is known; NULL then means that the mapping has no name. */
#define MF_HAS_DELETED		0x10	/**< #MF_MAPPING_DELETED is known, either way. */
#define MF_HAS_STAT		0x20	/**< The st_ fields are set. */
#define MF_HAS_OPEN_MODE	0x40	/**< open_mode is set. */
#define MF_HAS_PAGE_SIZE	0x80	/**< page_size is set (PROCMAP_QUERY only). */
#define MF_HAS_SEALS		0x100	/**< mf_object::seals is set. */
#define MF_HAS_BIAS		0x200	/**< mf_module::bias is set. */
#define MF_HAS_ELF		0x400	/**< The elf_ fields of struct mf_module are set. */

/**
 * @brief One mapping of a process.
 *
 * The iterator owns it and all it points to: both live until mf_next(), mf_find(),
 * mf_iter_rewind(), mf_table_open(), mf_table_refresh(), mf_modules_open() or
 * mf_iter_close() on that iterator; no other call touches it.
 *
 * The library may add fields at the end in any release. Of a mapping that is given
 * to a function only the fields up to page_size are read, by any later version
 * too; copying the struct as your header knows it is fine if the loaded library is
 * no older than that header.
 * @since 1.0
 */
struct mf_mapping {
	uint64_t start;		/**< First address, in the target's address space. */
	uint64_t end;		/**< First address past the end. */
	uint64_t offset;	/**< Offset of start in the object, in bytes; with #MF_HAS_OFFSET. */
	uint64_t inode;		/**< Inode number; with #MF_HAS_DEV. May be 0 for a real object (SysV shmid 0). */
	uint32_t dev_major;	/**< Device of the superblock, as maps prints it; with #MF_HAS_DEV. */
	uint32_t dev_minor;	/**< Device of the superblock, as maps prints it; with #MF_HAS_DEV. */
	uint32_t prot;		/**< MF_PROT_ bits; with #MF_HAS_PROT. */
	uint32_t kind;		/**< One of MF_KIND_. */
	uint32_t flags;		/**< MF_MAPPING_ bits. */
	uint32_t has;		/**< MF_HAS_ bits: which optional fields are set. */
	int32_t fd;		/**< With #MF_ITER_OPEN_FDS the opened object, which the iterator closes at the next mf_next(), mf_find(), or what else ends the mapping; -1 otherwise, or if it could not be opened. */
	uint32_t path_len;	/**< Bytes in path, without the NUL. */
	const char *path;	/**< The kernel's name, raw bytes, NUL-ended, never escaped; NULL if there is none. */
	uint32_t name_len;	/**< Bytes of path that are the name: less than path_len when path ends in the kernel's mark " (deleted)". */
	uint32_t open_mode;	/**< MF_PROT_READ, MF_PROT_WRITE: how the mapped file was opened; with #MF_HAS_OPEN_MODE. */
	uint32_t st_mode;	/**< File type and mode as stat(2) gives them; with #MF_HAS_STAT. */
	uint32_t st_nlink;	/**< Number of hard links; with #MF_HAS_STAT. */
	uint32_t st_dev_major;	/**< Device as stat(2) gives it (on btrfs and overlayfs not dev_major); with #MF_HAS_STAT. */
	uint32_t st_dev_minor;	/**< Device as stat(2) gives it; with #MF_HAS_STAT. */
	uint64_t st_ino;	/**< Inode number as stat(2) gives it; with #MF_HAS_STAT. */
	uint64_t st_size;	/**< Size of the object in bytes; with #MF_HAS_STAT. */
	uint64_t page_size;	/**< Size of the mapping's pages in bytes; with #MF_HAS_PAGE_SIZE. */
	int32_t fd_error;	/**< With #MF_ITER_OPEN_FDS and fd -1: why it could not be opened, as mf_open_fd() says it; else 0. */
	uint32_t fd_rung;	/**< With fd: one of MF_RUNG_, what led to it; else 0. */
	uint32_t fd_sure;	/**< With fd: one of MF_SURE_, how far it is proven to be the mapped object; else 0. */
	uint32_t reserved;	/**< 0. */
};

/**
 * @brief A short lower-case name for a kind of mapping.
 *
 * The words of the functions *_name() never change, and may be stored; those of
 * mf_strerror() and *_text() are for people, and may.
 *
 * @param[in] kind One of MF_KIND_.
 * @return A static string such as "file" or "memfd", never NULL; "unknown" for
 *         a kind that this library does not know.
 * @safety Thread-safe. Async-signal-safe.
 * @since 1.0
 */
MF_API const char *mf_kind_name(uint32_t kind);

/** @} */

/**
 * @defgroup iter Walking
 * @brief Open an iterator on a process, step through its mappings, find the one at an
 *        address.
 *
 * One iterator serves one thread at a time; distinct iterators are independent.
 * An iterator may be handed from one thread to another. It holds a few
 * close-on-exec descriptors, never 0, 1 or 2, until mf_iter_close(). After fork(2)
 * both processes share these and their file offsets: use it in one of the two
 * only, and close it in the other. What is loaded (tables, scans, modules) holds
 * none, and both may use it.
 *
 * Addresses never go backwards and never overlap. 0 from mf_next() means that
 * the list is complete: it is believed only after the address space was found
 * alive, so a process that exits or execs in the middle is never mistaken for
 * one with fewer mappings.
 * @{
 */

/** An iterator over one process: mf_iter_open() makes it, mf_iter_close() releases it. */
struct mf_iter;

#define MF_ITER_ALL		0x1	/**< Every mapping: anonymous ones, heap, stack, vdso and [vsyscall] too. */
#define MF_ITER_STREAM		0x2	/**< Mapped files in constant memory: cheaper, not one instant's picture, but nothing that stayed mapped is missed. */
#define MF_ITER_STAT		0x4	/**< Fill the st_ fields and open_mode where the caller is allowed to see them. */
#define MF_ITER_OPEN_FDS	0x8	/**< Open each object as mf_open_fd() without flags does; mf_mapping::fd, and with it fd_error, fd_rung and fd_sure. Mappings of one file behind each other may get the same descriptor, its position where it was left: use pread(2). */
#define MF_ITER_SHARED		0x10	/**< Only mappings that may be shared ('s' in maps). */
#define MF_ITER_RUN_NAMES	0x20	/**< Of mappings of one file (device and inode) that lie behind each other, ask for the name once: up to twice as fast for mapped files where PROCMAP_QUERY serves. The others have #MF_MAPPING_NAME_CARRIED, and a name that is wrong if somebody mapped one file by two names (hard links, other mounts, twins of btrfs subvolumes or overlay layers) side by side. */

#define MF_SOURCE_AUTO		0	/**< The library chooses. */
#define MF_SOURCE_MAP_FILES	1	/**< The directory map_files, read in one batch: mapped files only. Since Linux 3.3, without privilege 4.3. */
#define MF_SOURCE_QUERY		2	/**< The PROCMAP_QUERY ioctl. Since Linux 6.11. */
#define MF_SOURCE_MAPS		3	/**< The text of maps. */
#define MF_SOURCE_CORE		4	/**< An ELF core: mf_iter_open_core(); cannot be asked for. */

/**
 * @brief Options of mf_iter_open(): zero it, set size, set what you need.
 * @since 1.0
 */
struct mf_iter_opts {
	uint32_t size;		/**< `sizeof(struct mf_iter_opts)`. */
	uint32_t flags;		/**< MF_ITER_ bits. */
	uint32_t source;	/**< One of MF_SOURCE_; a source that is named serves, or mf_iter_open() fails. */
	uint32_t prot;		/**< Only mappings with all these MF_PROT_ bits; 0 = any. One whose protection could not be learnt is listed too. */
	uint64_t from;		/**< Only mappings that touch [from, to); 0, 0 = all; an empty range = none. */
	uint64_t to;		/**< See from; must not be below it: UINT64_MAX for all from there on. */
	const char *proc_root;	/**< Another procfs mount, or a saved tree that holds PID/maps; NULL = "/proc". With mf_iter_open_core() where files are looked for; NULL = "/". */
	uint64_t reserved;	/**< 0. Without it the struct would end in padding where a pointer has 32 bits. */
};

/**
 * @brief Open an iterator on a process.
 *
 * By default it walks the mapped files: map_files is read in one batch, so the
 * list is one instant's picture; where map_files is absent or refused, as
 * #MF_ITER_STREAM. The process is pinned: a recycled pid is never taken for it.
 * A process whose main thread has exited is read through a living thread. A
 * kernel thread has no mappings.
 *
 * @param[in]  pid      The process, or one of its threads; 0 means the caller.
 * @param[in]  opts     Options, or NULL for the defaults.
 * @param[out] ret_iter The iterator, owned by the caller, who releases it with
 *                      mf_iter_close().
 * @retval 0           Success.
 * @retval -EINVAL     A NULL @p ret_iter, a negative @p pid, an unknown flag,
 *                     protection or source, a size below the first version's, from above to,
 *                     or two of #MF_SOURCE_MAP_FILES, #MF_ITER_ALL and
 *                     #MF_ITER_STREAM at once.
 * @retval -E2BIG      Unknown bytes of @p opts are not zero, or size is above 4096.
 * @retval -ESRCH      No such process, it is hidden, or it is a zombie.
 * @retval -EACCES     The caller may not inspect that process.
 * @retval -EPERM      As -EACCES.
 * @retval -EOPNOTSUPP The source asked for is not there.
 * @retval -EAGAIN     map_files was asked for and changed faster than it could
 *                     be read whole.
 * @retval -ENOENT     proc_root does not exist.
 * @retval -ENOTDIR    proc_root is no directory.
 * @retval -ENOMEM     Not enough memory.
 * @retval -EMFILE     No descriptor is left; -ENFILE likewise.
 * @retval -EPROTO     The saved tree holds something else than a file.
 * @note Needs no privilege for a process of the same user.
 * @par Example
 * @snippet list.c list
 * @safety Thread-safe. Not async-signal-safe: it allocates.
 * @since 1.0
 */
MF_API int mf_iter_open(int pid, const struct mf_iter_opts *opts,
			struct mf_iter **ret_iter);

/**
 * @brief Open an iterator on the process that a pidfd refers to.
 * @param[in]  pidfd    From pidfd_open(2), clone(2) or the like; stays the caller's
 *                      and may be closed as soon as this returns.
 * @param[in]  opts     Options, or NULL for the defaults; proc_root must be a procfs.
 * @param[out] ret_iter The iterator, owned by the caller.
 * @retval 0           Success.
 * @retval -EBADF      @p pidfd is not open, or is no pidfd.
 * @retval -ESRCH      That process is gone, or not visible in this procfs.
 * @retval -EOPNOTSUPP proc_root is a saved tree, or the kernel is older than 5.3.
 * @retval -EINVAL     As mf_iter_open(), which has the other errors too.
 * @par Example
 * @snippet pidfd.c pidfd
 * @safety Thread-safe. Not async-signal-safe: it allocates.
 * @since 1.0
 */
MF_API int mf_iter_open_pidfd(int pidfd, const struct mf_iter_opts *opts,
			      struct mf_iter **ret_iter);

/**
 * @brief Open an iterator on a process that is no more: an ELF core.
 *
 * The same mappings with the same calls: NT_FILE gives the files' names and
 * offsets, the segments give the rest. 32- and 64-bit, of either byte order.
 * A core knows no device and inode, not what was shared, and without a segment
 * no protection (mf_mapping::has says so): gdb writes no segment for what it
 * can find in the file. Of memory without a file #MF_KIND_VDSO, #MF_KIND_STACK and #MF_KIND_VSYSCALL are
 * told from #MF_KIND_ANON, and whether a name's " (deleted)" is the kernel's
 * mark is not known. What NT_FILE and the segments say of one range is one
 * mapping: it ends where either does.
 *
 * mf_open_fd() looks for the file by its name, below mf_iter_opts::proc_root as
 * a system root if that is given, and compares its build id with the one in the
 * core, or if that has none there the ELF header: #MF_SURE_BUILD_ID,
 * #MF_SURE_NAME where the core holds neither, or -ESTALE. mf_read() reads what
 * the core holds, and no file in its place.
 *
 * @param[in]  core_fd  The core, open for reading; a regular file. Stays the
 *                      caller's and may be closed as soon as this returns.
 * @param[in]  opts     Options, or NULL for the defaults; source must be
 *                      #MF_SOURCE_AUTO. #MF_ITER_STREAM makes no difference.
 * @param[out] ret_iter The iterator, owned by the caller.
 * @retval 0           Success.
 * @retval -EBADF      @p core_fd is not open for reading.
 * @retval -EPROTO     It is no ELF core, or its headers contradict each other; segments that are not in order of address are
 *                     a contradiction, as ELF has it.
 * @retval -EOPNOTSUPP #MF_ITER_SHARED was given: a core does not tell.
 * @retval -ENODATA    A core without NT_FILE: kernels before 3.7 wrote such.
 * @retval -ENOMEM     Not enough memory.
 * @retval -EINVAL     It is no regular file: a core from a pipe must be written to one
 *                     first. Else as mf_iter_open(), which has the other errors too.
 * @note A core that is cut off at its end is walked as far as it goes;
 *       mf_iter_report() then lacks #MF_REPORT_COMPLETE at the end, and
 *       mf_next() returns -EPROTO there. The kernel writes NT_FILE first, gcore last:
 *       without it nothing is known of files, and of such a core nothing is listed.
 * @par Example
 * @snippet core.c core
 * @safety Thread-safe. Not async-signal-safe: it allocates.
 * @since 1.0
 */
MF_API int mf_iter_open_core(int core_fd, const struct mf_iter_opts *opts,
			     struct mf_iter **ret_iter);

/**
 * @brief The pid of the process, as this procfs shows it.
 * @param[in] iter The iterator.
 * @return The pid, or that of the thread that was asked for; the caller's own for 0.
 *         Once the process is reaped the kernel may give it to another. Or a negative errno:
 * @retval -ENODATA A core: no process is left that it could name.
 * @retval -EINVAL  NULL.
 * @safety One thread at a time for each iterator. Async-signal-safe.
 * @since 1.0
 */
MF_API int mf_iter_pid(const struct mf_iter *iter);

/**
 * @brief Which source serves this iterator.
 * @param[in] iter The iterator.
 * @return One of MF_SOURCE_, never #MF_SOURCE_AUTO; -EINVAL for NULL.
 * @safety One thread at a time for each iterator. Async-signal-safe.
 * @since 1.0
 */
MF_API int mf_iter_source(const struct mf_iter *iter);

/**
 * @brief A short lower-case name for a source.
 * @param[in] source One of MF_SOURCE_.
 * @return A static string, never NULL: "auto", "map_files", "query", "maps", "core" or "unknown".
 * @safety Thread-safe. Async-signal-safe.
 * @since 1.0
 */
MF_API const char *mf_source_name(uint32_t source);

/**
 * @brief Step to the next mapping, in address order.
 *
 * Does not allocate, save to grow for a name longer than any seen. After an
 * error the same error is returned again.
 *
 * @param[in]  iter        The iterator.
 * @param[out] ret_mapping The mapping, owned by @p iter: it and its strings live
 *                         as long as struct mf_mapping says. Unchanged unless 1 is returned.
 * @retval 1       A mapping was returned.
 * @retval 0       There are no more: the list is complete.
 * @retval -ESRCH  The process exited meanwhile: the list is cut off.
 * @retval -ESTALE The process exec'ed meanwhile: the memory listed is gone. A
 *                 child of vfork(2), whose address space lives on in its parent,
 *                 is noticed to have done so within 10 ms.
 * @retval -EPROTO The text is not understood, or cut off in mid-line; or the core is cut off.
 * @retval -ENOMEM A line of text is longer than memory allows.
 * @retval -EMFILE No descriptor was left to see whether the process is alive; -ENFILE likewise.
 * @retval -EINVAL A NULL argument.
 * @safety One thread at a time for each iterator.
 *         Async-signal-safe for an iterator of mf_iter_open_in().
 * @since 1.0
 */
MF_API int mf_next(struct mf_iter *iter, const struct mf_mapping **ret_mapping);

/**
 * @brief Find the mapping that holds an address, as it is now.
 *
 * Asks the kernel anew, whatever the walk's filters are and wherever it stands;
 * the walk goes on undisturbed.
 *
 * @param[in]  iter        The iterator.
 * @param[in]  addr        An address of the target.
 * @param[out] ret_mapping As for mf_next().
 * @retval 1       Found.
 * @retval 0       Nothing is mapped there; @p ret_mapping is unchanged.
 * @retval -ESRCH  The process exited.
 * @retval -ESTALE The process exec'ed since mf_iter_open(). A child of vfork(2),
 *                 whose address space lives on in its parent, is noticed to have
 *                 done so within 10 ms.
 * @retval -EINVAL A NULL argument.
 * @par Example
 * @snippet find.c find
 * @safety One thread at a time for each iterator.
 *         Async-signal-safe for an iterator of mf_iter_open_in().
 * @since 1.0
 */
MF_API int mf_find(struct mf_iter *iter, uint64_t addr,
		   const struct mf_mapping **ret_mapping);

#define MF_REPORT_COMPLETE	0x1	/**< mf_next() returned 0: all was listed. */
#define MF_REPORT_SNAPSHOT	0x2	/**< The list is one instant's picture. */
#define MF_REPORT_RACED		0x4	/**< The address space changed in a way that shows: n_clamped, n_partial or n_vanished is not 0. */

/**
 * @brief How a walk went.
 *
 * Owned by the iterator, valid until mf_iter_close(), and filled again by each
 * mf_iter_report(); grows at its end only.
 * @since 1.0
 */
struct mf_iter_report {
	uint64_t n_mappings;	/**< Mappings returned so far. */
	uint64_t n_clamped;	/**< Ranges that the kernel repeated or merged: cut to what was new, or left out. */
	uint64_t n_partial;	/**< Listed ranges that were split, merged or replaced before their details were read. */
	uint64_t n_vanished;	/**< Listed ranges that were unmapped before their details were read. */
	uint64_t n_retries;	/**< Lists that were thrown away because they might not have been whole. */
	uint32_t source;	/**< One of MF_SOURCE_. */
	uint32_t flags;		/**< MF_REPORT_ bits. */
};

/**
 * @brief The verdict on a walk: complete, clean or raced.
 * @param[in]  iter       The iterator, in mid-walk or at the end.
 * @param[out] ret_report Owned by @p iter, valid until it is closed; each call fills it again.
 * @retval 0       Success.
 * @retval -EINVAL A NULL argument.
 * @safety One thread at a time for each iterator. Async-signal-safe.
 * @since 1.0
 */
MF_API int mf_iter_report(struct mf_iter *iter, const struct mf_iter_report **ret_report);

/** Memory that is enough for mf_iter_open_in(), in bytes; more holds a longer list of mapped files. */
#define MF_ITER_MEMORY 65536

/**
 * @brief As mf_iter_open(), in memory that the caller provides.
 *
 * For crash handlers. Neither this function nor any other on the iterator
 * allocates, takes a lock, uses stdio or changes errno, but mf_table_open(),
 * mf_table_refresh() and mf_modules_open(), and mf_module_open_fd() is not promised
 * to be so: all others are async-signal-safe, for the caller's own process and for
 * others.
 * Where the memory is too small for the list of map_files, the walk is as with
 * #MF_ITER_STREAM; a line of text that does not fit ends it with -ENOMEM.
 *
 * @param[in]  memory   At least #MF_ITER_MEMORY bytes of any alignment; the
 *                      caller's again after mf_iter_close(), which must be
 *                      called for the descriptors' sake.
 * @param[in]  size     Bytes in @p memory.
 * @param[in]  pid      As for mf_iter_open().
 * @param[in]  opts     As for mf_iter_open().
 * @param[out] ret_iter The iterator.
 * @retval 0       Success.
 * @retval -ENOMEM @p size is too small.
 * @retval -EINVAL A NULL @p memory; else as mf_iter_open(), which has the other
 *                 errors too.
 * @note Needs about 16 KiB of stack. A program that links the static library
 *       must bind its symbols at start (`-z now`) for the calls to be
 *       async-signal-safe, as the shared one does.
 * @par Example
 * @snippet crash-handler.c handler
 * @safety Thread-safe. Async-signal-safe.
 * @since 1.0
 */
MF_API int mf_iter_open_in(void *memory, uint64_t size, int pid,
			   const struct mf_iter_opts *opts, struct mf_iter **ret_iter);

/**
 * @brief Begin the walk anew, on the same process in the same address space.
 *
 * Cheaper than another mf_iter_open(), and a recycled pid cannot slip in. The
 * report starts anew too, and so does the choice of the source where none was
 * named: map_files is tried again, and mf_iter_source() may answer otherwise.
 *
 * @param[in] iter The iterator, in mid-walk, at its end or after an error. On
 *                 failure mf_next() returns the same until another rewind succeeds.
 * @retval 0       Success.
 * @retval -ESRCH  The process exited.
 * @retval -ESTALE The process exec'ed since mf_iter_open().
 * @retval -EINVAL NULL.
 * @retval -EAGAIN As for mf_iter_open(), which has the other errors too.
 * @safety One thread at a time for each iterator.
 *         Async-signal-safe for an iterator of mf_iter_open_in().
 * @since 1.0
 */
MF_API int mf_iter_rewind(struct mf_iter *iter);

/**
 * @brief Release an iterator and all it owns.
 * @param[in] iter The iterator; NULL is fine. The mappings it returned die with it.
 * @safety One thread at a time for each iterator.
 *         Async-signal-safe for an iterator of mf_iter_open_in().
 * @since 1.0
 */
MF_API void mf_iter_close(struct mf_iter *iter);

/** @} */

/**
 * @defgroup open Opening
 * @brief Open the object behind a mapping.
 *
 * Never the wrong file and never a hang: an object is first looked at through
 * an O_PATH descriptor, which has no effect on it, and only a regular file is
 * then opened for data. That, as any open(2), is seen by inotify(7) and makes
 * the holder of a lease give it up; #MF_OPEN_PATH is not.
 * @{
 */

#define MF_OPEN_AS_MAPPED	0x1	/**< Open for reading, writing or both, as the mapped file was opened; default: for reading. */
#define MF_OPEN_PATH		0x2	/**< An O_PATH descriptor, of an object of any type: for fstat(2), never touched. */
#define MF_OPEN_ANY_TYPE	0x4	/**< Open what is no regular file too: may call a driver, may have side effects. */
#define MF_OPEN_DIRECT		0x8	/**< Through map_files or not at all. */
#define MF_OPEN_COPY		0x10	/**< Last resort: a sealed memfd with the mapping's bytes from the target's memory. */
#define MF_OPEN_MAY_BLOCK	0x20	/**< Open on file systems whose server may never answer (FUSE, NFS, ...) too. */
#define MF_OPEN_EXACT		0x40	/**< Only what is #MF_SURE_EXACT: -ESTALE where no more than a match is found. */

#define MF_RUNG_MAP_FILES	1	/**< The link in map_files. */
#define MF_RUNG_EXE		2	/**< /proc/PID/exe. */
#define MF_RUNG_FD		3	/**< A descriptor in /proc/PID/fd. */
#define MF_RUNG_PATH		4	/**< The path, under /proc/PID/root. */
#define MF_RUNG_COPY		5	/**< A copy from the target's memory. */

/* No order: compare for equality, and take one that you do not know for the weakest. */
#define MF_SURE_EXACT		1	/**< It is the mapped object. */
#define MF_SURE_MATCHING	2	/**< Device and inode are equal, and so is what was compared of the content, where two objects can share them (btrfs, overlayfs, FUSE; memfd without map_files). */
#define MF_SURE_COPY		3	/**< A copy of the bytes that the target sees. */
#define MF_SURE_BUILD_ID	4	/**< Of a core: the file of that name has the same build id. */
#define MF_SURE_NAME		5	/**< Of a core or a saved tree: the file of that name, and nothing speaks against it; a core of a program without build id has the same ELF header. */

/**
 * @brief A short lower-case name for a rung.
 * @param[in] rung One of MF_RUNG_.
 * @return A static string, never NULL: "map_files", "exe", "fd", "path", "copy" or "unknown".
 * @safety Thread-safe. Async-signal-safe.
 * @since 1.0
 */
MF_API const char *mf_rung_name(uint32_t rung);

/**
 * @brief A short lower-case name for how far an object is proven.
 * @param[in] sure One of MF_SURE_.
 * @return A static string, never NULL: "exact", "matching", "copy", "build-id", "name" or
 *         "unknown".
 * @safety Thread-safe. Async-signal-safe.
 * @since 1.0
 */
MF_API const char *mf_sure_name(uint32_t sure);

/**
 * @brief A range of addresses or of offsets, [start, end).
 *
 * It never grows: it is handed out as an array.
 * @since 1.0
 */
struct mf_range {
	uint64_t start;	/**< First byte. */
	uint64_t end;	/**< First byte past the end. */
};

/**
 * @brief How the last successful mf_open_fd() of an iterator got its descriptor.
 *
 * Owned by the iterator; it and its holes are valid until the next mf_open_fd() or
 * mf_module_open_fd() on it, or mf_iter_close(); grows at its end only.
 * @since 1.0
 */
struct mf_open_info {
	uint32_t rung;		/**< One of MF_RUNG_: what answered. */
	uint32_t sure;		/**< One of MF_SURE_: how far it is proven to be the mapped object. */
	uint64_t n_retries;	/**< How often the range had to be asked anew. */
	uint64_t n_holes;	/**< Ranges in holes. */
	const struct mf_range *holes;	/**< With #MF_RUNG_COPY: offsets in the copy that are zero because they could not be read; of shared memory also what is not in the process's own page tables, whatever the object has there. */
};

/**
 * @brief Open the very object that a mapping maps.
 *
 * Works by address: when the mapping was split or merged since it was listed,
 * its range is asked anew, a bounded number of times. Where the link may not be
 * followed, other ways are tried in turn (the MF_RUNG_ constants); the result
 * of each is checked to be the mapped object before it is handed out. How far that
 * could be proven mf_open_info() tells (the MF_SURE_ constants).
 *
 * Of a core or a saved tree only the name is left. It is looked up without
 * following a symlink, since the kernel's names have none, and what is found is
 * #MF_SURE_BUILD_ID or #MF_SURE_NAME. A name that ends in " (deleted)" led
 * nowhere any more, or is a file's own: what has that name now, with or without
 * the mark, is handed out only if its build id is that in the core.
 * #MF_OPEN_COPY gives what the core holds of the mapping.
 *
 * @param[in] iter    The iterator that returned @p mapping.
 * @param[in] mapping What to open: from mf_next() or mf_find(), or a copy that
 *                    the caller made, whose path is not looked at.
 * @param[in] flags   MF_OPEN_ bits; 0: a regular file, for reading.
 * @return A new close-on-exec descriptor, at least 3, owned by the caller, who
 *         closes it with close(2); or a negative errno:
 * @retval -ENXIO      There is no object (anonymous memory), or it is no regular
 *                     file and neither #MF_OPEN_PATH nor #MF_OPEN_ANY_TYPE was given.
 * @retval -ESTALE     The mapping is gone, all that was found is another object, or
 *                     #MF_OPEN_EXACT was given and it cannot be proven to be the same.
 * @retval -EPERM      Following the link needs CAP_CHECKPOINT_RESTORE in the initial
 *                     user namespace, and no other way led to the object.
 * @retval -EACCES     The caller may not inspect the process, or not open the file.
 * @retval -EAGAIN     The mapping changed faster than it could be opened, or another
 *                     process holds a lease on the file.
 * @retval -EREMOTE    Its file system may have to ask a server that never answers, and
 *                     #MF_OPEN_MAY_BLOCK was not given.
 * @retval -ESRCH      The process exited.
 * @retval -EOPNOTSUPP There is no map_files and no other way led to the object; or
 *                     a core or a saved tree and #MF_OPEN_DIRECT, or a name that
 *                     is not known for sure.
 * @retval -ENOENT     A core or a saved tree: no file has that name.
 * @retval -EIO        #MF_OPEN_COPY: not one byte can be read.
 * @retval -EFBIG      #MF_OPEN_COPY: the mapping is larger than 1 TiB.
 * @retval -EMFILE     No descriptor is left; -ENFILE likewise.
 * @retval -EINVAL     A NULL argument, an unknown flag, or two that contradict each other:
 *                     #MF_OPEN_COPY with #MF_OPEN_DIRECT, #MF_OPEN_PATH or
 *                     #MF_OPEN_EXACT, or #MF_OPEN_PATH with #MF_OPEN_AS_MAPPED.
 * @par Example
 * @snippet open.c open
 * @safety One thread at a time for each iterator.
 *         Async-signal-safe for an iterator of mf_iter_open_in().
 * @since 1.0
 */
MF_API int mf_open_fd(struct mf_iter *iter, const struct mf_mapping *mapping,
		      uint32_t flags);

/**
 * @brief How the last successful mf_open_fd() on an iterator got its descriptor.
 * @param[in]  iter     The iterator.
 * @param[out] ret_info Owned by @p iter, valid until the next mf_open_fd() or
 *                      mf_module_open_fd() on it.
 * @retval 0       Success.
 * @retval -ENOENT Nothing was opened yet.
 * @retval -EINVAL A NULL argument.
 * @par Example
 * @snippet core.c sure
 * @safety One thread at a time for each iterator.
 *         Async-signal-safe for an iterator of mf_iter_open_in().
 * @since 1.0
 */
MF_API int mf_open_info(const struct mf_iter *iter,
			const struct mf_open_info **ret_info);

/** @} */

/**
 * @defgroup read Reading memory
 * @brief Read the memory of a process.
 * @{
 */

/**
 * @brief Read bytes of the process's memory by address.
 *
 * Through /proc/PID/mem, opened at the first call and kept: it stays with the
 * address space, so that no byte of another image or of a recycled pid's process
 * is ever read. Of a core what it holds. Stops nothing, and the walk goes on
 * undisturbed. Protection bits do not matter, what is mapped without
 * #MF_PROT_READ is read too, unless the kernel was told to let only debuggers do
 * so (proc_mem.force_override, since Linux 6.12). Pages that were never touched
 * are read as what they would show.
 *
 * @param[in]  iter The iterator.
 * @param[in]  addr An address of the target.
 * @param[out] buf  Where to; bytes past the count returned are not changed. After
 *                  an error its bytes may have changed.
 * @param[in]  size How many; 0 tells whether reading is allowed, and @p buf may be NULL.
 * @return How many bytes could be read from @p addr on: fewer than @p size where
 *         the memory ends, where a page cannot be read (beyond the end of a
 *         file, guard pages, device memory), or where a core left it out.
 *         0: not one. Or a negative errno:
 * @retval -EACCES     The caller may not read that process's memory; see
 *                     #MF_ACCESS_MEMORY.
 * @retval -EPERM      As -EACCES.
 * @retval -ESRCH      The process exited.
 * @retval -ESTALE     The process exec'ed since mf_iter_open().
 * @retval -EOPNOTSUPP The iterator reads a saved tree.
 * @retval -EMFILE     No descriptor is left for the first call; -ENFILE likewise.
 * @retval -EINVAL     A NULL argument.
 * @note May wait where a userfaultfd, FUSE or NFS serves the page, as the target
 *       itself would.
 * @par Example
 * @snippet peek.c read
 * @safety One thread at a time for each iterator. Async-signal-safe.
 * @since 1.0
 */
MF_API int64_t mf_read(struct mf_iter *iter, uint64_t addr, void *buf, uint64_t size);

/** @} */

/**
 * @defgroup remap Restoring
 * @brief Map in the caller what another process maps.
 *
 * The same object, so that a write in one is seen in the other, at the same
 * offset, with the same length, protection and sharing. Not replicated are
 * MAP_NORESERVE, MAP_LOCKED and the like, and what madvise(2), mlock(2) and
 * mbind(2) did to the target's mapping.
 *
 * A shared mapping that is not writable, of an object that the target opened
 * for writing, is made with a descriptor for writing where that is allowed: then
 * mprotect(2) can make it writable, as it can in the target.
 *
 * What is looked at is what is there at that moment. A target that runs may
 * write to a private mapping right after it was found clean: stop it first.
 * @{
 */

#define MF_REMAP_AT		0x1	/**< At mf_remap_opts::addr or not at all; nothing that is mapped there is touched. */
#define MF_REMAP_REPLACE	0x2	/**< With #MF_REMAP_AT: what is mapped there is unmapped. */
#define MF_REMAP_CLIP		0x4	/**< Of a mapping longer than its object only the part that has the object behind it. */
#define MF_REMAP_OBJECT_ONLY	0x8	/**< Of a private mapping the object's bytes, though the target has private pages of its own. */
#define MF_REMAP_MATCHING	0x10	/**< Accept #MF_SURE_MATCHING, not only #MF_SURE_EXACT. */
#define MF_REMAP_MAY_BLOCK	0x20	/**< As #MF_OPEN_MAY_BLOCK. */

/**
 * @brief Options of mf_remap(): zero it, set size, set what you need.
 * @since 1.0
 */
struct mf_remap_opts {
	uint32_t size;		/**< `sizeof(struct mf_remap_opts)`. */
	uint32_t flags;		/**< MF_REMAP_ bits. */
	uint64_t addr;		/**< Where, with #MF_REMAP_AT: a multiple of the page size. */
};

#define MF_REFUSAL_NONE		0	/**< Nothing is in the way. */
#define MF_REFUSAL_NO_OBJECT	1	/**< Private memory: nothing is behind it. -ENXIO */
#define MF_REFUSAL_AIO		2	/**< An AIO ring belongs to its address space: io_setup(2) makes a new one. -ENXIO */
#define MF_REFUSAL_SOCKET	3	/**< A socket's ring: nothing but the socket itself can map it; pidfd_getfd(2). -ENXIO */
#define MF_REFUSAL_ANON_INODE	4	/**< io_uring, perf event, bpf map, dma-buf, KVM: nothing but its own descriptor can map it; pidfd_getfd(2). -ENXIO */
#define MF_REFUSAL_SECRET	5	/**< memfd_secret(2): cannot be opened. -ENXIO */
#define MF_REFUSAL_DEVICE	6	/**< A device: opening it is another session with its driver. -ENXIO */
#define MF_REFUSAL_PRIVATE	7	/**< The target has private pages there: its bytes are not the object's; #MF_REMAP_OBJECT_ONLY. -EOPNOTSUPP */
#define MF_REFUSAL_PRIVATE_UNKNOWN	8	/**< Whether there are private pages may not be looked at; #MF_REMAP_OBJECT_ONLY. -EOPNOTSUPP */
#define MF_REFUSAL_TOO_SHORT	9	/**< The object ends before the mapping does: touching the rest is SIGBUS; #MF_REMAP_CLIP. -ERANGE */
#define MF_REFUSAL_SEALED	10	/**< Sealed: no new mapping may write to it, and the target's can. -EPERM */
#define MF_REFUSAL_UNCERTAIN	11	/**< Found, but not proven to be the same object; #MF_REMAP_MATCHING. -ESTALE */
#define MF_REFUSAL_OTHER_BYTES	12	/**< Another object now answers under that identity: an overlayfs file that was copied up since. -ESTALE */
#define MF_REFUSAL_CHANGED	13	/**< The target no longer maps that there: list it anew. -ESTALE */
#define MF_REFUSAL_NOT_OPENED	14	/**< The object could not be opened in the mode needed; mf_remap_plan::error says why. */
#define MF_REFUSAL_TAKEN	15	/**< Something is mapped at the address asked for; #MF_REMAP_REPLACE. -EEXIST */
#define MF_REFUSAL_NO_ROOM	16	/**< The address is not to be had: not aligned, above the end, below mmap_min_addr, or longer than the caller's address space. */
#define MF_REFUSAL_NOT_MAPPED	17	/**< mmap(2) itself failed; mf_remap_plan::error says how. */

/**
 * @brief What it takes to map what another process maps.
 *
 * Owned by the iterator; that of mf_remap_plan() is valid until the next
 * mf_remap_plan() on it, that of mf_remap_made() until the next mf_remap(); grows at
 * its end only.
 * @since 1.0
 */
struct mf_remap_plan {
	uint64_t offset;	/**< For mmap(2), in bytes. */
	uint64_t length;	/**< For mmap(2), in bytes; with #MF_REMAP_CLIP what is left. */
	uint64_t object_size;	/**< Size of the object in bytes when it was looked at. */
	uint64_t page_size;	/**< Length and address must be multiples of it: larger than a page for huge pages. */
	uint32_t prot;		/**< MF_PROT_ bits for mmap(2). */
	uint32_t flags;		/**< #MF_MAPPING_SHARED: MAP_SHARED, else MAP_PRIVATE. */
	uint32_t open_mode;	/**< MF_PROT_READ, MF_PROT_WRITE: how the object is to be opened. */
	uint32_t rung;		/**< One of MF_RUNG_: what led to the object; 0 if nothing did. */
	uint32_t sure;		/**< One of MF_SURE_; 0 if nothing was opened. */
	uint32_t refusal;	/**< One of MF_REFUSAL_; #MF_REFUSAL_NONE: mf_remap() would do it. */
	int32_t error;		/**< What mf_remap() would return for that: 0 or -errno. */
	uint32_t reserved;	/**< 0. */
};

/**
 * @brief Map in the caller what another process maps.
 *
 * The object is opened in the mode needed, checked to be as long as the mapping
 * is, mapped, and looked at again: what shrank meanwhile is unmapped again and
 * refused. What another process truncates later is SIGBUS, as in the target; a
 * memfd that is sealed with F_SEAL_SHRINK cannot.
 *
 * @param[in]  iter     The iterator that returned @p mapping, on another process or
 *                      on the caller.
 * @param[in]  mapping  What to map: from mf_next() or mf_find(), or a copy that the
 *                      caller made, whose path is not looked at.
 * @param[in]  opts     Options, or NULL: wherever there is room.
 * @param[out] ret_addr Where it is mapped now, munmap(2) is the caller's;
 *                      mf_remap_plan::length bytes of mf_remap_made().
 * @retval 0           Success; mf_remap_made() tells the rest.
 * @retval -ENXIO      There is nothing that a second task could map.
 * @retval -EOPNOTSUPP It would not be the same bytes; or the iterator reads a saved tree.
 * @retval -ERANGE     The object is shorter than the mapping.
 * @retval -EPERM      Sealed; or as for mf_open_fd(), which has the other errors too.
 * @retval -ESTALE     The mapping changed, or the object could not be proven to be the same.
 * @retval -EEXIST     Something is mapped at the address asked for.
 * @retval -ENOMEM     No room in the caller's address space, too many mappings in it, or
 *                     more memory than the kernel promises.
 * @retval -EINVAL     A NULL argument, an unknown flag, an address that is not a
 *                     multiple of the page size, one or #MF_REMAP_REPLACE without
 *                     #MF_REMAP_AT, a size below the first version's, or a range that
 *                     no mapping can have.
 * @retval -ESRCH      The process exited.
 * @retval -E2BIG      Unknown bytes of @p opts are not zero, or size is above 4096.
 * @note mf_remap_made() tells which MF_REFUSAL_ a failure was.
 * @par Example
 * @snippet remap.c remap
 * @safety One thread at a time for each iterator.
 *         Async-signal-safe for an iterator of mf_iter_open_in().
 * @since 1.0
 */
MF_API int mf_remap(struct mf_iter *iter, const struct mf_mapping *mapping,
		    const struct mf_remap_opts *opts, void **ret_addr);

/**
 * @brief What mf_remap() would do, without doing it: for those who map in another task.
 *
 * Opens the object to see whether that is allowed, and closes it again. Maps
 * nothing that stays, and looks at no address, which is one of that other task:
 * #MF_REFUSAL_TAKEN, #MF_REFUSAL_NOT_MAPPED, and #MF_REFUSAL_NO_ROOM but for an
 * address that is no multiple of a huge page, are not foreseen.
 *
 * @param[in]  iter     As for mf_remap().
 * @param[in]  mapping  As for mf_remap().
 * @param[in]  opts     As for mf_remap().
 * @param[out] ret_plan Owned by @p iter, valid until the next mf_remap_plan() on it.
 * @retval 0       The plan is there, be it a refusal.
 * @retval -ESRCH  The process exited.
 * @retval -EINVAL As for mf_remap().
 * @retval -E2BIG  As for mf_remap().
 * @safety One thread at a time for each iterator.
 *         Async-signal-safe for an iterator of mf_iter_open_in().
 * @since 1.0
 */
MF_API int mf_remap_plan(struct mf_iter *iter, const struct mf_mapping *mapping,
			 const struct mf_remap_opts *opts,
			 const struct mf_remap_plan **ret_plan);

/**
 * @brief What the last mf_remap() of an iterator mapped, or why it refused.
 * @param[in]  iter     The iterator.
 * @param[out] ret_plan Owned by @p iter, valid until the next mf_remap() on it.
 * @retval 0       Success.
 * @retval -ENOENT Nothing was asked for yet.
 * @retval -EINVAL A NULL argument.
 * @safety One thread at a time for each iterator.
 *         Async-signal-safe for an iterator of mf_iter_open_in().
 * @since 1.0
 */
MF_API int mf_remap_made(const struct mf_iter *iter,
			 const struct mf_remap_plan **ret_plan);

/**
 * @brief One plain sentence for a refusal: why, and what would help.
 * @param[in] refusal One of MF_REFUSAL_.
 * @return A static string, never NULL, not to be freed.
 * @safety Thread-safe. Async-signal-safe.
 * @since 1.0
 */
MF_API const char *mf_refusal_text(uint32_t refusal);

/** @} */

/**
 * @defgroup table Tables
 * @brief A whole list in memory, for those who ask it again and again.
 *
 * 32 bytes a mapping, 8 more once mf_table_find_object() was asked, and what they
 * have in common once: each name, and 48 bytes for each object. A table is read by any number of threads at once;
 * mf_table_refresh() and mf_table_next_change() want it alone. It needs neither
 * iterator nor process once it is loaded.
 * @{
 */

/** A list in memory: mf_table_open() makes it, mf_table_close() releases it. */
struct mf_table;

/**
 * @brief Load what an iterator walks.
 * @param[in]  iter      Any iterator; it is rewound, walked to its end, and
 *                       stays the caller's. Its options say what is listed; the
 *                       st_ fields and fds of #MF_ITER_STAT and
 *                       #MF_ITER_OPEN_FDS are not kept: #MF_HAS_STAT is not set.
 * @param[in]  flags     0: there are none yet.
 * @param[out] ret_table The table, owned by the caller, who releases it with
 *                       mf_table_close().
 * @retval 0       Success: the list is complete.
 * @retval -ENOMEM Not enough memory.
 * @retval -EINVAL A NULL argument or an unknown flag.
 * @return Else as mf_next() and mf_iter_rewind().
 * @par Example
 * @snippet table.c table
 * @safety One thread at a time for each iterator.
 *         Not async-signal-safe: it allocates.
 * @since 1.0
 */
MF_API int mf_table_open(struct mf_iter *iter, uint32_t flags, struct mf_table **ret_table);

/**
 * @brief How many mappings it holds.
 * @param[in] table The table.
 * @return The number; 0 for NULL.
 * @safety Any number of threads may read a table at once. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API uint64_t mf_table_count(const struct mf_table *table);

/**
 * @brief One mapping, by index in address order.
 * @param[in]  table       The table.
 * @param[in]  index       From 0.
 * @param[out] ret_mapping The caller's struct, filled; its path is the table's and
 *                         lives until mf_table_refresh() or mf_table_close().
 * @param[in]  size        `sizeof(struct mf_mapping)`: no more is written; fields
 *                         that this library does not know are cleared.
 * @retval 1       Found.
 * @retval 0       @p index is not below mf_table_count().
 * @retval -EINVAL A NULL argument, or a size below that of the first version or
 *                 above 4096.
 * @safety Any number of threads may read a table at once. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API int mf_table_get(const struct mf_table *table, uint64_t index,
			struct mf_mapping *ret_mapping, uint32_t size);

/**
 * @brief The mapping that holds an address, in O(log n).
 * @param[in]  table     The table.
 * @param[in]  addr      An address of the target.
 * @param[out] ret_index For mf_table_get().
 * @retval 1       Found.
 * @retval 0       Nothing was mapped there.
 * @retval -EINVAL A NULL argument.
 * @par Example
 * @snippet table.c find
 * @safety Any number of threads may read a table at once. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API int mf_table_find(const struct mf_table *table, uint64_t addr, uint64_t *ret_index);

/**
 * @brief The mappings that show a byte of an object, in address order.
 *
 * By the numbers in maps, which may be those of several files on btrfs and
 * overlayfs: compare the names. In O(log n), times the number of different
 * offsets at which mappings of the object that overlap there begin; but the first
 * call after loading or refreshing sorts them.
 *
 * @param[in]  table     The table.
 * @param[in]  like      Device and inode of this one, and its offset: the byte that
 *                       is looked for.
 * @param[in]  from      Index to look from: 0, then one more than the last found.
 * @param[out] ret_index For mf_table_get().
 * @retval 1       Found.
 * @retval 0       There is none from there on; anonymous memory has no object.
 * @retval -ENOMEM Not enough memory to sort them.
 * @retval -EINVAL A NULL argument, or @p like lacks #MF_HAS_DEV or #MF_HAS_OFFSET.
 * @safety Any number of threads may read a table at once. Not async-signal-safe: it
 *         may allocate.
 * @since 1.0
 */
MF_API int mf_table_find_object(const struct mf_table *table, const struct mf_mapping *like,
				uint64_t from, uint64_t *ret_index);

#define MF_CHANGE_ADDED		1	/**< Was not there. */
#define MF_CHANGE_REMOVED	2	/**< Is no longer there. */
#define MF_CHANGE_MODIFIED	3	/**< Begins at the same address in the same object, and something else of it changed. */

#define MF_DIFFERS_END		0x1	/**< It grew or shrank. */
#define MF_DIFFERS_PROT		0x2	/**< Protection or sharing. */
#define MF_DIFFERS_OFFSET	0x4	/**< Offset in the object. */
#define MF_DIFFERS_NAME		0x8	/**< Name or kind: renamed, deleted, named by prctl(2). */
#define MF_DIFFERS_PART		0x10	/**< With #MF_CHANGE_ADDED and #MF_CHANGE_REMOVED: its bytes are not all new or gone. */

/**
 * @brief One difference between two states of a table.
 *
 * A mapping is known by where it begins and by its object, which is device,
 * inode and kind, or for what has none that it is private memory. If both are as
 * before it is #MF_CHANGE_MODIFIED, else one is #MF_CHANGE_REMOVED and another
 * #MF_CHANGE_ADDED, in this order where both begin at the same address. So who
 * keeps a list of his own by start, deletes, replaces and inserts, has the
 * table's.
 *
 * mprotect(2) splits and merges mappings, and then some begin where none began
 * before. #MF_DIFFERS_PART tells these from new memory: what was added shows
 * at its start or its end bytes that `before` showed there, and what was removed
 * is at its start or its end now shown by `after`; the other MF_DIFFERS_ bits say
 * what else differs between the two. So a stack that grew is one that is removed
 * and one that is added, each a part. A mapping may be in several differences.
 *
 * What one of the two states does not know is not compared (mf_mapping::has);
 * a range that vanished while it was listed has no object that is known, and is
 * like no other. A file that is
 * replaced by one with the same inode number and kind, as a deleted file's
 * successor or a twin on btrfs, is seen as renamed. What was mapped and unmapped
 * in between, or replaced and put back, is not seen. Ranges with
 * #MF_MAPPING_RACED may be cut: the next refresh shows them as they are.
 *
 * Owned by the table, valid until the next call of mf_table_next_change() or
 * mf_table_refresh(); the paths until the latter. Grows at its end only.
 * @since 1.0
 */
struct mf_change {
	uint32_t action;	/**< One of MF_CHANGE_. */
	uint32_t differs;	/**< MF_DIFFERS_ bits; 0 for what is all new or all gone. */
	const struct mf_mapping *before;	/**< NULL with #MF_CHANGE_ADDED without #MF_DIFFERS_PART. */
	const struct mf_mapping *after;	/**< NULL with #MF_CHANGE_REMOVED without #MF_DIFFERS_PART. */
};

/**
 * @brief Load anew, and keep the difference.
 *
 * All or nothing: on failure the table is as it was, and there are no
 * differences. What was neither added, removed nor changed costs the reading
 * alone: nothing is allocated for it. Memory that was used for mappings and
 * names that are gone is used again.
 *
 * @param[in] table The table.
 * @param[in] iter  As for mf_table_open(): the same iterator or another with the
 *                  same options. It may be another process's: after an exec, or to
 *                  compare two.
 * @retval 0       Success; mf_table_next_change() gives the differences.
 * @retval -EINVAL A NULL argument, or the iterator has other options.
 * @return Else as mf_table_open().
 * @par Example
 * @snippet table.c refresh
 * @safety One thread, and nobody reads the table meanwhile. Not
 *         async-signal-safe: it allocates.
 * @since 1.0
 */
MF_API int mf_table_refresh(struct mf_table *table, struct mf_iter *iter);

/**
 * @brief Step through what the last mf_table_refresh() found, in address order.
 * @param[in]  table      The table.
 * @param[out] ret_change Owned by @p table, valid until the next call of this or
 *                        of mf_table_refresh().
 * @retval 1       A difference.
 * @retval 0       There are no more.
 * @retval -EINVAL A NULL argument.
 * @safety One thread, and nobody refreshes the table meanwhile. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API int mf_table_next_change(struct mf_table *table, const struct mf_change **ret_change);

/**
 * @brief Release a table and all it owns.
 * @param[in] table The table; NULL is fine.
 * @safety The last use of the table, by one thread. Not async-signal-safe: it frees.
 * @since 1.0
 */
MF_API void mf_table_close(struct mf_table *table);

/** @} */

/**
 * @defgroup modules Modules
 * @brief The ELF files that are loaded: where, which, with which build id.
 *
 * The mappings of one loaded ELF file together, as debuggers, profilers and
 * symbolizers want them. Of a live process, or of a core. What is loaded does
 * not change any more, and any number of threads may read it at once.
 * @{
 */

/** The modules of one process: mf_modules_open() makes it, mf_modules_close() releases it. */
struct mf_modules;

#define MF_MODULES_KERNEL_BUILD_ID	0x1	/**< Ask PROCMAP_QUERY for build ids that the memory does not show: it reads the file, and may wait for its server. */
#define MF_MODULES_NO_FILES		0x2	/**< Open no file: headers and build ids from memory alone. */

#define MF_MODULE_EXE		0x1	/**< The program itself. */
#define MF_MODULE_INTERPRETER	0x2	/**< The program's dynamic linker. */
#define MF_MODULE_DELETED	0x4	/**< Its name no longer leads to it. */
#define MF_MODULE_DATA		0x8	/**< Mapped as data, not loaded: no executable segment is where its headers want it. */

#define MF_BUILD_ID_NONE	0	/**< There is none, or it could not be read. */
#define MF_BUILD_ID_MEMORY	1	/**< From the note in the process's memory, or in the core. */
#define MF_BUILD_ID_FILE	2	/**< From the file, which is the mapped one. */
#define MF_BUILD_ID_KERNEL	3	/**< From the kernel. */

/**
 * @brief One mapping of a module.
 *
 * Owned by the modules; the library may add fields at the end in any release.
 * @since 1.0
 */
struct mf_segment {
	uint64_t start;		/**< First address. */
	uint64_t end;		/**< First address past the end. */
	uint64_t offset;	/**< Of start in the file, in bytes. */
	uint32_t prot;		/**< MF_PROT_ bits; with #MF_HAS_PROT: a core may not tell them. */
	uint32_t flags;		/**< MF_MAPPING_ bits. */
	uint32_t has;		/**< #MF_HAS_PROT. */
	uint32_t kind;		/**< One of MF_KIND_. */
};

/**
 * @brief One ELF file, as it is loaded once in an address space.
 *
 * Owned by the modules; the library may add fields at the end in any release.
 * @since 1.0
 */
struct mf_module {
	uint64_t start;		/**< First address of its first segment. */
	uint64_t end;		/**< First address past its last one; others may be mapped in between. */
	uint64_t bias;		/**< Load bias: what to add to an address in the file (p_vaddr, st_value), modulo 2^64; with #MF_HAS_BIAS. */
	uint64_t elf_offset;	/**< Where the ELF file begins in the mapped file: not 0 inside an archive. */
	uint64_t inode;		/**< As mf_mapping::inode; with #MF_HAS_DEV. */
	uint32_t dev_major;	/**< As mf_mapping::dev_major. */
	uint32_t dev_minor;	/**< As mf_mapping::dev_minor. */
	uint32_t has;		/**< #MF_HAS_BIAS, #MF_HAS_ELF; and of #MF_HAS_PROT, #MF_HAS_DEV, #MF_HAS_OFFSET, #MF_HAS_PATH and #MF_HAS_DELETED what all its mappings have. */
	uint32_t kind;		/**< One of MF_KIND_: #MF_KIND_FILE, #MF_KIND_VDSO, #MF_KIND_MEMFD, ... */
	uint32_t flags;		/**< MF_MODULE_ bits. */
	uint32_t elf_class;	/**< ELFCLASS32 (1) or ELFCLASS64 (2); with #MF_HAS_ELF, as all elf_ fields. */
	uint32_t elf_data;	/**< ELFDATA2LSB (1) or ELFDATA2MSB (2). */
	uint32_t elf_type;	/**< ET_EXEC (2) or ET_DYN (3). */
	uint32_t elf_machine;	/**< EM_. */
	uint32_t build_id_from;	/**< One of MF_BUILD_ID_. */
	uint32_t build_id_len;	/**< Bytes in build_id. */
	uint32_t reserved;	/**< 0. */
	const uint8_t *build_id;	/**< NULL if there is none. */
	const char *path;	/**< As mf_mapping::path. */
	uint32_t path_len;	/**< Bytes in path, without the NUL. */
	uint32_t name_len;	/**< As mf_mapping::name_len. */
	uint64_t n_segments;	/**< How many mappings it has: mf_modules_segment(). */
};

/**
 * @brief Find the modules of a process.
 *
 * What is mapped and begins, at some offset, with an ELF header that fits the
 * mappings around it. Headers are read from memory, else, if some of the file is
 * executable, from the file, opened as mf_open_fd() does. What an ELF header says
 * is not trusted. Executable mappings of a file that cannot be read are a module
 * without #MF_HAS_ELF; of a file inside an archive only what is loaded is
 * one. Memory that somebody else would have to serve (FUSE, NFS, userfaultfd)
 * and has not yet is not touched.
 *
 * @param[in]  iter        An iterator on a process or a core, without filters;
 *                         it is rewound and walked, and stays the caller's.
 * @param[in]  flags       MF_MODULES_ bits.
 * @param[out] ret_modules The modules, owned by the caller, who releases them
 *                         with mf_modules_close().
 * @retval 0       Success.
 * @retval -ENOMEM Not enough memory.
 * @retval -EINVAL A NULL argument, an unknown flag, or an iterator with a filter:
 *                 prot, from, to or #MF_ITER_SHARED.
 * @return Else as mf_next() and mf_iter_rewind().
 * @note Allocates, whatever @p iter was made by. Where headers were made to fit
 *       thousands of mappings, not all of that file is found.
 * @par Example
 * @snippet loaded.c modules
 * @safety One thread at a time for each iterator.
 *         Not async-signal-safe: it allocates.
 * @since 1.0
 */
MF_API int mf_modules_open(struct mf_iter *iter, uint32_t flags, struct mf_modules **ret_modules);

/**
 * @brief How many modules there are.
 * @param[in] modules The modules.
 * @return The number; 0 for NULL.
 * @safety Any number of threads may read them at once. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API uint64_t mf_modules_count(const struct mf_modules *modules);

/**
 * @brief One module, by the address it begins at.
 * @param[in]  modules    The modules.
 * @param[in]  index      From 0.
 * @param[out] ret_module Owned by @p modules, valid until mf_modules_close().
 * @retval 1       Found.
 * @retval 0       @p index is not below mf_modules_count().
 * @retval -EINVAL A NULL argument.
 * @safety Any number of threads may read them at once. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API int mf_modules_get(const struct mf_modules *modules, uint64_t index,
			  const struct mf_module **ret_module);

/**
 * @brief The module that an address belongs to.
 * @param[in]  modules    The modules.
 * @param[in]  addr       An address of the target, in a segment or in the anonymous
 *                        memory that the headers ask for behind one (.bss).
 * @param[out] ret_module Owned by @p modules, valid until mf_modules_close().
 * @retval 1       Found.
 * @retval 0       No module is there.
 * @retval -EINVAL A NULL argument.
 * @par Example
 * @snippet loaded.c address
 * @safety Any number of threads may read them at once. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API int mf_modules_find(const struct mf_modules *modules, uint64_t addr,
			   const struct mf_module **ret_module);

/**
 * @brief One mapping of a module, by address.
 * @param[in]  modules     The modules.
 * @param[in]  module      From mf_modules_get() or mf_modules_find() on @p modules, no copy.
 * @param[in]  index       From 0.
 * @param[out] ret_segment Owned by @p modules, valid until mf_modules_close().
 * @retval 1       Found.
 * @retval 0       @p index is not below mf_module::n_segments.
 * @retval -EINVAL A NULL argument, or @p module is a copy or of other modules.
 * @safety Any number of threads may read them at once. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API int mf_modules_segment(const struct mf_modules *modules, const struct mf_module *module,
			      uint64_t index, const struct mf_segment **ret_segment);

/**
 * @brief Open the file of a module.
 *
 * By any of its segments that is still mapped. The ELF file begins at
 * mf_module::elf_offset of it.
 *
 * @param[in] iter   The iterator that the modules were made of.
 * @param[in] module From mf_modules_get() or mf_modules_find(), no copy; its modules
 *                   are not closed yet.
 * @param[in] flags  MF_OPEN_ bits; the vdso has a #MF_OPEN_COPY only. Of other
 *                   modules that is a copy of one segment, not of the file.
 * @return As mf_open_fd(); mf_open_info() tells how.
 * @safety One thread at a time for each iterator. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API int mf_module_open_fd(struct mf_iter *iter, const struct mf_module *module,
			     uint32_t flags);

/**
 * @brief Release modules and all they own.
 * @param[in] modules The modules; NULL is fine.
 * @safety The last use of the modules, by one thread. Not async-signal-safe: it frees.
 * @since 1.0
 */
MF_API void mf_modules_close(struct mf_modules *modules);

/** @} */

/**
 * @defgroup objects Sharing
 * @brief Who maps what: the mappings of many processes, grouped by the object behind
 *        them.
 *
 * What is shared with whom follows, for anonymous shared memory too.
 *
 * Objects are told apart by what stat(2) says of the object itself, reached
 * through map_files, not by the numbers in maps, which are equal for different
 * files on btrfs and overlayfs. Where the kernel does not let the caller follow
 * the links, the numbers in maps must do, and the object says so:
 * #MF_OBJECT_UNCERTAIN.
 *
 * A scan that is loaded does not change any more: any number of threads may
 * read it at once. All that it returns lives until mf_objects_close().
 * @{
 */

/** A scan of processes: mf_objects_open() makes it, mf_objects_close() releases it. */
struct mf_objects;

#define MF_OBJECTS_TREE		0x1	/**< The processes given, and all that descend from them, those born meanwhile too. A process whose parent exited descends from whoever adopted it. */
#define MF_OBJECTS_EVERYONE	0x2	/**< All processes that procfs shows; no pid may be given. */
#define MF_OBJECTS_SHARED	0x4	/**< Shared mappings only: what private ones show is left out. Cheaper. */
#define MF_OBJECTS_OPEN_FDS	0x8	/**< Keep a descriptor of each object: mf_object::fd. One for each, so the limit of descriptors bounds a scan: -EMFILE. */
#define MF_OBJECTS_RUN_NAMES	0x10	/**< As #MF_ITER_RUN_NAMES, for the names of users. */

/**
 * @brief Told how far a scan is.
 * @param[in] data  mf_objects_opts::progress_data.
 * @param[in] done  Processes scanned.
 * @param[in] total Processes known so far; may grow with #MF_OBJECTS_TREE.
 * @return 0 to go on; anything else ends the scan with -ECANCELED. It must
 *         return: no longjmp(3), and no exception, may leave it.
 * @since 1.0
 */
typedef int (*mf_progress_fn)(void *data, uint64_t done, uint64_t total);

/**
 * @brief Options of mf_objects_open(): zero it, set size, set what you need.
 * @since 1.0
 */
struct mf_objects_opts {
	uint32_t size;		/**< `sizeof(struct mf_objects_opts)`. */
	uint32_t flags;		/**< MF_OBJECTS_ bits. */
	const char *proc_root;	/**< Another procfs mount; NULL = "/proc". */
	mf_progress_fn progress;	/**< Called before the first process and after each; NULL = not. */
	void *progress_data;	/**< Given to progress. */
};

#define MF_OBJECT_UNCERTAIN	0x1	/**< Told apart by the numbers in maps alone: may be several objects in truth, or one that is listed once more, for processes whose links may be followed. */
#define MF_OBJECT_APART		0x2	/**< The kernel gives it no identity of its own (anonymous inodes): each mapping is listed as an object, though some may show the same. */
#define MF_OBJECT_DELETED	0x4	/**< Its name no longer led to it when it was seen. Never set for memory that had no name in a file system. */

/**
 * @brief One object that is mapped, by whomever.
 *
 * Owned by the scan; the library may add fields at the end in any release.
 * @since 1.0
 */
struct mf_object {
	uint32_t kind;		/**< One of MF_KIND_. */
	uint32_t flags;		/**< MF_OBJECT_ bits. */
	uint32_t has;		/**< #MF_HAS_DEV, #MF_HAS_STAT, #MF_HAS_PATH, #MF_HAS_SEALS: which fields are set; #MF_HAS_DELETED: whether #MF_OBJECT_DELETED is known. */
	uint32_t seals;		/**< F_SEAL_ bits of fcntl(2); with #MF_HAS_SEALS. */
	uint64_t inode;		/**< As maps prints it; with #MF_HAS_DEV. */
	uint32_t dev_major;	/**< Device of the superblock, as maps prints it; with #MF_HAS_DEV. */
	uint32_t dev_minor;	/**< Device of the superblock, as maps prints it; with #MF_HAS_DEV. */
	uint64_t st_ino;	/**< Inode number as stat(2) gives it; with #MF_HAS_STAT, as all st_ fields. */
	uint64_t st_size;	/**< True size in bytes, however much of it is mapped. */
	uint32_t st_dev_major;	/**< Device as stat(2) gives it. */
	uint32_t st_dev_minor;	/**< Device as stat(2) gives it. */
	uint32_t st_mode;	/**< File type and mode as stat(2) gives them. */
	uint32_t st_nlink;	/**< Number of hard links; of memfd and SysV memory the kernel's own count. */
	const char *path;	/**< The kernel's name as the first user shows it, raw bytes, NUL-ended; NULL if there is none. */
	uint32_t path_len;	/**< Bytes in path, without the NUL. */
	uint32_t name_len;	/**< Bytes of path that are the name: less than path_len when path ends in the kernel's mark " (deleted)". */
	uint64_t n_users;	/**< Mappings that show it. */
	uint64_t n_processes;	/**< Processes that have one. */
	int32_t fd;		/**< With #MF_OBJECTS_OPEN_FDS an O_PATH descriptor of the object, closed by mf_objects_close(); -1 otherwise, or if the links of all that map it may not be followed. Opening `/proc/self/fd/N` opens the object for data: look at st_mode before. */
	uint32_t reserved;	/**< 0. */
};

/**
 * @brief One mapping that shows an object.
 *
 * Owned by the scan; the library may add fields at the end in any release.
 * @since 1.0
 */
struct mf_object_user {
	int32_t pid;		/**< The process. */
	uint32_t prot;		/**< MF_PROT_ bits. */
	uint32_t flags;		/**< #MF_MAPPING_SHARED, #MF_MAPPING_RACED. */
	uint32_t path_len;	/**< Bytes in path, without the NUL. */
	uint64_t start;		/**< First address. */
	uint64_t end;		/**< First address past the end. */
	uint64_t offset;	/**< Offset of start in the object, in bytes. */
	const char *path;	/**< The object's name as this process shows it: another one through a hard link or another mount. NULL if there is none. */
};

#define MF_PROCESS_NUMBERS_ONLY	0x1	/**< Its links may not be followed: its objects are #MF_OBJECT_UNCERTAIN, but for memory that another process shows and whose number the kernel gives only once. */

/**
 * @brief How the scan of one process went.
 *
 * Owned by the scan; the library may add fields at the end in any release.
 * @since 1.0
 */
struct mf_objects_process {
	int32_t pid;		/**< The process. */
	int32_t error;		/**< 0; or why nothing of it is listed: -ESRCH exited meanwhile (or a zombie), -ESTALE exec'ed again and again, -EACCES refused, ... One that is caught in mid-exec has no mapped file yet: 0, and no users. */
	uint32_t flags;		/**< MF_PROCESS_ bits. */
	uint32_t reserved;	/**< 0. */
	uint64_t n_retries;	/**< How often it was begun anew, because it exec'ed. */
	uint64_t n_users;	/**< Mappings of it that are listed. */
	uint64_t n_vanished;	/**< Mappings that were gone before their object could be looked at: not listed. */
};

/**
 * @brief Scan processes and group what they map by object.
 *
 * A process that exits in the middle is reported by mf_objects_process() and
 * left out whole; the rest stays right. Nothing is stopped: what is mapped and
 * unmapped meanwhile is seen or not, what mremap(2) moves may be seen at both
 * places or at none, and for one picture of many processes the caller stops
 * them first.
 *
 * On overlayfs an object is the file, whatever its layer: a process that mapped
 * it before it was copied up has the old bytes, one that mapped it later the new.
 *
 * @param[in]  pids        Processes; one that is given twice is scanned once, and a
 *                         thread stands for its process. Not needed after the call.
 * @param[in]  n_pids      How many.
 * @param[in]  opts        Options, or NULL for the defaults.
 * @param[out] ret_objects The scan, owned by the caller, who releases it with
 *                         mf_objects_close().
 * @retval 0          Success, whatever became of single processes.
 * @retval -EINVAL    NULL arguments, a pid below 1, no pid at all without
 *                    #MF_OBJECTS_EVERYONE, any pid or #MF_OBJECTS_TREE with it, an
 *                    unknown flag, or a size below the first version's.
 * @retval -E2BIG     Unknown bytes of @p opts are not zero, or size is above 4096.
 * @retval -ECANCELED The progress function said so.
 * @retval -ENOMEM    Not enough memory; it is proportional to objects and users.
 * @retval -EMFILE    No descriptor left: a scan holds about a dozen at a time,
 *                    however many processes there are; -ENFILE likewise.
 * @retval -ENOENT    proc_root does not exist.
 * @retval -ENOTDIR   proc_root is no directory.
 * @retval -EOPNOTSUPP proc_root is a saved tree.
 * @note Following links needs CAP_CHECKPOINT_RESTORE; see mf_explain().
 * @par Example
 * @snippet share.c share
 * @safety Thread-safe. Not async-signal-safe: it allocates.
 * @since 1.0
 */
MF_API int mf_objects_open(const int32_t *pids, uint64_t n_pids,
			   const struct mf_objects_opts *opts,
			   struct mf_objects **ret_objects);

/**
 * @brief How many objects were found.
 * @param[in] objects The scan.
 * @return The number; 0 for NULL.
 * @safety Any number of threads may read a scan at once. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API uint64_t mf_objects_count(const struct mf_objects *objects);

/**
 * @brief One object, in the order in which they were seen.
 * @param[in]  objects    The scan.
 * @param[in]  index      From 0.
 * @param[out] ret_object Owned by @p objects, valid until mf_objects_close().
 * @retval 1       Found.
 * @retval 0       @p index is not below mf_objects_count().
 * @retval -EINVAL A NULL argument.
 * @safety Any number of threads may read a scan at once. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API int mf_objects_get(const struct mf_objects *objects, uint64_t index,
			  const struct mf_object **ret_object);

/**
 * @brief One user of an object, by process and address.
 * @param[in]  objects  The scan.
 * @param[in]  object   From mf_objects_get() or mf_objects_find_fd() on @p objects.
 * @param[in]  index    From 0.
 * @param[out] ret_user Owned by @p objects, valid until mf_objects_close().
 * @retval 1       Found.
 * @retval 0       @p index is not below mf_object::n_users.
 * @retval -EINVAL A NULL argument, or @p object is of another scan.
 * @par Example
 * @snippet share.c object
 * @safety Any number of threads may read a scan at once. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API int mf_objects_user(const struct mf_objects *objects,
			   const struct mf_object *object, uint64_t index,
			   const struct mf_object_user **ret_user);

/**
 * @brief One of the processes that were scanned, in the order of the scan.
 * @param[in]  objects     The scan.
 * @param[in]  index       From 0.
 * @param[out] ret_process Owned by @p objects, valid until mf_objects_close().
 * @retval 1       Found.
 * @retval 0       There are not so many.
 * @retval -EINVAL A NULL argument.
 * @par Example
 * @snippet share.c missing
 * @safety Any number of threads may read a scan at once. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API int mf_objects_process(const struct mf_objects *objects, uint64_t index,
			      const struct mf_objects_process **ret_process);

/**
 * @brief The object that a descriptor of the caller's refers to, if it is mapped.
 *
 * By identity, not by name: a hard link or another mount leads to the same
 * object, a file that replaced it does not.
 *
 * @param[in]  objects    The scan.
 * @param[in]  fd         Any descriptor; O_PATH is enough.
 * @param[out] ret_object Owned by @p objects, valid until mf_objects_close(). An
 *                        #MF_OBJECT_UNCERTAIN one is found too, if its numbers are
 *                        those of the descriptor.
 * @retval 1       Found.
 * @retval 0       Nothing scanned maps it.
 * @retval -EBADF  @p fd is not open.
 * @retval -EMFILE No descriptor was left to look at what is uncertain; -ENFILE and
 *                 -ENOMEM likewise.
 * @retval -EINVAL A NULL argument.
 * @safety Any number of threads may read a scan at once. Not promised to be
 *         async-signal-safe.
 * @since 1.0
 */
MF_API int mf_objects_find_fd(const struct mf_objects *objects, int fd,
			      const struct mf_object **ret_object);

/**
 * @brief Release a scan and all it owns.
 * @param[in] objects The scan; NULL is fine.
 * @safety The last use of the scan, by one thread. Not async-signal-safe: it frees.
 * @since 1.0
 */
MF_API void mf_objects_close(struct mf_objects *objects);

/** @} */

/**
 * @defgroup explain Explaining a refusal
 * @brief Why an access is refused, and what to grant.
 * @{
 */

#define MF_ACCESS_DETAILS	1	/**< Reading maps: ranges, protections, names. */
#define MF_ACCESS_LIST		2	/**< Listing map_files: one instant's picture. */
#define MF_ACCESS_FOLLOW	3	/**< Following a link of map_files: the object itself. */
#define MF_ACCESS_MEMORY	4	/**< Reading the process's memory: #MF_OPEN_COPY. */

#define MF_WHY_ALLOWED		0	/**< Nothing is in the way. */
#define MF_WHY_HIDDEN		1	/**< The procfs is mounted with hidepid, and the process is another user's. */
#define MF_WHY_OTHER_USER	2	/**< The process is another user's (PTRACE_MODE_READ): CAP_SYS_PTRACE. */
#define MF_WHY_NOT_DUMPABLE	3	/**< The process is not dumpable, as after a set-user-ID exec: CAP_SYS_PTRACE. */
#define MF_WHY_MORE_CAPABILITIES	4	/**< The process has capabilities that the caller lacks: CAP_SYS_PTRACE. */
#define MF_WHY_DIRECTORY_MODE	5	/**< map_files is mode 0500 and another user's: CAP_DAC_READ_SEARCH. */
#define MF_WHY_NO_CAPABILITY	6	/**< Following a link needs CAP_CHECKPOINT_RESTORE (CAP_SYS_ADMIN before Linux 5.9). */
#define MF_WHY_USER_NAMESPACE	7	/**< The capability is held in a child user namespace only; it counts in the initial one. */
#define MF_WHY_YAMA		8	/**< /proc/sys/kernel/yama/ptrace_scope forbids it. */
#define MF_WHY_NO_MAP_FILES	9	/**< This kernel or sandbox has no map_files. */
#define MF_WHY_NO_ADDRESS_SPACE	10	/**< A kernel thread or a zombie, or for #MF_ACCESS_FOLLOW a process without mapped files: there is nothing to see. */
#define MF_WHY_SECURITY_MODULE	11	/**< None of the above: SELinux, AppArmor or a sandbox refuses it. */

/**
 * @brief Options of mf_explain(): zero it, set size, set what you need.
 * @since 1.0
 */
struct mf_explain_opts {
	uint32_t size;		/**< `sizeof(struct mf_explain_opts)`. */
	uint32_t flags;		/**< 0: there are none yet. */
	const char *proc_root;	/**< Another procfs mount; NULL = "/proc". */
};

/**
 * @brief Why one kind of access to a process is refused to the caller.
 *
 * Tries the access, and if it is refused looks for the first check that does
 * not pass. Touches nothing in the process.
 *
 * @param[in] pid    The process, or one of its threads; 0 means the caller.
 * @param[in] access One of MF_ACCESS_.
 * @param[in] opts   Options, or NULL for the defaults.
 * @return One of MF_WHY_ (#MF_WHY_ALLOWED is 0), or a negative errno:
 * @retval -ESRCH      No such process.
 * @retval -EINVAL     A negative @p pid, an unknown @p access or flag, or a size
 *                     below the first version's.
 * @retval -E2BIG      Unknown bytes of @p opts are not zero, or size is above 4096.
 * @retval -ENOENT     proc_root does not exist.
 * @retval -ENOTDIR    proc_root is no directory.
 * @retval -EOPNOTSUPP proc_root is a saved tree.
 * @par Example
 * @snippet why.c why
 * @safety Thread-safe. Not promised to be async-signal-safe.
 * @since 1.0
 */
MF_API int mf_explain(int pid, uint32_t access, const struct mf_explain_opts *opts);

/**
 * @brief One plain sentence for a reason: what is in the way and what to grant.
 * @param[in] why One of MF_WHY_.
 * @return A static string, never NULL, not to be freed.
 * @safety Thread-safe. Async-signal-safe.
 * @since 1.0
 */
MF_API const char *mf_why_text(uint32_t why);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* MAPFILES_H */
