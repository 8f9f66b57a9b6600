/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printf-like formats → error texts of one bounded line, and lists of them. */
#include "base/err.h"
#include "base/array.h"
#include <errno.h>
#include <stdarg.h>

static const char ellipsis[] = "…";

/* A text fills its size bytes and was longer: let it end in "…", and not cut a UTF-8 character. */
static void mark_cut(char *text, size_t size)
{
	size_t end = size - sizeof(ellipsis);

	while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	memcpy(text + end, ellipsis, sizeof(ellipsis));
}

static void __attribute__((format(printf, 3, 0))) format_text(char *text, size_t size,
							      const char *format, va_list args)
{
	int length = vsnprintf(text, size, format, args);

	if (length < 0)
		text[0] = '\0';
	else if ((size_t)length >= size)
		mark_cut(text, size);
}

static void append_text(struct err *err, const char *text)
{
	size_t used = strlen(err->text), room = sizeof(err->text) - used;

	if (strlen(text) < room) {
		memcpy(err->text + used, text, strlen(text) + 1);
		return;
	}
	memcpy(err->text + used, text, room - 1);
	err->text[sizeof(err->text) - 1] = '\0';
	mark_cut(err->text, sizeof(err->text));
}

bool err_set(struct err *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	format_text(err->text, sizeof(err->text), format, args);
	va_end(args);
	return false;
}

bool err_sys(struct err *err, const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	format_text(err->text, sizeof(err->text), format, args);
	va_end(args);
	append_text(err, ": ");
	append_text(err, strerror(error));
	return false;
}

bool err_memory(struct err *err)
{
	return err_set(err, "out of memory");
}

bool err_prefix(struct err *err, const char *format, ...)
{
	struct err old = *err;
	va_list args;

	va_start(args, format);
	format_text(err->text, sizeof(err->text), format, args);
	va_end(args);
	append_text(err, old.text);
	return false;
}

static void __attribute__((format(printf, 3, 0))) report_add(struct report *report, bool is_warning,
							     const char *format, va_list args)
{
	struct finding *finding;
	char *text;

	if (vasprintf(&text, format, args) < 0) {
		report->errors++;
		return;
	}
	finding = array_add(&report->findings, report->count, sizeof(*finding));
	if (!finding) {
		free(text);
		report->errors++;
		return;
	}
	*finding = (struct finding){ text, is_warning };
	report->count++;
	if (!is_warning)
		report->errors++;
}

void report_error(struct report *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_add(report, false, format, args);
	va_end(args);
}

void report_warning(struct report *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_add(report, true, format, args);
	va_end(args);
}

void report_done(struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		free(report->findings[i].text);
	free(report->findings);
	*report = (struct report){ 0 };
}

const char *shown(char out[static SHOWN_SIZE], const char *text)
{
	size_t i;

	for (i = 0; text[i] && i < SHOWN_SIZE - 1; i++)
		out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out[i] = '\0';
	if (text[i])
		mark_cut(out, SHOWN_SIZE);
	return out;
}
