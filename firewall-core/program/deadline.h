/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A limit to the time that a program takes, whatever it waits for. */
#ifndef DEADLINE_H
#define DEADLINE_H

#include "value/address.h"

/*
 * End the process after so many seconds with this exit status, and say so on stderr and in syslog,
 * and what to look at: a short question.
 * Every step of ours leaves what is complete or closed, so that it is safe to go at any of them.
 */
void deadline_set(unsigned seconds, const char *question, int status);

/* And then set this interface down first: it is up, and what would make it whole may never come. */
void deadline_close(const struct ifname *name);

#endif
