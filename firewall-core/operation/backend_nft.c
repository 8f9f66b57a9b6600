/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft: whole rulesets as text, what comes and goes with a guest as elements of sets. */
#include "operation/backend.h"
#include <inttypes.h>

/* All of it. */
static bool check_nft_policy(const struct policy *policy, const struct sets *sets, struct err *err)
{
	(void)policy;
	(void)sets;
	(void)err;
	return true;
}

static bool check_tools(const struct settings *settings, struct err *err)
{
	(void)settings;
	return kernel_nft_check_library(err);
}

static bool check_nft_bridged(const struct policy *policy, const struct vif *vif, struct err *err)
{
	(void)policy;
	(void)vif;
	(void)err;
	return true;
}

static bool print_nft(FILE *out, const struct ruleset *ruleset, struct err *err)
{
	const struct snapshot *snapshot = &ruleset->snapshot;

	(void)err;
	ruleset_print(out, &snapshot->policy, &snapshot->sets, &ruleset->elements,
		      snapshot->tracks_bridges);
	return true;
}

/* It is replaced in one transaction. */
static bool prepare_nft(struct ruleset *ruleset, const char *taken, struct err *err)
{
	(void)taken;
	(void)err;
	ruleset->snapshot.generation = 0;
	return true;
}

/* A kernel without this family is no error: a machine with XEN = no may have one. */
static bool remove_table(enum table table, const char *family, struct err *err)
{
	char text[64];
	bool is_there;

	snprintf(text, sizeof(text), "delete table %s " RULESET_TABLE "\n", family);
	return kernel_table_read_loaded(&is_there, table, err) &&
	       (!is_there || kernel_nft_apply(text, err));
}

/*
 * Routers that were heard on bridges are so after a load, too: else a guest that may have any
 * address could take one's until it is heard again. What can't be read is heard again.
 */
static void print_heard(FILE *out)
{
	auto_free struct heard *heard = NULL;
	size_t count = 0;
	char text[PREFIX_TEXT];
	struct err ignored;

	if (!kernel_heard_read(&heard, &count, RULESET_HEARD, &ignored) || !count)
		return;
	fputs("add element bridge " RULESET_TABLE " " RULESET_HEARD " {", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s %s expires %" PRIu64 "s", i ? "," : "",
			prefix_print_address(text, &heard[i].address),
			heard[i].milliseconds / 1000 + 1);
	fputs(" }\nadd element bridge " RULESET_TABLE " " RULESET_HEARD_TARGET " {", out);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ", 0x" : " 0x", out);
		for (unsigned byte = 0; byte < family_bytes(IPV6); byte++)
			fprintf(out, "%02x", heard[i].address.bytes[byte]);
		fprintf(out, " expires %" PRIu64 "s", heard[i].milliseconds / 1000 + 1);
	}
	fputs(" }\n", out);
}

static bool load_nft_apply(const struct ruleset *ruleset, struct err *err)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool is_printed;

	if (!out)
		return err_memory(err);
	is_printed = print_nft(out, ruleset, err);
	if (policy_has_bridges(&ruleset->snapshot.policy) &&
	    ruleset->snapshot.policy.settings.antispoof)
		print_heard(out);
	if (fclose(out) || !is_printed)
		return err_memory(err);
	return kernel_nft_apply(text, err) && (policy_has_bridges(&ruleset->snapshot.policy) ||
					       remove_table(TABLE_BRIDGE, "bridge", err));
}

static bool remove_nft_apply(const struct settings *settings, char kept, struct err *err)
{
	(void)settings;
	(void)kept;
	return remove_table(TABLE_INET, "inet", err) && remove_table(TABLE_ARP, "arp", err) &&
	       remove_table(TABLE_BRIDGE, "bridge", err);
}

static bool read_nft_print(uint64_t *print, const struct policy *policy, struct err *err)
{
	return kernel_rules_read_print(print, policy_has_bridges(policy), err);
}

/* Are there all rules that were loaded? Where that can't be told, they are. */
static bool is_whole(const struct snapshot *loaded)
{
	uint64_t print;
	struct err ignored;

	return !loaded->print || !read_nft_print(&print, &loaded->policy, &ignored) || !print ||
	       print == loaded->print;
}

static bool attach_nft_apply(const struct vif_rules *rules, bool *needs_full_load, struct err *err)
{
	static const struct elements none;

	*needs_full_load = !is_whole(rules->loaded);
	if (*needs_full_load)
		return err_set(err, "another program changed the rules");
	return kernel_elements_apply(rules->elements, &none, needs_full_load, err);
}

static bool detach_nft_apply(const struct vif_rules *rules, bool *needs_full_load, struct err *err)
{
	static const struct elements none;

	return kernel_elements_apply(&none, rules->elements, needs_full_load, err);
}

static bool read_nft_loaded(bool *loaded, const struct snapshot *snapshot, struct err *err)
{
	if (!kernel_rules_read_loaded(loaded, policy_has_bridges(&snapshot->policy), err))
		return false;
	*loaded &= is_whole(snapshot);
	return true;
}

static bool read_nft_counters(struct index_counter **counters, size_t *count, enum set_kind kind,
			      const struct snapshot *snapshot, struct err *err)
{
	(void)snapshot;
	return kernel_counters_read(counters, count, kind, err);
}

const struct backend_calls backend_nft = {
	.check = check_nft_policy,
	.check_tools = check_tools,
	.check_bridged = check_nft_bridged,
	.print = print_nft,
	.prepare = prepare_nft,
	.load_apply = load_nft_apply,
	.remove_apply = remove_nft_apply,
	.attach_apply = attach_nft_apply,
	.detach_apply = detach_nft_apply,
	.read_loaded = read_nft_loaded,
	.read_print = read_nft_print,
	.read_counters = read_nft_counters,
};
