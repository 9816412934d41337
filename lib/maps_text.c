/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parses one line of maps, the format that show_map_vma() in the kernel's
 * fs/proc/task_mmu.c prints. Must not do I/O.
 */
#include "maps_text.h"

#include <errno.h>
#include <string.h>

#include "util.h"

static bool parse_bit(struct mf_span *span, char set, uint32_t bit, uint32_t *bits)
{
	if (mf_span_char(span, '-'))
		return true;
	*bits |= bit;
	return mf_span_char(span, set);
}

/* "r-xp"; 's' means VM_MAYSHARE. */
static bool parse_prot(struct mf_span *span, struct mf_mapping *m)
{
	if (!parse_bit(span, 'r', MF_PROT_READ, &m->prot) ||
	    !parse_bit(span, 'w', MF_PROT_WRITE, &m->prot) ||
	    !parse_bit(span, 'x', MF_PROT_EXEC, &m->prot))
		return false;
	if (mf_span_char(span, 'p'))
		return true;
	m->flags |= MF_MAPPING_SHARED;
	return mf_span_char(span, 's');
}

static bool parse_device(struct mf_span *span, struct mf_mapping *m)
{
	uint64_t major, minor;

	if (!mf_span_hex(span, &major) || !mf_span_char(span, ':') || !mf_span_hex(span, &minor))
		return false;
	m->dev_major = (uint32_t)major;
	m->dev_minor = (uint32_t)minor;
	return major <= UINT32_MAX && minor <= UINT32_MAX;
}

/* "START-END PROT OFFSET MAJOR:MINOR INODE" */
static bool parse_numbers(struct mf_span *span, struct mf_mapping *m)
{
	return mf_span_hex(span, &m->start) && mf_span_char(span, '-') &&
	       mf_span_hex(span, &m->end) && mf_span_char(span, ' ') && parse_prot(span, m) &&
	       mf_span_char(span, ' ') && mf_span_hex(span, &m->offset) &&
	       mf_span_char(span, ' ') && parse_device(span, m) && mf_span_char(span, ' ') &&
	       mf_span_dec(span, &m->inode) && m->start <= m->end;
}

/*
 * Padded with blanks on the left; on the right every byte is the name's. The
 * kernel escapes nothing but the newline.
 */
static bool parse_path(struct mf_span *span, char *line, size_t len, struct mf_record *ret)
{
	struct mf_mapping *const m = &ret->m;
	const bool apart = span->pos == span->end || *span->pos == ' ';
	char *path;

	while (mf_span_char(span, ' '))
		;
	path = line + (span->pos - line);
	line[len] = '\0';
	m->path_len = (uint32_t)(line + len - path);
	m->name_len = m->path_len;
	if (!m->path_len)
		return apart;
	m->path = path;
	ret->escaped = memmem(path, m->path_len, "\\012", 4) != NULL;
	return apart && !memchr(path, '\0', m->path_len);
}

int mf_maps_text_parse(char *line, size_t len, struct mf_record *ret)
{
	struct mf_span span = { line, line + len };

	*ret = (struct mf_record){ .m = { .fd = -1, .has = MF_HAS_LINE } };
	if (len > INT32_MAX || !parse_numbers(&span, &ret->m) || !parse_path(&span, line, len, ret))
		return -EPROTO;
	return 0;
}
