/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a task gets its mappings: the first user of an object makes it from its image and
 * maps it. Every other one follows that one's link in map_files, which leads to the same
 * object though it has no name and no descriptor of it is open any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../common/text.h"
#include "image.h"
#include "restore.h"

#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26
#endif

/* An iterator that is kept from one user to the next: most are of the same task. */
struct link {
	struct mf_iter *iter;
	int pid;
};

static int fail_object(struct restoring *r, const struct object *o, const char *what, int error)
{
	char *name = name_text(&o->name);

	board_fail(r, "object %zu (%s %s): %s: %s", (size_t)(o - r->c.objects),
		   mf_kind_name(o->kind), name, what, strerror(-error));
	free(name);
	return error;
}

/* --- making it --- */

int open_image(const struct restoring *r, const struct object *o)
{
	/* O_NONBLOCK: a FIFO of that name is not waited for. */
	int fd = openat(r->directory_fd, o->image, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == o->size)
		return fd;
	close(fd);
	return -ENODATA;
}

/* What it was called, for those who look at the restored tasks. */
static int new_memfd(const struct object *o)
{
	static const char prefix[] = "/memfd:";
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	const char *bytes = o->name.bytes ? o->name.bytes : "";
	int fd;

	if (strncmp(bytes, prefix, sizeof(prefix) - 1) == 0)
		bytes += sizeof(prefix) - 1;
	/* 249 bytes are allowed. */
	if (strlen(bytes) > 249)
		bytes = "restored";
	if (o->huge_page)
		flags |= MFD_HUGETLB | (unsigned int)__builtin_ctzll(o->huge_page)
					       << MFD_HUGE_SHIFT;
	fd = memfd_create(bytes, flags);
	/* Refused where memory may not be code: the mode matters little then. */
	if (fd >= 0 && fchmod(fd, o->mode & 0777) < 0)
		errno = 0;
	return fd;
}

static int new_object(const struct restoring *r, const struct object *o)
{
	int fd = -1;

	if (o->kind == MF_KIND_FILE && !r->noexec)
		fd = openat(r->directory_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : new_memfd(o);
}

/* Nothing can be written to a file on huge pages: only to its mapping. */
static int fill_mapped(struct copy *copy, const struct object *o, int fd)
{
	uint64_t size = (o->size + o->huge_page - 1) & ~(o->huge_page - 1);
	int ret;

	if (size == 0)
		return 0;
	if (size < o->size || ftruncate(fd, (off_t)size) < 0)
		return size < o->size ? -EFBIG : -errno;
	copy->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (copy->memory == MAP_FAILED)
		return -errno;
	ret = copy_image(copy);
	munmap(copy->memory, size);
	return ret == 0 && ftruncate(fd, (off_t)o->size) < 0 ? -errno : ret;
}

static int fill(const struct restoring *r, const struct object *o, int fd)
{
	struct copy copy = { .in = open_image(r, o), .size = o->size, .out = fd };
	int ret;

	if (copy.in < 0)
		return copy.in;
	if (o->huge_page) {
		copy.out = -1;
		ret = fill_mapped(&copy, o, fd);
	} else {
		ret = copy_image(&copy);
	}
	close(copy.in);
	return ret == 0 && o->size > 0 && copy.hash != o->hash ? -EBADMSG : ret;
}

bool has_own_seals(const struct object *o)
{
	return o->content == CONTENT_IMAGE && o->has_seals && o->kind != MF_KIND_FILE;
}

/* No new mapping may then be written to: it is opened anew for reading, as the kernel wants. */
static int seal_at_once(int fd, const struct object *o)
{
	char path[64];
	int ret;

	if (!has_own_seals(o) || !(o->seals & F_SEAL_WRITE))
		return fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = fcntl(fd, F_ADD_SEALS, (int)o->seals) < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	ret = ret < 0 ? -errno : ret;
	close(fd);
	return ret;
}

static int make_object(struct restoring *r, const struct object *o)
{
	int fd = new_object(r, o), ret;

	if (fd < 0)
		return fail_object(r, o, "cannot be made", -errno);
	ret = fill(r, o, fd);
	if (ret < 0) {
		close(fd);
		return fail_object(r, o,
				   ret == -EBADMSG ? "the image is damaged: its hash is another" :
				   ret == -ENODATA ? "the image is not as long as the object" :
						     "the image",
				   ret);
	}
	ret = seal_at_once(fd, o);
	return ret < 0 ? fail_object(r, o, "cannot be sealed", ret) : ret;
}

/* --- a file that was left where it is --- */

static bool is_unchanged(const struct object *o, const struct stat *st)
{
	return S_ISREG(st->st_mode) && major(st->st_dev) == o->dev_major &&
	       minor(st->st_dev) == o->dev_minor && st->st_ino == o->inode &&
	       (uint64_t)st->st_size == o->size && st->st_mtim.tv_sec == o->mtime_sec &&
	       st->st_mtim.tv_nsec == o->mtime_nsec;
}

static bool is_written_shared(const struct restoring *r, const struct object *o)
{
	size_t i;

	for (i = 0; i < o->n_users; i++)
		if (r->c.users[o->first_user + i].shared &&
		    r->c.users[o->first_user + i].prot & MF_PROT_WRITE)
			return true;
	return false;
}

/* Only what was looked at, and is the very file, is opened for data. */
static int open_reference(struct restoring *r, const struct object *o)
{
	int flags = (is_written_shared(r, o) ? O_RDWR : O_RDONLY) | O_CLOEXEC;
	int looked = open(o->name.bytes, O_PATH | O_NOFOLLOW | O_CLOEXEC), fd;
	char path[64];
	struct stat st;

	if (looked < 0)
		return fail_object(r, o, "the file", -errno);
	if (fstat(looked, &st) < 0 || !is_unchanged(o, &st)) {
		close(looked);
		return fail_object(r, o, "the file was replaced or changed since the dump",
				   -ESTALE);
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", looked);
	fd = open(path, flags);
	fd = fd < 0 ? -errno : fd;
	close(looked);
	return fd < 0 ? fail_object(r, o, "the file", fd) : fd;
}

/* --- mapping it --- */

static void note(struct restoring *r, size_t user, void *address, enum how how)
{
	struct placed *p = &r->placed[user];

	p->address = (uint64_t)(uintptr_t)address;
	p->moved = p->address != r->c.users[user].start;
	p->how = (uint8_t)how;
	atomic_fetch_add(&r->board->n_users_done, 1);
}

/* Where it was; and anywhere if something of this program's own is there. */
static bool map_user(struct restoring *r, size_t user, int fd, enum how how)
{
	const struct user *u = &r->c.users[user];
	int flags = u->shared ? MAP_SHARED : MAP_PRIVATE;
	void *wish = (void *)(uintptr_t)u->start, *got;
	size_t len = u->end - u->start;

	got = mmap(wish, len, (int)u->prot, flags | MAP_FIXED_NOREPLACE, fd, (off_t)u->offset);
	if (got == MAP_FAILED)
		got = mmap(NULL, len, (int)u->prot, flags, fd, (off_t)u->offset);
	if (got == MAP_FAILED) {
		fail_object(r, &r->c.objects[u->object], "cannot be mapped", -errno);
		return false;
	}
	note(r, user, got, how);
	return true;
}

bool create_objects(struct restoring *r, size_t process)
{
	const struct object *o;
	bool ok = true;
	size_t i;
	int fd;

	for (i = 0; i < r->c.n_objects && ok; i++) {
		o = &r->c.objects[i];
		if (o->content == CONTENT_NONE || r->c.users[o->first_user].process != process)
			continue;
		fd = o->content == CONTENT_IMAGE ? make_object(r, o) : open_reference(r, o);
		ok = fd >= 0 && map_user(r, o->first_user, fd, HOW_CREATED);
		if (fd >= 0)
			close(fd);
	}
	return ok;
}

/* --- through another's link --- */

/* What another user has mapped, as it is there now, cut to that user's part. */
static int find_link(struct restoring *r, struct link *link, size_t user, struct mf_mapping *ret)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_STREAM };
	const struct user *u = &r->c.users[user];
	int pid = r->pids[u->process], error = 0;
	const struct mf_mapping *m;

	if (!link->iter || link->pid != pid) {
		mf_iter_close(link->iter);
		link->iter = NULL;
		error = mf_iter_open(pid, &opts, &link->iter);
	}
	link->pid = pid;
	error = error ? error : mf_find(link->iter, r->placed[user].address, &m);
	if (error <= 0)
		return error ? error : -ESTALE;
	*ret = *m;
	/* The kernel made one mapping of what stands side by side. */
	ret->offset += r->placed[user].address - m->start;
	ret->start = r->placed[user].address;
	ret->end = ret->start + (u->end - u->start);
	return 0;
}

static bool open_view(struct restoring *r, struct link *link, size_t user)
{
	const struct object *o = &r->c.objects[r->c.users[user].object];
	struct mf_mapping m;
	int fd = find_link(r, link, o->first_user, &m);
	bool ok;

	if (fd == 0)
		fd = mf_open_fd(link->iter, &m, MF_OPEN_AS_MAPPED | MF_OPEN_DIRECT);
	if (fd < 0) {
		fail_object(r, o, "the link of its first user", fd);
		return false;
	}
	ok = map_user(r, user, fd, HOW_OPENED);
	close(fd);
	return ok;
}

bool open_views(struct restoring *r, size_t process)
{
	struct link link = { NULL, 0 };
	bool ok = true;
	size_t i;

	for (i = 0; i < r->c.n_users && ok; i++)
		if (r->c.users[i].process == process && r->source[i] == i &&
		    r->placed[i].how == HOW_NOT)
			ok = open_view(r, &link, i);
	mf_iter_close(link.iter);
	return ok;
}

static bool is_address_taken(struct mf_iter *iter)
{
	const struct mf_remap_plan *made;

	return mf_remap_made(iter, &made) == 0 &&
	       (made->refusal == MF_REFUSAL_TAKEN || made->refusal == MF_REFUSAL_NO_ROOM);
}

static const char *why_refused_here(struct mf_iter *iter)
{
	const struct mf_remap_plan *made;

	return mf_remap_made(iter, &made) == 0 ? mf_refusal_text(made->refusal) : "not tried";
}

//! [remap]
static bool remap_view(struct restoring *r, struct link *link, size_t user)
{
	const struct user *u = &r->c.users[user], *from = &r->c.users[r->source[user]];
	struct mf_remap_opts opts = { .size = sizeof(opts), .flags = MF_REMAP_AT };
	struct mf_mapping m;
	void *got;
	int ret = find_link(r, link, r->source[user], &m);

	if (ret == 0) {
		m.start += u->offset - from->offset;
		m.offset = u->offset;
		m.end = m.start + (u->end - u->start);
		opts.addr = u->start;
		ret = mf_remap(link->iter, &m, &opts, &got);
		if (ret < 0 && is_address_taken(link->iter))
			ret = mf_remap(link->iter, &m, NULL, &got);
	}
	if (ret < 0) {
		fail_object(r, &r->c.objects[u->object],
			    link->iter ? why_refused_here(link->iter) : "no task", ret);
		return false;
	}
	note(r, user, got, HOW_REMAPPED);
	return true;
}
//! [remap]

bool remap_views(struct restoring *r, size_t process)
{
	struct link link = { NULL, 0 };
	bool ok = true;
	size_t i;

	for (i = 0; i < r->c.n_users && ok; i++)
		if (r->c.users[i].process == process && r->source[i] != NONE &&
		    r->placed[i].how == HOW_NOT)
			ok = remap_view(r, &link, i);
	mf_iter_close(link.iter);
	return ok;
}

/* --- sealing it --- */

static bool seal(struct restoring *r, struct link *link, const struct object *o)
{
	struct mf_mapping m;
	int fd = find_link(r, link, o->first_user, &m);

	if (fd == 0)
		fd = mf_open_fd(link->iter, &m, MF_OPEN_AS_MAPPED | MF_OPEN_DIRECT);
	if (fd >= 0 && fcntl(fd, F_ADD_SEALS, (int)o->seals) < 0) {
		close(fd);
		fd = -errno;
	}
	if (fd < 0)
		fail_object(r, o, "cannot be sealed", fd);
	else
		close(fd);
	return fd >= 0;
}

bool seal_objects(struct restoring *r, size_t process)
{
	struct link link = { NULL, 0 };
	const struct object *o;
	bool ok = true;
	size_t i;

	for (i = 0; i < r->c.n_objects && ok; i++) {
		o = &r->c.objects[i];
		if (has_own_seals(o) && o->seals && !(o->seals & F_SEAL_WRITE) &&
		    r->c.users[o->first_user].process == process)
			ok = seal(r, &link, o);
	}
	mf_iter_close(link.iter);
	return ok;
}
