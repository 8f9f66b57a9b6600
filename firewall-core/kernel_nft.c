/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole ruleset as text → the kernel, through libnftables. */
#include "kernel_rules.h"
#include <dlfcn.h>
#include <nftables/libnftables.h>

static struct {
	struct nft_ctx *(*ctx_new)(uint32_t flags);
	void (*ctx_free)(struct nft_ctx *ctx);
	int (*ctx_buffer_error)(struct nft_ctx *ctx);
	int (*ctx_buffer_output)(struct nft_ctx *ctx);
	const char *(*ctx_get_error_buffer)(struct nft_ctx *ctx);
	void (*ctx_set_dry_run)(struct nft_ctx *ctx, bool dry);
	int (*run_cmd_from_buffer)(struct nft_ctx *ctx, const char *buffer);
} library;

static bool symbol(void *handle, const char *name, void *slot, struct err *err)
{
	void *address = dlsym(handle, name);

	if (!address)
		return err_set(err, "libnftables.so.1 has no %s: no ruleset can be loaded", name);
	memcpy(slot, &address, sizeof(address));
	return true;
}

static bool library_open(struct err *err)
{
	void *handle;

	if (library.run_cmd_from_buffer)
		return true;
	handle = dlopen("libnftables.so.1", RTLD_NOW);
	if (!handle)
		return err_set(err, "libnftables is not here, no ruleset can be loaded: %s",
			       dlerror());
	return symbol(handle, "nft_ctx_new", &library.ctx_new, err) &&
	       symbol(handle, "nft_ctx_free", &library.ctx_free, err) &&
	       symbol(handle, "nft_ctx_buffer_error", &library.ctx_buffer_error, err) &&
	       symbol(handle, "nft_ctx_buffer_output", &library.ctx_buffer_output, err) &&
	       symbol(handle, "nft_ctx_get_error_buffer", &library.ctx_get_error_buffer, err) &&
	       symbol(handle, "nft_ctx_set_dry_run", &library.ctx_set_dry_run, err) &&
	       symbol(handle, "nft_run_cmd_from_buffer", &library.run_cmd_from_buffer, err);
}

bool kernel_nft_apply(const char *text, struct err *err)
{
	struct nft_ctx *ctx;
	const char *message;
	bool ok;

	if (!library_open(err))
		return false;
	ctx = library.ctx_new(0);
	if (!ctx)
		return err_memory(err);
	ok = !library.ctx_buffer_error(ctx) && !library.ctx_buffer_output(ctx) &&
	     !library.run_cmd_from_buffer(ctx, text);
	if (!ok) {
		message = library.ctx_get_error_buffer(ctx);
		err_set(err, "nft refused the ruleset, what was loaded before stays: %.*s",
			message ? (int)strcspn(message, "\n") : 0, message ? message : "");
	}
	library.ctx_free(ctx);
	return ok;
}

/* Would the kernel take it? */
static bool try(const char *text)
{
	struct nft_ctx *ctx = library.ctx_new(0);
	bool ok;

	if (!ctx)
		return false;
	library.ctx_set_dry_run(ctx, true);
	ok = !library.ctx_buffer_error(ctx) && !library.ctx_buffer_output(ctx) &&
	     !library.run_cmd_from_buffer(ctx, text);
	library.ctx_free(ctx);
	return ok;
}

bool kernel_bridge_tracks(void)
{
	static const char chain[] = "add table bridge taofirewall_try\n"
				    "add chain bridge taofirewall_try c\n";
	static const char rule[] = "add table bridge taofirewall_try\n"
				   "add chain bridge taofirewall_try c\n"
				   "add rule bridge taofirewall_try c ct state new accept\n";
	struct err ignored;

	return !library_open(&ignored) || !try(chain) || try(rule);
}
