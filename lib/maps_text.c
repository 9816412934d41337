/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parses one line of maps, the format that show_map_vma() in the kernel's
 * fs/proc/task_mmu.c prints. Must not do I/O.
 *
 * The fastest walk spends its time here. The line ends in a NUL, which is no
 * digit, so no digit has to be looked for within bounds; and what is equal in
 * the line before is not parsed again.
 */
#include "maps_text.h"

#include <errno.h>
#include <string.h>

/* What stands before the device. */
struct head {
	uint64_t start, end, offset;
	uint32_t prot, flags;
};

/* So many digits always fit. */
#define HEX_DIGITS 16
#define DEC_DIGITS 19

#define WORD	   sizeof(uint64_t)

static const signed char hex_values[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

/* The value of a digit, or -1. */
static inline int hex_value(char c)
{
	return hex_values[(unsigned char)c] - 1;
}

static inline uint64_t load(const char *pos)
{
	uint64_t word;

	memcpy(&word, pos, WORD);
	return word;
}

static inline uint32_t load_half(const char *pos)
{
	uint32_t half;

	memcpy(&half, pos, sizeof(half));
	return half;
}

static bool fits(const char *first, const char *end)
{
	while (first < end && *first == '0')
		first++;
	return end - first <= HEX_DIGITS;
}

/* What begins at first goes on with *number: where it ends, or NULL if it has no digit or too many. */
static inline const char *parse_more(const char *first, const char *pos, uint64_t *number)
{
	int digit;

	while ((digit = hex_value(*pos)) >= 0) {
		*number = *number << 4 | (uint64_t)digit;
		pos++;
	}
	return pos == first || (pos - first > HEX_DIGITS && !fits(first, pos)) ? NULL : pos;
}

static inline const char *parse_hex(const char *pos, uint64_t *ret)
{
	*ret = 0;
	return parse_more(pos, pos, ret);
}

/*
 * Neighbours begin with the same eight digits. Behind them are four more in
 * the common case, the last three of them 0: a page begins there. mark: those
 * three, and what follows an address.
 */
static inline const char *parse_address(const char *pos, const char mark[4],
					struct mf_line_memo *memo, uint64_t *ret)
{
	const uint64_t digits = load(pos);
	const char *end;

	if (digits && digits == memo->digits) {
		const int digit = hex_value(pos[WORD]);

		*ret = memo->number;
		if (digit < 0 || load_half(pos + WORD + 1) != load_half(mark))
			return parse_more(pos, pos + WORD, ret);
		*ret = (*ret << 4 | (uint64_t)digit) << 12;
		return pos + WORD + 4;
	}
	end = parse_hex(pos, ret);
	if (end && end - pos >= (ptrdiff_t)WORD && end - pos <= HEX_DIGITS) {
		memo->digits = digits;
		memo->number = *ret >> 4 * ((size_t)(end - pos) - WORD);
	}
	return end;
}

static inline const char *parse_dec(const char *pos, uint64_t *ret)
{
	const char *const first = pos;
	uint64_t number = 0;

	for (; *pos >= '0' && *pos <= '9'; pos++) {
		const uint64_t digit = (uint64_t)(*pos - '0');

		if (pos - first >= DEC_DIGITS && number > (UINT64_MAX - digit) / 10)
			return NULL;
		number = number * 10 + digit;
	}
	*ret = number;
	return pos == first ? NULL : pos;
}

/* pos, or NULL if another byte is there. */
static inline const char *skip(const char *pos, char wanted)
{
	return pos && *pos == wanted ? pos + 1 : NULL;
}

static inline bool parse_bit(char c, char set, uint32_t bit, uint32_t *bits)
{
	*bits |= c == set ? bit : 0;
	return c == set || c == '-';
}

/* "r-xp"; 's' means VM_MAYSHARE. */
static inline const char *parse_prot(const char *pos, struct head *ret)
{
	ret->prot = 0;
	if (!pos || !parse_bit(pos[0], 'r', MF_PROT_READ, &ret->prot) ||
	    !parse_bit(pos[1], 'w', MF_PROT_WRITE, &ret->prot) ||
	    !parse_bit(pos[2], 'x', MF_PROT_EXEC, &ret->prot) || (pos[3] != 'p' && pos[3] != 's'))
		return NULL;
	ret->flags = pos[3] == 's' ? MF_MAPPING_SHARED : 0;
	return pos + 4;
}

/* Padded, and mostly small. */
static inline const char *parse_offset(const char *pos, uint64_t *ret)
{
	const char *more = pos;

	while (load_half(more) == load_half("0000"))
		more += sizeof(uint32_t);
	*ret = 0;
	return parse_more(pos, more, ret);
}

/* "START-END PROT OFFSET ": how long it is, or 0. */
static inline size_t parse_head(const char *text, struct mf_line_memo *memo, struct head *ret)
{
	const char *pos = skip(parse_address(text, "000-", memo, &ret->start), '-');

	if (pos)
		pos = skip(parse_address(pos, "000 ", memo, &ret->end), ' ');
	pos = skip(parse_prot(pos, ret), ' ');
	if (pos)
		pos = skip(parse_offset(pos, &ret->offset), ' ');
	return pos && ret->start <= ret->end ? (size_t)(pos - text) : 0;
}

/* "MAJOR:MINOR INODE" */
static const char *parse_object(const char *pos, struct mf_mapping *m)
{
	uint64_t major, minor;

	pos = skip(parse_hex(pos, &major), ':');
	if (pos)
		pos = skip(parse_hex(pos, &minor), ' ');
	if (!pos || major > UINT32_MAX || minor > UINT32_MAX)
		return NULL;
	m->dev_major = (uint32_t)major;
	m->dev_minor = (uint32_t)minor;
	return parse_dec(pos, &m->inode);
}

static const char *skip_blanks(const char *pos, const char *end)
{
	static const char blanks[] = "        ";

	while ((size_t)(end - pos) >= WORD && load(pos) == load(blanks))
		pos += WORD;
	while (*pos == ' ')
		pos++;
	return pos;
}

static inline void set_path(struct mf_mapping *m, const char *path, const char *end)
{
	m->path = path == end ? NULL : path;
	m->path_len = (uint32_t)(end - path);
	m->name_len = m->path_len;
}

/*
 * Padded with blanks on the left; on the right every byte is the name's. The
 * kernel escapes nothing but the newline, and no name of its has a NUL.
 */
static bool parse_path(const char *pos, const char *end, struct mf_record *ret)
{
	const char *const path = skip_blanks(pos, end);

	set_path(&ret->m, path, end);
	if (strchrnul(path, '\\') == end)
		return path > pos || path == end;
	ret->escaped = memmem(path, ret->m.path_len, "\\012", 4) != NULL;
	return path > pos && !memchr(path, '\0', ret->m.path_len);
}

static inline void remember(struct mf_line_memo *memo, const char *tail, const char *end,
			    const struct mf_record *record)
{
	const struct mf_mapping *const m = &record->m;

	memo->tail = (size_t)(end - tail) < WORD ? NULL : tail;
	memo->tail_len = (size_t)(end - tail);
	memo->path_at = memo->tail_len - m->path_len;
	memo->inode = m->inode;
	memo->dev_major = m->dev_major;
	memo->dev_minor = m->dev_minor;
	memo->escaped = record->escaped;
}

/* The object is that of the line before, to the letter. */
static inline bool is_known(const struct mf_line_memo *memo, const char *tail, size_t len)
{
	if (!memo->tail || memo->tail_len >= len || tail[memo->tail_len] != '\n' ||
	    load(memo->tail) != load(tail))
		return false;
	/* "00:00 0 ", as anonymous memory has it, is a word. */
	return memo->tail_len <= WORD ||
	       !memcmp(memo->tail + WORD, tail + WORD, memo->tail_len - WORD);
}

static inline void recall(const struct mf_line_memo *memo, const char *tail, struct mf_record *ret)
{
	const char *const end = tail + memo->tail_len;

	ret->m.inode = memo->inode;
	ret->m.dev_major = memo->dev_major;
	ret->m.dev_minor = memo->dev_minor;
	ret->escaped = memo->escaped;
	set_path(&ret->m, tail + memo->path_at, end);
}

/* The record of the line before, completed, is that of this one too, with another head. */
static inline void go_on(const struct mf_line_memo *memo, const char *tail, const struct head *head,
			 struct mf_record *record)
{
	struct mf_mapping *const m = &record->m;

	record->again = true;
	m->start = head->start;
	m->end = head->end;
	m->offset = head->offset;
	m->prot = head->prot;
	m->flags = head->flags;
	m->path = m->path ? tail + memo->path_at : NULL;
}

static inline void begin(const struct head *head, struct mf_record *ret)
{
	*ret = (struct mf_record){ .m = { .start = head->start,
					  .end = head->end,
					  .offset = head->offset,
					  .prot = head->prot,
					  .flags = head->flags,
					  .fd = -1,
					  .has = MF_HAS_LINE } };
}

/* 1, 0 if the line has no end, or -EPROTO. */
static int parse_tail(char *tail, size_t len, struct mf_line_memo *memo, struct mf_record *ret)
{
	char *const end = memchr(tail, '\n', len);
	const char *pos;

	if (!end)
		return len > INT32_MAX ? -EPROTO : 0;
	*end = '\0';
	pos = parse_object(tail, &ret->m);
	if (!pos || end - tail > INT32_MAX || !parse_path(pos, end, ret)) {
		*end = '\n';
		return -EPROTO;
	}
	remember(memo, tail, end, ret);
	return 1;
}

ssize_t mf_maps_text_parse(char *text, size_t len, struct mf_line_memo *memo, struct mf_record *ret)
{
	struct head head;
	/* Where nothing was read there may be lines of another walk. */
	const size_t head_len = len ? parse_head(text, memo, &head) : 0;
	char *const tail = text + head_len;
	int r;

	if (!head_len)
		return memchr(text, '\n', len) ? -EPROTO : 0;
	if (is_known(memo, tail, len - head_len)) {
		tail[memo->tail_len] = '\0';
		if (memo->completed == ret) {
			go_on(memo, tail, &head, ret);
		} else {
			begin(&head, ret);
			recall(memo, tail, ret);
		}
	} else {
		memo->completed = NULL;
		begin(&head, ret);
		r = parse_tail(tail, len - head_len, memo, ret);
		if (r <= 0)
			return r;
	}
	return (ssize_t)(head_len + memo->tail_len) + 1;
}

int mf_maps_text_parse_alone(char *line, size_t len, struct mf_record *ret)
{
	struct mf_line_memo none = { 0 };

	return mf_maps_text_parse(line, len + 1, &none, ret) > 0 ? 0 : -EPROTO;
}
