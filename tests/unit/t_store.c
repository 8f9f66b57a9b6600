/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transactions in a xenstore where others are quicker: how often they are tried, and what stays.
 * Text that is longer than a node, and folders that are longer than an answer.
 */
#include "base/library.h"
#include "tap.h"
#include "xen/store.h"
#include <errno.h>
#include <xenstore.h>

/* ---- xenstore, in place of the library ---- */

static unsigned busy, begun, given_up, committed, writes;
static int refusal;		       /* an errno; 0: none */
static const char *there;	       /* the nodes that there are, each with a blank behind it */
static char kept[2][STORE_VALUE_SIZE]; /* what was written last, at a node and below it */

static const char *daemon_socket(void)
{
	return "/nonexistent";
}

static struct xs_handle *open_handle(unsigned long flags)
{
	static int handle;

	(void)flags;
	return (void *)&handle;
}

static void close_handle(struct xs_handle *handle)
{
	(void)handle;
}

static void *read_node(struct xs_handle *handle, xs_transaction_t transaction, const char *path,
		       unsigned *size)
{
	const char *value = kept[strstr(path, "/more") != NULL];
	char name[STORE_PATH_SIZE];

	(void)handle;
	(void)transaction;
	snprintf(name, sizeof(name), "%s ", path);
	*size = 0;
	errno = ENOENT;
	if (!there || !strstr(there, name))
		return NULL;
	*size = (unsigned)strlen(value);
	return strdup(value);
}

static bool write_node(struct xs_handle *handle, xs_transaction_t transaction, const char *path,
		       const void *data, unsigned size)
{
	(void)handle;
	snprintf(kept[strstr(path, "/more") != NULL], STORE_VALUE_SIZE, "%.*s", (int)size,
		 (const char *)data);
	writes += transaction == begun;
	return true;
}

static bool remove_node(struct xs_handle *handle, xs_transaction_t transaction, const char *path)
{
	(void)handle;
	(void)transaction;
	(void)path;
	return true;
}

static char **list_nodes(struct xs_handle *handle, xs_transaction_t transaction, const char *path,
			 unsigned *count)
{
	(void)handle;
	(void)transaction;
	(void)path;
	*count = 0;
	errno = E2BIG;
	return NULL;
}

static xs_transaction_t start_transaction(struct xs_handle *handle)
{
	(void)handle;
	return ++begun;
}

static bool end_transaction(struct xs_handle *handle, xs_transaction_t transaction, bool gives_up)
{
	(void)handle;
	(void)transaction;
	if (gives_up)
		given_up++;
	else if (!busy && !refusal)
		committed++;
	errno = busy ? EAGAIN : refusal;
	busy -= !gives_up && busy;
	return gives_up || !errno;
}

/* Of libfwcore.a the tests take what they do not have themselves. */
bool library_load(const char *soname, const struct library_function *functions, size_t count,
		  const char *without, struct err *err)
{
	static const struct {
		const char *name;
		void (*function)(void);
	} ours[] = {
		{ "xs_daemon_socket", (void (*)(void))daemon_socket },
		{ "xs_open", (void (*)(void))open_handle },
		{ "xs_close", (void (*)(void))close_handle },
		{ "xs_read", (void (*)(void))read_node },
		{ "xs_write", (void (*)(void))write_node },
		{ "xs_rm", (void (*)(void))remove_node },
		{ "xs_directory", (void (*)(void))list_nodes },
		{ "xs_transaction_start", (void (*)(void))start_transaction },
		{ "xs_transaction_end", (void (*)(void))end_transaction },
	};

	(void)soname;
	(void)without;
	(void)err;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < COUNT(ours); j++)
			if (!strcmp(functions[i].name, ours[j].name))
				memcpy(functions[i].slot, &ours[j].function,
				       sizeof(ours[j].function));
	return true;
}

/* ---- transactions ---- */

static struct store *store;
static struct err err;

static bool write_two(struct store *in, const void *what, struct err *why)
{
	return store_write(in, "a", what, why) && store_write(in, "b", what, why);
}

static bool refuse(struct store *in, const void *what, struct err *why)
{
	return store_write(in, "a", what, why) && err_set(why, "no");
}

static bool look(struct store *in, void *what, struct err *why)
{
	char value[STORE_VALUE_SIZE];

	return store_read(value, what, in, "a", why);
}

static void begin(unsigned is_busy, int refused)
{
	busy = is_busy;
	refusal = refused;
	begun = given_up = committed = writes = 0;
}

/* How many there are of "f/1 f/2 …", and the last. */
static size_t list(uint32_t *last, const char *nodes)
{
	auto_free uint32_t *domids = NULL;
	size_t count = 0;

	there = nodes;
	if (!store_list_domains(&domids, &count, store, "f", &err))
		return SIZE_MAX;
	there = NULL;
	*last = count ? domids[count - 1] : 0;
	return count;
}

/* Text of so many bytes is what is read again, from so many nodes, none of them large. */
static void goes_and_comes(size_t size, unsigned nodes)
{
	char text[STORE_VALUE_SIZE], read[STORE_VALUE_SIZE];

	memset(text, 'x', size);
	text[size] = '\0';
	there = "n n/more ";
	begin(0, 0);
	ok(store_write_text(store, "n", text, &err) && writes == nodes &&
		   strlen(kept[0]) <= STORE_NODE_SIZE && strlen(kept[1]) <= STORE_NODE_SIZE &&
		   store_read_text(read, NULL, store, "n", &err) && !strcmp(read, text),
	   "text of %zu bytes", size);
	there = NULL;
}

int main(void)
{
	bool found = true;
	uint32_t last = 0;

	store = store_open(true, &err);
	ok(store != NULL, "a xenstore");
	begin(0, 0);
	ok(store_change(store, write_two, "x", &err) && begun == 1 && committed == 1 && writes == 2,
	   "a transaction");
	begin(7, 0);
	ok(store_change(store, write_two, "x", &err) && begun == 8 && committed == 1 &&
		   writes == 16,
	   "where others are quicker all of it is done again");
	begin(100000, 0);
	ok(!store_change(store, write_two, "x", &err) && begun == STORE_TRIES && !committed,
	   "but not for ever");
	is_text(err.text, "xenstore refused a transaction: Resource temporarily unavailable",
		"and says so");
	begin(0, EIO);
	ok(!store_change(store, write_two, "x", &err) && begun == 1, "another refusal is the last");
	begin(0, 0);
	ok(!store_change(store, refuse, "x", &err) && begun == 1 && given_up == 1 && !committed,
	   "what fails by itself is given up");
	is_text(err.text, "no", "and says why");
	begin(0, 0);
	ok(store_look(store, look, &found, &err) && !found && given_up == 1 && !committed,
	   "what only reads commits nothing");
	goes_and_comes(STORE_NODE_SIZE, 1);
	goes_and_comes(STORE_NODE_SIZE + 1, 2);
	goes_and_comes(2 * STORE_NODE_SIZE - 1, 2);
	ok(list(&last, "f/7 f/300 f/32751 ") == 3 && last == 32751,
	   "where there is no list, each domain is asked for");
	ok(list(&last, "") == 0, "and there may be none");
	begin(0, 0);
	ok(store_look(store, look, &found, &err), "what is asked afterwards is answered");
	store_close(store);
	ok(given_up == 1, "nothing is left open");
	return tap_done();
}
