/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Example of saving a deleted file that a process still maps. The file itself is
 * copied, holes and all; with --copy, and only where the file is out of reach, what
 * the process sees of it in memory. It says which of the two was had.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mapfiles.h>

#include "common/sparse.h"

/* Saved in part: the file in OUT is not proven to be the mapped file, whole. */
enum { SAVED, NOT_SAVED, USAGE, SAVED_IN_PART };

/* What is kept of a mapping: it dies at the next call on its iterator. */
struct found {
	uint64_t start, end, offset, inode;
	uint32_t dev_major, dev_minor;
	uint32_t prot, flags, kind;
	char *name;
	size_t name_len;
};

static const char usage_text[] =
	"Usage: recover [--copy] PID ADDRESS|NAME OUT\n"
	"Save a deleted file that process PID still maps as the new file OUT.\n"
	"\n"
	"ADDRESS is hexadecimal, or START-END as lsmapfiles prints it. NAME is the file's former\n"
	"path, or its last part alone. OUT must not exist: nothing is ever overwritten.\n"
	"--copy: where the file cannot be opened, save what the process sees of it in memory;\n"
	"with an ADDRESS also memory that no file is behind.\n"
	"\n"
	"Exit status: 0 the file is saved, whole, from the file itself; 1 nothing is saved;\n"
	"2 wrong usage; 3 OUT is made, but read what is said of it: it is from memory, is cut\n"
	"off, or is not proven to be the mapped file; or that could not be written.\n";

static int fail(const char *what, int error)
{
	fprintf(stderr, "recover: %s: %s\n", what, mf_strerror(error));
	return NOT_SAVED;
}

static int fail_errno(const char *what)
{
	fprintf(stderr, "recover: %s: %s\n", what, strerror(errno));
	return NOT_SAVED;
}

/* The name of anything else is the kernel's own, and leads nowhere. */
static bool is_in_file_system(const struct found *f)
{
	return f->kind == MF_KIND_FILE || f->kind == MF_KIND_DEVICE;
}

/* Memory that no object is behind: nothing but a copy can be had of it. */
static bool is_plain_memory(const struct found *f)
{
	switch (f->kind) {
	case MF_KIND_ANON:
	case MF_KIND_ANON_NAMED:
	case MF_KIND_HEAP:
	case MF_KIND_STACK:
	case MF_KIND_VDSO:
	case MF_KIND_VVAR:
	case MF_KIND_VSYSCALL:
	case MF_KIND_SPECIAL:
		return true;
	default:
		return false;
	}
}

/* A name may hold bytes that a terminal obeys. */
static void print_escaped(FILE *to, const struct found *f)
{
	size_t i;

	for (i = 0; i < f->name_len; i++) {
		unsigned char c = (unsigned char)f->name[i];

		if (c < ' ' || c == 0x7f || c == '\\')
			fprintf(to, "\\%03o", (unsigned int)c);
		else
			fputc(c, to);
	}
}

static void print_name(FILE *to, const struct found *f)
{
	bool is_path = is_in_file_system(f);

	if (!is_path)
		fprintf(to, "%s%s", mf_kind_name(f->kind),
			f->name_len ? " (the kernel calls it " : "");
	print_escaped(to, f);
	if (!is_path && f->name_len)
		fputc(')', to);
	fprintf(to, "%s at %llx-%llx", f->flags & MF_MAPPING_DELETED ? " (deleted)" : "",
		(unsigned long long)f->start, (unsigned long long)f->end);
}

static bool keep(struct found *f, const struct mf_mapping *m)
{
	char *name = m->path ? strndup(m->path, m->name_len) : strdup("");

	if (!name)
		return false;
	free(f->name);
	*f = (struct found){
		.start = m->start,
		.end = m->end,
		.offset = m->offset,
		.inode = m->inode,
		.dev_major = m->dev_major,
		.dev_minor = m->dev_minor,
		.prot = m->prot,
		.flags = m->flags,
		.kind = m->kind,
		.name = name,
		.name_len = strlen(name),
	};
	return true;
}

static bool is_same_object(const struct found *f, const struct mf_mapping *m)
{
	/* Device and inode collide on btrfs and overlayfs; with the name they hardly do. */
	return m->has & MF_HAS_DEV && m->dev_major == f->dev_major &&
	       m->dev_minor == f->dev_minor && m->inode == f->inode && m->path &&
	       m->name_len == f->name_len && memcmp(m->path, f->name, f->name_len) == 0;
}

static bool has_name(const struct mf_mapping *m, const char *name)
{
	size_t len = strlen(name);

	if (!m->path || m->name_len < len || memcmp(m->path + m->name_len - len, name, len) != 0)
		return false;
	return m->name_len == len || (!strchr(name, '/') && m->path[m->name_len - len - 1] == '/');
}

static int deleted(uint32_t flags)
{
	return flags & MF_MAPPING_DELETED ? 1 : 0;
}

/*
 * The one object of that name: a deleted one before one that still has its name, such
 * as the library that replaced it. 1 found, 0 not, -ENOTUNIQ several, or another error.
 */
static int find_by_name(struct mf_iter *iter, const char *name, struct found *f)
{
	const struct mf_mapping *m;
	bool unique = true;
	int ret;

	while ((ret = mf_next(iter, &m)) > 0) {
		if (!has_name(m, name) || (f->name && is_same_object(f, m)))
			continue;
		if (f->name && deleted(m->flags) < deleted(f->flags))
			continue;
		unique = !f->name || deleted(m->flags) > deleted(f->flags);
		if (!unique) {
			fprintf(stderr, "recover: one of several files of that name: ");
			print_name(stderr, f);
			fputc('\n', stderr);
		}
		if (!keep(f, m))
			return -ENOMEM;
	}
	if (ret < 0)
		return ret;
	return !f->name ? 0 : unique ? 1 : -ENOTUNIQ;
}

/*
 * 0x7f12..., or 7f1200000000-7f1200001000; what holds a slash is a name. Bare digits
 * without 0x, as maps has them, may be a name too.
 */
static bool parse_address(const char *text, bool bare, uint64_t *addr)
{
	bool is_hex = bare || (text[0] == '0' && text[1] == 'x');
	char *end;

	if (!isxdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*addr = strtoull(text, &end, 16);
	if (errno || (is_hex && *end == '\0'))
		return !errno;
	return *end == '-' && end[1] && end[1 + strspn(end + 1, "0123456789abcdefABCDEF")] == '\0';
}

static int find_what(struct mf_iter *iter, const char *which, struct found *f)
{
	const struct mf_mapping *m;
	uint64_t addr;
	int ret;

	if (!parse_address(which, false, &addr)) {
		ret = find_by_name(iter, which, f);
		if (ret != 0 || !parse_address(which, true, &addr))
			return ret;
	}
	ret = mf_find(iter, addr, &m);
	if (ret > 0 && !keep(f, m))
		return -ENOMEM;
	return ret;
}

static int create(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* A close or an fsync that fails loses data as a write that fails does. */
static bool finish(int fd)
{
	bool ok = fsync(fd) == 0;

	return close(fd) == 0 && ok;
}

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
	if (!deleted(f->flags) && is_in_file_system(f))
		printf("  note: it is not deleted, its name still leads to it\n");
}

static int save_file(struct mf_iter *iter, const struct found *f, int in, const char *path)
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
	out = create(path);
	if (out < 0)
		return fail_errno(path);
	whole = copy_sparse(in, out, st.st_size, &copied);
	if (!whole)
		fprintf(stderr, "recover: the copy is cut off: %s\n",
			errno ? strerror(errno) : "the file became shorter meanwhile");
	if (!finish(out)) {
		whole = false;
		fail_errno(path);
	}
	printf("  %lld bytes, of which %lld are data, copied from the file itself, and %lld holes\n",
	       (long long)st.st_size, (long long)copied, (long long)(st.st_size - copied));
	tell_how(f, rung, sure);
	return whole && sure == MF_SURE_EXACT ? SAVED : SAVED_IN_PART;
}

/* Copy what lies between the holes of a mapping's copy to its place in the file. */
static off_t place_piece(int in, const struct mf_open_info *info, const struct found *piece,
			 int out)
{
	uint64_t at = 0, end, len = piece->end - piece->start;
	bool is_copy = info->rung == MF_RUNG_COPY;
	off_t n, total = 0;
	uint64_t i;

	for (i = 0; i <= (is_copy ? info->n_holes : 0); i++) {
		end = is_copy && i < info->n_holes ? info->holes[i].start : len;
		n = copy_range(in, (off_t)(is_copy ? at : piece->offset + at), out,
			       (off_t)(piece->offset + at), (off_t)(end - at));
		if (n < 0)
			return -1;
		total += n;
		at = is_copy && i < info->n_holes ? info->holes[i].end : len;
	}
	return total;
}

static off_t save_piece(struct mf_iter *iter, const struct mf_mapping *m, const struct found *piece,
			int out)
{
	const struct mf_open_info *info;
	int in = mf_open_fd(iter, m, MF_OPEN_COPY);
	off_t n = -1;

	if (in < 0) {
		fail("a piece is left out", in);
		return 0;
	}
	if (mf_open_info(iter, &info) == 0)
		n = place_piece(in, info, piece, out);
	close(in);
	if (n < 0)
		return -1;
	printf("  offset %llx-%llx: %lld bytes from memory%s\n", (unsigned long long)piece->offset,
	       (unsigned long long)(piece->offset + piece->end - piece->start), (long long)n,
	       piece->prot & MF_PROT_WRITE && !(piece->flags & MF_MAPPING_SHARED) ?
		       ", which the process may have changed for itself" :
		       "");
	return n;
}

/* Private writable memory first: what is read-only or shared is nearer to the file and wins. */
static off_t save_pieces(int pid, const struct found *f, bool changeable, int out)
{
	const struct mf_mapping *m;
	struct found piece;
	struct mf_iter *iter;
	off_t n, total = 0;
	int ret = mf_iter_open(pid, NULL, &iter);

	if (ret < 0) {
		fail("the process cannot be listed", ret);
		return 0;
	}
	while ((ret = mf_next(iter, &m)) > 0) {
		piece = (struct found){ .start = m->start,
					.end = m->end,
					.offset = m->offset,
					.prot = m->prot,
					.flags = m->flags };
		if (!is_same_object(f, m) ||
		    changeable != (m->prot & MF_PROT_WRITE && !(m->flags & MF_MAPPING_SHARED)))
			continue;
		n = save_piece(iter, m, &piece, out);
		if (n < 0) {
			fail_errno("a piece is left out");
			continue;
		}
		total += n;
	}
	if (ret < 0)
		fail("the list of its pieces is cut off", ret);
	mf_iter_close(iter);
	return total;
}

/* Offsets mean nothing there, and pieces of one name are not of one object: it stands alone. */
static off_t save_plain_memory(struct mf_iter *iter, const struct found *f, int out)
{
	struct found piece = *f;
	const struct mf_mapping *m;
	off_t n;
	int ret = mf_find(iter, f->start, &m);

	if (ret <= 0) {
		fail("the mapping", ret ? ret : -ESTALE);
		return 0;
	}
	piece.start = m->start;
	piece.end = m->end;
	piece.offset = 0;
	n = save_piece(iter, m, &piece, out);
	if (n < 0)
		fail_errno("the copy is cut off");
	return n;
}

static int save_memory(struct mf_iter *iter, int pid, const struct found *f, const char *path)
{
	int out = create(path);
	off_t total;

	if (out < 0)
		return fail_errno(path);
	if (is_plain_memory(f)) {
		total = save_plain_memory(iter, f, out);
	} else {
		total = save_pieces(pid, f, true, out);
		total += save_pieces(pid, f, false, out);
	}
	if (!finish(out))
		fail_errno(path);
	if (total <= 0) {
		unlink(path);
		fprintf(stderr, "recover: nothing could be read from memory either\n");
		return NOT_SAVED;
	}
	if (is_plain_memory(f))
		printf("  no file is behind it: this is the process's memory, which it may have "
		       "changed meanwhile\n");
	else
		printf("  THIS IS NOT THE FILE but what the process sees of it: all else is zero, and up\n"
		       "  to a page of zeros may follow the true end\n");
	return SAVED_IN_PART;
}

static int save(struct mf_iter *iter, int pid, const struct found *f, bool copy, const char *out)
{
	const struct mf_mapping *m;
	int in, ret, status;

	ret = mf_find(iter, f->start, &m);
	if (ret > 0 && !is_same_object(f, m) && f->name_len)
		ret = 0;
	if (ret <= 0)
		return fail("the mapping", ret ? ret : -ESTALE);
	if (is_plain_memory(f)) {
		if (copy)
			return save_memory(iter, pid, f, out);
		fprintf(stderr, "recover: no file is behind that address, it is memory; --copy "
				"saves what is in it\n");
		return NOT_SAVED;
	}
	in = mf_open_fd(iter, m, 0);
	if (in < 0) {
		fail("the file itself", in);
		if (!copy && in != -ENXIO)
			fprintf(stderr, "recover: run it as root, or with --copy save what is in "
					"memory\n");
		return copy ? save_memory(iter, pid, f, out) : NOT_SAVED;
	}
	status = save_file(iter, f, in, out);
	close(in);
	return status;
}

static int recover(int pid, const char *which, bool copy, const char *out)
{
	struct found f = { .name = NULL };
	struct mf_iter *iter;
	int ret = mf_iter_open(pid, NULL, &iter);
	int status;

	if (ret < 0)
		return fail("the process cannot be listed", ret);
	ret = find_what(iter, which, &f);
	if (ret <= 0) {
		if (ret == -ENOTUNIQ)
			fprintf(stderr, "recover: give the address or the whole path\n");
		else if (ret < 0)
			fail(which, ret);
		else
			fprintf(stderr, "recover: process %d maps nothing at or of the name %s\n",
				pid, which);
		status = NOT_SAVED;
	} else {
		print_name(stdout, &f);
		printf(" of process %d\n", pid);
		status = save(iter, pid, &f, copy, out);
	}
	free(f.name);
	mf_iter_close(iter);
	return status;
}

/*
 * A stream that was closed at the start would be OUT's descriptor, and what is said be
 * written into it. Only for reading: so that a write to it still fails, and is told.
 */
static bool occupy_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* What is said of OUT belongs to the result: without it nobody knows what OUT is. */
static int finish_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fail_errno("cannot write what is to be said");
	return status == SAVED ? SAVED_IN_PART : status;
}

int main(int argc, char **argv)
{
	bool copy = argc > 1 && strcmp(argv[1], "--copy") == 0;
	char **args = argv + 1 + copy;
	char *end;
	long pid;

	if (!occupy_streams())
		return fail_errno("/dev/null");
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage_text, stdout);
		return finish_output(SAVED) == SAVED ? SAVED : NOT_SAVED;
	}
	if (argc - 1 - copy != 3) {
		fputs(usage_text, stderr);
		return USAGE;
	}
	errno = 0;
	pid = strtol(args[0], &end, 10);
	if (errno || *end || end == args[0] || pid < 1 || pid > INT_MAX) {
		fprintf(stderr, "recover: %s is no process id\n", args[0]);
		return USAGE;
	}
	return finish_output(recover((int)pid, args[1], copy, args[2]));
}
