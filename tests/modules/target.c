/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads ELF files in all the ways that there are, and tells what it knows of each: what
 * dl_iterate_phdr(3) and dlinfo(3) say, or where it put it itself. Then it waits for the
 * end of its input. Built once for each kind of program.
 *
 * It prints "module BIAS NAME" for each that is loaded and "load START END" for each of
 * its segments behind it; "data START NAME" for what is only mapped; "ready" at last.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE	4096UL
#define DOWN(x) ((x) & ~(PAGE - 1))
#define UP(x)	DOWN((x) + PAGE - 1)

static void need(int condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	exit(1);
}

/* The program's has no name in glibc, the vdso's none in musl. */
static const char *module_name(const struct dl_phdr_info *info, bool first)
{
	if (first)
		return "";
	return info->dlpi_name[0] ? info->dlpi_name : "linux-vdso";
}

static int print_one(struct dl_phdr_info *info, size_t size, void *arg)
{
	bool *const first = arg;

	(void)size;
	printf("module %llx %s\n", (unsigned long long)info->dlpi_addr, module_name(info, *first));
	*first = false;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		unsigned long long start = (unsigned long long)info->dlpi_addr + p->p_vaddr;

		if (p->p_type == PT_LOAD)
			printf("load %llx %llx\n", start, start + p->p_memsz);
	}
	return 0;
}

#ifndef NO_DLOPEN

static void open_library(const char *path)
{
	need(dlopen(path, RTLD_NOW) != NULL, path);
}

/* In a name space of its own: its libc too is loaded once more. musl has none. */
static void open_again(const char *path)
{
#ifndef LM_ID_NEWLM
	need(0, path);
#else
	void *handle = dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
	struct link_map *map;

	need(handle && !dlinfo(handle, RTLD_DI_LINKMAP, &map), path);
	while (map->l_prev)
		map = map->l_prev;
	for (; map; map = map->l_next) {
		/* The dynamic linker is there once for all. */
		if (!strstr(map->l_name, "/ld-linux"))
			printf("module %llx %s\n", (unsigned long long)map->l_addr, map->l_name);
	}
#endif
}

#endif

/* What a loader does, by hand. */
struct image {
	int fd;
	uint64_t at; /* where it begins in the file */
	ElfW(Ehdr) ehdr;
	ElfW(Phdr) phdrs[16];
	unsigned char *base; /* the bias */
	size_t span;
	const char *name;
};

static void read_image(struct image *image, const char *name, int fd, uint64_t at)
{
	*image = (struct image){ .fd = fd, .at = at, .name = name };
	need(fd >= 0, name);
	need(pread(fd, &image->ehdr, sizeof(image->ehdr), (off_t)at) > 0, "pread");
	need(pread(fd, image->phdrs, sizeof(image->phdrs), (off_t)(at + image->ehdr.e_phoff)) > 0,
	     "pread");
	for (int i = 0; i < image->ehdr.e_phnum; i++) {
		if (image->phdrs[i].p_type == PT_LOAD)
			image->span = UP(image->phdrs[i].p_vaddr + image->phdrs[i].p_memsz);
	}
}

static void map_segment(struct image *image, const ElfW(Phdr) * p)
{
	const int prot = (p->p_flags & PF_R ? PROT_READ : 0) |
			 (p->p_flags & PF_W ? PROT_WRITE : 0) | (p->p_flags & PF_X ? PROT_EXEC : 0);
	unsigned char *start = image->base + DOWN(p->p_vaddr);
	size_t len = UP(p->p_vaddr + p->p_filesz) - DOWN(p->p_vaddr);
	size_t all = UP(p->p_vaddr + p->p_memsz) - DOWN(p->p_vaddr);

	need(mmap(start, len, prot, MAP_PRIVATE | MAP_FIXED, image->fd,
		  (off_t)(image->at + DOWN(p->p_offset))) == start,
	     "mmap");
	if (all > len)
		need(mmap(start + len, all - len, prot, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1,
			  0) != MAP_FAILED,
		     "mmap");
}

static void tell_image(const struct image *image)
{
	printf("module %llx %s\n", (unsigned long long)(uintptr_t)image->base, image->name);
	for (int i = 0; i < image->ehdr.e_phnum; i++) {
		const ElfW(Phdr) *p = &image->phdrs[i];
		unsigned long long start = (uintptr_t)image->base + p->p_vaddr;

		if (p->p_type == PT_LOAD)
			printf("load %llx %llx\n", start, start + p->p_memsz);
	}
}

/* where: inside of memory that may be replaced. */
static void place(struct image *image, unsigned char *where)
{
	image->base = where;
	for (int i = 0; i < image->ehdr.e_phnum; i++) {
		if (image->phdrs[i].p_type == PT_LOAD)
			map_segment(image, &image->phdrs[i]);
	}
	tell_image(image);
}

/* Memory that nothing may touch, with some around it, so that nothing else comes near. */
static unsigned char *reserve(size_t size)
{
	unsigned char *p = mmap(NULL, size + 32 * PAGE, PROT_NONE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	need(p != MAP_FAILED, "mmap");
	return p + 16 * PAGE;
}

static void map_image(struct image *image, const char *name, uint64_t at)
{
	read_image(image, name, open(name, O_RDONLY), at);
	place(image, reserve(image->span));
}

static const ElfW(Phdr) * code_of(const struct image *image)
{
	int i = 0;

	while (image->phdrs[i].p_type != PT_LOAD || !(image->phdrs[i].p_flags & PF_X))
		i++;
	return &image->phdrs[i];
}

/* One right behind the other. */
static void map_twice(const char *name)
{
	struct image image;

	read_image(&image, name, open(name, O_RDONLY), 0);
	unsigned char *where = reserve(2 * image.span);

	place(&image, where);
	place(&image, where + image.span);
}

/* As programs do that want huge pages for their text. */
static void move_text(const char *name)
{
	struct image image;

	map_image(&image, name, 0);

	const ElfW(Phdr) *p = code_of(&image);
	void *start = image.base + DOWN(p->p_vaddr);
	size_t len = UP(p->p_vaddr + p->p_filesz) - DOWN(p->p_vaddr);

	need(mmap(start, len, PROT_READ | PROT_WRITE | PROT_EXEC,
		  MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) == start,
	     "mmap");
	need(pread(image.fd, start, p->p_filesz, (off_t)p->p_offset) > 0, "pread");
	need(!mprotect(start, len, PROT_READ | PROT_EXEC), "mprotect");
}

static void unmap_header(const char *name)
{
	struct image image;

	map_image(&image, name, 0);
	need(!munmap(image.base, PAGE), "munmap");
}

/* The notes and all in the first page are overwritten but for the headers. */
static void scrub_notes(const char *name)
{
	struct image image;

	map_image(&image, name, 0);
	need(!mprotect(image.base, PAGE, PROT_READ | PROT_WRITE), "mprotect");
	for (int i = 0; i < image.ehdr.e_phnum; i++) {
		if (image.phdrs[i].p_type == PT_NOTE)
			memset(image.base + image.phdrs[i].p_vaddr, 0xff, image.phdrs[i].p_filesz);
	}
	need(!mprotect(image.base, PAGE, PROT_READ), "mprotect");
}

/* Each page of the code with other rights than the next: as many mappings. */
static void split_code(const char *name)
{
	struct image image;

	map_image(&image, name, 0);

	const ElfW(Phdr) *p = &image.phdrs[0];

	while (p->p_type != PT_LOAD || !(p->p_flags & PF_W))
		p++;
	for (size_t at = DOWN(p->p_vaddr); at < p->p_vaddr + p->p_filesz; at += 2 * PAGE)
		need(!mprotect(image.base + at, PAGE, PROT_READ), "mprotect");
}

/* The second is in the hole that the first has between its segments. */
static void map_inside(const char *outer, const char *inner)
{
	struct image a, b;
	uint64_t hole = 0;

	map_image(&a, outer, 0);
	read_image(&b, inner, open(inner, O_RDONLY), 0);
	for (int i = 0; i + 1 < a.ehdr.e_phnum; i++) {
		const ElfW(Phdr) *p = &a.phdrs[i], *next = p + 1;

		if (p->p_type == PT_LOAD && next->p_type == PT_LOAD &&
		    DOWN(next->p_vaddr) - UP(p->p_vaddr + p->p_memsz) >= b.span + 2 * PAGE)
			hole = UP(p->p_vaddr + p->p_memsz) + PAGE;
	}
	need(hole != 0, "no hole");
	place(&b, a.base + hole);
}

static void map_memfd(const char *name)
{
	struct image image;
	struct stat st;
	int from = open(name, O_RDONLY), fd = memfd_create("module", MFD_CLOEXEC);
	off_t at = 0;

	need(from >= 0 && fd >= 0 && !fstat(from, &st), name);
	while (at < st.st_size)
		need(sendfile(fd, from, &at, (size_t)(st.st_size - at)) > 0, "sendfile");
	read_image(&image, "/memfd:module", fd, 0);
	place(&image, reserve(image.span));
}

static void map_data(const char *name)
{
	struct stat st;
	int fd = open(name, O_RDONLY);
	void *p;

	need(fd >= 0 && !fstat(fd, &st), name);
	p = mmap(reserve((size_t)st.st_size), (size_t)st.st_size, PROT_READ,
		 MAP_PRIVATE | MAP_FIXED, fd, 0);
	need(p != MAP_FAILED, name);
	printf("data %llx %s\n", (unsigned long long)(uintptr_t)p, name);
}

static const char *act(char **argv)
{
	struct image image;
	const char *what = argv[0], *name = argv[1];

	if (!strcmp(what, "hand"))
		map_image(&image, name, 0);
	else if (!strcmp(what, "twice"))
		map_twice(name);
	else if (!strcmp(what, "moved"))
		move_text(name);
	else if (!strcmp(what, "headless"))
		unmap_header(name);
	else if (!strcmp(what, "scrubbed"))
		scrub_notes(name);
	else if (!strcmp(what, "split"))
		split_code(name);
	else if (!strcmp(what, "memfd"))
		map_memfd(name);
	else if (!strcmp(what, "data"))
		map_data(name);
#ifndef NO_DLOPEN
	else if (!strcmp(what, "open"))
		open_library(name);
	else if (!strcmp(what, "again"))
		open_again(name);
#endif
	else
		return NULL;
	return what;
}

int main(int argc, char **argv)
{
	bool first = true;

	for (int i = 1; i < argc;) {
		struct image image;

		if (i + 1 < argc && act(argv + i)) {
			i += 2;
		} else if (!strcmp(argv[i], "archive") && i + 2 < argc) {
			map_image(&image, argv[i + 1], strtoull(argv[i + 2], NULL, 0));
			i += 3;
		} else if (!strcmp(argv[i], "inside") && i + 2 < argc) {
			map_inside(argv[i + 1], argv[i + 2]);
			i += 3;
		} else {
			fprintf(stderr, "what is '%s'?\n", argv[i]);
			return 2;
		}
	}
	dl_iterate_phdr(print_one, &first);
	printf("ready\n");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
