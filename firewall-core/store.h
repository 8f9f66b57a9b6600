/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstore: nodes as text. Relative paths are below this domain's own home, as libxl's XENBUS_PATH
 * is.
 */
#ifndef STORE_H
#define STORE_H

#include "err.h"

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
 * A transaction: what is read in between is of one moment, what is written comes in force at once.
 * Only one at a time. store_commit() sets *again when somebody else changed one of the nodes: start
 * over.
 */
bool store_begin(struct store *store, struct err *err) MUST_USE;
bool store_commit(struct store *store, bool *again, struct err *err) MUST_USE;
void store_abort(struct store *store);

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

/* Remove a node and all below it; there being none is no error. */
bool store_remove(struct store *store, const char *path, struct err *err) MUST_USE;

/*
 * The names below a node, none when it is not there. *names and its texts are one block, the
 * caller's to free.
 */
bool store_list(char ***names, unsigned *count, struct store *store, const char *path,
		struct err *err) MUST_USE;

#endif
