/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall show`: what would be loaded, for nft. */
#include "firewall/firewall.h"
#include "firewall/firewall_xl.h"
#include "operation/load.h"
#include "program/log.h"

enum status firewall_show(const struct call *call)
{
	struct policy policy = { 0 };
	struct online online = { 0 };
	struct report report = { 0 };
	struct store *store = NULL;
	struct err err;
	bool ok;

	if (!firewall_load_conf(&policy, call))
		return STATUS_FAILED;
	if (policy.settings.xen != XEN_NO)
		store = store_open(false, &err);
	ok = (!store || xl_read_online(&online, store, &policy, &report, &err)) &&
	     load_print(stdout, &policy, &online, &err);
	firewall_print_report(&report);
	if (!ok)
		log_error("show failed: %s", err.text);
	report_done(&report);
	online_done(&online);
	store_close(store);
	policy_done(&policy);
	return ok ? STATUS_DONE : STATUS_FAILED;
}
