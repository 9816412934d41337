/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one thing that a command looks at.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/text.h"
#include "command.h"
#include "subject.h"
#include "target.h"

enum { CORE = 0x300 };

static const struct argp_option options[] = {
	{ "core", CORE, "FILE", 0, "a core instead of a process", 0 },
	{ "proc-root", OPTION_PROC_ROOT, "DIR", 0,
	  "another mounted procfs, not /proc; with --core where its files are, not /", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct subject *subject = state->input;

	switch (key) {
	case CORE:
		subject->core = arg;
		return 0;
	case OPTION_PROC_ROOT:
		subject->proc_root = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp subject_argp = { options, parse, NULL, NULL, NULL, NULL, NULL };

char **subject_take(struct subject *subject, struct argp_state *state)
{
	if (subject->core)
		return state->argv + state->next;
	if (state->next == state->argc)
		argp_error(state, "which process? Give a PID or a name, or --core FILE");
	subject->word = state->argv[state->next];
	return state->argv + state->next + 1;
}

static int open_core(const char *path, const struct mf_iter_opts *opts, struct mf_iter **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error;

	if (fd < 0)
		return -errno;
	error = mf_iter_open_core(fd, opts, ret);
	close(fd);
	return error;
}

/* The library was handed a descriptor: it cannot know what the file was meant to be. */
static const char *why_no_core(int error)
{
	switch (-error) {
	case EINVAL:
		return "it is no regular file; --core takes a core, as gcore writes one";
	case EPROTO:
		return "it is no ELF core, or cut off; --core takes one as gcore writes it";
	default:
		return mf_strerror(error);
	}
}

static void complain_of_core(const char *core, const char *what, const char *why)
{
	char *name = escape_words(core, strlen(core));

	complain("%s: %s: %s", name, what, why);
	free(name);
}

int subject_open(struct subject *subject, uint32_t flags, struct mf_iter **ret_iter)
{
	const struct mf_iter_opts opts = {
		.size = sizeof(opts),
		.flags = flags,
		.proc_root = subject->proc_root,
	};
	int ret;

	if (!subject->core && !target_find(&subject->pid, subject->proc_root, subject->word))
		return -ESRCH;
	ret = subject->core ? open_core(subject->core, &opts, ret_iter) :
			      mf_iter_open(subject->pid, &opts, ret_iter);
	if (ret < 0 && subject->core)
		complain_of_core(subject->core, "cannot be looked at", why_no_core(ret));
	else if (ret < 0)
		subject_complain(subject, MF_ACCESS_DETAILS, "cannot be looked at", ret);
	return ret;
}

void subject_complain(const struct subject *subject, uint32_t access, const char *what, int error)
{
	if (subject->core)
		complain_of_core(subject->core, what, mf_strerror(error));
	else
		complain_refused(subject->pid, subject->proc_root, access, what, error);
}

int subject_find(const struct subject *subject, struct mf_iter *iter, const char *address,
		 const struct mf_mapping **ret_mapping)
{
	uint64_t addr;
	char *escaped;
	int ret;

	if (!parse_place(address, &addr)) {
		escaped = escape_words(address, strlen(address));
		complain("an address is hexadecimal, such as 7f12a000 or 7f12a000-7f12b000, not: "
			 "'%s'",
			 escaped);
		free(escaped);
		return STATUS_USAGE;
	}
	ret = mf_find(iter, addr, ret_mapping);
	if (ret < 0)
		subject_complain(subject, MF_ACCESS_DETAILS, "cannot be looked at", ret);
	if (ret == 0)
		complain("nothing is mapped at %llx", (unsigned long long)addr);
	return ret < 0 ? STATUS_FAILED : ret == 0 ? STATUS_NOTHING : STATUS_OK;
}
