/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a task sees in its mappings, compared with the images. It is read through
 * /proc/self/mem: that reads what may not be read otherwise, and an error is no SIGBUS.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/sparse.h"
#include "restore.h"

enum { CHUNK = 1 << 18, CHANGE = 0xa5 };

static bool read_whole(int fd, char *to, size_t len, uint64_t at)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pread(fd, to + done, len - done, (off_t)(at + done));
		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
		done += n < 0 ? 0 : (size_t)n;
	}
	return true;
}

/* Offsets in the object. */
static bool is_equal(int memory, int image, uint64_t address, const struct user *u, uint64_t at,
		     uint64_t end)
{
	static char mapped[CHUNK], stored[CHUNK];
	size_t len;

	for (; at < end; at += len) {
		len = (size_t)(end - at < CHUNK ? end - at : CHUNK);
		if (!read_whole(memory, mapped, len, address + (at - u->offset)) ||
		    !read_whole(image, stored, len, at) || memcmp(mapped, stored, len) != 0)
			return false;
	}
	return true;
}

/*
 * Where the one has data the other is compared. Both ways: together that is every byte,
 * and no page is made where both have a hole.
 */
static bool is_equal_at_data_of(int fd, int memory, int image, uint64_t address,
				const struct user *u, uint64_t bytes)
{
	struct extent extent = { 0, (off_t)u->offset };
	const off_t end = (off_t)(u->offset + bytes);

	while (next_extent(fd, extent.end, end, &extent))
		if (!is_equal(memory, image, address, u, (uint64_t)extent.start,
			      (uint64_t)extent.end))
			return false;
	return true;
}

/* The object behind a mapping of this task's own; -1 if it cannot be had. */
static int open_own(struct mf_iter *iter, uint64_t address)
{
	const struct mf_mapping *m;

	return mf_find(iter, address, &m) > 0 ? mf_open_fd(iter, m, MF_OPEN_DIRECT) : -1;
}

static bool compare_user(struct restoring *r, struct mf_iter *iter, int memory, size_t user)
{
	const struct user *u = &r->c.users[user];
	int image = open_image(r, &r->c.objects[u->object]);
	int own = open_own(iter, r->placed[user].address);
	uint64_t bytes = user_bytes(&r->c, u), address = r->placed[user].address;
	bool equal = image >= 0 && own >= 0 &&
		     is_equal_at_data_of(own, memory, image, address, u, bytes) &&
		     is_equal_at_data_of(image, memory, image, address, u, bytes);

	if (image >= 0)
		close(image);
	if (own >= 0)
		close(own);
	r->placed[user].compared = equal ? bytes : 0;
	r->placed[user].differs = !equal;
	return true;
}

/* Each user of the process whose object has an image. */
static bool for_each_user(struct restoring *r, size_t process,
			  bool (*fn)(struct restoring *, struct mf_iter *, int memory, size_t user))
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_STREAM };
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	struct mf_iter *iter;
	bool ok = true;
	size_t i;

	if (memory < 0)
		return board_fail(r, "/proc/self/mem: %s", strerror(errno));
	if (mf_iter_open(0, &opts, &iter) < 0) {
		close(memory);
		return board_fail(r, "a task cannot list itself");
	}
	for (i = 0; i < r->c.n_users && ok; i++) {
		if (r->c.users[i].process != process || r->placed[i].how == HOW_NOT)
			continue;
		if (r->c.objects[r->c.users[i].object].content == CONTENT_IMAGE)
			ok = fn(r, iter, memory, i);
		atomic_fetch_add(&r->board->n_users_done, 1);
	}
	mf_iter_close(iter);
	close(memory);
	return ok;
}

bool compare_all(struct restoring *r, size_t process)
{
	return for_each_user(r, process, compare_user);
}

/* Twice is back. */
bool poke_all(struct restoring *r, size_t process)
{
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	const struct user *u;
	uint64_t address;
	bool ok = memory >= 0;
	size_t i;
	char byte;

	for (i = 0; i < r->n_pokes && ok; i++) {
		u = &r->c.users[r->pokes[i].writer];
		if (u->process != process)
			continue;
		address = r->placed[r->pokes[i].writer].address + r->pokes[i].offset - u->offset;
		ok = pread(memory, &byte, 1, (off_t)address) == 1;
		byte = (char)(byte ^ CHANGE);
		ok = ok && pwrite(memory, &byte, 1, (off_t)address) == 1;
	}
	if (memory >= 0)
		close(memory);
	return ok || board_fail(r, "a task cannot write to its memory: %s", strerror(errno));
}

static bool peek_user(struct restoring *r, struct mf_iter *iter, int memory, size_t user)
{
	const struct user *u = &r->c.users[user];
	struct placed *p = &r->placed[user];
	char stored = 0, mapped = 0;
	int image;

	(void)iter;
	if (r->peek[user] == NONE)
		return true;
	image = open_image(r, &r->c.objects[u->object]);
	p->peeked = true;
	p->seen = image >= 0 && read_whole(image, &stored, 1, u->offset) &&
		  read_whole(memory, &mapped, 1, p->address) && mapped == (char)(stored ^ CHANGE);
	if (image >= 0)
		close(image);
	return true;
}

bool peek_all(struct restoring *r, size_t process)
{
	return for_each_user(r, process, peek_user);
}
