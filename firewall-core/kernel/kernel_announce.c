/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses that moved to the uplink → an ARP request or a neighbour advertisement each, for all on
 * its link to hear.
 */
#include "kernel/kernel.h"
#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <sys/socket.h>

/* A link that is down, or whose own address is not usable yet: there is nobody to tell. */
static bool is_link_unready(int error)
{
	return error == ENETDOWN || error == ENODEV || error == ENXIO || error == ENETUNREACH ||
	       error == EADDRNOTAVAIL;
}

static bool set_announce_error(const struct uplink *uplink, const struct prefix *address,
			       struct err *err)
{
	char text[PREFIX_TEXT];

	return err_sys(err, "%s can't be announced on %s", prefix_print(text, address),
		       uplink->name.text);
}

/* The first of the family that is one address, from place `from` on; count: none. */
static unsigned next_address(const struct prefix *prefixes, unsigned count, unsigned from,
			     enum family family)
{
	while (from < count &&
	       (prefixes[from].family != family || !prefix_is_address(&prefixes[from])))
		from++;
	return from;
}

/* ---- IPv4 ---- */

static bool send_arp(int fd, const struct uplink *uplink, const struct prefix *address)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ARP),
				  .sll_ifindex = (int)uplink->index,
				  .sll_halen = ETH_ALEN };
	struct ether_arp arp = { .ea_hdr = { .ar_hrd = htons(ARPHRD_ETHER),
					     .ar_pro = htons(ETH_P_IP),
					     .ar_hln = ETH_ALEN,
					     .ar_pln = 4,
					     .ar_op = htons(ARPOP_REQUEST) } };

	memset(to.sll_addr, 0xff, ETH_ALEN);
	memcpy(arp.arp_sha, uplink->mac.bytes, sizeof(arp.arp_sha));
	memcpy(arp.arp_spa, address->bytes, sizeof(arp.arp_spa));
	memcpy(arp.arp_tpa, address->bytes, sizeof(arp.arp_tpa));
	return sendto(fd, &arp, sizeof(arp), 0, (struct sockaddr *)&to, sizeof(to)) >= 0;
}

static bool announce_ipv4(const struct uplink *uplink, const struct prefix *prefixes,
			  unsigned count, struct err *err)
{
	unsigned i = next_address(prefixes, count, 0, IPV4);
	auto_close int fd = -1;

	if (i == count)
		return true;
	/* Protocol 0: it receives nothing. */
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return set_announce_error(uplink, &prefixes[i], err);
	for (; i < count; i = next_address(prefixes, count, i + 1, IPV4))
		if (!send_arp(fd, uplink, &prefixes[i]))
			return is_link_unready(errno) ||
			       set_announce_error(uplink, &prefixes[i], err);
	return true;
}

/* ---- IPv6 ---- */

/*
 * Bound to the uplink and its link-local address; what it sends has hop limit 255, or nobody would
 * believe it.
 */
static int open_icmpv6(const struct uplink *uplink)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6, .sin6_scope_id = uplink->index };
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	int hops = 255, loop = 0, index = (int)uplink->index;
	struct icmp6_filter nothing;

	if (fd < 0)
		return -1;
	memcpy(&from.sin6_addr, uplink->link_local.bytes, sizeof(from.sin6_addr));
	ICMP6_FILTER_SETBLOCKALL(&nothing);
	if (!setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &nothing, sizeof(nothing)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &loop, sizeof(loop)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof(index)) &&
	    !bind(fd, (struct sockaddr *)&from, sizeof(from)))
		return fd;
	close(fd);
	return -1;
}

/*
 * No router flag: the kernel's own answers for a proxy entry have none either. It fills in the
 * checksum.
 */
static bool send_advertisement(int fd, const struct uplink *uplink, const struct prefix *address)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_scope_id = uplink->index };
	struct {
		struct nd_neighbor_advert advert;
		struct nd_opt_hdr option;
		uint8_t mac[ETH_ALEN];
	} message = { .advert = { .nd_na_hdr = { .icmp6_type = ND_NEIGHBOR_ADVERT } },
		      .option = { .nd_opt_type = ND_OPT_TARGET_LINKADDR, .nd_opt_len = 1 } };

	_Static_assert(sizeof(message) == 32, "24 bytes of advertisement, 8 of option");
	/* ff02::1, all nodes */
	to.sin6_addr.s6_addr[0] = 0xff;
	to.sin6_addr.s6_addr[1] = 0x02;
	to.sin6_addr.s6_addr[15] = 0x01;
	message.advert.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
	memcpy(&message.advert.nd_na_target, address->bytes, sizeof(message.advert.nd_na_target));
	memcpy(message.mac, uplink->mac.bytes, sizeof(message.mac));
	return sendto(fd, &message, sizeof(message), 0, (struct sockaddr *)&to, sizeof(to)) >= 0;
}

static bool announce_ipv6(const struct uplink *uplink, const struct prefix *prefixes,
			  unsigned count, struct err *err)
{
	unsigned i = next_address(prefixes, count, 0, IPV6);
	auto_close int fd = -1;

	if (i == count || !prefix_is_address(&uplink->link_local))
		return true;
	fd = open_icmpv6(uplink);
	if (fd < 0)
		return is_link_unready(errno) || set_announce_error(uplink, &prefixes[i], err);
	for (; i < count; i = next_address(prefixes, count, i + 1, IPV6))
		if (!send_advertisement(fd, uplink, &prefixes[i]))
			return is_link_unready(errno) ||
			       set_announce_error(uplink, &prefixes[i], err);
	return true;
}

bool kernel_announce_apply(const struct uplink *uplink, const struct prefix *prefixes,
			   unsigned count, struct err *err)
{
	static const struct mac none;

	if (memcmp(&uplink->mac, &none, sizeof(none)) == 0)
		return true;
	return announce_ipv4(uplink, prefixes, count, err) &&
	       announce_ipv6(uplink, prefixes, count, err);
}
