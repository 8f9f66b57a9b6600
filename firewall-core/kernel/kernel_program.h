/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program, with what it reads and prints in memory. */
#ifndef KERNEL_PROGRAM_H
#define KERNEL_PROGRAM_H

#include "base/err.h"

/*
 * Run a program without a shell, with nothing but PATH in its environment.
 *
 * arguments  its path first, NULL last
 * input      what it reads
 * output     what it printed; NULL: of no interest. Owner: the caller, who frees it
 *
 * Fails when it is not trusted (trust.h), can't be run, takes longer than PROGRAM_TIMEOUT_MS, or
 * does not exit with 0: then with the first line that it wrote to stderr.
 */
#define PROGRAM_TIMEOUT_MS 20000
bool kernel_program_run(const char *const *arguments, const char *input, char **output,
			struct err *err) MUST_USE;

#endif
