/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a file: the lines that are read are the lines that are in it, and none else. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "maps_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mf_text text;
	size_t len, pos = 0;
	char *line;
	int ret, fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	memset(&text, 0, sizeof(text));
	mf_text_start(&text, fd);
	while ((ret = mf_text_line(&text, &line, &len)) > 0) {
		if (len >= size - pos || memcmp(line, data + pos, len) != 0 ||
		    memchr(line, '\n', len) || data[pos + len] != '\n')
			abort();
		/* Both are promised to be writable. */
		memset(line, 0, len + 1);
		pos += len + 1;
	}
	if (ret != (pos == size ? 0 : -EPROTO))
		abort();
	mf_buf_free(&text.buf);
	close(fd);
	return 0;
}
