/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration folder: what its files say is in the policy. Errors are in golden/check. */
#include "folder.h"

static void test_defaults(void)
{
	struct policy policy;
	const struct settings *settings = &policy.settings;

	begin();
	write_file("ipv4.d/.a.conf", "rubbish");
	write_file("ipv4.d/a.conf~", "rubbish");
	write_file("ipv4.d/a.conf.dpkg-old", "rubbish");
	write_file("ipv4.d/README", "rubbish");
	policy = load(LOCKED_OUT, "an empty taofirewall.conf is enough");
	ok(settings->backend == BACKEND_NFT && settings->xen == XEN_AUTO &&
		   settings->log == LOGGED_DROP && settings->proxy_arp == PROXY_ARP_YES &&
		   settings->proxy_ndp && settings->antispoof,
	   "the defaults of the settings");
	is_text(settings->uplink.text, "", "UPLINK is auto");
	is_text(settings->hooks, "/etc/xen/scripts/vif-post.d", "HOOKS");
	ok(settings->dom0_count[IPV4] == 0 && settings->dom0_count[IPV6] == 0, "DOM0_IP is auto");
	for (int family = 0; family < FAMILY_COUNT; family++) {
		const struct family_policy *own = &policy.family[family];

		ok(own->enabled && own->icmp_count == 0, "%s is on", family_names[family]);
		ok(own->chain[CHAIN_INPUT].policy == TARGET_DROP &&
			   own->chain[CHAIN_OUTPUT].policy == TARGET_ACCEPT &&
			   own->chain[CHAIN_FORWARD].policy == TARGET_DROP,
		   "its policies");
		for (int chain = 0; chain < CHAIN_COUNT; chain++)
			for (int level = 0; level <= LEVEL_MAX; level++)
				if (own->chain[chain].level[level] !=
				    (level == 50 ? TARGET_ACCEPT : TARGET_NONE))
					ok(false, "level %d of %s", level, chain_names[chain]);
	}
	ok(policy.host_count == 0, "what is no host file is passed over");
	policy_done(&policy);
}

static void test_settings(void)
{
	struct policy policy;
	const struct settings *settings = &policy.settings;
	char text[PREFIX_TEXT];

	begin();
	write_file("taofirewall.conf",
		   "[Firewall]\nbackend = NFT\nIPV4 = No\nIPV6 = YES\nXEN = no\n"
		   "LOG = spoof\n"
		   "[xen]\nUPLINK = eth0 ; a comment\nDOM0_IP = auto\n"
		   "DOM0_IP6 = 2001:db8:b:b::2 \t 2001:db8:c:c::2\n"
		   "PROXY_ARP = strict\nPROXY_NDP = no\nANTISPOOF = no\n"
		   "HOOKS = \"/etc/a folder\"\n");
	policy = load(LOCKED_OUT, "every key of taofirewall.conf");
	ok(!policy.family[IPV4].enabled && policy.family[IPV6].enabled, "IPV4 and IPV6");
	ok(settings->backend == BACKEND_NFT && settings->xen == XEN_NO &&
		   settings->log == LOGGED_SPOOF && settings->proxy_arp == PROXY_ARP_STRICT &&
		   !settings->proxy_ndp && !settings->antispoof,
	   "the settings");
	is_text(settings->uplink.text, "eth0", "UPLINK");
	is_text(settings->hooks, "/etc/a folder", "HOOKS");
	ok(settings->dom0_count[IPV4] == 0 && settings->dom0_count[IPV6] == 2, "two addresses");
	is_text(prefix_print(text, &settings->dom0[IPV6][1]), "2001:db8:c:c::2", "the second one");
	policy_done(&policy);
}

static void test_family(void)
{
	struct policy policy;
	const struct family_policy *own;

	begin();
	write_file("ipv4.conf",
		   "[input]\nPOLICY = accept\nLEVEL_50 = DROP\n[output]\nPOLICY = DROP\n"
		   "LEVEL_50 = RETURN\n[forward]\npolicy = ACCEPT\n"
		   "[icmp]\nACCEPT = Echo-Request 13 timestamp-request\n");
	write_file("ipv6.conf", "[icmp]\nACCEPT = 144 mld2-listener-report\n");
	policy = load("", "every key of ipv4.conf");
	own = &policy.family[IPV4];
	ok(own->chain[CHAIN_INPUT].policy == TARGET_ACCEPT &&
		   own->chain[CHAIN_OUTPUT].policy == TARGET_DROP &&
		   own->chain[CHAIN_FORWARD].policy == TARGET_ACCEPT,
	   "POLICY");
	ok(own->chain[CHAIN_INPUT].level[50] == TARGET_DROP &&
		   own->chain[CHAIN_OUTPUT].level[50] == TARGET_RETURN &&
		   own->chain[CHAIN_FORWARD].level[50] == TARGET_ACCEPT,
	   "LEVEL_50");
	ok(own->icmp_count == 2 && own->icmp[0] == 8 && own->icmp[1] == 13,
	   "types of ICMP, by name and number, and none twice");
	own = &policy.family[IPV6];
	ok(own->icmp_count == 2 && own->icmp[0] == 144 && own->icmp[1] == 143, "and of ICMPv6");
	policy_done(&policy);
}

/* "5:in 22/tcp 192.0.2.1, 6:out 80/tcp all": the rules of a host, with their lines. */
static const char *print_rules(char out[static 2000], const struct policy *policy, uint32_t index)
{
	const struct host *host = &policy->hosts[index];
	char service[SERVICE_TEXT], peer[PREFIX_TEXT] = "all";

	out[0] = '\0';
	for (uint32_t i = 0; i < host->rule_count; i++) {
		const struct rule *rule = &policy->rules[host->first_rule + i];
		size_t used = strlen(out);

		if (rule->has_peer)
			prefix_print(peer, &rule->peer);
		else
			strcpy(peer, "all");
		snprintf(out + used, 2000 - used, "%s%u:%s %s %s", used ? ", " : "", rule->line,
			 rule->outgoing ? "out" : "in", service_print(service, &rule->service),
			 peer);
		if (rule->level != LEVEL_DEFAULT)
			ok(false, "level %d", rule->level);
	}
	return out;
}

static void test_host(void)
{
	struct policy policy;
	const struct host *host;
	char text[2000];

	begin();
	write_file("ipv4.conf", "[groups]\noffice = 203.0.113.0/24 198.51.100.7\n"
				"team-1 = 198.51.100.9 office\n");
	write_file("ipv4.d/web1.conf",
		   "[header]\nIP = 192.0.2.10 192.0.2.16/28\n[settings]\n"
		   "PUBLIC_PORTS = 80 443 53/tcp+udp 6000-6100/udp */gre\n"
		   "USERS = 22,3306@Office 5432@198.51.100.7,198.51.100.8 *@0.0.0.0/0\n"
		   "OUT_PORTS = 53/udp 80\nSERVICES = 25@198.51.100.25\n");
	write_file("ipv4.d/b.conf", "[header]\nNAME = a.b+c-1\nTYPE = Network\nINTERFACE = eth1\n"
				    "FIREWALL = no\nIP = team-1\n");
	write_file("ipv4.d/dom0.conf",
		   "[header]\nTYPE = local\nINTERFACE =\nIP = 0.0.0.0/0 224.0.0.251\n"
		   "[settings]\nPUBLIC_PORTS = 22 53 *\n"
		   "PUBLIC_PROTOCOLS = sctp tcp+udp esp\n"
		   "OUT_PORTS = 1 *\nOUT_PROTOCOLS = udp\n");
	policy = load("", "host files");
	ok(policy.host_count == 3 && policy.claim_count == 7, "hosts and claims");

	host = &policy.hosts[0];
	is_text(host->file, "b.conf", "files are read in order");
	is_text(host->name, "a.b+c-1", "NAME");
	is_text(host->interface.text, "eth1", "INTERFACE");
	ok(host->family == IPV4 && host->type == HOST_NETWORK && !host->filtered && !host->limited,
	   "a network that filters itself");

	host = &policy.hosts[1];
	is_text(host->name, "dom0", "the default of NAME");
	ok(host->type == HOST_LOCAL && host->filtered && host->limited, "a local host");
	is_text(host->interface.text, "", "INTERFACE is empty: any");
	is_text(print_rules(text, &policy, 1),
		"6:in 22/sctp all, 6:in 53/tcp all, 6:in 53/udp all, 6:in */esp all, "
		"8:out 1/udp all, 8:out * all",
		"protocols by position");

	host = &policy.hosts[2];
	ok(host->type == HOST_DOMU && host->filtered && host->limited, "a guest");
	is_text(print_rules(text, &policy, 2),
		"4:in 80/tcp all, 4:in 443/tcp all, 4:in 53/tcp all, 4:in 53/udp all, "
		"4:in 6000-6100/udp all, 4:in */gre all, "
		"5:in 22/tcp 203.0.113.0/24, 5:in 22/tcp 198.51.100.7, "
		"5:in 3306/tcp 203.0.113.0/24, 5:in 3306/tcp 198.51.100.7, "
		"5:in 5432/tcp 198.51.100.7, 5:in 5432/tcp 198.51.100.8, 5:in * 0.0.0.0/0, "
		"6:out 53/udp all, 6:out 80/tcp all, 7:out 25/tcp 198.51.100.25",
		"every combination is a rule");
	policy_done(&policy);
}

static void test_claims(void)
{
	struct policy policy;
	char text[PREFIX_TEXT], all[1000] = "";

	begin();
	write_file("ipv4.d/a.conf", "[header]\nIP = 198.51.100.0/24 192.0.2.10\n");
	write_file("ipv6.d/a.conf", "[header]\nIP = 2001:db8::/32\n");
	write_file("ipv6.d/b.conf", "[header]\nIP = 2001:db8::1\n");
	policy = load(LOCKED_OUT, "claims of both families");
	for (uint32_t i = 0; i < policy.claim_count; i++) {
		const struct claim *claim = &policy.claims[i];

		strcat(all, prefix_print(text, &claim->prefix));
		strcat(all, policy.hosts[claim->host].family == IPV6 ? " 6" : " 4");
		strcat(all, policy.hosts[claim->host].file);
		strcat(all, ", ");
	}
	is_text(all,
		"192.0.2.10 4a.conf, 198.51.100.0/24 4a.conf, 2001:db8::/32 6a.conf, "
		"2001:db8::1 6b.conf, ",
		"are in order, and their hosts are theirs");
	policy_done(&policy);
}

/* Hosts of a family that is off are checked, but nobody meets them. */
static void test_family_off(void)
{
	struct report report = { 0 };
	struct policy policy;

	begin();
	write_file("taofirewall.conf", "[firewall]\nIPV6 = no\n");
	write_file("ipv6.conf", "[forward]\nPOLICY = ACCEPT\n[groups]\noffice = 2001:db8::7\n"
				"[network lan1]\nSUBNET = 2001:db8:1::/64\nINTERFACE = xenbr1\n"
				"[unmanaged]\nNETWORKS = 2001:db8:8::/48\n");
	write_file("ipv4.d/a.conf", "[header]\nTYPE = local\nIP = 192.0.2.1\n[settings]\nUSERS = "
				    "22@192.0.2.2\n");
	write_file("ipv6.d/a.conf", "[header]\nIP = 2001:db8::1\n[settings]\nUSERS = 22@office\n"
				    "NAT = 2001:db8::5\nPAT = 22:22\n");
	policy = load("", "a family that is off");
	ok(policy.host_count == 1 && policy.claim_count == 1 && policy.rule_count == 1 &&
		   policy.hosts[0].family == IPV4,
	   "its hosts are not in the policy");
	ok(policy.network_count == 0 && policy.unmanaged_count == 0 && policy.forward_count == 0,
	   "nor its networks");
	ok(policy.family[IPV6].chain[CHAIN_FORWARD].policy == TARGET_ACCEPT, "its chains are");
	policy_done(&policy);

	write_file("ipv6.d/b.conf", "[header]\nIP = 2001:db8::1\n");
	ok(!conf_load(&policy, directory, &report) && report.errors == 1, "but they are checked");
	ok(policy.host_count == 0, "and a failure leaves the policy alone");
	report_done(&report);
}

/* What git does not keep, and so can't be a golden case. */
static void test_modes(void)
{
	struct report report = { 0 };
	struct policy policy = { .host_count = 77 };
	char path[256], long_name[100];

	begin();
	snprintf(path, sizeof(path), "%s/ipv4.d", directory);
	chmod(path, 0757);
	ok(!conf_load(&policy, directory, &report), "a folder that every user may write to");
	is_text(report.findings[0].text,
		"ipv4.d: every user may write to it (chmod o-w): it is not trusted", "says");
	report_done(&report);
	chmod(path, 0755);

	snprintf(long_name, sizeof(long_name), "ipv4.d/%059d.conf", 1);
	write_file(long_name, "[header]\nIP = 192.0.2.1\n");
	write_file("ipv4.d/a\nb.conf", "");
	ok(!conf_load(&policy, directory, &report) && report.errors == 2,
	   "names of files that can't be shown or kept");
	report_done(&report);
	write_file(long_name, NULL);
	write_file("ipv4.d/a\nb.conf", NULL);
	snprintf(long_name, sizeof(long_name), "ipv4.d/%058d.conf", 1);
	write_file(long_name, "[header]\nIP = 192.0.2.1\n");
	ok(policy.host_count == 77, "a failure leaves the policy alone");
	policy = load(LOCKED_OUT, "the longest name of a file");
	is_text(policy.hosts[0].file, long_name + strlen("ipv4.d/"), "is kept whole");
	policy_done(&policy);

	ok(!conf_load(&policy, "/nonexistent", &report), "no such folder");
	is_text(report.findings[0].text,
		"/nonexistent: it can't be read: No such file or directory", "says");
	report_done(&report);
}

static bool is_after(struct timespec time, struct timespec other)
{
	return time.tv_sec > other.tv_sec ||
	       (time.tv_sec == other.tv_sec && time.tv_nsec > other.tv_nsec);
}

/* Longer than a tick, in which Linux before 6.13 gives every file the same time. */
static void tick(void)
{
	usleep(20 * 1000);
}

static void test_changed(void)
{
	struct timespec before, after, now;
	struct policy policy = { 0 };
	char path[256];

	begin();
	write_file("ipv6.d/a.conf", "[header]\nIP = 2001:db8::1\n");
	before = conf_changed(directory);
	clock_gettime(CLOCK_REALTIME, &now);
	ok(before.tv_sec > 0 && !is_after(before, now), "there is a time of change");
	policy = load(LOCKED_OUT, "what is read");
	ok(!is_after(before, policy.changed) && !is_after(policy.changed, before),
	   "knows its time of change");
	policy_done(&policy);
	tick();
	write_file("ipv6.d/a.conf~", "");
	after = conf_changed(directory);
	ok(is_after(after, before), "a new file changes its folder");
	tick();
	snprintf(path, sizeof(path), "%s/ipv6.d/a.conf", directory);
	chmod(path, 0600);
	ok(is_after(conf_changed(directory), after), "a host file is changed");
	write_file("routing.cfg", "");
	after = conf_changed(directory);
	tick();
	write_file("routing.cfg", "[a]\n");
	ok(is_after(conf_changed(directory), after), "routing.cfg is changed");
	ok(conf_changed("/nonexistent").tv_sec == 0, "where nothing is, nothing was changed");
}

int main(void)
{
	make_folder();
	test_defaults();
	test_settings();
	test_family();
	test_host();
	test_claims();
	test_family_off();
	test_modes();
	test_changed();
	remove_folder();
	return tap_done();
}
