/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mapping what is mapped while each system call in turn fails: there is either
 * the right mapping or none, and nothing stays open.
 */
#include <errno.h>
#include <fcntl.h>
#include <mapfiles.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#include "harness.h"
#include "truth.h"

#define LEN 16384ul

static const struct {
	enum fault_call call;
	int error;
} faults[] = {
	{ FAULT_OPEN, EMFILE }, { FAULT_OPEN, EACCES },	 { FAULT_OPEN, ENOENT },
	{ FAULT_READ, EIO },	{ FAULT_READ, EINTR },	 { FAULT_IOCTL, EINTR },
	{ FAULT_IOCTL, EPERM }, { FAULT_IOCTL, ESRCH },	 { FAULT_STAT, EIO },
	{ FAULT_MAP, ENOMEM },	{ FAULT_MAP, EPERM },	 { FAULT_MAP, EEXIST },
	{ FAULT_LINK, EACCES }, { FAULT_ALLOC, ENOMEM }, { FAULT_FCNTL, EMFILE },
};

static size_t count_mappings_of(uint64_t inode)
{
	struct truth truth;
	size_t n = 0;

	truth_read(&truth, getpid());
	for (size_t i = 0; i < truth.n; i++)
		n += truth.list[i].inode == inode;
	truth_free(&truth);
	return n;
}

/* What is to be mapped, by the caller himself, and what must be there afterwards. */
struct own {
	char *memory;
	uint64_t inode;
	size_t n_mappings;
	bool shared;
};

static void make_own(struct own *own, bool shared)
{
	const int fd = memfd_create("faults", MFD_CLOEXEC);
	struct stat st;

	require(fd >= 0 && !ftruncate(fd, LEN) && !fstat(fd, &st));
	own->shared = shared;
	own->memory =
		mmap(NULL, LEN, PROT_READ | PROT_WRITE, shared ? MAP_SHARED : MAP_PRIVATE, fd, 0);
	require(own->memory != MAP_FAILED);
	own->inode = st.st_ino;
	own->n_mappings = count_mappings_of(own->inode);
	close(fd);
}

static void try_once(const struct own *own, const struct fault_plan *plan, uint32_t flags)
{
	struct mf_remap_opts opts = { .size = sizeof(opts), .flags = flags };
	const struct mf_remap_plan *made;
	const struct mf_mapping *m;
	struct mf_iter *iter;
	size_t n_fds;
	char *addr = NULL;
	int ret;

	if (flags & MF_REMAP_AT)
		opts.addr = 0x20000000;
	require(!mf_iter_open(0, NULL, &iter));
	require(mf_find(iter, (uint64_t)(uintptr_t)own->memory, &m) == 1);
	n_fds = count_fds();
	faults_start(plan);
	ret = CALL(mf_remap(iter, m, &opts, (void **)&addr));
	/* Descriptors that the iterator keeps are opened when they are needed. */
	require(count_fds() <= n_fds + 2);
	require(!mf_remap_made(iter, &made));
	require(made->error == ret && !made->refusal == !ret);
	if (ret) {
		require(!addr);
		require(count_mappings_of(own->inode) == own->n_mappings);
	} else {
		addr[1] = 'x';
		require((own->memory[1] == 'x') == own->shared);
		own->memory[1] = 0;
		munmap(addr, made->length);
	}
	mf_iter_close(iter);
}

static void try_each(const struct own *own, enum fault_call call, int error, uint32_t flags)
{
	for (unsigned int nth = 1; nth < 1000; nth++) {
		const struct fault_plan plan = { call, FAULT_ONCE, nth, error, 0 };

		try_once(own, &plan, flags);
		if (!fault_account.injected)
			break;
	}
}

START_TEST(any_call_may_fail)
{
	static const uint32_t flags[] = { 0, MF_REMAP_AT, MF_REMAP_AT | MF_REMAP_REPLACE };
	struct own own;

	if (!is_root())
		skip("not root");
	make_own(&own, true);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		try_each(&own, faults[_i].call, faults[_i].error, flags[i]);
	munmap(own.memory, LEN);
	/* Untouched: as the object is. */
	make_own(&own, false);
	try_each(&own, faults[_i].call, faults[_i].error, 0);
	munmap(own.memory, LEN);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("remap-faults");
	TCase *tcase = guarded_tcase(suite, "remap-faults");

	tcase_add_loop_test(tcase, any_call_may_fail, 0, sizeof(faults) / sizeof(*faults));
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
