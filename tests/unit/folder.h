/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration folder of a test, and what it loads as. */
#ifndef FOLDER_H
#define FOLDER_H

#include "config/conf.h"
#include "tap.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static char directory[] = "/tmp/folder.XXXXXX";

/* A file below the folder, "ipv4.d/a.conf"; NULL takes it away. */
static void write_file(const char *path, const char *text)
{
	char full[256];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", directory, path);
	if (!text) {
		unlink(full);
		return;
	}
	file = fopen(full, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

static const char *const folders[] = { "ipv4.d", "ipv6.d" };

/* Take away what is there, and make an empty configuration of both families. */
static void begin(void)
{
	char path[256];

	write_file("taofirewall.conf", "");
	write_file("ipv4.conf", NULL);
	write_file("ipv6.conf", NULL);
	write_file("routing.cfg", NULL);
	for (size_t i = 0; i < COUNT(folders); i++) {
		struct dirent *found;
		DIR *folder;

		snprintf(path, sizeof(path), "%s/%s", directory, folders[i]);
		mkdir(path, 0755);
		folder = opendir(path);
		while (folder && (found = readdir(folder)))
			unlinkat(dirfd(folder), found->d_name, 0);
		if (folder)
			closedir(folder);
	}
}

static void make_folder(void)
{
	umask(022);
	if (!mkdtemp(directory))
		abort();
}

static void remove_folder(void)
{
	char path[256];

	begin();
	write_file("taofirewall.conf", NULL);
	for (size_t i = 0; i < COUNT(folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, folders[i]);
		rmdir(path);
	}
	ok(rmdir(directory) == 0, "the folder is gone");
}

/* Load it; it must load, and say what it should, a line each. */
static struct policy load(const char *should, const char *name)
{
	struct report report = { 0 };
	struct policy policy = { .hosts = NULL };
	char is[4000] = "";
	bool loaded = conf_load(&policy, directory, &report);

	for (size_t i = 0; i < report.count; i++) {
		strcat(is, report.findings[i].text);
		strcat(is, "\n");
	}
	ok(loaded, "%s", name);
	is_text(is, should, "it says what it should");
	report_done(&report);
	return policy;
}

#define LOCKED_OUT                                                                                 \
	"no local host opens a TCP port: after a start no new login to this machine "              \
	"is possible over the network\n"

#endif
