/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iptables-restore and iptables: a new generation of chains beside the old one, then the old one
 * goes. They differ in how a text gets into the kernel alone (kernel_iptables.c).
 */
#include "base/array.h"
#include "kernel/kernel_iptables.h"
#include "operation/backend.h"

static struct ip_ruleset ip_ruleset(const struct snapshot *snapshot)
{
	return (struct ip_ruleset){ &snapshot->policy, &snapshot->sets, snapshot->generation,
				    kernel_iptables_sees_bridged() };
}

static bool check_iptables_bridged(const struct policy *policy, const struct vif *vif,
				   struct err *err)
{
	const struct settings *settings = &policy->settings;

	if (!kernel_iptables_has(settings, STACK_BRIDGES))
		return err_set(err,
			       "with BACKEND = %s guests on bridges need ebtables, and %s or %s "
			       "can't be run: install it, or set BACKEND to nft",
			       backend_names[settings->backend],
			       settings->programs[PROGRAM_EBTABLES],
			       settings->programs[PROGRAM_EBTABLES_RESTORE]);
	return ruleset_iptables_check_bridged(policy, vif, err);
}

/* ---- as text ---- */

static bool print_text(FILE *out, const struct ruleset *ruleset, enum ip_stack part,
		       struct err *err)
{
	struct ip_ruleset rules = ip_ruleset(&ruleset->snapshot);
	const struct online *online = ruleset->online;
	const struct vif **vifs = calloc(online->count + 1, sizeof(*vifs));
	size_t count = 0;
	bool ok;

	for (size_t i = 0; vifs && i < online->count; i++)
		vifs[count++] = &online->records[i].vif;
	ok = vifs ? ruleset_iptables_print(out, &rules, part, vifs, count, err) : err_memory(err);
	free(vifs);
	return ok;
}

/* The text of a part. *text is the caller's to free. */
static bool make_text(char **text, const struct ruleset *ruleset, enum ip_stack part,
		      struct err *err)
{
	size_t size;
	FILE *out = open_memstream(text, &size);
	bool ok = out ? print_text(out, ruleset, part, err) : err_memory(err);

	return (!out || !fclose(out) || err_memory(err)) && ok;
}

/* Each line as a command, for a shell. */
static void print_commands(FILE *out, const char *program, char *text)
{
	const char *table = "";
	char *rest = NULL, command[IP_LINE_SIZE];

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (*line == '*')
			table = line + 1;
		else if (ruleset_iptables_command(command, line))
			fprintf(out, "%s -w -t %s %s\n", program, table, command);
}

static bool print_iptables(FILE *out, const struct ruleset *ruleset, struct err *err)
{
	const struct settings *settings = &ruleset->snapshot.policy.settings;

	fputs("#!/bin/sh -e\n", out);
	for (int part = 0; part < STACK_COUNT; part++) {
		auto_free char *text = NULL;

		if (part == STACK_BRIDGES && !kernel_iptables_has(settings, part))
			continue;
		if (!make_text(&text, ruleset, part, err))
			return false;
		if (part != STACK_BRIDGES && settings->backend == BACKEND_IPTABLES)
			print_commands(out, settings->programs[PROGRAM_IPTABLES + part], text);
		else
			fprintf(out, "%s --noflush%s <<'END'\n%sEND\n",
				settings->programs[PROGRAM_IPTABLES_RESTORE + part],
				part == STACK_BRIDGES ? "" : " -w", text);
	}
	return true;
}

/* ---- as a whole ---- */

/* Where rules of ours can be: those of bridges have no table of their own for translations. */
static bool has_place(enum ip_stack part, int table)
{
	return table < (part == STACK_BRIDGES ? IP_NAT : IP_TABLE_COUNT);
}

static bool read_used(bool used[static 'z' + 1], const struct settings *settings, struct err *err)
{
	for (int part = 0; part < STACK_COUNT; part++)
		for (int table = 0; kernel_iptables_has(settings, part) && has_place(part, table);
		     table++) {
			auto_free char *rules = NULL;

			if (!kernel_iptables_read(&rules, settings, part, table, NULL, err))
				return false;
			for (char each = 'a'; each <= 'z'; each++)
				used[(int)each] |= ruleset_iptables_has(rules, each);
		}
	return true;
}

static bool choose_generation(struct ruleset *ruleset, const char *taken, struct err *err)
{
	bool used['z' + 1] = { false };
	char generation = 'a';

	if (!read_used(used, &ruleset->snapshot.policy.settings, err))
		return false;
	while (generation <= 'z' && (used[(int)generation] || strchr(taken, generation)))
		generation++;
	ruleset->snapshot.generation = generation;
	return generation <= 'z' ||
	       err_set(err, "too many loads in a row were cut off: `firewall stop` clears that up");
}

/* One generation, or with is_kept all but that one. */
static bool remove_part(const struct settings *settings, enum ip_stack part, char generation,
			bool is_kept, struct err *err)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool ok = out || err_memory(err), any = false;

	for (int table = 0; ok && has_place(part, table); table++) {
		auto_free char *rules = NULL;

		ok = kernel_iptables_read(&rules, settings, part, table, NULL, err);
		if (ok)
			any |= ruleset_iptables_print_rest(out, part, table, rules, generation,
							   is_kept);
	}
	if (out && fclose(out))
		return err_memory(err);
	return ok && (!any || kernel_iptables_apply(settings, part, text, err));
}

static bool remove_parts(const struct settings *settings, char generation, bool is_kept,
			 struct err *err)
{
	for (int part = 0; part < STACK_COUNT; part++)
		if (kernel_iptables_has(settings, part) &&
		    !remove_part(settings, part, generation, is_kept, err))
			return false;
	return true;
}

static bool remove_iptables_apply(const struct settings *settings, char kept, struct err *err)
{
	return remove_parts(settings, kept, true, err);
}

static bool load_parts(const struct ruleset *ruleset, struct err *err)
{
	const struct settings *settings = &ruleset->snapshot.policy.settings;

	for (int part = 0; part < STACK_COUNT; part++) {
		auto_free char *text = NULL;

		if (kernel_iptables_has(settings, part) &&
		    (!make_text(&text, ruleset, part, err) ||
		     !kernel_iptables_apply(settings, part, text, err)))
			return false;
	}
	return true;
}

/* While both generations are there a packet has to pass both. */
static bool load_iptables_apply(const struct ruleset *ruleset, struct err *err)
{
	const struct settings *settings = &ruleset->snapshot.policy.settings;
	char generation = ruleset->snapshot.generation;
	struct err undo;

	if (load_parts(ruleset, err))
		return remove_parts(settings, generation, true, err) ||
		       err_prefix(err, "the rules that were loaded before hold, too: ");
	if (!remove_parts(settings, generation, false, &undo))
		err_prefix(err, "(undoing it failed too: %s) ", undo.text);
	return err_prefix(err, "the rules were refused, what was loaded before stays: ");
}

/* ---- a vif ---- */

static bool change_part(const struct vif_rules *rules, enum ip_stack part, bool removes,
			struct err *err)
{
	struct ip_ruleset loaded = ip_ruleset(rules->loaded);
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool ok = out || err_memory(err);

	ok = ok && ruleset_iptables_print_vif(out, &loaded, part, rules->vif, removes, err);
	if (out && fclose(out))
		return err_memory(err);
	return ok && kernel_iptables_apply(&loaded.policy->settings, part, text, err);
}

static bool change_parts(const struct vif_rules *rules, bool removes, bool *needs_full_load,
			 struct err *err)
{
	*needs_full_load = false;
	for (int part = 0; part < STACK_COUNT; part++)
		if (kernel_iptables_has(&rules->loaded->policy.settings, part) &&
		    !change_part(rules, part, removes, err)) {
			*needs_full_load = true;
			return false;
		}
	return true;
}

static bool attach_iptables_apply(const struct vif_rules *rules, bool *needs_full_load,
				  struct err *err)
{
	return change_parts(rules, false, needs_full_load, err);
}

static bool detach_iptables_apply(const struct vif_rules *rules, bool *needs_full_load,
				  struct err *err)
{
	return change_parts(rules, true, needs_full_load, err);
}

/* ---- what is there ---- */

/* text  of the part without guests */
static bool read_table(bool *loaded, const struct snapshot *snapshot, enum ip_stack part,
		       enum ip_table table, const char *text, struct err *err)
{
	auto_free char *rules = NULL;

	if (!ruleset_iptables_has_table(&snapshot->policy, part, table))
		return true;
	if (!kernel_iptables_read(&rules, &snapshot->policy.settings, part, table, NULL, err))
		return false;
	*loaded &= ruleset_iptables_in_force(rules, part, table, snapshot->generation,
					     kernel_iptables_sees_bridged()) &&
		   ruleset_iptables_is_whole(rules, part, table, text);
	return true;
}

static bool read_iptables_loaded(bool *loaded, const struct snapshot *snapshot, struct err *err)
{
	static const struct online nobody;
	const struct ruleset ruleset = { .snapshot = *snapshot, .online = &nobody };

	*loaded = true;
	for (int part = 0; part < STACK_COUNT; part++) {
		auto_free char *text = NULL;

		if (!kernel_iptables_has(&snapshot->policy.settings, part))
			continue;
		if (!make_text(&text, &ruleset, part, err))
			return false;
		for (int table = 0; table < IP_TABLE_COUNT; table++)
			if (!read_table(loaded, snapshot, part, table, text, err))
				return false;
	}
	return true;
}

/* Guests' entries stand among the rules. */
static bool read_iptables_print(uint64_t *print, const struct policy *policy, struct err *err)
{
	(void)policy;
	(void)err;
	*print = 0;
	return true;
}

struct counting {
	struct index_counter *counters;
	size_t count;
};

static bool add_ip_counter(struct counting *counting, const struct ip_counter *counter,
			   struct err *err)
{
	uint32_t index = if_nametoindex(counter->name.text);
	struct index_counter *found = counting->counters, *end = found + counting->count;

	while (found < end && found->index != index)
		found++;
	if (!counting->count || found == end) {
		found = array_add(&counting->counters, counting->count, sizeof(*found));
		if (!found)
			return err_memory(err);
		counting->count++;
		found->index = index;
	}
	found->packets += counter->packets;
	found->bytes += counter->bytes;
	return true;
}

static bool count_chain(struct counting *counting, const struct snapshot *snapshot,
			enum ip_stack part, enum ip_table table, const char *name, struct err *err)
{
	auto_free char *rules = NULL;
	struct ip_counter counter;
	char chain[IP_CHAIN_SIZE];

	snprintf(chain, sizeof(chain), RULESET_CHAINS "%c-%s", snapshot->generation, name);
	if (!kernel_iptables_read(&rules, &snapshot->policy.settings, part, table, chain, err))
		return false;
	for (const char *line = rules; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (ruleset_iptables_read_counter(&counter, line) &&
		    !add_ip_counter(counting, &counter, err))
			return false;
	return true;
}

/* Of those that were dropped for a vif at either end. */
static bool count_ends(struct counting *counting, const struct snapshot *snapshot,
		       enum ip_stack part, const char *reason, struct err *err)
{
	static const char *const ends[] = { "from", "to" };
	char name[IP_CHAIN_SIZE];

	for (size_t i = 0; i < COUNT(ends); i++) {
		snprintf(name, sizeof(name), "%s-%s", reason, ends[i]);
		if (!count_chain(counting, snapshot, part, IP_FILTER, name, err))
			return false;
	}
	return true;
}

static bool read_iptables_counters(struct index_counter **counters, size_t *count,
				   enum set_kind kind, const struct snapshot *snapshot,
				   struct err *err)
{
	struct counting counting = { .count = 0 };
	bool ok = true;

	for (int part = 0; ok && part < STACK_COUNT; part++) {
		if (!kernel_iptables_has(&snapshot->policy.settings, part))
			continue;
		if (part == STACK_BRIDGES)
			ok = kind != SET_SPOOFED ||
			     count_chain(&counting, snapshot, part, IP_RAW, "spoofed", err);
		else if (kind == SET_SPOOFED)
			ok = count_chain(&counting, snapshot, part, IP_RAW, "spoofed-from", err);
		else if (kind == SET_REFUSED)
			ok = count_ends(&counting, snapshot, part, "refused", err);
		else if (kind == SET_OVER_CONNECTIONS)
			ok = count_ends(&counting, snapshot, part, "connections", err);
	}
	if (!ok) {
		free(counting.counters);
		return false;
	}
	*counters = counting.counters;
	*count = counting.count;
	return true;
}

const struct backend_calls backend_iptables = {
	.check = ruleset_iptables_check,
	.check_tools = kernel_iptables_check_programs,
	.check_bridged = check_iptables_bridged,
	.print = print_iptables,
	.prepare = choose_generation,
	.load_apply = load_iptables_apply,
	.remove_apply = remove_iptables_apply,
	.attach_apply = attach_iptables_apply,
	.detach_apply = detach_iptables_apply,
	.read_loaded = read_iptables_loaded,
	.read_print = read_iptables_print,
	.read_counters = read_iptables_counters,
};
