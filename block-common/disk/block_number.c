/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digits → numbers, and numbers of devices. */
#include "disk/block_number.h"
#include "base/number.h"
#include <ctype.h>
#include <sys/sysmacros.h>

bool block_number_parse(uint32_t *number, const char **text, unsigned base)
{
	uint64_t read;

	if (!number_read_digits(&read, text, base, UINT32_MAX))
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

bool block_number_read_line(char *line, size_t size, const char *path)
{
	auto_fclose FILE *file = fopen(path, "re");

	if (!file || !fgets(line, (int)size, file))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return *line;
}

bool block_number_read_device(dev_t *device, const char *path, unsigned base)
{
	char line[64];

	return block_number_read_line(line, sizeof(line), path) &&
	       block_number_parse_device(device, line, base);
}
