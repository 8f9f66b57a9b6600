/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstore: nodes as text. Relative paths are below this domain's own home, as libxl's XENBUS_PATH
 * is.
 */
#ifndef STORE_H
#define STORE_H

#include "base/err.h"
#include <stdint.h>

#define STORE_PATH_SIZE 256
#define STORE_VALUE_SIZE 4097 /* XENSTORE_PAYLOAD_MAX and a NUL, xen/include/public/io/xs_wire.h */

struct store;

/* Is this machine a Dom0? */
bool store_is_dom0(void);

/*
 * Connect to xenstored. Returns NULL when it does not answer.
 *
 * is_up  it must be running, since the toolstack called us: then the kernel's own way to it will
 *        do, as in a driver domain. In a Dom0 that still boots, that way would wait for xenstored,
 *        possibly for ever; so where it may not run yet, Dom0 looks for its socket alone
 */
struct store *store_open(bool is_up, struct err *err) MUST_USE;
void store_close(struct store *store); /* NULL is allowed */

/*
 * Where we keep nodes of our own, below this domain's home: "taofirewall", and in a driver domain
 * "data/taofirewall", as its home is Dom0's to write and data its own (libxl_create.c,
 * libxl__domain_make()).
 */
const char *store_folder(void);

/*
 * A transaction: what work() reads is of one moment, what it writes comes in force at once, and
 * nothing where it fails. When somebody else changed one of the nodes meanwhile, it does all of it
 * again, STORE_TRIES times at the most. Only one transaction at a time.
 */
#define STORE_TRIES 200
bool store_change(struct store *store,
		  bool (*work)(struct store *store, const void *what, struct err *err),
		  const void *what, struct err *err) MUST_USE;

/* One that only reads. */
bool store_look(struct store *store, bool (*work)(struct store *store, void *what, struct err *err),
		void *what, struct err *err) MUST_USE;

/*
 * Read a node. Where there is none, *found is false, and the value "". Fails when the value holds
 * anything but printable ASCII: what comes from there goes into messages, names and rules.
 * found  NULL: a missing node is as good as an empty one
 */
bool store_read(char value[static STORE_VALUE_SIZE], bool *found, struct store *store,
		const char *path, struct err *err) MUST_USE;

/* The same of the name of a file, which may hold any bytes but NUL. */
bool store_read_bytes(char value[static STORE_VALUE_SIZE], bool *found, struct store *store,
		      const char *path, struct err *err) MUST_USE;

bool store_write(struct store *store, const char *path, const char *value, struct err *err)
	MUST_USE;

/*
 * The same two of text of our own, which may be longer than a node can be: oxenstored holds the
 * value of one to 2,048 bytes, and xenstored, for a driver domain, all that is in it. What is
 * behind STORE_NODE_SIZE goes into a node "more" below it, and so on.
 */
#define STORE_NODE_SIZE 1900
bool store_read_text(char text[static STORE_VALUE_SIZE], bool *found, struct store *store,
		     const char *path, struct err *err) MUST_USE;
bool store_write_text(struct store *store, const char *path, const char *text, struct err *err)
	MUST_USE;

/* Remove a node and all below it; there being none is no error. */
bool store_remove(struct store *store, const char *path, struct err *err) MUST_USE;

/* The same, and then of the folders above it, so many at the most, those that are empty. */
bool store_remove_upwards(struct store *store, const char *path, unsigned folders, struct err *err)
	MUST_USE;

/*
 * The names below a node, none when it is not there. *names and its texts are one block, the
 * caller's to free. They must be few: oxenstored has no answer of more than 4,096 bytes, and
 * libxenstore gives up the connection then.
 */
bool store_list(char ***names, unsigned *count, struct store *store, const char *path,
		struct err *err) MUST_USE;

/*
 * Which domains have a folder below the node, however many they are: where it can't be listed,
 * each is asked for. *domids is the caller's to free.
 */
bool store_list_domains(uint32_t **domids, size_t *count, struct store *store, const char *path,
			struct err *err) MUST_USE;

/*
 * From now on store_wait() is told in Dom0 that a domain has ended, or was suspended, as in a
 * migration. Which one it does not hear.
 */
bool store_listen(struct store *store, struct err *err) MUST_USE;

/* Wait until one has, for timeout_ms at the most; -1: for ever. */
bool store_wait(struct store *store, int timeout_ms, struct err *err) MUST_USE;

#endif
