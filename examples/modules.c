/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Minimal example of listing what ELF files a process, or a core, has loaded:
 * modules PID|--core FILE
 *
 * Prints for each: first address, address past the end, load bias, what it is, build id
 * and name. Between them are tabs, and "-" stands for what is not known.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mapfiles.h>

static const char *role(const struct mf_module *module)
{
	if (module->flags & MF_MODULE_EXE)
		return "program";
	if (module->flags & MF_MODULE_INTERPRETER)
		return "linker";
	if (module->flags & MF_MODULE_DATA)
		return "data";
	if (!(module->has & MF_HAS_ELF))
		return "unreadable";
	return module->kind == MF_KIND_VDSO ? "vdso" : "library";
}

/* A name may hold any byte; what would break the line or the terminal is escaped. */
static void print_name(const struct mf_module *module)
{
	uint32_t i;

	putchar('\t');
	if (!module->path)
		putchar('-');
	for (i = 0; module->path && i < module->name_len; i++) {
		unsigned char c = (unsigned char)module->path[i];

		if (c < ' ' || c == 0x7f || c == '\\')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	printf(module->flags & MF_MODULE_DELETED ? "\tdeleted\n" : "\n");
}

//! [module]
static void print_module(const struct mf_module *module)
{
	uint32_t i;

	printf("0x%" PRIx64 "\t0x%" PRIx64 "\t", module->start, module->end);
	if (module->has & MF_HAS_BIAS)
		printf("0x%" PRIx64, module->bias);
	else
		putchar('-');
	printf("\t%s\t", role(module));
	if (!module->build_id_len)
		putchar('-');
	for (i = 0; i < module->build_id_len; i++)
		printf("%02x", module->build_id[i]);
	print_name(module);
}
//! [module]

static int open_core(const char *path, struct mf_iter **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	error = mf_iter_open_core(fd, NULL, ret);
	close(fd);
	return error;
}

/* atoi() would take a word for 0, which is this process itself. */
static int open_pid(const char *text, struct mf_iter **ret)
{
	char *end;
	long long pid = strtoll(text, &end, 10);

	if (end == text || *end || pid < 1 || pid > INT_MAX)
		return -EINVAL;
	return mf_iter_open((int)pid, NULL, ret);
}

int main(int argc, char **argv)
{
	const int is_core = argc == 3 && !strcmp(argv[1], "--core");
	struct mf_modules *modules = NULL;
	const struct mf_module *module;
	struct mf_iter *iter = NULL;
	uint64_t i;
	int ret;

	if (!is_core && argc != 2) {
		fprintf(stderr, "usage: modules PID|--core FILE\n");
		return 2;
	}
	ret = is_core ? open_core(argv[2], &iter) : open_pid(argv[1], &iter);
	if (!ret)
		ret = mf_modules_open(iter, 0, &modules);
	if (ret)
		fprintf(stderr, "modules: %s: %s\n", argv[argc - 1], mf_strerror(ret));
	for (i = 0; mf_modules_get(modules, i, &module) > 0; i++)
		print_module(module);
	mf_modules_close(modules);
	mf_iter_close(iter);
	if (fflush(stdout) || ferror(stdout)) {
		perror("modules: cannot write");
		return 1;
	}
	return ret < 0;
}
