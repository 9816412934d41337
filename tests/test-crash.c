/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library in a crash handler: on a small alternate stack, in memory that was
 * set aside, while the thread that crashed holds the allocator's lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <mapfiles.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"
#include "harness.h"
#include "target.h"
#include "truth.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

/* What the library needs by its header, and room for the checks of the test. */
#define HANDLER_STACK (SANITIZED ? (size_t)512 << 10 : (size_t)20 << 10)
#define PAINT	      0xa5
#define MANY_FILES    5000
#define LARGE_MEMORY  ((size_t)2 << 20)
#define COPY_MOST     ((uint64_t)64 << 20)

/* What is asked of the handler, set up before the crash. */
static struct task {
	pid_t pid; /* 0: its own process */
	struct mf_iter_opts opts;
	const struct truth *truth; /* NULL: the handler's own reading of its maps */
	size_t size; /* of the memory, and where it begins */
	size_t misfit;
	int want_source;
	bool opens; /* each mapped file too */
	uint32_t open_flags;
	void (*crash)(void);
} task;

static _Alignas(64) char memory[(2 << 20) + 64];
static char own_maps[1 << 18];
static struct target target;
static struct truth truth;
static char *stack_base;
static size_t stack_size;

/*
 * The truth about the own process, read with bare system calls: in the handler
 * nothing is mapped or unmapped any more.
 */
static size_t read_own_maps(void)
{
	const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	require(fd >= 0);
	while ((n = read(fd, own_maps + len, sizeof(own_maps) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	require(n == 0 && len < sizeof(own_maps) - 1);
	own_maps[len] = '\0';
	return len;
}

/* The next line's range and whether a file is behind it. */
static bool next_own(char **pos, uint64_t *ret_start, uint64_t *ret_end, bool *ret_file)
{
	char *p = *pos;
	int i;

	if (!*p)
		return false;
	*ret_start = strtoull(p, &p, 16);
	*ret_end = strtoull(p + 1, &p, 16);
	/* " rwxp OFFSET MAJOR:MINOR INODE ": to the blank before MAJOR */
	for (i = 0; i < 2; i++)
		p = strchr(p + 1, ' ');
	*ret_file = strncmp(p, " 00:00 0 ", 9) != 0;
	*pos = strchr(p, '\n') + 1;
	return true;
}

static bool next_true(size_t *index, char **pos, uint64_t *ret_start, uint64_t *ret_end)
{
	const bool all = task.opts.flags & MF_ITER_ALL;
	bool file;

	if (!task.truth) {
		while (next_own(pos, ret_start, ret_end, &file)) {
			if (all || file)
				return true;
		}
		return false;
	}
	while (*index < task.truth->n) {
		const struct truth_mapping *const t = &task.truth->list[(*index)++];

		if (!all && !t->file)
			continue;
		*ret_start = t->start;
		*ret_end = t->end;
		return true;
	}
	return false;
}

static void open_and_close(struct mf_iter *iter, const struct mf_mapping *m)
{
	struct mf_mapping copy = *m;
	const struct mf_open_info *info;
	struct stat st;
	int fd;

	/* A sanitizer's shadow is of terabytes. */
	if (task.open_flags & MF_OPEN_COPY && m->end - m->start > COPY_MOST)
		return;
	fd = CALL(mf_open_fd(iter, &copy, task.open_flags));
	if (fd < 0)
		return;
	require(!CALL(mf_open_info(iter, &info)));
	require(info->rung && CALL(mf_why_text(info->rung)));
	require(!fstat(fd, &st));
	/* No other file system shows in st_dev what maps shows, but this one does. */
	if (info->rung != MF_RUNG_COPY && S_ISREG(st.st_mode) && m->dev_major)
		require(st.st_ino == m->inode);
	close(fd);
}

static void find_again(struct mf_iter *iter, uint64_t addr)
{
	const struct mf_mapping *m;

	require(CALL(mf_find(iter, addr, &m)) == 1);
	require(m->start <= addr && addr < m->end);
	require(CALL(mf_kind_name(m->kind)));
}

static void walk(struct mf_iter *iter)
{
	const struct mf_iter_report *report;
	const struct mf_mapping *m;
	uint64_t start, end;
	char *pos = own_maps;
	size_t index = 0, n = 0;
	int r;

	while ((r = CALL(mf_next(iter, &m))) > 0) {
		require_msg(next_true(&index, &pos, &start, &end), "%zu are too many", n);
		require_msg(m->start == start && m->end == end, "number %zu", n);
		n++;
		if (task.opens)
			open_and_close(iter, m);
		if (n % 16 == 1)
			find_again(iter, start);
	}
	require_msg(!r, "%s", CALL(mf_strerror(r)));
	require_msg(!next_true(&index, &pos, &start, &end), "only %zu were listed", n);
	require(!CALL(mf_iter_report(iter, &report)));
	require(report->flags & MF_REPORT_COMPLETE && report->n_mappings == n);
}

static void read_memory(struct mf_iter *iter)
{
	size_t size = 0;
	const int64_t n = CALL(mf_read(iter, (uintptr_t)&task.size, &size, sizeof(size)));

	/* A child of ours has it at the same place. */
	require(n == (int64_t)sizeof(size));
	require(task.pid || size == task.size);
}

static void do_task(void)
{
	struct mf_iter *iter;
	int r;

	if (!task.truth)
		read_own_maps();
	faults_start(NULL);
	faults_forbid_allocation(true);
	require(CALL(mf_version()));
	r = CALL(mf_iter_open_in(memory + task.misfit, task.size, task.pid, &task.opts, &iter));
	require_msg(!r, "%s", CALL(mf_strerror(r)));
	if (task.want_source)
		require_msg(CALL(mf_iter_source(iter)) == task.want_source, "the source is %s",
			    CALL(mf_source_name((uint32_t)mf_iter_source(iter))));
	walk(iter);
	read_memory(iter);
	require(!CALL(mf_iter_rewind(iter)));
	walk(iter);
	CALL((mf_iter_close(iter), 0));
	faults_forbid_allocation(false);
	require(!fault_account.allocations && !fault_account.live_blocks);
	require(!fault_account.live_bytes);
}

static void on_crash(int number)
{
	(void)number;
	do_task();
	/* Not exit(): the allocator's lock is held. */
	_exit(0);
}

/* A stack with a guard page below, painted to see how much is used. */
static void install_handler(void (*handler)(int), size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
	stack_t stack = { 0 };

	stack_size = (size + page - 1) / page * page;
	stack_base = mmap(NULL, stack_size + page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	require(stack_base != MAP_FAILED);
	require(!mprotect(stack_base, page, PROT_NONE));
	stack_base += page;
	memset(stack_base, PAINT, stack_size);
	stack.ss_sp = stack_base + (stack_size - size);
	stack.ss_size = size;
	require(!sigaltstack(&stack, NULL));
	require(!sigaction(SIGSEGV, &action, NULL));
}

static size_t stack_used(void)
{
	size_t untouched = 0;

	while (untouched < stack_size && (unsigned char)stack_base[untouched] == PAINT)
		untouched++;
	return stack_size - untouched;
}

static size_t min_signal_stack(void)
{
	const size_t size = getauxval(AT_MINSIGSTKSZ);

	return size ? size : (size_t)MINSIGSTKSZ;
}

/*
 * Ways to crash.
 */
static void crash(void)
{
	*(volatile char *)8 = 1;
	_exit(9);
}

static void *idle(void *arg)
{
	pause();
	return arg;
}

/* libc locks its heap only once there is a second thread. */
static void start_thread(void)
{
	pthread_t thread;

	require(!pthread_create(&thread, NULL, idle, NULL));
}

/*
 * Inside of malloc(3), with its lock held: a freed block's link is made to lead
 * nowhere, and libc follows it. This is what a real heap corruption does.
 */
static void crash_in_malloc(void)
{
	/* Too large for the caches in front of the heap; the second keeps it from its end. */
	uintptr_t *volatile victim = malloc(4000);
	void *volatile guard = malloc(4000);

	start_thread();
	free(victim);
	victim[1] = 8;
	guard = malloc(4800);
	free(guard);
	_exit(9);
}

static void run_task(void *arg)
{
	(void)arg;
	install_handler(on_crash, min_signal_stack() + HANDLER_STACK);
	task.crash();
}

static void use_task(struct task new_task)
{
	task = new_task;
	if (!task.size)
		task.size = MF_ITER_MEMORY;
	task.opts.size = sizeof(task.opts);
	if (!task.crash)
		task.crash = crash;
	in_child(run_task, NULL);
}

START_TEST(the_own_process_is_listed_from_a_crash_handler)
{
	use_task((struct task){ 0 });
	use_task((struct task){ .opts.flags = MF_ITER_ALL });
	use_task((struct task){ .opts.flags = MF_ITER_STREAM });
	use_task((struct task){ .opts.flags = MF_ITER_ALL | MF_ITER_STAT | MF_ITER_OPEN_FDS });
	use_task((struct task){ .opts.source = MF_SOURCE_MAPS });
}
END_TEST

START_TEST(another_process_is_listed_from_a_crash_handler)
{
	use_task((struct task){ .pid = target.pid, .truth = &truth, .size = LARGE_MEMORY });
	use_task((struct task){ .pid = target.pid,
				.truth = &truth,
				.size = LARGE_MEMORY,
				.opts.flags = MF_ITER_STAT | MF_ITER_OPEN_FDS });
}
END_TEST

START_TEST(objects_are_opened_from_a_crash_handler)
{
	use_task((struct task){ .opens = true });
	use_task((struct task){ .opens = true, .open_flags = MF_OPEN_AS_MAPPED });
	use_task((struct task){ .opens = true, .open_flags = MF_OPEN_PATH });
	use_task((struct task){ .opens = true,
				.open_flags = MF_OPEN_COPY,
				.opts.flags = MF_ITER_ALL });
}
END_TEST

static void run_as_nobody(void *arg)
{
	(void)arg;
	task.pid = 0;
	run_task(NULL);
}

START_TEST(the_lower_rungs_work_in_a_crash_handler_too)
{
	if (!is_root())
		skip("is for root, who becomes nobody");
	task = (struct task){ .opens = true,
			      .size = MF_ITER_MEMORY,
			      .crash = crash,
			      .opts = { .size = sizeof(task.opts), .flags = MF_ITER_STAT } };
	in_child_as_nobody(run_as_nobody, NULL);
	task.open_flags = MF_OPEN_COPY;
	task.opts.flags = MF_ITER_ALL | MF_ITER_OPEN_FDS;
	in_child_as_nobody(run_as_nobody, NULL);
}
END_TEST

START_TEST(the_allocators_lock_may_be_held)
{
	if (SANITIZED || under_valgrind())
		skip("the allocator is not libc's");
	use_task((struct task){ .crash = crash_in_malloc });
	use_task((
		struct task){ .crash = crash_in_malloc, .opts.flags = MF_ITER_ALL, .opens = true });
	use_task((struct task){ .crash = crash_in_malloc,
				.pid = target.pid,
				.truth = &truth,
				.size = LARGE_MEMORY });
}
END_TEST

/*
 * The controls.
 */
static void allocate_on_crash(int number)
{
	(void)number;
	/* Check's own handler would kill the test. */
	signal(SIGALRM, SIG_DFL);
	alarm(1);
	free(malloc(4000));
	_exit(0);
}

static int status_of(void (*function)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	require(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		function();
		_exit(0);
	}
	require(waitpid(pid, &status, 0) == pid);
	return status;
}

static void crash_and_allocate(void)
{
	install_handler(allocate_on_crash, min_signal_stack() + HANDLER_STACK);
	crash_in_malloc();
}

START_TEST(the_lock_is_really_held)
{
	int status;

	if (SANITIZED || under_valgrind())
		skip("the allocator is not libc's");
#ifndef __GLIBC__
	skip("a program of one thread takes no lock");
#endif
	status = status_of(crash_and_allocate);
	require_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM,
		    "malloc in that handler did not hang: status %#x", (unsigned int)status);
}
END_TEST

static volatile int reached;

static void use_allocating_iterator(void *arg)
{
	struct mf_iter *iter;

	(void)arg;
	faults_start(NULL);
	require(!CALL(mf_iter_open(0, NULL, &iter)));
	reached = (int)fault_account.allocations;
	CALL((mf_iter_close(iter), 0));
	require(reached > 0);
	require(!fault_account.live_blocks && !fault_account.live_bytes);
}

START_TEST(an_allocation_is_noticed)
{
	use_allocating_iterator(NULL);
}
END_TEST

/*
 * The memory.
 */
static size_t *shared_used;

static void measure(int number)
{
	(void)number;
	do_task();
	*shared_used = stack_used();
	_exit(0);
}

static void crash_and_measure(void *arg)
{
	(void)arg;
	install_handler(measure, min_signal_stack() + 2 * HANDLER_STACK);
	crash();
}

static void do_nothing(int number)
{
	(void)number;
	*shared_used = stack_used();
	_exit(0);
}

static void crash_only(void *arg)
{
	(void)arg;
	install_handler(do_nothing, min_signal_stack() + HANDLER_STACK);
	crash();
}

START_TEST(sixteen_kib_of_stack_are_enough)
{
	size_t frame;

	if (SANITIZED || under_valgrind())
		skip("a sanitizer's stack frames are larger");
	shared_used = mmap(NULL, sizeof(*shared_used), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	require(shared_used != MAP_FAILED);
	in_child(crash_only, NULL);
	frame = *shared_used;
	task = (struct task){ .opens = true,
			      .size = MF_ITER_MEMORY,
			      .open_flags = MF_OPEN_COPY,
			      .opts = { .size = sizeof(task.opts),
					.flags = MF_ITER_ALL | MF_ITER_STAT | MF_ITER_OPEN_FDS } };
	in_child(crash_and_measure, NULL);
	printf("stack in the handler: %zu bytes, the signal's frame: %zu\n", *shared_used - frame,
	       frame);
	require_msg(*shared_used - frame <= (size_t)16 << 10, "%zu bytes", *shared_used - frame);
	if (is_root()) {
		in_child_as_nobody(crash_and_measure, NULL);
		printf("stack in the handler, as nobody: %zu bytes\n", *shared_used - frame);
		require_msg(*shared_used - frame <= (size_t)16 << 10, "%zu bytes",
			    *shared_used - frame);
	}
	munmap(shared_used, sizeof(*shared_used));
}
END_TEST

START_TEST(memory_of_the_promised_size_is_enough_at_any_address)
{
	size_t misfit;

	for (misfit = 0; misfit < 17; misfit++)
		use_task((struct task){ .misfit = misfit });
	use_task((struct task){ .misfit = 63 });
}
END_TEST

/* Not one byte outside of what was given is written, and too little is refused. */
static void walk_within(size_t size)
{
	/* Newlines in names and long paths make use of every buffer. */
	const struct mf_iter_opts opts = { .size = sizeof(opts), .source = MF_SOURCE_MAPS };
	struct mf_iter *const untouched = (void *)&reached;
	struct mf_iter *iter = untouched;
	const struct mf_mapping *m;
	size_t i;
	int r;

	memset(memory, PAINT, MF_ITER_MEMORY + 1024);
	r = mf_iter_open_in(memory + 1, size, target.pid, &opts, &iter);
	if (size < MF_ITER_MEMORY) {
		ck_errno(r, -ENOMEM);
		require(iter == untouched);
		size = 0;
	} else {
		require(!r);
		while ((r = mf_next(iter, &m)) > 0)
			;
		require(!r);
		mf_iter_close(iter);
	}
	require((unsigned char)memory[0] == PAINT);
	for (i = size + 1; i < MF_ITER_MEMORY + 1024; i++)
		require_msg((unsigned char)memory[i] == PAINT, "byte %zu of %zu", i, size);
}

START_TEST(memory_is_never_exceeded)
{
	struct mf_iter *const untouched = (void *)&reached;
	struct mf_iter *iter = untouched;
	size_t size;

	for (size = 0; size < MF_ITER_MEMORY; size = size * 2 + 1)
		walk_within(size);
	walk_within(MF_ITER_MEMORY - 1);
	for (size = MF_ITER_MEMORY; size < MF_ITER_MEMORY + 64; size++)
		walk_within(size);
	walk_within(MF_ITER_MEMORY + 1000);
	ck_errno(mf_iter_open_in(NULL, MF_ITER_MEMORY, 0, NULL, &iter), -EINVAL);
	ck_errno(mf_iter_open_in(memory, MF_ITER_MEMORY, -1, NULL, &iter), -EINVAL);
	ck_errno(mf_iter_open_in(memory, MF_ITER_MEMORY, 0, NULL, NULL), -EINVAL);
	require(iter == untouched);
}
END_TEST

static void map_many(struct child *child)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *base = mmap(NULL, 2 * MANY_FILES * page, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int fd = memfd_create("many", MFD_CLOEXEC);
	size_t i;

	require(base != MAP_FAILED && fd >= 0);
	for (i = 0; i < MANY_FILES; i++)
		require(mmap(base + 2 * i * page, page, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) !=
			MAP_FAILED);
	child_tell(child);
	for (;;)
		kill(getpid(), SIGSTOP);
}

START_TEST(a_list_that_does_not_fit_is_streamed)
{
	struct truth many;
	struct child child;

	child_start(&child, map_many, NULL);
	require(child_hear(&child));
	wait_stopped(child.pid);
	truth_read(&many, child.pid);
	use_task((struct task){ .pid = child.pid,
				.truth = &many,
				.size = LARGE_MEMORY,
				.want_source = MF_SOURCE_MAP_FILES });
	use_task((struct task){ .pid = child.pid,
				.truth = &many,
				.size = LARGE_MEMORY,
				.want_source = MF_SOURCE_MAP_FILES,
				.misfit = 3 });
	task = (struct task){ .pid = child.pid,
			      .truth = &many,
			      .size = MF_ITER_MEMORY,
			      .crash = crash,
			      .opts = { .size = sizeof(task.opts) } };
	in_child(run_task, NULL);
	/* Streamed: by whatever else there is. */
	struct mf_iter *iter;

	require(!mf_iter_open_in(memory, MF_ITER_MEMORY, child.pid, NULL, &iter));
	require(mf_iter_source(iter) != MF_SOURCE_MAP_FILES);
	mf_iter_close(iter);
	task.opts.source = MF_SOURCE_MAP_FILES;
	ck_errno(mf_iter_open_in(memory, MF_ITER_MEMORY, child.pid, &task.opts, &iter), -ENOMEM);
	truth_free(&many);
	child_end(&child);
}
END_TEST

/* Longer than the memory's buffers: a line of text of more than 8 KiB. */
static void map_long_name(struct child *child)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int dir_fd = open(temp_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, i;
	char name[251];
	void *addr;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (i = 0; i < 40; i++) {
		require(!mkdirat(dir_fd, name, 0755) || errno == EEXIST);
		fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		require(fd >= 0);
		close(dir_fd);
		dir_fd = fd;
	}
	fd = openat(dir_fd, "end", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	require(fd >= 0 && !ftruncate(fd, (off_t)page));
	addr = mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0);
	require(addr != MAP_FAILED);
	memcpy(child->arg, &addr, sizeof(addr));
	child_tell(child);
	for (;;)
		kill(getpid(), SIGSTOP);
}

/* The last return value of mf_next(), and how many mappings had no name. */
static int walk_to_the_end(struct mf_iter *iter, unsigned int *ret_nameless)
{
	const struct mf_mapping *m;
	int r;

	*ret_nameless = 0;
	while ((r = mf_next(iter, &m)) > 0)
		*ret_nameless += !(m->has & MF_HAS_PATH);
	return r;
}

static void start_long_name(struct child *child, void **addr)
{
	child_start(child, map_long_name, addr);
	require(child_hear(child));
	wait_stopped(child->pid);
}

/* Text has to hold the line; the ioctl gives all but the name. */
START_TEST(a_name_that_does_not_fit_is_never_a_wrong_one)
{
	static const uint32_t sources[] = { MF_SOURCE_MAPS, MF_SOURCE_AUTO, MF_SOURCE_QUERY };
	void **const addr = mmap(NULL, sizeof(*addr), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child child;
	unsigned int nameless;
	size_t i;

	start_long_name(&child, addr);
	for (i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		const struct mf_iter_opts opts = { .size = sizeof(opts), .source = sources[i] };
		const struct mf_mapping *m = NULL;
		struct mf_iter *iter;
		int r = mf_iter_open_in(memory, LARGE_MEMORY, child.pid, &opts, &iter);

		if (r == -EOPNOTSUPP)
			continue;
		require(!r);
		r = walk_to_the_end(iter, &nameless);
		require_msg(r == -ENOMEM || (!r && nameless == 1), "source %u: %d, %u", sources[i],
			    r, nameless);
		require(r || sources[i] != MF_SOURCE_MAPS);
		ck_errno(mf_next(iter, &m), r);
		r = mf_find(iter, (uintptr_t)*addr, &m);
		require(r == -ENOMEM || (r == 1 && !(m->has & MF_HAS_PATH)));
		mf_iter_close(iter);
		/* Allocated, the same is listed whole. */
		require(!mf_iter_open(child.pid, &opts, &iter));
		require(!walk_to_the_end(iter, &nameless) && !nameless);
		mf_iter_close(iter);
	}
	child_end(&child);
	munmap(addr, sizeof(*addr));
}
END_TEST

static void set_up(void)
{
	spawn_target(&target, 0);
	truth_read(&truth, target.pid);
}

static void tear_down(void)
{
	truth_free(&truth);
	end_target(&target);
}

static Suite *make_suite(void)
{
	Suite *const suite = suite_create("crash");
	TCase *const t = guarded_tcase(suite, "crash");

	tcase_add_unchecked_fixture(t, set_up, tear_down);
	tcase_add_test(t, the_own_process_is_listed_from_a_crash_handler);
	tcase_add_test(t, another_process_is_listed_from_a_crash_handler);
	tcase_add_test(t, objects_are_opened_from_a_crash_handler);
	tcase_add_test(t, the_lower_rungs_work_in_a_crash_handler_too);
	tcase_add_test(t, the_allocators_lock_may_be_held);
	tcase_add_test(t, the_lock_is_really_held);
	tcase_add_test(t, an_allocation_is_noticed);
	tcase_add_test(t, sixteen_kib_of_stack_are_enough);
	tcase_add_test(t, memory_of_the_promised_size_is_enough_at_any_address);
	tcase_add_test(t, memory_is_never_exceeded);
	tcase_add_test(t, a_list_that_does_not_fit_is_streamed);
	tcase_add_test(t, a_name_that_does_not_fit_is_never_a_wrong_one);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
