/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains that were suspended, and go on here → neighbours are told again where they are. */
#ifndef FIREWALL_RESUME_H
#define FIREWALL_RESUME_H

/*
 * In a Dom0, start a process that does it until the caller ends: so goes on who was to migrate to
 * another host, which told the neighbours of itself, and failed. Nobody calls a hotplug script
 * then, and Linux does not even connect its cards anew.
 */
void firewall_resume_start(void);

#endif
