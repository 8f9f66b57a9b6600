/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vif and its prefixes → the host files that apply to them, and what these let it do. */
#ifndef POLICY_VIF_H
#define POLICY_VIF_H

#include "policy/policy.h"
#include "value/vif.h"

/* The host file that applies to an address behind the vif of this name, or NULL. */
const struct host *policy_vif_host(const struct policy *policy, const struct prefix *prefix,
				   const struct ifname *name);

/*
 * The host files that apply to the prefixes of a vif, one after the other: *prefix, which begins
 * with 0, is how many of them were asked. NULL behind the last. One may come several times. What a
 * file says of a part of a prefix is the right of whoever has this part.
 */
const struct host *policy_vif_next_host(unsigned *prefix, const struct policy *policy,
					const struct vif *vif);

/*
 * The host file by which the vif may say in this family what only routers say (ROLE = router), or
 * NULL: it is none.
 */
const struct host *policy_vif_router(const struct policy *policy, const struct vif *vif,
				     enum family family);

/*
 * Is its port of the bridge isolated from those of other guests (ISOLATE)? A router's is not, in
 * whichever family it is one: the guests whose router it is reach it, and each other through it no
 * further than it lets them.
 */
bool policy_vif_is_isolated(const struct policy *policy, const struct vif *vif);

/*
 * Does the vif agree with others, by VRRP (RFC 5798), who has an address now: has it a shared one,
 * or is it a router?
 */
bool policy_vif_elects(const struct policy *policy, const struct vif *vif);

/*
 * May it send from an address that the kernel routes to another vif: one that others have, too
 * (SHARED), or that another card of its guest has (ANY_CARD)?
 */
bool policy_vif_strays(const struct policy *policy, const struct vif *vif);

/* Is it one of the file's MACS? */
bool policy_host_names_mac(const struct host *host, const struct mac *mac);

/* Has it the MAC, or one of MACS? */
bool policy_vif_has_mac(const struct policy *policy, const struct vif *vif, const struct mac *mac);

/* May it send and get frames of the ether type, beside IP and ARP? */
bool policy_vif_has_ethertype(const struct policy *policy, const struct vif *vif,
			      uint16_t ether_type);

/* Has the host's file outgoing settings, or that of the same NAME in the other family? */
bool policy_host_is_limited(const struct policy *policy, const struct host *host);

/*
 * The host file that applies to the vif, or for a part of it, and has outgoing settings, in
 * whatever level; or NULL.
 */
const struct host *policy_vif_limiting_host(const struct policy *policy, const struct vif *vif);

/* Has it an address that any card of its guest may use? Then it may use those of the others. */
bool policy_vif_shares_cards(const struct policy *policy, const struct vif *vif);

/*
 * May the vif send from this very prefix because another has it: is that one another card of its
 * guest, has the giver this prefix, and may any card of the guest use it (ANY_CARD)?
 */
bool policy_vif_is_given(const struct policy *policy, const struct vif *vif,
			 const struct vif *giver, const struct prefix *prefix);

/*
 * May the vif send from this very prefix? It may have it itself, or another card of its guest has.
 * others   vifs, of whichever guests; the vif itself may be among them
 * without  one of them that does not count, or NULL
 */
bool policy_vif_may_send(const struct policy *policy, const struct vif *vif,
			 const struct vif *others, size_t count, const struct vif *without,
			 const struct prefix *prefix);

#endif
