/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines for people → stderr and syslog. */
#include "program/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

static const char *program = "taofirewall";

void log_open(const char *name)
{
	program = name;
	openlog(name, LOG_PID, LOG_DAEMON);
}

static void write_log_line(int priority, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
static void write_log_line(int priority, const char *format, va_list arguments)
{
	char line[1024];

	vsnprintf(line, sizeof(line), format, arguments);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	fprintf(stderr, "%s: %s\n", program, line);
	syslog(priority, "%s", line);
}

void log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_log_line(LOG_ERR, format, arguments);
	va_end(arguments);
}

void log_notice(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_log_line(LOG_NOTICE, format, arguments);
	va_end(arguments);
}
