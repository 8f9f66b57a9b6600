/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services: a protocol, with ports where it has ports. */
#ifndef SERVICE_H
#define SERVICE_H

#include "base/err.h"
#include <stdint.h>

enum service_kind {
	SERVICE_ALL,	  /* "*": every protocol */
	SERVICE_PROTOCOL, /* all of one protocol, with ports or without */
	SERVICE_PORTS,	  /* ports first to last of one protocol */
};

struct service {
	uint16_t first, last; /* 1 to 65535, host byte order; SERVICE_PORTS only, else 0 */
	uint8_t kind;	      /* enum service_kind */
	uint8_t protocol;     /* IANA number; 0 with SERVICE_ALL */
};

/* "tcp+udp" makes two services of one word. */
struct services {
	struct service service[2];
	unsigned count;
};

/*
 * Parse PORT[-PORT][/PROTO], a protocol without ports as "* /PROTO" (no blank), or "*". PROTO is
 * tcp, udp, sctp, dccp or udplite, or two of them with "+"; behind "*" also icmp, icmpv6, gre, esp,
 * ah and others by IANA name, or a number 1 to 255.
 * protocol  of a word without one, as PUBLIC_PROTOCOLS says at its place; NULL: it says nothing, so
 *           ports are tcp's and "*" is everything
 */
bool service_parse(struct services *services, const char *text, const char *protocol,
		   struct err *err) MUST_USE;

#define SERVICE_TEXT 32

/* "80/tcp", "6000-6100/udp", "* /gre" (no blank), "*". Returns out. */
const char *service_print(char out[static SERVICE_TEXT], const struct service *service);

/*
 * A block of ports whose upper `length` bits are those of `port`: 6000/12 is 6000 to 6015. length
 * 16 is one port.
 */
struct port_block {
	uint16_t port; /* host byte order */
	uint8_t length;
};

#define PORT_BLOCKS_MAX 30 /* what any range needs at the most: 1 to 65534 */

/* Cut the ports of a SERVICE_PORTS into the fewest blocks, in ascending order. Returns how many. */
unsigned service_blocks(struct port_block blocks[static PORT_BLOCKS_MAX],
			const struct service *service);

/*
 * Is it an extension header of IPv6? The kernel tracks what stands behind these: a connection of AH
 * that was let begin would let all that is in it pass without AH, too.
 */
bool service_is_extension_header(uint8_t protocol);

#endif
