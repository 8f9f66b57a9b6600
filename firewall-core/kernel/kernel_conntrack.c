/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connections the kernel shall track no more: those of prefixes, and closed ones. */
#include "kernel/kernel_conntrack.h"
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

/*
 * How, and why not otherwise (262,144 buckets, the kernel's choice from 4 GiB of memory on; times
 * on Linux 6.18):
 *
 * A dump costs 3.6 ms even when nothing is tracked, for it locks each bucket; then 1.2 µs a
 * connection. So there is one dump for all prefixes and both directions, which we look through, and
 * none when the count of connections is 0.
 *
 * With CTA_FILTER (Linux 5.8) the kernel looks through it, at 0.15 µs a connection, but for one
 * address in one place: four dumps an address, so it is slower from two addresses on, up to 100,000
 * connections. It can't look for prefixes.
 *
 * Deleting by CTA_FILTER skips empty buckets (0.3 ms), but Linux 6.1 refuses it.
 */

#define ANSWER_SIZE 16384 /* acknowledgements, and what was refused */
/* One deletion repeats both tuples, and takes well below 512 bytes. */
#define DELETION_SIZE 1024
/* The library does not ask how much room there is; all that it could write has some 2 KiB. */
#define BUILD_SIZE 8192
/* So many are sent at once that their errors have room in a socket of the default size. */
#define DELETIONS_SIZE 16384

struct purge {
	bool (*is_meant)(struct purge *purge, const struct nlmsghdr *connection);
	const struct prefix *prefixes;
	unsigned count;
	const struct prefix *kept; /* addresses in them, in order: these are somebody else's */
	size_t kept_count;
	bool by_id;  /* one that has the same ends by then is another one, and stays */
	size_t most; /* so many at a time; 0: all */
	size_t found;
	uint32_t sequence;
	bool failed;	 /* errno tells */
	char *deletions; /* messages, one behind the other */
	size_t size, room;
};

/* ---- finding them ---- */

static bool is_purged_address(const struct prefix *address, void *data)
{
	const struct purge *purge = data;

	for (unsigned i = 0; i < purge->count; i++)
		if (prefix_contains(&purge->prefixes[i], address))
			return !purge->kept_count ||
			       !bsearch(address, purge->kept, purge->kept_count,
					sizeof(*purge->kept), conntrack_compare);
	return false;
}

static bool is_of_prefixes(struct purge *purge, const struct nlmsghdr *connection)
{
	return conntrack_find_address(connection, is_purged_address, purge);
}

/* What "ct count" of nft does not count (net/netfilter/nf_conncount.c, already_closed()). */
static bool is_closed(struct purge *purge, const struct nlmsghdr *connection)
{
	struct nlattr *attribute;

	(void)purge;
	mnl_attr_for_each(attribute, connection, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) == CTA_PROTOINFO) {
			uint8_t state = netlink_tcp_state(attribute);

			return state == TCP_CONNTRACK_TIME_WAIT || state == TCP_CONNTRACK_CLOSE;
		}
	}
	return false;
}

static bool reserve_deletion(struct purge *purge)
{
	size_t room = purge->room ? 2 * purge->room : DELETIONS_SIZE;
	char *grown;

	if (purge->room - purge->size >= DELETION_SIZE)
		return true;
	grown = realloc(purge->deletions, room);
	if (!grown)
		return false;
	purge->deletions = grown;
	purge->room = room;
	return true;
}

static void put_id(struct nlmsghdr *deletion, const struct nlmsghdr *found)
{
	struct nlattr *attribute;

	mnl_attr_for_each(attribute, found, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) == CTA_ID)
			mnl_attr_put(deletion, CTA_ID, mnl_attr_get_payload_len(attribute),
				     mnl_attr_get_payload(attribute));
	}
}

/*
 * Write the message that deletes what was found; it is sent when the dump is over. Returns false
 * with errno set.
 */
static bool queue_deletion(struct purge *purge, const struct nlmsghdr *found)
{
	char buffer[BUILD_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nfgenmsg *message = mnl_nlmsg_get_payload(found);
	struct nf_conntrack *connection;
	struct nlmsghdr *header;
	bool ok;

	if (!reserve_deletion(purge))
		return false;
	connection = nfct_new();
	if (!connection)
		return false;
	header = netlink_begin_netfilter(buffer, sizeof(buffer), NFNL_SUBSYS_CTNETLINK,
					 IPCTNL_MSG_CT_DELETE, 0, message->nfgen_family)
			 .header;
	header->nlmsg_seq = ++purge->sequence;
	ok = nfct_nlmsg_parse(found, connection) >= 0 && nfct_nlmsg_build(header, connection) >= 0;
	nfct_destroy(connection);
	if (ok && purge->by_id)
		put_id(header, found);
	if (ok && header->nlmsg_len > DELETION_SIZE) {
		errno = EMSGSIZE;
		ok = false;
	}
	if (ok) {
		memcpy(purge->deletions + purge->size, header, header->nlmsg_len);
		purge->size += NLMSG_ALIGN(header->nlmsg_len);
		purge->found++;
	}
	return ok;
}

static bool take_purged_connection(const struct nlmsghdr *header, void *data)
{
	struct purge *purge = data;

	if ((!purge->most || purge->found < purge->most) && purge->is_meant(purge, header))
		purge->failed = !queue_deletion(purge, header);
	return !purge->failed;
}

static void forget_connections(void *data)
{
	struct purge *purge = data;

	purge->size = purge->found = 0;
}

static bool find_purged(struct purge *purge, struct mnl_socket *socket, struct err *err)
{
	const struct netlink_listener listener = { take_purged_connection, forget_connections,
						   purge };

	return (conntrack_dump(socket, &purge->sequence,
			       conntrack_domain(purge->prefixes, purge->count), &listener) &&
		!purge->failed) ||
	       err_sys(err, "the tracked connections can't be read");
}

/* ---- deleting them ---- */

/*
 * Hear until the message of this number is answered. One that ended by itself is gone, as it should
 * be.
 */
static bool await_deletions(const struct mnl_socket *socket, uint32_t last, struct err *err)
{
	char buffer[ANSWER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));

	for (;;) {
		ssize_t size = netlink_receive(socket, buffer, sizeof(buffer));
		const struct nlmsghdr *header = (const void *)buffer;
		int left = (int)size;

		if (size < 0)
			return err_sys(err, "tracked connections may have stayed");
		for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
			const struct nlmsgerr *answer = mnl_nlmsg_get_payload(header);

			if (header->nlmsg_type != NLMSG_ERROR)
				continue;
			errno = -answer->error;
			if (errno && errno != ENOENT)
				return err_sys(err, "a tracked connection can't be deleted");
			if (header->nlmsg_seq == last)
				return true;
		}
	}
}

/*
 * Some at a time; what was refused is always answered, so that an acknowledgement of the last one
 * is enough.
 */
static bool delete_all(const struct purge *purge, struct mnl_socket *socket, struct err *err)
{
	size_t next = 0;

	while (next < purge->size) {
		char *first = purge->deletions + next;
		struct nlmsghdr *last;
		size_t size = 0;

		do {
			last = (void *)(first + size);
			size += NLMSG_ALIGN(last->nlmsg_len);
		} while (next + size < purge->size && size < DELETIONS_SIZE - DELETION_SIZE);
		next += size;
		last->nlmsg_flags |= NLM_F_ACK;
		if (mnl_socket_sendto(socket, first, size) < 0)
			return err_sys(err, "tracked connections can't be deleted");
		if (!await_deletions(socket, last->nlmsg_seq, err))
			return false;
	}
	return true;
}

static bool purge_apply(struct purge *purge, struct err *err)
{
	struct mnl_socket *socket = conntrack_open(err);
	bool ok;

	if (!socket)
		return false;
	ok = find_purged(purge, socket, err) && delete_all(purge, socket, err);
	free(purge->deletions);
	mnl_socket_close(socket);
	return ok;
}

bool kernel_conntrack_purge_apply(const struct prefix *prefixes, unsigned count,
				  struct prefix *kept, size_t kept_count, struct err *err)
{
	struct purge purge = { .is_meant = is_of_prefixes,
			       .prefixes = prefixes,
			       .count = count,
			       .kept = kept,
			       .kept_count = kept_count };

	if (kept_count)
		qsort(kept, kept_count, sizeof(*kept), conntrack_compare);
	return !count || !conntrack_count() || purge_apply(&purge, err);
}

#define CLOSED_MOST 65536 /* some 16 MB of messages */

bool kernel_conntrack_closed_apply(bool *in_vain, struct err *err)
{
	struct purge purge = { .is_meant = is_closed, .by_id = true, .most = CLOSED_MOST };
	struct err unused;
	long places;

	*in_vain = false;
	if (!kernel_sysctl_read(&places, "net/netfilter/nf_conntrack_max", &unused) || !places ||
	    conntrack_count() <= places / 2)
		return true; /* of what can't be read nothing is tracked; 0: there is no limit */
	if (!purge_apply(&purge, err))
		return false;
	*in_vain = purge.found < (size_t)places / 64;
	return true;
}
