/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of xl-taofw → guests and their vifs. */
#include "xen/domu.h"
#include "base/array.h"
#include "base/number.h"
#include "value/vlan.h"
#include <limits.h>

static const char *const key_names[DOMU_KEY_COUNT] = {
	[DOMU_SCRIPT] = "script",
	[DOMU_BACKEND] = "backend",
	[DOMU_BRIDGE_NAME] = "bridge",
	[DOMU_IP] = "ip",
	[DOMU_MAC] = "mac",
	[DOMU_VIFNAME] = "vifname",
	[DOMU_GATEWAYDEV] = "gatewaydev",
	[DOMU_MTU] = "mtu",
	[DOMU_VLAN] = "vlan",
};

/* xl takes these too: xl-network-configuration(5), and tools/xl/xl_parse.c, parse_nic_config(). */
static const char *const other_names[] = { "type",  "model",   "rate",	    "devid",
					   "accel", "trusted", "forwarddev" };

/* While lines are read. */
struct reader {
	struct domus *domus;
	const char *defaults[DOMU_KEY_COUNT]; /* of xl.conf */
	bool lacks_vlan;		      /* xl passes vlan= over */
	struct report *report;
};

const char *domu_location(char out[static DOMU_PLACE_SIZE], const struct domu_vif *vif)
{
	snprintf(out, DOMU_PLACE_SIZE, "%s: vif[%u]", vif->file, vif->number);
	return out;
}

const char *domu_script(const struct domu_vif *vif)
{
	/* Source: libxl_nic.c, libxl__device_nic_setdefault() */
	const char *script = vif->value[DOMU_SCRIPT] ? vif->value[DOMU_SCRIPT] : "vif-bridge";
	const char *slash = strrchr(script, '/');

	return slash ? slash + 1 : script;
}

const char *domu_refused(char out[static DOMU_REFUSED_SIZE], const struct domu_vif *vif)
{
	static const char format[] = ": it comes up by %s, but its traffic is dropped from a start "
				     "of the firewall on";

	out[0] = '\0';
	if (!vif->is_ours)
		snprintf(out, DOMU_REFUSED_SIZE, format, domu_script(vif));
	return out;
}

/* ---- the values of a vif ---- */

/* Of Xen's scripts and ours, without the folder. */
static const struct script {
	const char *name;
	enum vif_place place;
	bool is_ours;
} scripts[] = {
	{ "vif-route-taofw", VIF_ROUTED, true }, { "vif-bridge-taofw", VIF_BRIDGED, true },
	{ "vif-route", VIF_ROUTED, false },	 { "vif-nat", VIF_ROUTED, false },
	{ "vif-bridge", VIF_BRIDGED, false },	 { "vif-openvswitch", VIF_SWITCHED, false },
};

static void find_script(struct domu_vif *vif)
{
	vif->place = VIF_BRIDGED; /* it asks least */
	vif->vif.is_foreign = true;
	for (size_t i = 0; i < COUNT(scripts); i++) {
		if (strcmp(domu_script(vif), scripts[i].name))
			continue;
		vif->has_place = true;
		vif->place = scripts[i].place;
		vif->vif.is_foreign = !scripts[i].is_ours;
		vif->is_ours = scripts[i].is_ours && !vif->value[DOMU_BACKEND];
	}
}

/* As xl reads it, which writes it into xenstore in full: "0:16:3e:0:0:8" (parse_nic_config()). */
static bool take_mac(struct domu_vif *vif, struct err *err)
{
	const char *text = vif->value[DOMU_MAC];
	char full[MAC_TEXT], seen[SHOWN_SIZE], *end = NULL;
	struct mac mac;

	for (size_t i = 0; i < sizeof(mac.bytes); i++, text = end + 1) {
		unsigned long byte = i && !*end ? ULONG_MAX : strtoul(text, &end, 16);

		if (byte > UINT8_MAX || end == text)
			return err_set(err, "\"%s\" is not a MAC address",
				       shown(seen, vif->value[DOMU_MAC]));
		mac.bytes[i] = (uint8_t)byte;
	}
	return mac_parse(&vif->vif.mac, mac_print(full, &mac), err);
}

static bool take_script(struct domu_vif *vif, struct err *err)
{
	static const char blanks[] = " \t";
	const char *script = vif->value[DOMU_SCRIPT];
	size_t length = strlen(script);
	char seen[SHOWN_SIZE];

	return !length || (!strchr(blanks, *script) && !strchr(blanks, script[length - 1])) ||
	       err_set(err, "\"%s\": xl takes a blank for a part of its name, so there is none",
		       shown(seen, script));
}

static bool take_vifname(struct domu_vif *vif, struct err *err)
{
	static const struct ifname unknown;
	struct ifname name;

	if (!ifname_parse(&name, vif->value[DOMU_VIFNAME], err) ||
	    !vif_check_name(&name, &unknown, err))
		return false;
	vif->vif.name = name;
	return true;
}

static bool take_bridge_name(struct domu_vif *vif, struct err *err)
{
	return vif->place != VIF_BRIDGED ||
	       ifname_parse(&vif->vif.bridge, vif->value[DOMU_BRIDGE_NAME], err);
}

static bool take_gatewaydev(struct domu_vif *vif, struct err *err)
{
	struct ifname ignored;

	return ifname_parse(&ignored, vif->value[DOMU_GATEWAYDEV], err);
}

static bool take_mtu(struct domu_vif *vif, struct err *err)
{
	uint32_t mtu;

	return vif_parse_mtu(&mtu, vif->value[DOMU_MTU], err) && vif_check_mtu(&vif->vif, mtu, err);
}

static bool take_vlan(struct domu_vif *vif, struct err *err)
{
	struct vlans ignored;

	return vif->place != VIF_BRIDGED || vlans_parse(&ignored, vif->value[DOMU_VLAN], err);
}

/* What becomes of it, whoever's script it goes by. */
static void judge_domu_vif(struct domu_vif *vif, const char *place, struct report *report)
{
	const char *ip = vif->value[DOMU_IP] ? vif->value[DOMU_IP] : "";
	char refused[DOMU_REFUSED_SIZE];
	struct err why;

	vif->fate = vif_judge(&vif->vif, vif->place, ip, &why);
	if (vif->value[DOMU_BACKEND])
		return; /* it is for that domain to say */
	switch (vif->fate) {
	case VIF_HELD:
		if (vif->is_ours && vif->value[DOMU_IP] && !vif->vif.prefix_count)
			report_warning(report, "%s: ip=: it holds no address", place);
		break;
	case VIF_CLOSED:
		report_error(report, "%s: %s%s", place, why.text, domu_refused(refused, vif));
		break;
	case VIF_MISSED:
		report_warning(report, "%s: by %s it is neither filtered nor protected: %s", place,
			       domu_script(vif), why.text);
		break;
	}
}

/* What an attach would make of them, in its words. */
static void take_vif_values(struct domu_vif *vif, const char *place, struct report *report)
{
	static bool (*const takes[DOMU_KEY_COUNT])(struct domu_vif *vif, struct err *err) = {
		[DOMU_SCRIPT] = take_script,
		[DOMU_BRIDGE_NAME] = take_bridge_name,
		[DOMU_MAC] = take_mac,
		[DOMU_VIFNAME] = take_vifname,
		[DOMU_GATEWAYDEV] = take_gatewaydev,
		[DOMU_MTU] = take_mtu,
		[DOMU_VLAN] = take_vlan,
	};
	struct err err;

	judge_domu_vif(vif, place, report);
	for (int key = 0; key < DOMU_KEY_COUNT; key++)
		if (takes[key] && vif->value[key] && !takes[key](vif, &err) &&
		    (vif->is_ours || key == DOMU_SCRIPT || key == DOMU_MAC))
			report_error(report, "%s: %s=: %s", place, key_names[key], err.text);
}

static int find_vif_key(const char *name)
{
	int key = 0;

	if (!strcmp(name, "netdev")) /* as it was called once */
		return DOMU_GATEWAYDEV;
	while (key < DOMU_KEY_COUNT && strcmp(key_names[key], name))
		key++;
	return key;
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < COUNT(other_names); i++)
		if (!strcmp(other_names[i], name))
			return true;
	return !strncmp(name, "colo_", strlen("colo_"));
}

/* Was it to be one more address of ip=? */
static bool is_address(const char *text)
{
	char address[PREFIX_TEXT];
	struct prefix ignored;
	struct err unused;

	snprintf(address, sizeof(address), "%.*s", (int)strcspn(text, "/ "), text);
	return prefix_parse(&ignored, address, &unused);
}

/*
 * "KEY=VALUE" as xl takes it: blanks before it do not count, those behind it do. What xl does not
 * know it passes over.
 */
static void take_token(const char *value[static DOMU_KEY_COUNT], char *token, const char *place,
		       struct report *report)
{
	char *name = token + strspn(token, " \t"), *equals = strchr(name, '='), seen[SHOWN_SIZE];
	int key;

	if (equals)
		*equals = '\0';
	key = find_vif_key(name);
	if (equals && key < DOMU_KEY_COUNT)
		value[key] = equals + 1;
	else if (!equals && is_address(name))
		report_error(report,
			     "%s: xl takes a comma for the end of ip=, and leaves \"%s\" out: "
			     "addresses are parted by blanks",
			     place, shown(seen, name));
	else if (!equals || !is_known(name))
		report_warning(report, "%s: \"%s\" says nothing of a vif that is known here", place,
			       shown(seen, name));
}

/* ---- lines ---- */

static bool take_file(struct reader *reader, const char *text, struct err *err)
{
	struct domus *domus = reader->domus;
	struct domu *domu = array_add(&domus->domus, domus->count, sizeof(*domu));

	if (!domu)
		return err_memory(err);
	*domu = (struct domu){ .file = text, .name = "", .first_vif = domus->vif_count };
	domus->count++;
	return true;
}

static bool take_vif(struct reader *reader, char *text, struct err *err)
{
	struct domus *domus = reader->domus;
	struct domu *domu = &domus->domus[domus->count - 1];
	struct domu_vif *vif = array_add(&domus->vifs, domus->vif_count, sizeof(*vif));
	char place[DOMU_PLACE_SIZE], *state, *token;

	if (!vif)
		return err_memory(err);
	domus->vif_count++;
	vif->file = domu->file;
	vif->number = (unsigned)domu->vif_count++;
	vif->vif.id.devid = vif->number;
	memcpy(vif->value, reader->defaults, sizeof(vif->value));
	domu_location(place, vif);
	for (token = strtok_r(text, ",", &state); token; token = strtok_r(NULL, ",", &state))
		take_token(vif->value, token, place, reader->report);
	find_script(vif);
	take_vif_values(vif, place, reader->report);
	if (vif->value[DOMU_VLAN] && reader->lacks_vlan)
		report_error(reader->report,
			     "%s: vlan=: xl knows it from Xen 4.19 on, and before passes it over: "
			     "the guest would be in the bridge's own VLAN",
			     place);
	return true;
}

/* libxlutil's lines; its hints name no place. */
static void take_error(struct report *report, const char *text)
{
	static const char hint[] = "warning: ";

	if (strncmp(text, hint, strlen(hint)))
		report_error(report, "%s", text);
	else
		report_warning(report, "%s",
			       text + strlen(hint) + strspn(text + strlen(hint), " "));
}

/* "4.17": of libxenlight, and so of xl. */
static void take_version(struct reader *reader, const char *text)
{
	uint32_t major, minor;

	if (number_read(&major, &text, UINT32_MAX) && *text++ == '.' &&
	    number_read(&minor, &text, UINT32_MAX))
		reader->lacks_vlan = major < 4 || (major == 4 && minor < 19);
}

static bool take_line(struct reader *reader, char *line, struct err *err)
{
	char *text = strchr(line, ' '), seen[SHOWN_SIZE];
	bool in_file = reader->domus->count > 0;

	if (!text)
		return err_set(err, "\"%s\" is not what xl-taofw prints", shown(seen, line));
	*text++ = '\0';
	if (!strcmp(line, "default"))
		take_token(reader->defaults, text, "xl.conf", reader->report);
	else if (!strcmp(line, "error"))
		take_error(reader->report, text);
	else if (!strcmp(line, "version"))
		take_version(reader, text);
	else if (!strcmp(line, "file"))
		return take_file(reader, text, err);
	else if (in_file && !strcmp(line, "name"))
		reader->domus->domus[reader->domus->count - 1].name = text;
	else if (in_file && !strcmp(line, "vif"))
		return take_vif(reader, text, err);
	else
		return err_set(err, "\"%s\" is not what xl-taofw prints", shown(seen, line));
	return true;
}

bool domus_parse(struct domus *domus, char *text, struct report *report, struct err *err)
{
	struct domus parsed = { .text = text };
	/* Where nothing says so, libxl does: libxl_nic.c, libxl__device_nic_setdefault() */
	struct reader reader = { .domus = &parsed,
				 .defaults = { [DOMU_BRIDGE_NAME] = "xenbr0" },
				 .report = report };
	char *state, *line;
	bool ok = true;

	for (line = strtok_r(text, "\n", &state); ok && line; line = strtok_r(NULL, "\n", &state))
		ok = take_line(&reader, line, err);
	if (ok)
		*domus = parsed;
	else
		domus_done(&parsed);
	return ok;
}

void domus_done(struct domus *domus)
{
	free(domus->domus);
	free(domus->vifs);
	free(domus->text);
	*domus = (struct domus){ 0 };
}
