/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs of [programs] → the kernel's tables. */
#ifndef KERNEL_IPTABLES_H
#define KERNEL_IPTABLES_H

#include "iptables/ruleset_iptables.h"

/*
 * Can it be filtered? Without IPv6 in the kernel there is nothing to filter; and without ebtables,
 * or where there can be no guests on bridges, they have no rules.
 */
bool kernel_iptables_has(const struct settings *settings, enum ip_stack part);
bool kernel_iptables_has_ebtables(const struct settings *settings);

/*
 * Can the programs be run that a load takes? Fails with the first one that can't, and what to do.
 * (Those of ebtables may be missing: kernel_iptables_has().)
 */
bool kernel_iptables_check_programs(const struct settings *settings, struct err *err) MUST_USE;

/* Do frames between ports of a bridge come to iptables, or may they (br_netfilter)? */
bool kernel_iptables_sees_bridged(void);

/*
 * Run a text of ruleset_iptables.h: by iptables-restore, which takes a table as a whole or not at
 * all, or with BACKEND = iptables each line by itself, and undone if one fails: but for chains and
 * rules that the text removed, which stay removed. What is for bridges goes by ebtables-restore
 * always. Fails with the program's own words.
 */
bool kernel_iptables_apply(const struct settings *settings, enum ip_stack part, const char *text,
			   struct err *err) MUST_USE;

/*
 * Read what `iptables -S` prints of a table, or with chain of that one alone, and its counters.
 * *rules is the caller's to free.
 */
bool kernel_iptables_read(char **rules, const struct settings *settings, enum ip_stack part,
			  enum ip_table table, const char *chain, struct err *err) MUST_USE;

#endif
