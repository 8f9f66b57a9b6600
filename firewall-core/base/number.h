/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digits → a number: the only place that reads one, whoever wrote it. */
#ifndef NUMBER_H
#define NUMBER_H

#include "base/cleanup.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * Parse the digits at *text, without sign or blank before them, and move *text behind them. Fails
 * when there are none, or they are more than `most`; then both are untouched.
 * base  10 or 16
 */
bool number_read_digits(uint64_t *number, const char **text, unsigned base, uint64_t most) MUST_USE;

/* The same of a decimal number as it is printed: 0 alone begins with 0. */
bool number_read(uint32_t *number, const char **text, uint32_t most) MUST_USE;

/* The same of a whole text. */
bool number_parse(uint32_t *number, const char *text, uint32_t most) MUST_USE;

#endif
