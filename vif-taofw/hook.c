/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hooks of a folder → run, one after the other. */
#include "hook.h"
#include "child.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define VARIABLES 11

/* The environment of a hook: nothing of the caller's own. */
struct environment {
	char *entries[VARIABLES + 1];
	unsigned count;
	bool failed;
};

static void set_variable(struct environment *environment, const char *name, const char *value)
{
	char *entry;

	if (asprintf(&entry, "%s=%s", name, value) < 0)
		environment->failed = true;
	else
		environment->entries[environment->count++] = entry;
}

static void environment_make(struct environment *environment,
			     const struct hook_variables *variables)
{
	set_variable(environment, "PATH",
		     "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	set_variable(environment, "command", variables->command);
	set_variable(environment, "dev", variables->dev);
	set_variable(environment, "vif", variables->dev);
	set_variable(environment, "bridge", variables->bridge);
	set_variable(environment, "ip", variables->ip);
	set_variable(environment, "main_ip", variables->main_ip);
	set_variable(environment, "netdev", variables->netdev);
	set_variable(environment, "type_if", variables->type_if);
	set_variable(environment, "XENBUS_TYPE", "vif");
	set_variable(environment, "XENBUS_PATH", variables->xenbus_path);
}

static void environment_done(struct environment *environment)
{
	for (unsigned i = 0; i < environment->count; i++)
		free(environment->entries[i]);
}

static void become(const char *path, char *const *entries)
{
	char *arguments[] = { strdup(path), NULL };

	/* Ours are not what a hook expects, and a shell can't undo an ignored signal. */
	signal(SIGPIPE, SIG_DFL);
	umask(022);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execve(path, arguments, entries);
	_exit(127);
}

static bool run_one(const char *path, const struct environment *environment, long deadline_ms,
		    struct err *err)
{
	pid_t child = fork();
	int status = 0;

	if (child < 0)
		return err_sys(err, "hook %s can't be started", path);
	if (child == 0)
		become(path, environment->entries);
	if (!child_wait(child, deadline_ms, &status))
		return err_set(err, "hook %s took too long and was killed", path);
	if (WIFSIGNALED(status))
		return err_set(err, "hook %s ended by signal %d", path, WTERMSIG(status));
	return !WEXITSTATUS(status) ||
	       err_set(err, "hook %s failed with status %d", path, WEXITSTATUS(status));
}

static int is_hook(const struct dirent *entry)
{
	const char *ending = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && ending && !strcmp(ending, ".hook");
}

static bool run_all(const char *folder, struct dirent **entries, int count,
		    const struct environment *environment, long deadline_ms, struct err *err)
{
	if (environment->failed)
		return err_memory(err);
	for (int i = 0; i < count; i++) {
		auto_free char *path = NULL;

		if (asprintf(&path, "%s/%s", folder, entries[i]->d_name) < 0)
			return err_memory(err);
		if (!access(path, X_OK) && !run_one(path, environment, deadline_ms, err))
			return false;
	}
	return true;
}

bool hooks_run(const char *folder, const struct hook_variables *variables, unsigned timeout_ms,
	       struct err *err)
{
	long deadline_ms = child_now_ms() + timeout_ms;
	struct environment environment = { 0 };
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_hook, alphasort);
	bool ok;

	if (count < 0)
		return errno == ENOENT || err_sys(err, "the hooks in %s can't be read", folder);
	if (count)
		environment_make(&environment, variables);
	ok = run_all(folder, entries, count, &environment, deadline_ms, err);
	environment_done(&environment);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return ok;
}
