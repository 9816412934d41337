/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Saving the file itself, holes and all.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/sparse.h"
#include "../command.h"
#include "recover.h"

static void tell_how(const struct found *f, uint32_t rung, uint32_t sure)
{
	static const char *const rungs[] = { "?", "map_files", "exe", "a descriptor", "its path" };

	printf("  it was reached through %s and is %s\n", rung < 5 ? rungs[rung] : "?",
	       sure == MF_SURE_EXACT ? "the mapped file" :
				       "NOT PROVEN to be the mapped file: device and inode agree, "
				       "which two files can share here");
	if (f->prot & MF_PROT_WRITE && f->flags & MF_MAPPING_SHARED)
		printf("  the process can write to it: what it wrote during the copy may be "
		       "there in part\n");
	else if (f->prot & MF_PROT_WRITE)
		printf("  what the process changed in its private memory is not in the file\n");
	if (!(f->flags & MF_MAPPING_DELETED) &&
	    (f->kind == MF_KIND_FILE || f->kind == MF_KIND_DEVICE))
		printf("  note: it is not deleted\n");
}

int save_file(struct mf_iter *iter, const struct found *f, int in, const char *path)
{
	const struct mf_open_info *info;
	uint32_t rung = 0, sure = 0;
	off_t copied = 0;
	struct stat st;
	bool whole;
	int out;

	if (mf_open_info(iter, &info) == 0) {
		rung = info->rung;
		sure = info->sure;
	}
	if (fstat(in, &st) < 0)
		return fail_errno("the mapped file");
	out = out_begin(path);
	if (out < 0)
		return STATUS_FAILED;
	whole = copy_sparse(in, out, st.st_size, &copied);
	if (!whole)
		complain("the copy is cut off: %s",
			 errno ? strerror(errno) : "the file became shorter meanwhile");
	whole = out_end(out, path) && whole;
	printf("  %lld bytes, of which %lld are data, copied from the file itself, and %lld holes\n",
	       (long long)st.st_size, (long long)copied, (long long)(st.st_size - copied));
	tell_how(f, rung, sure);
	return whole && sure == MF_SURE_EXACT ? STATUS_OK : STATUS_ATTENTION;
}
