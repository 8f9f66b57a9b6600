/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole ruleset as text → the kernel, through libnftables. */
#include "base/library.h"
#include "kernel/kernel_rules.h"
#include <nftables/libnftables.h>

static struct {
	__typeof__(&nft_ctx_new) nft_ctx_new;
	__typeof__(&nft_ctx_free) nft_ctx_free;
	__typeof__(&nft_ctx_buffer_error) nft_ctx_buffer_error;
	__typeof__(&nft_ctx_buffer_output) nft_ctx_buffer_output;
	__typeof__(&nft_ctx_get_error_buffer) nft_ctx_get_error_buffer;
	__typeof__(&nft_ctx_set_dry_run) nft_ctx_set_dry_run;
	__typeof__(&nft_run_cmd_from_buffer) nft_run_cmd_from_buffer;
} library;

bool kernel_nft_check_library(struct err *err)
{
	static const struct library_function functions[] = {
		LIBRARY_FUNCTION(library, nft_ctx_new),
		LIBRARY_FUNCTION(library, nft_ctx_free),
		LIBRARY_FUNCTION(library, nft_ctx_buffer_error),
		LIBRARY_FUNCTION(library, nft_ctx_buffer_output),
		LIBRARY_FUNCTION(library, nft_ctx_get_error_buffer),
		LIBRARY_FUNCTION(library, nft_ctx_set_dry_run),
		LIBRARY_FUNCTION(library, nft_run_cmd_from_buffer),
	};

	return library.nft_run_cmd_from_buffer ||
	       library_load("libnftables.so.1", functions, COUNT(functions),
			    "no ruleset can be loaded", err);
}

bool kernel_nft_apply(const char *text, struct err *err)
{
	struct nft_ctx *ctx;
	const char *message;
	bool ok;

	if (!kernel_nft_check_library(err))
		return false;
	ctx = library.nft_ctx_new(0);
	if (!ctx)
		return err_memory(err);
	ok = !library.nft_ctx_buffer_error(ctx) && !library.nft_ctx_buffer_output(ctx) &&
	     !library.nft_run_cmd_from_buffer(ctx, text);
	if (!ok) {
		message = library.nft_ctx_get_error_buffer(ctx);
		err_set(err, "nft refused the ruleset, what was loaded before stays: %.*s",
			message ? (int)strcspn(message, "\n") : 0, message ? message : "");
	}
	library.nft_ctx_free(ctx);
	return ok;
}

/* Would the kernel take it? */
static bool try_dry_run(const char *text)
{
	struct nft_ctx *ctx = library.nft_ctx_new(0);
	bool ok;

	if (!ctx)
		return false;
	library.nft_ctx_set_dry_run(ctx, true);
	ok = !library.nft_ctx_buffer_error(ctx) && !library.nft_ctx_buffer_output(ctx) &&
	     !library.nft_run_cmd_from_buffer(ctx, text);
	library.nft_ctx_free(ctx);
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

	return !kernel_nft_check_library(&ignored) || !try_dry_run(chain) || try_dry_run(rule);
}
