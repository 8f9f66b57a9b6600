/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions that somebody's storage may leave without an answer: a file server that is gone holds
 * whoever asks, past every signal. So a child asks, which may be left behind.
 */
#ifndef BLOCK_ASK_H
#define BLOCK_ASK_H

#include "err.h"
#include <sys/stat.h>

/*
 * Put the questions 0 to count - 1: put() writes the answer to one at its place in answers, which
 * is of so many bytes each. It runs in a child that has none of our descriptors; what else it
 * changes is lost. answered[i] is false where there was no answer in two seconds, and once one
 * has failed to come, in a fifth of one. Fails only where no child is to be had.
 */
bool block_ask(void *answers, bool *answered, size_t size, size_t count,
	       void (*put)(void *answer, size_t i, const void *what), const void *what,
	       struct err *err) MUST_USE;

/*
 * What a name leads to, type and inode, as the kernel knows it without asking a server anew.
 * *is_there is false where nothing has the name, *answered where nobody says.
 */
bool block_ask_name(struct statx *status, bool *is_there, bool *answered, const char *name,
		    struct err *err) MUST_USE;

#endif
