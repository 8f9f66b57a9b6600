/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements → the kernel, as one netlink batch: what comes and goes with a guest. */
#include "kernel/kernel_netlink.h"
#include "kernel/kernel_rules.h"
#include "ruleset/ruleset.h"
#include <errno.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <sys/socket.h>

#define MESSAGE_ROOM 512     /* header, table and set names of one message */
#define ELEMENT_ROOM 192     /* one element with its attributes' headers */
#define MESSAGE_ELEMENTS 256 /* an attribute that nests elements has 16 bits for its length */

/* Attributes of an element, its key and its data, and what they lie in. */
_Static_assert(6 * NLA_HDRLEN + sizeof(((struct element *)0)->key) +
			       sizeof(((struct element *)0)->data) <=
		       ELEMENT_ROOM,
	       "an element has room in its message");

/* A batch that is being written. */
struct batch {
	char *bytes;
	size_t size, room;
	uint32_t sequence;
	struct nlmsghdr *last;
};

/*
 * The process's one netfilter socket. It is never closed: after elements were removed, closing
 * waits for a grace period, which a hotplug run leaves to a child (hotplug.c).
 */
static struct mnl_socket *netfilter_socket(struct err *err)
{
	static struct mnl_socket *opened;
	struct mnl_socket *socket;
	int on = 1;

	if (opened)
		return opened;
	socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	/* A refusal must not bring the whole message back: there may be many. */
	if (socket && !mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) &&
	    !mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &on, sizeof(on)))
		return opened = socket;
	err_sys(err, "netfilter can't be reached by netlink");
	if (socket)
		mnl_socket_close(socket);
	return NULL;
}

static const uint16_t table_families[TABLE_COUNT] = {
	[TABLE_INET] = NFPROTO_INET,
	[TABLE_ARP] = NFPROTO_ARP,
	[TABLE_BRIDGE] = NFPROTO_BRIDGE,
};

static void set_verdict(struct nftnl_set_elem *elem, const struct element *element)
{
	char chain[CHAIN_NAME_SIZE];

	nftnl_set_elem_set_u32(elem, NFTNL_SET_ELEM_VERDICT, (uint32_t)NFT_GOTO);
	nftnl_set_elem_set_str(elem, NFTNL_SET_ELEM_CHAIN, element_chain(chain, element));
}

static struct nftnl_set *make_set(const struct element *elements, size_t count)
{
	struct nftnl_set *set = nftnl_set_alloc();
	char name[SET_NAME_SIZE];

	if (!set)
		return NULL;
	nftnl_set_set_str(set, NFTNL_SET_TABLE, RULESET_TABLE);
	nftnl_set_set_str(set, NFTNL_SET_NAME, set_name(name, &elements[0].set));
	for (size_t i = 0; i < count; i++) {
		struct nftnl_set_elem *elem = nftnl_set_elem_alloc();

		if (!elem) {
			nftnl_set_free(set);
			return NULL;
		}
		nftnl_set_elem_set(elem, NFTNL_SET_ELEM_KEY, elements[i].key, elements[i].size);
		if (elements[i].data_size)
			nftnl_set_elem_set(elem, NFTNL_SET_ELEM_DATA, elements[i].data,
					   elements[i].data_size);
		if (set_has_verdict(&elements[i].set))
			set_verdict(elem, &elements[i]);
		nftnl_set_elem_add(set, elem);
	}
	return set;
}

static bool batch_add(struct batch *batch, uint16_t type, const struct element *elements,
		      size_t count, struct err *err)
{
	uint16_t flags = type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0;
	struct nftnl_set *set;

	/* The library does not ask how much room there is. */
	if (batch->room - batch->size < 2 * MESSAGE_ROOM + count * ELEMENT_ROOM)
		return err_set(err, "the elements do not fit into a message to the kernel");
	set = make_set(elements, count);
	if (!set)
		return err_memory(err);
	batch->last = nftnl_nlmsg_build_hdr(batch->bytes + batch->size, type,
					    table_families[elements[0].set.table], flags,
					    batch->sequence++);
	nftnl_set_elems_nlmsg_build_payload(batch->last, set);
	batch->size += NLMSG_ALIGN(batch->last->nlmsg_len);
	nftnl_set_free(set);
	return true;
}

/* One message for each set, or more where a set has many. */
static bool batch_add_all(struct batch *batch, uint16_t type, const struct elements *elements,
			  struct err *err)
{
	for (size_t first = 0, next; first < elements->count; first = next) {
		const struct element *element = &elements->elements[first];

		next = first + 1;
		while (next < elements->count && next - first < MESSAGE_ELEMENTS &&
		       !set_compare(&elements->elements[next].set, &element->set))
			next++;
		if (!batch_add(batch, type, element, next - first, err))
			return false;
	}
	return true;
}

static size_t batch_room(const struct elements *elements)
{
	return elements->count * (MESSAGE_ROOM + ELEMENT_ROOM);
}

/*
 * Removing what may be gone: add it, then delete it, in the same transaction.
 * NFT_MSG_DESTROYSETELEM is not in Linux 6.1.
 */
static bool batch_write(struct batch *batch, const struct elements *added,
			const struct elements *removed, struct err *err)
{
	batch->size += NLMSG_ALIGN(nftnl_batch_begin(batch->bytes, batch->sequence++)->nlmsg_len);
	if (!batch_add_all(batch, NFT_MSG_NEWSETELEM, removed, err) ||
	    !batch_add_all(batch, NFT_MSG_DELSETELEM, removed, err) ||
	    !batch_add_all(batch, NFT_MSG_NEWSETELEM, added, err))
		return false;
	if (!batch->last)
		return err_set(err, "there is nothing to tell the kernel");
	batch->last->nlmsg_flags |= NLM_F_ACK;
	batch->size += NLMSG_ALIGN(
		nftnl_batch_end(batch->bytes + batch->size, batch->sequence++)->nlmsg_len);
	return true;
}

/*
 * The answers are there when sendto() returns. Of several errors the first tells what was wrong; no
 * answer at all is one too.
 */
static bool read_batch_answers(struct mnl_socket *socket, bool *missing, struct err *err)
{
	char buffer[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool acknowledged = false;
	int error = 0;
	ssize_t size;

	/* ENOBUFS comes once, before the answers for which there was room. */
	while ((size = recv(mnl_socket_get_fd(socket), buffer, sizeof(buffer), MSG_DONTWAIT)) > 0 ||
	       (size < 0 && errno == ENOBUFS)) {
		int left = (int)size;

		for (struct nlmsghdr *h = (void *)buffer; mnl_nlmsg_ok(h, left);
		     h = mnl_nlmsg_next(h, &left)) {
			const struct nlmsgerr *answer = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			acknowledged = true;
			if (!error)
				error = -answer->error;
		}
	}
	if (acknowledged && !error)
		return true;
	errno = acknowledged ? error : EIO;
	*missing = errno == ENOENT;
	return err_sys(err, "the kernel refused the elements, its rules are as they were");
}

static bool send_batch(const struct batch *batch, bool *missing, struct err *err)
{
	struct mnl_socket *socket = netfilter_socket(err);
	int size = (int)batch->size + 65536;

	if (!socket)
		return false;
	if (batch->size > 65536)
		setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUFFORCE, &size,
			   sizeof(size));
	if (mnl_socket_sendto(socket, batch->bytes, batch->size) < 0)
		return err_sys(err, "the rules can't be sent to the kernel");
	return read_batch_answers(socket, missing, err);
}

bool kernel_elements_apply(const struct elements *added, const struct elements *removed,
			   bool *missing, struct err *err)
{
	struct batch batch = { .sequence = 1 };
	bool ok;

	*missing = false;
	batch.room = 2 * MESSAGE_ROOM + batch_room(added) + 2 * batch_room(removed);
	batch.bytes = calloc(1, batch.room);
	if (!batch.bytes)
		return err_memory(err);
	ok = batch_write(&batch, added, removed, err) && send_batch(&batch, missing, err);
	free(batch.bytes);
	return ok;
}

bool kernel_rules_request(struct nlmsghdr *header, const struct netlink_listener *listener,
			  struct err *err)
{
	static uint32_t sequence;
	const struct netlink_message message = { .header = header };
	struct mnl_socket *socket = netfilter_socket(err);

	return socket && (netlink_request(socket, &sequence, &message, listener) ||
			  err_sys(err, "the kernel's rules can't be read"));
}

static bool take_any_answer(const struct nlmsghdr *header, void *data)
{
	(void)header;
	*(bool *)data = true;
	return true;
}

bool kernel_table_read_loaded(bool *loaded, enum table table, struct err *err)
{
	char question[MESSAGE_ROOM] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct netlink_listener listener = { .take = take_any_answer, .data = loaded };
	struct nftnl_table *wanted = nftnl_table_alloc();
	struct nlmsghdr *header;

	*loaded = false;
	if (!wanted)
		return err_memory(err);
	nftnl_table_set_str(wanted, NFTNL_TABLE_NAME, RULESET_TABLE);
	header = nftnl_nlmsg_build_hdr(question, NFT_MSG_GETTABLE, table_families[table], NLM_F_ACK,
				       0);
	nftnl_table_nlmsg_build_payload(header, wanted);
	nftnl_table_free(wanted);
	return kernel_rules_request(header, &listener, err) || errno == ENOENT ||
	       errno == EOPNOTSUPP || errno == EINVAL; /* no such family, or no nf_tables at all */
}

bool kernel_rules_read_loaded(bool *loaded, bool with_bridges, struct err *err)
{
	int count = with_bridges ? TABLE_COUNT : TABLE_BRIDGE;
	bool is_there = true;

	for (int table = 0; is_there && table < count; table++)
		if (!kernel_table_read_loaded(&is_there, table, err))
			return false;
	*loaded = is_there;
	return true;
}

struct counting {
	struct index_counter *counters;
	size_t count, of_others; /* how many are of tables before this one */
	bool failed;
};

static int count_element(struct nftnl_set_elem *elem, void *data)
{
	struct counting *counting = data;
	struct index_counter *grown;
	const struct nftnl_expr *expr =
		nftnl_set_elem_get(elem, NFTNL_SET_ELEM_EXPR, &(uint32_t){ 0 });
	const uint32_t *index;
	uint32_t size = 0;

	index = nftnl_set_elem_get(elem, NFTNL_SET_ELEM_KEY, &size);
	if (!index || size != sizeof(*index) || !expr)
		return 0;
	grown = reallocarray(counting->counters, counting->count + 1, sizeof(*grown));
	if (!grown) {
		counting->failed = true;
		return 0;
	}
	counting->counters = grown;
	grown[counting->count++] = (struct index_counter){
		.index = *index,
		.packets = nftnl_expr_get_u64(expr, NFTNL_EXPR_CTR_PACKETS),
		.bytes = nftnl_expr_get_u64(expr, NFTNL_EXPR_CTR_BYTES),
	};
	return 0;
}

static bool count_set(const struct nlmsghdr *header, void *data)
{
	struct nftnl_set *set = nftnl_set_alloc();
	struct counting *counting = data;

	if (!set || nftnl_set_elems_nlmsg_parse(header, set) < 0)
		counting->failed = true;
	else
		nftnl_set_elem_foreach(set, count_element, counting);
	if (set)
		nftnl_set_free(set);
	return true;
}

static void forget_counters(void *data)
{
	struct counting *counting = data;

	counting->count = counting->of_others;
}

/* What the counters of one table's set say, behind those that are there already. */
static bool read_set_counters(struct counting *counting, enum table table, enum set_kind kind,
			      struct err *err)
{
	char question[MESSAGE_ROOM] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct netlink_listener listener = { count_set, forget_counters, counting };
	struct element key = { .set = { .table = table, .kind = kind } };
	struct nftnl_set *set = make_set(&key, 0);
	struct nlmsghdr *header;

	if (!set)
		return err_memory(err);
	header = nftnl_nlmsg_build_hdr(question, NFT_MSG_GETSETELEM, table_families[table],
				       NLM_F_DUMP, 0);
	nftnl_set_elems_nlmsg_build_payload(header, set);
	nftnl_set_free(set);
	counting->of_others = counting->count;
	if (!kernel_rules_request(header, &listener, err))
		/* With XEN = no there is none of bridges; some reasons are no other's, either. */
		return errno == ENOENT && (table == TABLE_BRIDGE || kind > SET_REFUSED);
	return !counting->failed || err_memory(err);
}

bool kernel_counters_read(struct index_counter **counters, size_t *count, enum set_kind kind,
			  struct err *err)
{
	struct counting counting = { 0 };

	if (!read_set_counters(&counting, TABLE_INET, kind, err) ||
	    !read_set_counters(&counting, TABLE_BRIDGE, kind, err) ||
	    (kind == SET_OVER_NEIGHBOURS && !read_set_counters(&counting, TABLE_ARP, kind, err))) {
		free(counting.counters);
		return false;
	}
	*counters = counting.counters;
	*count = counting.count;
	return true;
}
