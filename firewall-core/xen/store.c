/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstore's nodes ↔ text, through libxenstore: a machine without Xen has none, and `firewall` runs
 * there, too.
 */
#include "xen/store.h"
#include "base/array.h"
#include "base/library.h"
#include "base/number.h"
#include "value/vif.h"
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <xenstore.h>

static struct {
	__typeof__(&xs_daemon_socket) xs_daemon_socket;
	__typeof__(&xs_open) xs_open;
	__typeof__(&xs_close) xs_close;
	__typeof__(&xs_read) xs_read;
	__typeof__(&xs_write) xs_write;
	__typeof__(&xs_rm) xs_rm;
	__typeof__(&xs_directory) xs_directory;
	__typeof__(&xs_watch) xs_watch;
	__typeof__(&xs_fileno) xs_fileno;
	__typeof__(&xs_check_watch) xs_check_watch;
	__typeof__(&xs_transaction_start) xs_transaction_start;
	__typeof__(&xs_transaction_end) xs_transaction_end;
} library;

static bool load_libxenstore(struct err *err)
{
	static const struct library_function functions[] = {
		LIBRARY_FUNCTION(library, xs_daemon_socket),
		LIBRARY_FUNCTION(library, xs_open),
		LIBRARY_FUNCTION(library, xs_close),
		LIBRARY_FUNCTION(library, xs_read),
		LIBRARY_FUNCTION(library, xs_write),
		LIBRARY_FUNCTION(library, xs_rm),
		LIBRARY_FUNCTION(library, xs_directory),
		LIBRARY_FUNCTION(library, xs_watch),
		LIBRARY_FUNCTION(library, xs_fileno),
		LIBRARY_FUNCTION(library, xs_check_watch),
		LIBRARY_FUNCTION(library, xs_transaction_start),
		LIBRARY_FUNCTION(library, xs_transaction_end),
	};

	return library.xs_transaction_end ||
	       library_load("libxenstore.so.4", functions, COUNT(functions),
			    "xenstore can't be asked", err);
}

struct store {
	struct xs_handle *handle;
	xs_transaction_t transaction; /* XBT_NULL: none */
};

enum domain { NO_DOMAIN, DOM0, OTHER_DOMAIN };

/* Of all domains Dom0 alone has the UUID 0: Documentation/ABI/stable/sysfs-hypervisor-xen. */
static enum domain own_domain(void)
{
	static const char zero[] = "00000000-0000-0000-0000-000000000000";
	auto_fclose FILE *file = fopen("/sys/hypervisor/uuid", "re");
	char uuid[sizeof(zero)];

	if (!file || !fgets(uuid, sizeof(uuid), file))
		return NO_DOMAIN;
	return strcmp(uuid, zero) ? OTHER_DOMAIN : DOM0;
}

const char *store_folder(void)
{
	static const char *folder;

	if (!folder)
		folder = own_domain() == OTHER_DOMAIN ? "data/taofirewall" : "taofirewall";
	return folder;
}

bool store_is_dom0(void)
{
	return own_domain() == DOM0;
}

static bool daemon_listens(void)
{
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (fd < 0)
		return false;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", library.xs_daemon_socket());
	return !connect(fd, (struct sockaddr *)&address, sizeof(address));
}

/* Where nobody listens libxenstore goes on to the kernel, whatever it is told of sockets. */
static struct xs_handle *connect_store(bool is_up)
{
	if (!is_up && own_domain() == DOM0 && !daemon_listens())
		return NULL;
	return library.xs_open(0);
}

struct store *store_open(bool is_up, struct err *err)
{
	struct store *store;

	if (!load_libxenstore(err))
		return NULL;
	store = calloc(1, sizeof(*store));
	if (!store) {
		err_memory(err);
		return NULL;
	}
	store->transaction = XBT_NULL;
	store->handle = connect_store(is_up);
	if (!store->handle) {
		err_sys(err, "xenstore does not answer");
		free(store);
		return NULL;
	}
	return store;
}

static bool begin_transaction(struct store *store, struct err *err)
{
	store->transaction = library.xs_transaction_start(store->handle);
	return store->transaction != XBT_NULL || err_sys(err, "xenstore starts no transaction");
}

static void give_up(struct store *store)
{
	if (store->transaction != XBT_NULL)
		library.xs_transaction_end(store->handle, store->transaction, true);
	store->transaction = XBT_NULL;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	give_up(store);
	library.xs_close(store->handle);
	free(store);
}

bool store_look(struct store *store, bool (*work)(struct store *store, void *what, struct err *err),
		void *what, struct err *err)
{
	bool ok;

	if (!begin_transaction(store, err))
		return false;
	ok = work(store, what, err);
	give_up(store);
	return ok;
}

/* *again: somebody else was quicker. */
static bool try_change(bool *again, struct store *store,
		       bool (*work)(struct store *store, const void *what, struct err *err),
		       const void *what, struct err *err)
{
	xs_transaction_t transaction;

	*again = false;
	if (!begin_transaction(store, err))
		return false;
	if (!work(store, what, err)) {
		give_up(store);
		return false;
	}
	transaction = store->transaction;
	store->transaction = XBT_NULL;
	if (library.xs_transaction_end(store->handle, transaction, false))
		return true;
	*again = errno == EAGAIN;
	return err_sys(err, "xenstore refused a transaction");
}

/* At first at once, then later and later: 4 s in all. */
bool store_change(struct store *store,
		  bool (*work)(struct store *store, const void *what, struct err *err),
		  const void *what, struct err *err)
{
	bool again = true;

	for (unsigned try = 0; again && try < STORE_TRIES; try++) {
		if (try > 3)
			usleep(1000 * (try < 20 ? try : 20));
		if (try_change(&again, store, work, what, err))
			return true;
	}
	return false;
}

static bool is_plain(const char *value)
{
	for (; *value; value++)
		if (*value < ' ' || *value > '~')
			return false;
	return true;
}

bool store_read_bytes(char value[static STORE_VALUE_SIZE], bool *found, struct store *store,
		      const char *path, struct err *err)
{
	unsigned size = 0;
	auto_free char *read = library.xs_read(store->handle, store->transaction, path, &size);

	value[0] = '\0';
	if (found)
		*found = read;
	if (!read)
		return errno == ENOENT || err_sys(err, "xenstore: %s can't be read", path);
	if (size >= STORE_VALUE_SIZE || memchr(read, '\0', size))
		return err_set(err, "xenstore: %s holds bytes that are no text", path);
	memcpy(value, read, size);
	value[size] = '\0';
	return true;
}

bool store_read(char value[static STORE_VALUE_SIZE], bool *found, struct store *store,
		const char *path, struct err *err)
{
	if (!store_read_bytes(value, found, store, path, err))
		return false;
	return is_plain(value) ||
	       err_set(err, "xenstore: %s holds bytes that are no plain text", path);
}

bool store_write(struct store *store, const char *path, const char *value, struct err *err)
{
	return library.xs_write(store->handle, store->transaction, path, value,
				(unsigned)strlen(value)) ||
	       err_sys(err, "xenstore: %s can't be written", path);
}

/* Behind a piece of text that goes on below. */
#define MORE '\\'

static void path_more(char path[static STORE_PATH_SIZE])
{
	size_t length = strlen(path);

	snprintf(path + length, STORE_PATH_SIZE - length, "/more");
}

bool store_read_text(char text[static STORE_VALUE_SIZE], bool *found, struct store *store,
		     const char *path, struct err *err)
{
	char piece[STORE_VALUE_SIZE], at[STORE_PATH_SIZE];
	size_t used;

	if (!store_read(text, found, store, path, err))
		return false;
	snprintf(at, sizeof(at), "%s", path);
	for (used = strlen(text); used && text[used - 1] == MORE; used = strlen(text)) {
		path_more(at);
		if (!store_read(piece, NULL, store, at, err))
			return false;
		if (--used + strlen(piece) >= STORE_VALUE_SIZE)
			return err_set(err, "xenstore: %s has unexpected contents", path);
		memcpy(text + used, piece, strlen(piece) + 1);
	}
	return true;
}

/* What is left below of a longer text goes with the node. */
bool store_write_text(struct store *store, const char *path, const char *text, struct err *err)
{
	char piece[STORE_NODE_SIZE + 1], at[STORE_PATH_SIZE];

	snprintf(at, sizeof(at), "%s", path);
	for (; strlen(text) > STORE_NODE_SIZE; text += STORE_NODE_SIZE - 1) {
		snprintf(piece, sizeof(piece), "%.*s%c", STORE_NODE_SIZE - 1, text, MORE);
		if (!store_write(store, at, piece, err))
			return false;
		path_more(at);
	}
	return store_write(store, at, text, err);
}

bool store_remove(struct store *store, const char *path, struct err *err)
{
	return library.xs_rm(store->handle, store->transaction, path) || errno == ENOENT ||
	       err_sys(err, "xenstore: %s can't be removed", path);
}

bool store_list(char ***names, unsigned *count, struct store *store, const char *path,
		struct err *err)
{
	*names = library.xs_directory(store->handle, store->transaction, path, count);
	if (*names)
		return true;
	*count = 0;
	return errno == ENOENT || err_sys(err, "xenstore: %s can't be listed", path);
}

bool store_remove_upwards(struct store *store, const char *path, unsigned folders, struct err *err)
{
	char at[STORE_PATH_SIZE], *slash;
	unsigned count = 0;

	snprintf(at, sizeof(at), "%s", path);
	if (!store_remove(store, at, err))
		return false;
	while (!count && folders-- && (slash = strrchr(at, '/'))) {
		auto_free char **others = NULL;

		*slash = '\0';
		if (!store_list(&others, &count, store, at, err) ||
		    (!count && !store_remove(store, at, err)))
			return false;
	}
	return true;
}

static bool add_domain(uint32_t **domids, size_t *count, uint32_t domid, struct err *err)
{
	uint32_t *added = array_add(domids, *count, sizeof(*added));

	if (!added)
		return err_memory(err);
	*added = domid;
	(*count)++;
	return true;
}

/* On a connection of its own, as there may be none afterwards. *known: it was listed. */
static bool try_list_domains(uint32_t **domids, size_t *count, bool *known, const char *path,
			     struct err *err)
{
	struct xs_handle *handle = library.xs_open(0);
	auto_free char **names = NULL;
	unsigned name_count = 0;
	uint32_t domid;
	bool ok = true;

	if (!handle)
		return err_sys(err, "xenstore does not answer");
	names = library.xs_directory(handle, XBT_NULL, path, &name_count);
	*known = names || errno == ENOENT;
	library.xs_close(handle);
	for (unsigned i = 0; ok && names && i < name_count; i++)
		ok = !number_parse(&domid, names[i], DOMID_MAX) ||
		     add_domain(domids, count, domid, err);
	return ok;
}

bool store_list_domains(uint32_t **domids, size_t *count, struct store *store, const char *path,
			struct err *err)
{
	char folder[STORE_PATH_SIZE], value[STORE_VALUE_SIZE];
	bool known, found, ok;

	*domids = NULL;
	*count = 0;
	ok = try_list_domains(domids, count, &known, path, err);
	for (uint32_t domid = 1; ok && !known && domid <= DOMID_MAX; domid++) {
		snprintf(folder, sizeof(folder), "%s/%u", path, domid);
		ok = store_read(value, &found, store, folder, err) &&
		     (!found || add_domain(domids, count, domid, err));
	}
	if (ok)
		return true;
	free(*domids);
	*domids = NULL;
	return false;
}

bool store_listen(struct store *store, struct err *err)
{
	return library.xs_watch(store->handle, "@releaseDomain", "") ||
	       err_sys(err, "xenstore does not tell which domains end");
}

bool store_wait(struct store *store, int timeout_ms, struct err *err)
{
	struct pollfd news = { .fd = library.xs_fileno(store->handle), .events = POLLIN };
	int ready = poll(&news, 1, timeout_ms);
	char **event = NULL;

	do {
		free(event);
		event = ready > 0 ? library.xs_check_watch(store->handle) : NULL;
	} while (event);
	return ready == 0 || errno == EAGAIN || errno == EINTR ||
	       err_sys(err, "xenstore does not answer");
}
