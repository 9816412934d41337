/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mapping what another process maps. What came out is judged by raw maps of
 * both processes, by what one writes and the other reads, and by fstat(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <mapfiles.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/mounts.h"
#include "fs/opener.h"
#include "fs/scene.h"
#include "lack.h"
#include "target.h"
#include "truth.h"

#define PAGE  4096ul
#define LEN   (4 * PAGE)
#define HUGE  (2ul << 20)
#define FREE  ((void *)0x20000000) /* nobody maps anything there by himself */
#define FILE_ BASE "/file"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

/* What happens around the library's mapping of an object: the program's mmap64() is found first. */
static void (*before_map)(void), (*after_map)(void);
static bool old_mmap; /* as before Linux 4.17 */
static void *wish; /* where the kernel puts the next object that may be anywhere */
static bool used_fixed; /* an object was mapped over whatever was there */

/* A static program has no other mmap64() behind this one. */
static void *real_mmap(void *addr, size_t size, int prot, int flags, int fd, off64_t offset)
{
#if defined(__s390x__)
	unsigned long args[] = { (unsigned long)addr, size,
				 (unsigned long)prot, (unsigned long)flags,
				 (unsigned long)fd,   (unsigned long)offset };

	return (void *)syscall(SYS_mmap, args);
#elif defined(SYS_mmap2)
	return (void *)syscall(SYS_mmap2, addr, size, prot, flags, fd, (long)(offset / 4096));
#else
	return (void *)syscall(SYS_mmap, addr, size, prot, flags, fd, offset);
#endif
}

void *mmap64(void *addr, size_t size, int prot, int flags, int fd, off64_t offset);
void *mmap64(void *addr, size_t size, int prot, int flags, int fd, off64_t offset)
{
	void (*const before)(void) = before_map, (*const after)(void) = after_map;
	void *memory;

	if (old_mmap)
		flags &= ~MAP_FIXED_NOREPLACE;
	/* Once, for the whole object and not a look at a page of it. */
	if (fd >= 0 && size == LEN && before) {
		before_map = NULL;
		before();
	}
	if (fd >= 0 && size == LEN) {
		used_fixed = used_fixed || flags & MAP_FIXED;
		if (!addr) {
			addr = wish;
			wish = NULL;
		}
	}
	memory = real_mmap(addr, size, prot, flags, fd, offset);
	if (fd >= 0 && size == LEN && after) {
		after_map = NULL;
		after();
	}
	return memory;
}

static void place(struct scene *scene, uint64_t len, int prot, int flags, int fd, off_t offset)
{
	void *memory = mmap(NULL, len, prot, flags, fd, offset);

	scene->len = len;
	if (memory == MAP_FAILED)
		scene->absent = strerror(errno);
	else
		scene->addr = (uint64_t)(uintptr_t)memory;
}

static void set_prot(struct scene *scene, int prot)
{
	require(!mprotect((void *)(uintptr_t)scene->addr, scene->len, prot));
}

static int sized_memfd(off_t size)
{
	int fd = memfd_create("remap", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	require(fd >= 0 && !ftruncate(fd, size));
	return fd;
}

/* Shared: a write is seen on the other side. */

static void make_shm_anon(struct scene *scene)
{
	place(scene, LEN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void make_memfd(struct scene *scene)
{
	int fd = sized_memfd(LEN);

	place(scene, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
}

static void make_memfd_at_offset(struct scene *scene)
{
	int fd = sized_memfd(LEN + 3 * PAGE);

	place(scene, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 3 * PAGE);
	close(fd);
}

static void make_sysv(struct scene *scene)
{
	int id = shmget(IPC_PRIVATE, LEN, IPC_CREAT | 0600);
	void *memory = shmat(id, NULL, 0);

	scene->id = id;
	scene->len = LEN;
	if (memory == (void *)-1)
		scene->absent = "no SysV shared memory";
	scene->addr = (uint64_t)(uintptr_t)memory;
	shmctl(id, IPC_RMID, NULL);
}

static void make_hugetlb(struct scene *scene)
{
	place(scene, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1,
	      0);
}

static void make_huge_memfd(struct scene *scene)
{
	int fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);

	if (fd < 0 || ftruncate(fd, 2 * HUGE)) {
		scene->absent = "no huge pages";
		return;
	}
	place(scene, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, HUGE);
	close(fd);
}

static void map_file(struct scene *scene, int open_flags, int prot, int flags)
{
	int fd = open(scene->path, open_flags | O_CLOEXEC);

	require(fd >= 0);
	place(scene, LEN, prot, flags, fd, 0);
	close(fd);
}

static void make_shared_file(struct scene *scene)
{
	map_file(scene, O_RDWR, PROT_READ | PROT_WRITE, MAP_SHARED);
}

static void make_deleted_file(struct scene *scene)
{
	make_shared_file(scene);
	require(!unlink(scene->path));
}

static void make_replaced_file(struct scene *scene)
{
	make_deleted_file(scene);
	make_file(scene->path, 'n', LEN);
}

static const struct {
	const char *name;
	void (*make)(struct scene *);
} shared[] = {
	{ "shared anonymous memory", make_shm_anon },
	{ "memfd", make_memfd },
	{ "memfd at an offset", make_memfd_at_offset },
	{ "SysV, already removed", make_sysv },
	{ "MAP_HUGETLB", make_hugetlb },
	{ "memfd on huge pages", make_huge_memfd },
	{ "file", make_shared_file },
	{ "deleted file", make_deleted_file },
	{ "replaced file", make_replaced_file },
};

START_TEST(what_one_writes_the_other_sees)
{
	struct remapped got;
	struct scene *scene;

	make_file(FILE_, 'f', LEN);
	scene = scene_start(&who_root, shared[_i].make, NULL, FILE_);
	if (scene->absent) {
		harness_skip(shared[_i].name, "%s", scene->absent);
	} else {
		remap_scene(scene, 0, 0, &got);
		require_same(scene, &got);
		require(got.made.length == scene->len);
		require(got.made.open_mode == (MF_PROT_READ | MF_PROT_WRITE));
		require(got.made.rung == MF_RUNG_MAP_FILES && got.made.sure == MF_SURE_EXACT);
		require_shared(scene, &got);
		remapped_end(&got);
	}
	scene_end(scene);
}
END_TEST

/* Three share: the third maps what the second maps of the first. */

static void copy_of_the_first(struct scene *scene)
{
	struct scene *first = *(struct scene **)scene->path;
	struct remapped got;

	remap_scene(first, 0, 0, &got);
	require(!got.ret);
	scene->addr = (uint64_t)(uintptr_t)got.addr;
	scene->len = got.made.length;
}

START_TEST(three_processes_share)
{
	struct scene *first = scene_start(&who_root, make_shm_anon, NULL, NULL), *second;
	struct remapped got;
	char path[16] = "";

	/* All scenes are shared memory, at the same place in all. */
	second = scene_start(&who_root, make_shm_anon, copy_of_the_first, path);
	memcpy(second->path, &first, sizeof(first));
	scene_act(second);
	remap_scene(second, 0, 0, &got);
	require_same(second, &got);
	require_shared(second, &got);
	require_shared(first, &got);
	remapped_end(&got);
	scene_end(second);
	scene_end(first);
}
END_TEST

/* Read-only and private. */

static void make_read_only(struct scene *scene)
{
	map_file(scene, O_RDONLY, PROT_READ, MAP_SHARED);
}

static void make_not_yet_writable(struct scene *scene)
{
	map_file(scene, O_RDWR, PROT_READ, MAP_SHARED);
}

static void make_inaccessible(struct scene *scene)
{
	map_file(scene, O_RDWR, PROT_NONE, MAP_SHARED);
}

static void make_private(struct scene *scene)
{
	map_file(scene, O_RDWR, PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

static void make_text(struct scene *scene)
{
	map_file(scene, O_RDONLY, PROT_READ | PROT_EXEC, MAP_PRIVATE);
}

static void make_private_memfd(struct scene *scene)
{
	int fd = sized_memfd(LEN);

	require(pwrite(fd, "f", 1, 0) == 1);
	place(scene, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
}

START_TEST(a_read_only_mapping_can_be_made_writable_only_where_the_target_can)
{
	struct remapped got;
	struct scene *scene;

	make_file(FILE_, 'f', LEN);
	scene = scene_start(&who_root, make_read_only, NULL, FILE_);
	remap_scene(scene, 0, 0, &got);
	require_same(scene, &got);
	require(got.made.open_mode == MF_PROT_READ);
	require(mprotect(got.addr, LEN, PROT_READ | PROT_WRITE) < 0 && errno == EACCES);
	require(((char *)got.addr)[0] == 'f');
	remapped_end(&got);
	scene_end(scene);

	scene = scene_start(&who_root, make_not_yet_writable, NULL, FILE_);
	remap_scene(scene, 0, 0, &got);
	require_same(scene, &got);
	require(got.made.open_mode == (MF_PROT_READ | MF_PROT_WRITE));
	require(!mprotect(got.addr, LEN, PROT_READ | PROT_WRITE));
	((char *)got.addr)[1] = 'w';
	require(scene_peek(scene, 1) == 'w');
	remapped_end(&got);
	scene_end(scene);
}
END_TEST

START_TEST(protection_is_the_targets)
{
	void (*const make[])(struct scene *) = { make_inaccessible, make_text };
	struct remapped got;
	struct scene *scene;

	make_file(FILE_, 'f', LEN);
	scene = scene_start(&who_root, make[_i], NULL, FILE_);
	remap_scene(scene, 0, 0, &got);
	require_same(scene, &got);
	remapped_end(&got);
	scene_end(scene);
}
END_TEST

START_TEST(a_private_mapping_that_nobody_wrote_is_mapped_privately)
{
	void (*const make[])(struct scene *) = { make_private, make_private_memfd };
	struct remapped got;
	struct scene *scene;

	make_file(FILE_, 'f', LEN);
	scene = scene_start(&who_root, make[_i], NULL, FILE_);
	/* Reading is no writing. */
	require(scene_peek(scene, 0) == 'f');
	remap_scene(scene, 0, 0, &got);
	require_same(scene, &got);
	require(got.made.open_mode == MF_PROT_READ && !got.made.flags);
	((volatile char *)got.addr)[0] = 'p';
	require(scene_peek(scene, 0) == 'f');
	remapped_end(&got);
	scene_end(scene);
}
END_TEST

static void write_last_page(struct scene *scene)
{
	((volatile char *)(uintptr_t)scene->addr)[scene->len - 1] = 'd';
}

static void make_dirty(struct scene *scene)
{
	make_private(scene);
	write_last_page(scene);
}

/* As the dynamic linker does with what it has relocated. */
static void make_relro(struct scene *scene)
{
	make_dirty(scene);
	set_prot(scene, PROT_READ);
}

static void make_private_hugetlb(struct scene *scene)
{
	place(scene, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1,
	      0);
	if (!scene->absent)
		write_last_page(scene);
}

static void make_private_memfd_dirty(struct scene *scene)
{
	make_private_memfd(scene);
	write_last_page(scene);
}

START_TEST(private_pages_are_refused_unless_the_object_alone_is_wanted)
{
	void (*const make[])(struct scene *) = { make_dirty, make_relro, make_private_memfd_dirty,
						 make_private_hugetlb };
	struct remapped got;
	struct scene *scene;

	make_file(FILE_, 'f', LEN);
	scene = scene_start(&who_root, make[_i], NULL, FILE_);
	if (scene->absent) {
		harness_skip(__func__, "huge pages: %s", scene->absent);
		scene_end(scene);
		return;
	}
	remap_scene(scene, 0, 0, &got);
	require_refused(scene, &got, MF_REFUSAL_PRIVATE, -EOPNOTSUPP);
	remap_scene(scene, MF_REMAP_OBJECT_ONLY, 0, &got);
	require_same(scene, &got);
	require(((char *)got.addr)[got.made.length - 1] != 'd');
	remapped_end(&got);
	scene_end(scene);
}
END_TEST

START_TEST(a_private_copy_outside_of_the_range_does_not_matter)
{
	const struct mf_mapping *found;
	struct mf_mapping part;
	struct mf_iter *iter;
	struct scene *scene;
	void *addr = NULL;

	make_file(FILE_, 'f', LEN);
	scene = scene_start(&who_root, make_dirty, NULL, FILE_);
	require(!mf_iter_open(scene->pid, NULL, &iter));
	require(mf_find(iter, scene->addr, &found) == 1);
	part = *found;
	part.end -= PAGE;
	ck_errno(mf_remap(iter, &part, NULL, &addr), 0);
	require(!memcmp(addr, "ffff", 4));
	munmap(addr, LEN - PAGE);
	part.start += PAGE;
	part.offset += PAGE;
	part.end += PAGE;
	ck_errno(mf_remap(iter, &part, NULL, &addr), -EOPNOTSUPP);
	mf_iter_close(iter);
	scene_end(scene);
}
END_TEST

/* A terabyte, of which nothing is there: a scan of all its pages would take seconds. */
static void make_vast(struct scene *scene)
{
	int fd = sized_memfd(1l << 40);

	place(scene, 1ul << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
	close(fd);
}

START_TEST(the_last_page_of_a_vast_mapping_is_looked_at)
{
	struct scene *scene;
	struct remapped got;

	if (lacks("pagemap_scan"))
		skip("seconds without PAGEMAP_SCAN");
	scene = scene_start(&who_root, make_vast, write_last_page, NULL);
	if (scene->absent) {
		harness_skip(__func__, "%s", scene->absent);
		scene_end(scene);
		return;
	}
	remap_scene(scene, 0, 0, &got);
	/* The target did not ask for the memory to be promised. */
	if (got.ret == -ENOMEM)
		require_refused(scene, &got, MF_REFUSAL_NOT_MAPPED, -ENOMEM);
	else
		require_same(scene, &got);
	remapped_end(&got);
	scene_act(scene);
	remap_scene(scene, 0, 0, &got);
	require_refused(scene, &got, MF_REFUSAL_PRIVATE, -EOPNOTSUPP);
	scene_end(scene);
}
END_TEST

/* Every kind there is. */

static uint32_t refusal_of_kind(uint32_t kind)
{
	switch (kind) {
	case MF_KIND_ANON:
	case MF_KIND_ANON_NAMED:
	case MF_KIND_HEAP:
	case MF_KIND_STACK:
	case MF_KIND_VDSO:
	case MF_KIND_VVAR:
	case MF_KIND_VSYSCALL:
		return MF_REFUSAL_NO_OBJECT;
	case MF_KIND_DEVICE:
		return MF_REFUSAL_DEVICE;
	case MF_KIND_ANON_INODE:
	case MF_KIND_DMABUF:
		return MF_REFUSAL_ANON_INODE;
	case MF_KIND_SOCKET:
		return MF_REFUSAL_SOCKET;
	case MF_KIND_SECRETMEM:
		return MF_REFUSAL_SECRET;
	case MF_KIND_AIO:
		return MF_REFUSAL_AIO;
	default:
		return MF_REFUSAL_NONE;
	}
}

/* By raw pagemap: something is there that is not the file's. */
static bool has_private_page(pid_t pid, uint64_t start, uint64_t end)
{
	char path[64];
	bool found = false;
	uint64_t bits;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	require(fd >= 0);
	for (; start < end && !found; start += PAGE) {
		require(pread(fd, &bits, 8, (off_t)(start / PAGE * 8)) == 8);
		found = bits >> 62 && !(bits >> 61 & 1);
	}
	close(fd);
	return found;
}

static uint32_t wanted_refusal(const struct target *target, const struct target_entry *e,
			       const struct truth_mapping *t)
{
	const uint64_t page = e->kind == MF_KIND_HUGETLB ? HUGE : PAGE;

	if (refusal_of_kind(e->kind))
		return refusal_of_kind(e->kind);
	if (!t->shared && has_private_page(target->pid, t->start, t->end))
		return MF_REFUSAL_PRIVATE;
	if (t->has_stat && (t->st_size + page - 1) / page * page < t->offset + (t->end - t->start))
		return MF_REFUSAL_TOO_SHORT;
	return MF_REFUSAL_NONE;
}

static void check_entry(struct mf_iter *iter, const struct target *target,
			const struct target_entry *e, const struct truth *truth)
{
	const struct truth_mapping *t = truth_find(truth, e->start), *own;
	const struct mf_remap_plan *made;
	const struct mf_mapping *found;
	struct truth ours;
	void *addr = NULL;
	uint32_t want;
	int ret;

	require_msg(t && mf_find(iter, e->start, &found) == 1, "%s", e->label);
	want = wanted_refusal(target, e, t);
	ret = mf_remap(iter, found, NULL, &addr);
	require(!mf_remap_made(iter, &made));
	require_msg(made->refusal == want && made->error == ret, "%s: %d, %s, not %s", e->label,
		    ret, mf_refusal_text(made->refusal), mf_refusal_text(want));
	require((want == MF_REFUSAL_NONE) == (ret == 0) && !addr == !!ret);
	if (refusal_of_kind(e->kind))
		require_msg(ret == -ENXIO && !made->rung, "%s: touched", e->label);
	if (ret)
		return;
	truth_read(&ours, getpid());
	own = truth_find(&ours, (uint64_t)(uintptr_t)addr);
	require_msg(own && own->inode == t->inode && own->dev_minor == t->dev_minor &&
			    own->prot == t->prot && own->shared == t->shared,
		    "%s", e->label);
	require(own->st_ino == t->st_ino && own->st_dev == t->st_dev);
	truth_free(&ours);
	munmap(addr, made->length);
}

static struct target target;

static void make_target(void)
{
	spawn_target(&target, 0);
}

static void drop_target(void)
{
	end_target(&target);
}

START_TEST(each_kind_is_mapped_or_refused_for_its_own_reason)
{
	struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_ALL };
	unsigned int seen[MF_REFUSAL_NOT_MAPPED + 1] = { 0 };
	struct mf_iter *iter;
	struct truth truth;

	truth_read(&truth, target.pid);
	require(!mf_iter_open(target.pid, &opts, &iter));
	for (size_t i = 0; i < target.n_entries; i++) {
		const struct target_entry *e = &target.entries[i];

		if (e->skipped[0] || !truth_find(&truth, e->start))
			continue;
		check_entry(iter, &target, e, &truth);
		seen[wanted_refusal(&target, e, truth_find(&truth, e->start))]++;
	}
	mf_iter_close(iter);
	truth_free(&truth);
	require(seen[MF_REFUSAL_NONE] > 20 && seen[MF_REFUSAL_NO_OBJECT] >= 3);
	require(seen[MF_REFUSAL_DEVICE] && seen[MF_REFUSAL_AIO]);
}
END_TEST

/* Too short. */

static void make_too_long(struct scene *scene)
{
	make_shared_file(scene);
	require(!truncate(scene->path, LEN - PAGE - 100));
}

START_TEST(beyond_the_end_of_the_object_is_refused_or_clipped)
{
	struct remapped got;
	struct scene *scene;

	make_file(FILE_, 'f', LEN);
	scene = scene_start(&who_root, make_too_long, NULL, FILE_);
	remap_scene(scene, 0, 0, &got);
	require_refused(scene, &got, MF_REFUSAL_TOO_SHORT, -ERANGE);
	require(got.made.object_size == LEN - PAGE - 100);
	remap_scene(scene, MF_REMAP_CLIP, 0, &got);
	require_same(scene, &got);
	require(got.made.length == LEN - PAGE);
	require_shared(scene, &got);
	remapped_end(&got);
	require(!truncate(FILE_, 0));
	remap_scene(scene, MF_REMAP_CLIP, 0, &got);
	require_refused(scene, &got, MF_REFUSAL_TOO_SHORT, -ERANGE);
	/* The rest of the last page belongs to it. */
	require(!truncate(FILE_, LEN - PAGE + 1));
	remap_scene(scene, 0, 0, &got);
	require_same(scene, &got);
	remapped_end(&got);
	scene_end(scene);
}
END_TEST

static void shorten(void)
{
	require(!truncate(FILE_, PAGE));
}

START_TEST(what_shrinks_while_it_is_mapped_is_unmapped_again)
{
	const uint32_t flags[] = { 0, MF_REMAP_CLIP, MF_REMAP_AT, MF_REMAP_AT | MF_REMAP_REPLACE };
	const uint64_t addr = flags[_i] & MF_REMAP_AT ? (uint64_t)(uintptr_t)FREE : 0;
	struct remapped got;
	struct scene *scene;

	for (int after = 0; after < 2; after++) {
		make_file(FILE_, 'f', LEN);
		scene = scene_start(&who_root, make_shared_file, NULL, FILE_);
		*(after ? &after_map : &before_map) = shorten;
		remap_scene(scene, flags[_i], addr, &got);
		require(!before_map && !after_map);
		require(got.plan_ret == 0 && got.plan.refusal == MF_REFUSAL_NONE);
		got.plan = got.made;
		require_refused(scene, &got, MF_REFUSAL_TOO_SHORT, -ERANGE);
		scene_end(scene);
	}
}
END_TEST

struct wobble {
	atomic_bool stop;
	int fd;
};

static void *wobble(void *arg)
{
	struct wobble *w = arg;

	while (!atomic_load(&w->stop)) {
		require(!ftruncate(w->fd, PAGE));
		require(!ftruncate(w->fd, LEN));
	}
	return NULL;
}

START_TEST(a_size_that_wobbles_never_kills_the_caller)
{
	struct wobble w = { .stop = false };
	unsigned int mapped = 0, refused = 0;
	struct remapped got;
	struct scene *scene;
	pthread_t thread;

	make_file(FILE_, 'f', LEN);
	scene = scene_start(&who_root, make_shared_file, NULL, FILE_);
	w.fd = open(FILE_, O_RDWR | O_CLOEXEC);
	require(!pthread_create(&thread, NULL, wobble, &w));
	for (int i = 0; i < 300; i++) {
		remap_scene(scene, i % 2 ? MF_REMAP_CLIP : 0, 0, &got);
		if (got.ret)
			require(got.made.refusal == MF_REFUSAL_TOO_SHORT);
		else
			require(got.made.length <= (got.made.object_size + PAGE - 1) / PAGE * PAGE);
		mapped += !got.ret;
		refused += !!got.ret;
		remapped_end(&got);
	}
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);
	close(w.fd);
	require(mapped + refused == 300);
	scene_end(scene);
}
END_TEST

/* Seals. */

static void make_future_sealed(struct scene *scene)
{
	int fd = sized_memfd(LEN);

	place(scene, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE))
		scene->absent = "no F_SEAL_FUTURE_WRITE";
	close(fd);
}

static void make_future_sealed_read_only(struct scene *scene)
{
	make_future_sealed(scene);
	set_prot(scene, PROT_READ);
}

static void make_write_sealed(struct scene *scene)
{
	int fd = sized_memfd(LEN);
	char path[64];

	require(!fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_SEAL));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(scene->path, sizeof(scene->path), "%s", path);
	map_file(scene, O_RDONLY, PROT_READ, MAP_SHARED);
	close(fd);
}

START_TEST(a_seal_against_writing_refuses_what_writes_and_only_that)
{
	struct scene *scene = scene_start(&who_root, make_future_sealed, NULL, NULL);
	void (*const make[])(struct scene *) = { make_future_sealed_read_only, make_write_sealed };
	struct remapped got;

	if (!scene->absent) {
		remap_scene(scene, 0, 0, &got);
		require_refused(scene, &got, MF_REFUSAL_SEALED, -EPERM);
	}
	scene_end(scene);
	for (int i = 0; i < 2; i++) {
		scene = scene_start(&who_root, make[i], NULL, NULL);
		if (!scene->absent) {
			remap_scene(scene, 0, 0, &got);
			require_same(scene, &got);
			require(got.made.open_mode == MF_PROT_READ);
			remapped_end(&got);
		}
		scene_end(scene);
	}
}
END_TEST

/* The address. */

static char *neighbour(size_t len)
{
	char *memory = mmap(FREE, len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	require(memory == FREE);
	memset(memory, 'n', len);
	return memory;
}

static const uint64_t free_addr = (uint64_t)0x20000000;

START_TEST(an_address_is_kept_to_and_nothing_there_is_touched)
{
	struct scene *scene = scene_start(&who_root, make_memfd, NULL, NULL);
	struct remapped got;
	char *memory;

	old_mmap = _i;
	remap_scene(scene, MF_REMAP_AT, free_addr, &got);
	require_same(scene, &got);
	require(got.addr == FREE);
	require_shared(scene, &got);
	remapped_end(&got);
	old_mmap = false;
	memory = neighbour(PAGE);
	old_mmap = _i;
	/* All of it, the end of it, the begin of it. */
	for (int i = 0; i < 3; i++) {
		const uint64_t addrs[] = { free_addr, free_addr - LEN + PAGE, free_addr - PAGE };

		remap_scene(scene, MF_REMAP_AT, addrs[i], &got);
		require_refused(scene, &got, MF_REFUSAL_TAKEN, -EEXIST);
		for (size_t j = 0; j < PAGE; j++)
			require(memory[j] == 'n');
	}
	old_mmap = false;
	munmap(memory, PAGE);
	scene_end(scene);
}
END_TEST

START_TEST(what_is_at_the_address_is_replaced_if_that_is_asked_for)
{
	struct scene *scene = scene_start(&who_root, make_memfd, NULL, NULL);
	/* All of it, both ends, one page in the middle, nothing. */
	const struct {
		uint64_t from, len;
	} there[] = { { 0, LEN },     { 0, PAGE },     { LEN - PAGE, PAGE },
		      { PAGE, PAGE }, { 2 * PAGE, 0 }, { 0, 2 * LEN } };
	struct remapped got;
	char *end;

	for (size_t i = 0; i < sizeof(there) / sizeof(*there); i++) {
		if (there[i].len)
			require(mmap((char *)FREE + there[i].from, there[i].len,
				     PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
				     0) == (char *)FREE + there[i].from);
		end = (char *)FREE + LEN;
		if (there[i].len > LEN)
			*end = 'k';
		remap_scene(scene, MF_REMAP_AT | MF_REMAP_REPLACE, free_addr, &got);
		require_same(scene, &got);
		require(got.addr == FREE);
		require_shared(scene, &got);
		if (there[i].len > LEN)
			require(*end == 'k');
		remapped_end(&got);
		munmap(FREE, 2 * LEN);
	}
	scene_end(scene);
}
END_TEST

/* Where there is room happens to lie across one end of the range, or the other. */
START_TEST(a_replacement_is_made_aside)
{
	struct scene *scene = scene_start(&who_root, make_memfd, NULL, NULL);
	char *const at = FREE;
	char *const wishes[] = { at - LEN + PAGE, at + LEN - PAGE };
	struct remapped got;

	for (int i = 0; i < 2; i++) {
		require(mmap(at + PAGE, PAGE, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			     0) == at + PAGE);
		wish = wishes[i];
		used_fixed = false;
		remap_scene(scene, MF_REMAP_AT | MF_REMAP_REPLACE, free_addr, &got);
		require_same(scene, &got);
		/* It was moved there, after all was checked. */
		require(!wish && !used_fixed && got.addr == at);
		require_shared(scene, &got);
		remapped_end(&got);
	}
	scene_end(scene);
}
END_TEST

START_TEST(a_replacement_that_fails_leaves_what_was_there)
{
	struct remapped got;
	struct scene *scene;
	char *memory = neighbour(LEN);

	make_file(FILE_, 'f', LEN);
	scene = scene_start(&who_root, make_shared_file, NULL, FILE_);
	after_map = shorten; /* too late for the first check */
	remap_scene(scene, MF_REMAP_AT | MF_REMAP_REPLACE, free_addr, &got);
	got.plan = got.made;
	require_refused(scene, &got, MF_REFUSAL_TOO_SHORT, -ERANGE);
	remap_scene(scene, MF_REMAP_AT | MF_REMAP_REPLACE, free_addr, &got);
	require_refused(scene, &got, MF_REFUSAL_TOO_SHORT, -ERANGE);
	for (size_t i = 0; i < LEN; i++)
		require(memory[i] == 'n');
	munmap(memory, LEN);
	scene_end(scene);
}
END_TEST

START_TEST(huge_pages_are_replaced_and_aligned)
{
	struct scene *scene = scene_start(&who_root, make_huge_memfd, NULL, NULL);
	struct remapped got;

	if (scene->absent) {
		harness_skip(__func__, "%s", scene->absent);
		scene_end(scene);
		return;
	}
	neighbour(PAGE);
	remap_scene(scene, MF_REMAP_AT, free_addr + PAGE, &got);
	require_refused(scene, &got, MF_REFUSAL_NO_ROOM, -EINVAL);
	require(got.made.page_size == HUGE && got.plan.refusal == MF_REFUSAL_NO_ROOM);
	remap_scene(scene, MF_REMAP_AT, free_addr, &got);
	require_refused(scene, &got, MF_REFUSAL_TAKEN, -EEXIST);
	remap_scene(scene, MF_REMAP_AT | MF_REMAP_REPLACE, free_addr, &got);
	require_same(scene, &got);
	require(got.addr == FREE);
	require_shared(scene, &got);
	remapped_end(&got);
	scene_end(scene);
}
END_TEST

static bool is_to_be_had(uint64_t addr)
{
	void *const memory = real_mmap((void *)(uintptr_t)addr, LEN, PROT_NONE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	munmap(memory, LEN);
	return true;
}

START_TEST(an_address_that_nobody_can_have_is_no_room)
{
	struct scene *scene = scene_start(&who_root, make_memfd, NULL, NULL);
	/* Some machines have one of them: s390x nearly all, five levels of page tables the last. */
	const uint64_t addrs[] = { UINT64_MAX - PAGE + 1, 1ull << 63, (1ull << 56) - PAGE };
	struct remapped got;

	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		if (is_to_be_had(addrs[i]))
			continue;
		remap_scene(scene, MF_REMAP_AT, addrs[i], &got);
		require_refused(scene, &got, MF_REFUSAL_NO_ROOM, -ENOMEM);
		remap_scene(scene, MF_REMAP_AT | MF_REMAP_REPLACE, addrs[i], &got);
		require_refused(scene, &got, MF_REFUSAL_NO_ROOM, -ENOMEM);
	}
	scene_end(scene);
}
END_TEST

static void make_memfd_kept(struct scene *scene)
{
	int fd = sized_memfd(LEN);

	place(scene, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	require(dup3(fd, VICTIM_KEEP, O_CLOEXEC) == VICTIM_KEEP);
	require(!fchown(fd, NOBODY, NOBODY));
	close(fd);
}

START_TEST(below_mmap_min_addr_is_no_room)
{
	struct scene *scene = scene_start(&who_nobody, make_memfd_kept, NULL, NULL);
	struct remapped got;

	/* Address 0 is, unless there is no limit at all. */
	for (uint32_t flags = 0; flags <= MF_REMAP_REPLACE; flags += MF_REMAP_REPLACE) {
		remap_scene_as(&who_nobody, scene, MF_REMAP_MATCHING | MF_REMAP_AT | flags, 0,
			       &got);
		require_refused(scene, &got, MF_REFUSAL_NO_ROOM, -EPERM);
	}
	scene_end(scene);
}
END_TEST

/* The target changes. */

static void make_kept(struct scene *scene)
{
	int fd = sized_memfd(2 * LEN);

	place(scene, 2 * LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	require(dup3(fd, VICTIM_KEEP, O_CLOEXEC) == VICTIM_KEEP);
	munmap((char *)(uintptr_t)scene->addr + LEN, LEN);
	scene->len = LEN;
	close(fd);
}

static void unmap_it(struct scene *scene)
{
	require(!munmap((void *)(uintptr_t)scene->addr, scene->len));
	scene->addr = 0;
}

static void unmap_half(struct scene *scene)
{
	require(!munmap((char *)(uintptr_t)scene->addr + 2 * PAGE, 2 * PAGE));
}

static void map_another(struct scene *scene)
{
	int fd = sized_memfd(LEN);

	require(mmap((void *)(uintptr_t)scene->addr, LEN, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED);
	close(fd);
}

static void map_another_at_the_end(struct scene *scene)
{
	int fd = sized_memfd(LEN);

	require(mmap((char *)(uintptr_t)scene->addr + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_FIXED, fd, 3 * PAGE) != MAP_FAILED);
	close(fd);
}

static void map_privately(struct scene *scene)
{
	require(mmap((void *)(uintptr_t)scene->addr, LEN, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_FIXED, VICTIM_KEEP, 0) != MAP_FAILED);
}

static void shift_offset(struct scene *scene)
{
	require(!remap_file_pages((void *)(uintptr_t)scene->addr, PAGE, 0, 1, 0));
}

static void protect_it(struct scene *scene)
{
	set_prot(scene, PROT_READ);
}

static void protect_half(struct scene *scene)
{
	require(!mprotect((void *)(uintptr_t)scene->addr, 2 * PAGE, PROT_READ));
}

static void exec_it(struct scene *scene)
{
	(void)scene;
	exec_sleep();
}

static void (*const changes[])(struct scene *) = { unmap_it,	 unmap_half,
						   map_another,	 map_another_at_the_end,
						   shift_offset, protect_it,
						   protect_half, map_privately };

#define N_CHANGES ((int)(sizeof(changes) / sizeof(*changes)))

static struct scene *changing;

static void change(void)
{
	scene_act(changing);
}

static void require_changed(struct mf_iter *iter, const struct mf_mapping *listed)
{
	const struct mf_remap_plan *made;
	void *addr = NULL;

	ck_errno(mf_remap(iter, listed, NULL, &addr), -ESTALE);
	require(!addr);
	require(!mf_remap_made(iter, &made));
	require_msg(made->refusal == MF_REFUSAL_CHANGED && made->error == -ESTALE, "%s",
		    mf_refusal_text(made->refusal));
}

START_TEST(what_the_target_no_longer_maps_so_is_changed)
{
	const struct mf_mapping *found;
	struct mf_mapping listed;
	struct mf_iter *iter;

	/* After it was listed, and while it is being mapped. */
	for (int late = 0; late < 2; late++) {
		changing = scene_start(&who_root, make_kept, changes[_i], NULL);
		require(!mf_iter_open(changing->pid, NULL, &iter));
		require(mf_find(iter, changing->addr, &found) == 1);
		listed = *found;
		if (late)
			before_map = change;
		else
			change();
		require_changed(iter, &listed);
		require(!before_map);
		mf_iter_close(iter);
		scene_end(changing);
	}
}
END_TEST

static void extend(struct scene *scene)
{
	char *const end = (char *)(uintptr_t)scene->addr + LEN;

	require(mmap(end, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE,
		     VICTIM_KEEP, LEN) == end);
}

static void split(struct scene *scene)
{
	require(!madvise((char *)(uintptr_t)scene->addr + PAGE, PAGE, MADV_DONTFORK));
}

START_TEST(what_was_merged_or_cut_is_still_the_same)
{
	void (*const acts[])(struct scene *) = { extend, split };
	const struct mf_mapping *found;
	struct mf_mapping listed;
	struct mf_iter *iter;
	struct scene *scene;
	char *addr = NULL;

	scene = scene_start(&who_root, make_kept, acts[_i], NULL);
	require(!mf_iter_open(scene->pid, NULL, &iter));
	require(mf_find(iter, scene->addr, &found) == 1);
	listed = *found;
	scene_act(scene);
	require(mf_find(iter, scene->addr, &found) == 1);
	require(found->end != listed.end);
	ck_errno(mf_remap(iter, &listed, NULL, (void **)&addr), 0);
	scene_poke(scene, LEN - 1, 0x5a);
	require(addr[LEN - 1] == 0x5a);
	munmap(addr, LEN);
	mf_iter_close(iter);
	scene_end(scene);
}
END_TEST

START_TEST(a_process_that_execs_or_exits_is_told)
{
	const struct mf_mapping *found;
	const struct mf_remap_plan *plan = NULL;
	struct mf_mapping listed;
	struct mf_iter *iter;
	struct scene *scene;
	void *addr = NULL;

	scene = scene_start(&who_root, make_memfd, exec_it, NULL);
	require(!mf_iter_open(scene->pid, NULL, &iter));
	require(mf_find(iter, scene->addr, &found) == 1);
	listed = *found;
	victim_tell(scene->victim, 3);
	require(!child_hear(&scene->victim->child));
	require_changed(iter, &listed);
	child_make_zombie(&scene->victim->child);
	ck_errno(mf_remap(iter, &listed, NULL, &addr), -ESRCH);
	ck_errno(mf_remap_plan(iter, &listed, NULL, &plan), -ESRCH);
	require(!addr && !plan);
	mf_iter_close(iter);
	scene_end(scene);
}
END_TEST

START_TEST(the_callers_own_mapping_is_mapped_twice)
{
	int fd = sized_memfd(LEN);
	char *once = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *twice;
	const struct mf_mapping *m;
	struct mf_iter *iter;

	close(fd);
	require(!mf_iter_open(0, NULL, &iter));
	require(mf_find(iter, (uint64_t)(uintptr_t)once, &m) == 1);
	ck_errno(mf_remap(iter, m, NULL, (void **)&twice), 0);
	require(twice != once);
	twice[5] = 'x';
	require(once[5] == 'x');
	mf_iter_close(iter);
	/* It outlives the iterator. */
	twice[6] = 'y';
	require(once[6] == 'y');
	munmap(once, LEN);
	munmap(twice, LEN);
}
END_TEST

/* Less rights. */

START_TEST(what_only_matches_is_refused_unless_that_will_do)
{
	struct scene *scene = scene_start(&who_nobody, make_memfd_kept, NULL, NULL);
	struct remapped got;

	remap_scene_as(&who_nobody, scene, 0, 0, &got);
	require_refused(scene, &got, MF_REFUSAL_UNCERTAIN, -ESTALE);
	require(got.made.rung == MF_RUNG_FD && got.made.sure == MF_SURE_MATCHING);
	remap_scene_as(&who_nobody, scene, MF_REMAP_MATCHING, 0, &got);
	require_msg(!got.ret, "%s", mf_refusal_text(got.made.refusal));
	require(got.made.rung == MF_RUNG_FD && got.made.sure == MF_SURE_MATCHING);
	scene_end(scene);
}
END_TEST

START_TEST(a_file_is_exact_by_its_path_and_rights_are_asked)
{
	struct remapped got;
	struct scene *scene;

	make_file(FILE_, 'f', LEN);
	require(!chown(FILE_, NOBODY, NOBODY));
	scene = scene_start(&who_nobody, make_shared_file, NULL, FILE_);
	remap_scene_as(&who_nobody, scene, 0, 0, &got);
	require_msg(!got.ret, "%s", mf_refusal_text(got.made.refusal));
	require(got.made.rung == MF_RUNG_PATH && got.made.sure == MF_SURE_EXACT);
	require(!chmod(FILE_, 0444));
	remap_scene_as(&who_nobody, scene, 0, 0, &got);
	require_refused(scene, &got, MF_REFUSAL_NOT_OPENED, -EACCES);
	scene_end(scene);

	/* Reading is all that is needed, though the target opened it for writing. */
	scene = scene_start(&who_nobody, make_not_yet_writable, NULL, FILE_);
	remap_scene_as(&who_nobody, scene, 0, 0, &got);
	require_msg(!got.ret, "%s", mf_refusal_text(got.made.refusal));
	require(got.made.open_mode == MF_PROT_READ);
	scene_end(scene);
}
END_TEST

/* Nothing to read where the pagemap should be, as in a sandbox. */
START_TEST(private_pages_that_may_not_be_looked_at_are_not_guessed)
{
	struct remapped got;
	struct scene *scene;
	char path[64];

	make_file(FILE_, 'f', LEN);
	make_file(BASE "/empty", 'e', 0);
	scene = scene_start(&who_root, make_private, NULL, FILE_);
	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)scene->pid);
	mounts_bind(BASE "/empty", path);
	remap_scene(scene, 0, 0, &got);
	require_refused(scene, &got, MF_REFUSAL_PRIVATE_UNKNOWN, -EOPNOTSUPP);
	remap_scene(scene, MF_REMAP_OBJECT_ONLY, 0, &got);
	require_same(scene, &got);
	remapped_end(&got);
	scene_end(scene);
}
END_TEST

START_TEST(executing_from_a_mount_without_is_for_mmap_to_refuse)
{
	struct remapped got;
	struct scene *scene;

	make_file(FILE_, 'f', LEN);
	scene = scene_start(&who_root, make_text, NULL, FILE_);
	require(!mount("none", BASE, "none", MS_REMOUNT | MS_NOEXEC, ""));
	remap_scene(scene, 0, 0, &got);
	require(!mount("none", BASE, "none", MS_REMOUNT, ""));
	require_refused(scene, &got, MF_REFUSAL_NOT_MAPPED, -EPERM);
	scene_end(scene);
}
END_TEST

/* The calls themselves. */

START_TEST(bad_arguments_are_refused_and_change_nothing)
{
	const struct mf_remap_plan *plan = (const void *)&target;
	struct scene *scene = scene_start(&who_root, make_memfd, NULL, NULL);
	struct mf_remap_opts opts = { .size = sizeof(opts) };
	struct {
		struct mf_remap_opts opts;
		uint64_t more;
	} big = { { .size = sizeof(big) }, 1 };
	const struct mf_mapping *found;
	struct mf_mapping m;
	struct mf_iter *iter;
	void *addr = &big;

	require(!mf_iter_open(scene->pid, NULL, &iter));
	require(mf_find(iter, scene->addr, &found) == 1);
	m = *found;
	ck_errno(mf_remap_made(iter, &plan), -ENOENT);
	ck_errno(mf_remap_made(NULL, &plan), -EINVAL);
	ck_errno(mf_remap_made(iter, NULL), -EINVAL);
	ck_errno(mf_remap(NULL, &m, NULL, &addr), -EINVAL);
	ck_errno(mf_remap(iter, NULL, NULL, &addr), -EINVAL);
	ck_errno(mf_remap(iter, &m, NULL, NULL), -EINVAL);
	ck_errno(mf_remap_plan(NULL, &m, NULL, &plan), -EINVAL);
	ck_errno(mf_remap_plan(iter, NULL, NULL, &plan), -EINVAL);
	ck_errno(mf_remap_plan(iter, &m, NULL, NULL), -EINVAL);
	ck_errno(mf_remap(iter, &m, &big.opts, &addr), -E2BIG);
	big.more = 0;
	big.opts.size = 4097;
	ck_errno(mf_remap(iter, &m, &big.opts, &addr), -E2BIG);
	big.opts.size = 15;
	ck_errno(mf_remap_plan(iter, &m, &big.opts, &plan), -EINVAL);
	opts.flags = 0x40;
	ck_errno(mf_remap(iter, &m, &opts, &addr), -EINVAL);
	opts.flags = MF_REMAP_REPLACE;
	ck_errno(mf_remap(iter, &m, &opts, &addr), -EINVAL);
	opts = (struct mf_remap_opts){ .size = sizeof(opts), .addr = free_addr };
	ck_errno(mf_remap(iter, &m, &opts, &addr), -EINVAL);
	opts.flags = MF_REMAP_AT;
	opts.addr++;
	ck_errno(mf_remap(iter, &m, &opts, &addr), -EINVAL);
	m.end = m.start;
	ck_errno(mf_remap(iter, &m, NULL, &addr), -EINVAL);
	m.end = m.start + 1;
	ck_errno(mf_remap(iter, &m, NULL, &addr), -EINVAL);
	require(addr == &big && plan == (const void *)&target);
	ck_errno(mf_remap_made(iter, &plan), -ENOENT);
	mf_iter_close(iter);
	scene_end(scene);
}
END_TEST

START_TEST(a_walk_goes_on_and_a_saved_tree_has_nothing_to_map)
{
	struct scene *scene = scene_start(&who_root, make_memfd, NULL, NULL);
	const struct mf_remap_plan *plan;
	const struct mf_mapping *m;
	unsigned int n = 0, tried = 0;
	struct mf_iter *iter;
	struct truth truth;
	void *addr;
	int r;

	truth_read(&truth, scene->pid);
	for (size_t i = 0; i < truth.n; i++)
		n += truth.list[i].file;
	require(!mf_iter_open(scene->pid, NULL, &iter));
	while ((r = mf_next(iter, &m)) > 0) {
		require(!mf_remap_plan(iter, m, NULL, &plan));
		if (!mf_remap(iter, m, NULL, &addr)) {
			require(!mf_remap_made(iter, &plan));
			munmap(addr, plan->length);
		}
		tried++;
	}
	ck_errno(r, 0);
	require(tried == n);
	mf_iter_close(iter);
	truth_free(&truth);
	scene_end(scene);
}
END_TEST

START_TEST(each_refusal_has_a_sentence_of_its_own)
{
	for (uint32_t i = 0; i <= MF_REFUSAL_NOT_MAPPED; i++) {
		require(strlen(mf_refusal_text(i)) > 10);
		for (uint32_t j = 0; j < i; j++)
			require(strcmp(mf_refusal_text(i), mf_refusal_text(j)) != 0);
	}
	require(!strcmp(mf_refusal_text(MF_REFUSAL_NOT_MAPPED + 1), mf_refusal_text(UINT32_MAX)));
	require(!strcmp(mf_refusal_text(UINT32_MAX), "unknown refusal"));
}
END_TEST

static void own_mounts(void)
{
	require(unshare_mounts() == 0);
	reserve_hugepages(8);
}

#define N(array) ((int)(sizeof(array) / sizeof(*(array))))

static Suite *make_suite(void)
{
	Suite *suite = suite_create("remap");
	TCase *tcase = guarded_tcase(suite, "remap");
	TCase *kinds = guarded_tcase(suite, "kinds");
	TCase *threads = fd_guarded_tcase(suite, "threads");

	tcase_add_unchecked_fixture(kinds, make_target, drop_target);
	tcase_add_test(kinds, each_kind_is_mapped_or_refused_for_its_own_reason);
	tcase_add_checked_fixture(threads, own_mounts, NULL);
	tcase_add_test(threads, a_size_that_wobbles_never_kills_the_caller);
	tcase_add_checked_fixture(tcase, own_mounts, NULL);
	tcase_add_loop_test(tcase, what_one_writes_the_other_sees, 0, N(shared));
	tcase_add_test(tcase, three_processes_share);
	tcase_add_test(tcase, a_read_only_mapping_can_be_made_writable_only_where_the_target_can);
	tcase_add_loop_test(tcase, protection_is_the_targets, 0, 2);
	tcase_add_loop_test(tcase, a_private_mapping_that_nobody_wrote_is_mapped_privately, 0, 2);
	tcase_add_loop_test(tcase, private_pages_are_refused_unless_the_object_alone_is_wanted, 0,
			    4);
	tcase_add_test(tcase, a_private_copy_outside_of_the_range_does_not_matter);
	tcase_add_test(tcase, the_last_page_of_a_vast_mapping_is_looked_at);
	tcase_add_test(tcase, beyond_the_end_of_the_object_is_refused_or_clipped);
	tcase_add_loop_test(tcase, what_shrinks_while_it_is_mapped_is_unmapped_again, 0, 4);
	tcase_add_test(tcase, a_seal_against_writing_refuses_what_writes_and_only_that);
	tcase_add_loop_test(tcase, an_address_is_kept_to_and_nothing_there_is_touched, 0, 2);
	tcase_add_test(tcase, what_is_at_the_address_is_replaced_if_that_is_asked_for);
	tcase_add_test(tcase, a_replacement_is_made_aside);
	tcase_add_test(tcase, a_replacement_that_fails_leaves_what_was_there);
	tcase_add_test(tcase, huge_pages_are_replaced_and_aligned);
	tcase_add_test(tcase, an_address_that_nobody_can_have_is_no_room);
	tcase_add_test(tcase, below_mmap_min_addr_is_no_room);
	tcase_add_loop_test(tcase, what_the_target_no_longer_maps_so_is_changed, 0, N_CHANGES);
	tcase_add_loop_test(tcase, what_was_merged_or_cut_is_still_the_same, 0, 2);
	tcase_add_test(tcase, a_process_that_execs_or_exits_is_told);
	tcase_add_test(tcase, the_callers_own_mapping_is_mapped_twice);
	tcase_add_test(tcase, what_only_matches_is_refused_unless_that_will_do);
	tcase_add_test(tcase, a_file_is_exact_by_its_path_and_rights_are_asked);
	tcase_add_test(tcase, private_pages_that_may_not_be_looked_at_are_not_guessed);
	tcase_add_test(tcase, executing_from_a_mount_without_is_for_mmap_to_refuse);
	tcase_add_test(tcase, bad_arguments_are_refused_and_change_nothing);
	tcase_add_test(tcase, a_walk_goes_on_and_a_saved_tree_has_nothing_to_map);
	tcase_add_test(tcase, each_refusal_has_a_sentence_of_its_own);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return fs_main(argv, make_suite);
}
