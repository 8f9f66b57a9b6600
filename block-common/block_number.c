/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digits → numbers, and numbers of devices. */
#include "block_number.h"
#include <ctype.h>
#include <sys/sysmacros.h>

/* 16 and more: no digit. */
static unsigned digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return found ? (unsigned)(found - digits) : 16;
}

bool block_number_parse(uint32_t *number, const char **text, unsigned base)
{
	const char *start = *text;
	uint64_t read = 0;

	for (; digit(**text) < base && read <= UINT32_MAX; (*text)++)
		read = read * base + digit(**text);
	if (*text == start || read > UINT32_MAX)
		return false;
	*number = (uint32_t)read;
	return true;
}

bool block_number_parse_device(dev_t *device, const char *text, unsigned base)
{
	uint32_t major_number, minor_number;

	if (!block_number_parse(&major_number, &text, base) || *text++ != ':' ||
	    !block_number_parse(&minor_number, &text, base) ||
	    (*text && !isspace((unsigned char)*text)))
		return false;
	*device = makedev(major_number, minor_number);
	return true;
}

bool block_number_read_device(dev_t *device, const char *path, unsigned base)
{
	auto_fclose FILE *file = fopen(path, "re");
	char line[64];

	return file && fgets(line, sizeof(line), file) &&
	       block_number_parse_device(device, line, base);
}
