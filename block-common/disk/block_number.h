/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as they stand in xenstore, /proc and /sys, and the lines that have them. */
#ifndef BLOCK_NUMBER_H
#define BLOCK_NUMBER_H

#include "base/cleanup.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Parse the digits at *text, no sign and no blank, and move *text behind them. Fails when there are
 * none, and on a number of more than 32 bits.
 * base  10 or 16
 */
bool block_number_parse(uint32_t *number, const char **text, unsigned base) MUST_USE;

/* Parse a device's numbers, "8:3", with nothing but a blank or the end behind them. */
bool block_number_parse_device(dev_t *device, const char *text, unsigned base) MUST_USE;

/*
 * Read the only line of a file, without its end, or as much as there is room for. False, too, where
 * it is empty.
 */
bool block_number_read_line(char *line, size_t size, const char *path) MUST_USE;

/* A device's numbers from the only line of a file; false too where there is no such file. */
bool block_number_read_device(dev_t *device, const char *path, unsigned base) MUST_USE;

#endif
