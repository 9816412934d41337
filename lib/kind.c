/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which kind of object a mapping shows, from its name and device. Must not
 * look at the object. A new kind is a row in a table below.
 */
#include "kind.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "own.h"
#include "record.h"
#include "sys.h"

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 4u
#endif
#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26
#endif

/* From 64 KiB (arm64) to 16 GiB (powerpc): the sizes of huge pages that architectures have. */
#define HUGE_SHIFT_FIRST 16u
#define HUGE_SHIFT_LAST	 34u

enum where { ON_SHMEM, ON_HUGETLB, ON_EITHER, ON_UNNAMED };

struct name_rule {
	const char *prefix;
	bool whole; /* nothing but the mark may follow */
	enum where where;
	uint32_t kind;
};

/* Names that look like a path; so only on the kernel's own mounts. All but a dma-buf's are marked deleted. */
static const struct name_rule object_rules[] = {
	{ "/dev/zero", true, ON_SHMEM, MF_KIND_SHM_ANON },
	{ "[anon_shmem:", false, ON_SHMEM, MF_KIND_SHM_ANON },
	{ "/memfd:", false, ON_EITHER, MF_KIND_MEMFD },
	{ "/SYSV", false, ON_EITHER, MF_KIND_SYSV },
	{ "/anon_hugepage", true, ON_HUGETLB, MF_KIND_HUGETLB },
	{ "/secretmem", true, ON_UNNAMED, MF_KIND_SECRETMEM },
	{ "/[aio]", true, ON_UNNAMED, MF_KIND_AIO },
	{ "/dmabuf:", false, ON_UNNAMED, MF_KIND_DMABUF },
	{ "anon_inode:", false, ON_UNNAMED, MF_KIND_ANON_INODE },
	{ "socket:[", false, ON_UNNAMED, MF_KIND_SOCKET },
};

static const struct {
	const char *prefix;
	uint32_t kind;
} memory_rules[] = {
	{ "[heap]", MF_KIND_HEAP },
	{ "[stack", MF_KIND_STACK }, /* Linux 3.4 to 4.4: [stack:TID] too */
	{ "[vdso]", MF_KIND_VDSO },
	{ "[vvar", MF_KIND_VVAR }, /* and [vvar_vclock] */
	{ "[vsyscall]", MF_KIND_VSYSCALL },
	{ "[anon:", MF_KIND_ANON_NAMED },
};

static bool starts_with(const struct mf_mapping *m, const char *prefix)
{
	const size_t len = strlen(prefix);

	return m->path && m->path_len >= len && !memcmp(m->path, prefix, len);
}

bool mf_has_deleted_mark(const struct mf_mapping *m)
{
	return m->path && m->path_len > MF_DELETED_MARK_LEN && m->path[m->path_len - 1] == ')' &&
	       !memcmp(m->path + m->path_len - MF_DELETED_MARK_LEN, MF_DELETED_MARK,
		       MF_DELETED_MARK_LEN);
}

static bool is_transient(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

static int learn_by_memfd(unsigned int flags, uint32_t ret_device[2])
{
	struct statx st;
	int fd = mf_sys_memfd("", flags), error;

	if (fd < 0)
		return fd;
	error = mf_sys_statx(fd, "", 0, &st);
	mf_sys_close(&fd);
	ret_device[0] = st.stx_dev_major;
	ret_device[1] = st.stx_dev_minor;
	return error;
}

/*
 * The mount of shared memory, or of huge pages of 1 << shift bytes: 1, 0 if
 * there is none, or -errno: it cannot be told now.
 */
static int learn(unsigned int shift, uint32_t ret_device[2])
{
	int error = learn_by_memfd(shift ? MFD_HUGETLB | shift << MFD_HUGE_SHIFT : 0, ret_device);
	struct mf_record own;

	if (!error || is_transient(error))
		return error ? error : 1;
	/* No such size. Else no memfd_create(2) for us: a mapping shows the same mount. */
	if (error == -ENODEV || error == -EINVAL)
		return 0;
	error = mf_own_look_at_memory(shift, &own);
	if (error)
		return is_transient(error) ? error : 0;
	ret_device[0] = own.m.dev_major;
	ret_device[1] = own.m.dev_minor;
	return 1;
}

static int learn_shmem(struct mf_kernel_fs *fs)
{
	const int r = fs->known ? 1 : learn(0, fs->shmem);

	fs->known = r > 0;
	return r < 0 ? r : 0;
}

/* All or nothing: what fails for want of a descriptor is asked again. */
static int learn_hugetlb(struct mf_kernel_fs *fs)
{
	unsigned int shift;
	int r = 0;

	if (fs->known_hugetlb)
		return 0;
	fs->n_hugetlb = 0;
	for (shift = HUGE_SHIFT_FIRST;
	     r >= 0 && shift <= HUGE_SHIFT_LAST && fs->n_hugetlb < MF_HUGETLB_SIZES; shift++) {
		r = learn(shift, fs->hugetlb[fs->n_hugetlb]);
		fs->n_hugetlb += r > 0;
	}
	fs->known_hugetlb = r >= 0;
	return r < 0 ? r : 0;
}

int mf_kernel_fs_learn(struct mf_kernel_fs *fs)
{
	const int error = learn_shmem(fs);

	return error ? error : learn_hugetlb(fs);
}

static bool is_device(const struct mf_mapping *m, const uint32_t device[2])
{
	return m->dev_major == device[0] && m->dev_minor == device[1];
}

enum answer { NO, YES, NOBODY_KNOWS };

static enum answer is_shmem(const struct mf_mapping *m, struct mf_kernel_fs *fs)
{
	learn_shmem(fs);
	if (!fs->known)
		return NOBODY_KNOWS;
	return is_device(m, fs->shmem) ? YES : NO;
}

static enum answer is_hugetlb(const struct mf_mapping *m, struct mf_kernel_fs *fs)
{
	unsigned int i;

	learn_hugetlb(fs);
	if (!fs->known_hugetlb)
		return NOBODY_KNOWS;
	for (i = 0; i < fs->n_hugetlb; i++) {
		if (is_device(m, fs->hugetlb[i]))
			return YES;
	}
	return NO;
}

bool mf_on_kernel_fs(const struct mf_mapping *m, struct mf_kernel_fs *fs)
{
	if (m->dev_major || !fs->live)
		return false;
	return is_shmem(m, fs) == YES || (fs->known && is_hugetlb(m, fs) == YES);
}

/* For names alone: where the devices cannot be learnt the name must do. */
static bool may_be_on(const struct mf_mapping *m, enum where where, struct mf_kernel_fs *fs)
{
	enum answer shmem;

	/* No block device is behind any of them. */
	if (m->dev_major)
		return false;
	if (where == ON_UNNAMED || !fs->live)
		return true;
	shmem = where == ON_HUGETLB ? NO : is_shmem(m, fs);
	if (shmem != NO || where == ON_SHMEM)
		return shmem != NO;
	if (is_hugetlb(m, fs) != NO)
		return true;
	/* Huge pages that this machine makes no memfd of. */
	return where == ON_HUGETLB && !fs->n_hugetlb;
}

static bool rule_fits(const struct name_rule *rule, const struct mf_mapping *m)
{
	const size_t len = strlen(rule->prefix);
	const bool path = rule->prefix[0] == '/' && rule->kind != MF_KIND_DMABUF;

	if (!starts_with(m, rule->prefix) || (path && !mf_has_deleted_mark(m)))
		return false;
	return !rule->whole || m->path_len == len + MF_DELETED_MARK_LEN;
}

static uint32_t kind_of_object(const struct mf_mapping *m, struct mf_kernel_fs *fs)
{
	size_t i;

	for (i = 0; i < sizeof(object_rules) / sizeof(*object_rules); i++) {
		const struct name_rule *const rule = &object_rules[i];

		if (rule_fits(rule, m) && may_be_on(m, rule->where, fs))
			return rule->kind;
	}
	return starts_with(m, "/") ? MF_KIND_FILE : MF_KIND_SPECIAL;
}

static uint32_t kind_of_memory(const struct mf_mapping *m)
{
	size_t i;

	if (!m->path)
		return MF_KIND_ANON;
	for (i = 0; i < sizeof(memory_rules) / sizeof(*memory_rules); i++) {
		if (starts_with(m, memory_rules[i].prefix))
			return memory_rules[i].kind;
	}
	return MF_KIND_SPECIAL;
}

uint32_t mf_kind_of(const struct mf_mapping *m, struct mf_kernel_fs *fs)
{
	return mf_file_backed(m) ? kind_of_object(m, fs) : kind_of_memory(m);
}
