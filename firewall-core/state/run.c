/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The run-time folder: lock, mark and snapshot. */
#include "state/run.h"
#include "base/child.h"
#include "base/lock.h"
#include "base/trust.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define SNAPSHOT_MAGIC "taofirewall\n"

/* One array of a policy, as it lies in the file. */
struct array {
	size_t slot, count; /* offsets of its pointer and of its count in struct policy */
	size_t size;	    /* of one */
};

#define ARRAY(name, names)                                                                         \
	{ offsetof(struct policy, names), offsetof(struct policy, name##_count),                   \
	  sizeof(*((struct policy *)0)->names) }

/* In this order each is aligned: those of mere bytes come last. */
static const struct array arrays[] = {
	ARRAY(host, hosts),	  ARRAY(claim, claims),	       ARRAY(rule, rules),
	ARRAY(forward, forwards), ARRAY(network, networks),    ARRAY(route, routes),
	ARRAY(friend, friends),	  ARRAY(unmanaged, unmanaged), ARRAY(device, devices),
};

/*
 * The first bytes of the file; then the arrays, and the sets. The headers' hash (SNAPSHOT_ID, see
 * the Makefile) tells a file of a version that means something else by them, the sizes one of
 * another compiler or machine.
 */
struct header {
	char magic[16];
	uint64_t id;
	uint32_t sizes[COUNT(arrays) + 2];
	uint32_t set_count;
	bool with_guests, tracks_bridges;
	char generation;
	uint64_t print;
	struct timespec loaded;
	struct policy policy; /* its pointers are zero here */
};

static void fill_sizes(uint32_t sizes[static COUNT(arrays) + 2])
{
	for (size_t i = 0; i < COUNT(arrays); i++)
		sizes[i] = (uint32_t)arrays[i].size;
	sizes[COUNT(arrays)] = sizeof(struct header);
	sizes[COUNT(arrays) + 1] = sizeof(struct set);
}

static size_t array_bytes(const struct policy *policy, const struct array *array)
{
	uint32_t count;

	memcpy(&count, (const char *)policy + array->count, sizeof(count));
	return count * array->size;
}

const char *run_config_directory(void)
{
	const char *directory = getenv("TAOFIREWALL_CONFIG");

	return directory && *directory ? directory : "/etc/taofirewall";
}

bool run_open(struct run *run, struct err *err)
{
	const char *path = getenv("TAOFIREWALL_RUN");

	if (!path || !*path)
		path = "/run/taofirewall";
	run->lock = -1;
	if (mkdir(path, 0700) && errno != EEXIST)
		return err_sys(err, "%s can't be made, nothing was changed", path);
	if (!trust_path(path, err))
		return err_prefix(err, "nothing was changed: %s: ", path);
	run->directory = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	return run->directory >= 0 || err_sys(err, "%s can't be opened, nothing was changed", path);
}

void run_close(struct run *run)
{
	run_unlock(run);
	if (run->directory >= 0)
		close(run->directory);
	run->directory = -1;
}

bool run_lock(struct run *run, unsigned timeout_ms, struct err *err)
{
	int fd = openat(run->directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_sys(err, "the lock can't be opened, nothing was changed");
	if (!lock_wait(fd, child_now_ms() + timeout_ms)) {
		close(fd);
		return err_set(err, "other runs held the lock for %u ms, nothing was changed",
			       timeout_ms);
	}
	run->lock = fd;
	return true;
}

/* A forked child may hold the descriptor too, so closing it would not be enough. */
void run_unlock(struct run *run)
{
	if (run->lock < 0)
		return;
	flock(run->lock, LOCK_UN);
	close(run->lock);
	run->lock = -1;
}

bool run_is_stopped(const struct run *run)
{
	return !faccessat(run->directory, "stopped", F_OK, 0);
}

bool run_set_stopped(const struct run *run, bool stopped, struct err *err)
{
	auto_close int fd = -1;

	if (!stopped)
		return !unlinkat(run->directory, "stopped", 0) || errno == ENOENT ||
		       err_sys(err, "the mark of a stop can't be removed");
	fd = openat(run->directory, "stopped", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd >= 0 || err_sys(err, "the mark of a stop can't be made, nothing was changed");
}

bool run_was_loaded(const struct run *run)
{
	return !faccessat(run->directory, "snapshot", F_OK, 0);
}

/* fwrite() takes no NULL, not even for nothing. */
static void write_bytes(FILE *file, const void *bytes, size_t size)
{
	if (size)
		fwrite(bytes, size, 1, file);
}

static bool write_arrays(FILE *file, const struct policy *policy, const struct sets *sets)
{
	for (size_t i = 0; i < COUNT(arrays); i++) {
		const void *bytes;

		memcpy(&bytes, (const char *)policy + arrays[i].slot, sizeof(bytes));
		write_bytes(file, bytes, array_bytes(policy, &arrays[i]));
	}
	write_bytes(file, sets->sets, sets->count * sizeof(*sets->sets));
	return !ferror(file) && !fflush(file);
}

static void fill_header(struct header *header, const struct snapshot *snapshot)
{
	memcpy(header->magic, SNAPSHOT_MAGIC, sizeof(SNAPSHOT_MAGIC));
	header->id = SNAPSHOT_ID;
	fill_sizes(header->sizes);
	header->set_count = snapshot->sets.count;
	header->with_guests = snapshot->with_guests;
	header->tracks_bridges = snapshot->tracks_bridges;
	header->generation = snapshot->generation;
	clock_gettime(CLOCK_REALTIME, &header->loaded);
	header->policy = snapshot->policy;
	for (size_t i = 0; i < COUNT(arrays); i++)
		memset((char *)&header->policy + arrays[i].slot, 0, sizeof(void *));
	header->policy.mapping = NULL;
}

static bool write_file(int directory, const char *name, const struct header *header,
		       const struct snapshot *snapshot)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			0600);
	auto_fclose FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	fwrite(header, sizeof(*header), 1, file);
	return write_arrays(file, &snapshot->policy, &snapshot->sets);
}

/*
 * Where there is no room, nothing stays: what has the name snapshot.new is whole, and an attach
 * takes it for a load that was cut off.
 */
bool run_write_snapshot(const struct run *run, const struct snapshot *snapshot, struct err *err)
{
	auto_free struct header *header = calloc(1, sizeof(*header));

	if (!header)
		return err_memory(err);
	fill_header(header, snapshot);
	if (write_file(run->directory, "snapshot.part", header, snapshot) &&
	    !renameat(run->directory, "snapshot.part", run->directory, "snapshot.new"))
		return true;
	err_sys(err, "the snapshot can't be written, nothing was changed");
	(void)unlinkat(run->directory, "snapshot.part", 0);
	return false;
}

/* The bytes are there already, with 0. */
static bool write_print(const struct run *run, uint64_t print)
{
	auto_close int fd = openat(run->directory, "snapshot.new", O_WRONLY | O_CLOEXEC);

	return fd >= 0 && pwrite(fd, &print, sizeof(print), offsetof(struct header, print)) ==
				  (ssize_t)sizeof(print);
}

bool run_commit_snapshot(const struct run *run, uint64_t print, struct err *err)
{
	if (!write_print(run, print))
		return err_sys(err, "the snapshot can't be kept");
	return !renameat(run->directory, "snapshot.new", run->directory, "snapshot") ||
	       err_sys(err, "the snapshot can't be kept");
}

/* Point the arrays into the mapping; false when the file is of another version or cut short. */
static bool snapshot_place(struct snapshot *snapshot, void *mapping, size_t size)
{
	struct header *header = mapping;
	size_t end = sizeof(*header);
	struct policy *policy = &snapshot->policy;
	uint32_t sizes[COUNT(arrays) + 2];

	fill_sizes(sizes);
	if (size < sizeof(*header) || header->id != SNAPSHOT_ID ||
	    memcmp(header->sizes, sizes, sizeof(sizes)) ||
	    memcmp(header->magic, SNAPSHOT_MAGIC, sizeof(SNAPSHOT_MAGIC)))
		return false;
	for (size_t i = 0; i < COUNT(arrays); i++)
		end += array_bytes(&header->policy, &arrays[i]);
	if (size != end + header->set_count * sizeof(struct set))
		return false;
	*policy = header->policy;
	policy->mapping = mapping;
	policy->mapping_size = size;
	end = sizeof(*header);
	for (size_t i = 0; i < COUNT(arrays); i++) {
		void *at = (char *)mapping + end;

		memcpy((char *)policy + arrays[i].slot, &at, sizeof(at));
		end += array_bytes(policy, &arrays[i]);
	}
	snapshot->sets = (struct sets){ .sets = (void *)((char *)mapping + end),
					.count = header->set_count };
	snapshot->with_guests = header->with_guests;
	snapshot->tracks_bridges = header->tracks_bridges;
	snapshot->generation = header->generation;
	snapshot->print = header->print;
	snapshot->loaded = header->loaded;
	return true;
}

static bool read_snapshot_file(struct snapshot *snapshot, bool *found, const struct run *run,
			       const char *name, struct err *err)
{
	auto_close int fd = openat(run->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat status;
	void *mapping;

	*found = false;
	if (fd < 0)
		return errno == ENOENT || err_sys(err, "the snapshot can't be opened");
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) || status.st_size == 0)
		return true;
	mapping = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (mapping == MAP_FAILED)
		return err_sys(err, "the snapshot can't be mapped");
	*found = snapshot_place(snapshot, mapping, (size_t)status.st_size);
	if (!*found)
		munmap(mapping, (size_t)status.st_size);
	return true;
}

bool run_read_snapshot(struct snapshot *snapshot, bool *found, const struct run *run,
		       struct err *err)
{
	return read_snapshot_file(snapshot, found, run, "snapshot", err);
}

bool run_has_pending(const struct run *run)
{
	return !faccessat(run->directory, "snapshot.new", F_OK, 0);
}

bool run_read_pending(struct snapshot *snapshot, bool *found, const struct run *run,
		      struct err *err)
{
	return read_snapshot_file(snapshot, found, run, "snapshot.new", err);
}

void snapshot_done(struct snapshot *snapshot)
{
	policy_done(&snapshot->policy);
	*snapshot = (struct snapshot){ 0 };
}
