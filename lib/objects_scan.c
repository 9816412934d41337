/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The scan of one process: whose each of its mappings is. What is not whole is
 * taken back.
 */
#include "objects.h"

/* How often a process that execs is begun anew. */
#define TRIES 8

/* Of how many objects that were seen last a descriptor is kept. */
#define HELD  4

/* As long as there is a descriptor, its inode's number is given to no other file. */
struct held {
	int fd; /* O_PATH; -1: none */
	uint32_t entry;
};

struct scan {
	struct mf_objects *objects;
	struct mf_iter *iter;
	size_t process;
	bool refused; /* its links may not be followed */
	bool unlike; /* a link led to what has other numbers than maps */
	struct held held[HELD];
	unsigned int n_held; /* ever */
};

static void hold(struct scan *scan, int fd, uint32_t entry)
{
	struct held *const held = &scan->held[scan->n_held++ % HELD];

	mf_sys_close(&held->fd);
	*held = (struct held){ fd, entry };
}

static void let_go(struct scan *scan)
{
	unsigned int i;

	for (i = 0; i < HELD; i++)
		mf_sys_close(&scan->held[i].fd);
}

static struct mf_objects_process *report(const struct scan *scan)
{
	return &mf_process_at(scan->objects, scan->process)->process;
}

/* One of the inodes that all kinds of objects share; where it is not known, any of the kind. */
static bool has_no_identity(const struct scan *scan, const struct mf_mapping *m)
{
	const struct mf_mapping *const shared = &scan->objects->shared_inode;

	if (!shared->has)
		return m->kind == MF_KIND_ANON_INODE;
	return m->inode == shared->inode && m->dev_major == shared->dev_major &&
	       m->dev_minor == shared->dev_minor;
}

/* All of it but SysV segments is numbered by one counter for each mount. */
static bool is_counted(struct scan *scan, const struct mf_mapping *m)
{
	return m->has & MF_HAS_PATH && m->kind != MF_KIND_SYSV &&
	       mf_on_kernel_fs(m, &scan->iter->kernel_fs);
}

static uint64_t segment_of(const struct scan *scan, const struct mf_mapping *m)
{
	return m->kind == MF_KIND_SYSV ? mf_objects_hash(scan->objects, m->path, m->path_len) | 1 :
					 0;
}

static struct mf_key key_by_maps(const struct scan *scan, const struct mf_mapping *m,
				 enum mf_basis basis)
{
	return (struct mf_key){ .basis = basis,
				.dev_major = m->dev_major,
				.dev_minor = m->dev_minor,
				.inode = m->inode,
				.segment = segment_of(scan, m) };
}

static struct mf_key key_by_stat(const struct scan *scan, const struct mf_mapping *m,
				 const struct mf_look *look)
{
	return (struct mf_key){ .basis = MF_BY_STAT,
				.dev_major = look->st.stx_dev_major,
				.dev_minor = look->st.stx_dev_minor,
				.inode = look->st.stx_ino,
				.segment = segment_of(scan, m),
				.mark = look->mark };
}

static struct mf_object describe(const struct mf_mapping *m, const char *path)
{
	return (struct mf_object){
		.kind = m->kind,
		.flags = m->flags & MF_MAPPING_DELETED ? MF_OBJECT_DELETED : 0,
		.has = m->has & (MF_HAS_DEV | MF_HAS_PATH | MF_HAS_DELETED),
		.inode = m->inode,
		.dev_major = m->dev_major,
		.dev_minor = m->dev_minor,
		.path = path,
		.path_len = path ? m->path_len : 0,
		.name_len = path ? m->name_len : 0,
		.fd = -1,
	};
}

static void take_look(struct mf_object *object, const struct mf_look *look)
{
	const struct statx *const st = &look->st;

	object->has |= MF_HAS_STAT | (look->has_seals ? MF_HAS_SEALS : 0);
	object->seals = look->seals;
	object->st_ino = st->stx_ino;
	object->st_size = st->stx_size;
	object->st_dev_major = st->stx_dev_major;
	object->st_dev_minor = st->stx_dev_minor;
	object->st_mode = st->stx_mode;
	object->st_nlink = st->stx_nlink;
	if (object->kind == MF_KIND_FILE && (S_ISCHR(st->stx_mode) || S_ISBLK(st->stx_mode)))
		object->kind = MF_KIND_DEVICE;
}

/* As mf_objects_look(), but a refusal is remembered and asked for no more. */
static int look_open(struct scan *scan, const struct mf_mapping *m, struct mf_look *ret)
{
	const int r = scan->refused ?
			      -EPERM :
			      mf_objects_look(scan->objects, scan->iter, m, ret, &scan->unlike);

	if (r == -EPERM) {
		scan->refused = true;
		report(scan)->flags |= MF_PROCESS_NUMBERS_ONLY;
	}
	return r;
}

/* As long as there is a descriptor, the caller's or ours, the number is the object's. */
static void keep(struct scan *scan, int fd, uint32_t entry)
{
	struct mf_object *const object = &mf_entry_at(scan->objects, entry)->object;

	if (!(scan->objects->opts.flags & MF_OBJECTS_OPEN_FDS))
		hold(scan, fd, entry);
	else if (object->fd < 0)
		object->fd = fd;
	else
		mf_sys_close(&fd);
}

/* 1 with the entry of that key, made if there was none. */
static int find_or_add(struct scan *scan, const struct mf_key *key, const struct mf_object *object,
		       uint32_t *ret)
{
	int error;

	if (mf_objects_lookup(scan->objects, key, ret))
		return 1;
	error = mf_objects_add(scan->objects, key, object, ret);
	return error ? error : 1;
}

static int find_by_numbers(struct scan *scan, const struct mf_mapping *m, const char *path,
			   uint32_t *ret)
{
	const struct mf_key key = key_by_maps(scan, m, MF_BY_NUMBERS);
	struct mf_object object = describe(m, path);

	object.flags |= MF_OBJECT_UNCERTAIN;
	return find_or_add(scan, &key, &object, ret);
}

static int add_apart(struct scan *scan, const struct mf_mapping *m, const char *path, uint32_t *ret)
{
	const struct mf_key key = key_by_maps(scan, m, MF_BY_NOTHING);
	struct mf_object object = describe(m, path);
	struct mf_look seen;
	int fd = look_open(scan, m, &seen), error;

	if (fd < 0 && fd != -EPERM)
		return fd == -ENOENT ? 0 : fd;
	object.flags |= MF_OBJECT_APART | (fd < 0 ? MF_OBJECT_UNCERTAIN : 0);
	if (fd >= 0)
		take_look(&object, &seen);
	error = mf_objects_add(scan->objects, &key, &object, ret);
	if (error)
		mf_sys_close(&fd);
	else if (fd >= 0)
		keep(scan, fd, *ret);
	return error ? error : 1;
}

/* The number is enough; one look, by whoever may, for what else there is to know. */
static int find_counted(struct scan *scan, const struct mf_mapping *m, const char *path,
			uint32_t *ret)
{
	const struct mf_key key = key_by_maps(scan, m, MF_BY_COUNT);
	const struct mf_object object = describe(m, path);
	const int known = mf_objects_lookup(scan->objects, &key, ret);
	struct mf_entry *entry;
	struct mf_look seen;
	int fd;

	if (known && mf_entry_at(scan->objects, *ret)->object.has & MF_HAS_STAT)
		return 1;
	fd = look_open(scan, m, &seen);
	if (fd < 0 && fd != -EPERM)
		return fd == -ENOENT ? known : fd;
	if (!known && mf_objects_add(scan->objects, &key, &object, ret)) {
		mf_sys_close(&fd);
		return -ENOMEM;
	}
	entry = mf_entry_at(scan->objects, *ret);
	entry->object.flags &= ~(uint32_t)MF_OBJECT_UNCERTAIN;
	if (fd >= 0) {
		take_look(&entry->object, &seen);
		entry->mark = seen.mark;
		keep(scan, fd, *ret);
	} else {
		entry->object.flags |= MF_OBJECT_UNCERTAIN;
	}
	return 1;
}

static bool has_numbers(const struct mf_key *key, const struct mf_mapping *m)
{
	return key->inode == m->inode && key->dev_major == m->dev_major &&
	       key->dev_minor == m->dev_minor;
}

/* An object with these numbers of which a descriptor is there. */
static bool find_held(const struct scan *scan, const struct mf_mapping *m, uint32_t *ret)
{
	const struct mf_objects *const objects = scan->objects;
	uint32_t id;
	unsigned int i;

	for (i = 0; i < HELD; i++) {
		const struct held *const held = &scan->held[i];

		if (held->fd < 0 || !has_numbers(&mf_entry_at(objects, held->entry)->key, m))
			continue;
		*ret = held->entry;
		return true;
	}
	if (!(objects->opts.flags & MF_OBJECTS_OPEN_FDS))
		return false;
	id = mf_objects_first(objects, m->dev_major, m->dev_minor, m->inode);
	while (id && mf_entry_at(objects, id - 1)->object.fd < 0)
		id = mf_objects_next(objects, id);
	*ret = id - 1;
	return id;
}

/*
 * Held, and where one number is one file: m was listed later, so it is that
 * file. Text is read ahead, and may have been read before.
 */
static bool is_recognised(struct scan *scan, const struct mf_mapping *m, uint32_t *ret)
{
	struct mf_iter *const iter = scan->iter;
	struct mf_mount mount;

	if (m->kind != MF_KIND_FILE || !find_held(scan, m, ret))
		return false;
	return !mf_mount_by_device(&iter->mounts, &iter->proc, m->dev_major, m->dev_minor,
				   &mount) &&
	       mount.one_file_an_inode &&
	       (iter->proc.has_query || mf_objects_still_stands(iter, m));
}

/* A SysV segment has a twin in each IPC namespace, down to the name. */
static bool is_uncertain(const struct mf_mapping *m, const struct mf_look *seen)
{
	return m->kind == MF_KIND_SYSV && !seen->mark;
}

static int find_by_stat(struct scan *scan, const struct mf_mapping *m, const char *path,
			uint32_t *ret)
{
	struct mf_object object;
	struct mf_look seen;
	struct mf_key key;
	int r, fd;

	if (is_recognised(scan, m, ret))
		return 1;
	fd = look_open(scan, m, &seen);
	if (fd == -EPERM)
		return find_by_numbers(scan, m, path, ret);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	key = key_by_stat(scan, m, &seen);
	object = describe(m, path);
	object.flags |= is_uncertain(m, &seen) ? MF_OBJECT_UNCERTAIN : 0;
	take_look(&object, &seen);
	r = find_or_add(scan, &key, &object, ret);
	if (r > 0)
		keep(scan, fd, *ret);
	else
		mf_sys_close(&fd);
	return r;
}

/* 1 with the entry, 0 if the mapping is gone, or -errno. */
static int find(struct scan *scan, const struct mf_mapping *m, const char *path, uint32_t *ret)
{
	if (has_no_identity(scan, m))
		return add_apart(scan, m, path, ret);
	if (is_counted(scan, m))
		return find_counted(scan, m, path, ret);
	return find_by_stat(scan, m, path, ret);
}

static int take(struct scan *scan, const struct mf_mapping *m)
{
	struct mf_object_user user = { .pid = report(scan)->pid,
				       .prot = m->prot,
				       .flags = m->flags & (MF_MAPPING_SHARED | MF_MAPPING_RACED),
				       .start = m->start,
				       .end = m->end,
				       .offset = m->offset };
	uint32_t entry;
	int r = 0;

	if (m->has & MF_HAS_PATH && m->path) {
		user.path_len = m->path_len;
		r = mf_objects_intern(scan->objects, m->path, m->path_len, &user.path);
	}
	if (r)
		return r;
	r = find(scan, m, user.path, &entry);
	if (r > 0) {
		report(scan)->n_users++;
		return mf_objects_add_user(scan->objects, entry, &user);
	}
	report(scan)->n_vanished += !r;
	return r;
}

static int walk(struct scan *scan)
{
	struct mf_iter *const iter = scan->iter;
	const struct mf_mapping *m;
	int r, error;

	iter->kernel_fs = scan->objects->kernel_fs;
	while ((r = mf_next(iter, &m)) > 0) {
		error = take(scan, m);
		if (error)
			return error;
	}
	/* Links belong to the process, maps to its address space: proven to be one by equal numbers, or so. */
	return !r && scan->unlike ? mf_space_same(&iter->proc) : r;
}

static int open_iter(const struct scan *scan, struct mf_iter **ret)
{
	const struct mf_objects_opts *const opts = &scan->objects->opts;
	const struct mf_iter_opts iter_opts = {
		.size = sizeof(iter_opts),
		.flags = MF_ITER_STREAM |
			 (opts->flags & MF_OBJECTS_SHARED ? (uint32_t)MF_ITER_SHARED : 0) |
			 (opts->flags & MF_OBJECTS_RUN_NAMES ? (uint32_t)MF_ITER_RUN_NAMES : 0),
		.proc_root = opts->proc_root,
	};

	return mf_iter_open(report(scan)->pid, &iter_opts, ret);
}

/* The one that was found in the tree: a pid is given to others. */
static int check_start(const struct scan *scan)
{
	const uint64_t wanted = mf_process_at(scan->objects, scan->process)->start_time;
	struct mf_proc_stat stat;
	int error;

	if (!wanted)
		return 0;
	error = mf_proc_stat_of(&scan->objects->proc, report(scan)->pid, &stat);
	if (error)
		return error;
	return stat.start_time == wanted ? 0 : -ESRCH;
}

/* Between two looks at a process that execs each time, it seems to have no address space at all. */
static bool is_alive(const struct scan *scan)
{
	struct mf_proc_stat stat;
	const int error = scan->iter ?
				  mf_proc_stat(&scan->iter->proc, &stat) :
				  mf_proc_stat_of(&scan->objects->proc, report(scan)->pid, &stat);

	return !error && !stat.dead;
}

/* Another iterator on the same process, after an exec; the old one stays if there is none. */
static int open_anew(struct scan *scan)
{
	struct mf_iter *const old = scan->iter;
	struct mf_proc_stat stat;
	int error = open_iter(scan, &scan->iter);

	if (error == -ESRCH)
		return is_alive(scan) ? -ESTALE : error;
	/* Reaped: the pid may have been another's by then. */
	if (!error && old && mf_proc_stat(&old->proc, &stat) == -ESRCH)
		error = -ESRCH;
	if (scan->iter != old)
		mf_iter_close(old);
	return error;
}

static int scan_once(struct scan *scan)
{
	int error = open_anew(scan);

	scan->refused = scan->unlike = false;
	if (!error)
		error = check_start(scan);
	if (error)
		return error;
	error = walk(scan);
	return error == -ESRCH && is_alive(scan) ? -ESTALE : error;
}

static void take_back(struct scan *scan, size_t n_entries, size_t n_users)
{
	struct mf_objects_process *const process = report(scan);

	mf_objects_roll_back(scan->objects, n_entries, n_users);
	process->n_users = process->n_vanished = 0;
	process->flags = 0;
}

int mf_objects_scan(struct mf_objects *objects, size_t process)
{
	const size_t n_entries = objects->n_entries, n_users = objects->n_users;
	struct scan scan = { .objects = objects, .process = process };
	unsigned int i;
	int error;

	for (i = 0; i < HELD; i++)
		scan.held[i].fd = -1;
	error = scan_once(&scan);

	while (error) {
		let_go(&scan);
		take_back(&scan, n_entries, n_users);
		if (error != -ESTALE || report(&scan)->n_retries >= TRIES)
			break;
		report(&scan)->n_retries++;
		error = scan_once(&scan);
	}
	let_go(&scan);
	mf_iter_close(scan.iter);
	report(&scan)->error = error;
	return mf_objects_fatal(error) ? error : 0;
}
