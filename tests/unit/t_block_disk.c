/* SPDX-License-Identifier: GPL-2.0-or-later */
/* argv, environ, mode= and type= of a disk → values. */
#include "disk/block_disk.h"
#include "tap.h"

static bool read_event(struct block_event *event, const char *path, const char *first,
		       const char *second, struct err *err)
{
	char program[] = "block-taofw", one[32], two[32] = "";
	char *argv[] = { program, one, second ? two : NULL, NULL };

	snprintf(one, sizeof(one), "%s", first);
	if (second)
		snprintf(two, sizeof(two), "%s", second);
	setenv("XENBUS_PATH", path, 1);
	return block_event_read(event, second ? 3 : 2, argv, err);
}

static void is_disk(const char *path, const char *should)
{
	char text[BLOCK_DISK_TEXT];
	struct block_event event;
	struct err err = { "" };

	if (!read_event(&event, path, "add", NULL, &err))
		ok(false, "%s: %s", path, err.text);
	else
		is_text(block_disk_print(text, &event.disk), should, path);
}

static void is_no_disk(const char *path)
{
	struct block_event event = { .disk.domid = 7 };
	struct err err = { "" };

	ok(!read_event(&event, path, "remove", NULL, &err) && event.disk.domid == 7,
	   "no disk: \"%s\"", path);
}

static void is_verb(const char *first, const char *second, bool is_read, bool is_add)
{
	struct block_event event = { .is_add = false };
	struct err err = { "" };

	ok(read_event(&event, "backend/vbd/1/51712", first, second, &err) == is_read &&
		   event.is_add == is_add,
	   "%s %s: %s", first, second ? second : "", err.text);
}

static void is_mode(const char *text, bool writes, bool is_unchecked)
{
	struct block_mode mode = block_mode_parse(text);

	ok(mode.writes == writes && mode.is_unchecked == is_unchecked, "mode=%s", text);
}

static void test_paths(void)
{
	is_disk("backend/vbd/1/51712", "vbd/1/51712");
	is_disk("backend/vbd/0/51712", "vbd/0/51712");
	is_disk("backend/vbd3/32751/268439552", "vbd3/32751/268439552");
	is_disk("/local/domain/0/backend/vbd/1/51712", "vbd/1/51712");
	is_disk("/local/domain/12/backend/vbd/1/51712", "vbd/1/51712");
	is_no_disk("");
	is_no_disk("backend/vif/1/0");
	is_no_disk("backend/vbd2/1/0");
	is_no_disk("backend/vbd/1");
	is_no_disk("backend/vbd/1/");
	is_no_disk("backend/vbd/1/0/x");
	is_no_disk("backend/vbd/01/0");
	is_no_disk("backend/vbd/-1/0");
	is_no_disk("backend/vbd/1/4294967296");
	is_no_disk("backend/vbd/1/99999999999999999999");
	is_no_disk("backend/vbd/../vbd/1/0");
	is_no_disk("/local/domain/backend/vbd/1/0");
	is_no_disk("/local/domain/1x/backend/vbd/1/0");
	is_no_disk("/backend/vbd/1/0");
}

static void test_helpers(void)
{
	ok(block_type_has_helper("nbd"), "nbd has a helper");
	ok(block_type_has_helper("my-type_2"), "so has a type with all the letters of a name");
	ok(!block_type_has_helper("phy"), "phy is ours");
	ok(!block_type_has_helper("file"), "file is ours");
	ok(!block_type_has_helper(""), "no type is ours, too");
	ok(!block_type_has_helper("../../bin/sh"), "a path is no type");
	ok(!block_type_has_helper("a b"), "a blank is in no type");
}

int main(void)
{
	test_paths();
	is_verb("add", NULL, true, true);
	is_verb("remove", NULL, true, false);
	is_verb("x=$(id)", "add", true, true);
	is_verb("add", "x=remove", true, true);
	is_verb("online", NULL, false, false);
	is_verb("", NULL, false, false);
	is_mode("w", true, false);
	is_mode("r", false, false);
	is_mode("rw", true, false);
	is_mode("ro", false, false);
	is_mode("", false, false);
	is_mode("w!", true, true);
	is_mode("!w", true, true);
	is_mode("r!", false, false);
	test_helpers();
	return tap_done();
}
