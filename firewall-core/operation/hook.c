/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hooks of a folder → run, one after the other. */
#include "operation/hook.h"
#include "base/child.h"
#include "base/trust.h"
#include <dirent.h>
#include <errno.h>

#define VARIABLES 11

/* The environment of a hook: nothing of the caller's own. */
struct environment {
	const char *entries[VARIABLES + 1];
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
		cleanup_free(&environment->entries[i]);
}

/* What it prints goes where our own lines go: libxl logs that. */
static bool run_one(const char *path, const struct environment *environment, long timeout_ms,
		    struct err *err)
{
	const char *const arguments[] = { path, NULL };
	const struct child_program program = {
		.arguments = arguments,
		.environment = environment->entries,
		.streams = { STDIN_FILENO, STDERR_FILENO, STDERR_FILENO },
	};
	int exit_status;

	return child_run(&exit_status, &program, timeout_ms, err) || err_prefix(err, "hook ");
}

static int is_hook(const struct dirent *entry)
{
	const char *ending = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && ending && !strcmp(ending, ".hook");
}

/* The hooks of a folder, as many as may be executed, each by its path. */
struct hooks {
	char **paths;
	int count;
};

static bool add_hook(struct hooks *hooks, const char *folder, const char *name, struct err *err)
{
	auto_free char *path = NULL;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return err_memory(err);
	if (access(path, X_OK))
		return true;
	if (!trust_path(path, err))
		return err_prefix(err, "no hook is run: %s: ", path);
	hooks->paths[hooks->count++] = path;
	path = NULL;
	return true;
}

static bool find_hooks(struct hooks *hooks, const char *folder, struct err *err)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_hook, alphasort);
	bool ok = false;

	if (count < 0)
		return errno == ENOENT || err_sys(err, "the hooks in %s can't be read", folder);
	hooks->paths = calloc((size_t)count + 1, sizeof(*hooks->paths));
	if (!hooks->paths)
		err_memory(err);
	else
		ok = !count || trust_path(folder, err) ||
		     err_prefix(err, "no hook is run: %s: ", folder);
	for (int i = 0; i < count; i++) {
		ok = ok && add_hook(hooks, folder, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	return ok;
}

static void hooks_done(struct hooks *hooks)
{
	for (int i = 0; i < hooks->count; i++)
		free(hooks->paths[i]);
	free(hooks->paths);
}

static bool run_all(const struct hooks *hooks, const struct environment *environment,
		    long deadline_ms, struct err *err)
{
	if (environment->failed)
		return err_memory(err);
	for (int i = 0; i < hooks->count; i++)
		if (!run_one(hooks->paths[i], environment, deadline_ms - child_now_ms(), err))
			return false;
	return true;
}

bool hooks_run(const char *folder, const struct hook_variables *variables, unsigned timeout_ms,
	       struct err *err)
{
	long deadline_ms = child_now_ms() + timeout_ms;
	struct environment environment = { 0 };
	struct hooks hooks = { .count = 0 };
	bool ok = find_hooks(&hooks, folder, err);

	if (ok && hooks.count) {
		environment_make(&environment, variables);
		ok = run_all(&hooks, &environment, deadline_ms, err);
	}
	environment_done(&environment);
	hooks_done(&hooks);
	return ok;
}

void hooks_check(const char *folder, struct report *report)
{
	struct hooks hooks = { .count = 0 };
	struct err err;

	if (geteuid() == 0 && !find_hooks(&hooks, folder, &err))
		report_warning(report, "[xen] HOOKS: no guest will start: %s", err.text);
	hooks_done(&hooks);
}
