/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel told the program of its own image when it started it.
 */
#include "module_auxv.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "core.h"
#include "sys.h"

/* The kernel has room for some thirty pairs. */
#define AUXV_SIZE 1024

static void take(struct mf_auxv *auxv, uint64_t type, uint64_t value)
{
	if (type == AT_PHDR)
		auxv->phdr = value;
	else if (type == AT_BASE)
		auxv->base = value;
	else if (type == AT_SYSINFO_EHDR)
		auxv->vdso = value;
}

/* False: no 64-bit pairs. */
static bool parse_64(const char *bytes, size_t len, struct mf_auxv *ret)
{
	uint64_t pair[2];
	size_t at;

	for (at = 0; at + sizeof(pair) <= len; at += sizeof(pair)) {
		memcpy(pair, bytes + at, sizeof(pair));
		if (pair[0] == AT_NULL)
			return at > 0;
		/* Two words of a 32-bit process. */
		if (pair[0] >> 32)
			return false;
		take(ret, pair[0], pair[1]);
	}
	return true;
}

static void parse_32(const char *bytes, size_t len, struct mf_auxv *ret)
{
	uint32_t pair[2];
	size_t at;

	for (at = 0; at + sizeof(pair) <= len; at += sizeof(pair)) {
		memcpy(pair, bytes + at, sizeof(pair));
		if (pair[0] == AT_NULL)
			return;
		take(ret, pair[0], pair[1]);
	}
}

static void read_core(const struct mf_core *core, struct mf_auxv *ret)
{
	*ret = (struct mf_auxv){
		.phdr = core->auxv.phdr,
		.base = core->auxv.base,
		.vdso = core->auxv.vdso,
	};
}

static int read_process(const struct mf_proc *proc, struct mf_auxv *ret)
{
	struct mf_auxv auxv = { 0 };
	char bytes[AUXV_SIZE];
	int fd = mf_sys_openat(proc->dir_fd, "auxv", O_RDONLY | O_NOCTTY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = mf_sys_pread(fd, bytes, sizeof(bytes), 0);
	mf_sys_close(&fd);
	if (n < 0)
		return (int)n;
	if (!parse_64(bytes, (size_t)n, &auxv)) {
		auxv = (struct mf_auxv){ 0 };
		parse_32(bytes, (size_t)n, &auxv);
	}
	*ret = auxv;
	return 0;
}

int mf_auxv_read(struct mf_iter *iter, struct mf_auxv *ret)
{
	if (!iter->core)
		return read_process(&iter->proc, ret);
	read_core(iter->core, ret);
	return 0;
}
