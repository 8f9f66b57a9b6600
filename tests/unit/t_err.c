/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error texts: bounded, of one line, and cut where it can be seen. */
#include "base/err.h"
#include "tap.h"
#include <errno.h>

static void test_errors(void)
{
	char big[2000], expected[sizeof(((struct err *)0)->text)];
	struct err err;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ok(!err_set(&err, "%s is %d", "it", 7), "err_set() returns false");
	is_text(err.text, "it is 7", "err_set() prints");
	errno = ENOENT;
	ok(!err_sys(&err, "a file"), "err_sys() returns false");
	is_text(err.text, "a file: No such file or directory", "err_sys() says what errno means");
	err_prefix(&err, "%s: ", "here");
	is_text(err.text, "here: a file: No such file or directory", "err_prefix() puts before");

	memset(expected, 'x', sizeof(expected));
	strcpy(expected + sizeof(expected) - sizeof("…"), "…");
	err_set(&err, "%s", big);
	is_text(err.text, expected, "a text that is too long ends in an ellipsis");
	err_set(&err, "%s", "short");
	err_prefix(&err, "%.508s", big);
	memset(expected, 'x', sizeof(expected));
	strcpy(expected + sizeof(expected) - sizeof("…"), "…");
	is_text(err.text, expected, "so does one that a prefix makes too long");
	err_set(&err, "%.507s€€", big);
	expected[507] = '\0';
	strcat(expected, "…");
	is_text(err.text, expected, "no character is cut in two");
}

static void test_shown(void)
{
	char out[SHOWN_SIZE], big[200];

	is_text(shown(out, "plain ~"), "plain ~", "shown() leaves printable ASCII");
	is_text(shown(out, "a\nb\x1b[2J\xc3\xa9"), "a?b?[2J??", "shown() hides everything else");
	memset(big, 'y', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ok(strlen(shown(out, big)) == SHOWN_SIZE - 1, "shown() is bounded");
	is_text(out + SHOWN_SIZE - sizeof("…"), "…", "and says that it cut");
	big[SHOWN_SIZE - 1] = '\0';
	is_text(shown(out, big), big, "what just fits is whole");
}

static void test_report(void)
{
	struct report report = { 0 };

	for (int i = 0; i < 100; i++)
		report_error(&report, "error %d", i);
	report_warning(&report, "warning");
	ok(report.count == 101 && report.errors == 100, "a warning is no error");
	is_text(report.findings[99].text, "error 99", "findings keep their order");
	ok(report.findings[100].is_warning && !report.findings[99].is_warning, "and their kind");
	report_done(&report);
	report_done(&report);
	ok(report.count == 0 && report.errors == 0, "report_done() empties, also twice");
}

int main(void)
{
	test_errors();
	test_shown();
	test_report();
	return tap_done();
}
