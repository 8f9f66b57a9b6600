/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which domains run, and whose vifs are left out because of it. */
#include "state/online.h"
#include "tap.h"

static bool parse(struct domains *domains, const char *text, struct err *err)
{
	*domains = (struct domains){ 0 };
	return domains_parse(domains, strdup(text), err);
}

static void refuses(const char *text, const char *why)
{
	struct domains domains;
	struct err err = { "" };

	ok(!parse(&domains, text, &err) && !domains.count, "no list of domains: %s", why);
	is_text(err.text, why, "and why");
	domains_done(&domains);
}

static void test_parse(void)
{
	struct domains domains;
	struct err err;

	ok(parse(&domains, "0 Domain-0\n3 web1\n12 \n7 a name\n", &err), "a list");
	ok(domains.count == 4 && domains_has(&domains, 12) && !domains_has(&domains, 1),
	   "of four domains");
	is_text(domains.domains[1].name, "web1", "a name");
	is_text(domains.domains[2].name, "", "none");
	is_text(domains.domains[3].name, "a name", "one with a blank");
	domains_done(&domains);
	domains_done(&domains);
	refuses("", "Dom0 is not among the domains");
	refuses("3 web1\n", "Dom0 is not among the domains");
	refuses("0 Domain-0\nweb1\n", "\"web1\" is no domain");
	refuses("0 Domain-0\n-1 web1\n", "\"-1 web1\" is no domain");
	refuses("0 Domain-0\n1\n", "\"1\" is no domain");
	refuses("0 Domain-0\n4294967297 web1\n", "\"4294967297 web1\" is no domain");
}

/* Of domain 1 one of ours and one of another script; of 2 the same; of 3 a vif and its tap. */
static const struct record known[] = {
	{ .vif = { .id = { 1, 0, false }, .name = { "vif1.0" } }, .metric = 1024 },
	{ .vif = { .is_foreign = true, .id = { 1, 1, false }, .name = { "vif1.1" } } },
	{ .vif = { .id = { 2, 0, false }, .name = { "web2" } }, .metric = 1024 },
	{ .vif = { .is_foreign = true, .id = { 2, 1, false }, .name = { "vif2.1" } } },
	{ .vif = { .id = { 3, 0, false }, .name = { "vif3.0" } }, .metric = 1024 },
	{ .vif = { .id = { 3, 0, true }, .name = { "vif3.0-emu" } }, .metric = 1024 },
};

static void leave_out(struct online *online, struct report *report, const char *running)
{
	struct domains domains;
	struct err err;

	*online = (struct online){ .records = malloc(sizeof(known)), .count = COUNT(known) };
	*report = (struct report){ 0 };
	memcpy(online->records, known, sizeof(known));
	ok(parse(&domains, running, &err) && online_leave_out(online, &domains, report, &err),
	   "those of domains that do not run are left out");
	domains_done(&domains);
}

static void done(struct online *online, struct report *report)
{
	online_done(online);
	report_done(report);
}

static void test_leave_out(void)
{
	struct online online;
	struct report report;

	leave_out(&online, &report, "0 Domain-0\n1 web1\n2 web2\n3 web3\n");
	ok(online.count == COUNT(known) && !online.stale_count && !report.count,
	   "nobody, where all run");
	done(&online, &report);

	leave_out(&online, &report, "0 Domain-0\n1 web1\n3 web3\n");
	ok(online.count == 4, "four vifs stay");
	for (size_t i = 0; i < online.count; i++)
		ok(online.records[i].vif.id.domid != 2, "%s", online.records[i].vif.name.text);
	ok(online.stale_count == 1 && !strcmp(online.stale[0].vif.name.text, "web2"),
	   "what an attach of ours did is to be undone");
	ok(report.count == 2 && report.errors == 0, "each is told of");
	is_text(report.findings[0].text,
		"web2 is no guest's: there is no domain 2 any more, and what xenstore says of it "
		"is left over",
		"in these words");
	done(&online, &report);

	leave_out(&online, &report, "0 Domain-0\n");
	ok(!online.count && online.stale_count == 4, "all, where none runs");
	done(&online, &report);
}

int main(void)
{
	test_parse();
	test_leave_out();
	return tap_done();
}
