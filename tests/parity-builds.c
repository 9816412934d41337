/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Print every field of every mapping of a process, and what is opened behind each: the
 * same program, built for another machine, must print the same. See parity-builds.sh.
 */
#include <mapfiles.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_path(const struct mf_mapping *m)
{
	if (!m->path)
		printf(" no path");
	for (uint32_t i = 0; i < m->path_len; i++)
		printf("%s%02x", i ? "" : " ", (unsigned int)(unsigned char)m->path[i]);
	printf(" (%" PRIu32 ")\n", m->name_len);
}

static void print_mapping(const struct mf_mapping *m)
{
	printf("%#" PRIx64 "-%#" PRIx64 " offset %#" PRIx64 " inode %" PRIu64, m->start, m->end,
	       m->offset, m->inode);
	printf(" dev %" PRIu32 ":%" PRIu32 " prot %" PRIx32 " kind %" PRIu32, m->dev_major,
	       m->dev_minor, m->prot, m->kind);
	printf(" flags %" PRIx32 " has %" PRIx32 " fd %" PRId32 " open_mode %" PRIx32, m->flags,
	       m->has, m->fd, m->open_mode);
	printf(" st_mode %" PRIo32 " st_nlink %" PRIu32 " st_dev %" PRIu32 ":%" PRIu32, m->st_mode,
	       m->st_nlink, m->st_dev_major, m->st_dev_minor);
	printf(" st_ino %" PRIu64 " st_size %" PRIu64 " page_size %" PRIu64, m->st_ino, m->st_size,
	       m->page_size);
	print_path(m);
}

static void print_opened(struct mf_iter *iter, const struct mf_mapping *m)
{
	const struct mf_open_info *info;
	struct stat st;
	int fd = mf_open_fd(iter, m, 0);

	if (fd < 0) {
		printf("  not opened: %d\n", fd);
		return;
	}
	if (fstat(fd, &st) == 0 && mf_open_info(iter, &info) == 0)
		printf("  opened: inode %ju size %jd rung %" PRIu32 " sure %" PRIu32 "\n",
		       (uintmax_t)st.st_ino, (intmax_t)st.st_size, info->rung, info->sure);
	close(fd);
}

int main(int argc, char **argv)
{
	struct mf_iter_opts opts = { .size = sizeof(opts) };
	const struct mf_mapping *m;
	struct mf_iter *iter;
	int ret;

	if (argc != 4)
		return 2;
	opts.source = (uint32_t)atoi(argv[2]);
	opts.flags = (uint32_t)atoi(argv[3]);
	ret = mf_iter_open(atoi(argv[1]), &opts, &iter);
	if (ret < 0) {
		fprintf(stderr, "%s\n", mf_strerror(ret));
		return 1;
	}
	printf("source %d\n", mf_iter_source(iter));
	while ((ret = mf_next(iter, &m)) > 0) {
		print_mapping(m);
		print_opened(iter, m);
	}
	printf("end: %d\n", ret);
	mf_iter_close(iter);
	return ret != 0;
}
