/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Minimal example of a crash handler that lists what its own process has mapped: in memory
 * that was set aside, on a stack of its own, and with write(2) alone. It crashes at once, or
 * sends itself a signal: crash-handler [SIGNAL]
 */
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mapfiles.h>

//! [print]
static void put(const char *bytes, size_t len)
{
	ssize_t n;

	while (len && (n = write(STDERR_FILENO, bytes, len)) > 0) {
		bytes += n;
		len -= (size_t)n;
	}
}

static void put_text(const char *text)
{
	put(text, strlen(text));
}

static void put_hex(uint64_t value)
{
	char digits[16];
	size_t i = sizeof(digits);

	do
		digits[--i] = "0123456789abcdef"[value & 0xf];
	while (value >>= 4);
	put(digits + i, sizeof(digits) - i);
}

static void put_mapping(const struct mf_mapping *m)
{
	put_hex(m->start);
	put_text("-");
	put_hex(m->end);
	put_text(" ");
	put_text(mf_kind_name(m->kind));
	put_text(" ");
	put(m->path ? m->path : "-", m->path ? m->path_len : 1);
	put_text("\n");
}
//! [print]

//! [handler]
static char memory[MF_ITER_MEMORY]; /* set aside: the heap may be what is broken */

static void list_mappings(void)
{
	const struct mf_iter_opts opts = { .size = sizeof(opts), .flags = MF_ITER_ALL };
	const struct mf_mapping *m;
	struct mf_iter *iter;
	int ret = mf_iter_open_in(memory, sizeof(memory), 0, &opts, &iter);

	if (!ret) {
		while ((ret = mf_next(iter, &m)) > 0)
			put_mapping(m);
		mf_iter_close(iter);
	}
	put_text(ret ? mf_strerror(ret) : "that is all");
	put_text("\n");
}

static void on_crash(int number, siginfo_t *info, void *context)
{
	static atomic_flag reporting = ATOMIC_FLAG_INIT;

	(void)context;
	/* Of threads that crash at once one reports; the others must not end it. */
	while (atomic_flag_test_and_set(&reporting))
		pause();
	put_text("crashed at address ");
	put_hex((uintptr_t)info->si_addr);
	put_text("\n");
	list_mappings();
	/* What faulted faults again now, and the kernel writes its core. */
	signal(number, SIG_DFL);
	if (info->si_code <= 0) /* but it was kill(2) */
		raise(number);
}
//! [handler]

//! [install]
static int install_handler(void)
{
	static char stack[64 << 10]; /* the thread's own may have overflowed */
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	size_t i;

	if (sigaltstack(&alternate, NULL))
		return -1;
	sigfillset(&action.sa_mask);
	for (i = 0; i < sizeof(fatal) / sizeof(*fatal); i++) {
		if (sigaction(fatal[i], &action, NULL))
			return -1;
	}
	return 0;
}
//! [install]

int main(int argc, char **argv)
{
	static char *volatile nowhere = (char *)8;

	if (install_handler()) {
		perror("crash-handler");
		return 1;
	}
	if (argc > 1)
		return raise(atoi(argv[1]));
	*nowhere = 1;
	return 0;
}
