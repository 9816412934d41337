/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who maps what.
 */
#include <errno.h>

#include "mapfiles.h"

int mf_objects_open(const int32_t *pids, uint32_t n_pids, const struct mf_objects_opts *opts,
		    struct mf_objects **ret_objects)
{
	(void)pids, (void)n_pids, (void)opts, (void)ret_objects;
	return -EOPNOTSUPP;
}
uint64_t mf_objects_count(const struct mf_objects *objects)
{
	(void)objects;
	return 0;
}
int mf_objects_get(const struct mf_objects *objects, uint64_t index,
		   const struct mf_object **ret_object)
{
	(void)objects, (void)index, (void)ret_object;
	return -EOPNOTSUPP;
}
int mf_objects_user(const struct mf_objects *objects, const struct mf_object *object,
		    uint64_t index, const struct mf_object_user **ret_user)
{
	(void)objects, (void)object, (void)index, (void)ret_user;
	return -EOPNOTSUPP;
}
int mf_objects_process(const struct mf_objects *objects, uint64_t index,
		       const struct mf_objects_process **ret_process)
{
	(void)objects, (void)index, (void)ret_process;
	return -EOPNOTSUPP;
}
int mf_objects_find(const struct mf_objects *objects, int fd, const struct mf_object **ret_object)
{
	(void)objects, (void)fd, (void)ret_object;
	return -EOPNOTSUPP;
}
void mf_objects_close(struct mf_objects *objects)
{
	(void)objects;
}
