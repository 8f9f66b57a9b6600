/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions that somebody's storage may leave without an answer: a file server that is gone holds
 * whoever asks, past every signal. So a child asks, which may be left behind.
 */
#ifndef BLOCK_ASK_H
#define BLOCK_ASK_H

#include "base/err.h"
#include <sys/stat.h>

struct block_question {
	/*
	 * Write the answer. It runs in the child, that has none of our descriptors, and of our
	 * memory what was there when it was started: so *what is all that it is told.
	 */
	void (*put)(void *answer, const void *what);
	size_t answer_size, what_size;

	/*
	 * It changes something: a child that is late is left to do it when it can. Otherwise it is
	 * ended, as far as the kernel lets it.
	 */
	bool is_change;
	void (*undo)(void); /* if we are gone by then, or do not wait any more; NULL: nothing */
};

/* A child that answers one question after the other. Zeroed: it is not there yet. */
struct block_child {
	pid_t process; /* 0: not there */
	int socket;
};

/*
 * Put the question about each of count things, an array. A child that is not there is started.
 * Fails only where none is to be had.
 */
bool block_child_tell(struct block_child *child, const struct block_question *question,
		      const void *whats, size_t count, struct err *err) MUST_USE;

/*
 * Take the answers, an array likewise. Returns how many there are: with fewer than count, the next
 * one did not come in limit_ms, and the child is not there any more.
 */
size_t block_child_hear(struct block_child *child, const struct block_question *question,
			void *answers, size_t count, long limit_ms);

/* It ends by itself. */
void block_child_done(struct block_child *child);

/*
 * The same of a child that all who have nothing to lose share. answered[i] is false where there
 * was no answer in two seconds, and once one has failed to come, in a tenth of one. Fails also
 * with the lock, where there is none in a tenth: see block_ask_again().
 */
bool block_ask(void *answers, bool *answered, const struct block_question *question,
	       const void *whats, size_t count, struct err *err) MUST_USE;

/* We have the lock now, or not any more. */
void block_ask_locked(bool is);

/*
 * Did something fail because block_ask() had no answer at once, with the lock? Then wait for that
 * now, without it. True: so it is to be tried again, and has an answer at once, or stays without.
 */
bool block_ask_again(void) MUST_USE;

/*
 * What a name leads to, type and inode, as the kernel knows it without asking a server anew.
 * *is_there is false where nothing has the name, *answered where nobody says.
 */
bool block_ask_name(struct statx *status, bool *is_there, bool *answered, const char *name,
		    struct err *err) MUST_USE;

#endif
