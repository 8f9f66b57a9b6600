/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said to people: stderr, which is the toolstack's own log, and syslog. Only programs call
 * it, the core never does.
 */
#ifndef LOG_H
#define LOG_H

/*
 * Name the program in every line: "vif-route-taofw: …"; syslog gets its process number too. name
 * must stay.
 */
void log_open(const char *name);

/* One line each, without a newline; bytes that are not printable become '?'. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
