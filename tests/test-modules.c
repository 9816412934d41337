/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The modules of programs of every kind, against what the dynamic linker says of them,
 * or what the target itself knows of what it mapped by hand.
 */
#include <mapfiles.h>

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "truth.h"

#define KNOWN_MOST 64
#define LOADS_MOST 16
#define PAGE	   4096u

#ifdef LM_ID_NEWLM
#define AGAIN "again"
#else
#define AGAIN "open" /* musl has no dlmopen(3) */
#endif

/* What the target says that it has loaded. */
struct known {
	uint64_t bias;
	char name[512];
	size_t n_loads;
	struct mf_range loads[LOADS_MOST];
	bool is_data; /* bias is where it starts */
};

struct program {
	pid_t pid;
	int tell_fd;
	size_t n;
	struct known known[KNOWN_MOST];
};

static const char *built(const char *name)
{
	static char paths[8][512];
	static unsigned int next;
	char *const path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", MODULES_DIR, name);
	return path;
}

static void hear(struct program *program, FILE *from)
{
	char line[600];

	program->n = 0;
	while (fgets(line, sizeof(line), from) && strcmp(line, "ready\n")) {
		struct known *known = &program->known[program->n];
		uint64_t start, end;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "load %" SCNx64 " %" SCNx64, &start, &end) == 2) {
			known--;
			known->loads[known->n_loads++] = (struct mf_range){ start, end };
			continue;
		}
		require(program->n < KNOWN_MOST);
		*known = (struct known){ .is_data = line[0] == 'd' };
		require(sscanf(line, "%*s %" SCNx64 " %511[^\n]", &known->bias, known->name) >= 1);
		program->n++;
	}
	require_msg(program->n, "the target said nothing");
}

static void run(struct program *program, const char *name, const char *const *args)
{
	const char *argv[32] = { built(name) };
	int down[2], up[2];

	for (size_t i = 0; args && args[i]; i++)
		argv[i + 1] = args[i];
	require(!pipe2(down, O_CLOEXEC) && !pipe2(up, O_CLOEXEC));
	program->pid = fork();
	require(program->pid >= 0);
	if (!program->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(down[0], 0);
		dup2(up[1], 1);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(down[0]);
	close(up[1]);
	program->tell_fd = down[1];

	FILE *from = fdopen(up[0], "r");

	hear(program, from);
	fclose(from);
}

#define RUN(program, name, ...) run(program, name, (const char *const[]){ __VA_ARGS__, NULL })

static void end(struct program *program)
{
	kill(program->pid, SIGKILL);
	waitpid(program->pid, NULL, 0);
	close(program->tell_fd);
}

/* The modules of a process, and the iterator that they are of. */
struct view {
	struct mf_iter *iter;
	struct mf_modules *modules;
};

static void look_with(struct view *view, pid_t pid, const struct mf_iter_opts *opts, uint32_t flags)
{
	ck_errno(mf_iter_open(pid, opts, &view->iter), 0);
	ck_errno(mf_modules_open(view->iter, flags, &view->modules), 0);
}

static void look(struct view *view, pid_t pid)
{
	look_with(view, pid, NULL, 0);
}

static void look_away(struct view *view)
{
	mf_modules_close(view->modules);
	mf_iter_close(view->iter);
}

static const struct mf_module *module_at(const struct view *view, uint64_t i)
{
	const struct mf_module *module = NULL;

	require(mf_modules_get(view->modules, i, &module) == 1);
	return module;
}

static bool is_loaded(const struct mf_module *module)
{
	return module->has & MF_HAS_BIAS;
}

/* What is loaded with that bias; of the program itself, whose bias another one may have too, the file. */
static const struct mf_module *by_bias(const struct view *view, uint64_t bias, const char *name)
{
	for (uint64_t i = 0; i < mf_modules_count(view->modules); i++) {
		const struct mf_module *module = module_at(view, i);

		if (is_loaded(module) && module->bias == bias &&
		    (!name || !strcmp(module->path, name)))
			return module;
	}
	return NULL;
}

static const struct mf_module *known_module(const struct view *view, const struct program *program,
					    const char *name)
{
	for (size_t i = 0; i < program->n; i++) {
		const struct known *known = &program->known[i];

		if (!known->is_data && !strcmp(known->name, name))
			return by_bias(view, known->bias, NULL);
	}
	harness_fail(__FILE__, __LINE__, name, "the target does not say that it loaded it");
}

/* The kernel's name of what the dynamic linker calls so. */
static void real_name(pid_t pid, const char *name, char *ret)
{
	char exe[64];

	snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)pid);
	if (!name[0])
		name = exe;
	if (!strncmp(name, "linux-", 6))
		snprintf(ret, PATH_MAX, "[vdso]");
	else if (!strncmp(name, "/memfd:", 7))
		snprintf(ret, PATH_MAX, "%s (deleted)", name);
	else
		require_msg(realpath(name, ret), "%s: %s", name, strerror(errno));
}

static void check_find(const struct view *view, uint64_t addr, const struct mf_module *want)
{
	const struct mf_module *found = NULL;

	require_msg(mf_modules_find(view->modules, addr, &found) == !!want, "%" PRIx64, addr);
	require_msg(found == want, "%" PRIx64 " is of %s", addr, found ? found->path : "nobody");
}

static void check_segments(const struct view *view, const struct mf_module *module)
{
	const struct mf_segment *segment = NULL, *last;
	uint64_t before = 0, i;

	require(module->n_segments);
	for (i = 0; mf_modules_segment(view->modules, module, i, &segment) == 1; i++) {
		require(i || module->start == segment->start);
		require(segment->start >= before && segment->end > segment->start);
		require(segment->has == MF_HAS_PROT && segment->kind == module->kind);
		before = segment->end;
	}
	last = segment;
	require(i == module->n_segments && module->end == before);
	require(mf_modules_segment(view->modules, module, i, &segment) == 0 && segment == last);
}

static void check_known(const struct view *view, const struct program *program,
			const struct known *known)
{
	const struct mf_module *module = by_bias(view, known->bias, NULL);
	char name[PATH_MAX];

	real_name(program->pid, known->name, name);
	require_msg(module, "%s is not there with bias %" PRIx64, name, known->bias);
	require_msg(!strcmp(module->path, name), "%s is %s", name, module->path);
	require(module->has & MF_HAS_ELF && !(module->flags & MF_MODULE_DATA));
	check_segments(view, module);
	for (size_t i = 0; i < known->n_loads; i++) {
		check_find(view, known->loads[i].start, module);
		check_find(view, known->loads[i].end - 1, module);
		check_find(view, (known->loads[i].start + known->loads[i].end) / 2, module);
	}
}

static size_t count_loaded(const struct view *view)
{
	size_t n = 0;

	for (uint64_t i = 0; i < mf_modules_count(view->modules); i++) {
		const struct mf_module *module = module_at(view, i);

		n += is_loaded(module) && module->kind != MF_KIND_VDSO;
	}
	return n;
}

/* All that the target knows of, and not one more. */
static void check_all(const struct view *view, const struct program *program)
{
	size_t n = 0;

	for (size_t i = 0; i < program->n; i++) {
		const struct known *known = &program->known[i];

		if (known->is_data)
			continue;
		check_known(view, program, known);
		n += strncmp(known->name, "linux-", 6) != 0;
	}
	ck_assert_uint_eq(count_loaded(view), n);
}

static void check_build_id(const struct mf_module *module, unsigned char byte, uint32_t len,
			   uint32_t from)
{
	require(module);
	require_msg(module->build_id_len == len, "%" PRIu32 " bytes", module->build_id_len);
	for (uint32_t i = 0; i < len; i++)
		require(module->build_id[i] == byte);
	require_msg(module->build_id_from == from, "from %" PRIu32, module->build_id_from);
	require(!len == !module->build_id);
}

static bool is_built(const char *name)
{
	return !access(built(name), X_OK);
}

static const struct {
	const char *name;
	unsigned char build_id;
	uint32_t type, class;
	bool has_interpreter;
} programs[] = {
	{ "module-target-pie", 0x11, ET_DYN, ELFCLASS64, true },
	{ "module-target-no-pie", 0x12, ET_EXEC, ELFCLASS64, true },
	{ "module-target-static", 0x13, ET_EXEC, ELFCLASS64, false },
	{ "module-target-static-pie", 0x13, ET_DYN, ELFCLASS64, false },
	{ "module-target-m32", 0x14, ET_DYN, ELFCLASS32, true },
};

START_TEST(modules_are_those_of_dl_iterate_phdr)
{
	const struct mf_module *exe = NULL, *interpreter = NULL;
	struct program program;
	struct view view;

	if (!is_built(programs[_i].name))
		skip("%s: cannot be built here", programs[_i].name);
	run(&program, programs[_i].name, NULL);
	look(&view, program.pid);
	check_all(&view, &program);
	for (uint64_t i = 0; i < mf_modules_count(view.modules); i++) {
		const struct mf_module *module = module_at(&view, i);

		require(!i || module->start > module_at(&view, i - 1)->start);
		if (module->flags & MF_MODULE_EXE)
			exe = module;
		if (module->flags & MF_MODULE_INTERPRETER)
			interpreter = module;
	}
	require(exe && !strcmp(exe->path, built(programs[_i].name)));
	check_build_id(exe, programs[_i].build_id, 20, MF_BUILD_ID_MEMORY);
	require(exe->elf_type == programs[_i].type && exe->elf_class == programs[_i].class);
	require(exe->elf_data == ELFDATA2LSB && (exe->elf_type == ET_DYN || !exe->bias));
	require(!!interpreter == programs[_i].has_interpreter);
	/* musl's is its libc. */
	require(!interpreter || strstr(interpreter->path, "/ld-linux") ||
		strstr(interpreter->path, "-musl/libc.so"));
	look_away(&view);
	end(&program);
}
END_TEST

START_TEST(libraries_are_found_however_they_were_linked)
{
	struct program program;
	struct view view;

	RUN(&program, "module-target-pie", "open", built("module-plain.so"), "open",
	    built("module-old.so"), "open", built("module-aligned.so"), "open",
	    built("module-nameless.so"), "open", built("module-data.so"));
	look(&view, program.pid);
	check_all(&view, &program);
	check_build_id(known_module(&view, &program, built("module-plain.so")), 1, 20,
		       MF_BUILD_ID_MEMORY);
	check_build_id(known_module(&view, &program, built("module-old.so")), 3, 8,
		       MF_BUILD_ID_MEMORY);
	check_build_id(known_module(&view, &program, built("module-aligned.so")), 4, 16,
		       MF_BUILD_ID_MEMORY);
	check_build_id(known_module(&view, &program, built("module-nameless.so")), 0, 0,
		       MF_BUILD_ID_NONE);
	check_build_id(known_module(&view, &program, built("module-data.so")), 5, 20,
		       MF_BUILD_ID_MEMORY);
	look_away(&view);
	end(&program);
}
END_TEST

START_TEST(library_loaded_twice_is_two_modules)
{
	struct program program;
	struct view view;
	size_t n = 0;

	if (strcmp(AGAIN, "again"))
		skip("there is no dlmopen(3)");
	RUN(&program, "module-target-pie", "open", built("module-plain.so"), AGAIN,
	    built("module-plain.so"));
	look(&view, program.pid);
	check_all(&view, &program);
	for (uint64_t i = 0; i < mf_modules_count(view.modules); i++)
		n += !strcmp(module_at(&view, i)->path, built("module-plain.so"));
	ck_assert_uint_eq(n, 2);
	look_away(&view);
	end(&program);
}
END_TEST

/* The first that is named is what is looked at. */
static const char *const by_hand[][6] = {
	{ "hand", "module-plain.so" },	   { "twice", "module-plain.so" },
	{ "twice", "module-aligned.so" },  { "twice", "module-old.so" },
	{ "split", "module-aligned.so" },  { "split", "module-plain.so" },
	{ "moved", "module-plain.so" },	   { "moved", "module-aligned.so" },
	{ "headless", "module-plain.so" }, { "memfd", "module-plain.so" },
	{ "hand", "module-data.so" },
};

START_TEST(modules_mapped_by_hand_are_whole)
{
	const char *const *how = by_hand[_i];
	struct program program;
	struct view view;

	RUN(&program, "module-target-pie", how[0], built(how[1]));
	look(&view, program.pid);
	check_all(&view, &program);
	look_away(&view);
	end(&program);
}
END_TEST

START_TEST(module_in_the_hole_of_another_is_its_own)
{
	struct program program;
	struct view view;

	RUN(&program, "module-target-pie", "inside", built("module-aligned.so"),
	    built("module-plain.so"));
	look(&view, program.pid);
	check_all(&view, &program);
	check_build_id(known_module(&view, &program, built("module-plain.so")), 1, 20,
		       MF_BUILD_ID_MEMORY);
	check_build_id(known_module(&view, &program, built("module-aligned.so")), 4, 16,
		       MF_BUILD_ID_MEMORY);
	look_away(&view);
	end(&program);
}
END_TEST

START_TEST(every_walk_gives_the_same_modules)
{
	static const struct mf_iter_opts all[] = {
		{ .size = sizeof(all[0]), .flags = MF_ITER_ALL },
		{ .size = sizeof(all[0]), .flags = MF_ITER_STREAM },
		{ .size = sizeof(all[0]), .source = MF_SOURCE_MAPS },
	};
	struct program program;
	struct view view;

	RUN(&program, "module-target-pie", "open", built("module-plain.so"), "moved",
	    built("module-other.so"));
	look_with(&view, program.pid, &all[_i], 0);
	check_all(&view, &program);
	require(known_module(&view, &program, built("module-other.so")));
	ck_assert_uint_eq(mf_modules_count(view.modules), program.n);
	look_away(&view);
	end(&program);
}
END_TEST

static void copy_file(const char *from, const char *to, uint64_t at)
{
	size_t len;
	char *bytes = read_whole(from, &len);
	int fd = open(to, O_CREAT | O_RDWR | O_CLOEXEC, 0755);

	require(fd >= 0 && pwrite(fd, bytes, len, (off_t)at) == (ssize_t)len);
	close(fd);
	free(bytes);
}

static const char *temp_path(const char *name)
{
	static char path[600];

	snprintf(path, sizeof(path), "%s/%s", temp_dir(), name);
	return path;
}

/* One inside of each other kind of file, the last one above 4 GiB. */
static const uint64_t offsets[] = { 0x1000, 0x10000, 0x140000000 };

START_TEST(module_inside_an_archive_has_its_offset)
{
	const char *archive = temp_path("archive.apk");
	const struct mf_module *module;
	struct program program;
	struct view view;
	char at[32];

	unlink(archive);
	copy_file(built("module-plain.so"), archive, offsets[_i]);
	copy_file(built("module-other.so"), archive, offsets[_i] + 0x100000);
	snprintf(at, sizeof(at), "%#" PRIx64, offsets[_i]);
	RUN(&program, "module-target-pie", "archive", archive, at, "data", archive);
	look(&view, program.pid);
	check_all(&view, &program);
	module = known_module(&view, &program, archive);
	check_build_id(module, 1, 20, MF_BUILD_ID_MEMORY);
	require(module->elf_offset == offsets[_i]);
	look_away(&view);
	end(&program);
	unlink(archive);
}
END_TEST

START_TEST(module_outlives_its_name)
{
	const bool replaced = _i;
	const char *path = temp_path("gone.so");
	const struct mf_module *module;
	struct program program;
	struct stat before, after;
	struct view view;
	char name[PATH_MAX];
	int fd;

	copy_file(built("module-plain.so"), path, 0);
	require(!stat(path, &before));
	RUN(&program, "module-target-pie", "open", path);
	require(!unlink(path));
	if (replaced)
		copy_file(built("module-other.so"), path, 0);
	snprintf(name, sizeof(name), "%s (deleted)", path);
	look(&view, program.pid);
	module = known_module(&view, &program, path);
	require(module && !strcmp(module->path, name) && module->name_len == strlen(path));
	require(module->flags & MF_MODULE_DELETED);
	check_build_id(module, 1, 20, MF_BUILD_ID_MEMORY);
	fd = mf_module_open_fd(view.iter, module, 0);
	if (fd == -EPERM || fd == -ESTALE) {
		skip("the link may not be followed");
	} else {
		require_msg(fd >= 0, "%s", mf_strerror(fd));
		require(!fstat(fd, &after) && after.st_ino == before.st_ino &&
			after.st_size == before.st_size);
		close(fd);
	}
	look_away(&view);
	end(&program);
	unlink(path);
}
END_TEST

/* Two names of one inode: in maps they have one device and number, as two files of btrfs may. */
START_TEST(equal_numbers_and_two_names_are_two_modules)
{
	struct program program;
	struct view view;
	char one[600], two[600];

	snprintf(one, sizeof(one), "%s", temp_path("one.so"));
	snprintf(two, sizeof(two), "%s", temp_path("two.so"));
	copy_file(built("module-plain.so"), one, 0);
	require(!link(one, two));
	RUN(&program, "module-target-pie", "hand", one, "hand", two, "hand", one);
	look(&view, program.pid);
	check_all(&view, &program);
	look_away(&view);
	end(&program);
	unlink(one);
	unlink(two);
}
END_TEST

START_TEST(file_mapped_as_data_is_not_loaded)
{
	struct program program;
	struct view view;
	size_t n = 0;

	RUN(&program, "module-target-pie", "data", built("module-old.so"), "open",
	    built("module-plain.so"), "data", built("module-plain.so"), "data",
	    built("cmake_install.cmake"), "data", built("module-data.so"));
	look(&view, program.pid);
	check_all(&view, &program);
	for (uint64_t i = 0; i < mf_modules_count(view.modules); i++) {
		const struct mf_module *module = module_at(&view, i);

		if (!(module->flags & MF_MODULE_DATA))
			continue;
		n++;
		require((module->has & (MF_HAS_ELF | MF_HAS_BIAS)) == MF_HAS_ELF && !module->bias);
		require(module->build_id_len >= 8);
		check_find(&view, module->start, module);
	}
	ck_assert_uint_eq(n, 3);
	look_away(&view);
	end(&program);
}
END_TEST

/* Where the memory does not show it the file does; and if no file may be opened, the kernel if asked. */
START_TEST(build_id_comes_from_where_it_is_allowed)
{
	const char *path = built("module-plain.so");
	struct program program;
	struct view view;

	RUN(&program, "module-target-pie", "scrubbed", path);
	look(&view, program.pid);
	check_build_id(known_module(&view, &program, path), 1, 20, MF_BUILD_ID_FILE);
	look_away(&view);
	look_with(&view, program.pid, NULL, MF_MODULES_NO_FILES);
	check_build_id(known_module(&view, &program, path), 0, 0, MF_BUILD_ID_NONE);
	look_away(&view);
	look_with(&view, program.pid, NULL, MF_MODULES_NO_FILES | MF_MODULES_KERNEL_BUILD_ID);
	if (known_module(&view, &program, path)->build_id_from == MF_BUILD_ID_NONE)
		harness_skip(__func__, "the kernel tells no build ids");
	else
		check_build_id(known_module(&view, &program, path), 1, 20, MF_BUILD_ID_KERNEL);
	look_away(&view);
	end(&program);
}
END_TEST

START_TEST(code_whose_header_cannot_be_read_is_a_module_without_it)
{
	const char *path = built("module-plain.so");
	const struct mf_module *module = NULL;
	struct program program;
	struct view view;

	RUN(&program, "module-target-pie", "headless", path);
	look_with(&view, program.pid, NULL, MF_MODULES_NO_FILES);
	for (uint64_t i = 0; i < mf_modules_count(view.modules); i++) {
		if (!strcmp(module_at(&view, i)->path, path))
			module = module_at(&view, i);
	}
	require(module && !(module->has & (MF_HAS_ELF | MF_HAS_BIAS)) &&
		!(module->flags & MF_MODULE_DATA));
	check_segments(&view, module);
	look_away(&view);
	end(&program);
}
END_TEST

START_TEST(no_file_is_opened_when_none_may_be)
{
	struct program program;
	struct view view;

	RUN(&program, "module-target-pie", "open", built("module-plain.so"));
	look_with(&view, program.pid, NULL, MF_MODULES_NO_FILES);
	check_all(&view, &program);
	check_build_id(known_module(&view, &program, built("module-plain.so")), 1, 20,
		       MF_BUILD_ID_MEMORY);
	look_away(&view);
	end(&program);
}
END_TEST

/* By nobody, of a process that is nobody's too. */
static void look_as_nobody(void *arg)
{
	struct program program;
	struct view view;

	(void)arg;
	RUN(&program, "module-target-pie", "open", built("module-plain.so"), "headless",
	    built("module-other.so"));
	look(&view, program.pid);
	check_all(&view, &program);
	look_away(&view);
	end(&program);
}

START_TEST(user_without_privilege_sees_the_same)
{
	in_child_as_nobody(look_as_nobody, NULL);
}
END_TEST

/* The build id of the vdso, read by hand in our own memory. */
static const unsigned char *own_vdso_id(uint32_t *ret_len)
{
	const unsigned char *const base = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *ehdr = (const void *)base;
	const Elf64_Phdr *phdrs;

	require(base);
	phdrs = (const void *)(base + ehdr->e_phoff);
	for (int i = 0; i < ehdr->e_phnum; i++) {
		const unsigned char *at = base + phdrs[i].p_offset;
		const unsigned char *const past = at + phdrs[i].p_filesz;

		while (phdrs[i].p_type == PT_NOTE && at < past) {
			const Elf64_Nhdr *note = (const void *)at;

			if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
			    !memcmp(note + 1, "GNU", 4)) {
				*ret_len = note->n_descsz;
				return at + sizeof(*note) + 4;
			}
			at += sizeof(*note) + ((note->n_namesz + 3) & ~3u) +
			      ((note->n_descsz + 3) & ~3u);
		}
	}
	return NULL;
}

START_TEST(vdso_is_a_module_and_can_be_copied)
{
	const struct mf_module *vdso = NULL;
	const unsigned char *id;
	struct view view;
	uint32_t len = 0;
	void *copy;
	int fd;

	if (!getauxval(AT_SYSINFO_EHDR))
		skip("this process has no vdso");
	look(&view, 0);
	require(mf_modules_find(view.modules, getauxval(AT_SYSINFO_EHDR), &vdso) == 1);
	require(vdso->kind == MF_KIND_VDSO && vdso->start == getauxval(AT_SYSINFO_EHDR));
	id = own_vdso_id(&len);
	require(id && vdso->build_id_len == len && !memcmp(vdso->build_id, id, len));
	ck_errno(mf_module_open_fd(view.iter, vdso, 0), -ENXIO);
	fd = mf_module_open_fd(view.iter, vdso, MF_OPEN_COPY);
	require_msg(fd >= 0, "%s", mf_strerror(fd));
	copy = mmap(NULL, vdso->end - vdso->start, PROT_READ, MAP_PRIVATE, fd, 0);
	require(copy != MAP_FAILED);
	require(!memcmp(copy, (const void *)getauxval(AT_SYSINFO_EHDR), vdso->end - vdso->start));
	munmap(copy, vdso->end - vdso->start);
	close(fd);
	look_away(&view);
}
END_TEST

/* Headers that lie, of a file that this process maps: what is changed, and to what. */
static const struct lie {
	const char *what;
	size_t offset; /* in the ELF header, or in the program header number phdr - 1 */
	unsigned int phdr, size;
	uint64_t value;
} lies[] = {
	{ "e_phnum of 65535", offsetof(Elf64_Ehdr, e_phnum), 0, 2, 0xffff },
	{ "e_phnum of 0", offsetof(Elf64_Ehdr, e_phnum), 0, 2, 0 },
	{ "e_phoff at the end", offsetof(Elf64_Ehdr, e_phoff), 0, 8, UINT64_MAX },
	{ "e_phoff beyond the file", offsetof(Elf64_Ehdr, e_phoff), 0, 8, 1ull << 40 },
	{ "e_phentsize of 1", offsetof(Elf64_Ehdr, e_phentsize), 0, 2, 1 },
	{ "class 7", EI_CLASS, 0, 1, 7 },
	{ "other byte order", EI_DATA, 0, 1, ELFDATA2MSB },
	{ "a relocatable file", offsetof(Elf64_Ehdr, e_type), 0, 2, ET_REL },
	{ "p_align of 0", offsetof(Elf64_Phdr, p_align), 1, 8, 0 },
	{ "p_align of 3", offsetof(Elf64_Phdr, p_align), 1, 8, 3 },
	{ "p_vaddr at the end", offsetof(Elf64_Phdr, p_vaddr), 1, 8, UINT64_MAX - 4095 },
	{ "p_vaddr not of a page", offsetof(Elf64_Phdr, p_vaddr), 1, 8, 123 },
	{ "p_memsz of 2^63", offsetof(Elf64_Phdr, p_memsz), 1, 8, 1ull << 63 },
	{ "p_memsz of 2^64 - 1", offsetof(Elf64_Phdr, p_memsz), 1, 8, UINT64_MAX },
	{ "p_filesz of 2^63", offsetof(Elf64_Phdr, p_filesz), 1, 8, 1ull << 63 },
	{ "p_offset at the end", offsetof(Elf64_Phdr, p_offset), 1, 8, UINT64_MAX - 4095 },
	{ "segments that overlap", offsetof(Elf64_Phdr, p_vaddr), 2, 8, 0 },
	{ "code of 2^63 bytes of memory", offsetof(Elf64_Phdr, p_memsz), 2, 8, 1ull << 63 },
	{ "data of 2^46 bytes of memory", offsetof(Elf64_Phdr, p_memsz), 4, 8, 1ull << 46 },
};

static void tell_lie(const char *path, const struct lie *lie)
{
	uint64_t at = lie->offset;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (lie->phdr)
		at += sizeof(Elf64_Ehdr) + (lie->phdr - 1) * sizeof(Elf64_Phdr);
	require(fd >= 0 && pwrite(fd, &lie->value, lie->size, (off_t)at) == (ssize_t)lie->size);
	close(fd);
}

/* Nobody else's memory becomes the liar's, and all others are what they were. */
START_TEST(headers_that_lie_harm_nobody)
{
	const char *path = temp_path("liar.so");
	struct program program;
	struct truth truth;
	struct view view;

	unlink(path);
	copy_file(built("module-plain.so"), path, 0);
	/* Mapped as it should be, and the lie told then: mappings are of the file. */
	RUN(&program, "module-target-pie", "open", built("module-other.so"), "hand", path, "data",
	    path);
	tell_lie(path, &lies[_i]);
	look(&view, program.pid);
	truth_read(&truth, program.pid);
	for (size_t i = 0; i < program.n; i++) {
		if (strcmp(program.known[i].name, path))
			check_known(&view, &program, &program.known[i]);
	}
	for (size_t i = 0; i < truth.n; i++) {
		const struct truth_mapping *m = &truth.list[i];
		const struct mf_module *module;

		if (!m->file || mf_modules_find(view.modules, m->start, &module) <= 0)
			continue;
		require_msg(!strcmp(module->path, m->path), "%s: %s is of %s", lies[_i].what,
			    m->path, module->path);
	}
	truth_free(&truth);
	look_away(&view);
	end(&program);
	unlink(path);
}
END_TEST

START_TEST(every_mapping_of_a_loaded_file_is_of_its_module)
{
	struct program program;
	struct truth truth;
	struct view view;

	RUN(&program, "module-target-pie", "open", built("module-plain.so"), "open",
	    built("module-aligned.so"), AGAIN, built("module-old.so"));
	look(&view, program.pid);
	truth_read(&truth, program.pid);
	for (size_t i = 0; i < truth.n; i++) {
		const struct truth_mapping *m = &truth.list[i];
		const struct mf_module *module = NULL;

		if (!m->path || !m->file || (!strstr(m->path, ".so") && !strstr(m->path, "target")))
			continue;
		if (strstr(m->path, ".cache"))
			continue;
		require_msg(mf_modules_find(view.modules, m->start, &module) == 1, "%s at %" PRIx64,
			    m->path, m->start);
		require(!strcmp(module->path, m->path));
		check_find(&view, m->end - 1, module);
	}
	check_find(&view, 0, NULL);
	check_find(&view, UINT64_MAX, NULL);
	truth_free(&truth);
	look_away(&view);
	end(&program);
}
END_TEST

static void *read_all(void *arg)
{
	const struct view *view = arg;
	const struct mf_module *module, *found;
	uintptr_t wrong = 0;

	for (int round = 0; round < 2000; round++) {
		for (uint64_t i = 0; mf_modules_get(view->modules, i, &module) == 1; i++) {
			wrong += mf_modules_find(view->modules, module->start, &found) != 1;
			wrong += found != module;
		}
	}
	return (void *)wrong;
}

START_TEST(threads_read_the_same_modules_at_once)
{
	struct program program;
	pthread_t threads[4];
	struct view view;
	void *wrong;

	run(&program, "module-target-pie", NULL);
	look(&view, program.pid);
	for (size_t i = 0; i < 4; i++)
		require(!pthread_create(&threads[i], NULL, read_all, &view));
	for (size_t i = 0; i < 4; i++) {
		require(!pthread_join(threads[i], &wrong));
		require(!wrong);
	}
	look_away(&view);
	end(&program);
}
END_TEST

START_TEST(process_that_exited_has_no_modules)
{
	struct mf_modules *modules = NULL;
	struct program program;
	struct mf_iter *iter;

	run(&program, "module-target-pie", NULL);
	ck_errno(mf_iter_open(program.pid, NULL, &iter), 0);
	end(&program);
	ck_errno(mf_modules_open(iter, 0, &modules), -ESRCH);
	require(!modules);
	mf_iter_close(iter);
}
END_TEST

START_TEST(module_unmapped_since_is_not_opened)
{
	const char *path = temp_path("short-lived.so");
	struct view view;
	void *p;
	int fd;

	copy_file(built("module-plain.so"), path, 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	require(p != MAP_FAILED);
	close(fd);
	look(&view, 0);

	const struct mf_module *found = NULL;

	require(mf_modules_find(view.modules, (uintptr_t)p, &found) == 1);
	require(found->flags & MF_MODULE_DATA);
	munmap(p, PAGE);
	ck_errno(mf_module_open_fd(view.iter, found, 0), -ESTALE);
	look_away(&view);
	unlink(path);
}
END_TEST

/* The header of a library alone, as a profiler maps it, and code of somebody else where its own would be. */
START_TEST(code_of_others_does_not_make_a_module_loaded)
{
	const struct mf_module *found = NULL;
	struct view view;
	char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open(built("module-plain.so"), O_RDONLY | O_CLOEXEC);

	require(p != MAP_FAILED && fd >= 0);
	require(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == p);
	close(fd);
	look(&view, 0);
	require(mf_modules_find(view.modules, (uintptr_t)p, &found) == 1);
	require(found->flags & MF_MODULE_DATA && !(found->has & MF_HAS_BIAS));
	check_find(&view, (uintptr_t)p + PAGE, NULL);
	look_away(&view);
	munmap(p, 16 * PAGE);
}
END_TEST

START_TEST(a_part_of_the_mappings_is_refused)
{
	static const struct mf_iter_opts parts[] = {
		{ .size = sizeof(parts[0]), .prot = MF_PROT_EXEC },
		{ .size = sizeof(parts[0]), .from = 1, .to = UINT64_MAX },
		{ .size = sizeof(parts[0]), .flags = MF_ITER_SHARED },
	};
	struct mf_modules *modules;
	struct mf_iter *iter;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		ck_errno(mf_iter_open(0, &parts[i], &iter), 0);
		ck_errno(mf_modules_open(iter, 0, &modules), -EINVAL);
		mf_iter_close(iter);
	}
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
	const struct mf_module *module = NULL;
	struct mf_modules *modules = NULL;
	const struct mf_segment *segment = NULL;
	struct mf_module copy;
	struct view view;

	look(&view, 0);
	copy = *module_at(&view, 0);
	ck_errno(mf_modules_open(NULL, 0, &modules), -EINVAL);
	ck_errno(mf_modules_open(view.iter, 0, NULL), -EINVAL);
	ck_errno(mf_modules_open(view.iter, 4, &modules), -EINVAL);
	ck_errno(mf_modules_get(NULL, 0, &module), -EINVAL);
	ck_errno(mf_modules_get(view.modules, 0, NULL), -EINVAL);
	ck_errno(mf_modules_get(view.modules, UINT64_MAX, &module), 0);
	ck_errno(mf_modules_find(NULL, 0, &module), -EINVAL);
	ck_errno(mf_modules_find(view.modules, 0, NULL), -EINVAL);
	ck_errno(mf_module_open_fd(NULL, module_at(&view, 0), 0), -EINVAL);
	ck_errno(mf_module_open_fd(view.iter, NULL, 0), -EINVAL);
	ck_errno(mf_module_open_fd(view.iter, module_at(&view, 0), 0x80000000u), -EINVAL);
	ck_errno(mf_modules_segment(NULL, module_at(&view, 0), 0, &segment), -EINVAL);
	ck_errno(mf_modules_segment(view.modules, NULL, 0, &segment), -EINVAL);
	ck_errno(mf_modules_segment(view.modules, module_at(&view, 0), 0, NULL), -EINVAL);
	ck_errno(mf_modules_segment(view.modules, &copy, 0, &segment), -EINVAL);
	ck_errno(mf_modules_segment(view.modules, module_at(&view, 0) + 1, 0, &segment), -EINVAL);
	ck_errno(mf_modules_segment(view.modules, module_at(&view, 0), UINT64_MAX, &segment), 0);
	require(!segment && !modules && !module && !mf_modules_count(NULL));
	mf_modules_close(NULL);
	look_away(&view);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("modules");
	TCase *tcase = guarded_tcase(suite, "modules");
	TCase *threads = fd_guarded_tcase(suite, "threads");

#define N(array) (int)(sizeof(array) / sizeof((array)[0]))
	tcase_add_loop_test(tcase, modules_are_those_of_dl_iterate_phdr, 0, N(programs));
	tcase_add_test(tcase, libraries_are_found_however_they_were_linked);
	tcase_add_test(tcase, library_loaded_twice_is_two_modules);
	tcase_add_loop_test(tcase, modules_mapped_by_hand_are_whole, 0, N(by_hand));
	tcase_add_test(tcase, module_in_the_hole_of_another_is_its_own);
	tcase_add_loop_test(tcase, every_walk_gives_the_same_modules, 0, 3);
	tcase_add_loop_test(tcase, module_inside_an_archive_has_its_offset, 0, N(offsets));
	tcase_add_loop_test(tcase, module_outlives_its_name, 0, 2);
	tcase_add_test(tcase, equal_numbers_and_two_names_are_two_modules);
	tcase_add_test(tcase, file_mapped_as_data_is_not_loaded);
	tcase_add_test(tcase, build_id_comes_from_where_it_is_allowed);
	tcase_add_test(tcase, code_whose_header_cannot_be_read_is_a_module_without_it);
	tcase_add_test(tcase, no_file_is_opened_when_none_may_be);
	tcase_add_test(tcase, user_without_privilege_sees_the_same);
	tcase_add_test(tcase, vdso_is_a_module_and_can_be_copied);
	tcase_add_loop_test(tcase, headers_that_lie_harm_nobody, 0, N(lies));
	tcase_add_test(tcase, every_mapping_of_a_loaded_file_is_of_its_module);
	tcase_add_test(threads, threads_read_the_same_modules_at_once);
	tcase_add_test(tcase, process_that_exited_has_no_modules);
	tcase_add_test(tcase, module_unmapped_since_is_not_opened);
	tcase_add_test(tcase, code_of_others_does_not_make_a_module_loaded);
	tcase_add_test(tcase, a_part_of_the_mappings_is_refused);
	tcase_add_test(tcase, bad_arguments_are_refused);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
