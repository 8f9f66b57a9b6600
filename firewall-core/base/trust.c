/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path → whether it is in the hands of those alone whom we trust. */
#include "base/trust.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#define LINKS_MAX 40 /* as the kernel's: MAXSYMLINKS */

/* A walk from / on. */
struct walk {
	char real[PATH_MAX]; /* as far as it came: folders and no links; "" is / */
	char rest[PATH_MAX]; /* what is still to go */
	unsigned links;
};

/* What is wrong; where is "" for the path itself, else its culprit on the way. */
static bool refuse_trust(struct err *err, const char *where, const char *what, const char *remedy)
{
	char shown_where[SHOWN_SIZE];

	errno = 0;
	if (!*where)
		return err_set(err, "%s it (%s): it is not trusted", what, remedy);
	shown(shown_where, where);
	return err_set(err, "%s %s, on the way to it (%s %s): it is not trusted", what, shown_where,
		       remedy, shown_where);
}

static bool check_permissions(const struct stat *status, bool on_the_way, const char *where,
			      struct err *err)
{
	bool is_link = S_ISLNK(status->st_mode);
	mode_t others = status->st_mode & (S_IWGRP | S_IWOTH);
	char whose[40];

	/* With umask 002, what is somebody's own is his group's, which has no other member. */
	if (geteuid() && status->st_uid == geteuid())
		others &= S_IWOTH;

	if (status->st_uid && status->st_uid != geteuid()) {
		snprintf(whose, sizeof(whose), "user %u owns", status->st_uid);
		return refuse_trust(err, where, whose, is_link ? "chown -h root" : "chown root");
	}
	if (is_link || !others || (on_the_way && status->st_mode & S_ISVTX))
		return true;
	if (others == S_IWGRP)
		return refuse_trust(err, where, "its group may write to", "chmod g-w");
	if (others == S_IWOTH)
		return refuse_trust(err, where, "every user may write to", "chmod o-w");
	return refuse_trust(err, where, "every user may write to", "chmod go-w");
}

static bool too_long(struct err *err)
{
	errno = ENAMETOOLONG;
	return err_sys(err, "it can't be read");
}

/* Cut the next name off the rest; "" at its end. */
static void next_name(char name[static NAME_MAX + 1], struct walk *walk)
{
	const char *start = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(start, "/"), kept = length <= NAME_MAX ? length : NAME_MAX;

	memcpy(name, start, kept);
	name[kept] = '\0';
	memmove(walk->rest, start + length, strlen(start + length) + 1);
}

/* Put what the link says before the rest. */
static bool follow_link(struct walk *walk, const char *link, struct err *err)
{
	char rest[PATH_MAX];
	ssize_t length = readlink(link, rest, sizeof(rest) - 1);

	if (length < 0 || ++walk->links > LINKS_MAX) {
		errno = length < 0 ? errno : ELOOP;
		return err_sys(err, "it can't be read");
	}
	if ((size_t)length + strlen(walk->rest) >= sizeof(rest))
		return too_long(err);
	memcpy(rest + length, walk->rest, strlen(walk->rest) + 1);
	memcpy(walk->rest, rest, strlen(rest) + 1);
	if (*rest == '/')
		walk->real[0] = '\0';
	return true;
}

/* To that name from where we are. */
static bool enter_name(struct walk *walk, const char *name, struct err *err)
{
	size_t length = strlen(walk->real);
	struct stat status;
	bool is_last;

	if (!strcmp(name, "..")) {
		*(length ? strrchr(walk->real, '/') : walk->real) = '\0';
		return true;
	}
	if (length + 1 + strlen(name) >= sizeof(walk->real))
		return too_long(err);
	sprintf(walk->real + length, "/%s", name);
	if (lstat(walk->real, &status))
		return err_sys(err, "it can't be read");
	is_last = !walk->rest[strspn(walk->rest, "/")] && !S_ISLNK(status.st_mode);
	if (!check_permissions(&status, !is_last, is_last && !walk->links ? "" : walk->real, err))
		return false;
	if (!S_ISLNK(status.st_mode))
		return true;
	if (!follow_link(walk, walk->real, err))
		return false;
	if (*walk->real)
		walk->real[length] = '\0';
	return true;
}

/* "/" itself, and "." at the end, are whole folders that others may not write to, sticky or not. */
static bool check_final_path(const struct walk *walk, struct err *err)
{
	const char *real = *walk->real ? walk->real : "/";
	struct stat status;

	if (lstat(real, &status))
		return err_sys(err, "it can't be read");
	return check_permissions(&status, false, walk->links ? real : "", err);
}

static bool walk_all(struct walk *walk, struct err *err)
{
	char name[NAME_MAX + 1];
	struct stat status;

	if (stat("/", &status))
		return err_sys(err, "/ can't be read");
	if (!check_permissions(&status, true, "/", err))
		return false;
	for (next_name(name, walk); *name; next_name(name, walk))
		if (strcmp(name, ".") && !enter_name(walk, name, err))
			return false;
	return check_final_path(walk, err);
}

bool trust_path(const char *path, struct err *err)
{
	struct walk walk = { .links = 0 };
	size_t used = 0;

	if (*path != '/') {
		if (!getcwd(walk.rest, sizeof(walk.rest) - 1))
			return err_sys(err, "it can't be read");
		used = strlen(walk.rest);
		walk.rest[used++] = '/';
	}
	if (used + strlen(path) >= sizeof(walk.rest))
		return too_long(err);
	memcpy(walk.rest + used, path, strlen(path) + 1);
	return walk_all(&walk, err);
}

bool trust_entry(int directory_fd, const char *name, struct err *err)
{
	char link[32], path[PATH_MAX];
	struct stat status;
	ssize_t length;

	if (directory_fd == AT_FDCWD || strchr(name, '/'))
		return trust_path(name, err);
	if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW))
		return err_sys(err, "it can't be read");
	if (!S_ISLNK(status.st_mode))
		return check_permissions(&status, false, "", err);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", directory_fd);
	length = readlink(link, path, sizeof(path));
	if (length < 0)
		return err_sys(err, "it can't be read");
	if ((size_t)length + 1 + strlen(name) >= sizeof(path))
		return too_long(err);
	sprintf(path + length, "/%s", name);
	return trust_path(path, err);
}
