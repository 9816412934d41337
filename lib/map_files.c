/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The directory map_files, read in one batch. Must not look at the links.
 *
 * One getdents64(2) collects all mapped files under one hold of the target's
 * mmap_lock, so one call is one instant's picture; a list of several calls is
 * none, loses entries, and costs quadratic time: each call walks all again.
 */
#include "map_files.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "maps_query.h"
#include "sys.h"

/* 65530 mappings, the default limit of a process, of 56 bytes at most. Untouched pages cost nothing. */
#define BATCH_FIRST	  ((size_t)4 << 20)
#define BATCH_LAST	  ((size_t)1 << 30)

/* A batch is complete if one more entry would have fitted. */
#define ENTRY_MAX	  64

#define CONFIRM_TRIES	  32

/* The kernel's own signal set: sigset_t of libc keeps two signals for itself. */
#define KERNEL_NSIG_BYTES (_NSIG / 8)

static int compare(const struct mf_range *a, const struct mf_range *b)
{
	return a->start < b->start ? -1 : a->start > b->start;
}

static void sift_down(struct mf_range *ranges, size_t i, size_t n)
{
	size_t child;

	while ((child = 2 * i + 1) < n) {
		const struct mf_range range = ranges[i];

		if (child + 1 < n && compare(&ranges[child], &ranges[child + 1]) < 0)
			child++;
		if (compare(&range, &ranges[child]) >= 0)
			return;
		ranges[i] = ranges[child];
		ranges[child] = range;
		i = child;
	}
}

/*
 * Linux lists by address, so this is for others that speak its language. By
 * heap: qsort(3) allocates.
 */
static void sort(struct mf_range *ranges, size_t n)
{
	size_t i;

	for (i = 1; i < n && compare(&ranges[i - 1], &ranges[i]) <= 0; i++)
		;
	if (i >= n)
		return;
	for (i = n / 2; i-- > 0;)
		sift_down(ranges, i, n);
	for (i = n - 1; i > 0; i--) {
		const struct mf_range range = ranges[0];

		ranges[0] = ranges[i];
		ranges[i] = range;
		sift_down(ranges, 0, i);
	}
}

int mf_batch_parse(char *bytes, size_t len, size_t *ret_n)
{
	struct mf_range *const ranges = (struct mf_range *)(void *)bytes;
	size_t pos = 0, n = 0;

	while (pos < len) {
		const char *const name = mf_sys_next_entry(bytes, len, &pos);
		struct mf_range range;

		if (!name)
			return -EPROTO;
		if (name[0] == '.')
			continue;
		if (!mf_link_parse(name, &range.start, &range.end))
			return -EPROTO;
		/* A range is shorter than an entry's head: this overwrites only what was read. */
		ranges[n++] = range;
	}
	sort(ranges, n);
	*ret_n = n;
	return 0;
}

/*
 * The directory is listed only as far as no signal is pending, and what was
 * cut off looks like the end.
 */
static ssize_t read_batch(int links_fd, void *memory, size_t size)
{
	unsigned long all[KERNEL_NSIG_BYTES / sizeof(long)],
		before[KERNEL_NSIG_BYTES / sizeof(long)];
	ssize_t n;

	memset(all, 0xff, sizeof(all));
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, all, before, sizeof(all)))
		return -errno;
	n = lseek(links_fd, 0, SEEK_SET) < 0 ? -errno : mf_sys_getdents64(links_fd, memory, size);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, before, NULL, sizeof(before));
	return n;
}

void mf_batch_place(struct mf_batch *batch, void *memory, size_t size)
{
	const size_t skip = -(uintptr_t)memory % _Alignof(struct mf_range);

	batch->fixed = true;
	batch->memory = (char *)memory + skip;
	batch->size = size < skip ? 0 : size - skip;
}

static int allocate(struct mf_batch *batch, size_t size)
{
	void *memory;

	if (batch->fixed)
		return -ENOMEM;
	mf_batch_free(batch);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	batch->memory = memory;
	batch->size = size;
	return 0;
}

static int read_into(struct mf_batch *batch, int links_fd)
{
	ssize_t n = 0;
	size_t size;
	int error;

	if (batch->fixed && batch->size < ENTRY_MAX)
		return -ENOMEM;
	for (size = batch->memory ? batch->size : BATCH_FIRST; size <= BATCH_LAST; size *= 2) {
		error = size == batch->size ? 0 : allocate(batch, size);
		if (error)
			return error;
		n = read_batch(links_fd, batch->memory, batch->size);
		/* EINVAL: not even one entry fits. */
		if (n < 0 && n != -EINVAL)
			return (int)n;
		if (n >= 0 && (size_t)n + ENTRY_MAX <= size)
			break;
	}
	if (size > BATCH_LAST)
		return -ENOMEM;
	batch->ranges = batch->memory;
	return mf_batch_parse(batch->memory, (size_t)n, &batch->n_ranges);
}

static uint64_t last_end(const struct mf_batch *batch)
{
	return batch->n_ranges ? batch->ranges[batch->n_ranges - 1].end : 0;
}

/*
 * SIGSTOP, the freezer and io_uring's task work end a batch early too, and
 * cannot be blocked. So it is believed only if nothing is mapped beyond its
 * last entry: 0, or -EAGAIN if it was cut off, or something was mapped there
 * since.
 */
static int confirm(const struct mf_batch *batch, const struct mf_proc *proc)
{
	struct mf_record beyond;
	const int error = mf_query(proc->maps_fd, last_end(batch),
				   MF_QUERY_NEXT | MF_QUERY_FILE_BACKED, NULL, &beyond);

	if (!error)
		return -EAGAIN;
	return error == -ENOENT ? 0 : error;
}

/*
 * The rest of the directory. Its position is an index: new mappings below the
 * last entry bring old entries again, and what is unmapped there moves new
 * ones out of sight. 0 if it has nothing beyond the last entry.
 */
static int read_rest(int links_fd, uint64_t end)
{
	_Alignas(struct mf_range) char rest[MF_DIRENTS_SIZE];
	const ssize_t n = mf_sys_getdents64(links_fd, rest, sizeof(rest));
	size_t n_ranges;
	int error;

	if (n <= 0)
		return (int)n;
	error = mf_batch_parse(rest, (size_t)n, &n_ranges);
	if (error)
		return error;
	/* Not even ".." was reached. */
	if (!n_ranges)
		return -EAGAIN;
	return ((struct mf_range *)(void *)rest)[n_ranges - 1].end > end ? -EAGAIN : 0;
}

/* Without the ioctl: two batches in a row that end at the same place, and nothing behind. */
static int confirm_by_second(struct mf_batch *batch, int links_fd)
{
	const uint64_t first_end = last_end(batch);
	const int error = read_into(batch, links_fd);

	if (error)
		return error;
	return last_end(batch) == first_end ? read_rest(links_fd, first_end) : -EAGAIN;
}

/* Gives back what the ranges do not need. */
static void trim(struct mf_batch *batch)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t used = (batch->n_ranges * sizeof(*batch->ranges) + page) & ~(page - 1);

	if (batch->fixed)
		return;
	if (used < batch->size)
		munmap((char *)batch->memory + used, batch->size - used);
	batch->size = used;
}

static int take_once(struct mf_batch *batch, struct mf_proc *proc)
{
	const int links_fd = mf_proc_links(proc);
	int error = links_fd < 0 ? links_fd : read_into(batch, links_fd);

	/*
	 * The thread that answers exited meanwhile: its directory is empty, or gone
	 * once it is reaped; the address space is not.
	 */
	if ((error == -ENOENT || (!error && !batch->n_ranges)) && mf_proc_is_dead(proc)) {
		error = mf_proc_repin(proc);
		return error ? error : -EAGAIN;
	}
	/* A refusal comes behind "." and "..", so it shows in the next call only. */
	if (!error && !batch->n_ranges)
		error = read_rest(links_fd, 0);
	if (error)
		return error;
	return proc->has_query ? confirm(batch, proc) : confirm_by_second(batch, links_fd);
}

int mf_batch_take(struct mf_batch *batch, struct mf_proc *proc)
{
	int error = -EAGAIN;

	for (batch->retries = 0; batch->retries < CONFIRM_TRIES; batch->retries++) {
		error = take_once(batch, proc);
		if (error != -EAGAIN)
			break;
	}
	if (error)
		mf_batch_free(batch);
	else
		trim(batch);
	return error;
}

void mf_batch_free(struct mf_batch *batch)
{
	if (batch->fixed)
		return;
	if (batch->memory)
		munmap(batch->memory, batch->size);
	batch->memory = NULL;
	batch->ranges = NULL;
	batch->n_ranges = batch->size = 0;
}
