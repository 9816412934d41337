/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Modules.
 */
#include <errno.h>

#include "mapfiles.h"

int mf_modules_open(struct mf_iter *iter, uint32_t flags, struct mf_modules **ret_modules)
{
	(void)iter, (void)flags, (void)ret_modules;
	return -EOPNOTSUPP;
}

uint64_t mf_modules_count(const struct mf_modules *modules)
{
	(void)modules;
	return 0;
}

int mf_modules_get(const struct mf_modules *modules, uint64_t index,
		   const struct mf_module **ret_module)
{
	(void)modules, (void)index, (void)ret_module;
	return -EOPNOTSUPP;
}

int mf_modules_find(const struct mf_modules *modules, uint64_t addr,
		    const struct mf_module **ret_module)
{
	(void)modules, (void)addr, (void)ret_module;
	return -EOPNOTSUPP;
}

int mf_module_open_fd(struct mf_iter *iter, const struct mf_module *module, uint32_t flags)
{
	(void)iter, (void)module, (void)flags;
	return -EOPNOTSUPP;
}

void mf_modules_close(struct mf_modules *modules)
{
	(void)modules;
}
