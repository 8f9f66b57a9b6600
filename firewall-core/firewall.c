/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall`: a command line → one of the commands. */
#include "firewall.h"
#include "conf.h"
#include "deadline.h"
#include "log.h"
#include <errno.h>
#include <getopt.h>
#include <sys/stat.h>

#define VERSION "0.1"
#define DEADLINE_S 55 /* below the units' TimeoutStartSec=60 */

static const struct command {
	const char *name;
	enum status (*run)(const struct call *call);
	const char *help;
} commands[] = {
	{ "start", firewall_start, "load the rules of this machine and of every running guest" },
	{ "stop", firewall_stop, "remove them; everything passes" },
	{ "restart", firewall_start, "as start: old rules go when the new ones are there" },
	{ "reload", firewall_reload,
	  "read the configuration anew; on any error the old rules stay" },
	{ "force-reload", firewall_reload, "as reload" },
	{ "status", firewall_status, "who is online, with which rules, and what was dropped" },
	{ "check", firewall_check, "read the configuration and explain it; needs no root" },
	{ "show", firewall_show, "print the ruleset that would be loaded; needs no root" },
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "backend", required_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static enum status usage(FILE *out, enum status status)
{
	fputs("usage: firewall [--config DIR] [--backend NAME] COMMAND\n\n", out);
	for (size_t i = 0; i < COUNT(commands); i++)
		fprintf(out, "  %-14s%s\n", commands[i].name, commands[i].help);
	fputs("\nfirewall(8) and taofirewall(5) tell the rest.\n", out);
	return status;
}

/* BACKEND_COUNT: there is none of this name. */
static int find_backend(const char *name)
{
	int backend = 0;

	while (backend < BACKEND_COUNT && strcmp(backend_names[backend], name))
		backend++;
	return backend;
}

bool firewall_load_conf(struct policy *policy, const struct call *call)
{
	struct report report = { 0 };
	bool ok = conf_load(policy, call->config, &report);

	if (ok && call->backend)
		policy->settings.backend = (uint8_t)find_backend(call->backend);
	firewall_print_report(&report);
	if (!ok)
		log_error("%s: %u error%s, nothing was changed", call->config, report.errors,
			  report.errors == 1 ? "" : "s");
	report_done(&report);
	return ok;
}

void firewall_print_report(const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		fprintf(stderr, "%s%s\n", report->findings[i].is_warning ? "warning: " : "",
			report->findings[i].text);
}

static enum status run(const struct call *call)
{
	if (call->backend && find_backend(call->backend) == BACKEND_COUNT) {
		log_error("--backend %s: it is none of nft, iptables-restore, iptables",
			  call->backend);
		return STATUS_WRONG_CALL;
	}
	for (size_t i = 0; i < COUNT(commands); i++)
		if (!strcmp(commands[i].name, call->command))
			return commands[i].run(call);
	log_error("%s is no command", call->command);
	return usage(stderr, STATUS_WRONG_CALL);
}

/* A printed ruleset that is cut short must not look like a whole one. */
static int finish(enum status status)
{
	if (ferror(stdout) || fflush(stdout)) {
		log_error("writing to the standard output failed");
		return STATUS_FAILED;
	}
	return (int)status;
}

int main(int argc, char **argv)
{
	struct call call = { .config = run_config_directory() };
	int option;

	log_open("firewall");
	umask(077);
	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0)
		switch (option) {
		case 'c':
			call.config = optarg;
			break;
		case 'b':
			call.backend = optarg;
			break;
		case 'h':
			return finish(usage(stdout, STATUS_DONE));
		case 'V':
			puts("firewall (TAOFirewall) " VERSION);
			return finish(STATUS_DONE);
		default:
			return (int)usage(stderr, STATUS_WRONG_CALL);
		}
	if (optind + 1 != argc)
		return (int)usage(stderr, STATUS_WRONG_CALL);
	call.command = argv[optind];
	deadline_set(DEADLINE_S, STATUS_FAILED);
	return finish(run(&call));
}
