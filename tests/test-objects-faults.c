/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A scan when memory or descriptors run out: it is the whole truth, or it fails
 * as a whole and leaves nothing behind. And what a scan costs in memory.
 */
#include <mapfiles.h>

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "faults.h"
#include "harness.h"

#define PAGE	   4096u
#define N_CHILDREN 3
#define N_SHARED   300

static struct child children[N_CHILDREN];
static int32_t pids[N_CHILDREN];

static void stand_still(struct child *child)
{
	child_tell(child);
	for (;;)
		kill(getpid(), SIGSTOP);
}

/* A third of the regions is inherited, and shared; the rest is each one's own. */
static void map_and_stand_still(struct child *child)
{
	for (int i = N_SHARED / 3; i < N_SHARED; i++)
		require(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) !=
			MAP_FAILED);
	stand_still(child);
}

static void start_children(void)
{
	for (int i = 0; i < N_SHARED / 3; i++)
		require(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) !=
			MAP_FAILED);
	for (int i = 0; i < N_CHILDREN; i++) {
		child_start(&children[i], map_and_stand_still, NULL);
		require(child_hear(&children[i]));
		wait_stopped(children[i].pid);
		pids[i] = children[i].pid;
	}
}

static void end_children(void)
{
	for (int i = 0; i < N_CHILDREN; i++)
		child_end(&children[i]);
}

struct sum {
	uint64_t n_objects, n_users, n_shared, n_with_stat;
};

static struct sum sum_up(const struct mf_objects *objects)
{
	struct sum sum = { .n_objects = mf_objects_count(objects) };
	const struct mf_object *object;

	for (uint64_t i = 0; mf_objects_get(objects, i, &object) == 1; i++) {
		sum.n_users += object->n_users;
		sum.n_shared += object->n_processes == N_CHILDREN;
		sum.n_with_stat += (object->has & MF_HAS_STAT) != 0;
	}
	return sum;
}

static int try(struct sum *ret)
{
	struct mf_objects *const untouched = (void *)ret, *objects = untouched;
	const int error = CALL(mf_objects_open(pids, N_CHILDREN, NULL, &objects));

	if (error) {
		ck_assert_ptr_eq(objects, untouched);
		return error;
	}
	*ret = sum_up(objects);
	CALL((mf_objects_close(objects), 0));
	return 0;
}

static const struct {
	enum fault_call call;
	enum fault_mode mode;
	int error;
} faults[] = {
	{ FAULT_ALLOC, FAULT_ONCE, ENOMEM }, { FAULT_ALLOC, FAULT_FROM_THEN_ON, ENOMEM },
	{ FAULT_OPEN, FAULT_ONCE, EMFILE },  { FAULT_OPEN, FAULT_FROM_THEN_ON, EMFILE },
	{ FAULT_OPEN, FAULT_ONCE, ENFILE },  { FAULT_OPEN, FAULT_EVERY_OTHER, EINTR },
	{ FAULT_MEMFD, FAULT_ONCE, EMFILE }, { FAULT_STAT, FAULT_ONCE, ENOMEM },
	{ FAULT_IOCTL, FAULT_ONCE, EINTR },
};

#define N_FAULTS ((int)(sizeof(faults) / sizeof(*faults)))

START_TEST(a_scan_without_resources_is_the_whole_truth_or_fails)
{
	struct sum truth, sum;
	unsigned int nth = 1;

	ck_errno(try(&truth), 0);
	for (;; nth += nth < 150 ? 1 : 13) {
		const struct fault_plan plan = { .call = faults[_i].call,
						 .mode = faults[_i].mode,
						 .nth = nth,
						 .error = faults[_i].error };
		int error;

		faults_start(&plan);
		error = try(&sum);
		ck_assert_int_eq(fault_account.live_blocks, 0);
		ck_assert_int_eq(fault_account.live_bytes, 0);
		if (error) {
			ck_assert_int_eq(error, -faults[_i].error);
			ck_assert_uint_gt(fault_account.injected, 0);
			continue;
		}
		ck_assert_msg(sum.n_objects == truth.n_objects && sum.n_users == truth.n_users &&
				      sum.n_shared == truth.n_shared,
			      "%s %u: %llu objects of %llu, %llu users of %llu",
			      fault_call_name(plan.call), nth, (unsigned long long)sum.n_objects,
			      (unsigned long long)truth.n_objects, (unsigned long long)sum.n_users,
			      (unsigned long long)truth.n_users);
		if (!fault_account.injected)
			break;
	}
	faults_start(NULL);
}
END_TEST

START_TEST(memory_is_proportional_to_objects_and_users)
{
	struct mf_objects *objects;
	struct sum sum;

	faults_start(NULL);
	ck_errno(CALL(mf_objects_open(pids, N_CHILDREN, NULL, &objects)), 0);
	sum = sum_up(objects);
	ck_assert_uint_ge(sum.n_shared, N_SHARED / 3);
	ck_assert_uint_ge(sum.n_users, N_CHILDREN * N_SHARED);
	/* Arrays that double, and a block for each name. */
	ck_assert_int_lt(fault_account.live_blocks, 100);
	ck_assert_uint_lt(fault_account.allocations, 300);
	CALL((mf_objects_close(objects), 0));
	ck_assert_int_eq(fault_account.live_blocks, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *const suite = suite_create("objects-faults");
	TCase *const tcase = guarded_tcase(suite, "faults");

	tcase_add_unchecked_fixture(tcase, start_children, end_children);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, a_scan_without_resources_is_the_whole_truth_or_fails, 0,
			    N_FAULTS);
	tcase_add_test(tcase, memory_is_proportional_to_objects_and_users);
	return suite;
}

int main(int argc, char **argv)
{
	(void)argc;
	return harness_main(argv, make_suite);
}
