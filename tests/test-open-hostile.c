/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The opened descriptor against a target that means harm, a file system that
 * never answers, and a caller without resources: no wrong file, no hang, no
 * trace. Every call runs in a process of its own, under a watchdog.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <mapfiles.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/fuse-server.h"
#include "fs/mounts.h"
#include "fs/opener.h"
#include "fs/victim.h"

#define AREA	  0x30000000ul
#define PAGE	  4096ul
#define LEN	  (2 * PAGE)

#define DIR	  BASE "/dir"
#define FILE_PATH DIR "/file"
#define OUTSIDE	  BASE "/outside"

static const struct who *const both[] = { &who_root, &who_nobody };

static void open_addr(const struct who *who, pid_t pid, uint64_t addr, uint32_t flags,
		      struct opened *out)
{
	struct request request;

	memset(&request, 0, sizeof(request));
	request.pid = pid;
	request.addr = addr;
	request.flags = flags;
	request.no_read = true;
	open_as(who, &request, out);
}

static void map_at(uint64_t addr, const char *path, int keep_fd)
{
	void *want = (void *)(uintptr_t)addr;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || mmap(want, LEN, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) != want)
		_exit(3);
	if (keep_fd >= 0)
		dup2(fd, keep_fd);
	close(fd);
}

/* For a copy there must be pages; those of a silent server stay out. */
static void touch(void)
{
	(void)*(const volatile char *)(uintptr_t)AREA;
	(void)*(const volatile char *)(uintptr_t)(AREA + PAGE);
}

static long run_mapper(void *arg, int cmd)
{
	if (cmd != 0)
		return 0;
	map_at(AREA, arg, -1);
	if (!strcmp(arg, FILE_PATH))
		touch();
	return 0;
}

static char file_path[] = FILE_PATH;

static void start_on_tmpfs(struct victim *victim, struct stat *truth)
{
	mounts_tmpfs(DIR);
	make_file(FILE_PATH, 'a', LEN);
	stat_of(FILE_PATH, truth);
	victim_start(victim, &who_nobody, run_mapper, file_path);
}

/* How often anything was opened for more than a look */

static int watch(const char *path)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	require(fd >= 0);
	require(inotify_add_watch(fd, path, IN_OPEN | IN_ACCESS | IN_MODIFY | IN_ATTRIB) >= 0);
	return fd;
}

static bool unseen(int fd)
{
	char event[1024];

	return read(fd, event, sizeof(event)) < 0 && errno == EAGAIN;
}

/* What the path leads to, once a mount covers the directory of the mapped file */

static void put_fifo(void)
{
	require(mkfifo(FILE_PATH, 0666) == 0 && chmod(FILE_PATH, 0666) == 0);
}

static void put_device(void)
{
	require(mknod(FILE_PATH, S_IFCHR | 0666, makedev(1, 5)) == 0);
	require(chmod(FILE_PATH, 0666) == 0);
}

static void put_directory(void)
{
	make_dir(FILE_PATH);
}

static void put_same_content(void)
{
	make_file(FILE_PATH, 'a', LEN);
}

static void put_empty_file(void)
{
	make_file(FILE_PATH, 'a', 0);
}

static void put_nothing(void)
{
}

static void put_absolute_link(void)
{
	require(symlink(OUTSIDE, FILE_PATH) == 0);
}

static void put_relative_link(void)
{
	require(symlink("../outside", FILE_PATH) == 0);
}

static void put_link_loop(void)
{
	require(symlink("file", FILE_PATH) == 0);
}

static void put_magic_link(void)
{
	require(symlink("/proc/self/exe", FILE_PATH) == 0);
}

static const struct trap {
	const char *name;
	void (*put)(void);
	bool watched; /* inotify can see it opened */
	int error; /* 0: -ESTALE or -EPERM */
} traps[] = {
	{ "a FIFO", put_fifo, true, -ESTALE },
	{ "a device", put_device, true, -ESTALE },
	{ "a directory", put_directory, true, -ESTALE },
	{ "a file of the same content", put_same_content, true, -ESTALE },
	{ "an empty file", put_empty_file, true, -ESTALE },
	{ "nothing", put_nothing, false, -EPERM },
	{ "an absolute link to another file", put_absolute_link, true, -ESTALE },
	{ "a relative link to another file", put_relative_link, true, -ESTALE },
	{ "a link to itself", put_link_loop, false, 0 },
	{ "a magic link", put_magic_link, false, 0 },
};

#define N_TRAPS ((int)(sizeof(traps) / sizeof(traps[0])))

START_TEST(what_took_the_place_of_the_path_is_never_opened)
{
	static const uint32_t flags[] = { 0, MF_OPEN_PATH, MF_OPEN_ANY_TYPE, MF_OPEN_AS_MAPPED,
					  MF_OPEN_MAY_BLOCK };
	const struct trap *trap = &traps[_i];
	struct opened opened;
	struct victim victim;
	struct stat truth;
	char what[128];
	int watch_fd = -1;
	size_t i;

	start_on_tmpfs(&victim, &truth);
	make_file(OUTSIDE, 'a', LEN);
	mounts_tmpfs(DIR);
	trap->put();
	if (trap->watched)
		watch_fd = watch(FILE_PATH);
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		snprintf(what, sizeof(what), "%s, with %s", trap->name, open_flags_text(flags[i]));
		open_addr(&who_nobody, victim.pid, AREA, flags[i], &opened);
		if (trap->error)
			expect_error(&opened, trap->error, what);
		else
			expect(opened.ret == -ESTALE || opened.ret == -EPERM, "%s: %s", what,
			       outcome(&opened));
		open_addr(&who_root, victim.pid, AREA, flags[i], &opened);
		expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, what);
	}
	if (trap->watched) {
		expect(unseen(watch_fd), "%s was opened", trap->name);
		close(watch_fd);
	}
	victim_end(&victim);
	umount2(DIR, MNT_DETACH);
	umount2(DIR, MNT_DETACH);
	expect_end();
}
END_TEST

START_TEST(a_parent_that_became_a_link_is_no_way_to_another_file)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;

	mounts_tmpfs(DIR);
	make_dir(DIR "/parent");
	make_file(DIR "/parent/file", 'a', LEN);
	stat_of(DIR "/parent/file", &truth);
	victim_start(&victim, &who_nobody, run_mapper, (void *)(uintptr_t)DIR "/parent/file");
	mounts_tmpfs(DIR);
	make_dir(DIR "/elsewhere");
	make_file(DIR "/elsewhere/file", 'a', LEN);
	require(symlink("elsewhere", DIR "/parent") == 0);
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	/* Without openat2(2) no link is followed at all, and nothing found. */
	expect(!opened.hung && (opened.ret == -ESTALE || opened.ret == -EPERM), "nobody: %s",
	       outcome(&opened));
	open_addr(&who_root, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(the_mark_of_a_deleted_file_is_not_taken_for_its_name)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;

	start_on_tmpfs(&victim, &truth);
	require(unlink(FILE_PATH) == 0);
	make_file(FILE_PATH " (deleted)", 'a', LEN);
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect(opened.ret == -ESTALE || opened.ret == -EPERM, "a file with the mark: %s",
	       outcome(&opened));
	make_file(FILE_PATH, 'a', LEN);
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect_error(&opened, -ESTALE, "both files");
	victim_end(&victim);
	expect_end();
}
END_TEST

/* In a jail, a link that leads out of it, to a hard link of the very file */

#define JAIL BASE "/jail"

static long run_prisoner(void *arg, int cmd)
{
	(void)arg;
	if (cmd != 0)
		return 0;
	if (chroot(JAIL) < 0 || chdir("/") < 0)
		return -errno;
	map_at(AREA, "/dir/file", -1);
	return 0;
}

static void try_jail_link(const char *link_text)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;

	make_dir(JAIL);
	make_dir(JAIL "/dir");
	make_file(JAIL "/dir/file", 'a', LEN);
	unlink(OUTSIDE);
	require(link(JAIL "/dir/file", OUTSIDE) == 0);
	stat_of(OUTSIDE, &truth);
	victim_start(&victim, &who_nobody, run_prisoner, NULL);
	mounts_tmpfs(JAIL "/dir");
	require(symlink(link_text, JAIL "/dir/file") == 0);
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect(!opened.hung && (opened.ret == -ESTALE || opened.ret == -EPERM),
	       "%s was followed: %s", link_text, outcome(&opened));
	open_addr(&who_root, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	victim_end(&victim);
	umount2(JAIL "/dir", MNT_DETACH);
}

START_TEST(no_link_leads_out_of_the_root_of_the_process)
{
	try_jail_link(OUTSIDE);
	try_jail_link("../../outside");
	try_jail_link("../../../../../../../.." OUTSIDE);
	try_jail_link("/../../.." OUTSIDE);
	expect_end();
}
END_TEST

/* The descriptors of the target: every kind of trap, before the right one */

#define FIFO	   BASE "/fifo"
#define N_TRAP_FDS 600

static struct fuse_server server;

static void kill_server(void)
{
	fuse_kill(&server);
}

static long run_fd_traps(void *arg, int cmd)
{
	const char *fuse_path = arg;
	int fd, i;

	if (cmd != 0)
		return 0;
	fd = VICTIM_KEEP;
	dup2(open(FIFO, O_RDWR), fd++);
	dup2(open("/dev/null", O_RDWR), fd++);
	dup2(open("/proc/self/maps", O_RDONLY), fd++);
	dup2(open(BASE, O_RDONLY | O_DIRECTORY), fd++);
	dup2(open(FILE_PATH, O_PATH), fd++);
	if (fuse_path) {
		dup2(open(fuse_path, O_RDONLY), fd++);
		dup2(open(fuse_path, O_PATH), fd++);
	}
	for (i = 0; i < N_TRAP_FDS; i++)
		dup2(VICTIM_KEEP, fd++);
	map_at(AREA, FILE_PATH, fd);
	return 0;
}

static void try_fd_traps(char *fuse_path)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;
	int watch_fd;

	mounts_tmpfs(DIR);
	make_file(FILE_PATH, 'a', LEN);
	stat_of(FILE_PATH, &truth);
	unlink(FIFO);
	require(mkfifo(FIFO, 0666) == 0 && chmod(FIFO, 0666) == 0);
	victim_start(&victim, &who_nobody, run_fd_traps, fuse_path);
	require(unlink(FILE_PATH) == 0);
	if (fuse_path)
		server.control->mute = FUSE_MUTE_ALL;
	watch_fd = watch(FIFO);
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_FD, MF_SURE_EXACT, "nobody");
	open_addr(&who_nobody, victim.pid, AREA, MF_OPEN_PATH, &opened);
	expect_object(&opened, &truth, MF_RUNG_FD, MF_SURE_EXACT, "nobody, a look");
	expect(unseen(watch_fd), "a FIFO of the target was opened");
	close(watch_fd);
	fuse_kill(&server);
	victim_end(&victim);
	umount2(DIR, MNT_DETACH);
}

START_TEST(the_right_descriptor_is_found_among_traps)
{
	try_fd_traps(NULL);
	expect_end();
}
END_TEST

/* FUSE that never answers */

enum silence { MUTED, STOPPED, N_SILENCES };

static void silence(enum silence how)
{
	if (how == STOPPED) {
		kill(server.pid, SIGSTOP);
		wait_stopped(server.pid);
	} else {
		server.control->mute = FUSE_MUTE_ALL;
	}
}

static const char *start_fuse(const char *dir, uint32_t valid)
{
	opener_on_hang = kill_server;
	return fuse_start(&server, dir, valid);
}

static const char *const silence_names[] = { "a server that does not reply", "a stopped server" };
static const uint32_t valid_times[] = { 3600, 0 };

#define FUSE		     BASE "/fuse"

/* _i: two kinds of silence, each with names cached and with names that are not */
#define N_FUSE_CASES	     4
#define fuse_case_silence(i) ((enum silence)((i)&1))
#define fuse_case_valid(i)   valid_times[(i) >> 1]

static void expect_fuse_open(const struct victim *victim, const struct stat *truth,
			     const struct who *who, uint32_t flags, const char *how)
{
	struct opened opened;
	char what[160];

	snprintf(what, sizeof(what), "%s, %s opens with %s", how, who->name,
		 open_flags_text(flags));
	open_addr(who, victim->pid, AREA, flags, &opened);
	if (flags & MF_OPEN_PATH && who == &who_root) {
		expect_object(&opened, truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, what);
	} else if (flags & MF_OPEN_PATH && opened.ret >= 0) {
		/* From the cache of names, if they are still there. */
		expect_object(&opened, truth, MF_RUNG_PATH, MF_SURE_MATCHING, what);
	} else if (flags & MF_OPEN_DIRECT && who == &who_nobody) {
		expect_error(&opened, -EPERM, what);
	} else {
		expect_error(&opened, -EREMOTE, what);
	}
}

START_TEST(no_open_waits_for_a_file_system_that_never_answers)
{
	static const uint32_t flags[] = {
		0,
		MF_OPEN_AS_MAPPED,
		MF_OPEN_PATH,
		MF_OPEN_ANY_TYPE,
		MF_OPEN_DIRECT,
		MF_OPEN_COPY,
		MF_OPEN_PATH | MF_OPEN_DIRECT,
	};
	const char *why = start_fuse(FUSE, fuse_case_valid(_i));
	const char *how = silence_names[fuse_case_silence(_i)];
	struct victim victim;
	struct stat truth;
	uint32_t asked;
	size_t i;

	if (why)
		skip("%s", why);
	stat_of(FUSE "/file", &truth);
	victim_start(&victim, &who_nobody, run_mapper, (void *)(uintptr_t)FUSE "/file");
	asked = fuse_requests(&server);
	silence(fuse_case_silence(_i));
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		expect_fuse_open(&victim, &truth, &who_root, flags[i], how);
		if (!(flags[i] & MF_OPEN_PATH && flags[i] & MF_OPEN_DIRECT))
			expect_fuse_open(&victim, &truth, &who_nobody, flags[i], how);
	}
	expect(fuse_requests(&server) == asked, "%s was asked %u times", how,
	       fuse_requests(&server) - asked);
	fuse_kill(&server);
	victim_end(&victim);
	expect_end();
}
END_TEST

struct walk {
	pid_t pid;
	uint32_t flags, source;
	int ret; /* of the last mf_next() */
	int found; /* mappings of the silent file */
	int opened; /* of them, with a descriptor */
	bool ended;
};

static void walk(void *shared)
{
	const struct mf_mapping *mapping;
	struct walk *job = shared;
	struct mf_iter_opts opts;
	struct mf_iter *iter;

	memset(&opts, 0, sizeof(opts));
	opts.size = sizeof(opts);
	opts.flags = job->flags;
	opts.source = job->source;
	job->ret = mf_iter_open(job->pid, &opts, &iter);
	if (job->ret == 0) {
		while ((job->ret = mf_next(iter, &mapping)) > 0) {
			job->found += mapping->start == AREA;
			job->opened += mapping->start == AREA && mapping->fd >= 0;
		}
		mf_iter_close(iter);
	}
	job->ended = true;
}

START_TEST(no_walk_waits_for_a_file_system_that_never_answers)
{
	static const uint32_t flags[] = { 0, MF_ITER_STAT, MF_ITER_OPEN_FDS, MF_ITER_ALL,
					  MF_ITER_ALL | MF_ITER_STAT | MF_ITER_OPEN_FDS };
	const char *why = start_fuse(FUSE, fuse_case_valid(_i));
	const char *how = silence_names[fuse_case_silence(_i)];
	struct victim victim;
	struct walk *job;
	uint32_t asked, source;
	size_t i, j;

	if (why)
		skip("%s", why);
	victim_start(&victim, &who_nobody, run_mapper, (void *)(uintptr_t)FUSE "/file");
	asked = fuse_requests(&server);
	silence(fuse_case_silence(_i));
	job = shared_memory(sizeof(*job));
	for (i = 0; i < 5; i++) {
		for (source = MF_SOURCE_AUTO; source <= MF_SOURCE_MAPS; source++) {
			if (flags[i] & MF_ITER_ALL && source == MF_SOURCE_MAP_FILES)
				continue;
			for (j = 0; j < 2; j++) {
				memset(job, 0, sizeof(*job));
				job->pid = victim.pid;
				job->flags = flags[i];
				job->source = source;
				run_as(both[j], walk, job);
				if (job->ret == -EOPNOTSUPP)
					continue;
				expect(job->ended && job->ret == 0 && job->found == 1 &&
					       job->opened == 0,
				       "%s, %s walks with flags %#x, source %s: %s, returned %d, found %d, opened %d",
				       how, both[j]->name, flags[i], mf_source_name(source),
				       job->ended ? "ended" : "hung", job->ret, job->found,
				       job->opened);
			}
		}
	}
	expect(fuse_requests(&server) == asked, "%s was asked %u times", how,
	       fuse_requests(&server) - asked);
	munmap(job, sizeof(*job));
	fuse_kill(&server);
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(no_path_that_leads_through_a_silent_directory_is_waited_for)
{
	const char *why = start_fuse(FUSE, fuse_case_valid(_i));
	const char *how = silence_names[fuse_case_silence(_i)];
	struct opened opened;
	struct victim victim;
	struct stat truth;

	if (why)
		skip("%s", why);
	/* A tmpfs file, in the middle of the silent file system. */
	make_file(BASE "/inside", 'a', LEN);
	stat_of(BASE "/inside", &truth);
	mounts_bind(BASE "/inside", FUSE "/dir/file");
	victim_start(&victim, &who_nobody, run_mapper, (void *)(uintptr_t)FUSE "/dir/file");
	silence(fuse_case_silence(_i));
	open_addr(&who_root, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	if (opened.ret >= 0)
		expect_object(&opened, &truth, MF_RUNG_PATH, MF_SURE_EXACT, how);
	else
		expect_error(&opened, -EREMOTE, how);
	open_addr(&who_nobody, victim.pid, AREA, MF_OPEN_PATH, &opened);
	if (opened.ret >= 0)
		expect_object(&opened, &truth, MF_RUNG_PATH, MF_SURE_EXACT, how);
	else
		expect_error(&opened, -EREMOTE, how);
	fuse_kill(&server);
	victim_end(&victim);
	expect_end();
}
END_TEST

enum { DO_LEAVE = 1, DO_HIDE };

static long run_leaver(void *arg, int cmd)
{
	if (cmd != 0)
		return 0;
	/* From here on, what the test unmounts stays mounted for us. */
	if (unshare_mounts() < 0)
		return -EPERM;
	map_at(AREA, FUSE "/file", -1);
	/* A process does not see the mounts outside of its root. */
	if (*(const int *)arg == DO_HIDE && (chroot("/proc") < 0 || chdir("/") < 0))
		return -errno;
	return 0;
}

static void try_unseen(int how, const char *text)
{
	static const uint32_t flags[] = { 0, MF_OPEN_ANY_TYPE, MF_OPEN_COPY };
	struct opened opened;
	struct victim victim;
	struct stat truth;
	char what[160];
	size_t i, j;

	stat_of(FUSE "/file", &truth);
	victim_start(&victim, &who_nobody, run_leaver, &how);
	require(umount2(FUSE, MNT_DETACH) == 0);
	silence(MUTED);
	for (i = 0; i < 2; i++) {
		for (j = 0; j < 3; j++) {
			snprintf(what, sizeof(what), "%s, %s opens with %s", text, both[i]->name,
				 open_flags_text(flags[j]));
			open_addr(both[i], victim.pid, AREA, flags[j], &opened);
			/* Without a way to it, or with one that may block. */
			expect(!opened.hung &&
				       (opened.ret == -EREMOTE || (i == 1 && opened.ret == -EPERM)),
			       "%s: %s", what, outcome(&opened));
		}
	}
	open_addr(&who_root, victim.pid, AREA, MF_OPEN_PATH, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root, a look");
	fuse_kill(&server);
	victim_end(&victim);
}

START_TEST(a_silent_file_system_that_we_do_not_see_is_not_waited_for)
{
	const char *why = start_fuse(FUSE, 0);

	if (why)
		skip("%s", why);
	try_unseen(DO_LEAVE, "mounted for the target only");
	why = start_fuse(FUSE, 0);
	require(!why);
	try_unseen(DO_HIDE, "mounted for nobody to see");
	expect_end();
}
END_TEST

START_TEST(a_silent_descriptor_of_the_target_does_not_stop_the_search)
{
	const char *why = start_fuse(FUSE, 0);

	if (why)
		skip("%s", why);
	try_fd_traps((char *)(uintptr_t)FUSE "/file");
	expect_end();
}
END_TEST

static long run_in_silence(void *arg, int cmd)
{
	(void)arg;
	if (cmd != 0)
		return 0;
	map_at(AREA, FILE_PATH, VICTIM_KEEP);
	if (chroot(FUSE "/dir") < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

START_TEST(a_process_whose_root_never_answers_is_opened_all_the_same)
{
	const char *why = start_fuse(FUSE, 0);
	struct opened opened;
	struct victim victim;
	struct stat truth;

	if (why)
		skip("%s", why);
	mounts_tmpfs(DIR);
	make_file(FILE_PATH, 'a', LEN);
	stat_of(FILE_PATH, &truth);
	victim_start(&victim, &who_nobody, run_in_silence, NULL);
	silence(MUTED);
	open_addr(&who_root, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_FD, MF_SURE_EXACT, "nobody");
	fuse_kill(&server);
	victim_end(&victim);
	expect_end();
}
END_TEST

/* No trace */

START_TEST(a_look_leaves_no_trace)
{
	struct opened opened;
	struct victim victim;
	struct stat truth, after;
	int watch_fd;
	size_t i;

	start_on_tmpfs(&victim, &truth);
	/* Once more: the victim's mmap() was an access. */
	stat_of(FILE_PATH, &truth);
	watch_fd = watch(FILE_PATH);
	for (i = 0; i < 2; i++) {
		open_addr(both[i], victim.pid, AREA, MF_OPEN_PATH, &opened);
		expect_object(&opened, &truth, i ? MF_RUNG_PATH : MF_RUNG_MAP_FILES, MF_SURE_EXACT,
			      both[i]->name);
	}
	expect(unseen(watch_fd), "the file was opened, not looked at");
	for (i = 0; i < 2; i++) {
		open_addr(both[i], victim.pid, AREA, 0, &opened);
		expect_object(&opened, &truth, 0, MF_SURE_EXACT, both[i]->name);
	}
	/* The control: the watch does see what a data descriptor costs. */
	expect(!unseen(watch_fd), "inotify does not work here");
	stat_of(FILE_PATH, &after);
	expect(truth.st_atim.tv_sec == after.st_atim.tv_sec &&
		       truth.st_atim.tv_nsec == after.st_atim.tv_nsec,
	       "atime changed");
	close(watch_fd);
	victim_end(&victim);
	expect_end();
}
END_TEST

static void status_of(pid_t pid, char *text, size_t size)
{
	static const char *const fields[] = { "State", "TracerPid", "voluntary_ctxt_switches" };
	char value[128];
	size_t i, len = 0;

	for (i = 0; i < 3; i++) {
		require(raw_status(pid, fields[i], value, sizeof(value)));
		len += (size_t)snprintf(text + len, size - len, "%s:%s", fields[i], value);
	}
}

static void expect_undisturbed(struct victim *victim, const struct stat *truth, const char *what)
{
	static const uint32_t flags[] = { 0, MF_OPEN_PATH, MF_OPEN_COPY, MF_OPEN_AS_MAPPED };
	char before[512], after[512];
	struct opened opened;
	size_t i, j;

	status_of(victim->pid, before, sizeof(before));
	for (i = 0; i < 2; i++) {
		for (j = 0; j < 4; j++) {
			open_addr(both[i], victim->pid, AREA, flags[j], &opened);
			if (opened.info.rung != MF_RUNG_COPY)
				expect_object(&opened, truth, 0, MF_SURE_EXACT, what);
		}
	}
	status_of(victim->pid, after, sizeof(after));
	expect(!strcmp(before, after), "%s: it was\n%snow it is\n%s", what, before, after);
}

START_TEST(the_target_is_neither_stopped_nor_woken)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;

	start_on_tmpfs(&victim, &truth);
	wait_state(victim.pid, 'S');
	expect_undisturbed(&victim, &truth, "a sleeping process");
	kill(victim.pid, SIGSTOP);
	wait_stopped(victim.pid);
	expect_undisturbed(&victim, &truth, "a stopped process");
	require(unlink(FILE_PATH) == 0);
	open_addr(&who_nobody, victim.pid, AREA, MF_OPEN_COPY, &opened);
	expect(opened.ret >= 0 && opened.info.rung == MF_RUNG_COPY, "a copy: %s", outcome(&opened));
	wait_state(victim.pid, 'T');
	victim_end(&victim);
	expect_end();
}
END_TEST

/* Memory that is not there, or that somebody should bring and does not */

#define SPARSE	   0x300000000000ul
#define SPARSE_LEN (1ul << 38)

static long run_sparse(void *arg, int cmd)
{
	void *want = (void *)(uintptr_t)SPARSE;

	(void)arg;
	if (cmd != 0)
		return 0;
	if (mmap(want, SPARSE_LEN, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != want)
		return -errno;
	memset(want, 's', PAGE);
	return 0;
}

START_TEST(a_copy_of_vast_empty_memory_is_refused_or_quick_and_leaves_it_empty)
{
	char before[128], after[128];
	struct opened opened;
	struct victim victim;

	victim_start(&victim, &who_nobody, run_sparse, NULL);
	require(raw_status(victim.pid, "VmPTE", before, sizeof(before)));
	open_addr(&who_nobody, victim.pid, SPARSE, MF_OPEN_COPY, &opened);
	expect(!opened.hung && (opened.ret < 0 || opened.info.rung == MF_RUNG_COPY), "%s",
	       outcome(&opened));
	require(raw_status(victim.pid, "VmPTE", after, sizeof(after)));
	expect(!strcmp(before, after), "page tables: %snow %s", before, after);
	victim_end(&victim);
	expect_end();
}
END_TEST

static long run_userfault(void *arg, int cmd)
{
	struct uffdio_register reg;
	struct uffdio_api api;
	void *want = (void *)(uintptr_t)AREA;
	int fd;

	(void)arg;
	if (cmd != 0)
		return 0;
	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	memset(&api, 0, sizeof(api));
	api.api = UFFD_API;
	memset(&reg, 0, sizeof(reg));
	reg.range.start = AREA;
	reg.range.len = LEN;
	reg.mode = UFFDIO_REGISTER_MODE_MISSING;
	if (mmap(want, LEN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) != want)
		return -errno;
	memset(want, 'u', PAGE);
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0 || ioctl(fd, UFFDIO_REGISTER, &reg) < 0)
		return 0;
	dup2(fd, VICTIM_KEEP);
	return 0;
}

static bool has_fd(pid_t pid, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	return access(path, F_OK) == 0;
}

START_TEST(no_copy_waits_for_pages_that_a_userfaultfd_never_brings)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;

	victim_start(&victim, &who_nobody, run_userfault, NULL);
	if (!has_fd(victim.pid, VICTIM_KEEP)) {
		victim_end(&victim);
		skip("no userfaultfd");
	}
	require(raw_stat(victim.pid, AREA, &truth));
	open_addr(&who_nobody, victim.pid, AREA, MF_OPEN_COPY, &opened);
	expect(!opened.hung && opened.leaked == 0, "%s", outcome(&opened));
	expect(opened.ret < 0 || opened.info.rung == MF_RUNG_COPY, "%s", outcome(&opened));
	open_addr(&who_root, victim.pid, AREA, MF_OPEN_COPY, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	victim_end(&victim);
	expect_end();
}
END_TEST

/* A lease */

enum { DO_LEASE = 1, DO_GET_LEASE, DO_COUNT_SIGNALS, DO_UNLEASE };

static volatile sig_atomic_t n_breaks;

static void on_break(int signal)
{
	(void)signal;
	n_breaks++;
}

static long run_leaser(void *arg, int cmd)
{
	void *want = (void *)(uintptr_t)AREA;
	int fd;

	(void)arg;
	switch (cmd) {
	case 0:
		/* One struct file only: a second would forbid the lease. */
		fd = open(FILE_PATH, O_RDWR | O_CLOEXEC);
		dup2(fd, VICTIM_KEEP);
		close(fd);
		if (mmap(want, LEN, PROT_READ, MAP_SHARED | MAP_FIXED, VICTIM_KEEP, 0) != want)
			return -errno;
		signal(SIGIO, on_break);
		return 0;
	case DO_LEASE:
		return fcntl(VICTIM_KEEP, F_SETLEASE, F_WRLCK) < 0 ? -errno : 0;
	case DO_GET_LEASE:
		return fcntl(VICTIM_KEEP, F_GETLEASE);
	case DO_COUNT_SIGNALS:
		return n_breaks;
	default:
		return fcntl(VICTIM_KEEP, F_SETLEASE, F_UNLCK) < 0 ? -errno : 0;
	}
}

START_TEST(a_lease_is_not_waited_for_and_a_look_does_not_break_it)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;
	size_t i;
	long r;

	mounts_tmpfs(DIR);
	make_file(FILE_PATH, 'a', LEN);
	require(chown(FILE_PATH, NOBODY, NOBODY) == 0);
	stat_of(FILE_PATH, &truth);
	victim_start(&victim, &who_nobody, run_leaser, NULL);
	r = victim_do(&victim, DO_LEASE);
	if (r < 0)
		skip("no lease: %s", strerror((int)-r));
	for (i = 0; i < 2; i++) {
		open_addr(both[i], victim.pid, AREA, MF_OPEN_PATH, &opened);
		expect_object(&opened, &truth, 0, MF_SURE_EXACT, both[i]->name);
	}
	expect(victim_do(&victim, DO_GET_LEASE) == F_WRLCK, "a look broke the lease");
	expect(victim_do(&victim, DO_COUNT_SIGNALS) == 0, "a look asked for the lease");
	for (i = 0; i < 2; i++) {
		open_addr(both[i], victim.pid, AREA, 0, &opened);
		expect_error(&opened, -EAGAIN, both[i]->name);
		open_addr(both[i], victim.pid, AREA, MF_OPEN_AS_MAPPED, &opened);
		expect_error(&opened, -EAGAIN, both[i]->name);
		/* The bytes can be had all the same. */
		open_addr(both[i], victim.pid, AREA, MF_OPEN_COPY, &opened);
		expect(opened.ret == -EAGAIN ||
			       (opened.ret >= 0 && opened.info.rung == MF_RUNG_COPY),
		       "%s, or a copy: %s", both[i]->name, outcome(&opened));
	}
	expect(victim_do(&victim, DO_UNLEASE) >= 0, "the lease is gone");
	for (i = 0; i < 2; i++) {
		open_addr(both[i], victim.pid, AREA, 0, &opened);
		expect_object(&opened, &truth, 0, MF_SURE_EXACT, both[i]->name);
	}
	victim_end(&victim);
	expect_end();
}
END_TEST

/* A caller at its limit of descriptors */

static void try_every_limit(const struct who *who, pid_t pid, uint32_t flags, uint32_t rung)
{
	struct request request;
	struct opened opened;
	char what[128];
	long limit;

	for (limit = 1; limit < 20; limit++) {
		memset(&request, 0, sizeof(request));
		request.pid = pid;
		request.addr = AREA;
		request.flags = flags;
		request.max_fds = limit;
		open_as(who, &request, &opened);
		snprintf(what, sizeof(what), "%s, %s, %ld free descriptors", who->name,
			 open_flags_text(flags), limit - 1);
		expect(!opened.hung && opened.leaked == 0, "%s: %d leaked", what, opened.leaked);
		if (opened.ret >= 0)
			break;
		expect(opened.ret == -EMFILE, "%s: %s", what, outcome(&opened));
	}
	expect(limit > 1, "%s: no limit at all", what);
	expect(opened.ret >= 0 && opened.info.rung == rung, "%s: %s", what, outcome(&opened));
}

static long run_keeper(void *arg, int cmd)
{
	(void)arg;
	if (cmd != 0)
		return close(VICTIM_KEEP);
	map_at(AREA, FILE_PATH, VICTIM_KEEP);
	touch();
	return 0;
}

/* valgrind keeps the limit to itself, and lets the program pass it. */
static void try_limit(void *shared)
{
	struct rlimit limit = { 3, 3 };

	setrlimit(RLIMIT_NOFILE, &limit);
	*(bool *)shared = fcntl(0, F_DUPFD, 3) < 0;
}

static bool limits_work(void)
{
	bool *works = shared_memory(sizeof(*works)), ret;

	run_as(&who_root, try_limit, works);
	ret = *works;
	munmap(works, sizeof(*works));
	return ret;
}

START_TEST(the_limit_of_descriptors_is_told_and_nothing_leaks)
{
	struct victim victim;

	if (!limits_work())
		skip("RLIMIT_NOFILE is not kept");
	mounts_tmpfs(DIR);
	make_file(FILE_PATH, 'a', LEN);
	victim_start(&victim, &who_nobody, run_keeper, NULL);
	try_every_limit(&who_root, victim.pid, 0, MF_RUNG_MAP_FILES);
	try_every_limit(&who_root, victim.pid, MF_OPEN_PATH, MF_RUNG_MAP_FILES);
	try_every_limit(&who_root, victim.pid, MF_OPEN_COPY, MF_RUNG_MAP_FILES);
	require(unlink(FILE_PATH) == 0);
	try_every_limit(&who_nobody, victim.pid, 0, MF_RUNG_FD);
	victim_do(&victim, 1);
	try_every_limit(&who_nobody, victim.pid, MF_OPEN_COPY, MF_RUNG_COPY);
	victim_end(&victim);
	start_on_tmpfs(&victim, &(struct stat){ 0 });
	try_every_limit(&who_nobody, victim.pid, 0, MF_RUNG_PATH);
	victim_end(&victim);
	expect_end();
}
END_TEST

static void own_mounts(void)
{
	require(unshare_mounts() == 0);
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("open-hostile");
	TCase *tcase = guarded_tcase(suite, "open-hostile");

	tcase_add_checked_fixture(tcase, own_mounts, NULL);
	tcase_add_loop_test(tcase, what_took_the_place_of_the_path_is_never_opened, 0, N_TRAPS);
	tcase_add_test(tcase, a_parent_that_became_a_link_is_no_way_to_another_file);
	tcase_add_test(tcase, the_mark_of_a_deleted_file_is_not_taken_for_its_name);
	tcase_add_test(tcase, no_link_leads_out_of_the_root_of_the_process);
	tcase_add_test(tcase, the_right_descriptor_is_found_among_traps);
	tcase_add_loop_test(tcase, no_open_waits_for_a_file_system_that_never_answers, 0,
			    N_FUSE_CASES);
	tcase_add_loop_test(tcase, no_walk_waits_for_a_file_system_that_never_answers, 0,
			    N_FUSE_CASES);
	tcase_add_loop_test(tcase, no_path_that_leads_through_a_silent_directory_is_waited_for, 0,
			    N_FUSE_CASES);
	tcase_add_test(tcase, a_silent_file_system_that_we_do_not_see_is_not_waited_for);
	tcase_add_test(tcase, a_silent_descriptor_of_the_target_does_not_stop_the_search);
	tcase_add_test(tcase, a_process_whose_root_never_answers_is_opened_all_the_same);
	tcase_add_test(tcase, a_look_leaves_no_trace);
	tcase_add_test(tcase, the_target_is_neither_stopped_nor_woken);
	tcase_add_test(tcase, a_copy_of_vast_empty_memory_is_refused_or_quick_and_leaves_it_empty);
	tcase_add_test(tcase, no_copy_waits_for_pages_that_a_userfaultfd_never_brings);
	tcase_add_test(tcase, a_lease_is_not_waited_for_and_a_look_does_not_break_it);
	tcase_add_test(tcase, the_limit_of_descriptors_is_told_and_nothing_leaks);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return fs_main(argv, make_suite);
}
