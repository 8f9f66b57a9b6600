/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks, translations and routes: what the files say is in the policy. */
#include "folder.h"

/* "192.0.2.0/24 10.0.0.1": count prefixes, a word each. */
static const char *print_prefixes(char out[static 1000], const struct prefix *prefixes,
				  uint32_t count)
{
	char text[PREFIX_TEXT];

	out[0] = '\0';
	for (uint32_t i = 0; i < count; i++) {
		strcat(out, i ? " " : "");
		strcat(out, prefix_print(text, &prefixes[i]));
	}
	return out;
}

static void test_networks(void)
{
	struct policy policy;
	const struct network *network;
	char text[1000];

	begin();
	write_file("ipv4.conf",
		   "[network LAN1]\nSUBNET = 192.168.1.0/24\nINTERFACE = xenbr1\n"
		   "FRIENDS = lan2 Office 10.8.0.0/24 203.0.113.0/24\n"
		   "[unmanaged]\nNETWORKS = 198.51.100.7 office lan2 10.9.0.0/16\n"
		   "[network lan2]\nSUBNET = 192.168.2.0/24\nINTERFACE = xenbr2\nFRIENDS =\n"
		   "MASQUERADE = eth0\nISOLATE = yes\n"
		   "[groups]\noffice = 203.0.113.0/24 198.51.100.7\n");
	write_file("ipv6.conf", "[network lan1]\nSUBNET = 2001:db8:1::/64\nINTERFACE = xenbr1\n"
				"[unmanaged]\nNETWORKS = 2001:db8:8::/48\n");
	write_file("ipv4.d/a.conf", "[header]\nIP = 192.168.1.10\n[settings]\nUSERS = 22@Lan2\n");
	policy = load(LOCKED_OUT, "networks, and what is left alone");
	ok(policy.network_count == 3, "of both families");
	network = &policy.networks[0];
	ok(network->family == IPV4 && !network->isolated && network->line == 1, "the first one");
	is_text(network->name, "lan1", "its name");
	is_text(network->interface.text, "xenbr1", "INTERFACE");
	is_text(network->masquerade.text, "", "MASQUERADE");
	is_text(print_prefixes(text, &network->subnet, 1), "192.168.1.0/24", "SUBNET");
	is_text(print_prefixes(text, policy.friends + network->first_friend, network->friend_count),
		"10.8.0.0/24 192.168.2.0/24 198.51.100.7 203.0.113.0/24",
		"FRIENDS: networks, groups and prefixes wherever they stand, none twice");
	network = &policy.networks[1];
	ok(network->isolated && network->friend_count == 0, "the second one");
	is_text(network->masquerade.text, "eth0", "MASQUERADE");
	ok(policy.networks[2].family == IPV6 && policy.networks[2].friend_count == 0,
	   "the same name in the other family");
	is_text(print_prefixes(text, policy.unmanaged, policy.unmanaged_count),
		"10.9.0.0/16 192.168.2.0/24 198.51.100.7 203.0.113.0/24 2001:db8:8::/48",
		"[unmanaged] of both families, in order, none twice");
	is_text(print_prefixes(text, &policy.rules[0].peer, policy.rule_count), "192.168.2.0/24",
		"a network is a word for its SUBNET");
	policy_done(&policy);
}

/* "5:8080>80/tcp": the forwards of a host. */
static const char *print_forwards(char out[static 1000], const struct policy *policy,
				  const struct host *host)
{
	char text[64], service[SERVICE_TEXT];

	out[0] = '\0';
	for (uint32_t i = 0; i < host->forward_count; i++) {
		const struct port_forward *forward = &policy->forwards[host->first_forward + i];
		struct service private = { forward->private_port, forward->private_port,
					   SERVICE_PORTS, forward->protocol };

		snprintf(text, sizeof(text), "%s%u:%u>%s", i ? ", " : "", forward->line,
			 forward->public_port, service_print(service, &private));
		strcat(out, text);
	}
	return out;
}

static void test_nat(void)
{
	struct policy policy;
	const struct host *host;
	char text[1000];

	begin();
	write_file("ipv4.d/a.conf",
		   "[header]\nIP = 192.168.1.10 192.168.3.0/24\n[settings]\nNAT = 203.0.113.5\n"
		   "PAT = 8080:80 2222:22/tcp 53:53/tcp+udp\nPUBLIC_PORTS = *\n");
	write_file("ipv4.d/b.conf", "[header]\nIP = 192.168.2.0/24 192.168.1.11\n[settings]\n"
				    "NAT = Yes\nNAT_DEVICE = eth0\nPAT =\n");
	write_file("ipv4.d/c.conf", "[header]\nIP = 192.168.1.12\n[settings]\nNAT = no\n"
				    "NAT_DEVICE =\n");
	write_file("ipv6.d/a.conf", "[header]\nIP = fd00::10\n[settings]\nPAT = 8080:80\n"
				    "NAT = 2001:db8::5\nPUBLIC_PORTS = 80\n");
	policy = load(LOCKED_OUT, "translations");
	host = &policy.hosts[0];
	ok(host->nat == NAT_ADDRESS, "NAT with an address");
	is_text(print_prefixes(text, &host->nat_address, 1), "203.0.113.5", "which is kept");
	is_text(print_prefixes(text, &host->address, 1), "192.168.1.10", "the first of IP");
	is_text(print_forwards(text, &policy, host),
		"5:8080>80/tcp, 5:2222>22/tcp, 5:53>53/tcp, 5:53>53/udp", "PAT");
	host = &policy.hosts[1];
	ok(host->nat == NAT_MASQUERADE && host->forward_count == 0, "NAT = yes, and an empty PAT");
	is_text(host->nat_device.text, "eth0", "NAT_DEVICE");
	is_text(print_prefixes(text, &host->address, 1), "192.168.2.0/24", "may be a prefix");
	host = &policy.hosts[2];
	ok(host->nat == NAT_NONE && !*host->nat_device.text, "NAT = no");
	host = &policy.hosts[3];
	ok(host->family == IPV6 && host->nat == NAT_ADDRESS, "the same in IPv6");
	is_text(print_prefixes(text, &host->nat_address, 1), "2001:db8::5", "its address");
	is_text(print_forwards(text, &policy, host), "4:8080>80/tcp", "its ports");
	policy_done(&policy);
}

static void test_routing(void)
{
	struct policy policy;
	char all[1000] = "", destination[PREFIX_TEXT], via[PREFIX_TEXT], line[200];

	begin();
	write_file("routing.cfg", "[VPN]\nDESTINATION = 10.8.0.0/24 2001:db8:8::/48 10.9.0.7\n"
				  "VIA = 2001:db8::12 192.0.2.12\nMETRIC = 4294967295\n"
				  "[backup]\nVIA = 192.0.2.13\nDESTINATION = 10.8.0.0/24\n");
	policy = load(LOCKED_OUT, "routes");
	for (uint32_t i = 0; i < policy.route_count; i++) {
		const struct policy_route *route = &policy.routes[i];

		snprintf(line, sizeof(line), "%u:%s %s via %s metric %u\n", route->line,
			 route->name, prefix_print(destination, &route->destination),
			 prefix_print(via, &route->via), route->metric);
		strcat(all, line);
	}
	is_text(all,
		"2:vpn 10.8.0.0/24 via 192.0.2.12 metric 4294967295\n"
		"2:vpn 2001:db8:8::/48 via 2001:db8::12 metric 4294967295\n"
		"2:vpn 10.9.0.7 via 192.0.2.12 metric 4294967295\n"
		"7:backup 10.8.0.0/24 via 192.0.2.13 metric 2048\n",
		"one for each destination, with the next hop of its family");
	policy_done(&policy);
	write_file("taofirewall.conf", "[firewall]\nIPV6 = no\n");
	policy = load(LOCKED_OUT, "routes of a family that is off");
	ok(policy.route_count == 3, "are read and not kept");
	policy_done(&policy);
}

int main(void)
{
	make_folder();
	test_networks();
	test_nat();
	test_routing();
	remove_folder();
	return tap_done();
}
