/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What xl-taofw prints of guests: whose script, which values, and what is refused. */
#include "tap.h"
#include "xen/domu.h"

static bool parse(struct domus *domus, struct report *report, const char *text, struct err *err)
{
	*domus = (struct domus){ 0 };
	*report = (struct report){ 0 };
	return domus_parse(domus, strdup(text), report, err);
}

static void done(struct domus *domus, struct report *report)
{
	domus_done(domus);
	report_done(report);
}

static void test_guests(void)
{
	struct domus domus;
	struct report report;
	struct err err;
	char place[DOMU_PLACE_SIZE];

	ok(parse(&domus, &report,
		 "file a.cfg\nname a b\nvif script=vif-route-taofw, ip=192.0.2.10 "
		 "2001:db8::1,,netdev=eth1\n"
		 "vif script=/etc/xen/scripts/vif-bridge-taofw,mac=00:16:3e:00:00:01,rate=1Mb/s\n"
		 "file b.cfg\nvif \n",
		 &err),
	   "two guests");
	ok(domus.count == 2 && domus.vif_count == 3 && !report.count, "with three vifs");
	is_text(domus.domus[0].name, "a b", "a name");
	is_text(domus.domus[1].name, "", "none");
	ok(domus.domus[1].first_vif == 2 && domus.domus[1].vif_count == 1, "whose vif is whose");
	is_text(domu_location(place, &domus.vifs[1]), "a.cfg: vif[1]", "where");
	ok(domus.vifs[0].is_ours && domus.vifs[0].place == VIF_ROUTED && domus.vifs[1].is_ours &&
		   domus.vifs[1].place == VIF_BRIDGED && !domus.vifs[2].is_ours &&
		   domus.vifs[2].has_place,
	   "whose scripts");
	is_text(domu_script(&domus.vifs[2]), "vif-bridge", "without one, it is libxl's");
	ok(domus.vifs[0].vif.prefix_count == 2, "addresses");
	is_text(domus.vifs[0].value[DOMU_GATEWAYDEV], "eth1", "netdev= is gatewaydev=");
	ok(!*domus.vifs[0].vif.bridge.text, "a routed vif is on no bridge");
	is_text(domus.vifs[1].vif.bridge.text, "xenbr0", "another is on libxl's");
	done(&domus, &report);
	done(&domus, &report);
}

static void test_defaults(void)
{
	struct domus domus;
	struct report report;
	struct err err;

	ok(parse(&domus, &report,
		 "default script=vif-nat\ndefault script=vif-bridge-taofw\ndefault bridge=br1\n"
		 "file a.cfg\nvif \nvif bridge=br2\n",
		 &err),
	   "defaults of xl.conf");
	ok(domus.vifs[0].is_ours && domus.vifs[0].place == VIF_BRIDGED, "the last one holds");
	is_text(domus.vifs[0].vif.bridge.text, "br1", "and so does a bridge");
	is_text(domus.vifs[1].vif.bridge.text, "br2", "unless the vif has one");
	done(&domus, &report);
}

static void test_mistakes(void)
{
	struct domus domus;
	struct report report;
	struct err err;

	ok(parse(&domus, &report,
		 "error xl.conf:1: something\nfile a.cfg\n"
		 "vif script=vif-route-taofw,ip=192.0.2.300,Ip=192.0.2.1,trusted=0,colo_x=1\n"
		 "vif script=vif-nat,ip=192.0.2.300\n",
		 &err),
	   "mistakes are no failure");
	ok(report.count == 4 && report.errors == 3, "three errors, and a warning");
	is_text(report.findings[0].text, "xl.conf:1: something", "of libxlutil");
	is_text(report.findings[1].text,
		"a.cfg: vif[0]: \"Ip\" says nothing of a vif that is known here", "a key");
	is_text(report.findings[2].text, "a.cfg: vif[0]: ip=: \"192.0.2.300\" is not an address",
		"a value");
	is_text(report.findings[3].text,
		"a.cfg: vif[1]: ip=: \"192.0.2.300\" is not an address: it comes up by vif-nat, "
		"but its "
		"traffic is dropped from a start of the firewall on",
		"and one of another script's");
	done(&domus, &report);
}

/* Each with what becomes of it, in the words of an attach or a load. */
static void test_readings(void)
{
	static const struct {
		const char *vif, *finding; /* NULL: none */
	} all[] = {
		{ "script=vif-route-taofw,ip=192.0.2.1,mac= 0-16 3e:a0:0:8 ", NULL },
		{ "ip=192.0.2.1,mac=00:16:3e:a0:00",
		  "mac=: \"00:16:3e:a0:00\" is not a MAC address" },
		{ "mac=00:16:3e:a0:00:100", "mac=: \"00:16:3e:a0:00:100\" is not a MAC address" },
		{ "script=vif-route-taofw ,ip=192.0.2.1",
		  "script=: \"vif-route-taofw \": xl takes a blank for a part of its name, so "
		  "there is "
		  "none" },
		{ "script=vif-route-taofw,ip=192.0.2.1,192.0.2.2/32",
		  "xl takes a comma for the end of ip=, and leaves \"192.0.2.2/32\" out: addresses "
		  "are "
		  "parted by blanks" },
		{ "script=vif-route-taofw,ip=,",
		  "no ip=: a routed vif without addresses could not send anything" },
		{ "script=vif-route-taofw,ip= ,",
		  "no ip=: a routed vif without addresses could not send anything" },
		{ "script=vif-bridge-taofw,ip= ,", "ip=: it holds no address" },
		{ "script=vif-route-taofw,ip=192.0.2.1,vifname=vif5.0",
		  "vifname=: vif5.0 is the kernel's name for another domain's vif" },
		{ "script=vif-route-taofw,ip=192.0.2.1,vifname=vif5", NULL },
		{ "script=vif-route-taofw,ip=2001:db8::1,mtu=1279",
		  "mtu=: 1279 is too small for IPv6, which needs 1280 (RFC 8200, 5)" },
		{ "script=vif-bridge-taofw,vlan=5000",
		  "vlan=: a VLAN has a number from 1 to 4094" },
		{ "script=vif-bridge,ip=192.0.2.1", NULL },
		{ "script=vif-route",
		  "no ip=: a routed vif without addresses could not send anything: "
		  "it comes up by vif-route, but its traffic is dropped from a start "
		  "of the firewall on" },
		{ "script=vif-bridge,ip=192.0.2.1 192.0.2.1",
		  "ip=: 192.0.2.1 is given twice: it comes up by vif-bridge, but its traffic is "
		  "dropped from a start of the firewall on" },
		{ "script=vif-openvswitch,ip=192.0.2.1",
		  "by vif-openvswitch it is neither filtered nor protected: what passes there "
		  "meets "
		  "none of the kernel's rules for bridges" },
		{ "script=vif-openvswitch,ip=192.0.2.1,backend=net", NULL },
	};
	struct domus domus;
	struct report report;
	struct err err;
	char text[256];

	for (size_t i = 0; i < COUNT(all); i++) {
		const char *said = NULL;

		snprintf(text, sizeof(text), "version 4.20\nfile a.cfg\nvif %s\n", all[i].vif);
		ok(parse(&domus, &report, text, &err), "%s", all[i].vif);
		if (report.count == 1)
			said = report.findings[0].text + strlen("a.cfg: vif[0]: ");
		ok(report.count == (all[i].finding != NULL), "one finding, or none");
		is_text(said ? said : "", all[i].finding ? all[i].finding : "", "which");
		done(&domus, &report);
	}
}

static void test_versions(void)
{
	static const char *const versions[] = { "", "version 4.19\n", "version 5.0\n",
						"version x\n" };
	static const char vif[] = "file a.cfg\nvif script=vif-bridge,vlan=10\n";
	struct domus domus;
	struct report report;
	struct err err;
	char text[128];

	for (size_t i = 0; i < COUNT(versions); i++) {
		snprintf(text, sizeof(text), "%s%s", versions[i], vif);
		ok(parse(&domus, &report, text, &err) && !report.count, "xl knows vlan=");
		done(&domus, &report);
	}
	snprintf(text, sizeof(text), "version 4.17\n%s", vif);
	ok(parse(&domus, &report, text, &err) && report.errors == 1, "an older one does not");
	is_text(report.findings[0].text,
		"a.cfg: vif[0]: vlan=: xl knows it from Xen 4.19 on, and before passes it over: "
		"the "
		"guest would be in the bridge's own VLAN",
		"and what follows");
	done(&domus, &report);
}

static void test_hints(void)
{
	struct domus domus;
	struct report report;
	struct err err;

	ok(parse(&domus, &report,
		 "error a.cfg:2: config parsing error\nerror warning:  Arbitrary Python\n", &err) &&
		   report.count == 2 && report.errors == 1,
	   "a hint of libxlutil's is no error");
	is_text(report.findings[1].text, "Arbitrary Python", "and is told");
	done(&domus, &report);
}

static void test_foreign(void)
{
	static const char *const bad[] = { "file", "name a\n", "vif ip=192.0.2.1\n",
					   "file a.cfg\nnothing of this\n" };
	struct domus domus;
	struct report report;
	struct err err;

	for (size_t i = 0; i < COUNT(bad); i++) {
		ok(!parse(&domus, &report, bad[i], &err) && !domus.count,
		   "no output of xl-taofw: line %zu", i);
		done(&domus, &report);
	}
	is_text(err.text, "\"nothing\" is not what xl-taofw prints", "and why");
	ok(parse(&domus, &report, "", &err) && !domus.count, "nothing is nothing");
	done(&domus, &report);
}

int main(void)
{
	test_guests();
	test_defaults();
	test_mistakes();
	test_readings();
	test_versions();
	test_hints();
	test_foreign();
	return tap_done();
}
