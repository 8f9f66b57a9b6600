/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child: how a program ended is never taken for a success, and never waited for without an end. */
#include "base/child.h"
#include "base/process.h"
#include "tap.h"
#include <signal.h>
#include <sys/wait.h>

static bool run(int *exit_status, struct err *err, long timeout_ms, const char *command)
{
	static const char *const environment[] = { "PATH=/usr/bin:/bin", NULL };
	const char *const arguments[] = { "/bin/sh", "-c", command, NULL };
	const struct child_program program = { .arguments = arguments,
					       .environment = environment,
					       .streams = { 0, 1, 2 } };

	return child_run(exit_status, &program, timeout_ms, err);
}

static void fails(int status, const char *words, long timeout_ms, const char *command)
{
	struct err err = { "" };
	int exit_status;

	ok(!run(&exit_status, &err, timeout_ms, command), "fails: %s", command);
	ok(exit_status == status, "its exit status is %d", exit_status);
	is_text(err.text, words, "says why");
}

static void test_not_there(void)
{
	const char *const arguments[] = { "/nowhere", NULL }, *const environment[] = { NULL };
	const struct child_program program = { .arguments = arguments,
					       .environment = environment,
					       .streams = { 0, 1, 2 } };
	struct err err = { "" };
	int exit_status;

	ok(!child_run(&exit_status, &program, 5000, &err), "a program that is not there");
	is_text(err.text, "/nowhere can't be run: No such file or directory", "is named");
}

int main(void)
{
	struct err err;
	int status;

	process_start();
	ok(run(&status, &err, 5000, "exit 0"), "a program that exits with 0");
	fails(3, "/bin/sh failed with status 3", 5000, "exit 3");
	fails(-1, "/bin/sh ended by signal 15", 5000, "kill $$");
	fails(-1, "/bin/sh took longer than 1 s and was killed", 200, "sleep 60");
	fails(127, "/bin/sh failed with status 127", 5000, "exec /nowhere 2>/dev/null");
	ok(run(&status, &err, 5000, "[ $(umask) = 0022 ] && kill -PIPE $$ || true") == false &&
		   strstr(err.text, "signal 13"),
	   "what we ignore has its default there");
	test_not_there();
	signal(SIGCHLD, SIG_IGN);
	fails(-1, "how /bin/sh ended can't be found out: No child processes", 5000, "exit 1");
	fails(-1, "how /bin/sh ended can't be found out: No child processes", 5000, "exit 0");
	return tap_done();
}
