/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digits that are numbers, and those that are none. */
#include "base/number.h"
#include "tap.h"

static void test_whole(void)
{
	static const struct {
		const char *text;
		uint32_t most;
		long should; /* -1: none */
	} cases[] = {
		{ "0", UINT32_MAX, 0 },
		{ "7", 7, 7 },
		{ "8", 7, -1 },
		{ "4294967295", UINT32_MAX, 4294967295 },
		{ "4294967296", UINT32_MAX, -1 },
		{ "18446744073709551617", UINT32_MAX, -1 },
		{ "99999999999999999999999999", UINT32_MAX, -1 },
		{ "", 9, -1 },
		{ "00", 9, -1 },
		{ "07", 9, -1 },
		{ " 7", 9, -1 },
		{ "7 ", 9, -1 },
		{ "+7", 9, -1 },
		{ "-7", 9, -1 },
		{ "7a", UINT32_MAX, -1 },
		{ "0x7", UINT32_MAX, -1 },
		{ "1", 0, -1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t number = 4711;
		bool parsed = number_parse(&number, cases[i].text, cases[i].most);

		ok(parsed == (cases[i].should >= 0) &&
			   number == (parsed ? (uint32_t)cases[i].should : 4711),
		   "\"%s\" of at most %u", cases[i].text, cases[i].most);
	}
}

static void test_within(void)
{
	const char *text = "08:fFx", *before = "x";
	uint64_t number = 4711;
	uint32_t decimal = 4711;

	ok(number_read_digits(&number, &text, 16, 15) && number == 8 && *text == ':', "08");
	text++;
	ok(!number_read_digits(&number, &text, 16, 254) && number == 8 && *text == 'f',
	   "what is too large is left where it is");
	ok(number_read_digits(&number, &text, 16, 255) && number == 255 && *text == 'x', "fF");
	ok(!number_read_digits(&number, &before, 16, 255) && *before == 'x', "no digit");
	text = "18446744073709551615";
	ok(number_read_digits(&number, &text, 10, UINT64_MAX) && number == UINT64_MAX, "all bits");
	text = "18446744073709551616";
	ok(!number_read_digits(&number, &text, 10, UINT64_MAX), "and one more");
	text = "12/0";
	ok(number_read(&decimal, &text, 99) && decimal == 12 && !strcmp(text, "/0"), "12/0");
	text = "012";
	ok(!number_read(&decimal, &text, 99) && decimal == 12 && !strcmp(text, "012"), "012");
}

int main(void)
{
	test_whole();
	test_within();
	return tap_done();
}
