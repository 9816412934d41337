/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The opened descriptor on ordinary objects, for root, for nobody, and for what
 * lies between. Whoever made an object decides, by fstat(2), what is right.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <mapfiles.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/mounts.h"
#include "fs/objects.h"
#include "fs/opener.h"
#include "fs/victim.h"

#define OBJECTS_DIR BASE "/objects"
#define AREA	    0x30000000ul
#define OTHER_UID   65533
#define PAGE	    4096ul

static const uint32_t one_flag_each[] = {
	0,
	MF_OPEN_AS_MAPPED,
	MF_OPEN_PATH,
	MF_OPEN_ANY_TYPE,
	MF_OPEN_DIRECT,
	MF_OPEN_COPY,
	MF_OPEN_MAY_BLOCK,
	MF_OPEN_PATH | MF_OPEN_DIRECT,
	MF_OPEN_ANY_TYPE | MF_OPEN_COPY,
	MF_OPEN_EXACT,
	MF_OPEN_EXACT | MF_OPEN_PATH,
	MF_OPEN_AS_MAPPED | MF_OPEN_ANY_TYPE | MF_OPEN_DIRECT | MF_OPEN_MAY_BLOCK,
};

#define N_FLAGS (sizeof(one_flag_each) / sizeof(one_flag_each[0]))

static const struct who direct_whos[] = {
	{ "root", 0, 0, USERNS_NONE },
	{ "nobody+CHECKPOINT_RESTORE", NOBODY, CAP(CAP_CHECKPOINT_RESTORE), USERNS_NONE },
	{ "nobody+SYS_ADMIN", NOBODY, CAP(CAP_SYS_ADMIN), USERNS_NONE },
};

static const struct who ladder_whos[] = {
	{ "nobody", NOBODY, 0, USERNS_NONE },
	{ "nobody+SYS_PTRACE", NOBODY, CAP(CAP_SYS_PTRACE), USERNS_NONE },
	{ "nobody+DAC_READ_SEARCH", NOBODY, CAP(CAP_DAC_READ_SEARCH), USERNS_NONE },
	{ "nobody+PERFMON", NOBODY, CAP(CAP_PERFMON), USERNS_NONE },
};

static void *area(size_t page)
{
	return (void *)(uintptr_t)(AREA + page * PAGE);
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		_exit(3);
	return fd;
}

static void map_path(const char *path, int prot, int flags, size_t page, size_t n_pages)
{
	int fd = open_or_die(path, prot & PROT_WRITE ? O_RDWR : O_RDONLY);

	if (mmap(area(page), n_pages * PAGE, prot, flags | MAP_FIXED, fd, 0) != area(page))
		_exit(4);
	close(fd);
	/* What was never used is in no page table, and a copy may leave it out. */
	for (; n_pages > 0; n_pages--, page++)
		(void)*(const volatile char *)area(page);
}

static void open_addr(const struct who *who, pid_t pid, uint64_t addr, uint32_t flags,
		      struct opened *out)
{
	struct request request;

	memset(&request, 0, sizeof(request));
	request.pid = pid;
	request.addr = addr;
	request.flags = flags;
	open_as(who, &request, out);
}

/* An error that a caller may meet here; a copy with the right bytes may be it too. */
static void expect_refusal(const struct opened *opened, const struct object *object, uint32_t flags,
			   const char *what)
{
	bool refused = opened->ret == -ENXIO || opened->ret == -EPERM;

	/* What cannot be opened by anybody may also be another user's. */
	if (opened->ret == -EACCES && (object->type == TYPE_SECRET || object->type == TYPE_ODD))
		refused = true;
	/* At its path is nothing, for the kernel marks it, or something else. */
	if (opened->ret == -ESTALE && object->replaced)
		refused = true;
	if (flags & MF_OPEN_COPY && opened->ret >= 0)
		refused = opened->info.rung == MF_RUNG_COPY && opened->info.sure == MF_SURE_COPY;
	expect(!opened->hung && refused, "%s: %s", what, outcome(opened));
	expect(!opened->leaked, "%s: %d descriptors leaked", what, opened->leaked);
}

static void expect_bytes(const struct opened *opened, const struct object *object, const char *what)
{
	size_t i;

	if (opened->ret < 0 || !object->filled || opened->getfl & O_PATH)
		return;
	if (!expect(opened->n_head == sizeof(opened->head), "%s: read %zd bytes", what,
		    opened->n_head))
		return;
	if (object->type == TYPE_NONE && object->fill == 0x7f) {
		expect(!memcmp(opened->head, "\177ELF", 4), "%s: no vdso", what);
		return;
	}
	for (i = 0; i < sizeof(opened->head); i++)
		if (!expect(opened->head[i] == object->fill, "%s: byte %zu is %#x, not %#x", what,
			    i, opened->head[i], object->fill))
			break;
}

static void expect_access(const struct opened *opened, const struct object *object, uint32_t flags,
			  const char *what)
{
	int want = O_RDONLY;

	if (opened->ret < 0 || opened->getfl & O_PATH || opened->info.rung == MF_RUNG_COPY)
		return;
	if (flags & MF_OPEN_AS_MAPPED) {
		if (object->access < 0)
			return;
		want = object->access;
	}
	expect((opened->getfl & O_ACCMODE) == want, "%s: access mode %d, not %d", what,
	       opened->getfl & O_ACCMODE, want);
}

static void expect_copy(const struct opened *opened, const struct object *object, const char *what)
{
	int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

	expect(!opened->leaked, "%s: %d descriptors leaked", what, opened->leaked);
	if (!expect(!opened->hung && opened->ret >= 3, "%s: %s", what, outcome(opened)))
		return;
	expect(opened->info.rung == MF_RUNG_COPY && opened->info.sure == MF_SURE_COPY, "%s: %s",
	       what, outcome(opened));
	expect((opened->seals & seals) == seals, "%s: seals %#x", what,
	       (unsigned int)opened->seals);
	expect(opened->getfd & FD_CLOEXEC, "%s: not close-on-exec", what);
	expect(opened->pos == 0, "%s: offset %ld", what, opened->pos);
	expect(opened->info.n_holes == 0, "%s: %llu holes, the first %#llx-%#llx", what,
	       (unsigned long long)opened->info.n_holes, (unsigned long long)opened->hole.start,
	       (unsigned long long)opened->hole.end);
	if (object->type == TYPE_REGULAR)
		expect(opened->st.st_size == 8192, "%s: size %lld", what,
		       (long long)opened->st.st_size);
	expect_bytes(opened, object, what);
}

/* Whether this object can be had as these flags want it, by its own inode. */
static bool can_open(const struct object *object, uint32_t flags)
{
	if (flags & MF_OPEN_PATH)
		return object->type != TYPE_NONE;
	return object->type == TYPE_REGULAR ||
	       (object->type == TYPE_DEVICE && flags & MF_OPEN_ANY_TYPE);
}

static void expect_by_link(const struct opened *opened, const struct object *object, uint32_t flags,
			   const char *what)
{
	if (can_open(object, flags)) {
		expect_object(opened, &object->truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, what);
		expect(opened->ret < 0 || !(flags & MF_OPEN_PATH) == !(opened->getfl & O_PATH),
		       "%s: F_GETFL %#x", what, (unsigned int)opened->getfl);
		expect_access(opened, object, flags, what);
		expect_bytes(opened, object, what);
	} else if (object->type == TYPE_NONE && flags & MF_OPEN_COPY && object->fill == 0x7f) {
		expect_copy(opened, object, what);
	} else if (flags & MF_OPEN_COPY || opened->ret == -EACCES) {
		expect_refusal(opened, object, flags, what);
	} else {
		expect_error(opened, -ENXIO, what);
	}
}

static void expect_by_ladder(const struct opened *opened, const struct object *object,
			     uint32_t flags, const char *what)
{
	if (flags & MF_OPEN_DIRECT && can_open(object, flags)) {
		expect_error(opened, -EPERM, what);
	} else if (flags & MF_OPEN_DIRECT) {
		expect_refusal(opened, object, flags, what);
	} else if (object->rung && can_open(object, flags) && object->memfd &&
		   flags & MF_OPEN_EXACT) {
		expect_error(opened, -ESTALE, what);
	} else if (object->rung && can_open(object, flags)) {
		/* The kernel numbers its own memory files by two counts that can meet. */
		expect_object(opened, &object->truth, object->rung,
			      object->memfd ? MF_SURE_MATCHING : MF_SURE_EXACT, what);
		expect_access(opened, object, flags, what);
		expect_bytes(opened, object, what);
	} else if (flags & MF_OPEN_COPY && object->filled) {
		/* Private anonymous memory has no object, but bytes: either will do. */
		if (object->type != TYPE_NONE || object->fill == 0x7f || opened->ret != -ENXIO)
			expect_copy(opened, object, what);
	} else if (object->type == TYPE_NONE || object->type == TYPE_DEVICE) {
		if (!(flags & MF_OPEN_COPY))
			expect_error(opened, -ENXIO, what);
	} else if (object->type == TYPE_REGULAR && !object->replaced && !(flags & MF_OPEN_COPY)) {
		expect_error(opened, -EPERM, what);
	} else {
		expect_refusal(opened, object, flags, what);
	}
}

static void try_all(const struct who *who, pid_t pid, const struct object *objects,
		    void (*rule)(const struct opened *, const struct object *, uint32_t,
				 const char *))
{
	struct opened opened;
	char what[256];
	size_t id, i;

	for (id = 0; id < N_OBJECTS; id++) {
		if (objects[id].absent) {
			harness_skip(objects[id].name, "%s", objects[id].absent);
			continue;
		}
		for (i = 0; i < N_FLAGS; i++) {
			snprintf(what, sizeof(what), "%s opens %s with %s", who->name,
				 objects[id].name, open_flags_text(one_flag_each[i]));
			open_addr(who, pid, objects[id].addr, one_flag_each[i], &opened);
			rule(&opened, &objects[id], one_flag_each[i], what);
		}
	}
}

static void try_whos(const struct who *whos, size_t n, const struct who *victim_who,
		     void (*rule)(const struct opened *, const struct object *, uint32_t,
				  const char *))
{
	struct object *objects;
	struct victim victim;
	size_t i;

	make_dir(OBJECTS_DIR);
	objects = objects_start(&victim, victim_who, OBJECTS_DIR);
	for (i = 0; i < n; i++)
		try_all(&whos[i], victim.pid, objects, rule);
	objects_end(&victim, objects);
	expect_end();
}

START_TEST(who_may_follow_the_link_gets_every_object_by_it)
{
	try_whos(direct_whos, 3, &who_nobody, expect_by_link);
}
END_TEST

START_TEST(root_opens_every_object_of_roots_process)
{
	try_whos(direct_whos, 1, &who_root, expect_by_link);
}
END_TEST

START_TEST(nobody_gets_what_the_lower_rungs_lead_to_and_nothing_else)
{
	try_whos(ladder_whos, 4, &who_nobody, expect_by_ladder);
}
END_TEST

START_TEST(root_of_a_child_user_namespace_is_a_nobody_for_the_link)
{
	const struct who inside = { "nobody's new namespace", NOBODY, 0, USERNS_NEW };
	struct who opener = { "root of a child user namespace", 0, 0, USERNS_NONE };
	struct object *objects;
	struct victim victim;

	if (access("/proc/self/ns/user", F_OK) < 0)
		skip("no user namespaces");
	make_dir(OBJECTS_DIR);
	objects = objects_start(&victim, &inside, OBJECTS_DIR);
	opener.userns = victim.pid;
	try_all(&opener, victim.pid, objects, expect_by_ladder);
	objects_end(&victim, objects);
	expect_end();
}
END_TEST

/* A process of another user: what each capability gives, alone and together. */

struct foreign {
	struct who who;
	int file; /* rung, or -errno */
	int deleted; /* the same, without MF_OPEN_COPY */
	int copied; /* the same, with it */
};

#define FOREIGN(text, caps, file, deleted, copied)                            \
	{                                                                     \
		{ text, OTHER_UID, caps, USERNS_NONE }, file, deleted, copied \
	}

static const struct foreign foreigns[] = {
	FOREIGN("another user", 0, -EACCES, -EACCES, -EACCES),
	FOREIGN("another user+CHECKPOINT_RESTORE", CAP(CAP_CHECKPOINT_RESTORE), -EACCES, -EACCES,
		-EACCES),
	FOREIGN("another user+DAC_READ_SEARCH", CAP(CAP_DAC_READ_SEARCH), -EACCES, -EACCES,
		-EACCES),
	FOREIGN("another user+SYS_PTRACE", CAP(CAP_SYS_PTRACE), MF_RUNG_PATH, -EPERM, MF_RUNG_COPY),
	FOREIGN("another user+SYS_PTRACE+CHECKPOINT_RESTORE",
		CAP(CAP_SYS_PTRACE) | CAP(CAP_CHECKPOINT_RESTORE), MF_RUNG_PATH, -EACCES,
		MF_RUNG_COPY),
	FOREIGN("another user+SYS_PTRACE+DAC_READ_SEARCH",
		CAP(CAP_SYS_PTRACE) | CAP(CAP_DAC_READ_SEARCH), MF_RUNG_PATH, -EPERM, MF_RUNG_COPY),
	FOREIGN("another user+SYS_PTRACE+DAC_READ_SEARCH+CHECKPOINT_RESTORE",
		CAP(CAP_SYS_PTRACE) | CAP(CAP_DAC_READ_SEARCH) | CAP(CAP_CHECKPOINT_RESTORE),
		MF_RUNG_MAP_FILES, MF_RUNG_MAP_FILES, MF_RUNG_MAP_FILES),
};

static void check_foreign(const struct foreign *foreign, pid_t pid, const struct object *object,
			  uint32_t flags, int want)
{
	struct opened opened;
	char what[256];

	snprintf(what, sizeof(what), "%s opens %s with %s", foreign->who.name, object->name,
		 open_flags_text(flags));
	open_addr(&foreign->who, pid, object->addr, flags, &opened);
	if (want == MF_RUNG_COPY && (opened.ret == -EACCES || opened.ret == -EPERM))
		/* The mode of /proc/PID/mem refuses what process_vm_readv(2) would give. */
		expect(opened.leaked == 0 && !(foreign->who.caps & CAP(CAP_DAC_READ_SEARCH)),
		       "%s: %s", what, outcome(&opened));
	else if (want == MF_RUNG_COPY)
		expect_copy(&opened, object, what);
	else if (want >= 0)
		expect_object(&opened, &object->truth, (uint32_t)want, MF_SURE_EXACT, what);
	else if (opened.stage != STAGE_OPEN)
		expect_error(&opened, want, what);
	else
		/* Which of the closed doors is named is a matter of taste. */
		expect(opened.ret == -EACCES || opened.ret == -EPERM, "%s: %s", what,
		       outcome(&opened));
}

START_TEST(another_users_process_is_opened_as_far_as_capabilities_reach)
{
	struct object *objects;
	struct victim victim;
	size_t i;

	make_dir(OBJECTS_DIR);
	objects = objects_start(&victim, &who_nobody, OBJECTS_DIR);
	for (i = 0; i < sizeof(foreigns) / sizeof(foreigns[0]); i++) {
		const struct foreign *foreign = &foreigns[i];

		check_foreign(foreign, victim.pid, &objects[OBJ_FILE], 0, foreign->file);
		check_foreign(foreign, victim.pid, &objects[OBJ_DELETED], 0, foreign->deleted);
		check_foreign(foreign, victim.pid, &objects[OBJ_DELETED], MF_OPEN_COPY,
			      foreign->copied);
	}
	objects_end(&victim, objects);
	expect_end();
}
END_TEST

/* A victim that maps four pages of a file at AREA, and then does as it is told. */

enum {
	DO_UNMAP = 1,
	DO_OTHER_FILE,
	DO_ANON,
	DO_SAME_FILE,
	DO_SPLIT,
	DO_MOVE,
	DO_HIDE,
	DO_EXEC,
	DO_EXIT,
	DO_MERGE,
	DO_LEADER_EXIT,
	DO_OTHER_PART,
};

#define FILE_A	BASE "/a"
#define FILE_B	BASE "/b"
#define N_PAGES 4

static void *wait_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static long run_file_victim(void *arg, int cmd)
{
	pthread_t thread;

	(void)arg;
	switch (cmd) {
	case 0:
		map_path(FILE_A, PROT_READ, MAP_PRIVATE, 0, N_PAGES);
		return 0;
	case DO_UNMAP:
		return munmap(area(0), N_PAGES * PAGE);
	case DO_OTHER_FILE:
		map_path(FILE_B, PROT_READ, MAP_PRIVATE, 0, N_PAGES);
		return 0;
	case DO_OTHER_PART:
		map_path(FILE_B, PROT_READ, MAP_PRIVATE, 2, N_PAGES - 2);
		return 0;
	case DO_ANON:
		mmap(area(0), N_PAGES * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		     -1, 0);
		return 0;
	case DO_SAME_FILE:
		map_path(FILE_A, PROT_READ, MAP_SHARED, 0, N_PAGES);
		return 0;
	case DO_SPLIT:
		return mprotect(area(1), PAGE, PROT_NONE);
	case DO_MERGE:
		return mprotect(area(1), PAGE, PROT_READ);
	case DO_MOVE:
		mremap(area(0), N_PAGES * PAGE, N_PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       area(64));
		return 0;
	case DO_HIDE:
		return prctl(PR_SET_DUMPABLE, 0);
	case DO_EXEC:
		exec_sleep();
	case DO_LEADER_EXIT:
		pthread_create(&thread, NULL, wait_for_ever, NULL);
		syscall(SYS_exit, 0);
		break;
	default:
		_exit(0);
	}
	return 0;
}

struct move {
	struct victim *victim;
	int cmd;
};

static void make_move(void *arg)
{
	const struct move *move = arg;

	/* The opener's copy of the pipe serves as well as the test's own. */
	victim_do(move->victim, move->cmd);
}

static void open_after(const struct who *who, struct victim *victim, int cmd, uint32_t flags,
		       struct opened *out)
{
	struct move move = { victim, cmd };
	struct request request;

	memset(&request, 0, sizeof(request));
	request.pid = victim->pid;
	request.addr = AREA;
	request.flags = flags;
	request.between = make_move;
	request.arg = &move;
	open_as(who, &request, out);
}

static void make_two_files(void)
{
	make_file(FILE_A, 'A', N_PAGES * PAGE);
	make_file(FILE_B, 'B', N_PAGES * PAGE);
}

static const struct who *const both[] = { &who_root, &who_nobody };

static void expect_stale_after(int cmd, const char *text)
{
	static const uint32_t flags[] = { 0, MF_OPEN_PATH, MF_OPEN_COPY, MF_OPEN_DIRECT };
	struct opened opened;
	struct victim victim;
	char what[128];
	size_t i, j;

	make_two_files();
	for (i = 0; i < 2; i++) {
		for (j = 0; j < 4; j++) {
			if (i == 1 && flags[j] == MF_OPEN_DIRECT)
				continue;
			victim_start(&victim, &who_nobody, run_file_victim, NULL);
			open_after(both[i], &victim, cmd, flags[j], &opened);
			snprintf(what, sizeof(what), "%s: %s opens with %s", text, both[i]->name,
				 open_flags_text(flags[j]));
			expect_error(&opened, -ESTALE, what);
			victim_end(&victim);
		}
	}
	expect_end();
}

START_TEST(a_range_that_was_unmapped_is_stale)
{
	expect_stale_after(DO_UNMAP, "unmapped");
}
END_TEST

START_TEST(a_range_that_maps_another_file_now_is_stale)
{
	expect_stale_after(DO_OTHER_FILE, "replaced");
}
END_TEST

START_TEST(a_range_that_is_anonymous_now_is_stale)
{
	expect_stale_after(DO_ANON, "anonymous");
}
END_TEST

START_TEST(a_range_that_moved_away_is_stale)
{
	expect_stale_after(DO_MOVE, "moved");
}
END_TEST

START_TEST(a_range_that_maps_the_same_file_anew_is_that_file)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;
	size_t i;

	make_two_files();
	stat_of(FILE_A, &truth);
	for (i = 0; i < 2; i++) {
		victim_start(&victim, &who_nobody, run_file_victim, NULL);
		open_after(both[i], &victim, DO_SAME_FILE, 0, &opened);
		expect_object(&opened, &truth, 0, MF_SURE_EXACT, both[i]->name);
		victim_end(&victim);
	}
	expect_end();
}
END_TEST

START_TEST(a_part_that_maps_another_file_now_is_in_no_copy)
{
	struct opened opened;
	struct victim victim;

	make_two_files();
	victim_start(&victim, &who_nobody, run_file_victim, NULL);
	require(unlink(FILE_A) == 0);
	open_after(&who_nobody, &victim, DO_OTHER_PART, MF_OPEN_COPY, &opened);
	expect(!opened.hung && opened.leaked == 0, "%s", outcome(&opened));
	if (opened.ret >= 0) {
		expect(opened.head[0] == 'A', "the first byte is %#x", opened.head[0]);
		expect(opened.last == 'A' || (opened.last == 0 && opened.info.n_holes == 1),
		       "the last byte is %#x, %llu holes", opened.last,
		       (unsigned long long)opened.info.n_holes);
	} else {
		expect_error(&opened, -ESTALE, "nobody");
	}
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(a_range_that_was_split_or_merged_is_asked_anew)
{
	static const int cmds[] = { DO_SPLIT, DO_MERGE, DO_SPLIT };
	struct opened opened;
	struct victim victim;
	struct stat truth;
	size_t i, j;

	make_two_files();
	stat_of(FILE_A, &truth);
	for (i = 0; i < 2; i++) {
		victim_start(&victim, &who_nobody, run_file_victim, NULL);
		for (j = 0; j < 3; j++) {
			open_after(both[i], &victim, cmds[j], 0, &opened);
			expect_object(&opened, &truth, i ? MF_RUNG_PATH : MF_RUNG_MAP_FILES,
				      MF_SURE_EXACT, both[i]->name);
			if (i == 0)
				expect(opened.info.n_retries == 1, "%llu retries, not 1",
				       (unsigned long long)opened.info.n_retries);
		}
		victim_end(&victim);
	}
	expect_end();
}
END_TEST

static void kill_victim(void *arg)
{
	struct victim *victim = arg;
	char state[64];

	kill(victim->pid, SIGKILL);
	/* Only its parent can reap it: a zombie has exited, too. */
	do {
		if (!raw_status(victim->pid, "State", state, sizeof(state)))
			break;
	} while (!strstr(state, "Z"));
}

START_TEST(a_process_that_exited_is_no_longer_there)
{
	static const uint32_t flags[] = { 0, MF_OPEN_PATH, MF_OPEN_COPY };
	struct request request;
	struct opened opened;
	struct victim victim;
	size_t i, j;

	make_two_files();
	for (i = 0; i < 2; i++) {
		for (j = 0; j < 3; j++) {
			victim_start(&victim, &who_nobody, run_file_victim, NULL);
			memset(&request, 0, sizeof(request));
			request.pid = victim.pid;
			request.addr = AREA;
			request.flags = flags[j];
			request.between = kill_victim;
			request.arg = &victim;
			/* nobody may send a signal to nobody. */
			open_as(both[i], &request, &opened);
			expect_error(&opened, -ESRCH, both[i]->name);
			victim_end(&victim);
		}
	}
	expect_end();
}
END_TEST

static void make_exec(void *arg)
{
	struct victim *victim = arg;
	struct raw_mapping raw;

	victim_tell(victim, DO_EXEC);
	/* Its end of the pipe closes in the exec, before the old memory goes. */
	while (raw_find(victim->pid, AREA, &raw))
		usleep(1000);
}

START_TEST(a_process_that_execed_is_stale)
{
	static const uint32_t flags[] = { 0, MF_OPEN_PATH, MF_OPEN_COPY };
	struct request request;
	struct opened opened;
	struct victim victim;
	size_t i, j;

	make_two_files();
	for (i = 0; i < 2; i++) {
		for (j = 0; j < 3; j++) {
			victim_start(&victim, &who_nobody, run_file_victim, NULL);
			memset(&request, 0, sizeof(request));
			request.pid = victim.pid;
			request.addr = AREA;
			request.flags = flags[j];
			request.between = make_exec;
			request.arg = &victim;
			open_as(both[i], &request, &opened);
			expect_error(&opened, -ESTALE, both[i]->name);
			victim_end(&victim);
		}
	}
	expect_end();
}
END_TEST

START_TEST(a_process_that_is_not_dumpable_is_opened_by_root_only)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;

	make_two_files();
	stat_of(FILE_A, &truth);
	victim_start(&victim, &who_nobody, run_file_victim, NULL);
	/* First it hides when the iterator is open already. */
	open_after(&who_nobody, &victim, DO_HIDE, 0, &opened);
	expect(opened.stage == STAGE_OPEN && (opened.ret == -EACCES || opened.ret == -EPERM ||
					      is_object(&opened, &truth)),
	       "hidden in between: %s", outcome(&opened));
	expect(opened.leaked == 0, "%d descriptors leaked", opened.leaked);
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect_error(&opened, -EACCES, "nobody");
	open_addr(&who_root, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(a_process_whose_leader_has_exited_is_opened_through_a_living_thread)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;

	make_two_files();
	stat_of(FILE_A, &truth);
	victim_start(&victim, &who_nobody, run_file_victim, NULL);
	victim_tell(&victim, DO_LEADER_EXIT);
	wait_state(victim.pid, 'Z');
	open_addr(&who_root, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_PATH, MF_SURE_EXACT, "nobody");
	open_addr(&who_nobody, victim.pid, AREA, MF_OPEN_COPY, &opened);
	expect_object(&opened, &truth, MF_RUNG_PATH, MF_SURE_EXACT, "nobody, or a copy");
	require(unlink(FILE_A) == 0);
	open_addr(&who_root, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root, deleted");
	open_addr(&who_nobody, victim.pid, AREA, MF_OPEN_COPY, &opened);
	expect(opened.ret >= 0 && opened.info.rung == MF_RUNG_COPY && opened.head[0] == 'A',
	       "nobody, deleted: %s", outcome(&opened));
	victim_end(&victim);
	expect_end();
}
END_TEST

static void end_leader(void *arg)
{
	struct victim *victim = arg;

	victim_tell(victim, DO_LEADER_EXIT);
	wait_state(victim->pid, 'Z');
}

START_TEST(a_leader_that_exits_after_the_mapping_was_found_is_no_hindrance)
{
	struct request request;
	struct opened opened;
	struct victim victim;
	struct stat truth;
	size_t i;

	make_two_files();
	stat_of(FILE_A, &truth);
	for (i = 0; i < 2; i++) {
		victim_start(&victim, &who_nobody, run_file_victim, NULL);
		memset(&request, 0, sizeof(request));
		request.pid = victim.pid;
		request.addr = AREA;
		request.between = end_leader;
		request.arg = &victim;
		open_as(both[i], &request, &opened);
		expect_object(&opened, &truth, i ? MF_RUNG_PATH : MF_RUNG_MAP_FILES, MF_SURE_EXACT,
			      both[i]->name);
		victim_end(&victim);
	}
	expect_end();
}
END_TEST

/* Where the victim sees other files than we do */

#define JAIL BASE "/jail"

static long run_jailed(void *arg, int cmd)
{
	(void)arg;
	if (cmd != 0)
		return 0;
	if (chroot(JAIL) < 0 || chdir("/") < 0)
		return -errno;
	map_path("/library", PROT_READ, MAP_PRIVATE, 0, 1);
	return 0;
}

START_TEST(a_chrooted_process_is_opened_in_its_root_and_not_in_ours)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;

	/* Where each wrong reading of the path would lead, lies another file. */
	make_dir(JAIL);
	make_dir(JAIL BASE);
	make_dir(JAIL JAIL);
	make_file(JAIL "/library", 'A', PAGE);
	make_file(JAIL JAIL "/library", 'B', PAGE);
	stat_of(JAIL "/library", &truth);
	victim_start(&victim, &who_nobody, run_jailed, NULL);
	open_addr(&who_root, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_PATH, MF_SURE_EXACT, "nobody");
	require(unlink(JAIL JAIL "/library") == 0);
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_PATH, MF_SURE_EXACT, "nobody, no second file");
	victim_end(&victim);
	expect_end();
}
END_TEST

static long run_elsewhere(void *arg, int cmd)
{
	(void)arg;
	if (cmd != 0)
		return 0;
	if (unshare_mounts() < 0)
		return -EPERM;
	mounts_bind(FILE_B, FILE_A);
	map_path(FILE_A, PROT_READ, MAP_PRIVATE, 0, 1);
	return 0;
}

START_TEST(another_mount_namespace_is_read_through_the_process_root)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;

	make_two_files();
	stat_of(FILE_B, &truth);
	victim_start(&victim, &who_nobody, run_elsewhere, NULL);
	open_addr(&who_root, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_PATH, MF_SURE_EXACT, "nobody");
	victim_end(&victim);
	expect_end();
}
END_TEST

static long run_elsewhere_on_tmpfs(void *arg, int cmd)
{
	(void)arg;
	if (cmd != 0)
		return 0;
	if (unshare_mounts() < 0)
		return -EPERM;
	/* A superblock that the reader's own list of mounts does not have. */
	mounts_tmpfs(BASE "/private");
	make_file(BASE "/private/library", 'A', PAGE);
	map_path(BASE "/private/library", PROT_READ, MAP_PRIVATE, 0, 1);
	return 0;
}

START_TEST(a_file_system_that_only_the_process_has_mounted_is_reached)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;

	make_dir(BASE "/private");
	victim_start(&victim, &who_nobody, run_elsewhere_on_tmpfs, NULL);
	require(raw_stat(victim.pid, AREA, &truth));
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_PATH, 0, "nobody");
	expect(opened.ret < 0 || opened.head[0] == 'A', "byte %#x", opened.head[0]);
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(hidden_processes_are_not_there_for_others)
{
	const struct who other = { "another user", OTHER_UID, 0, USERNS_NONE };
	struct request request;
	struct opened opened;
	struct victim victim;
	struct stat truth;

	if (!mounts_proc(BASE "/proc", "hidepid=2"))
		skip("no procfs with hidepid=2");
	make_two_files();
	stat_of(FILE_A, &truth);
	victim_start(&victim, &who_nobody, run_file_victim, NULL);
	memset(&request, 0, sizeof(request));
	request.pid = victim.pid;
	request.addr = AREA;
	request.proc_root = BASE "/proc";
	open_as(&other, &request, &opened);
	expect(opened.stage == STAGE_ITER, "another user: failed in stage %d", opened.stage);
	expect_error(&opened, -ESRCH, "another user");
	open_as(&who_nobody, &request, &opened);
	expect_object(&opened, &truth, MF_RUNG_PATH, MF_SURE_EXACT, "nobody");
	open_as(&who_root, &request, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	victim_end(&victim);
	umount2(BASE "/proc", MNT_DETACH);
	expect_end();
}
END_TEST

START_TEST(a_caller_without_proc_opens_through_the_one_it_names)
{
	struct request request;
	struct opened opened[2];
	struct victim victim;
	struct stat truth;
	size_t i;

	require(unshare_mounts() == 0);
	if (!mounts_proc(BASE "/proc-elsewhere", NULL))
		skip("no second procfs");
	make_two_files();
	stat_of(FILE_A, &truth);
	victim_start(&victim, &who_nobody, run_file_victim, NULL);
	memset(&request, 0, sizeof(request));
	request.pid = victim.pid;
	request.addr = AREA;
	request.proc_root = BASE "/proc-elsewhere";
	require(mount("none", "/proc", "tmpfs", 0, NULL) == 0);
	for (i = 0; i < 2; i++)
		open_as(both[i], &request, &opened[i]);
	require(umount2("/proc", MNT_DETACH) == 0);
	expect_object(&opened[0], &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	expect_object(&opened[1], &truth, MF_RUNG_PATH, MF_SURE_EXACT, "nobody");
	victim_end(&victim);
	umount2(BASE "/proc-elsewhere", MNT_DETACH);
	expect_end();
}
END_TEST

/* The program itself */

#define PROGRAM BASE "/program"

static void copy_file(const char *from, const char *to)
{
	int in = open_or_die(from, O_RDONLY), out;
	char data[4096];
	ssize_t n;

	out = open(to, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);
	require(out >= 0);
	while ((n = read(in, data, sizeof(data))) > 0)
		require(write(out, data, (size_t)n) == n);
	close(in);
	close(out);
	require(chmod(to, 0755) == 0);
}

static long run_program(void *arg, int cmd)
{
	(void)arg;
	if (cmd)
		execl(PROGRAM, PROGRAM, "100000", (char *)NULL);
	return 0;
}

/* The address that the program is mapped at, once it runs. */
static uint64_t program_addr(pid_t pid, const struct stat *truth)
{
	struct raw_mapping raw;

	while (!raw_find_inode(pid, truth->st_ino, &raw))
		usleep(1000);
	return raw.start;
}

START_TEST(the_program_is_opened_by_exe_even_when_deleted)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;
	uint64_t addr;

	copy_file("/bin/sleep", PROGRAM);
	stat_of(PROGRAM, &truth);
	victim_start(&victim, &who_nobody, run_program, NULL);
	victim_tell(&victim, 1);
	addr = program_addr(victim.pid, &truth);
	open_addr(&who_root, victim.pid, addr, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	open_addr(&who_nobody, victim.pid, addr, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_EXE, MF_SURE_EXACT, "nobody");
	require(unlink(PROGRAM) == 0);
	open_addr(&who_nobody, victim.pid, addr, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_EXE, MF_SURE_EXACT, "nobody, deleted");
	open_addr(&who_nobody, victim.pid, addr, MF_OPEN_PATH, &opened);
	expect_object(&opened, &truth, MF_RUNG_EXE, MF_SURE_EXACT, "nobody, deleted, a look");
	victim_end(&victim);
	expect_end();
}
END_TEST

/* Modes and rights */

static long run_writer(void *arg, int cmd)
{
	(void)arg;
	if (cmd == 0)
		map_path(FILE_A, PROT_READ | PROT_WRITE, MAP_SHARED, 0, 1);
	return 0;
}

START_TEST(as_mapped_is_refused_where_the_file_may_not_be_written)
{
	struct opened opened;
	struct victim victim;
	struct stat truth;

	make_two_files();
	stat_of(FILE_A, &truth);
	victim_start(&victim, &who_nobody, run_writer, NULL);
	open_addr(&who_nobody, victim.pid, AREA, MF_OPEN_AS_MAPPED, &opened);
	expect_error(&opened, -EACCES, "nobody, of a 0644 file of root");
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect_object(&opened, &truth, MF_RUNG_PATH, MF_SURE_EXACT, "nobody, to read");
	open_addr(&who_root, victim.pid, AREA, MF_OPEN_AS_MAPPED, &opened);
	expect_object(&opened, &truth, MF_RUNG_MAP_FILES, MF_SURE_EXACT, "root");
	expect((opened.getfl & O_ACCMODE) == O_RDWR, "access mode %d", opened.getfl & O_ACCMODE);
	require(chmod(FILE_A, 0600) == 0);
	open_addr(&who_nobody, victim.pid, AREA, 0, &opened);
	expect_error(&opened, -EACCES, "nobody, of a 0600 file of root");
	open_addr(&who_nobody, victim.pid, AREA, MF_OPEN_PATH, &opened);
	expect_object(&opened, &truth, MF_RUNG_PATH, MF_SURE_EXACT, "nobody, only a look");
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(descriptors_0_to_2_are_never_used)
{
	static const uint32_t flags[] = { 0, MF_OPEN_PATH, MF_OPEN_COPY };
	struct request request;
	struct opened opened;
	struct victim victim;
	struct stat truth;
	size_t i, j;

	make_two_files();
	stat_of(FILE_A, &truth);
	victim_start(&victim, &who_nobody, run_file_victim, NULL);
	for (i = 0; i < 2; i++) {
		for (j = 0; j < 3; j++) {
			memset(&request, 0, sizeof(request));
			request.pid = victim.pid;
			request.addr = AREA;
			request.flags = flags[j];
			request.close_low = true;
			open_as(both[i], &request, &opened);
			expect_object(&opened, &truth, 0, MF_SURE_EXACT, both[i]->name);
		}
	}
	require(unlink(FILE_A) == 0);
	open_as(&who_nobody, &request, &opened);
	expect(opened.ret >= 3 && opened.info.rung == MF_RUNG_COPY && !opened.took_low &&
		       !opened.leaked,
	       "a copy: %s, descriptor %d", outcome(&opened), opened.ret);
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(a_copy_of_the_mapping_will_do_and_its_path_is_not_looked_at)
{
	struct request request;
	struct opened opened;
	struct victim victim;
	struct stat truth;
	size_t i;

	make_two_files();
	stat_of(FILE_A, &truth);
	victim_start(&victim, &who_nobody, run_file_victim, NULL);
	for (i = 0; i < 4; i++) {
		memset(&request, 0, sizeof(request));
		request.pid = victim.pid;
		request.addr = AREA;
		request.forge_path = true;
		request.walk = i >= 2;
		open_as(both[i & 1], &request, &opened);
		expect_object(&opened, &truth, i & 1 ? MF_RUNG_PATH : MF_RUNG_MAP_FILES,
			      MF_SURE_EXACT, both[i & 1]->name);
	}
	victim_end(&victim);
	expect_end();
}
END_TEST

START_TEST(wrong_arguments_are_refused)
{
	const struct mf_open_info *info = (const void *)1;
	const struct mf_mapping *mapping;
	struct mf_iter *iter;

	ck_errno(mf_iter_open(0, NULL, &iter), 0);
	ck_errno(mf_next(iter, &mapping), 1);
	ck_errno(mf_open_info(iter, &info), -ENOENT);
	require(info == (const void *)1);
	ck_errno(mf_open_info(NULL, &info), -EINVAL);
	ck_errno(mf_open_info(iter, NULL), -EINVAL);
	ck_errno(mf_open_fd(NULL, mapping, 0), -EINVAL);
	ck_errno(mf_open_fd(iter, NULL, 0), -EINVAL);
	ck_errno(mf_open_fd(iter, mapping, 0x80), -EINVAL);
	ck_errno(mf_open_fd(iter, mapping, 0x80000000u), -EINVAL);
	ck_errno(mf_open_fd(iter, mapping, MF_OPEN_DIRECT | MF_OPEN_COPY), -EINVAL);
	ck_errno(mf_open_fd(iter, mapping, MF_OPEN_PATH | MF_OPEN_COPY), -EINVAL);
	ck_errno(mf_open_fd(iter, mapping, MF_OPEN_EXACT | MF_OPEN_COPY), -EINVAL);
	ck_errno(mf_open_fd(iter, mapping, MF_OPEN_PATH | MF_OPEN_AS_MAPPED), -EINVAL);
	ck_errno(mf_open_info(iter, &info), -ENOENT);
	mf_iter_close(iter);
}
END_TEST

START_TEST(info_is_of_the_last_success)
{
	const struct mf_open_info *info;
	const struct mf_mapping *mapping;
	struct mf_mapping gone;
	struct mf_iter *iter;
	int fd;

	ck_errno(mf_iter_open(0, NULL, &iter), 0);
	ck_errno(mf_next(iter, &mapping), 1);
	fd = mf_open_fd(iter, mapping, MF_OPEN_PATH);
	require(fd >= 3);
	gone = *mapping;
	close(fd);
	gone.start = AREA;
	gone.end = AREA + PAGE;
	ck_errno(mf_open_fd(iter, &gone, 0), -ESTALE);
	ck_errno(mf_open_info(iter, &info), 0);
	ck_assert_uint_eq(info->rung, MF_RUNG_MAP_FILES);
	ck_assert_uint_eq(info->sure, MF_SURE_EXACT);
	ck_assert_uint_eq(info->n_holes, 0);
	mf_iter_close(iter);
}
END_TEST

START_TEST(a_saved_tree_has_names_only)
{
	struct request request;
	struct opened opened;
	FILE *file;

	make_dir(BASE "/saved");
	make_dir(BASE "/saved/7");
	file = fopen(BASE "/saved/7/maps", "we");
	require(file);
	fputs("00400000-00401000 r-xp 00000000 fe:01 12 /no/such/file\n", file);
	fclose(file);
	memset(&request, 0, sizeof(request));
	request.pid = 7;
	request.addr = 0x400000;
	request.proc_root = BASE "/saved";
	request.walk = true;
	open_as(&who_root, &request, &opened);
	expect(opened.stage == STAGE_OPEN, "failed in stage %d", opened.stage);
	expect_error(&opened, -ENOENT, "root");
	expect_end();
}
END_TEST

START_TEST(holes_of_a_copy_are_told)
{
	struct opened opened;
	struct victim victim;

	/* The file ends in the middle: nothing can be read behind its end. */
	make_two_files();
	victim_start(&victim, &who_nobody, run_file_victim, NULL);
	require(truncate(FILE_A, PAGE) == 0);
	require(unlink(FILE_A) == 0);
	open_addr(&who_nobody, victim.pid, AREA, MF_OPEN_COPY, &opened);
	if (expect(opened.ret >= 0 && opened.info.rung == MF_RUNG_COPY, "%s", outcome(&opened))) {
		expect(opened.info.n_holes == 1, "%llu holes",
		       (unsigned long long)opened.info.n_holes);
		expect(opened.hole.start == PAGE && opened.hole.end == N_PAGES * PAGE,
		       "hole %#llx-%#llx", (unsigned long long)opened.hole.start,
		       (unsigned long long)opened.hole.end);
		expect(opened.st.st_size == N_PAGES * (off_t)PAGE, "size %lld",
		       (long long)opened.st.st_size);
		expect(opened.head[0] == 'A', "byte %#x", opened.head[0]);
	}
	victim_end(&victim);
	expect_end();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("open");
	TCase *tcase = guarded_tcase(suite, "open");

	tcase_add_test(tcase, who_may_follow_the_link_gets_every_object_by_it);
	tcase_add_test(tcase, root_opens_every_object_of_roots_process);
	tcase_add_test(tcase, nobody_gets_what_the_lower_rungs_lead_to_and_nothing_else);
	tcase_add_test(tcase, root_of_a_child_user_namespace_is_a_nobody_for_the_link);
	tcase_add_test(tcase, another_users_process_is_opened_as_far_as_capabilities_reach);
	tcase_add_test(tcase, a_range_that_was_unmapped_is_stale);
	tcase_add_test(tcase, a_range_that_maps_another_file_now_is_stale);
	tcase_add_test(tcase, a_range_that_is_anonymous_now_is_stale);
	tcase_add_test(tcase, a_range_that_moved_away_is_stale);
	tcase_add_test(tcase, a_range_that_maps_the_same_file_anew_is_that_file);
	tcase_add_test(tcase, a_part_that_maps_another_file_now_is_in_no_copy);
	tcase_add_test(tcase, a_range_that_was_split_or_merged_is_asked_anew);
	tcase_add_test(tcase, a_process_that_exited_is_no_longer_there);
	tcase_add_test(tcase, a_process_that_execed_is_stale);
	tcase_add_test(tcase, a_process_that_is_not_dumpable_is_opened_by_root_only);
	tcase_add_test(tcase, a_process_whose_leader_has_exited_is_opened_through_a_living_thread);
	tcase_add_test(tcase, a_leader_that_exits_after_the_mapping_was_found_is_no_hindrance);
	tcase_add_test(tcase, a_chrooted_process_is_opened_in_its_root_and_not_in_ours);
	tcase_add_test(tcase, another_mount_namespace_is_read_through_the_process_root);
	tcase_add_test(tcase, a_file_system_that_only_the_process_has_mounted_is_reached);
	tcase_add_test(tcase, hidden_processes_are_not_there_for_others);
	tcase_add_test(tcase, a_caller_without_proc_opens_through_the_one_it_names);
	tcase_add_test(tcase, the_program_is_opened_by_exe_even_when_deleted);
	tcase_add_test(tcase, as_mapped_is_refused_where_the_file_may_not_be_written);
	tcase_add_test(tcase, descriptors_0_to_2_are_never_used);
	tcase_add_test(tcase, a_copy_of_the_mapping_will_do_and_its_path_is_not_looked_at);
	tcase_add_test(tcase, wrong_arguments_are_refused);
	tcase_add_test(tcase, info_is_of_the_last_success);
	tcase_add_test(tcase, a_saved_tree_has_names_only);
	tcase_add_test(tcase, holes_of_a_copy_are_told);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return fs_main(argv, make_suite);
}
