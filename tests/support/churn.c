/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The churning child, see churn.h. Calls nothing of the library.
 */
#define _FILE_OFFSET_BITS 64
#include "churn.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A page of each group's file is mapped this far from its neighbour's: they never merge. */
static uint64_t stable_offset(const struct churn *churn, size_t i)
{
	return (15 - i % 16) * churn->page;
}

static uint64_t group_size(const struct churn *churn)
{
	return (CHURN_GROUP + CHURN_SPLIT) * churn->page;
}

uint64_t churn_stable_addr(const struct churn *churn, size_t i)
{
	return churn->stable + i / CHURN_GROUP * group_size(churn) + i % CHURN_GROUP * churn->page;
}

static uint64_t split_addr(const struct churn *churn, size_t group)
{
	return churn->stable + group * group_size(churn) + CHURN_GROUP * churn->page;
}

static int make_file(const char *name, uint64_t size, uint64_t *ret_inode)
{
	char path[400];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/churn-%s", temp_dir(), name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	require(fd >= 0);
	require(!ftruncate(fd, (off_t)size));
	require(!fstat(fd, &st));
	*ret_inode = st.st_ino;
	return fd;
}

struct order {
	const struct churn *churn;
	int stable_fd, split_fd, moving_fd;
};

static void *at(uint64_t addr)
{
	return (void *)(uintptr_t)addr;
}

static void map_at(uint64_t addr, uint64_t len, int fd, uint64_t offset)
{
	require(mmap(at(addr), len, PROT_READ, MAP_SHARED | MAP_FIXED, fd, (off_t)offset) ==
		at(addr));
}

static void map_stable(const struct order *order)
{
	const struct churn *churn = order->churn;

	for (size_t i = 0; i < churn->n_groups * CHURN_GROUP; i++)
		map_at(churn_stable_addr(churn, i), churn->page, order->stable_fd,
		       stable_offset(churn, i));
	for (size_t group = 0; group < churn->n_groups; group++)
		map_at(split_addr(churn, group), CHURN_SPLIT * churn->page, order->split_fd, 0);
}

static void *split_and_merge(void *arg)
{
	const struct churn *churn = ((const struct order *)arg)->churn;
	unsigned int seed = 1;

	for (;;) {
		const uint64_t base = split_addr(churn, (size_t)rand_r(&seed) % churn->n_groups);
		const uint64_t first = (uint64_t)rand_r(&seed) % CHURN_SPLIT;
		const uint64_t n = 1 + (uint64_t)rand_r(&seed) % (CHURN_SPLIT - first);

		mprotect(at(base + first * churn->page), n * churn->page, PROT_NONE);
		mprotect(at(base), CHURN_SPLIT * churn->page, PROT_READ);
	}
	return NULL;
}

/* By its offset each mapping tells where it must be. */
static void *come_and_go(void *arg)
{
	const struct order *order = arg;
	const struct churn *churn = order->churn;
	unsigned int seed = 2;

	for (;;) {
		const uint64_t base = rand_r(&seed) % 2 ? churn->low : churn->high;
		const uint64_t first = (uint64_t)rand_r(&seed) % CHURN_MOVING;
		const uint64_t n = 1 + (uint64_t)rand_r(&seed) % (CHURN_MOVING - first) % 8;
		const uint64_t addr = base + first * churn->page;

		if (rand_r(&seed) % 2)
			mmap(at(addr), n * churn->page, PROT_READ, MAP_SHARED | MAP_FIXED,
			     order->moving_fd, (off_t)(first * churn->page));
		else
			munmap(at(addr), n * churn->page);
	}
	return NULL;
}

static void become_churn(struct child *child)
{
	const struct order *order = child->arg;
	pthread_t thread;

	map_stable(order);
	require(!pthread_create(&thread, NULL, split_and_merge, child->arg));
	/* The reserved ends are holes from now on: no thread is started any more that would land there. */
	munmap(at(order->churn->low), CHURN_MOVING * order->churn->page);
	munmap(at(order->churn->high), CHURN_MOVING * order->churn->page);
	child_tell(child);
	come_and_go(child->arg);
}

void churn_start(struct churn *churn, size_t n_groups)
{
	struct order order = { .churn = churn };
	uint64_t size;

	churn->n_groups = n_groups;
	churn->page = (uint64_t)sysconf(_SC_PAGESIZE);
	size = 2 * CHURN_MOVING * churn->page + n_groups * group_size(churn);
	/* Reserved in the parent too, so that the child finds it where it was. */
	churn->low = (uintptr_t)mmap(NULL, size, PROT_NONE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	require(churn->low != (uintptr_t)MAP_FAILED);
	churn->stable = churn->low + CHURN_MOVING * churn->page;
	churn->high = churn->stable + n_groups * group_size(churn);
	churn->end = churn->high + CHURN_MOVING * churn->page;
	order.stable_fd = make_file("stable", 16 * churn->page, &churn->stable_inode);
	order.split_fd = make_file("split", CHURN_SPLIT * churn->page, &churn->split_inode);
	order.moving_fd = make_file("moving", CHURN_MOVING * churn->page, &churn->moving_inode);
	child_start(&churn->child, become_churn, &order);
	require(child_hear(&churn->child));
	close(order.stable_fd);
	close(order.split_fd);
	close(order.moving_fd);
}

void churn_end(struct churn *churn)
{
	child_end(&churn->child);
	munmap(at(churn->low), churn->end - churn->low);
}

void churn_look(struct churn_view *view, const struct churn *churn)
{
	*view = (struct churn_view){ .churn = churn };
}

__attribute__((format(printf, 3, 4))) static bool
wrong(struct churn_view *view, const struct mf_mapping *m, const char *format, ...)
{
	const int n = snprintf(
		view->failure, sizeof(view->failure),
		"%llx-%llx offset %llx inode %llu flags %x has %x: ", (unsigned long long)m->start,
		(unsigned long long)m->end, (unsigned long long)m->offset,
		(unsigned long long)m->inode, m->flags, m->has);
	va_list args;

	va_start(args, format);
	vsnprintf(view->failure + n, sizeof(view->failure) - (size_t)n, format, args);
	va_end(args);
	return false;
}

static bool see_stable(struct churn_view *view, const struct mf_mapping *m)
{
	const struct churn *churn = view->churn;
	const uint64_t want = churn_stable_addr(churn, view->n_stable);

	if (m->start != want)
		return wrong(view, m, "%llx was to come first", (unsigned long long)want);
	if (m->end != want + churn->page || m->inode != churn->stable_inode ||
	    m->offset != stable_offset(churn, view->n_stable) || m->prot != MF_PROT_READ ||
	    m->flags & MF_MAPPING_RACED || !(m->flags & MF_MAPPING_SHARED))
		return wrong(view, m, "not what stays there");
	view->n_stable++;
	return true;
}

/* Changed all the time, and there all the time: no page of it may be missed. */
static bool see_split(struct churn_view *view, const struct mf_mapping *m, size_t group)
{
	const struct churn *churn = view->churn;
	const uint64_t base = split_addr(churn, group), size = CHURN_SPLIT * churn->page;

	if (m->start != base && m->start != view->prev_end)
		return wrong(view, m, "a hole before it");
	if (m->end > base + size)
		return wrong(view, m, "too long");
	if (m->inode != churn->split_inode || m->offset != m->start - base)
		return wrong(view, m, "wrong inode or offset");
	view->covered += (m->end - m->start) / churn->page;
	return true;
}

static bool see_moving(struct churn_view *view, const struct mf_mapping *m, uint64_t base)
{
	const struct churn *churn = view->churn;

	/* Gone before anybody could see what it was. */
	if (!(m->has & MF_HAS_DEV))
		return m->flags & MF_MAPPING_RACED ? true : wrong(view, m, "not flagged");
	if (m->end > base + CHURN_MOVING * churn->page)
		return wrong(view, m, "too long");
	if (m->inode != churn->moving_inode || m->offset != m->start - base)
		return wrong(view, m, "wrong inode or offset");
	return true;
}

bool churn_see(struct churn_view *view, const struct mf_mapping *m)
{
	const struct churn *churn = view->churn;
	bool ok = true;
	uint64_t pos;

	if (m->start >= m->end || m->start < view->prev_end)
		return wrong(view, m, "after one that ended at %llx",
			     (unsigned long long)view->prev_end);
	view->n_raced += (m->flags & MF_MAPPING_RACED) != 0;
	if (m->start >= churn->low && m->start < churn->stable) {
		ok = see_moving(view, m, churn->low);
	} else if (m->start >= churn->stable && m->start < churn->high) {
		pos = (m->start - churn->stable) % group_size(churn);
		ok = pos < CHURN_GROUP * churn->page ?
			     see_stable(view, m) :
			     see_split(view, m, (m->start - churn->stable) / group_size(churn));
	} else if (m->start >= churn->high && m->start < churn->end) {
		ok = see_moving(view, m, churn->high);
	} else if (m->flags & MF_MAPPING_RACED) {
		ok = wrong(view, m, "nothing changes there");
	}
	view->prev_end = m->end;
	return ok;
}

bool churn_saw_all(struct churn_view *view)
{
	const struct churn *churn = view->churn;

	if (view->n_stable == churn->n_groups * CHURN_GROUP &&
	    view->covered == churn->n_groups * CHURN_SPLIT)
		return true;
	snprintf(view->failure, sizeof(view->failure),
		 "of what stayed, %zu mappings and %llu pages were listed", view->n_stable,
		 (unsigned long long)view->covered);
	return false;
}
