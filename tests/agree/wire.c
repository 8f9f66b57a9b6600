/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets → frames on the wires of namespaces. */
#include "../tools/frame.h"
#include "ears.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUIET_MS 400 /* nothing is on its way any more */

static const uint8_t machine_protocols[FAMILY_COUNT][9] = {
	{ IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_GRE, IPPROTO_ESP, OSPF, VRRP, IPPROTO_PIM,
	  IPPROTO_IGMP },
	{ IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6, IPPROTO_GRE, IPPROTO_ESP, OSPF, VRRP,
	  IPPROTO_PIM },
};

struct wire {
	const struct seed *seed;
	int mouths[PLACES_MAX][FAMILY_COUNT]; /* the machine has one for each family */
	int links[PLACES_MAX];		      /* the machine's interfaces to the places */
	struct ears ears;
};

static void enter(const char *prefix, const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s-%s", prefix, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("%s: %s", path, strerror(errno));
	close(fd);
}

static int open_socket(int domain, int type, int protocol)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, protocol), size = 1 << 22;

	if (fd < 0)
		die("socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

/* The machine listens to all groups that it is asked about, on each of its links. */
static void join_groups(int link)
{
	int sockets[FAMILY_COUNT] = { open_socket(AF_INET, SOCK_DGRAM, 0),
				      open_socket(AF_INET6, SOCK_DGRAM, 0) };
	struct prefix group;

	for (unsigned i = 0; probe_group(&group, IPV4, i); i++) {
		struct ip_mreqn request = { .imr_ifindex = link };

		memcpy(&request.imr_multiaddr, group.bytes, sizeof(request.imr_multiaddr));
		setsockopt(sockets[IPV4], IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request));
	}
	for (unsigned i = 0; probe_group(&group, IPV6, i); i++) {
		struct ipv6_mreq request = { .ipv6mr_interface = (unsigned)link };

		memcpy(&request.ipv6mr_multiaddr, group.bytes, sizeof(request.ipv6mr_multiaddr));
		setsockopt(sockets[IPV6], IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof(request));
	}
}

static void open_links(struct wire *wire)
{
	for (unsigned i = 0; i < wire->seed->places.count; i++) {
		const struct test_place *place = &wire->seed->places.place[i];
		const char *name =
			place->bridge.text[0] ? place->bridge.text : place->interface.text;

		if (place->position == POSITION_MACHINE)
			continue;
		wire->links[i] = (int)if_nametoindex(name);
		if (wire->links[i])
			join_groups(wire->links[i]);
	}
}

/* What the machine takes in has passed its rules; what it sends will. */
static void open_machine(struct wire *wire, unsigned place)
{
	static const int domains[FAMILY_COUNT] = { AF_INET, AF_INET6 };
	static const int on = 1;

	for (int family = 0; family < FAMILY_COUNT; family++) {
		int mouth = open_socket(domains[family], SOCK_RAW, IPPROTO_RAW);

		setsockopt(mouth, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
		wire->mouths[place][family] = mouth;
		for (unsigned i = 0;
		     i < COUNT(machine_protocols[family]) && machine_protocols[family][i]; i++) {
			uint8_t protocol = machine_protocols[family][i];
			int fd = open_socket(domains[family], SOCK_RAW, protocol);

			if (family == IPV6)
				setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
			ears_add(&wire->ears, fd, place, family, protocol);
		}
	}
}

static void open_link(struct wire *wire, unsigned place)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex("eth0") };
	int fd = open_socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), on = 1;

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("eth0: %s", strerror(errno));
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	wire->mouths[place][IPV4] = wire->mouths[place][IPV6] = fd;
	ears_add(&wire->ears, fd, place, IPV4, 0);
}

/* ---- sending ---- */

/* RFC 5798 and 4861; RFC 2236 and 2710 for what no router passes on */
static unsigned hops_of(const struct probe *probe)
{
	bool is_mld = probe->protocol == IPPROTO_ICMPV6 &&
		      ((probe->type >= 130 && probe->type <= 132) || probe->type == 143);
	bool is_near = probe->protocol == VRRP ||
		       (probe->protocol == IPPROTO_ICMPV6 && probe->type == ND_ROUTER_ADVERT);

	return is_mld || probe->protocol == IPPROTO_IGMP ? 1 : is_near ? 255 : 64;
}

static void make_words(struct words *words, const struct places *places, const struct probe *probe)
{
	struct mac target = probe_target(places, probe);
	bool is_ipv4 = probe->source.family == IPV4;
	struct mark mark = mark_of(probe);

	*words = (struct words){ .kind = is_ipv4 ? "ip4" : "ip6",
				 .proto = probe->protocol,
				 .payload = sizeof(mark),
				 .hops = hops_of(probe),
				 .sport = probe->source_port,
				 .dport = probe->port,
				 .type = probe->ether_type ? probe->ether_type : probe->type,
				 .has_type = probe->protocol == IPPROTO_IGMP,
				 .flags = TH_SYN };
	if (probe->protocol == IPPROTO_TCP)
		words->kind = is_ipv4 ? "tcp4" : "tcp6";
	if (probe->protocol == IPPROTO_UDP)
		words->kind = is_ipv4 ? "udp4" : "udp6";
	if (probe->protocol == IPPROTO_ICMP || probe->protocol == IPPROTO_ICMPV6)
		words->kind = is_ipv4 ? "icmp4" : "icmp6";
	if (probe->ether_type)
		words->kind = "ether";
	memcpy(words->smac, probe->mac.bytes, sizeof(words->smac));
	memcpy(words->dmac, target.bytes, sizeof(words->dmac));
	memcpy(words->src, probe->source.bytes, sizeof(words->src));
	memcpy(words->dst, probe->destination.bytes, sizeof(words->dst));
	memcpy(words->data, &mark, sizeof(mark));
}

/* The machine's own packets meet its rules; the kernel finds the link, but for groups. */
static ssize_t send_as_machine(const struct wire *wire, const struct probe *probe,
			       const struct frame *frame)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	bool is_ipv4 = probe->destination.family == IPV4;
	int mouth = wire->mouths[probe->place][probe->destination.family];
	int link = probe->is_group ? wire->links[probe->to] : 0;

	if (setsockopt(mouth, SOL_SOCKET, SO_BINDTOIFINDEX, &link, sizeof(link)))
		die("SO_BINDTOIFINDEX: %s", strerror(errno));
	memcpy(&to4.sin_addr, probe->destination.bytes, sizeof(to4.sin_addr));
	memcpy(&to6.sin6_addr, probe->destination.bytes, sizeof(to6.sin6_addr));
	return sendto(mouth, frame->bytes + ETHER_HDR_LEN, frame->length - ETHER_HDR_LEN, 0,
		      is_ipv4 ? (struct sockaddr *)&to4 : (struct sockaddr *)&to6,
		      is_ipv4 ? sizeof(to4) : sizeof(to6));
}

static void send_probe(const struct wire *wire, const struct probe *probe)
{
	const struct places *places = &wire->seed->places;
	struct words words;
	struct frame frame;
	ssize_t sent;

	make_words(&words, places, probe);
	frame_build(&frame, &words);
	if (places->place[probe->place].position == POSITION_MACHINE)
		sent = send_as_machine(wire, probe, &frame);
	else
		sent = send(wire->mouths[probe->place][IPV4], frame.bytes, frame.length, 0);
	if (sent < 0 && errno != EPERM) /* which is what the output chain answers */
		die("packet %u from %s: %s", probe->id, places->place[probe->place].name,
		    strerror(errno));
}

void send_all(const struct seed *seed, const char *prefix)
{
	struct wire wire = { .seed = seed, .ears = { .seed = seed } };

	for (unsigned i = 0; i < seed->places.count; i++) {
		const struct test_place *place = &seed->places.place[i];

		if (!seed_is_there(seed, i))
			continue;
		enter(prefix, place->name);
		if (place->position == POSITION_MACHINE) {
			open_machine(&wire, i);
			open_links(&wire);
		} else {
			open_link(&wire, i);
		}
	}
	for (unsigned i = 0; i < seed->probe_count; i++) {
		send_probe(&wire, &seed->probes[i]);
		ears_hear(&wire.ears, 0);
	}
	ears_hear(&wire.ears, QUIET_MS);
}
