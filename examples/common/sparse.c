/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See sparse.h. The kernel copies where it can, which shares blocks on file systems
 * that know how to; elsewhere the bytes go through a buffer.
 */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "sparse.h"

/* Copies without the kernel's help where copy_file_range() cannot, as between file systems. */
static ssize_t copy_some(int in, off_t from, int out, off_t to, size_t len)
{
	static char buf[1 << 20];
	off_t at_in = from, at_out = to;
	ssize_t n = copy_file_range(in, &at_in, out, &at_out, len, 0);

	if (n > 0)
		return n;
	n = pread(in, buf, len < sizeof(buf) ? len : sizeof(buf), from);
	return n <= 0 ? n : pwrite(out, buf, (size_t)n, to);
}

off_t copy_range(int in, off_t from, int out, off_t to, off_t len)
{
	off_t done = 0;
	ssize_t n;

	while (done < len) {
		n = copy_some(in, from + done, out, to + done,
			      (size_t)(len - done < SSIZE_MAX ? len - done : SSIZE_MAX));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += n;
	}
	return done;
}

bool next_extent(int fd, off_t at, off_t size, struct extent *extent)
{
	off_t data = lseek(fd, at, SEEK_DATA), hole;

	if (at >= size || data >= size || (data < 0 && errno == ENXIO))
		return false;
	hole = data < 0 ? size : lseek(fd, data, SEEK_HOLE);
	extent->start = data < 0 ? at : data;
	extent->end = hole < 0 || hole > size ? size : hole;
	return true;
}

bool copy_sparse(int in, int out, off_t size, off_t *copied)
{
	struct extent extent = { 0, 0 };
	off_t n;

	if (ftruncate(out, size) < 0)
		return false;
	while (next_extent(in, extent.end, size, &extent)) {
		n = copy_range(in, extent.start, out, extent.start, extent.end - extent.start);
		if (n < 0)
			return false;
		*copied += n;
		if (n < extent.end - extent.start) {
			errno = 0;
			return false;
		}
	}
	return true;
}
