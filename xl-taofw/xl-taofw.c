/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libxenlight knows → lines of text, for `firewall`. */
#include <libxl.h>
#include <libxl_utils.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Names come as they are: whoever may give a domain its name owns this machine. */
static bool print_domains(libxl_ctx *ctx)
{
	int count = 0;
	libxl_dominfo *domains = libxl_list_domain(ctx, &count);

	for (int i = 0; domains && i < count; i++) {
		char *name = libxl_domid_to_name(ctx, domains[i].domid);

		printf("%u %s\n", domains[i].domid, name ? name : "");
		free(name);
	}
	libxl_dominfo_list_free(domains, count);
	return domains;
}

static int list_domains(void)
{
	xentoollog_logger_stdiostream *logger =
		xtl_createlogger_stdiostream(stderr, XTL_ERROR, XTL_STDIOSTREAM_HIDE_PROGRESS);
	libxl_ctx *ctx = NULL;
	bool ok = logger && !libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, (xentoollog_logger *)logger) &&
		  print_domains(ctx);

	libxl_ctx_free(ctx);
	xtl_logger_destroy((xentoollog_logger *)logger);
	return ok && !ferror(stdout) && !fflush(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "domains"))
		return list_domains();
	fputs("usage: xl-taofw domains\n"
	      "\n"
	      "firewall(8) runs it: what it prints may change with each version.\n",
	      stderr);
	return 2;
}
