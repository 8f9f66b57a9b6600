/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Announcements: the very bytes that the other end of the uplink's cable gets. */
#include "kernel/kernel.h"
#include "netns.h"
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netpacket/packet.h>
#include <sys/socket.h>

#define WAIT_S 2

static struct err err;
static struct uplink uplink;

static int listen_on(const char *name)
{
	struct timeval limit = { .tv_sec = WAIT_S };
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	ok(fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) &&
		   !bind(fd, (struct sockaddr *)&at, sizeof(at)),
	   "we listen on %s", name);
	return fd;
}

static void print_hex(char *out, const unsigned char *bytes, size_t size)
{
	out[0] = '\0';
	for (size_t i = 0; i < size; i++)
		sprintf(out + strlen(out), "%02x", bytes[i]);
}

/* The next frame that is an ARP packet or a neighbour advertisement, in hex; "" when none comes. */
static void hear(char out[static 256], int fd)
{
	unsigned char frame[128];
	ssize_t size;

	out[0] = '\0';
	while ((size = recv(fd, frame, sizeof(frame), 0)) > 0) {
		bool is_arp = frame[12] == 0x08 && frame[13] == 0x06;
		bool is_advertisement = frame[12] == 0x86 && frame[13] == 0xdd && frame[20] == 58 &&
					frame[54] == 136;

		if (!is_arp && !is_advertisement)
			continue;
		print_hex(out, frame, (size_t)size);
		return;
	}
}

static struct prefix parse(const char *text)
{
	struct prefix prefix = { 0 };

	if (!prefix_parse(&prefix, text, &err))
		ok(false, "%s", err.text);
	return prefix;
}

static void announce(const struct prefix *prefixes, unsigned count, const char *what)
{
	bool done = kernel_announce_apply(&uplink, prefixes, count, &err);

	ok(done, "%s", what);
	if (!done)
		printf("# %s\n", err.text);
}

static void test_heard(int fd)
{
	const struct prefix prefixes[] = { parse("2001:db8:b:b::/64"), parse("192.0.2.10"),
					   parse("198.51.100.0/29"), parse("2001:db8:b:a::10"),
					   parse("192.0.2.11") };
	char frame[256], should[256], link_local[40];

	announce(prefixes, COUNT(prefixes), "two IPv4 addresses, an IPv6 one, and two prefixes");
	for (unsigned last = 0x0a; last <= 0x0b; last++) {
		hear(frame, fd);
		snprintf(should, sizeof(should),
			 "ffffffffffff020000000001"
			 "0806"
			 "00010800060400010200000000"
			 "01c00002%02x000000000000c00002%02x",
			 last, last);
		is_text(frame, should, "an ARP request for itself");
	}
	hear(frame, fd);
	print_hex(link_local, uplink.link_local.bytes, 16);
	/* The checksum is the kernel's: take it as it is. */
	snprintf(should, sizeof(should),
		 "333300000001020000000001"
		 "86dd"
		 "%.8s00203aff%s"
		 "ff020000000000000000000000000001"
		 "8800%.4s20000000"
		 "20010db8000b000a0000000000000010"
		 "0201020000000001",
		 frame + 28, link_local, frame + 112);
	is_text(frame, should, "an advertisement for all, of the uplink's MAC, that overrides");
}

/* What can't be announced is no error: the guest has its network all the same. */
static void test_unheard(void)
{
	const struct prefix prefixes[] = { parse("192.0.2.10"), parse("2001:db8:b:a::10") };
	struct uplink before = uplink;

	announce(prefixes, 0, "nothing");
	uplink.mac = (struct mac){ { 0 } };
	announce(prefixes, COUNT(prefixes), "an uplink that is no Ethernet");
	uplink = before;
	uplink.link_local = (struct prefix){ 0 };
	announce(prefixes, COUNT(prefixes), "an uplink without a link-local address");
	uplink = before;
	run("ip link set eth0 down");
	announce(prefixes, COUNT(prefixes), "an uplink that is down");
	run("ip link del eth0");
	announce(prefixes, COUNT(prefixes), "an uplink that is gone");
}

int main(void)
{
	const struct ifname name = { "eth0" };
	struct kernel_link *link;
	int fd;

	if (!netns_enter())
		return 0;
	run("ip link add eth0 address 02:00:00:00:00:01 type veth peer name lan");
	run("echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad");
	run("ip link set eth0 up && ip link set lan up");
	link = kernel_link_open(&err);
	ok(link && kernel_link_read_uplink(&uplink, link, &name, &err), "the uplink");
	fd = listen_on("lan");
	test_heard(fd);
	test_unheard();
	close(fd);
	kernel_link_close(link);
	return tap_done();
}
