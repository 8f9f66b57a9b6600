/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of xl-taofw → guests and their vifs. */
#include "domu.h"
#include "array.h"
#include "vlan.h"

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
	struct report *report;
};

const char *domu_place(char out[static DOMU_PLACE_SIZE], const struct domu_vif *vif)
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

/* ---- the values of a vif ---- */

static enum domu_kind find_kind(const struct domu_vif *vif)
{
	static const char *const scripts[] = {
		[DOMU_ROUTE] = "vif-route-taofw", [DOMU_BRIDGE] = "vif-bridge-taofw"
	};
	enum domu_kind kind = DOMU_ROUTE;

	while (kind < DOMU_OTHER && strcmp(domu_script(vif), scripts[kind]))
		kind++;
	return kind;
}

static bool take_mac(struct domu_vif *vif, struct err *err)
{
	return mac_parse(&vif->vif.mac, vif->value[DOMU_MAC], err);
}

static bool take_ip(struct domu_vif *vif, struct err *err)
{
	return vif_parse_ip(&vif->vif, vif->value[DOMU_IP], err);
}

static bool take_vifname(struct domu_vif *vif, struct err *err)
{
	return ifname_parse(&vif->vif.name, vif->value[DOMU_VIFNAME], err);
}

static bool take_bridge(struct domu_vif *vif, struct err *err)
{
	return vif->kind != DOMU_BRIDGE ||
	       ifname_parse(&vif->vif.bridge, vif->value[DOMU_BRIDGE_NAME], err);
}

static bool take_gatewaydev(struct domu_vif *vif, struct err *err)
{
	struct ifname ignored;

	return ifname_parse(&ignored, vif->value[DOMU_GATEWAYDEV], err);
}

static bool take_mtu(struct domu_vif *vif, struct err *err)
{
	uint32_t ignored;

	return vif_parse_mtu(&ignored, vif->value[DOMU_MTU], err);
}

static bool take_vlan(struct domu_vif *vif, struct err *err)
{
	struct vlans ignored;

	return vif->kind != DOMU_BRIDGE || vlans_parse(&ignored, vif->value[DOMU_VLAN], err);
}

/* What an attach would make of them, in its words. */
static void take_values(struct domu_vif *vif, struct report *report)
{
	static bool (*const takes[DOMU_KEY_COUNT])(struct domu_vif * vif, struct err * err) = {
		[DOMU_BRIDGE_NAME] = take_bridge,
		[DOMU_IP] = take_ip,
		[DOMU_MAC] = take_mac,
		[DOMU_VIFNAME] = take_vifname,
		[DOMU_GATEWAYDEV] = take_gatewaydev,
		[DOMU_MTU] = take_mtu,
		[DOMU_VLAN] = take_vlan,
	};
	bool is_ours = vif->kind != DOMU_OTHER && !vif->value[DOMU_BACKEND];
	char place[DOMU_PLACE_SIZE];
	struct err err;

	for (int key = 0; key < DOMU_KEY_COUNT; key++)
		if (takes[key] && vif->value[key] && !takes[key](vif, &err) && is_ours)
			report_error(report, "%s: %s=: %s", domu_place(place, vif), key_names[key],
				     err.text);
	if (is_ours && vif->kind == DOMU_ROUTE && !vif->value[DOMU_IP])
		report_error(report,
			     "%s: no ip=: a routed vif without addresses could not send anything",
			     domu_place(place, vif));
}

static int find_key(const char *name)
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

/* "KEY=VALUE" as xl takes it: blanks before it do not count, those behind it do. */
static void take_token(const char *value[static DOMU_KEY_COUNT], char *token, const char *place,
		       struct report *report)
{
	char *name = token + strspn(token, " \t"), *equals = strchr(name, '='), seen[SHOWN_SIZE];
	int key;

	if (equals)
		*equals = '\0';
	key = find_key(name);
	if (equals && key < DOMU_KEY_COUNT)
		value[key] = equals + 1;
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
	memcpy(vif->value, reader->defaults, sizeof(vif->value));
	domu_place(place, vif);
	for (token = strtok_r(text, ",", &state); token; token = strtok_r(NULL, ",", &state))
		take_token(vif->value, token, place, reader->report);
	vif->kind = find_kind(vif);
	take_values(vif, reader->report);
	return true;
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
		report_error(reader->report, "%s", text);
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
	struct reader reader = { &parsed, { [DOMU_BRIDGE_NAME] = "xenbr0" }, report };
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
