/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A victim that maps one of everything, see the header. The files are made by
 * the test, which keeps the truth; what has no name is made by the victim.
 */
#include "objects.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/if_packet.h>
#include <mapfiles.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mounts.h"
#include "opener.h"

#define LEN   8192
/* Where neither the kernel puts anything by itself, nor a sanitizer or valgrind. */
#define ARENA UINT64_C(0x10000000)
#define STEP  UINT64_C(0x1000000)

/* fill 0: what is in it cannot be told */
#define OBJECT(name_, type_, rung_, access_, fill_)                                     \
	{                                                                               \
		.name = (name_), .type = (type_), .rung = (rung_), .access = (access_), \
		.filled = (fill_) != 0, .fill = (fill_), .fd = -1                       \
	}

static const struct object templates[N_OBJECTS] = {
	[OBJ_FILE] = OBJECT("file", TYPE_REGULAR, MF_RUNG_PATH, O_RDONLY, 'a'),
	[OBJ_RDWR] = OBJECT("file, read-write", TYPE_REGULAR, MF_RUNG_PATH, O_RDWR, 'b'),
	[OBJ_DELETED] = OBJECT("deleted file", TYPE_REGULAR, 0, O_RDONLY, 'c'),
	[OBJ_DELETED_OPEN] =
		OBJECT("deleted file, still open", TYPE_REGULAR, MF_RUNG_FD, O_RDONLY, 'd'),
	[OBJ_TMPFILE] = OBJECT("O_TMPFILE", TYPE_REGULAR, 0, O_RDWR, 'e'),
	[OBJ_HARD_LINK] = OBJECT("deleted name, hard link left", TYPE_REGULAR, 0, O_RDONLY, 'f'),
	[OBJ_RENAMED] = OBJECT("renamed file", TYPE_REGULAR, MF_RUNG_PATH, O_RDONLY, 'g'),
	[OBJ_REPLACED] = OBJECT("file whose path is another's", TYPE_REGULAR, 0, O_RDONLY, 'h'),
	[OBJ_MEMFD] = OBJECT("memfd", TYPE_REGULAR, 0, O_RDWR, 'i'),
	[OBJ_MEMFD_OPEN] = OBJECT("memfd, still open", TYPE_REGULAR, MF_RUNG_FD, O_RDWR, 'j'),
	[OBJ_SYSV] = OBJECT("SysV", TYPE_REGULAR, 0, O_RDWR, 'k'),
	[OBJ_SYSV_RDONLY] = OBJECT("SysV, SHM_RDONLY", TYPE_REGULAR, 0, O_RDONLY, 'l'),
	[OBJ_SHM_ANON] = OBJECT("shared anonymous", TYPE_REGULAR, 0, O_RDWR, 'm'),
	[OBJ_ZERO_SHARED] = OBJECT("/dev/zero, shared", TYPE_REGULAR, 0, O_RDWR, 'n'),
	[OBJ_ZERO_PRIVATE] = OBJECT("/dev/zero, private", TYPE_DEVICE, MF_RUNG_PATH, O_RDONLY, 0),
	[OBJ_HUGETLB] = OBJECT("MAP_HUGETLB", TYPE_REGULAR, 0, -1, 0),
	[OBJ_SECRETMEM] = OBJECT("memfd_secret", TYPE_SECRET, 0, -1, 0),
	[OBJ_AIO] = OBJECT("AIO ring", TYPE_ODD, 0, -1, 0),
	[OBJ_PACKET] = OBJECT("packet socket", TYPE_ODD, 0, -1, 0),
	[OBJ_ANON] = OBJECT("private anonymous", TYPE_NONE, 0, -1, 'o'),
	[OBJ_VDSO] = OBJECT("vdso", TYPE_NONE, 0, -1, 0x7f),
};

static bool has_file(int id)
{
	return id <= OBJ_REPLACED;
}

static void name_of(char *path, size_t size, const char *dir, int id)
{
	snprintf(path, size, "%s/object%d", dir, id);
}

/* What was never used is in no page table, and a copy may leave it out. */
static void touch(const volatile unsigned char *memory)
{
	size_t i;

	for (i = 0; i < LEN; i += 4096)
		(void)memory[i];
}

static void *place(struct object *object, int prot, int flags, int fd)
{
	void *want = (void *)(uintptr_t)object->addr;
	void *got = mmap(want, LEN, prot, flags | MAP_FIXED_NOREPLACE, fd, 0);

	if (got != want)
		object->absent = "mmap failed";
	return got == want ? got : NULL;
}

static void map_fd(struct object *object, int fd, int flags)
{
	int prot = PROT_READ | (object->access == O_RDWR ? PROT_WRITE : 0);
	void *memory = place(object, prot, flags, fd);

	if (memory && object->filled && (prot & PROT_WRITE))
		memset(memory, object->fill, LEN);
	if (memory)
		touch(memory);
}

static void map_memfd(struct object *object, int keep_fd)
{
	int fd = (int)syscall(SYS_memfd_create, "object", 1U /* MFD_CLOEXEC */);

	if (fd < 0 || ftruncate(fd, LEN) < 0) {
		object->absent = "no memfd_create";
		return;
	}
	map_fd(object, fd, MAP_SHARED);
	if (keep_fd >= 0)
		dup2(fd, keep_fd);
	close(fd);
}

static void map_sysv(struct object *object)
{
	int id = shmget(IPC_PRIVATE, LEN, IPC_CREAT | 0600);
	void *want = (void *)(uintptr_t)object->addr;
	void *memory;

	if (id < 0) {
		object->absent = "no SysV shared memory";
		return;
	}
	memory = shmat(id, NULL, 0);
	if (memory != (void *)-1)
		memset(memory, object->fill, LEN);
	if (shmat(id, want, object->access == O_RDONLY ? SHM_RDONLY : 0) != want)
		object->absent = "shmat failed";
	else
		touch(want);
	if (memory != (void *)-1)
		shmdt(memory);
	/* Lives on while it is attached, and dies with us whatever happens. */
	shmctl(id, IPC_RMID, NULL);
}

static void map_dev_zero(struct object *object, int flags)
{
	int fd = open("/dev/zero", (object->access < 0 ? O_RDONLY : object->access) | O_CLOEXEC);

	if (fd < 0) {
		object->absent = "no /dev/zero";
		return;
	}
	map_fd(object, fd, flags);
	close(fd);
}

/* Without a reservation this works on a machine that has no huge page at all. */
static void map_hugetlb(struct object *object)
{
	void *want = (void *)(uintptr_t)object->addr;
	void *got =
		mmap(want, 2 << 20, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
		     -1, 0);

	if (got != want)
		object->absent = "no huge pages";
}

static void map_secretmem(struct object *object)
{
#ifdef SYS_memfd_secret
	int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, LEN) == 0)
		place(object, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	else
		object->absent = "no memfd_secret";
	if (fd >= 0)
		close(fd);
#else
	object->absent = "no memfd_secret";
#endif
}

static void map_aio(struct object *object)
{
	aio_context_t context = 0;

	if (syscall(SYS_io_setup, 8, &context) < 0)
		object->absent = "no io_setup";
	object->addr = context;
}

static void map_packet(struct object *object)
{
	struct tpacket_req ring;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	memset(&ring, 0, sizeof(ring));
	ring.tp_block_size = LEN;
	ring.tp_block_nr = 1;
	ring.tp_frame_size = 2048;
	ring.tp_frame_nr = LEN / 2048;
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)) < 0)
		object->absent = "no packet socket";
	else
		place(object, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	if (fd >= 0)
		close(fd);
}

static void map_files(struct object *objects)
{
	int id;

	for (id = 0; has_file(id); id++) {
		map_fd(&objects[id], objects[id].fd, MAP_SHARED);
		if (objects[id].rung == MF_RUNG_FD)
			dup2(objects[id].fd, VICTIM_KEEP + id);
	}
}

static long map_all(void *arg, int cmd)
{
	struct object *objects = arg;

	if (cmd != 0)
		return -EINVAL;
	map_files(objects);
	map_memfd(&objects[OBJ_MEMFD], -1);
	map_memfd(&objects[OBJ_MEMFD_OPEN], VICTIM_KEEP + OBJ_MEMFD_OPEN);
	map_sysv(&objects[OBJ_SYSV]);
	map_sysv(&objects[OBJ_SYSV_RDONLY]);
	map_fd(&objects[OBJ_SHM_ANON], -1, MAP_SHARED | MAP_ANONYMOUS);
	map_dev_zero(&objects[OBJ_ZERO_SHARED], MAP_SHARED);
	map_dev_zero(&objects[OBJ_ZERO_PRIVATE], MAP_PRIVATE);
	map_hugetlb(&objects[OBJ_HUGETLB]);
	map_secretmem(&objects[OBJ_SECRETMEM]);
	map_aio(&objects[OBJ_AIO]);
	map_packet(&objects[OBJ_PACKET]);
	memset(place(&objects[OBJ_ANON], PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1),
	       objects[OBJ_ANON].fill, LEN);
	objects[OBJ_VDSO].addr = getauxval(AT_SYSINFO_EHDR);
	if (!objects[OBJ_VDSO].addr)
		objects[OBJ_VDSO].absent = "no vdso";
	return 0;
}

static int make_tmpfile(const char *dir, unsigned char fill)
{
	unsigned char data[LEN];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);

	memset(data, fill, sizeof(data));
	if (fd >= 0 && (fchmod(fd, 0666) < 0 || write(fd, data, LEN) != LEN)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void make_objects(struct object *objects, const char *dir)
{
	char path[256];
	int id;

	memcpy(objects, templates, sizeof(templates));
	objects[OBJ_REPLACED].replaced = true;
	objects[OBJ_MEMFD].memfd = objects[OBJ_MEMFD_OPEN].memfd = true;
	for (id = 0; id < N_OBJECTS; id++)
		objects[id].addr = ARENA + STEP * (unsigned int)id;
	for (id = 0; has_file(id); id++) {
		name_of(path, sizeof(path), dir, id);
		if (id == OBJ_TMPFILE) {
			objects[id].fd = make_tmpfile(dir, objects[id].fill);
		} else {
			make_file(path, objects[id].fill, LEN);
			/* AS_MAPPED wants to write where the victim could. */
			require(chmod(path, objects[id].access == O_RDWR ? 0666 : 0644) == 0);
			objects[id].fd = open(path, objects[id].access | O_CLOEXEC);
		}
		if (objects[id].fd < 0)
			objects[id].absent = "the file system cannot make it";
		else
			require(fstat(objects[id].fd, &objects[id].truth) == 0);
	}
}

/* The names change after the mapping was made. */
static void change_names(struct object *objects, const char *dir)
{
	char path[256], other[280];

	name_of(path, sizeof(path), dir, OBJ_DELETED);
	require(unlink(path) == 0);
	name_of(path, sizeof(path), dir, OBJ_DELETED_OPEN);
	require(unlink(path) == 0);
	name_of(path, sizeof(path), dir, OBJ_HARD_LINK);
	snprintf(other, sizeof(other), "%s.link", path);
	unlink(other);
	if (link(path, other) < 0)
		objects[OBJ_HARD_LINK].absent = "no hard links";
	require(unlink(path) == 0);
	name_of(path, sizeof(path), dir, OBJ_RENAMED);
	snprintf(other, sizeof(other), "%s.renamed", path);
	require(rename(path, other) == 0);
	name_of(path, sizeof(path), dir, OBJ_REPLACED);
	snprintf(other, sizeof(other), "%s.new", path);
	make_file(other, objects[OBJ_REPLACED].fill, LEN);
	require(rename(other, path) == 0);
}

struct object *objects_start(struct victim *victim, const struct who *who, const char *dir)
{
	struct object *objects = shared_memory(N_OBJECTS * sizeof(*objects));
	int id;

	make_objects(objects, dir);
	victim_start(victim, who, map_all, objects);
	change_names(objects, dir);
	for (id = 0; id < N_OBJECTS; id++) {
		struct object *object = &objects[id];

		if (object->fd >= 0)
			close(object->fd);
		object->fd = -1;
		if (!object->absent && !has_file(id) && object->type != TYPE_NONE)
			require_msg(raw_stat(victim->pid, object->addr, &object->truth),
				    "no truth about %s", object->name);
	}
	return objects;
}

void objects_end(struct victim *victim, struct object *objects)
{
	victim_end(victim);
	munmap(objects, N_OBJECTS * sizeof(*objects));
}
