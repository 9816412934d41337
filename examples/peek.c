/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Minimal example of reading the memory of a process, to standard output: peek PID ADDRESS SIZE */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <mapfiles.h>

#include "common/address.h"
#include "common/arguments.h"

const int status_of_failure = EXIT_FAILURE;

//! [read]
/* Fewer bytes than asked for are no error: there the memory ends. */
static int64_t copy_out(struct mf_iter *iter, uint64_t addr, uint64_t size)
{
	char buf[4096];
	uint64_t done = 0;

	while (done < size) {
		uint64_t left = size - done;
		int64_t n =
			mf_read(iter, addr + done, buf, left < sizeof(buf) ? left : sizeof(buf));

		if (n < 0)
			return n;
		if (n == 0)
			break;
		fwrite(buf, 1, (size_t)n, stdout);
		done += (uint64_t)n;
	}
	return (int64_t)done;
}
//! [read]

int main(int argc, char **argv)
{
	struct mf_iter *iter = NULL;
	uint64_t addr, size;
	int64_t n;
	int pid;

	if (argc != 4 || !parse_pid(argv[1], &pid) || !parse_address(argv[2], &addr) ||
	    !is_number(argv[3])) {
		fprintf(stderr, "usage: peek PID ADDRESS SIZE\n");
		return 2;
	}
	size = strtoull(argv[3], NULL, 10);
	n = mf_iter_open(pid, NULL, &iter);
	if (!n)
		n = copy_out(iter, addr, size);
	mf_iter_close(iter);
	if (n < 0)
		fprintf(stderr, "peek: process %d: %s\n", pid, mf_strerror((int)n));
	else if ((uint64_t)n < size)
		fprintf(stderr, "peek: %" PRId64 " bytes, no more can be read there\n", n);
	return finish_output(n < 0 || (uint64_t)n < size ? EXIT_FAILURE : EXIT_SUCCESS);
}
