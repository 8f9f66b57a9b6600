/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digits → a number. */
#include "base/number.h"
#include <ctype.h>

/* 16 and more: no digit. */
static unsigned digit_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return found ? (unsigned)(found - digits) : 16;
}

bool number_read_digits(uint64_t *number, const char **text, unsigned base, uint64_t most)
{
	const char *at = *text;
	uint64_t read = 0;

	for (; digit_value(*at) < base; at++) {
		unsigned value = digit_value(*at);

		if (value > most || read > (most - value) / base)
			return false;
		read = read * base + value;
	}
	if (at == *text)
		return false;
	*number = read;
	*text = at;
	return true;
}

bool number_read(uint32_t *number, const char **text, uint32_t most)
{
	const char *at = *text;
	uint64_t read;

	if ((at[0] == '0' && digit_value(at[1]) < 10) || !number_read_digits(&read, &at, 10, most))
		return false;
	*number = (uint32_t)read;
	*text = at;
	return true;
}

bool number_parse(uint32_t *number, const char *text, uint32_t most)
{
	uint32_t read;

	if (!number_read(&read, &text, most) || *text)
		return false;
	*number = read;
	return true;
}
