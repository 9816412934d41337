/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Minimal example of a symbolizer: symbolize PID|--core FILE [ADDRESS...]
 *
 * Prints for each address, hexadecimal, from the arguments or else from standard input:
 * the address, the file that is loaded there, the offset in that file, the address as
 * the file itself counts it, the build id, and function+offset. Between them are tabs,
 * and "-" stands for what is not known.
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

#include "symbolize/function.h"

struct symbolizer {
	struct mf_iter *iter;
	struct mf_modules *modules;
	/* Of the module that was asked last: addresses mostly come in a row. */
	const struct mf_module *module;
	struct functions *functions;
	int n_failed;
};

/* A name may hold any byte; what would break the line or the terminal is escaped. */
static void print_name(const char *name, size_t len)
{
	size_t i;

	if (!len)
		putchar('-');
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c < ' ' || c == 0x7f || c == '\\')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
}

static void print_offset(const struct mf_modules *modules, const struct mf_module *module,
			 uint64_t addr)
{
	const struct mf_segment *s;
	uint64_t i;

	for (i = 0; mf_modules_segment(modules, module, i, &s) > 0; i++) {
		if (addr >= s->start && addr < s->end) {
			printf("\t0x%" PRIx64, addr - s->start + s->offset);
			return;
		}
	}
	/* Memory that the file asks for and has no bytes for. */
	printf("\t-");
}

static void print_build_id(const struct mf_module *module)
{
	uint32_t i;

	printf(module->build_id_len ? "\t" : "\t-");
	for (i = 0; i < module->build_id_len; i++)
		printf("%02x", module->build_id[i]);
}

static void print_function(struct symbolizer *s, const struct mf_module *module, uint64_t addr)
{
	uint64_t offset;
	const char *name;

	if (module != s->module) {
		functions_close(s->functions);
		s->functions = functions_open(s->iter, module);
		s->module = module;
	}
	name = functions_find(s->functions, addr, &offset);
	putchar('\t');
	print_name(name, name ? strlen(name) : 0);
	printf(name ? "+0x%" PRIx64 "\n" : "\n", name ? offset : 0);
}

//! [modules]
static void symbolize(struct symbolizer *s, uint64_t addr)
{
	const struct mf_module *module;

	printf("0x%" PRIx64 "\t", addr);
	if (mf_modules_find(s->modules, addr, &module) <= 0) {
		printf("-\t-\t-\t-\t-\n");
		s->n_failed++;
		return;
	}
	print_name(module->path, module->name_len);
	print_offset(s->modules, module, addr);
	if (module->has & MF_HAS_BIAS)
		printf("\t0x%" PRIx64, addr - module->bias);
	else
		printf("\t-");
	print_build_id(module);
	print_function(s, module, addr);
}
//! [modules]

static void symbolize_text(struct symbolizer *s, const char *text)
{
	unsigned long long addr;
	char *end;

	errno = 0;
	addr = strtoull(text, &end, 16);
	if (errno || end == text || *end || strpbrk(text, "+-")) {
		fprintf(stderr, "symbolize: no hexadecimal address: '%s'\n", text);
		s->n_failed++;
		return;
	}
	symbolize(s, addr);
}

static int symbolize_input(struct symbolizer *s)
{
	char *word = NULL;
	int r;

	while ((r = scanf("%ms", &word)) == 1) {
		symbolize_text(s, word);
		free(word);
	}
	if (r != EOF || ferror(stdin)) {
		perror("symbolize: cannot read");
		return 1;
	}
	return 0;
}

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
	struct symbolizer s = { 0 };
	const int is_core = argc > 1 && !strcmp(argv[1], "--core");
	const int first = is_core ? 3 : 2;
	const char *what = argc >= first ? argv[first - 1] : NULL;
	int i, ret;

	if (!what || (!is_core && what[0] == '-')) {
		fprintf(stderr, "usage: symbolize PID|--core FILE [ADDRESS...]\n");
		return 2;
	}
	ret = is_core ? open_core(what, &s.iter) : open_pid(what, &s.iter);
	if (!ret)
		ret = mf_modules_open(s.iter, 0, &s.modules);
	if (ret) {
		fprintf(stderr, "symbolize: %s: %s\n", what, mf_strerror(ret));
		mf_iter_close(s.iter);
		return 1;
	}
	for (i = first; i < argc; i++)
		symbolize_text(&s, argv[i]);
	ret = argc == first ? symbolize_input(&s) : 0;
	functions_close(s.functions);
	mf_modules_close(s.modules);
	mf_iter_close(s.iter);
	if (fflush(stdout) || ferror(stdout)) {
		perror("symbolize: cannot write");
		return 1;
	}
	return ret || s.n_failed;
}
