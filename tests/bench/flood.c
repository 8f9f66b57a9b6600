/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths, each between two ends → how many small packets a second come through each of them.
 *
 *	flood BATCHES old|new HOSTS FROM TO [FROM TO ...]
 *		an end: NETNS,IFACE,MAC,NEXTHOP,ADDRESS
 *
 * Sends so many batches of 64 packets of UDP to port 53 through each path, one batch after the
 * other in turn, so that whatever drifts drifts for all. All packets are of one old connection,
 * answered before, or each is of a new one; they go to HOSTS addresses in turn, of which TO's is
 * the first. NEXTHOP is the MAC to which an end sends its frames. TO's IFACE "-" stands for all
 * that are there; nobody answers then. Those packets count that arrive, and one that doesn't is an
 * error: what is dropped says nothing about the way. Prints a line a path, packets a second,
 * of the median batch: now and then the processor has other things to do.
 *
 * All work is done where the packet is sent: on one processor, the kernel hands it through virtual
 * links to the other end before the next one is taken. So the time holds the sender's part, too.
 */
#include "../tools/frame.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64	/* few enough for the kernel's queue, of 1000 */
#define BATCHES_MAX 900 /* so that there is a port for each packet */
#define PATHS_MAX 4
#define FIRST_PORT 2048 /* of the sender */
#define SERVICE_PORT 53 /* of the receiver */
#define UDP_PAYLOAD 18	/* the smallest frame that an Ethernet has */
#define LOST_S 2.0	/* what has not arrived by then never will */

struct end {
	int family; /* AF_INET, AF_INET6 */
	bool is_anywhere;
	uint8_t mac[6], next_hop[6], address[16];
	int fd;
};

struct path {
	struct end from, to;
	unsigned host; /* TO's: the last 16 bits of its address */
	struct frame frames[BATCH];
	double s[BATCHES_MAX]; /* what each batch took */
};

struct plan {
	unsigned batches, hosts;
	bool is_new;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

static _Noreturn void usage(const char *word)
{
	fprintf(stderr, "flood: can't read '%s'; see the head of flood.c\n", word);
	exit(2);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the ends ---- */

static void mac_parse(uint8_t mac[6], const char *text)
{
	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5]) != 6)
		usage(text);
}

static void enter(const char *netns)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

/*
 * The socket sends without a queue, and counts what arrives; that it has hardly room for any of it
 * saves the copying.
 */
static void end_open(struct end *end, const char *device)
{
	struct sockaddr_ll link = { .sll_family = AF_PACKET };
	int on = 1, none = 0;

	end->is_anywhere = strcmp(device, "-") == 0;
	link.sll_protocol = htons(end->family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	link.sll_ifindex = end->is_anywhere ? 0 : (int)if_nametoindex(device);
	end->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (end->fd < 0 || (!link.sll_ifindex && !end->is_anywhere) ||
	    setsockopt(end->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) ||
	    setsockopt(end->fd, SOL_SOCKET, SO_RCVBUF, &none, sizeof(none)) ||
	    bind(end->fd, (struct sockaddr *)&link, sizeof(link)))
		die(device);
}

static void end_parse(struct end *end, const char *text)
{
	char netns[64], device[IF_NAMESIZE], mac[18], next_hop[18], address[INET6_ADDRSTRLEN];

	if (sscanf(text, "%63[^,],%15[^,],%17[^,],%17[^,],%45s", netns, device, mac, next_hop,
		   address) != 5)
		usage(text);
	mac_parse(end->mac, mac);
	mac_parse(end->next_hop, next_hop);
	end->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(end->family, address, end->address) != 1)
		usage(text);
	enter(netns);
	end_open(end, device);
}

/* How many packets arrived since this was asked last, those for which there was no room too. */
static unsigned arrived(const struct end *end)
{
	struct tpacket_stats stats;
	socklen_t size = sizeof(stats);

	if (getsockopt(end->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size))
		die("how many packets arrived");
	return stats.tp_packets;
}

/* Wait until as many have arrived. */
static void await(const struct end *end, unsigned expected)
{
	double until = now_s() + LOST_S;
	unsigned count = arrived(end);

	while (count < expected) {
		if (now_s() > until) {
			fprintf(stderr, "flood: of %u packets %u arrived\n", expected, count);
			exit(1);
		}
		sched_yield();
		count += arrived(end);
	}
}

/* ---- packets ---- */

static void packet_build(struct frame *frame, const struct end *from, const struct end *to,
			 unsigned sport, unsigned dport)
{
	struct words words = { .kind = from->family == AF_INET ? "udp4" : "udp6",
			       .sport = sport,
			       .dport = dport,
			       .payload = UDP_PAYLOAD,
			       .hops = 64 };

	memcpy(words.smac, from->mac, sizeof(words.smac));
	memcpy(words.dmac, from->next_hop, sizeof(words.dmac));
	memcpy(words.src, from->address, sizeof(words.src));
	memcpy(words.dst, to->address, sizeof(words.dst));
	frame_build(frame, &words);
}

/* Put a number where 0 was, and its complement elsewhere, so that the checksum stays. */
static void number_set(struct frame *frame, size_t at, size_t complement_at, unsigned value)
{
	uint16_t number = htons((uint16_t)value), complement = (uint16_t)~number;

	memcpy(frame->bytes + at, &number, sizeof(number));
	memcpy(frame->bytes + complement_at, &complement, sizeof(complement));
}

/* The complements stand at the end of the payload, and for IPv4's own checksum in its ID. */
static void packet_aim(struct frame *frame, int family, unsigned port, unsigned host)
{
	size_t udp = frame->length - UDP_PAYLOAD - sizeof(struct udphdr);

	number_set(frame, udp + offsetof(struct udphdr, uh_sport), frame->length - 2, port);
	number_set(frame, udp - 2, frame->length - 4, host);
	if (family == AF_INET)
		number_set(frame, udp - 2, ETHER_HDR_LEN + offsetof(struct ip, ip_id), host);
}

static void send_one(const struct end *from, const struct end *to, unsigned sport, unsigned dport)
{
	struct frame frame;

	packet_build(&frame, from, to, sport, dport);
	arrived(to);
	if (send(from->fd, frame.bytes, frame.length, 0) < 0)
		die("sending");
	await(to, 1);
}

/* ---- paths ---- */

/* The frames are for packet_aim(), without a port and the last 16 bits of an address. */
static void path_open(struct path *path, const char *from, const char *to)
{
	struct end aim;
	size_t last;

	end_parse(&path->from, from);
	end_parse(&path->to, to);
	aim = path->to;
	last = (aim.family == AF_INET ? 4 : 16) - 2;
	path->host = aim.address[last] * 256U + aim.address[last + 1];
	aim.address[last] = aim.address[last + 1] = 0;
	for (unsigned i = 0; i < BATCH; i++)
		packet_build(&path->frames[i], &path->from, &aim, 0, SERVICE_PORT);
}

/* Both ends speak: bridges learn where they are, and the old connection is answered. */
static void path_greet(const struct path *path)
{
	send_one(&path->from, &path->to, FIRST_PORT, SERVICE_PORT);
	if (!path->to.is_anywhere)
		send_one(&path->to, &path->from, SERVICE_PORT, FIRST_PORT);
}

/* Returns how long it took. */
static double batch_send(struct path *path, const struct plan *plan, unsigned sent)
{
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec parts[BATCH];
	double start;

	for (unsigned i = 0; i < BATCH; i++) {
		struct frame *frame = &path->frames[i];

		packet_aim(frame, path->from.family, FIRST_PORT + (plan->is_new ? 1 + sent + i : 0),
			   path->host + (sent + i) % plan->hosts);
		parts[i] = (struct iovec){ frame->bytes, frame->length };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	arrived(&path->to);
	start = now_s();
	if (sendmmsg(path->from.fd, messages, BATCH, 0) != BATCH)
		die("sending");
	await(&path->to, BATCH);
	return now_s() - start;
}

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static double path_rate(struct path *path, unsigned batches)
{
	qsort(path->s, batches, sizeof(path->s[0]), compare);
	return BATCH / path->s[batches / 2];
}

/* On one processor, and before others that want it. */
static void settle(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET((size_t)sched_getcpu(), &here);
	if (sched_setaffinity(0, sizeof(here), &here) || setpriority(PRIO_PROCESS, 0, -20))
		die("a processor");
}

static unsigned number_parse(const char *text, long max)
{
	long number = strtol(text, NULL, 10);

	if (number < 1 || number > max)
		usage(text);
	return (unsigned)number;
}

int main(int argc, char **argv)
{
	static struct path paths[PATHS_MAX];
	unsigned count = argc > 4 ? (unsigned)(argc - 4) / 2 : 0;
	struct plan plan;

	if (count < 1 || count > PATHS_MAX || argc != 4 + 2 * (int)count)
		usage("the arguments");
	plan.batches = number_parse(argv[1], BATCHES_MAX);
	plan.is_new = strcmp(argv[2], "new") == 0;
	if (!plan.is_new && strcmp(argv[2], "old") != 0)
		usage(argv[2]);
	plan.hosts = number_parse(argv[3], UINT16_MAX);
	settle();
	for (unsigned i = 0; i < count; i++) {
		path_open(&paths[i], argv[4 + 2 * i], argv[5 + 2 * i]);
		path_greet(&paths[i]);
	}
	for (unsigned batch = 0; batch < plan.batches; batch++)
		for (unsigned i = 0; i < count; i++)
			paths[i].s[batch] = batch_send(&paths[i], &plan, batch * BATCH);
	for (unsigned i = 0; i < count; i++)
		printf("%.0f\n", path_rate(&paths[i], plan.batches));
	return 0;
}
