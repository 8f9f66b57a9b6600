/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libxenlight and libxlutil know → lines of text, for `firewall`. */
#include "base/file.h"
#include "base/process.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <libxl.h>
#include <libxl_utils.h>
#include <libxlutil.h>

#define FILE_MAX ((size_t)1 << 20)

/* One line, whatever the text holds: a value with other bytes than these is a mistake anyway. */
static void print_plain_line(const char *word, const char *text)
{
	fputs(word, stdout);
	for (; *text; text++)
		putchar(*text >= ' ' && *text <= '~' ? *text : '?');
	putchar('\n');
}

/* As in a migration, while it is copied and until it is destroyed, or goes on here. */
static bool is_suspended(const libxl_dominfo *domain)
{
	return domain->shutdown && domain->shutdown_reason == LIBXL_SHUTDOWN_REASON_SUSPEND;
}

/* With Dom0, by which one knows that all was said. */
static bool print_domains(libxl_ctx *ctx, bool suspended_alone)
{
	int count = 0;
	libxl_dominfo *domains = libxl_list_domain(ctx, &count);

	for (int i = 0; domains && i < count; i++) {
		char *name;

		if (suspended_alone && domains[i].domid && !is_suspended(&domains[i]))
			continue;
		name = libxl_domid_to_name(ctx, domains[i].domid);
		printf("%u", domains[i].domid);
		print_plain_line(" ", name ? name : "");
		free(name);
	}
	libxl_dominfo_list_free(domains, count);
	return domains;
}

static bool list_domains(bool suspended_alone)
{
	xentoollog_logger_stdiostream *logger =
		xtl_createlogger_stdiostream(stderr, XTL_ERROR, XTL_STDIOSTREAM_HIDE_PROGRESS);
	libxl_ctx *ctx = NULL;
	bool ok = logger && !libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, (xentoollog_logger *)logger) &&
		  print_domains(ctx, suspended_alone);

	libxl_ctx_free(ctx);
	xtl_logger_destroy((xentoollog_logger *)logger);
	return ok;
}

struct config {
	XLU_Config *values;
	const char *path;
	FILE *said; /* what is wrong with it, a line each */
};

/* What a vif is that does not say so. Of two for one thing the later one holds, as with xl. */
static void print_defaults(const struct config *config)
{
	static const struct {
		const char *key, *word;
	} defaults[] = {
		{ "vifscript", "default script=" },
		{ "vif.default.script", "default script=" },
		{ "defaultbridge", "default bridge=" },
		{ "vif.default.bridge", "default bridge=" },
		{ "vif.default.gatewaydev", "default gatewaydev=" },
		{ "vif.default.backend", "default backend=" },
	};
	const char *value;

	for (size_t i = 0; i < COUNT(defaults); i++)
		if (!xlu_cfg_get_string(config->values, defaults[i].key, &value, 0))
			print_plain_line(defaults[i].word, value);
}

static void print_config_guest(const struct config *config)
{
	XLU_ConfigList *vifs;
	const char *text;
	int count;

	print_plain_line("file ", config->path);
	if (!xlu_cfg_get_string(config->values, "name", &text, 0))
		print_plain_line("name ", text);
	if (xlu_cfg_get_list(config->values, "vif", &vifs, &count, 0))
		return;
	for (int i = 0; i < count; i++) {
		text = xlu_cfg_get_listitem(vifs, i);
		print_plain_line("vif ", text ? text : "");
		if (!text)
			fprintf(config->said, "%s: vif[%d] is no text\n", config->path, i);
	}
}

/* The file comes in by our own hands: what libxlutil can't read, it ends the process for. */
static bool read_config(const struct config *config)
{
	auto_free char *bytes = NULL;
	size_t length;
	struct err err;

	if (file_read(&bytes, &length, AT_FDCWD, config->path, FILE_MAX, &err))
		return !xlu_cfg_readdata(config->values, bytes, (int)length);
	fprintf(config->said, "%s: %s\n", config->path, err.text);
	return false;
}

/* Print a file's values, and then what was said of it, an error a line. */
static bool print_file(const char *path, void (*print_values)(const struct config *config))
{
	char *text = NULL, *state, *line;
	size_t size;
	struct config config = { .path = path, .said = open_memstream(&text, &size) };
	bool ok;

	if (!config.said)
		return false;
	config.values = xlu_cfg_init(config.said, path);
	if (config.values && read_config(&config))
		print_values(&config);
	ok = config.values;
	if (ok)
		xlu_cfg_destroy(config.values);
	ok = !fclose(config.said) && ok;
	for (line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
		print_plain_line("error ", line);
	free(text);
	return ok;
}

/* "version 4.17": whose libxenlight this is, and so whose xl. It stands in the library's name. */
static void print_version(void)
{
	int (*const function)(libxl_ctx **, int, unsigned, xentoollog_logger *) = libxl_ctx_alloc;
	const char *version;
	void *address;
	Dl_info info;

	memcpy(&address, &function, sizeof(address));
	if (!dladdr(address, &info) || !info.dli_fname)
		return;
	version = strstr(info.dli_fname, ".so.");
	if (version)
		print_plain_line("version ", version + strlen(".so."));
}

/* The first file is xl.conf, which may be missing. */
static bool print_guest_files(char **files)
{
	bool ok = access(*files, F_OK) || print_file(*files, print_defaults);

	print_version();
	for (files++; ok && *files; files++)
		ok = print_file(*files, print_config_guest);
	return ok;
}

int main(int argc, char **argv)
{
	bool ok;

	process_start();
	if (argc == 2 && (!strcmp(argv[1], "domains") || !strcmp(argv[1], "suspended"))) {
		ok = list_domains(*argv[1] == 's');
	} else if (argc > 3 && !strcmp(argv[1], "guests")) {
		ok = print_guest_files(argv + 2);
	} else {
		fputs("usage: xl-taofw domains\n"
		      "       xl-taofw suspended\n"
		      "       xl-taofw guests XL.CONF DOMU.CFG...\n"
		      "\n"
		      "firewall(8) runs it: what it prints may change with each version.\n",
		      stderr);
		return 2;
	}
	return ok && !ferror(stdout) && !fflush(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
