/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * checkpoint-tree DIR [aio | vfork]: twenty processes with ten thousand mappings of objects
 * of every kind that can be dumped, for test-checkpoint.py. Prints what was mapped where, and
 * what was written, as JSON; then waits for the end of its input. Uses no libmapfiles.
 *
 * A page holds its object's seed and its own number, as two little-endian 32-bit words
 * over and over; or zeros.
 */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096, N_PROCESSES = 20, PER_PROCESS = 500, N_ANON = 40, N_BULK = 8, N_OBJECTS = 64 };
enum { R = PROT_READ, W = PROT_WRITE, RW = PROT_READ | PROT_WRITE };
#define HOLEY_SIZE (1ull << 30)

struct object {
	const char *kind, *name;
	uint64_t size;
	int seals; /* -1: not told */
	int fd; /* -1: mapped before all else, or by SysV */
	uint32_t pages[16]; /* with data; if n_pages is 0 all have */
	size_t n_pages;
};

struct use {
	uint32_t object, prot, shared;
	uint64_t start, length, offset;
};

struct table {
	_Atomic int ready;
	int pids[N_PROCESSES];
	int parents[N_PROCESSES];
	size_t n[N_PROCESSES];
	struct use uses[N_PROCESSES][PER_PROCESS];
};

static struct object objects[N_OBJECTS];
static size_t n_objects;
static struct table *table;
static int self; /* index of this process */
static char *anon[N_ANON];
static size_t anon_id, bulk_id, named_id, sealed_id, future_id, holey_id, short_id, sysv_id,
	disk_id, deleted_id;
static int segment;

static void *check(const void *p, const char *what)
{
	if (p != MAP_FAILED && p != NULL)
		return (void *)(uintptr_t)p;
	perror(what);
	exit(1);
}

static int check_fd(int fd, const char *what)
{
	if (fd >= 0)
		return fd;
	perror(what);
	exit(1);
}

static size_t add_object(struct object o)
{
	objects[n_objects] = o;
	return n_objects++;
}

static void fill_page(char *to, size_t object, uint32_t page, size_t len)
{
	uint32_t words[2] = { (uint32_t)object + 1000, page };
	size_t at;

	for (at = 0; at < len; at += sizeof(words))
		memcpy(to + at, words, sizeof(words));
}

static void write_page(size_t object, uint32_t page)
{
	uint64_t at = (uint64_t)page * PAGE, left = objects[object].size - at;
	size_t len = left < PAGE ? (size_t)left : PAGE;
	char data[PAGE];

	fill_page(data, object, page, PAGE);
	if (pwrite(objects[object].fd, data, len, (off_t)at) != (ssize_t)len) {
		perror("pwrite");
		exit(1);
	}
}

static void write_content(size_t object)
{
	struct object *o = &objects[object];
	uint32_t page;

	check_fd(ftruncate(o->fd, (off_t)o->size), "ftruncate");
	for (page = 0; o->n_pages == 0 && (uint64_t)page * PAGE < o->size; page++)
		write_page(object, page);
	for (page = 0; page < o->n_pages; page++)
		write_page(object, o->pages[page]);
}

static size_t add_memfd(const char *name, uint64_t size, struct object more)
{
	size_t id;

	more.kind = "memfd";
	more.name = name;
	more.size = size;
	more.fd = check_fd(memfd_create(name, MFD_ALLOW_SEALING), "memfd_create");
	id = add_object(more);
	write_content(id);
	return id;
}

static size_t add_file(const char *name, int pages)
{
	size_t id = add_object((struct object){
		.kind = "file",
		.name = name,
		.size = (uint64_t)pages * PAGE,
		.seals = -1,
		.fd = check_fd(open(name, O_RDWR | O_CREAT | O_EXCL, 0644), name),
	});

	write_content(id);
	return id;
}

static void note(size_t object, const void *at, uint64_t offset, uint64_t length, int prot,
		 bool shared)
{
	struct use *u = &table->uses[self][table->n[self]++];

	*u = (struct use){ (uint32_t)object, (uint32_t)prot, shared, (uintptr_t)at, length, offset };
}

/* With a gap behind each: neighbours never become one mapping. */
static void map_from(size_t object, uint64_t offset, uint64_t length, int prot, bool shared)
{
	static uintptr_t cursor = 0x200000000000;
	void *at = mmap((void *)cursor, length, prot,
			(shared ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED_NOREPLACE,
			objects[object].fd, (off_t)offset);

	cursor += length + PAGE;
	note(object, check(at, "mmap"), offset, length, prot, shared);
}

/* --- what all have before the first fork --- */

static void make_anon(void)
{
	size_t i, id;
	uint32_t page;

	anon_id = n_objects;
	for (i = 0; i < N_ANON; i++) {
		id = add_object((struct object){ .kind = "shm-anon",
						 .name = "/dev/zero",
						 .size = 4 * PAGE,
						 .seals = -1,
						 .fd = -1 });
		anon[i] =
			check(mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), "anon");
		for (page = 0; page < 4; page++)
			fill_page(anon[i] + page * PAGE, id, page, PAGE);
		note(id, anon[i], 0, 4 * PAGE, RW, true);
	}
}

static void make_sysv(void)
{
	char *at;
	uint32_t page;

	segment = check_fd(shmget(IPC_PRIVATE, 8 * PAGE, IPC_CREAT | 0600), "shmget");
	sysv_id = add_object((struct object){ .kind = "sysv",
					      .size = 8 * PAGE,
					      .seals = -1,
					      .fd = -1,
					      .name = "/SYSV00000000" });
	at = check(shmat(segment, NULL, 0), "shmat");
	for (page = 0; page < 8; page++)
		fill_page(at + page * PAGE, sysv_id, page, PAGE);
	note(sysv_id, at, 0, 8 * PAGE, RW, true);
	/* Only Linux lets it be attached again while it is removed already. */
	shmctl(segment, IPC_RMID, NULL);
}

static void make_memfds(void)
{
	size_t i;

	bulk_id = n_objects;
	for (i = 0; i < N_BULK; i++)
		add_memfd("bulk", 64 * PAGE, (struct object){ .seals = 0 });
	named_id = add_memfd("new\nline \\012 \xff\xfe", 4 * PAGE, (struct object){ .seals = 0 });
	holey_id = add_memfd("holey", HOLEY_SIZE,
			     (struct object){ .pages = { 0, 131073, 262143 }, .n_pages = 3 });
	short_id = add_memfd("short", PAGE + PAGE / 2, (struct object){ .seals = 0 });
	sealed_id = add_memfd("sealed", 4 * PAGE,
			      (struct object){ .seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW |
							F_SEAL_WRITE });
	future_id = add_memfd("future", 4 * PAGE,
			      (struct object){ .seals = F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE });
}

static void seal_memfds(void)
{
	check_fd(fcntl(objects[sealed_id].fd, F_ADD_SEALS, objects[sealed_id].seals), "seal");
	map_from(future_id, 0, 4 * PAGE, RW, true);
	check_fd(fcntl(objects[future_id].fd, F_ADD_SEALS, objects[future_id].seals), "seal");
}

static void make_all(void)
{
	make_anon();
	make_sysv();
	make_memfds();
	seal_memfds();
	disk_id = add_file("on disk", 16);
	deleted_id = add_file("deleted\n\xff", 16);
	map_from(deleted_id, 4 * PAGE, 8 * PAGE, RW, true);
	check_fd(unlink(objects[deleted_id].name), "unlink");
}

/* --- what each has of its own --- */

static void map_special(void)
{
	map_from(named_id, 0, 4 * PAGE, RW, true);
	map_from(named_id, PAGE, PAGE, R, true);
	map_from(named_id, PAGE, PAGE, R, true);
	map_from(named_id, 0, 2 * PAGE, R, false);
	map_from(sealed_id, 0, 4 * PAGE, R, false);
	map_from(future_id, 0, 2 * PAGE, R, true);
	map_from(short_id, 0, 3 * PAGE, RW, true);
	map_from(deleted_id, 0, 16 * PAGE, R, self % 2);
	map_from(disk_id, PAGE, 4 * PAGE, self % 3 ? R : RW, true);
	map_from(disk_id, 0, PAGE, RW, false);
	map_from(holey_id, 131072ull * PAGE, 4 * PAGE, RW, true);
	map_from(named_id, 3 * PAGE, PAGE, PROT_NONE, true);
	if (self % 4 == 0)
		map_from(holey_id, 0, HOLEY_SIZE, R, true);
	if (self == 3)
		note(sysv_id, check(shmat(segment, NULL, SHM_RDONLY), "shmat"), 0, 8 * PAGE, R,
		     true);
}

static void map_bulk(void)
{
	uint64_t i = 0, length;

	for (; table->n[self] < PER_PROCESS; i++) {
		length = (1 + (i + (uint64_t)self) % 2) * PAGE;
		map_from(bulk_id + i % N_BULK, i / N_BULK % 62 * PAGE, length, i % 3 ? RW : R,
			 true);
	}
}

/* What is shared by some only: each gives up others of what it was born with. */
static void give_up(void)
{
	size_t i, n = 0;

	for (i = 0; i < table->n[self]; i++) {
		struct use u = table->uses[self][i];

		if (u.object >= anon_id && u.object < anon_id + N_ANON &&
		    (u.object - anon_id) % (size_t)(self + 2) == 0)
			munmap((void *)(uintptr_t)u.start, u.length);
		else
			table->uses[self][n++] = u;
	}
	table->n[self] = n;
}

static _Noreturn void live(void)
{
	atomic_fetch_add(&table->ready, 1);
	for (;;)
		pause();
}

static bool is_parent_of(int parent, int child)
{
	return child > 0 && (child - 1) / 3 == parent;
}

static void start_children(size_t n_inherited);

/* What the first one had is still what all were born with: it gives nothing up. */
static void become(int index, size_t n_inherited)
{
	memcpy(table->uses[index], table->uses[0], n_inherited * sizeof(struct use));
	table->parents[index] = table->pids[self];
	self = index;
	table->n[self] = n_inherited;
	table->pids[self] = getpid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	start_children(n_inherited);
	give_up();
	map_special();
	map_bulk();
	live();
}

static void start_children(size_t n_inherited)
{
	int i;

	for (i = 0; i < N_PROCESSES; i++)
		if (is_parent_of(self, i) && check_fd(fork(), "fork") == 0)
			become(i, n_inherited);
}

/* --- the truth --- */

static void print_hex(const char *name)
{
	for (; *name; name++)
		printf("%02x", (unsigned char)*name);
}

static void print_object(size_t id)
{
	const struct object *o = &objects[id];
	size_t i;

	printf("%s{\"kind\":\"%s\",\"size\":%llu,\"seed\":%zu,\"seals\":%d,\"name_hex\":\"",
	       id ? ",\n" : "", o->kind, (unsigned long long)o->size, id + 1000, o->seals);
	print_hex(o->name);
	printf("\",\"pages\":[");
	for (i = 0; i < o->n_pages; i++)
		printf("%s%u", i ? "," : "", o->pages[i]);
	printf("]}");
}

static void print_process(int p)
{
	size_t i;

	printf("%s{\"pid\":%d,\"parent\":%d,\"uses\":[", p ? ",\n" : "", table->pids[p],
	       table->parents[p]);
	for (i = 0; i < table->n[p]; i++) {
		const struct use *u = &table->uses[p][i];

		printf("%s[%u,%llu,%llu,%llu,%u,%u]", i ? "," : "", u->object,
		       (unsigned long long)u->start, (unsigned long long)u->length,
		       (unsigned long long)u->offset, u->prot, u->shared);
	}
	printf("]}");
}

static void print_truth(void)
{
	size_t id;
	int p;

	printf("{\"objects\":[");
	for (id = 0; id < n_objects; id++)
		print_object(id);
	printf("],\"processes\":[");
	for (p = 0; p < N_PROCESSES; p++)
		print_process(p);
	printf("]}\n");
	fflush(stdout);
}

/* Something that cannot be dumped. */
static void make_aio(void)
{
	aio_context_t context = 0;

	check_fd((int)syscall(SYS_io_setup, 8, &context), "io_setup");
}

/* A child that does not exec: this process never shows as stopped. */
static void wait_in_vfork(void)
{
	if (vfork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

int main(int argc, char **argv)
{
	char byte;

	if (argc < 2 || chdir(argv[1]) < 0)
		return 1;
	table = check(mmap(NULL, sizeof(*table), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), "table");
	table->pids[0] = getpid();
	make_all();
	start_children(table->n[0]);
	map_special();
	map_bulk();
	while (atomic_load(&table->ready) < N_PROCESSES - 1)
		usleep(1000);
	if (argc > 2 && strcmp(argv[2], "aio") == 0)
		make_aio();
	print_truth();
	if (argc > 2 && strcmp(argv[2], "vfork") == 0)
		wait_in_vfork();
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
