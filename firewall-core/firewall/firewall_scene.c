/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --online, xenstore and the kernel → the vifs and addresses that an explanation is about. */
#include "firewall/firewall_scene.h"
#include "base/array.h"
#include "config/key.h"
#include "firewall/firewall_xl.h"
#include "kernel/kernel.h"
#include "operation/load.h"
#include "xen/device.h"
#include <string.h>

void scene_done(struct scene *scene)
{
	free(scene->vifs);
	free(scene->own);
	free(scene->gateways);
	*scene = (struct scene){ .guests = NULL };
}

static struct vif *add_scene_vif(struct scene *scene, struct err *err)
{
	struct vif *vif = array_add(&scene->vifs, scene->topology.vif_count, sizeof(*vif));

	if (vif)
		scene->topology.vif_count++;
	else
		err_memory(err);
	scene->topology.vifs = scene->vifs;
	return vif;
}

static bool add_own(struct scene *scene, const struct prefix *address, struct err *err)
{
	struct prefix *own = array_add(&scene->own, scene->topology.own_count, sizeof(*own));

	if (!own)
		return err_memory(err);
	*own = *address;
	scene->topology.own = scene->own;
	scene->topology.own_count++;
	return true;
}

/* ---- who is online ---- */

static bool take_online(struct scene *scene, const struct online *online, struct err *err)
{
	for (size_t i = 0; i < online->count; i++) {
		struct vif *vif = add_scene_vif(scene, err);

		if (!vif)
			return false;
		*vif = online->records[i].vif;
	}
	return true;
}

/* The file that names exactly this address or prefix, and not only one that holds it, or NULL. */
static const struct host *find_namer(const struct policy *policy, const struct prefix *prefix)
{
	const struct claim *claim = policy_claim_for(policy, prefix);

	return claim && !prefix_compare(&claim->prefix, prefix) ? &policy->hosts[claim->host]
								: NULL;
}

/*
 * What files of one NAME name, in both families, is one guest's, and one vif's as far as networks
 * allow. Of a prefix each address may be another guest's.
 */
static struct vif *find_supposed_vif(struct scene *scene, const struct host *host,
				     const struct ifname *bridge)
{
	for (size_t i = 0; i < scene->topology.vif_count; i++) {
		struct vif *vif = &scene->vifs[i];
		const struct host *other = find_namer(scene->topology.policy, &vif->prefixes[0]);
		const char *name = vif->name.text, *interface = host->interface.text;

		if (other && !strcmp(other->name, host->name) &&
		    !strcmp(vif->bridge.text, bridge->text) &&
		    (!*name || !*interface || !strcmp(name, interface)) &&
		    vif->prefix_count < VIF_PREFIXES_MAX)
			return vif;
	}
	return NULL;
}

/* Vifs of one NAME are one guest's, as for the hypervisor; any other is a guest by itself. */
static uint32_t suppose_domid(const struct scene *scene, const struct host *host)
{
	for (size_t i = 0; host && i < scene->topology.vif_count; i++) {
		const struct vif *vif = &scene->vifs[i];
		const struct host *other = find_namer(scene->topology.policy, &vif->prefixes[0]);

		if (other && !strcmp(other->name, host->name))
			return vif->id.domid;
	}
	return (uint32_t)scene->topology.vif_count + 1;
}

/* Nobody says how it is attached: a guest of a [network] is on its bridge, others are routed. */
static bool suppose_address(struct scene *scene, const struct prefix *address,
			    const struct host *host, struct err *err)
{
	static const struct ifname routed = { "" };
	const struct network *network = topology_network(&scene->topology, address);
	const struct ifname *bridge = network ? &network->interface : &routed;
	bool is_named = host && find_namer(scene->topology.policy, address) == host;
	struct vif *vif = is_named ? find_supposed_vif(scene, host, bridge) : NULL;

	if (!vif) {
		struct vif_id id = { .domid = suppose_domid(scene, is_named ? host : NULL),
				     .devid = (uint32_t)scene->topology.vif_count };

		vif = add_scene_vif(scene, err);
		if (!vif)
			return false;
		vif->id = id;
	}
	vif->bridge = *bridge;
	if (!vif_has(vif, address))
		vif->prefixes[vif->prefix_count++] = *address;
	if (host && *host->interface.text)
		vif->name = host->interface;
	return true;
}

static bool suppose_host(struct scene *scene, const struct host *host, struct err *err)
{
	const struct policy *policy = scene->topology.policy;

	for (uint32_t i = 0; i < policy->claim_count; i++)
		if (&policy->hosts[policy->claims[i].host] == host &&
		    !suppose_address(scene, &policy->claims[i].prefix, host, err))
			return false;
	return true;
}

static bool suppose_all(struct scene *scene, struct err *err)
{
	const struct policy *policy = scene->topology.policy;

	for (uint32_t i = 0; i < policy->host_count; i++)
		if (policy->hosts[i].type == HOST_DOMU &&
		    !suppose_host(scene, &policy->hosts[i], err))
			return false;
	return true;
}

/* The file that is for the guest of this address; those with another TYPE are for no guest. */
static const struct host *find_guest_host(const struct policy *policy, const struct prefix *address)
{
	const struct claim *claim = policy_claim_for(policy, address);
	const struct host *host = claim ? &policy->hosts[claim->host] : NULL;

	return host && host->type == HOST_DOMU ? host : NULL;
}

/* The guest of an address, or all that a name stands for, in both families. */
static bool suppose_word(struct scene *scene, const char *word, struct err *err)
{
	const struct policy *policy = scene->topology.policy;
	struct prefix address;
	struct err ignored;
	bool found = false;

	if (prefix_parse(&address, word, &ignored))
		return suppose_address(scene, &address, find_guest_host(policy, &address), err);
	for (uint32_t i = 0; i < policy->host_count; i++) {
		if (policy->hosts[i].type != HOST_DOMU || strcmp(policy->hosts[i].name, word))
			continue;
		if (!suppose_host(scene, &policy->hosts[i], err))
			return false;
		found = true;
	}
	return found ||
	       err_set(err, "--online: \"%s\" is neither an address nor a guest's name", word);
}

static bool suppose_words(struct scene *scene, const struct call *call, struct err *err)
{
	char *const *words = call->words;
	const char *text = call->ask[ASK_ONLINE];
	struct word word;

	for (;;) {
		while (key_next_word(&word, &text, " \t,"))
			if (!suppose_word(scene, word.text, err))
				return false;
		if (!*words)
			return true;
		text = *words++;
	}
}

static bool find_scene_guests(struct scene *scene, const struct call *call, struct err *err)
{
	const struct policy *policy = scene->topology.policy;
	struct report report = { 0 };
	struct online online = { 0 };
	struct store *store = NULL;
	struct err ignored;
	bool ok;

	scene->topology.tracks_bridges = load_tracks_bridges(policy);
	if (call->ask[ASK_ONLINE]) {
		if (!suppose_words(scene, call, err))
			return false;
		scene->guests =
			scene->topology.vif_count ? "those of --online" : "none, as --online says";
		return true;
	}
	if (policy->settings.xen == XEN_NO) {
		scene->guests = "none, with XEN = no";
		return true;
	}
	store = store_open(false, &ignored);
	if (!store) {
		scene->guests = "all that have a host file, as xenstore does not answer";
		return suppose_all(scene, err);
	}
	scene->guests = "those that run now";
	ok = xl_read_online(&online, store, policy, &report, err) &&
	     take_online(scene, &online, err);
	report_done(&report);
	online_done(&online);
	store_close(store);
	return ok;
}

/* ---- this machine ---- */

/* Addresses of the files with TYPE = local, and of DOM0_IP: this may be another machine. */
static bool take_configured(struct scene *scene, struct err *err)
{
	const struct policy *policy = scene->topology.policy;

	for (uint32_t i = 0; i < policy->claim_count; i++) {
		const struct claim *claim = &policy->claims[i];

		if (policy->hosts[claim->host].type == HOST_LOCAL &&
		    prefix_is_address(&claim->prefix) && !add_own(scene, &claim->prefix, err))
			return false;
	}
	for (int family = 0; family < FAMILY_COUNT; family++)
		for (uint8_t i = 0; i < policy->settings.dom0_count[family]; i++)
			if (!add_own(scene, &policy->settings.dom0[family][i], err))
				return false;
	return true;
}

static bool add_scene_gateways(struct scene *scene, struct kernel_link *link,
			       const struct ifname *bridge, struct err *err)
{
	auto_free struct prefix *addresses = NULL;
	struct err ignored;
	uint32_t index;
	size_t count;

	if (!kernel_link_read_index(&index, bridge, &ignored) ||
	    !kernel_link_read_gateways(&addresses, &count, link, index, &ignored))
		return true;
	for (size_t i = 0; i < count; i++) {
		struct topology_gateway *gateway = array_add(
			&scene->gateways, scene->topology.gateway_count, sizeof(*gateway));

		if (!gateway)
			return err_memory(err);
		*gateway = (struct topology_gateway){ addresses[i], *bridge };
		scene->topology.gateways = scene->gateways;
		scene->topology.gateway_count++;
	}
	return true;
}

/* Those through bridges that guests are on. */
static bool find_gateways(struct scene *scene, struct kernel_link *link, struct err *err)
{
	for (size_t i = 0; i < scene->topology.vif_count; i++) {
		const struct ifname *bridge = &scene->vifs[i].bridge;
		bool is_known = !*bridge->text;

		for (size_t j = 0; j < i && !is_known; j++)
			is_known = !strcmp(scene->vifs[j].bridge.text, bridge->text);
		if (!is_known && !add_scene_gateways(scene, link, bridge, err))
			return false;
	}
	return true;
}

/* What the kernel does not tell is not known, and no error: the configuration is enough. */
static bool find_machine(struct scene *scene, struct err *err)
{
	auto_free struct prefix *addresses = NULL;
	struct uplink uplink = { .name = scene->topology.policy->settings.uplink };
	struct err ignored;
	struct kernel_link *link = kernel_link_open(&ignored);
	uint32_t index;
	size_t count = 0;
	bool ok = take_configured(scene, err);

	if (link && !*uplink.name.text &&
	    !kernel_link_read_uplink(&uplink, link, &uplink.name, &ignored))
		uplink.name = (struct ifname){ "" };
	if (link && !kernel_link_read_addresses(&addresses, &count, link, 0, &ignored))
		count = 0;
	ok = ok && (!link || find_gateways(scene, link, err));
	kernel_link_close(link);
	scene->topology.uplink = uplink.name;
	for (size_t i = 0; i < scene->topology.vif_count; i++)
		if (*uplink.name.text && !strcmp(scene->vifs[i].bridge.text, uplink.name.text))
			scene->topology.uplink_bridge = uplink.name;
	if (!*scene->topology.uplink_bridge.text &&
	    !device_read_bridge(&scene->topology.uplink_bridge, &index, &uplink.name))
		scene->topology.uplink_bridge = (struct ifname){ "" };
	for (size_t i = 0; ok && i < count; i++)
		ok = add_own(scene, &addresses[i], err);
	return ok;
}

bool scene_read(struct scene *scene, const struct policy *policy, const struct call *call,
		struct err *err)
{
	scene->topology.policy = policy;
	if (find_scene_guests(scene, call, err) && find_machine(scene, err))
		return true;
	scene_done(scene);
	return false;
}
