/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text → what nodes of a disk are parsed with: what is taken is printed as it was. */
#include "device/block_loop.h"
#include "disk/block_disk.h"
#include "disk/block_number.h"
#include "disk/block_share.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void try_names(const char *text)
{
	char printed[BLOCK_DISK_TEXT], path[BLOCK_LOOP_PATH];
	struct block_disk disk;
	unsigned number;
	dev_t device;

	if (block_disk_parse(&disk, text))
		must(!strcmp(block_disk_print(printed, &disk), text));
	if (block_loop_parse(&number, text))
		must(!strcmp(block_loop_path(path, number), text));
	if (block_type_has_helper(text))
		must(!strchr(text, '/') && *text);
	must(block_mode_parse(text).writes || !block_mode_parse(text).is_unchecked);
	(void)!block_number_parse_device(&device, text, 10);
	(void)!block_number_parse_device(&device, text, 16);
}

/* Names of others, in a refusal: one line without what a terminal would obey. */
static void try_words(const char *text)
{
	struct block_use use = { .writes = true };
	struct err err = { "" };

	snprintf(use.name, sizeof(use.name), "%.*s", BLOCK_NAME_SIZE - 1, text);
	for (use.user = BLOCK_MOUNT; use.user <= BLOCK_GUEST; use.user++) {
		must(!block_share_check(&use, 1, text, "sda3", true, &err));
		for (const char *c = err.text; *c; c++)
			must((unsigned char)*c >= ' ' && *c != 127);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	if (!text)
		return 0;
	try_names(text);
	try_words(text);
	free(text);
	return 0;
}
