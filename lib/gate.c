/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate area, [vsyscall]: it belongs to no address space, so the ioctl does
 * not list it, but text does. Every 64-bit process of a kernel has the same, so
 * our own text tells, which is shorter than that of a process worth asking for.
 */
#include "gate.h"

#include <errno.h>

#include "own.h"

#if defined(__x86_64__) && defined(__LP64__)
#define GATE_IS_EVERYBODYS 1
#elif defined(__aarch64__) || defined(__s390x__) || defined(__riscv) || defined(__powerpc64__)
#define NO_GATE 1
#endif

#ifdef GATE_IS_EVERYBODYS
/* In the kernel's half. */
static bool is_gate(const struct mf_record *record)
{
	return record->m.start >> 63;
}

static int learn(struct mf_gate *gate)
{
	static const char name[] = "[vsyscall]";
	const int r = mf_own_last(&gate->record, name);

	if (r < 0)
		return -ENODATA;
	gate->known = true;
	gate->there = r && is_gate(&gate->record);
	return 0;
}
#endif

int mf_gate_of(struct mf_gate *gate, uint64_t last_end, struct mf_record *ret)
{
#ifdef GATE_IS_EVERYBODYS
	/* A 32-bit process has none, and nothing above 4 GiB. Known: it had something there before. */
	if (!gate->known && (last_end <= UINT32_MAX || learn(gate)))
		return -ENODATA;
	if (gate->there)
		*ret = gate->record;
	return gate->there;
#elif defined(NO_GATE)
	(void)gate, (void)last_end, (void)ret;
	return 0;
#else
	(void)gate, (void)last_end, (void)ret;
	return -ENODATA;
#endif
}
