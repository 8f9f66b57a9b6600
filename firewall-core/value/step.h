/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a packet's way, with the numbers and names of taofirewall(5) and `explain`. */
#ifndef STEP_H
#define STEP_H

/* In the order in which they are looked at; the first one that decides ends it. */
enum step {
	STEP_INTERFACE = 1, /* has it rules at all? */
	STEP_SOURCE,	    /* may it be sent from there? */
	STEP_DNAT,	    /* PAT */
	STEP_BRIDGE,	    /* what guests of one network send each other; ISOLATE */
	STEP_CONNECTION,    /* is it of one that the policy let begin? */
	STEP_OFFLINE,	    /* for a guest that is off, out of where it came in */
	STEP_UNMANAGED,	    /* [unmanaged], FRIENDS */
	STEP_ICMP,	    /* what ICMP and links need */
	STEP_OUTGOING,	    /* the levels of the source */
	STEP_INCOMING,	    /* the levels of the destination */
	STEP_POLICY,	    /* of the chain */
	STEP_SNAT,	    /* NAT, MASQUERADE */
	STEP_END
};

extern const char *const step_names[STEP_END]; /* "interface"; none has the number 0 */

#endif
