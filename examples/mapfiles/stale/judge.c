/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verdict on an object that a process maps. What its name leads to now, where the
 * process lives, decides, and whether that is the very object; the kernel's mark
 * " (deleted)" only says whether the name that was mapped is still an entry of its
 * directory, so that a file that is hidden is told from one that is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/text.h"
#include "look.h"
#include "stale.h"

/* How often a file may be renamed while it is judged. */
enum { TRIES = 4 };

static const char mark[] = " (deleted)";
static const size_t mark_len = sizeof(mark) - 1;

const char *const stale_verdict_names[N_VERDICTS] = {
	[REPLACED] = "replaced",   [DELETED] = "deleted",
	[MASKED] = "masked",	   [UNREACHABLE] = "unreachable",
	[TEMPORARY] = "temporary", [WRITTEN] = "written",
	[SAME] = "same",
};

/* What a name leads to. */
struct end {
	int error; /* -ENOENT: nothing; another: cannot be told */
	bool same; /* the very object */
	bool has_mount;
	uint64_t mount;
};

static bool is_same(const struct report *report, const struct look *look, int fd,
		    const struct statx *st)
{
	const struct mf_object *found = NULL;

	if (look->fd >= 0)
		return st->stx_ino == look->st.stx_ino &&
		       st->stx_dev_major == look->st.stx_dev_major &&
		       st->stx_dev_minor == look->st.stx_dev_minor;
	return mf_objects_find_fd(report->scan.objects, fd, &found) > 0 && found == look->object;
}

static struct end follow(const struct report *report, const struct view *view,
			 const struct look *look, const char *path)
{
	int fd = view_open(&report->views, view, path);
	struct end end = { .error = fd < 0 ? fd : 0 };
	struct statx st;

	if (fd < 0)
		return end;
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_MNT_ID,
		  &st) < 0) {
		end.error = -errno;
	} else {
		end.has_mount = st.stx_mask & STATX_MNT_ID;
		end.mount = st.stx_mnt_id;
		end.same = is_same(report, look, fd, &st);
	}
	close(fd);
	return end;
}

/* The mount of the last directory on the way to a name that leads nowhere. */
static struct end follow_directories(const struct report *report, const struct view *view,
				     const struct look *look, const char *path)
{
	char *directory = not_null(strdup(path)), *slash;
	struct end end = { .error = -ENOENT };

	while (end.error == -ENOENT && (slash = strrchr(directory, '/'))) {
		slash[slash == directory] = '\0';
		end = follow(report, view, look, directory);
		if (slash == directory)
			break;
	}
	free(directory);
	return end;
}

static struct view *choose_view(struct report *report, const struct look *look)
{
	struct views *views = &report->views;

	return look->has_mount ?
		       view_with_mount(views, look->pid, look->st.stx_mnt_id, look->path) :
		       view_of_names(views, look->pid);
}

static const char *why_unknown(int error)
{
	switch (error) {
	case -EAGAIN:
		return "its file system's server may never answer (--may-block asks it)";
	case -EXDEV:
		return "it is outside of the process's root";
	case -EACCES:
	case -EPERM:
		return "its directory may not be searched";
	case -ENOSYS:
		return "looking into another root needs Linux 5.6";
	default:
		return "its name cannot be looked up";
	}
}

static const char *why_no_view(const struct look *look)
{
	return look->has_mount ? "its mount can be reached from no process's root" :
				 "the process's root may not be looked into";
}

/* The name that was mapped is gone; but what is put back has it again. */
static enum verdict judge_gone(const struct report *report, const struct view *view,
			       const struct look *look, const char **ret_reason)
{
	char *name = not_null(strndup(look->path, look->name_len));
	struct end end = { .error = -ENOENT };

	if (view)
		end = follow(report, view, look, name);
	free(name);
	if (!end.error)
		return end.same ? SAME : REPLACED;
	if (look_is_nameless(look) || (view && end.error == -ENOENT))
		return DELETED;
	*ret_reason = view ? why_unknown(end.error) : why_no_view(look);
	return UNREACHABLE;
}

/* Its name is an entry of its directory: something hides it, or the server has another. */
static enum verdict judge_hidden(const struct report *report, const struct view *view,
				 const struct look *look, const struct end *named,
				 const char **ret_reason)
{
	struct end end = *named;

	if (end.error == -ENOENT)
		end = follow_directories(report, view, look, look->path);
	if (end.error || !look->has_mount || !end.has_mount) {
		*ret_reason = end.error ? why_unknown(end.error) :
					  "what hides it cannot be told by numbers alone";
		return UNREACHABLE;
	}
	if (end.mount != look->st.stx_mnt_id)
		return MASKED;
	return named->error == -ENOENT ? DELETED : REPLACED;
}

static enum verdict judge_named(const struct report *report, const struct view *view,
				const struct look *look, const char **ret_reason)
{
	struct end end;

	if (!view) {
		*ret_reason = why_no_view(look);
		return UNREACHABLE;
	}
	end = follow(report, view, look, look->path);
	if (!end.error && end.same)
		return SAME;
	if (!end.error || end.error == -ENOENT)
		return judge_hidden(report, view, look, &end, ret_reason);
	*ret_reason = why_unknown(end.error);
	return UNREACHABLE;
}

static enum verdict judge_look(const struct report *report, const struct view *view,
			       const struct look *look, const char **ret_reason)
{
	*ret_reason = NULL;
	if (look_is_marked(look) || look_is_nameless(look))
		return judge_gone(report, view, look, ret_reason);
	return judge_named(report, view, look, ret_reason);
}

/* What looks stale or not at first, though a restart would change nothing, or something. */
static enum verdict refine(const struct report *report, const struct view *view,
			   const struct look *look, const struct task *task, enum verdict verdict,
			   const char **reason)
{
	if (verdict == DELETED) {
		*reason = why_temporary(report, view, look, task);
		return *reason ? TEMPORARY : DELETED;
	}
	if (verdict == SAME && look->fd >= 0 && task_began_before(task, &look->st.stx_mtime)) {
		*reason = "what the process runs may be a mixture";
		return WRITTEN;
	}
	return verdict;
}

static bool judge_closely(struct report *report, const struct mf_object *object,
			  const struct mf_object_user *user, struct finding *ret)
{
	struct look look;
	struct view *view;

	if (look_open(&look, &report->scan, object, user) < 0)
		return false;
	view = choose_view(report, &look);
	ret->view = view;
	ret->verdict = judge_look(report, view, &look, &ret->reason);
	ret->uncertain = look.fd < 0 || object->flags & MF_OBJECT_UNCERTAIN;
	ret->task = task_of(report, user->pid);
	if (ret->task)
		ret->verdict = refine(report, view, &look, ret->task, ret->verdict, &ret->reason);
	ret->path = not_null(strndup(look.path, look.name_len));
	/* All that was read of the process is its own, and the name was this one all along. */
	if (ret->task && look_again(&look)) {
		look_close(&look);
		return true;
	}
	look_close(&look);
	free(ret->path);
	return false;
}

/* Cheap, and true of nearly all: the name leads to the object, which is older than the process. */
static bool leads_to_it(struct report *report, const struct mf_object *object, int pid,
			const char *name)
{
	struct view *view = view_remembered(&report->views, pid);
	const struct seen *seen = view ? view_seen(&report->views, view, name) : NULL;

	return seen && seen->object == object && !pid_began_before(report, pid, &seen->written);
}

static bool is_same_at_once(struct report *report, const struct mf_object *object,
			    const struct mf_object_user *user)
{
	size_t len = user->path_len;
	bool same = leads_to_it(report, object, user->pid, user->path);
	char *name;

	if (same || len <= mark_len || strcmp(user->path + len - mark_len, mark) != 0)
		return same;
	name = not_null(strndup(user->path, len - mark_len));
	same = leads_to_it(report, object, user->pid, name);
	free(name);
	return same;
}

bool judge(struct report *report, const struct mf_object *object, const struct mf_object_user *user,
	   struct finding *ret)
{
	int i;

	*ret = (struct finding){ .verdict = SAME, .object = object };
	if (!(report->wanted & 1 << SAME) && is_same_at_once(report, object, user))
		return true;
	for (i = 0; i < TRIES; i++)
		if (judge_closely(report, object, user, ret))
			return true;
	return false;
}
