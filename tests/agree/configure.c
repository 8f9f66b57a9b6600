/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seed → a configuration folder, valid, and full of what lies close beside something else. */
#include "making.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const interfaces[] = { "eth0", "xenbr0", "xenbr1", "vif1.0", "eth9" };
static FILE *open_file(struct making *making, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/config/%s", making->directory, name);
	making->out = fopen(path, "w");
	if (!making->out)
		die("%s: %s", path, strerror(errno));
	return making->out;
}

static const char *pick_target(const struct making *making)
{
	static const char *const targets[] = { "ACCEPT", "DROP", "RETURN" };

	return targets[pick(making, COUNT(targets))];
}

static void print_chains(const struct making *making)
{
	static const char *const chains[] = { "input", "output", "forward" };

	for (unsigned i = 0; i < COUNT(chains); i++) {
		fprintf(making->out, "[%s]\n", chains[i]);
		if (chance(making, 50))
			fprintf(making->out, "POLICY = %s\n",
				chance(making, 40) ? "ACCEPT" : "DROP");
		for (unsigned j = 0; j < making->level_count; j++)
			fprintf(making->out, "LEVEL_%u = %s\n", making->levels[j],
				pick_target(making));
		if (chance(making, 15))
			fprintf(making->out, "LEVEL_50 = %s\n", pick_target(making));
	}
}

static void print_group(const struct making *making, enum family family, const char *name)
{
	char text[PREFIX_TEXT];
	struct prefix address = *pick_address(making, family);

	fprintf(making->out, "%s = %s", name, prefix_print(text, &address));
	address = *pick_address(making, family);
	address = prefix_cut(&address, making_lengths[family][pick(making, 4)]);
	fprintf(making->out, " %s\n", prefix_print(text, &address));
}

/* The network of a bridge, with the addresses of this place in it. */
static void print_network(const struct making *making, enum family family,
			  const struct test_place *place)
{
	char text[PREFIX_TEXT];
	struct prefix subnet = { 0 };

	for (unsigned i = 0; i < place->address_count; i++)
		if (place->addresses[i].family == family)
			subnet = prefix_cut(&place->addresses[i], family == IPV4 ? 25 : 64);
	fprintf(making->out, "[network %s]\nSUBNET = %s\nINTERFACE = %s\n", place->bridge.text,
		prefix_print(text, &subnet), place->bridge.text);
	if (chance(making, 50))
		fprintf(making->out, "FRIENDS = %s\n", pick_peer(text, making, family));
	if (chance(making, 40))
		fputs("MASQUERADE = eth0\n", making->out);
	if (chance(making, 30))
		fputs("ISOLATE = yes\n", making->out);
}

/* Places of one bridge stand together. */
static void print_networks(const struct making *making, enum family family)
{
	const struct places *places = &making->seed->places;
	const char *last = "";

	for (unsigned i = 0; i < places->count; i++) {
		const struct test_place *place = &places->place[i];

		if (place->position != POSITION_PORT || !strcmp(place->bridge.text, last))
			continue;
		last = place->bridge.text;
		if (chance(making, 60))
			print_network(making, family, place);
	}
}

static void make_family(struct making *making, enum family family)
{
	char text[PREFIX_TEXT];

	open_file(making, family == IPV4 ? "ipv4.conf" : "ipv6.conf");
	print_chains(making);
	if (chance(making, 50))
		fprintf(making->out, "[icmp]\nACCEPT = %s\n",
			chance(making, 70) ? "echo-request" : "");
	fputs("[groups]\n", making->out);
	print_group(making, family, "some");
	print_group(making, family, "others");
	print_networks(making, family);
	if (chance(making, 25))
		fprintf(making->out, "[unmanaged]\nNETWORKS = %s\n",
			pick_peer(text, making, family));
	fclose(making->out);
}

static void print_translation(struct making *making, enum family family)
{
	static const char *const addresses[FAMILY_COUNT] = { "192.0.2.5", "2001:db8:b::5" };

	if (chance(making, 50))
		fprintf(making->out, "NAT = %s\n", addresses[family]);
	else
		fprintf(making->out, "NAT = yes\n%s",
			chance(making, 50) ? "NAT_DEVICE = eth0\n" : "");
	if (chance(making, 60)) {
		fprintf(making->out, "PAT = %u:80 %u:53/udp\n", making->public_port,
			making->public_port + 1);
		making->public_port += 2;
	}
}

static void print_settings(struct making *making, enum family family, unsigned level,
			   bool may_translate)
{
	fprintf(making->out, level == 50 ? "[settings]\n" : "[settings %u]\n", level);
	if (chance(making, 60))
		print_services(making, family, "PUBLIC_PORTS");
	if (chance(making, 50))
		print_peers(making, family, "USERS");
	if (chance(making, 25))
		print_services(making, family, "OUT_PORTS");
	if (chance(making, 25))
		print_peers(making, family, "SERVICES");
	if (level == 50 && may_translate && chance(making, 30))
		print_translation(making, family);
}

static void print_macs(const struct making *making, const struct test_place *guest)
{
	char text[MAC_TEXT];

	fputs("MACS =", making->out);
	for (unsigned i = 1; i < PLACE_MACS; i++) {
		struct mac mac = place_mac(guest, i);

		if (i == 1 || chance(making, 60))
			fprintf(making->out, " %s", mac_print(text, &mac));
	}
	fputc('\n', making->out);
}

/* What one guest may beside others. */
static void print_rights(const struct making *making, const struct test_place *guest)
{
	if (chance(making, 15))
		fputs("ROLE = router\n", making->out);
	if (chance(making, 15))
		fputs("SHARED = yes\n", making->out);
	if (chance(making, 50))
		fputs("ANY_CARD = yes\n", making->out);
	if (chance(making, 30))
		print_macs(making, guest);
	if (chance(making, 30))
		fprintf(making->out, "ETHERTYPES = 0x8864%s\n",
			chance(making, 50) ? " 0x8863" : "");
}

/* A host file for these addresses; of one place, or NULL. */
static void make_host(struct making *making, enum family family, const char *name, const char *type,
		      const char *ip, const struct test_place *place)
{
	bool may_translate =
		place && (place->position == POSITION_VIF || place->position == POSITION_PORT);
	char path[64];

	snprintf(path, sizeof(path), "ipv%c.d/%s.conf", family == IPV4 ? '4' : '6', name);
	open_file(making, path);
	fprintf(making->out, "[header]\nIP = %s\nTYPE = %s\n", ip, type);
	if (chance(making, 12))
		fprintf(making->out, "INTERFACE = %s\n",
			interfaces[pick(making, COUNT(interfaces))]);
	if (place && place->position == POSITION_VIF)
		print_rights(making, place);
	if (chance(making, 8))
		fputs("FIREWALL = no\n", making->out);
	else if (chance(making, 85))
		print_settings(making, family, 50, may_translate);
	for (unsigned i = 0; i < making->level_count; i++)
		if (chance(making, 45))
			print_settings(making, family, making->levels[i], false);
	fclose(making->out);
}

/* Its first address alone: others of it have files of their own, or none. */
static void make_place(struct making *making, enum family family, const struct test_place *place)
{
	static const char *const types[POSITION_COUNT] = { "local", "network", "network", "domu" };
	char text[PREFIX_TEXT];

	for (unsigned i = 0; i < place->address_count; i++) {
		if (place->addresses[i].family != family)
			continue;
		make_host(making, family, place->name, types[place->position],
			  prefix_print(text, &place->addresses[i]), place);
		return;
	}
}

/* Files that apply to many, and the rest of them for few. */
static void make_wide(struct making *making, enum family family)
{
	struct prefix wide = *pick_address(making, family);
	char text[PREFIX_TEXT];

	wide = prefix_cut(&wide, making_lengths[family][pick(making, 3)]);
	make_host(making, family, "wide", chance(making, 70) ? "domu" : "network",
		  prefix_print(text, &wide), NULL);
}

static void make_hosts(struct making *making, enum family family)
{
	const struct places *places = &making->seed->places;

	for (unsigned i = 0; i < places->count; i++) {
		const struct test_place *place = &places->place[i];

		if (chance(making, place->position == POSITION_VIF ? 80 : 40))
			make_place(making, family, place);
	}
	if (chance(making, 50))
		make_wide(making, family);
	if (chance(making, 30))
		make_host(making, family, "everything", "local",
			  family == IPV4 ? "0.0.0.0/0" : "::/0", NULL);
}

static const struct prefix *own_address(const struct test_place *place, enum family family)
{
	for (unsigned i = 0; i < place->own_count; i++)
		if (place->addresses[i].family == family)
			return &place->addresses[i];
	die("%s has no address of IPv%c", place->name, family == IPV4 ? '4' : '6');
}

/* Networks of half, a quarter and so on of what is set aside: each lies in those before it. */
static void make_routing(struct making *making)
{
	const struct places *places = &making->seed->places;
	uint8_t narrower = 0;
	char text[PREFIX_TEXT];

	open_file(making, "routing.cfg");
	for (unsigned i = 0; i < places->count; i++) {
		const struct test_place *place = &places->place[i];

		if (place->own_count == place->address_count)
			continue;
		fprintf(making->out, "[%s]\nDESTINATION =", place->name);
		for (unsigned j = place->own_count; j < place->address_count; j++) {
			struct prefix network = place->addresses[j];
			uint8_t length = network.family == IPV4 ? 24 : 48;

			network = prefix_cut(&network, (uint8_t)(length + narrower));
			fprintf(making->out, " %s", prefix_print(text, &network));
		}
		fputs("\nVIA =", making->out);
		for (int family = 0; family < FAMILY_COUNT; family++)
			fprintf(making->out, " %s",
				prefix_print_address(text, own_address(place, family)));
		fputc('\n', making->out);
		narrower++;
	}
	fclose(making->out);
}

static void make_folder(const char *directory, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (mkdir(path, 0755) && errno != EEXIST)
		die("%s: %s", path, strerror(errno));
}

void generate_configuration(const struct seed *seed, uint64_t *random, const char *directory)
{
	struct making making = {
		.seed = seed, .random = random, .directory = directory, .public_port = 8000
	};

	make_folder(directory, "config");
	make_folder(directory, "config/ipv4.d");
	make_folder(directory, "config/ipv6.d");
	for (unsigned level = 1 + pick(&making, 30); level < 100 && making.level_count < LEVELS_MAX;
	     level += 1 + pick(&making, 60))
		if (level != 50)
			making.levels[making.level_count++] = level;
	open_file(&making, "taofirewall.conf");
	fprintf(making.out,
		"[firewall]\nXEN = yes\nLOG = %s\n[xen]\nUPLINK = eth0\nANTISPOOF = %s\n",
		chance(&making, 50) ? "none" : "all", chance(&making, 90) ? "yes" : "no");
	fclose(making.out);
	for (int family = 0; family < FAMILY_COUNT; family++) {
		make_family(&making, family);
		make_hosts(&making, family);
	}
	make_routing(&making);
}
