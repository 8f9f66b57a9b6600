/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What xl-taofw prints of guests: whose script, which values, and what is refused. */
#include "domu.h"
#include "tap.h"

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
	is_text(domu_place(place, &domus.vifs[1]), "a.cfg: vif[1]", "where");
	ok(domus.vifs[0].kind == DOMU_ROUTE && domus.vifs[1].kind == DOMU_BRIDGE &&
		   domus.vifs[2].kind == DOMU_OTHER,
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
	ok(domus.vifs[0].kind == DOMU_BRIDGE, "the last one holds");
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
	ok(report.count == 3 && report.errors == 2, "two errors, and a warning");
	is_text(report.findings[0].text, "xl.conf:1: something", "of libxlutil");
	is_text(report.findings[1].text,
		"a.cfg: vif[0]: \"Ip\" says nothing of a vif that is known here", "a key");
	is_text(report.findings[2].text, "a.cfg: vif[0]: ip=: \"192.0.2.300\" is not an address",
		"a value");
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
	test_foreign();
	return tap_done();
}
