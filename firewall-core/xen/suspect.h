/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An interface → the program that configures it, and takes from it what it did not set. */
#ifndef SUSPECT_H
#define SUSPECT_H

#include <stdint.h>

/*
 * "systemd-networkd, by /etc/systemd/network/all.network", "NetworkManager", as they say under /run
 * themselves; "" when neither says that it manages the interface. Returns out.
 */
#define SUSPECT_SIZE 160
const char *suspect_print(char out[static SUSPECT_SIZE], uint32_t index);

#endif
