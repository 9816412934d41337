/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole commands: started, read to their end by nobody, waited for.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contestant.h"
#include "peer.h"

extern char **environ;

/* Words that begin with the command's own ones. */
struct words {
	char **argv;
	size_t n;
};

static int add_word(struct words *words, const char *text)
{
	char **argv = realloc(words->argv, (words->n + 2) * sizeof(*argv));

	if (!argv)
		return -ENOMEM;
	words->argv = argv;
	argv[words->n] = text ? strdup(text) : NULL;
	argv[words->n + 1] = NULL;
	if (!argv[words->n++])
		return -ENOMEM;
	return 0;
}

static int add_pids_in_one(struct words *words, const struct command *command,
			   const struct subject *subject)
{
	char *text = NULL;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);
	int ret;

	if (!f)
		return -errno;
	fputs(command->prefix, f);
	for (i = 0; i < subject->n_pids; i++)
		fprintf(f, "%s%d", i ? command->separator : "", subject->pids[i]);
	fputs(command->suffix, f);
	fclose(f);
	ret = add_word(words, text);
	free(text);
	return ret;
}

static int add_pids(struct words *words, const struct command *command,
		    const struct subject *subject)
{
	char text[128];
	size_t i;
	int ret = 0;

	if (command->separator)
		return add_pids_in_one(words, command, subject);
	for (i = 0; i < subject->n_pids && ret == 0; i++) {
		snprintf(text, sizeof(text), "%s%d%s", command->prefix, subject->pids[i],
			 command->suffix);
		ret = add_word(words, text);
	}
	return ret;
}

/* How it ended; -errno if it did not start. */
static int spawn_and_wait(char **argv)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int ret, status = 0;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	ret = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (ret != 0)
		return -ret;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void free_words(struct words *words)
{
	size_t i;

	for (i = 0; i < words->n; i++)
		free(words->argv[i]);
	free(words->argv);
	free(words);
}

int command_begin(struct call *call)
{
	const struct command *command = call->how;
	struct words *words = calloc(1, sizeof(*words));
	size_t i;
	int ret = words ? 0 : -ENOMEM;

	for (i = 0; command->argv[i] && ret == 0; i++)
		ret = add_word(words, command->argv[i]);
	if (ret == 0)
		ret = add_pids(words, command, call->subject);
	if (ret == 0)
		ret = spawn_and_wait(words->argv);
	if (ret == 0)
		call->state = words;
	else if (words)
		free_words(words);
	if (ret == -ENOENT || ret == 127)
		snprintf(call->why, sizeof(call->why), "%s is not installed", command->argv[0]);
	else if (ret > 0)
		snprintf(call->why, sizeof(call->why), "%s ended with status %d", command->argv[0],
			 ret);
	return ret;
}

int command_run(struct call *call)
{
	int ret = spawn_and_wait(((struct words *)call->state)->argv);

	return ret > 0 ? -EIO : ret;
}

void command_end(struct call *call)
{
	free_words(call->state);
}
