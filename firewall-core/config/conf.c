/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration folder → the policy, and when it was changed. */
#include "config/conf.h"
#include "base/array.h"
#include "base/trust.h"
#include "config/conf_family.h"
#include "config/conf_global.h"
#include "config/conf_host.h"
#include "config/conf_routing.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static void set_defaults(struct policy *policy)
{
	static const uint8_t policies[CHAIN_COUNT] = {
		[CHAIN_INPUT] = TARGET_DROP,
		[CHAIN_OUTPUT] = TARGET_ACCEPT,
		[CHAIN_FORWARD] = TARGET_DROP,
	};
	struct settings *settings = &policy->settings;

	settings->backend = BACKEND_NFT;
	settings->xen = XEN_AUTO;
	settings->log = LOGGED_DROP;
	settings->proxy_arp = PROXY_ARP_YES;
	settings->proxy_ndp = true;
	settings->antispoof = true;
	settings->packet_marks = 0x0c000000;
	settings->connection_marks = 0x30000000;
	strcpy(settings->hooks, "/etc/xen/scripts/vif-post.d");
	for (int program = 0; program < PROGRAM_COUNT; program++)
		snprintf(settings->programs[program], PATH_SIZE, "/usr/sbin/%s",
			 program_names[program]);
	for (int family = 0; family < FAMILY_COUNT; family++) {
		policy->family[family].enabled = true;
		for (int chain = 0; chain < CHAIN_COUNT; chain++) {
			policy->family[family].chain[chain].policy = policies[chain];
			policy->family[family].chain[chain].level[LEVEL_DEFAULT] = TARGET_ACCEPT;
		}
	}
}

/* Is there anything of this name? A link that leads nowhere is: reading it says what is wrong. */
static bool file_exists(int directory_fd, const char *name)
{
	struct stat status;

	return fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Names of host files, in the order in which they are read. */
struct names {
	char (*name)[NAME_SIZE];
	size_t count;
};

static int compare_files(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Names of host files end in .conf; what editors and packages leave beside them doesn't. */
static bool is_host_file(const char *name)
{
	size_t length = strlen(name), suffix = strlen(".conf");

	return name[0] != '.' && length > suffix && strcmp(name + length - suffix, ".conf") == 0;
}

static void list_hosts(struct names *names, DIR *directory, const char *folder,
		       struct report *report)
{
	char shown_name[SHOWN_SIZE];
	struct dirent *found;

	for (errno = 0; (found = readdir(directory)); errno = 0) {
		char *name;

		if (!is_host_file(found->d_name))
			continue;
		shown(shown_name, found->d_name);
		if (strlen(found->d_name) >= NAME_SIZE || strcmp(shown_name, found->d_name) != 0) {
			report_error(report,
				     "%s: \"%s\": the name of a host file has at most %d "
				     "characters, all of them ASCII; it would not be read",
				     folder, shown_name, NAME_SIZE - 1);
			continue;
		}
		name = array_add(&names->name, names->count, sizeof(*names->name));
		if (!name) {
			report_error(report, "%s: out of memory", folder);
			return;
		}
		memcpy(name, found->d_name, strlen(found->d_name) + 1);
		names->count++;
	}
	if (errno)
		report_error(report, "%s: it can't be read: %s", folder, strerror(errno));
	if (names->count)
		qsort(names->name, names->count, sizeof(*names->name), compare_files);
}

/* The folder, if it is to be trusted. NULL, without an error: there is none. */
static DIR *open_folder(int directory_fd, const char *name, struct report *report)
{
	DIR *directory;
	struct err err;
	int fd;

	if (!file_exists(directory_fd, name))
		return NULL;
	if (!trust_entry(directory_fd, name, &err)) {
		report_error(report, "%s: %s", name, err.text);
		return NULL;
	}
	fd = openat(directory_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	directory = fd >= 0 ? fdopendir(fd) : NULL;
	if (!directory) {
		report_error(report, "%s: it can't be read: %s", name, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	return directory;
}

static void read_hosts(struct policy *policy, struct groups *groups, enum family family,
		       int directory_fd, struct report *report)
{
	struct names names = { .count = 0 };
	char folder[16];
	DIR *directory;

	snprintf(folder, sizeof(folder), "%s.d", family_names[family]);
	directory = open_folder(directory_fd, folder, report);
	if (!directory)
		return;
	list_hosts(&names, directory, folder, report);
	for (size_t i = 0; i < names.count; i++)
		conf_host_read(policy, dirfd(directory), names.name[i], family, groups, report);
	free(names.name);
	closedir(directory);
}

static void read_family_files(struct policy *policy, enum family family, int directory_fd,
			      struct report *report)
{
	struct groups groups = { .groups = NULL };
	char name[16];

	snprintf(name, sizeof(name), "%s.conf", family_names[family]);
	if (file_exists(directory_fd, name))
		conf_family_read(policy, &groups, family, directory_fd, report);
	read_hosts(policy, &groups, family, directory_fd, report);
	group_done(&groups);
}

/*
 * All that is of one family. Where the family is off, its networks and hosts are read into a policy
 * that nobody uses: what is wrong with them is told before somebody turns it on.
 */
static void read_family_conf(struct policy *policy, enum family family, int directory_fd,
			     struct report *report)
{
	struct policy unused = { .settings = policy->settings };

	if (policy->family[family].enabled) {
		read_family_files(policy, family, directory_fd, report);
		return;
	}
	memcpy(unused.family, policy->family, sizeof(unused.family));
	read_family_files(&unused, family, directory_fd, report);
	policy->family[family] = unused.family[family];
	unused.family[IPV4].enabled = unused.family[IPV6].enabled = false;
	policy_finish(&unused, report);
	policy_done(&unused);
}

bool conf_load(struct policy *policy, const char *directory, struct report *report)
{
	auto_close int fd = -1;
	struct policy loaded = { .hosts = NULL };
	unsigned errors = report->errors;
	struct err err;

	if (!trust_path(directory, &err)) {
		report_error(report, "%s: %s", directory, err.text);
		return false;
	}
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		report_error(report, "%s: it can't be read: %s", directory, strerror(errno));
		return false;
	}
	loaded.changed = conf_changed(directory); /* before it is read: an edit meanwhile shows */
	set_defaults(&loaded);
	conf_global_read(&loaded, fd, report);
	for (enum family family = IPV4; family < FAMILY_COUNT; family++)
		read_family_conf(&loaded, family, fd, report);
	if (file_exists(fd, "routing.cfg"))
		conf_routing_read(&loaded, fd, report);
	policy_finish(&loaded, report);
	if (report->errors != errors) {
		policy_done(&loaded);
		return false;
	}
	*policy = loaded;
	return true;
}

/*
 * Later of the two, by when the file itself was changed: a file that was moved here, or restored,
 * keeps its old time of modification.
 */
static struct timespec later_change(struct timespec time, int directory_fd, const char *name)
{
	struct stat status;

	if (fstatat(directory_fd, name, &status, 0) < 0 || status.st_ctim.tv_sec < time.tv_sec ||
	    (status.st_ctim.tv_sec == time.tv_sec && status.st_ctim.tv_nsec < time.tv_nsec))
		return time;
	return status.st_ctim;
}

static struct timespec hosts_changed(struct timespec time, int directory_fd, const char *folder)
{
	int fd = openat(directory_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *found;

	if (!directory) {
		if (fd >= 0)
			close(fd);
		return time;
	}
	time = later_change(time, fd, "."); /* a file that is gone changed its folder */
	while ((found = readdir(directory)))
		if (is_host_file(found->d_name))
			time = later_change(time, fd, found->d_name);
	closedir(directory);
	return time;
}

struct timespec conf_changed(const char *directory)
{
	static const char *const files[] = { ".", "taofirewall.conf", "ipv4.conf", "ipv6.conf",
					     "routing.cfg" };
	static const char *const folders[] = { "ipv4.d", "ipv6.d" };
	auto_close int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct timespec time = { 0 };

	for (size_t i = 0; fd >= 0 && i < COUNT(files); i++)
		time = later_change(time, fd, files[i]);
	for (size_t i = 0; fd >= 0 && i < COUNT(folders); i++)
		time = hosts_changed(time, fd, folders[i]);
	return time;
}
