/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * checkpoint dump: stop the tree, scan it, copy each object while it stands still, resume
 * it, and only then wait for the disk. The manifest comes last: a directory without one
 * is no dump.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../common/refusal.h"
#include "../common/text.h"
#include "checkpoint.h"
#include "freeze.h"
#include "image.h"
#include "manifest.h"
#include "scan.h"
#include "tree.h"

struct dumping {
	const struct dump_options *options;
	struct checkpoint c;
	struct mf_objects *everyone;
	int directory_fd;
	struct mf_iter *iter; /* on process iter_pid */
	int iter_pid;
	uint64_t done, total; /* bytes, for the bar */
};

/* --- the directory --- */

static bool is_empty(int fd)
{
	DIR *dir = fdopendir(dup(fd));
	struct dirent *entry;
	bool empty = dir;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			empty = false;
	if (dir)
		closedir(dir);
	return empty;
}

/* Nothing that stands there is ever written over. */
static bool open_directory(const char *path, int *ret_fd, bool *ret_made)
{
	*ret_made = mkdir(path, 0700) == 0;
	if (!*ret_made && errno != EEXIST) {
		complain("%s: %s", path, strerror(errno));
		return false;
	}
	*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		complain("%s: %s", path, strerror(errno));
	else if (!*ret_made && !is_empty(*ret_fd))
		complain("%s is not empty: a dump needs a directory of its own", path);
	else if (faccessat(*ret_fd, ".", W_OK, AT_EACCESS) < 0)
		complain("%s: %s", path, strerror(errno));
	else
		return true;
	if (*ret_fd >= 0)
		close(*ret_fd);
	return false;
}

static void remove_images(const struct dumping *d)
{
	size_t i;

	for (i = 0; i < d->c.n_objects; i++)
		if (d->c.objects[i].image)
			unlinkat(d->directory_fd, d->c.objects[i].image, 0);
}

/* --- one object --- */

static uint32_t refusal_of(uint32_t kind)
{
	switch (kind) {
	case MF_KIND_AIO:
		return MF_REFUSAL_AIO;
	case MF_KIND_SOCKET:
		return MF_REFUSAL_SOCKET;
	case MF_KIND_ANON_INODE:
	case MF_KIND_DMABUF:
		return MF_REFUSAL_ANON_INODE;
	case MF_KIND_SECRETMEM:
		return MF_REFUSAL_SECRET;
	case MF_KIND_DEVICE:
		return MF_REFUSAL_DEVICE;
	default:
		return MF_REFUSAL_NONE;
	}
}

static bool iterate(struct dumping *d, int pid)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_STREAM };

	if (d->iter && d->iter_pid == pid)
		return true;
	mf_iter_close(d->iter);
	d->iter = NULL;
	d->iter_pid = pid;
	return mf_iter_open(pid, &opts, &d->iter) == 0;
}

static bool is_object(const struct object *o, const struct stat *st)
{
	return S_ISREG(st->st_mode) && major(st->st_dev) == o->dev_major &&
	       minor(st->st_dev) == o->dev_minor && st->st_ino == o->inode;
}

//! [open]
/* Through the link of its first user, and no other way: a descriptor, or -errno. */
static int open_object(struct dumping *d, const struct object *o, struct stat *st)
{
	const struct user *u = &d->c.users[o->first_user];
	const struct mf_mapping *m;
	int fd, ret;

	if (!iterate(d, d->c.processes[u->process].pid))
		return -ESRCH;
	ret = mf_find(d->iter, u->start, &m);
	fd = ret > 0 ? mf_open_fd(d->iter, m, MF_OPEN_DIRECT) : ret < 0 ? ret : -ESTALE;
	if (fd < 0)
		return fd;
	if (fstat(fd, st) == 0 && is_object(o, st))
		return fd;
	close(fd);
	return -ESTALE;
}
//! [open]

static void no_content(struct object *o, const char *why)
{
	free(o->reason);
	o->content = CONTENT_NONE;
	o->reason = format("%s", why);
}

/* A file of which nothing has to be copied: its name leads to it, in this program's eyes too. */
static bool is_still_there(const struct object *o)
{
	struct stat st;

	return o->kind == MF_KIND_FILE && !o->deleted && o->name.bytes && o->name.bytes[0] == '/' &&
	       lstat(o->name.bytes, &st) == 0 && is_object(o, &st);
}

static void refer(struct object *o, const struct stat *st)
{
	o->content = CONTENT_REFERENCE;
	o->mtime_sec = st->st_mtim.tv_sec;
	o->mtime_nsec = (uint32_t)st->st_mtim.tv_nsec;
}

static bool step(void *data, uint64_t at)
{
	struct dumping *d = data;

	progress_step(&bar, d->done + at, d->total);
	return !interrupted();
}

/* Written under another name: what has an image's name is whole. */
static int write_image(struct dumping *d, const char *name, struct copy *copy)
{
	char *temporary = format(".%s.new", name);
	int ret, fd = openat(d->directory_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			     0600);

	if (fd < 0) {
		free(temporary);
		return -errno;
	}
	copy->out = fd;
	ret = copy_image(copy);
	if (close(fd) < 0 && ret == 0)
		ret = -errno;
	if (ret == 0 && renameat(d->directory_fd, temporary, d->directory_fd, name) < 0)
		ret = -errno;
	if (ret < 0)
		unlinkat(d->directory_fd, temporary, 0);
	free(temporary);
	return ret;
}

static bool dump_image(struct dumping *d, struct object *o, size_t id, int fd)
{
	struct copy copy = { .in = fd, .size = o->size, .go_on = step, .data = d };
	char *name = format("object-%05zu.img", id);
	int ret = write_image(d, name, &copy);

	if (ret < 0) {
		complain("%s: %s", name,
			 ret == -ECANCELED ? "interrupted" :
			 ret == -ENODATA   ? "the object became shorter while it was copied" :
					     strerror(-ret));
		free(name);
		return false;
	}
	o->content = CONTENT_IMAGE;
	o->image = name;
	o->hash = copy.hash;
	o->data = copy.n_data;
	return true;
}

static bool dump_opened(struct dumping *d, struct object *o, size_t id, int fd,
			const struct stat *st)
{
	struct statfs fs;

	o->size = (uint64_t)st->st_size;
	if (!d->options->all_files && is_still_there(o)) {
		refer(o, st);
		return true;
	}
	if (fstatfs(fd, &fs) == 0 && fs.f_type == HUGETLBFS_MAGIC)
		o->huge_page = (uint64_t)fs.f_bsize;
	note_outside(&d->c, d->everyone, fd, o);
	return dump_image(d, o, id, fd);
}

static bool dump_object(struct dumping *d, struct object *o, size_t id)
{
	uint32_t refusal = refusal_of(o->kind);
	struct stat st;
	bool ok;
	int fd;

	if (refusal != MF_REFUSAL_NONE || o->uncertain) {
		no_content(o, mf_refusal_text(refusal ? refusal : MF_REFUSAL_UNCERTAIN));
		return true;
	}
	fd = open_object(d, o, &st);
	if (fd < 0) {
		no_content(o, mf_strerror(fd));
		return true;
	}
	ok = dump_opened(d, o, id, fd, &st);
	close(fd);
	return ok;
}

static bool dump_objects(struct dumping *d)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < d->c.n_objects; i++)
		d->total += d->c.objects[i].size;
	progress_begin(&bar, "writing");
	for (i = 0; i < d->c.n_objects && ok; i++) {
		if (interrupted()) {
			complain("interrupted");
			ok = false;
			break;
		}
		ok = dump_object(d, &d->c.objects[i], i);
		d->done += d->c.objects[i].size;
		progress_step(&bar, d->done, d->total);
	}
	progress_end(&bar);
	mf_iter_close(d->iter);
	d->iter = NULL;
	return ok;
}

/* --- the whole --- */

/* What the tree maps is taken while it stands still; it always runs on. */
static bool take_picture(struct dumping *d)
{
	bool ok;

	if (!freeze(d->options->pid))
		return false;
	d->c.root = d->options->pid;
	ok = scan_tree(&d->c);
	if (ok)
		d->everyone = scan_everyone();
	ok = ok && dump_objects(d);
	mf_objects_close(d->everyone);
	if (!ok || !d->options->leave_stopped)
		freeze_end(false);
	return ok;
}

static bool make_durable(const struct dumping *d)
{
	if (syncfs(d->directory_fd) == 0)
		return true;
	complain("the images: %s", strerror(errno));
	return false;
}

static void print_counts(const struct checkpoint *c, const char *path)
{
	size_t n[3] = { 0 }, i;
	uint64_t size = 0, data = 0;

	for (i = 0; i < c->n_objects; i++) {
		n[c->objects[i].content]++;
		if (c->objects[i].content != CONTENT_IMAGE)
			continue;
		size += c->objects[i].size;
		data += c->objects[i].data;
	}
	printf("%s: %zu processes, %zu objects, %zu mappings\n"
	       "  %zu objects in images, %llu bytes of which %llu are data\n"
	       "  %zu files by reference, %zu objects not dumped\n",
	       path, c->n_processes, c->n_objects, c->n_users, n[CONTENT_IMAGE],
	       (unsigned long long)size, (unsigned long long)data, n[CONTENT_REFERENCE],
	       n[CONTENT_NONE]);
}

static void print_missing(const struct checkpoint *c)
{
	const struct object *o;
	char *name;
	size_t i;

	for (i = 0; i < c->n_left_out; i++)
		complain("process %d is not whole in the dump: %s", c->left_out[i].pid,
			 c->left_out[i].reason);
	for (i = 0; i < c->n_objects; i++) {
		o = &c->objects[i];
		name = name_text(&o->name);
		if (o->content == CONTENT_NONE)
			complain("%s %s is not dumped: %s", mf_kind_name(o->kind), name, o->reason);
		if (o->n_outside > 0)
			complain("%s %s is shared with processes outside the tree, such as %d",
				 mf_kind_name(o->kind), name, o->outside[0]);
		free(name);
	}
}

static enum status dump_into(struct dumping *d, const char *path)
{
	if (!take_picture(d) || !make_durable(d) || !manifest_write(&d->c, d->directory_fd)) {
		remove_images(d);
		return FAILED;
	}
	print_counts(&d->c, path);
	fflush(stdout);
	print_missing(&d->c);
	return is_incomplete(&d->c) ? DONE_IN_PART : DONE;
}

/* One descriptor is held for each process. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool may_dump(int pid)
{
	int why = mf_explain(pid, MF_ACCESS_FOLLOW, NULL);

	if (why == MF_WHY_ALLOWED && !is_ancestor(pid))
		return true;
	if (why == MF_WHY_ALLOWED)
		complain("process %d: this program descends from it and cannot stop itself", pid);
	else
		complain("process %d: %s%s", pid,
			 why > 0 ? mf_why_text((uint32_t)why) : mf_strerror(why),
			 why > 0 && is_cured_by_root(why) && geteuid() != 0 ?
				 " (sudo checkpoint ... does)" :
				 "");
	return false;
}

enum status dump(const struct dump_options *options)
{
	struct dumping d = { .options = options };
	enum status status;
	bool made;
	char *path;

	if (!may_dump(options->pid))
		return FAILED;
	interrupt_catch();
	path = options->directory ? format("%s", options->directory) :
				    format("checkpoint-%d", options->pid);
	if (!open_directory(path, &d.directory_fd, &made)) {
		free(path);
		return FAILED;
	}
	raise_limit();
	status = dump_into(&d, path);
	freeze_end(status != FAILED);
	if (status == FAILED && made)
		rmdir(path);
	close(d.directory_fd);
	checkpoint_free(&d.c);
	free(path);
	return status;
}
