/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maps in the caller what another process maps.
 */
#include <errno.h>

#include "mapfiles.h"

int mf_remap(struct mf_iter *iter, const struct mf_mapping *mapping,
	     const struct mf_remap_opts *opts, void **ret_addr)
{
	(void)iter, (void)mapping, (void)opts, (void)ret_addr;
	return -EOPNOTSUPP;
}
int mf_remap_plan(struct mf_iter *iter, const struct mf_mapping *mapping,
		  const struct mf_remap_opts *opts, const struct mf_remap_plan **ret_plan)
{
	(void)iter, (void)mapping, (void)opts, (void)ret_plan;
	return -EOPNOTSUPP;
}
int mf_remap_made(const struct mf_iter *iter, const struct mf_remap_plan **ret_plan)
{
	(void)iter, (void)ret_plan;
	return -EOPNOTSUPP;
}
const char *mf_refusal_text(uint32_t refusal)
{
	(void)refusal;
	return "";
}
