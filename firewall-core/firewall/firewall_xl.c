/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xl-taofw and its output → which guests do run, and what configuration files say of guests. */
#include "firewall/firewall_xl.h"
#include "kernel/kernel_program.h"
#include "operation/judge.h"
#include <limits.h>

#define HELPER "xl-taofw"
#define XL_CONF "/etc/xen/xl.conf"

/*
 * It lies beside this program, as in the folder of a build, or where both are installed:
 * PREFIX/sbin and PREFIX/lib/taofirewall.
 */
static bool find_helper(char path[static PATH_MAX], struct err *err)
{
	static const char *const places[] = { "", "../lib/taofirewall/" };
	char own[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", own, sizeof(own));

	while (size > 0 && own[size - 1] != '/')
		size--;
	for (size_t i = 0; size > 0 && i < COUNT(places); i++) {
		int length = snprintf(path, PATH_MAX, "%.*s%s" HELPER, (int)size, own, places[i]);

		if (length < PATH_MAX && !access(path, X_OK))
			return true;
	}
	return err_set(err, HELPER " is not installed (package taofirewall-xen)");
}

static bool read_domains(struct domains *domains, const char *which, struct err *err)
{
	char path[PATH_MAX], *output;
	const char *const arguments[] = { path, which, NULL };

	return find_helper(path, err) && kernel_program_run(arguments, "", &output, err) &&
	       domains_parse(domains, output, err);
}

bool xl_read_domains(struct domains *domains, struct err *err)
{
	return read_domains(domains, "domains", err);
}

bool xl_read_suspended(struct domains *domains, struct err *err)
{
	return read_domains(domains, "suspended", err);
}

bool xl_read_guests(struct domus *domus, char **files, struct report *report, struct err *err)
{
	const char **arguments;
	char path[PATH_MAX], *output;
	size_t count = 0, used = 0;
	bool ok;

	while (files[count])
		count++;
	arguments = calloc(count + 4, sizeof(*arguments));
	if (!arguments)
		return err_memory(err);
	arguments[used++] = path;
	arguments[used++] = "guests";
	arguments[used++] = XL_CONF;
	memcpy(arguments + used, files, count * sizeof(*files));
	ok = find_helper(path, err) && kernel_program_run(arguments, "", &output, err) &&
	     domus_parse(domus, output, report, err);
	free(arguments);
	return ok;
}

/*
 * The hypervisor comes second: of all that xenstore knew, a domain that is missing now has ended.
 */
static bool leave_out_gone(struct online *online, struct report *report, struct err *err)
{
	struct domains domains = { 0 };
	struct err why;
	bool ok = true;

	if (!online->count || !store_is_dom0())
		return true;
	if (xl_read_domains(&domains, &why))
		ok = online_leave_out(online, &domains, report, err);
	else
		report_warning(report,
			       "all guests that xenstore knows of are taken to run, as the "
			       "hypervisor can't be asked: %s",
			       why.text);
	domains_done(&domains);
	return ok;
}

bool xl_read_online(struct online *online, struct store *store, const struct policy *policy,
		    struct report *report, struct err *err)
{
	return online_read(online, store, report, err) && leave_out_gone(online, report, err) &&
	       (!policy || judge_foreign(online, policy, report, err));
}
