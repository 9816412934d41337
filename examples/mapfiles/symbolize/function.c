/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of functions, by elfutils' libdw. The file that it reads is the one that is
 * mapped, be its name gone or another file's by now.
 */
#include "function.h"

#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

struct functions {
	Dwfl *dwfl;
	Dwfl_Module *module;
};

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

/* libdw wants a file that is ELF from its first byte: of an archive what begins there. */
static int cut_out(int fd, uint64_t offset)
{
	struct stat st;
	off_t at = (off_t)offset;
	int copy;

	if (!offset)
		return fd;
	copy = memfd_create("elf", MFD_CLOEXEC);
	if (copy >= 0 && !fstat(fd, &st)) {
		while (at < st.st_size && sendfile(copy, fd, &at, (size_t)(st.st_size - at)) > 0)
			;
	}
	close(fd);
	return copy;
}

static int open_elf(struct mf_iter *iter, const struct mf_module *module)
{
	int fd = mf_module_open_fd(iter, module, module->kind == MF_KIND_VDSO ? MF_OPEN_COPY : 0);

	return fd < 0 ? fd : cut_out(fd, module->elf_offset);
}

/* The descriptor is libdw's if it took the module. */
static Dwfl_Module *report(Dwfl *dwfl, const struct mf_module *module, int fd)
{
	const char *const name = module->path ? module->path : "";
	Dwfl_Module *ret;

	dwfl_report_begin(dwfl);
	ret = dwfl_report_elf(dwfl, name, name, fd, module->bias, true);
	if (dwfl_report_end(dwfl, NULL, NULL) || !ret)
		close(fd);
	return ret;
}

struct functions *functions_open(struct mf_iter *iter, const struct mf_module *module)
{
	struct functions *functions;
	int fd;

	if (!(module->has & MF_HAS_BIAS))
		return NULL;
	functions = calloc(1, sizeof(*functions));
	if (!functions)
		return NULL;
	functions->dwfl = dwfl_begin(&callbacks);
	fd = functions->dwfl ? open_elf(iter, module) : -1;
	if (fd >= 0)
		functions->module = report(functions->dwfl, module, fd);
	if (functions->module)
		return functions;
	functions_close(functions);
	return NULL;
}

const char *functions_find(struct functions *functions, uint64_t addr, uint64_t *ret_offset)
{
	GElf_Off offset;
	GElf_Sym symbol;
	const char *name;

	if (!functions)
		return NULL;
	name = dwfl_module_addrinfo(functions->module, addr, &offset, &symbol, NULL, NULL, NULL);
	if (!name || (GELF_ST_TYPE(symbol.st_info) != STT_FUNC &&
		      GELF_ST_TYPE(symbol.st_info) != STT_GNU_IFUNC))
		return NULL;
	*ret_offset = offset;
	return name;
}

void functions_close(struct functions *functions)
{
	if (!functions)
		return;
	dwfl_end(functions->dwfl);
	free(functions);
}
