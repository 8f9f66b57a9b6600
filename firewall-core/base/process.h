/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program inherits from whoever started it. */
#ifndef PROCESS_H
#define PROCESS_H

/*
 * Begin main() with this: from then on nothing that the caller left can end the program half way
 * or lead its lines astray.
 *
 * Standard input, output and error are open: on /dev/null where the caller had closed them, so
 * that no socket or disk gets their numbers (a standard output that was closed can't be written
 * to). No signal is blocked or pending, no timer runs; SIGALRM, SIGCHLD and SIGUSR1 have their
 * defaults; a reader that went away or a full file (SIGPIPE, SIGXFSZ) is an error of
 * write(2). SIGHUP and what a terminal sends stay as they are, for nohup(1). Limits are raised as
 * far as the caller may raise them. Files are made for their owner alone. Ends the program where
 * there is no /dev/null to open.
 */
void process_start(void);

/* The same for hotplug programs, which no descriptor above these concerns. */
void process_start_hotplug(void);

/* What a program that is executed expects: these signals' defaults, and the caller's umask. */
void process_prepare_exec(void);

#endif
