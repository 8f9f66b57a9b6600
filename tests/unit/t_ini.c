/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INI files: entries with their lines, and every line that would not be read as it looks. */
#include "config/ini.h"
#include "tap.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Read the bytes as the file "f". */
static bool read_ini(struct ini *ini, struct report *report, const char *bytes, size_t length)
{
	auto_close int fd = memfd_create("t_ini", MFD_CLOEXEC);
	char path[32];

	if (fd < 0 || fchmod(fd, 0600) < 0 || write(fd, bytes, length) != (ssize_t)length)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return ini_read(ini, AT_FDCWD, path, "f", report);
}

/* "1[input] 2[input]policy=DROP " for all that is in it, or what is wrong, each with a newline. */
static void check(const char *bytes, size_t length, const char *should, const char *name)
{
	struct report report = { 0 };
	struct ini ini = { .entries = NULL };
	char is[4000] = "";
	bool ok_read = read_ini(&ini, &report, bytes, length);

	for (size_t i = 0; i < ini.count; i++) {
		const struct ini_entry *entry = &ini.entries[i];
		size_t used = strlen(is);

		snprintf(is + used, sizeof(is) - used, "%u[%s]%s%s%s ", entry->line, entry->section,
			 entry->key ? entry->key : "", entry->key ? "=" : "",
			 entry->value ? entry->value : "");
	}
	for (size_t i = 0; i < report.count; i++) {
		strcat(is, report.findings[i].text);
		strcat(is, "\n");
	}
	is_text(is, should, name);
	if (ok_read != (report.errors == 0))
		ok(false, "%s: ini_read() does not say what it reports", name);
	ini_done(&ini);
	ini_done(&ini);
	report_done(&report);
}

static void test_good(void)
{
	static const char *const good[][2] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "; only\n# comments\n  ; here", "" },
		{ "[a]\nb=c", "1[a] 2[a]b=c " },
		{ "[A]\r\nB = C\r\n", "1[a] 2[a]b=C " },
		{ "[a]\n\tb\t=\tc d \n", "1[a] 2[a]b=c d " },
		{ "[ network Lan1 ]\n\nb = c ; why\nd = e # why\n",
		  "1[network lan1] 3[network lan1]b=c 4[network lan1]d=e " },
		{ "[a]\nb =\nc = ; nothing\nd = \"\"\ne = '' ; nothing\n",
		  "1[a] 2[a]b= 3[a]c= 4[a]d= 5[a]e= " },
		{ "[a]\nb = \"c ; d\" ; e\nc = '\"' # f\n", "1[a] 2[a]b=c ; d 3[a]c=\" " },
		{ "[a]\nb = c=d\nc==\n", "1[a] 2[a]b=c=d 3[a]c== " },
		{ "[a]\n[b]\na = 1\n[c]\na = 2\n", "1[a] 2[b] 3[b]a=1 4[c] 5[c]a=2 " },
		{ "[a]\nb = 80;443\nc = \";\"\nd = 1 # 2\n",
		  "1[a] 2[a]b=80 3[a]c=; 4[a]d=1 f:2: from the ; on it is a comment: blanks part "
		  "values\n" },
		{ "[a]\na.b-c_d9 = \xc3\xa9 ; \xc3\xa9\n", "1[a] 2[a]a.b-c_d9=\xc3\xa9 " },
	};
	char name[32];

	for (size_t i = 0; i < COUNT(good); i++) {
		snprintf(name, sizeof(name), "good file %zu", i);
		check(good[i][0], strlen(good[i][0]), good[i][1], name);
	}
}

static void test_bad(void)
{
	static const char *const bad[][2] = {
		{ "a = b\n", "f:1: a stands before the first [SECTION]\n" },
		{ "[a]\nPOLICY DROP\n", "f:2: the line is neither [SECTION] nor KEY = VALUE\n" },
		{ "[a]\nx", "f:2: the line is neither [SECTION] nor KEY = VALUE\n" },
		{ "\xef\xbb\xbf[a]\nb = c\n",
		  "f:1: it begins with a byte-order mark: save it as UTF-8 without one\n" },
		{ "[a]\n = b\n",
		  "f:2: \"\" can't be the name of a key (letters, digits, _ . -)\n" },
		{ "[a]\nb c = d\n",
		  "f:2: \"b c\" can't be the name of a key (letters, digits, _ . -)\n" },
		{ "[a]\nb:c = d\n",
		  "f:2: \"b:c\" can't be the name of a key (letters, digits, _ . -)\n" },
		{ "[a]\nB = 1\n\nb = 2\n",
		  "f:4: [a] b: it is there already, in line 2: one of the two would not count\n" },
		{ "[a]\n[b]\nc = 1\n[ A ]\nd = 1\n[b]\n",
		  "f:4: [A] is there already, in line 1: one of the two would not count\n"
		  "f:6: [b] is there already, in line 2: one of the two would not count\n" },
		{ "[a] ; b = c\n",
		  "f:1: a section's line ends with its ]; a comment needs a line of its own\n" },
		{ "[",
		  "f:1: a section's line ends with its ]; a comment needs a line of its own\n" },
		{ "[]\nb = c\n",
		  "f:1: \"\" can't be the name of a section (letters, digits, blanks, _ . -)\n" },
		{ "[a:b]\n", "f:1: \"a:b\" can't be the name of a section (letters, digits, "
			     "blanks, _ . -)\n" },
		{ "[a]]\n",
		  "f:1: \"a]\" can't be the name of a section (letters, digits, blanks, _ . -)\n" },
		{ "[a\tb]\n", "f:1: \"a?b\" can't be the name of a section (letters, digits, "
			      "blanks, _ . -)\n" },
		{ "[a]\nb = c \\ \nd = e\n",
		  "f:2: the backslash at its end would join the line with the next one\n" },
		{ "[a]\n; b \\\nd = e\n",
		  "f:2: the backslash at its end would join the line with the next one\n" },
		{ "[a]\nb = \"c\n", "f:2: the quote is not closed\n" },
		{ "[a]\nb = 'c\" ; '\nc = 'd\n", "f:3: the quote is not closed\n" },
		{ "[a]\nb = \"c\" d\n",
		  "f:2: something stands behind the closing quote and would not count\n" },
		{ "[a]\nb = \"c\\d\"\n",
		  "f:2: there is a backslash between the quotes: no value needs one\n" },
		{ "[a]\nb = \x1b[2J\n", "f:2: there is a control character in the line\n" },
		{ "[a]\rb = c\n", "f:1: there is a control character in the line\n" },
		{ "a b\nc d\n", "f:1: the line is neither [SECTION] nor KEY = VALUE\n"
				"f:2: the line is neither [SECTION] nor KEY = VALUE\n" },
	};
	static const char nul[] = "[a]\nb = c\0d\n";
	char name[32];

	for (size_t i = 0; i < COUNT(bad); i++) {
		snprintf(name, sizeof(name), "bad file %zu", i);
		check(bad[i][0], strlen(bad[i][0]), bad[i][1], name);
	}
	check(nul, sizeof(nul) - 1, "f:2: there is a control character in the line\n", "a NUL");
}

/* What is just short, small and few enough, and one more of it. */
static void test_sizes(void)
{
	static char big[2 * 1024 * 1024];
	struct report report = { 0 };
	struct ini ini = { .entries = NULL };
	size_t used;

	strcpy(big, "[a]\nb = ");
	memset(big + 8, 'x', 1000 - 4);
	big[8 + 1000 - 4] = '\0';
	ok(read_ini(&ini, &report, big, strlen(big)) && strlen(ini.entries[1].value) == 1000 - 4,
	   "a line of 1,000 bytes is read whole");
	ini_done(&ini);
	strcat(big, "y\nc = d\nd d\n");
	check(big, strlen(big),
	      "f:2: the line is longer than 1000 bytes\n"
	      "f:4: the line is neither [SECTION] nor KEY = VALUE\n",
	      "one of 1,001 is not");

	memset(big, '\n', sizeof(big));
	ok(read_ini(&ini, &report, big, 1024 * 1024), "a file of 1 MiB is read");
	ini_done(&ini);
	check(big, 1024 * 1024 + 1, "f: it is larger than 1048576 bytes\n", "one byte more is not");

	used = (size_t)sprintf(big, "[a]\n");
	for (int i = 1; i < 10000; i++)
		used += (size_t)sprintf(big + used, "k%d=%d\n", i, i);
	ok(read_ini(&ini, &report, big, used) && ini.count == 10000, "10,000 entries are read");
	ini_done(&ini);
	used += (size_t)sprintf(big + used, "too=many\nand=more\n");
	check(big, used, "f:10001: there are more than 10000 sections and keys\n",
	      "one more is not");
	ok(report.count == 0, "and what is good says nothing");
	report_done(&report);
}

/* What else may lie where a file should be. */
static void test_files(void)
{
	char directory[] = "/tmp/t_ini.XXXXXX";
	struct report report = { 0 };
	struct ini ini = { .entries = NULL };
	int fd;

	if (!mkdtemp(directory))
		abort();
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || mkfifoat(fd, "fifo", 0600) < 0 || mkdirat(fd, "folder", 0700) < 0)
		abort();
	close(openat(fd, "open", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	ok(fchmodat(fd, "open", 0606, 0) == 0, "a file that every user may write to");

	ok(!ini_read(&ini, fd, "gone", "gone", &report), "no file");
	ok(!ini_read(&ini, fd, "fifo", "fifo", &report), "a FIFO, without waiting for it");
	ok(!ini_read(&ini, fd, "folder", "folder", &report), "a folder");
	ok(!ini_read(&ini, AT_FDCWD, "/dev/zero", "device", &report), "a device");
	ok(!ini_read(&ini, fd, "open", "open", &report), "everybody's file");
	ok(ini.count == 0 && report.count == 5, "none of them is read");
	is_text(report.findings[0].text, "gone: it can't be read: No such file or directory",
		"no file");
	is_text(report.findings[1].text, "fifo: it is not a regular file", "a FIFO");
	is_text(report.findings[2].text, "folder: it is not a regular file", "a folder");
	is_text(report.findings[3].text, "device: it is not a regular file", "a device");
	is_text(report.findings[4].text,
		"open: every user may write to it (chmod o-w): it is not trusted", "everybody's");
	report_done(&report);
	unlinkat(fd, "open", 0);
	unlinkat(fd, "fifo", 0);
	unlinkat(fd, "folder", AT_REMOVEDIR);
	close(fd);
	ok(rmdir(directory) == 0, "the folder is gone");
}

int main(void)
{
	test_good();
	test_bad();
	test_sizes();
	test_files();
	return tap_done();
}
